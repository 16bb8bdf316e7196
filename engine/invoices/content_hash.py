"""What a finalized invoice says, as one hash: that it never changes can be shown to anyone (DESIGN §8).

The hash covers the invoice's row and its lines. A row is its columns that hold something, in the order of their names,
as `name=value`, so that a column that a later version adds changes nothing; a number is written without needless
zeros. The order in which lines stand in a file does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa
from sqlglot import exp

from engine.errors import CorruptFileError

#: What happens to an invoice after it was computed, and is therefore no part of what it says.
AFTERWARDS = frozenset(
    {
        "status",
        "finalized_at",
        "voided_at",
        "void_reason",
        "regenerated_as_invoice_id",
        "computed_by",
        "content_hash",
    }
)

#: What stands between two columns, and between an invoice and its lines.
_BETWEEN_COLUMNS = 31
_BETWEEN_LINES = 30

#: How many invoices a message names.
_NAMED = 20


def content_hashes(connection: duckdb.DuckDBPyConnection, invoices: pa.Table, line_items: pa.Table) -> pa.Table:
    """The hash of each of these invoices; the tables have the columns of the outputs of the same names.

    Columns: invoice_id, content_hash (SHA-256, 64 hexadecimal digits). Grain: invoice_id, in its order.
    """
    connection.register("hashed_invoices", invoices)
    connection.register("hashed_lines", line_items)
    try:
        return connection.sql(content_hash_query(invoices.schema, line_items.schema).sql("duckdb")).to_arrow_table()
    finally:
        connection.unregister("hashed_invoices")
        connection.unregister("hashed_lines")


def verify_closed(connection: duckdb.DuckDBPyConnection, invoices: pa.Table, line_items: pa.Table) -> None:
    """Raises CorruptFileError when an invoice that has a `content_hash` does not say what it was finalized with."""
    altered = altered_invoices(connection, invoices, line_items)
    if altered:
        more = f" and {len(altered) - _NAMED} more" if len(altered) > _NAMED else ""
        raise CorruptFileError(
            f"finalized invoices are not what was finalized: {', '.join(altered[:_NAMED])}{more};"
            " restore the published files of their billing period"
        )


def altered_invoices(connection: duckdb.DuckDBPyConnection, invoices: pa.Table, line_items: pa.Table) -> list[str]:
    """The ids of the invoices whose `content_hash` is not the hash of what they say; those without one are left out."""
    closed = invoices.filter(invoices["content_hash"].is_valid())
    if not closed.num_rows:
        return []
    now = content_hashes(connection, closed, line_items)
    connection.register("stored_hashes", closed.select(["id", "content_hash"]))
    connection.register("hashes_now", now)
    try:
        found = connection.execute(
            exp.select("stored_hashes.id")
            .from_("stored_hashes")
            .join("hashes_now", on="hashes_now.invoice_id = stored_hashes.id", join_type="left")
            .where("hashes_now.content_hash IS DISTINCT FROM stored_hashes.content_hash")
            .order_by("stored_hashes.id")
            .sql("duckdb")
        ).fetchall()
    finally:
        connection.unregister("stored_hashes")
        connection.unregister("hashes_now")
    return [invoice_id for (invoice_id,) in found]


def content_hash_query(invoices: pa.Schema, line_items: pa.Schema) -> exp.Query:
    """The query of `content_hashes` over the relations `hashed_invoices` and `hashed_lines` with these columns.

    It hashes each invoice's row and the hashes of its lines, in the order of their ids, together.
    """
    line_hash = exp.func("sha256", _record("hashed_lines", line_items, frozenset()))
    lines = (
        exp.select(
            exp.column("invoice_id", "hashed_lines"),
            exp.alias_(
                exp.GroupConcat(
                    this=exp.Order(this=line_hash, expressions=[exp.column("id", "hashed_lines")]),
                    separator=_character(_BETWEEN_LINES),
                ),
                "hashes",
            ),
        )
        .from_("hashed_lines")
        .join("hashed_invoices", on="hashed_invoices.id = hashed_lines.invoice_id", join_type="semi")
        .group_by("hashed_lines.invoice_id")
    )
    whole = _joined(_BETWEEN_LINES, [_record("hashed_invoices", invoices, AFTERWARDS), exp.column("hashes", "lines")])
    return (
        exp.select(
            exp.alias_(exp.column("id", "hashed_invoices"), "invoice_id"),
            exp.alias_(exp.func("sha256", whole), "content_hash"),
        )
        .with_("lines", as_=lines)
        .from_("hashed_invoices")
        .join("lines", on="lines.invoice_id = hashed_invoices.id", join_type="left")
        .order_by("hashed_invoices.id")
    )


def _record(table: str, schema: pa.Schema, without: frozenset[str]) -> exp.Expr:
    """A row as text: `name=value` of its columns that are not NULL."""
    fields = sorted((field for field in schema if field.name not in without), key=lambda field: field.name)
    parts = [
        exp.DPipe(
            this=exp.Literal.string(f"{field.name}="), expression=_text(exp.column(field.name, table), field.type)
        )
        for field in fields
    ]
    return _joined(_BETWEEN_COLUMNS, parts)


def _text(column: exp.Column, kind: pa.DataType) -> exp.Expr:
    """A value as text; that of a decimal does not depend on how many places its type has."""
    written = exp.cast(column, "VARCHAR")
    if not (pa.types.is_decimal(kind) and kind.scale > 0):
        return written
    zero, point = exp.Literal.string("0"), exp.Literal.string(".")
    return exp.func("rtrim", exp.func("rtrim", written, zero), point)


def _joined(between: int, parts: Sequence[exp.Expr]) -> exp.Expr:
    """DuckDB's own `concat_ws`, which leaves out what is NULL; sqlglot's would be NULL as a whole."""
    return exp.Anonymous(this="concat_ws", expressions=[_character(between), *parts])


def _character(code: int) -> exp.Expr:
    return exp.func("chr", exp.Literal.number(code))


_query = content_hash_query
