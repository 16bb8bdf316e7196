"""Relations over files, by explicit lists of paths relative to the workspace folder, and over listed values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlglot import exp


def read_parquet(paths: Sequence[str]) -> exp.Select:
    """All columns of Parquet files, by name, and nothing by what their paths say."""
    scan = exp.func(
        "read_parquet",
        _texts(paths),
        exp.PropertyEQ(this=exp.to_identifier("union_by_name"), expression=exp.true()),
        exp.PropertyEQ(this=exp.to_identifier("hive_partitioning"), expression=exp.false()),
    )
    return exp.select("*").from_(exp.Table(this=scan))


def columns_of(paths: Sequence[str], columns: Mapping[str, str]) -> exp.Select:
    """These columns, by type, of Parquet files; without files there are no rows."""
    if not paths:
        return no_rows(columns)
    names = [exp.column(name, quoted=True) for name in columns]
    return exp.select(*names).from_(read_parquet(paths).subquery("files"))


def file_contents(paths: Sequence[str]) -> exp.Select:
    """name (the SHA-256 by which a file is called), bytes and sha256 (of its content) of those files that are there."""
    if not paths:
        return no_rows({"name": "VARCHAR", "bytes": "BIGINT", "sha256": "VARCHAR"})
    # A list of which some names match nothing is read all the same, as long as one does: a log is always there.
    lake, table, _ = paths[0].split("/", 2)
    scan = exp.func("read_blob", _texts([f"{lake}/{table}/_delta_log/*.json", *paths]))
    columns = ("parse_filename(filename, true) AS name", "size AS bytes", "sha256(content) AS sha256")
    found = exp.select(*columns, dialect="duckdb").from_(exp.Table(this=scan))
    return found.where("ends_with(filename, '.parquet')", dialect="duckdb")


def file_rows(paths: Sequence[str]) -> exp.Select:
    """name and rows of Parquet files, by their footers."""
    if not paths:
        return no_rows({"name": "VARCHAR", "rows": "BIGINT"})
    scan = exp.func("parquet_file_metadata", _texts(paths))
    columns = ("parse_filename(file_name, true) AS name", "num_rows::BIGINT AS rows")
    return exp.select(*columns, dialect="duckdb").from_(exp.Table(this=scan))


def listed(columns: Mapping[str, tuple[str, Sequence[str | int]]]) -> exp.Select:
    """Columns of the type and the values given, side by side."""
    unnested = []
    for name, (kind, values) in columns.items():
        literals: list[exp.Expr] = [
            exp.Literal.number(value) if isinstance(value, int) else exp.Literal.string(value) for value in values
        ]
        typed = exp.cast(exp.Array(expressions=literals), exp.DataType.build(f"{kind}[]", dialect="duckdb"))
        unnested.append(exp.alias_(exp.func("unnest", typed), name))
    return exp.select(*unnested)


def no_rows(columns: Mapping[str, str]) -> exp.Select:
    """A relation of these columns, by type, that is empty."""
    nulls = [
        exp.alias_(exp.cast(exp.null(), exp.DataType.build(kind, dialect="duckdb")), name, quoted=True)
        for name, kind in columns.items()
    ]
    return exp.select(*nulls).where(exp.false())


def together(parts: Sequence[exp.Query]) -> exp.Query:
    """The rows of several queries of the same columns."""
    whole = parts[0]
    for each in parts[1:]:
        whole = exp.union(whole, each, distinct=False)
    return whole


def instant_literal(moment: datetime) -> exp.Expr:
    """A naive UTC datetime as a timestamp of SQL."""
    return exp.cast(exp.Literal.string(moment.isoformat(sep=" ")), exp.DType.TIMESTAMP.into_expr())


def _texts(values: Sequence[str]) -> exp.Array:
    return exp.Array(expressions=[exp.Literal.string(value) for value in values])
