"""Files on disk that survive a crash: written aside, synced, named by their content, then moved into place."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
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
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())
        return hashlib.file_digest(stream, "sha256").hexdigest()


def move_into_place(path: Path, target: Path) -> None:
    """Renames a synced file to its final name in a folder that is created when missing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    path.replace(target)


def sync_folders(folders: Iterable[Path]) -> None:
    """Makes renames and new names in these folders durable."""
    for folder in sorted(set(folders)):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def sync_file(path: Path) -> None:
    """Makes the content of a file written by a library durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
