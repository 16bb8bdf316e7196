"""Connections: one in-memory DuckDB a task, with the settings that exact and repeatable answers need."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from engine.catalog.metric import BillableMetric
from engine.errors import UserError


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How much of the machine one connection may use; None leaves DuckDB's own default.

    `spill_limit` is for what does not fit into memory; by default nine tenths of the disk's free space.
    `metric_seconds` is for one query of a SQL metric; see `metric_time_limit`.
    """

    memory_limit: str | None = "4GiB"
    threads: int | None = None
    spill_limit: str | None = None
    metric_seconds: int | None = None


@contextmanager
def scratch_connection(
    settings: EngineSettings, folder: Path, *, arithmetic: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that spills into a folder of its own inside this one; both are gone at the end."""
    spill = Path(tempfile.mkdtemp(prefix=".spill-", dir=folder))
    try:
        with closing(connect(settings, spill, arithmetic=arithmetic)) as connection:
            yield connection
    finally:
        shutil.rmtree(spill, ignore_errors=True)


def connect(settings: EngineSettings, spill: Path, *, arithmetic: bool = True) -> duckdb.DuckDBPyConnection:
    """An in-memory connection that keeps UTC, raises on division by zero, and never loads an extension.

    `spill` is a folder for data that does not fit in memory; it need not exist. The settings and their reasons are
    in `preamble.sql`, the arithmetic that compiled metrics call in `macros.sql` and `json_macros.sql`: reading that is
    half of the cost of a small landing, which calls none of it.
    """
    config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": str(spill)}
    if settings.memory_limit is not None:
        config["memory_limit"] = settings.memory_limit
    if settings.threads is not None:
        config["threads"] = settings.threads
    connection = duckdb.connect(":memory:", config=config)
    if settings.spill_limit is not None:
        # As a part of the configuration it would be shown, but not obeyed.
        connection.execute("SET max_temp_directory_size = ?", [settings.spill_limit])
    if settings.metric_seconds is not None:
        connection.execute("SET VARIABLE metric_seconds = ?", [settings.metric_seconds])
    for name in ("preamble.sql", *(("macros.sql", "json_macros.sql") if arithmetic else ())):
        connection.execute(files("engine.executors").joinpath(name).read_text(encoding="utf-8"))
    return connection


@contextmanager
def metric_time_limit(connection: duckdb.DuckDBPyConnection, metric: BillableMetric) -> Iterator[None]:
    """Stops each query inside after the connection's `metric_seconds` when it is that of a SQL metric.

    Raises UserError naming the metric. What runs after the block has no limit. DuckDB looks at the clock between rows
    and not within one operation on a huge value (`spec/reliability.md` §3.1), which only `--isolate` stops.
    """
    limit = "SELECT getvariable('metric_seconds')"
    ((seconds,),) = connection.execute(limit).fetchall() if metric.sql is not None else ((None,),)
    if seconds is None:
        yield
        return
    connection.execute("SET max_execution_time = ?", [seconds * 1000])
    try:
        yield
    except duckdb.InterruptException as error:
        raise UserError(
            f"metric {metric.name!r} was stopped after {seconds} s; "
            "make it read or compute less, or raise metric_seconds in [engine] of duckbill.toml"
        ) from error
    finally:
        connection.execute("RESET max_execution_time")


def execute(
    connection: duckdb.DuckDBPyConnection, statement: str, parameters: Mapping[str, object] | None = None
) -> list[tuple[Any, ...]]:
    """The rows of a statement; when it needs more memory than there is, it is tried once more on a single thread.

    Every thread has buffers of its own, some 50 MiB each in the widest stage of rating, which cannot be spilled. A
    statement that fails leaves nothing behind, and its result does not depend on threads.
    """
    try:
        return connection.execute(statement, parameters or {}).fetchall()
    except duckdb.OutOfMemoryException:
        ((threads,),) = connection.execute("SELECT current_setting('threads')").fetchall()
        if threads == 1:
            raise
        connection.execute("SET threads = 1")
        try:
            return connection.execute(statement, parameters or {}).fetchall()
        finally:
            connection.execute("SET threads = ?", [threads])
