"""Reading one number from the database."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb


def one_number(
    connection: duckdb.DuckDBPyConnection, statement: str, parameters: Mapping[str, object] | None = None
) -> int:
    """The one number that a statement answers with; for INSERT, how many rows went in."""
    # All rows are fetched because an unread result would hold the connection.
    ((number,),) = connection.execute(statement, parameters or {}).fetchall()
    return int(number)
