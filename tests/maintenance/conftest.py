"""A lake whose days have many small files, and how the tests look at it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import duckdb

from engine.events.compact import CompactedDay, compact_day, days_to_compact
from engine.events.table import EventTable
from tests.events.conftest import Lake
from tests.events.conftest import connection as connection
from tests.events.conftest import lake as lake
from tests.events.conftest import line as line

#: Every column, the struct without the fields that are NULL, so that rows of files with other fields can be compared.
_ROWS = """
    SELECT transaction_id, customer_id, event_type, timestamp, to_json(properties), other_properties, ingested_at,
        {batch_id}
    FROM read_parquet($files, union_by_name = true, hive_partitioning = false)
    ORDER BY ALL
"""


def compact(lake: Lake, min_files: int = 2) -> list[CompactedDay]:
    """Compacts every day that has so many files."""
    days = days_to_compact(lake.snapshot(), min_files)
    return [compact_day(lake.folder, day, lake.connection) for day in days]


def rows(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], *, with_batch: bool = True) -> list[object]:
    """Every event in these files with all that is known of it, in one order."""
    query = _ROWS.format(batch_id="batch_id" if with_batch else "NULL")
    found = connection.execute(query, {"files": [str(path) for path in paths]}).fetchall()
    return [(*row[:4], _present(row[4]), *row[5:]) for row in found]


def _present(struct: str) -> dict[str, str]:
    return {name: value for name, value in json.loads(struct).items() if value is not None}


def rows_of(lake: Lake, version: int | None = None, *, with_batch: bool = True) -> list[object]:
    """Every event of a version of the table, by default of the newest."""
    snapshot = EventTable(lake.folder).snapshot(version)
    assert snapshot is not None
    return rows(lake.connection, [file.path for file in snapshot.files], with_batch=with_batch)
