"""Reading an export back: of each row the latest version, of each snapshot table the latest snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from engine.errors import UserError, did_you_mean
from engine.metronome.column_types import UnlikeError, as_type
from engine.metronome.layout import TransferFile, no_table, transfer_files
from engine.metronome.schema import ExportTable
from engine.metronome.tables import ALL_TABLES, NEEDED_TABLES


def read_export(folder: Path) -> dict[str, pa.Table]:
    """Every table of `ALL_TABLES` as an export in `folder` has it by now, in the columns and types of its schema.

    An incremental table has the latest row of each key, a snapshot table the rows of the latest snapshot, in the order
    of the files. A table that is not there is empty. Columns that duckbill does not know are passed over. Raises
    UserError, naming file and column, for a folder that is no export, a table that is needed and not there, a file that
    cannot be read, and a column that is missing or holds something else.
    """
    files = transfer_files(folder)
    for name in sorted(NEEDED_TABLES - files.keys()):
        raise no_table(folder, name)
    return {
        name: latest_rows(table, files[name]) if name in files else table.schema.empty_table()
        for name, table in ALL_TABLES.items()
    }


def latest_rows(table: ExportTable, files: Sequence[TransferFile]) -> pa.Table:
    """The rows of a table by the last of some of its files, which are in the order of their transfer."""
    read = [_read(table, file.path) for file in files]
    if table.snapshot is not None and not any(
        rows.num_rows for rows, file in zip(read, files, strict=True) if file.transferred == files[-1].transferred
    ):
        return table.schema.empty_table()
    rows = pa.concat_tables(read)
    if table.snapshot is not None:
        snapshots = rows[table.snapshot]
        rows = rows.filter(pc.equal(snapshots, pc.max(snapshots)))
    return _last_of_each_key(table, rows)


def _last_of_each_key(table: ExportTable, rows: pa.Table) -> pa.Table:
    """The row of each key that was updated last, among those the one that was transferred last."""
    updated = [name for name in ("updated_at",) if name in table.columns and table.snapshot is None]
    frame = pl.from_arrow(rows.select([*table.key, *updated]))
    assert isinstance(frame, pl.DataFrame)
    numbered = frame.with_row_index("row").sort([*updated, "row"], nulls_last=False)
    kept = numbered.unique(table.key, keep="last")["row"]
    return rows if len(kept) == rows.num_rows else rows.filter(pc.is_in(_numbers(rows), kept.to_arrow()))


def _numbers(rows: pa.Table) -> pa.Array:
    return pl.int_range(rows.num_rows, dtype=pl.UInt32, eager=True).to_arrow()


def _read(table: ExportTable, path: Path) -> pa.Table:
    try:
        rows = pq.ParquetFile(path).read(use_threads=False)
    except (OSError, pa.ArrowInvalid) as error:
        what = str(error).splitlines()[0]
        raise UserError(f"{path}: cannot be read as Parquet; transfer it again: {what}") from error
    _check_columns(table, rows.column_names, path)
    columns = []
    for name, kind in table.columns.items():
        if name not in rows.column_names:
            columns.append(pa.chunked_array([pa.nulls(rows.num_rows, kind)]))
            continue
        try:
            columns.append(as_type(rows[name], kind))
        except UnlikeError as error:
            raise UserError(f"{path}: column {name} of {table.name} cannot be read as {kind}: {error}") from error
    return pa.Table.from_arrays(columns, schema=table.schema)


def _check_columns(table: ExportTable, present: Sequence[str], path: Path) -> None:
    for before, after in pairwise(sorted(present)):
        if before == after:
            raise UserError(f"{path}: there are two columns {after}")
    for name in table.columns:
        if name not in present and name not in table.may_lack and name not in table.own_columns:
            others = [other for other in present if other not in table.columns]
            near = did_you_mean(name, others) if others else f"it has {', '.join(present[:5])}"
            raise UserError(f"{path}: column {name} of {table.name} is missing; {near}")
