"""Writing an export: a transfer is added, and what the catalog has no more is marked as archived."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from engine.metronome.layout import add_transfer, check_folder, files_of, transfer_time
from engine.metronome.read import latest_rows
from engine.metronome.schema import ExportTable
from engine.metronome.tables import ALL_TABLES


def write_export(folder: Path, tables: Mapping[str, pa.Table], now: datetime) -> list[Path]:
    """Adds one transfer of these tables, of the instant `now`, to an export, and returns its files.

    Files of earlier transfers stay; one of the same second is replaced. Customers, metrics and alerts that they had and
    that are gone are transferred again, archived. Raises UserError for a folder that holds something else than an
    export, or one that cannot be read.
    """
    check_folder(folder)
    whole = {name: _with_archived(folder / name, ALL_TABLES[name], table, now) for name, table in tables.items()}
    return add_transfer(folder, whole, now)


def _with_archived(folder: Path, table: ExportTable, rows: pa.Table, now: datetime) -> pa.Table:
    """The rows, and those of earlier transfers of an incremental table whose key is not among them any more."""
    if table.snapshot is not None or "archived_at" not in table.columns:
        return rows
    earlier = [file for file in files_of(folder) if file.transferred != transfer_time(now)]
    if not earlier:
        return rows
    before = latest_rows(table, earlier)
    (key,) = table.key
    is_there = pc.is_in(before[key], rows[key].combine_chunks())
    gone = before.filter(pc.and_(pc.invert(is_there), pc.is_null(before["archived_at"])))
    for column in ("archived_at", "updated_at"):
        times = pa.array([now] * gone.num_rows, table.columns[column])
        gone = gone.set_column(gone.column_names.index(column), table.schema.field(column), times)
    return pa.concat_tables([rows, gone])
