"""Events that arrive with column types (Parquet, Arrow, Polars): each row becomes the event line it stands for.

One select writes every row as JSON with text values, so that columns and lines obey the same rules on the same
path. Types whose text is not exact (FLOAT, DOUBLE) are refused by name. Properties that come as JSON text go into
the line as they are, because the database does not give back every number as it was written.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import sqlglot.expressions as exp

from engine.errors import UserError, did_you_mean
from engine.events.database import one_number
from engine.events.lines import MAX_LINE_BYTES, LineChunk, line_numbers, line_table
from engine.events.plain_json import TEXT_FIELDS
from engine.events.refusal import refuse_bytes

#: Rows turned into lines at a time.
CHUNK_ROWS = 256 * 1024

_EXACT_TYPES = {
    "VARCHAR", "UUID", "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT",
    "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT", "DECIMAL", "DATE", "ENUM", "NULL",
}  # fmt: skip


def typed_lines(connection: duckdb.DuckDBPyConnection, relation: exp.Expr, name: str) -> Iterator[LineChunk]:
    """The rows of a relation as event lines numbered from 1; raises UserError for columns that cannot be events."""
    types = _column_types(connection, relation, name)
    size = _row_bytes(types)
    line = exp.case().when(size > MAX_LINE_BYTES, _start_of_line()).else_(_line(types, name))
    query = exp.select(line.as_("line"), exp.alias_(size > MAX_LINE_BYTES, "is_too_large")).from_(relation)
    reader = connection.sql(query.sql("duckdb")).to_arrow_reader(CHUNK_ROWS)
    rows = 0
    for batch in reader:
        yield _chunk(batch, rows)
        rows += batch.num_rows


def longest_row(connection: duckdb.DuckDBPyConnection, relation: exp.Expr, name: str) -> int:
    """About how many bytes the longest row of a relation takes as a line; 0 without rows.

    Raises UserError for columns that cannot be events.
    """
    size = _row_bytes(_column_types(connection, relation, name))
    query = exp.select(exp.func("coalesce", exp.func("max", size), exp.Literal.number(0))).from_(relation)
    return one_number(connection, query.sql("duckdb"))


def _chunk(batch: pa.RecordBatch, rows_before: int) -> LineChunk:
    """The lines of some rows, without those over the limit."""
    lines, numbers = batch.column("line"), line_numbers(rows_before, batch.num_rows)
    too_large = pc.or_(batch.column("is_too_large"), pc.greater(pc.binary_length(lines), MAX_LINE_BYTES))
    if not pc.any(too_large).as_py():
        return LineChunk(line_table(numbers, lines), (), 0)
    refused = tuple(
        refuse_bytes(number, "too_large", f"longer than {MAX_LINE_BYTES} bytes", line.encode())
        for number, line in zip(numbers.filter(too_large).to_pylist(), lines.filter(too_large).to_pylist(), strict=True)
    )
    kept = pc.invert(too_large)
    return LineChunk(line_table(numbers.filter(kept), lines.filter(kept)), refused, 0)


def _row_bytes(types: dict[str, duckdb.sqltypes.DuckDBPyType]) -> exp.Expr:
    """How many bytes of text a row holds, not counting what escapes add and what its other types take."""
    texts: list[exp.Expr] = [_column(column) for column, kind in types.items() if str(kind) in {"VARCHAR", "JSON"}]
    bag = types.get("properties")
    if bag is not None and bag.id == "struct":
        for field, inner in bag.children:
            if str(inner) == "VARCHAR":
                texts.append(_member(_column("properties"), field))
    sizes = [exp.func("coalesce", exp.func("strlen", text), exp.Literal.number(0)) for text in texts]
    if bag is not None and bag.id == "map" and str(dict(bag.children)["value"]) == "VARCHAR":
        names = exp.Anonymous(this="map_keys", expressions=[_column("properties")])
        values = exp.Anonymous(this="map_values", expressions=[_column("properties")])
        for part in (names, values):
            joined = exp.Anonymous(this="list_sum", expressions=[_lengths(part)])
            sizes.append(exp.func("coalesce", exp.cast(joined, "BIGINT"), exp.Literal.number(0)))
    return exp.paren(reduce(lambda total, each: total + each, sizes, exp.convert(0)))


def _lengths(texts: exp.Expr) -> exp.Expr:
    text = exp.to_identifier("text")
    length = exp.Lambda(this=exp.func("strlen", exp.column(text)), expressions=[text])
    return exp.Anonymous(this="list_transform", expressions=[texts, length])


def _start_of_line() -> exp.Expr:
    """What is kept of a row that is too large: the beginnings of its ids."""
    members: list[exp.Expr] = []
    for name in TEXT_FIELDS:
        start = exp.func("left", exp.cast(_column(name), "VARCHAR"), exp.Literal.number(200))
        members += [exp.Literal.string(name), start]
    return exp.cast(exp.Anonymous(this="json_object", expressions=members), "VARCHAR")


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
    raw: exp.Expr | None = None
    for column, kind in types.items():
        if column == "properties" and str(kind) in {"VARCHAR", "JSON"}:
            raw = _json_text()
            continue
        if column == "properties":
            value = _properties(kind, name)
        elif column == "timestamp" and _type_name(kind) != "VARCHAR":
            # A time without a zone is UTC already; the session's zone is UTC for one with a zone.
            as_utc = exp.cast(_column(column), "TIMESTAMP")
            value = exp.func("strftime", as_utc, exp.Literal.string("%Y-%m-%dT%H:%M:%S.%fZ"))
        else:
            value = exp.cast(_column(column), "VARCHAR")
        members += [exp.Literal.string(column), value]
    line = exp.cast(exp.Anonymous(this="json_object", expressions=members), "VARCHAR")
    if raw is None:
        return line
    opened = exp.Anonymous(this="left", expressions=[line, exp.Literal.number(-1)])
    return exp.func("concat", opened, exp.Literal.string(',"properties":'), raw, exp.Literal.string("}"))


def _json_text() -> exp.Expr:
    """Properties that come as JSON text, as they are; what is not one JSON value goes in as a string.

    The strict parser still judges the text as a part of its line: the database waves more through than JSON.
    """
    text = exp.cast(_column("properties"), "VARCHAR")
    is_json = exp.Anonymous(this="json_valid", expressions=[text.copy()])
    quoted = exp.cast(exp.Anonymous(this="to_json", expressions=[text.copy()]), "VARCHAR")
    empty = exp.Literal.string("{}")
    return exp.case().when(text.copy().is_(exp.null()), empty).when(is_json, text).else_(quoted)


def _properties(kind: duckdb.sqltypes.DuckDBPyType, name: str) -> exp.Expr:
    bag = _column("properties")
    if kind.id == "struct":
        members: list[exp.Expr] = []
        for field, inner in kind.children:
            _require_exact(inner, f"{name}: property {field!r}")
            members += [exp.Literal.string(field), exp.cast(_member(bag, field), "VARCHAR")]
        made: exp.Expr = exp.Anonymous(this="json_object", expressions=members)
        return exp.case().when(bag.copy().is_(exp.null()), _empty()).else_(made)
    if kind.id == "map":
        children = dict(kind.children)
        _require_exact(children["key"], f"{name}: the names in properties")
        _require_exact(children["value"], f"{name}: the values in properties")
        texts = exp.cast(bag, "MAP(VARCHAR, VARCHAR)")
        return exp.func("coalesce", exp.Anonymous(this="to_json", expressions=[texts]), _empty())
    raise UserError(f"{name}: column 'properties' is {kind}; it must be a struct, a map or JSON text")


def _member(bag: exp.Expr, field: str) -> exp.Expr:
    return exp.Anonymous(this="struct_extract", expressions=[bag.copy(), exp.Literal.string(field)])


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
