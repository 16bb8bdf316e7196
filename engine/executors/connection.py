"""Connections: one in-memory DuckDB a task, with the settings that exact and repeatable answers need."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How much of the machine one connection may use; None leaves DuckDB's own default."""

    memory_limit: str | None = "4GiB"
    threads: int | None = None


@contextmanager
def scratch_connection(settings: EngineSettings, folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that spills into a folder of its own inside this one; both are gone at the end."""
    spill = Path(tempfile.mkdtemp(prefix=".spill-", dir=folder))
    try:
        with closing(connect(settings, spill)) as connection:
            yield connection
    finally:
        shutil.rmtree(spill, ignore_errors=True)


def connect(settings: EngineSettings, spill: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory connection that keeps UTC, raises on division by zero, and never loads an extension.

    `spill` is a folder for data that does not fit in memory; it need not exist. The settings and their reasons are
    in `preamble.sql`, the arithmetic that compiled metrics call in `macros.sql` and `json_macros.sql`.
    """
    config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": str(spill)}
    if settings.memory_limit is not None:
        config["memory_limit"] = settings.memory_limit
    if settings.threads is not None:
        config["threads"] = settings.threads
    connection = duckdb.connect(":memory:", config=config)
    for name in ("preamble.sql", "macros.sql", "json_macros.sql"):
        connection.execute(files("engine.executors").joinpath(name).read_text(encoding="utf-8"))
    return connection
