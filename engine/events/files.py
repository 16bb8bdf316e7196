"""Files on disk that survive a crash: written aside, synced, named by their content, then moved into place."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A finished file in its final folder; `path` is relative to the table and ends in `<sha256>.parquet`."""

    path: str
    date: date | None
    bytes: int
    rows: int
    first_timestamp: str
    last_timestamp: str


def fresh_folder(folder: Path) -> Path:
    """An empty folder for unfinished files; whatever an earlier crash left in it is removed."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def content_name(path: Path) -> str:
    """Syncs a file to disk and returns the SHA-256 of what it holds."""
    with path.open("rb+") as stream, _named(path):
        os.fsync(stream.fileno())
    return sha256_of(path)


def sha256_of(path: Path) -> str:
    """The SHA-256 of what a file holds; raises OSError when it cannot be read."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_synced(path: Path, content: bytes) -> None:
    """Writes a file that is on disk when this returns; whatever fails, nothing of it is left."""
    try:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            with _named(path):
                os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def move_into_place(path: Path, target: Path) -> None:
    """Renames a synced file to its final name in a folder that is created when missing."""
    make_folder(target.parent)
    path.replace(target)


def make_folder(folder: Path) -> None:
    """Creates a folder, and those it is in, that are missing; their names survive a crash, what goes into them not yet.

    Several threads may create the same folder.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    sync_folders(each.parent for each in missing)


def sync_folders(folders: Iterable[Path]) -> None:
    """Makes renames and new names in these folders durable."""
    for folder in sorted(set(folders)):
        _sync(folder, os.O_RDONLY | os.O_DIRECTORY)


def sync_file(path: Path) -> None:
    """Makes the content of a file written by a library durable."""
    _sync(path, os.O_RDONLY)


def _sync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags)
    try:
        with _named(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Lets an error of a call that knows a file by its number alone say which file it is."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        raise
