"""The two things landing asks of a connection again and again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb
import pyarrow as pa


def one_number(
    connection: duckdb.DuckDBPyConnection, statement: str, parameters: Mapping[str, object] | None = None
) -> int:
    """The one number that a statement answers with; for INSERT, how many rows went in."""
    # All rows are fetched because an unread result would hold the connection.
    ((number,),) = connection.execute(statement, parameters or {}).fetchall()
    return int(number)


@contextmanager
def registered(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> Iterator[None]:
    """A table in memory under a name that SQL can read, for as long as the block lasts."""
    connection.register(name, table)
    try:
        yield
    finally:
        connection.unregister(name)
