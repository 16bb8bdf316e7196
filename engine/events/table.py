"""The event table: a Delta table of content-named Parquet files, read by version and explicit file list."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import DeltaTable

from engine.errors import CorruptFileError
from engine.events.delta_check import open_checked
from engine.events.delta_log import commit_info
from engine.events.files import sha256_of
from engine.values.numbers import NumberProfile

#: The Parquet footer key under which a file's numeric profile is kept.
PROFILE_KEY = b"duckbill.profile"

#: The application id, and the key of a commit's info, under which the version of the last landing stands.
CONTENTS = "duckbill.contents"

_REMEDY = "restore it from a backup (`duckbill verify` looks at all files)"

#: The event files that this process has found whole: their number on the disk, when they were written, their size.
_KNOWN_WHOLE: dict[Path, tuple[int, int, int]] = {}

#: The only field of `properties` while no event has any: a struct needs one.
PLACEHOLDER_FIELD = "_"


@dataclass(frozen=True)
class EventFile:
    """One committed file of one UTC day; its name is the SHA-256 of its content.

    `last_ingested_at` is the latest arrival in it, None when the table does not say.
    """

    path: Path
    date: date
    sha256: str
    rows: int
    bytes: int
    last_ingested_at: datetime | None

    @cached_property
    def profile(self) -> Mapping[str, NumberProfile]:
        """What landing saw of each property's values in this file, read from its footer."""
        try:
            metadata = pq.read_metadata(self.path).metadata or {}
        except (OSError, ValueError) as error:
            raise CorruptFileError(f"{self.path}: cannot be read; run `duckbill verify`: {error}") from error
        stored = json.loads(metadata.get(PROFILE_KEY, b"{}"))
        return {name: NumberProfile(**fields) for name, fields in stored.items()}


@dataclass(frozen=True)
class EventSnapshot:
    """The files of one version of the event table, and the struct fields any of them may have.

    `version` is that of the last landing: rewriting the files of the same events makes no other.
    """

    version: int
    files: tuple[EventFile, ...]
    property_fields: tuple[str, ...]

    @property
    def any_file(self) -> Path:
        """A file that has the columns of events, be it one without any."""
        return self.files[0].path if self.files else Path(str(files("engine.events") / "no_events.parquet"))

    def partial_fields(self) -> frozenset[str]:
        """The properties that are fields of the struct in some of these files, and may be in others not."""
        held = [{name for name, profile in file.profile.items() if profile.in_struct} for file in self.files]
        return frozenset(set().union(*held).difference(set(self.property_fields).intersection(*held)))

    @property
    def rows(self) -> int:
        """Events in these files."""
        return sum(file.rows for file in self.files)

    def between(self, starting_at: datetime, ending_before: datetime) -> EventSnapshot:
        """The files whose day may hold events with starting_at <= timestamp < ending_before."""
        last = (ending_before - timedelta(microseconds=1)).date()
        kept = tuple(file for file in self.files if starting_at.date() <= file.date <= last)
        return replace(self, files=kept if starting_at < ending_before else ())

    def arrived_since(self, instant: datetime) -> EventSnapshot:
        """The files that may hold events which arrived then or later."""
        kept = (file for file in self.files if file.last_ingested_at is None or file.last_ingested_at >= instant)
        return replace(self, files=tuple(kept))

    def check_files(self) -> None:
        """Reads every file and compares its SHA-256 with its name: the database does not notice a flipped bit.

        A file that this process has found whole is not read again until it changes. Raises CorruptFileError that names
        each file which is missing or has changed (spec/reliability.md §2.6).
        """
        with ThreadPoolExecutor(os.cpu_count()) as readers:
            damaged = [found for found in readers.map(_damage, self.files) if found]
        if damaged:
            raise CorruptFileError("\n".join(damaged))

    def profiles(self) -> dict[str, NumberProfile]:
        """The numeric profile of each property over all these files."""
        merged: dict[str, NumberProfile] = {}
        for file in self.files:
            for name, profile in file.profile.items():
                merged[name] = merged[name] + profile if name in merged else profile
        return merged


#: The event table before anything has landed: a version before the first.
NOTHING_LANDED = EventSnapshot(-1, (), ())


class EventTable:
    """`lake/events` of a workspace."""

    def __init__(self, lake: Path) -> None:
        self.folder = lake / "events"

    def snapshot(self, version: int | None = None) -> EventSnapshot | None:
        """The table as of a version, by default the latest; None when nothing has landed yet.

        The version of `NOTHING_LANDED` is that, whatever has landed since. Of a version that has been compacted, these
        are the files of the compaction. Raises UserError for a version that does not exist.
        """
        if version == NOTHING_LANDED.version:
            return NOTHING_LANDED
        delta = open_checked(self.folder, None if version is None else self._compacted(version))
        return None if delta is None else self.snapshot_of(delta)

    def snapshot_of(self, delta: DeltaTable) -> EventSnapshot:
        """The table as it was when it was opened."""
        files = sorted(
            (self._event_file(action) for action in _live_files(delta)), key=lambda file: (file.date, file.sha256)
        )
        return EventSnapshot(contents_version(delta), tuple(files), property_fields(delta))

    def _compacted(self, version: int) -> int:
        """The newest version of the table that holds the events of this one, and no others."""
        newest = version
        while commit_info(self.folder, newest + 1).get(CONTENTS) == version:
            newest += 1
        return newest

    def _event_file(self, action: Mapping[str, Any]) -> EventFile:
        path = self.folder / unquote(action["path"])
        ingested_at = (action.get("max") or {}).get("ingested_at")
        return EventFile(
            path=path,
            date=action["partition"]["date"],
            sha256=path.stem,
            rows=action["num_records"],
            bytes=action["size_bytes"],
            last_ingested_at=ingested_at,
        )


def contents_version(delta: DeltaTable) -> int:
    """The version of the last landing in a table, whose files may have been rewritten since."""
    version = delta.transaction_version(CONTENTS)
    return delta.version() if version is None else version


def property_fields(delta: DeltaTable) -> tuple[str, ...]:
    """The fields of the `properties` struct; the placeholder of an empty struct counts as one."""
    schema = json.loads(delta.schema().to_json())
    bag = next(field for field in schema["fields"] if field["name"] == "properties")
    return tuple(field["name"] for field in bag["type"]["fields"])


def _damage(file: EventFile) -> str | None:
    try:
        stat = file.path.stat()
        seen = stat.st_ino, stat.st_mtime_ns, stat.st_size
        if _KNOWN_WHOLE.get(file.path) == seen:
            return None
        if sha256_of(file.path) != file.sha256:
            return f"{file.path}: does not hold what was committed; {_REMEDY}"
    except FileNotFoundError:
        return f"{file.path}: is committed but missing; {_REMEDY}"
    _KNOWN_WHOLE[file.path] = seen
    return None


def _live_files(delta: DeltaTable) -> list[dict[str, Any]]:
    actions = pa.table(delta.get_add_actions(flatten=False))
    rows: list[dict[str, Any]] = actions.select(["path", "size_bytes", "num_records", "max", "partition"]).to_pylist()
    return rows
