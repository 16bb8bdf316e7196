"""How an export gets at the database: each question on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from engine.executors.duckdb import DuckDBExecutor

#: Opens a connection, to be closed by leaving the context.
Executors = Callable[[], AbstractContextManager[DuckDBExecutor]]
