"""Exports as folders, made by hand: small, and different from what duckbill writes where a test needs it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from engine.metronome.schema import ExportTable
from engine.metronome.tables import ALL_TABLES, NEEDED_TABLES

Rows = list[dict[str, object]]


def put(folder: Path, name: str, rows: Rows | pa.Table, moment: datetime, part: int = 0) -> Path:
    """Writes a file of a table, transferred at a moment."""
    path = folder / name / f"dt={moment:%Y-%m-%d}" / f"{part}_{moment:%Y%m%d%H%M%S}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows if isinstance(rows, pa.Table) else ALL_TABLES[name].of(rows), path)
    return path


def bare(folder: Path, moment: datetime = datetime(2026, 11, 3)) -> Path:
    """An export of the tables that have to be there, all empty."""
    for name in NEEDED_TABLES:
        put(folder, name, [], moment)
    return folder


def changed(table: ExportTable, rows: Rows, column: str, values: pa.Array | None) -> pa.Table:
    """Rows of a table with one column replaced, or left out."""
    made = table.of(rows)
    position = made.column_names.index(column)
    return made.remove_column(position) if values is None else made.set_column(position, column, values)
