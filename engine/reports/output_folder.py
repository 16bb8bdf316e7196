"""Folders of tables that users take away: written aside, moved into place whole; the same content, the same bytes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import UserError
from engine.events.files import move_into_place, sync_file, sync_folders

#: Writes one file, that is no table, to a path.
Write = Callable[[Path], None]

NO_FILES: Mapping[str, Write] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class FolderKind:
    """What a folder holds, as it is said in messages ("a reconciliation"), and the file by which it is known."""

    holds: str
    mark: str


def check_target(folder: Path, kind: FolderKind) -> None:
    """Raises UserError for a folder with something else in it, which nobody wants to lose."""
    if folder.exists() and not (folder.is_dir() and ((folder / kind.mark).is_file() or not any(folder.iterdir()))):
        raise UserError(f"{folder} holds something else than {kind.holds}; name a new or empty folder")


def write_tables(
    folder: Path, tables: Mapping[str, pa.Table], kind: FolderKind, files: Mapping[str, Write] = NO_FILES
) -> None:
    """Makes a folder of tables, as Parquet files, and further files, by their paths relative to it.

    A folder of the same kind is replaced as a whole. One of the paths must be the mark of the kind. Raises UserError,
    and leaves the folder as it is, when something else is in it.
    """
    check_target(folder, kind)
    assert kind.mark in tables or kind.mark in files, f"nothing is written to {kind.mark}"
    target = folder.resolve()
    with _staging(target) as staging:
        _write_all(staging, tables, files)
        replaced = target.with_name(f".replaced-{target.name}")
        shutil.rmtree(replaced, ignore_errors=True)
        if target.exists():
            target.replace(replaced)
        staging.replace(target)
        sync_folders([target.parent])
        shutil.rmtree(replaced, ignore_errors=True)


def add_tables(folder: Path, tables: Mapping[str, pa.Table]) -> None:
    """Adds tables to a folder that only ever grows, each under its path; one that has the same path is replaced.

    Every file is finished before the first is moved into place, so that what fails while writing leaves no trace.
    """
    target = folder.resolve()
    with _staging(target) as staging:
        _write_all(staging, tables, NO_FILES)
        for name in tables:
            move_into_place(staging / name, target / name)
        sync_folders([target.parent, target, *(path.parent for name in tables for path in _below(target, name))])


@contextmanager
def _staging(target: Path) -> Iterator[Path]:
    """An empty folder beside the target, on the same disk; what is still in it at the end goes with it."""
    staging = target.with_name(f".staging-{target.name}")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        staging.mkdir(parents=True)
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _write_all(folder: Path, tables: Mapping[str, pa.Table], files: Mapping[str, Write]) -> None:
    for name, table in tables.items():
        write_parquet(table, _prepared(folder / name))
    for name, write in files.items():
        write(_prepared(folder / name))
    paths = list(folder.rglob("*"))
    for path in paths:
        if path.is_file():
            sync_file(path)
    sync_folders([folder, *(path for path in paths if path.is_dir())])


def _prepared(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _below(target: Path, name: str) -> list[Path]:
    """A file of the folder and the folders around it that are inside the target."""
    path = target / name
    return [path, *(parent for parent in path.parents if target in parent.parents)]


def write_parquet(table: pa.Table, path: Path) -> None:
    """Writes a table as Parquet, in bytes that depend on nothing but its rows and columns."""
    pq.write_table(table.combine_chunks(), path, compression="zstd")
