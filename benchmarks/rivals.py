"""The three other ways to meter the same files: hand-written DuckDB, Polars, and ClickHouse through chdb.

Each has a `run(metric)` that returns an Arrow table `customer_id, <group keys>, quantity`, read to the end. All
use the same number of threads and the same Parquet files, and resolve aliases by the same join.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import duckdb
import polars as pl
import pyarrow as pa

from benchmarks.generate import SQL
from benchmarks.polars_queries import QUERIES


class Rival(Protocol):
    def run(self, metric: str) -> pa.Table: ...


class HandWrittenDuckDB:
    """The queries of sql/duckdb, as an engineer would write them for one metric and all customers."""

    def __init__(self, files: Sequence[Path], aliases: Path, threads: int) -> None:
        self.connection = duckdb.connect(config={"threads": threads})
        self.connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        events = self.connection.read_parquet([str(file) for file in files], union_by_name=True)
        events.create_view("events")
        self.connection.read_parquet(str(aliases)).create("aliases")

    def run(self, metric: str) -> pa.Table:
        query = (SQL / "duckdb" / f"{metric}.sql").read_text(encoding="utf-8")
        return self.connection.sql(query).to_arrow_table()

    def close(self) -> None:
        self.connection.close()


class Polars:
    """The queries of polars_queries.py on the streaming engine. Polars takes its threads from POLARS_MAX_THREADS."""

    def __init__(self, files: Sequence[Path], aliases: Path) -> None:
        self.events = pl.scan_parquet(list(files), hive_partitioning=False)
        self.aliases = pl.read_parquet(aliases).lazy()

    def run(self, metric: str) -> pa.Table:
        return QUERIES[metric](self.events, self.aliases).collect(engine="streaming").to_arrow()


class ClickHouse:
    """The queries of sql/clickhouse, in process."""

    def __init__(self, files: Sequence[Path], aliases: Path, threads: int) -> None:
        self.session: Any = import_module("chdb.session").Session()
        every_day = files[0].parent.parent / "date=*" / "*.parquet"
        self.session.query(f"SET max_threads = {threads}")
        self.session.query(f"CREATE VIEW events AS SELECT * FROM file('{every_day}', Parquet)")
        self.session.query("CREATE TABLE aliases (alias String, customer_id String) ENGINE = Memory")
        self.session.query(f"INSERT INTO aliases SELECT alias, customer_id FROM file('{aliases}', Parquet)")

    def run(self, metric: str) -> pa.Table:
        query = (SQL / "clickhouse" / f"{metric}.sql").read_text(encoding="utf-8")
        answer = self.session.query(query, "ArrowStream")
        return pa.ipc.open_stream(io.BytesIO(answer.bytes())).read_all()
