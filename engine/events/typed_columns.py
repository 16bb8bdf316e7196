"""Events that arrive with column types (Parquet, Arrow, Polars): each row becomes the event line it stands for.

One select writes every row as JSON with text values, so that columns and lines obey the same rules on the same
path. Types whose text is not exact (FLOAT, DOUBLE) are refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import sqlglot.expressions as exp

from engine.errors import UserError, did_you_mean
from engine.events.lines import LineChunk, line_numbers, line_table
from engine.events.plain_json import TEXT_FIELDS

#: Rows turned into lines at a time.
CHUNK_ROWS = 256 * 1024

_EXACT_TYPES = {
    "VARCHAR", "UUID", "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
    "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "DECIMAL", "DATE", "ENUM", "NULL",
}  # fmt: skip


def typed_lines(connection: duckdb.DuckDBPyConnection, relation: exp.Expr, name: str) -> Iterator[LineChunk]:
    """The rows of a relation as event lines numbered from 1; raises UserError for columns that cannot be events."""
    types = _column_types(connection, relation, name)
    query = exp.select(_line(types, name).as_("line")).from_(relation)
    reader = connection.sql(query.sql("duckdb")).to_arrow_reader(CHUNK_ROWS)
    rows = 0
    for batch in reader:
        numbers = line_numbers(rows, batch.num_rows)
        rows += batch.num_rows
        yield LineChunk(line_table(numbers, batch.column("line")), (), 0)


def _column_types(
    connection: duckdb.DuckDBPyConnection, relation: exp.Expr, name: str
) -> dict[str, duckdb.sqltypes.DuckDBPyType]:
    found = connection.sql(exp.select("*").from_(relation).sql("duckdb"))
    types = dict(zip(found.columns, found.types, strict=True))
    for field in TEXT_FIELDS:
        if field not in types:
            raise UserError(f"{name}: no column {field!r}; {did_you_mean(field, types)}")
        allowed = {"VARCHAR", "UUID", "ENUM"}
        if field == "timestamp":
            allowed = {"VARCHAR", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}
            allowed |= {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ"}
        if _type_name(types[field]) not in allowed:
            raise UserError(f"{name}: column {field!r} is {types[field]}, which is not text; cast it first")
    return types


def _type_name(kind: object) -> str:
    name = str(kind).upper()
    return name if name.endswith("]") else name.partition("(")[0]


def _line(types: dict[str, duckdb.sqltypes.DuckDBPyType], name: str) -> exp.Expr:
    members: list[exp.Expr] = []
    for column, kind in types.items():
        if column == "properties":
            value = _properties(kind, name)
        elif column == "timestamp" and _type_name(kind) != "VARCHAR":
            # A time without a zone is UTC already; the session's zone is UTC for one with a zone.
            as_utc = exp.cast(_column(column), "TIMESTAMP")
            value = exp.func("strftime", as_utc, exp.Literal.string("%Y-%m-%dT%H:%M:%S.%fZ"))
        else:
            value = exp.cast(_column(column), "VARCHAR")
        members += [exp.Literal.string(column), value]
    return exp.cast(exp.Anonymous(this="json_object", expressions=members), "VARCHAR")


def _properties(kind: duckdb.sqltypes.DuckDBPyType, name: str) -> exp.Expr:
    bag = _column("properties")
    if kind.id == "struct":
        members: list[exp.Expr] = []
        for field, inner in kind.children:
            _require_exact(inner, f"{name}: property {field!r}")
            value = exp.Anonymous(this="struct_extract", expressions=[bag.copy(), exp.Literal.string(field)])
            members += [exp.Literal.string(field), exp.cast(value, "VARCHAR")]
        made: exp.Expr = exp.Anonymous(this="json_object", expressions=members)
        return exp.case().when(bag.copy().is_(exp.null()), exp.cast(exp.Literal.string("{}"), "JSON")).else_(made)
    if kind.id == "map":
        children = dict(kind.children)
        _require_exact(children["key"], f"{name}: the names in properties")
        _require_exact(children["value"], f"{name}: the values in properties")
        texts = exp.cast(bag, "MAP(VARCHAR, VARCHAR)")
        return exp.func("coalesce", exp.Anonymous(this="to_json", expressions=[texts]), _empty())
    if str(kind) in {"VARCHAR", "JSON"}:
        return exp.func("coalesce", exp.cast(bag, "JSON"), _empty())
    raise UserError(f"{name}: column 'properties' is {kind}; it must be a struct, a map or JSON text")


def _empty() -> exp.Expr:
    return exp.cast(exp.Literal.string("{}"), "JSON")


def _require_exact(kind: object, what: str) -> None:
    if _type_name(kind) in _EXACT_TYPES:
        return
    if _type_name(kind) in {"FLOAT", "DOUBLE"}:
        raise UserError(f"{what} is {kind}, whose text is not exact; cast it to text or DECIMAL first")
    raise UserError(f"{what} is {kind}; values are text, integers, booleans or decimals, so cast it to text first")


def _column(name: str) -> exp.Column:
    return exp.column(exp.to_identifier(name, quoted=True))
