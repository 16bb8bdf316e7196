"""The folders and files of an export: `<table>/dt=<day>/<part>_<time>.parquet`, only ever added to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from engine.errors import UserError, did_you_mean
from engine.metronome.tables import ALL_TABLES
from engine.reports.output_folder import add_tables

_FILE = re.compile(r"([0-9]+)_([0-9]{14})\.parquet")
_DAY = re.compile(r"dt=[0-9]{4}-[0-9]{2}-[0-9]{2}")

#: What the file of a table looks like, for messages.
EXAMPLE = "invoice/dt=2026-11-02/0_20261102060000.parquet"


@dataclass(frozen=True, slots=True, order=True)
class TransferFile:
    """A file of a table, ordered as it was transferred: by time, then by part."""

    transferred: str
    part: int
    path: Path


def add_transfer(folder: Path, tables: Mapping[str, pa.Table], now: datetime) -> list[Path]:
    """Adds the files of one transfer, and returns them; those of an earlier one of the same second are replaced.

    All are complete before the first is moved into place. Raises UserError for a folder that holds something else.
    """
    check_folder(folder)
    names = [f"{name}/dt={now:%Y-%m-%d}/0_{transfer_time(now)}.parquet" for name in tables]
    add_tables(folder, dict(zip(names, tables.values(), strict=True)))
    return [folder / name for name in names]


def transfer_time(now: datetime) -> str:
    """A time as the names of files have it.

    >>> transfer_time(datetime(2026, 11, 2, 6))
    '20261102060000'
    """
    return now.strftime("%Y%m%d%H%M%S")


def check_folder(folder: Path) -> None:
    """Raises UserError for a folder to which no export can be added, because it holds something else."""
    if not folder.exists():
        return
    entries = sorted(folder.iterdir()) if folder.is_dir() else [folder]
    foreign = [entry.name for entry in entries if entry.name not in ALL_TABLES or not entry.is_dir()]
    if foreign:
        raise UserError(f"{folder} holds {foreign[0]}, which is no table of an export; name a new or empty folder")


def transfer_files(folder: Path) -> dict[str, Sequence[TransferFile]]:
    """The files of each table that duckbill reads, in the order they were transferred.

    Raises UserError for a folder that is no export.
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "no such folder"
        raise UserError(f"{folder}: {what}; name the folder of an export")
    files = {name: files_of(folder / name) for name in ALL_TABLES}
    found = {name: each for name, each in files.items() if each}
    if not found:
        folders = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
        near = f"; it holds {', '.join(folders[:5])}" if folders else ""
        raise UserError(f"{folder} is no Metronome export: there is no file such as {EXAMPLE}{near}")
    return found


def no_table(folder: Path, name: str) -> UserError:
    """What to say of a table that an export has to have and has not."""
    present = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    near = did_you_mean(name, present)
    return UserError(f"{folder} has no table {name}, without which nothing can be billed; {near}")


def files_of(table: Path) -> Sequence[TransferFile]:
    """The files of a table's folder, in the order they were transferred; raises UserError for one of another name."""
    if not table.is_dir():
        return ()
    found = []
    for path in table.glob("dt=*/*.parquet"):
        named = _FILE.fullmatch(path.name)
        if named is None or not _DAY.fullmatch(path.parent.name):
            raise UserError(f"{path}: is not named as a file of an export is, such as {EXAMPLE}")
        found.append(TransferFile(named[2], int(named[1]), path))
    return sorted(found)
