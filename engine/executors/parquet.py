"""Tables as Parquet files."""

from __future__ import annotations

from pathlib import Path

import duckdb
from sqlglot import exp


def copy_to_parquet(connection: duckdb.DuckDBPyConnection, table: str, path: Path) -> None:
    """Writes a table, in its order, as one Parquet file; the same rows give the same bytes."""
    copy = exp.Copy(
        this=exp.to_table(table),
        kind=False,
        files=[exp.Literal.string(str(path))],
        params=[
            exp.CopyParameter(this=exp.var("FORMAT"), expression=exp.var("parquet")),
            exp.CopyParameter(this=exp.var("COMPRESSION"), expression=exp.var("zstd")),
        ],
    )
    connection.execute(copy.sql("duckdb"))
