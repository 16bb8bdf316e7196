"""The event table: a Delta table of content-named Parquet files, read by version and explicit file list."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
from deltalake.exceptions import DeltaError, TableNotFoundError

from engine.errors import CorruptFileError, UserError
from engine.values.numbers import NumberProfile

#: The Parquet footer key under which a file's numeric profile is kept.
PROFILE_KEY = b"duckbill.profile"

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
    """The files of one version of the event table, and the struct fields any of them may have."""

    version: int
    files: tuple[EventFile, ...]
    property_fields: tuple[str, ...]

    @property
    def any_file(self) -> Path:
        """A file that has the columns of events, be it one without any."""
        return self.files[0].path if self.files else Path(str(files("engine.events") / "no_events.parquet"))

    @property
    def rows(self) -> int:
        """Events in these files."""
        return sum(file.rows for file in self.files)

    def between(self, starting_at: datetime, ending_before: datetime) -> EventSnapshot:
        """The files whose day may hold events with starting_at <= timestamp < ending_before."""
        last = (ending_before - timedelta(microseconds=1)).date()
        kept = tuple(file for file in self.files if starting_at.date() <= file.date <= last)
        return replace(self, files=kept if starting_at < ending_before else ())

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

        The version of `NOTHING_LANDED` is that, whatever has landed since. Raises UserError for a version that does
        not exist.
        """
        if version == NOTHING_LANDED.version:
            return NOTHING_LANDED
        delta = open_delta(self.folder, version)
        return None if delta is None else self.snapshot_of(delta)

    def snapshot_of(self, delta: DeltaTable) -> EventSnapshot:
        """The table as it was when it was opened."""
        files = sorted(
            (self._event_file(action) for action in _live_files(delta)), key=lambda file: (file.date, file.sha256)
        )
        return EventSnapshot(delta.version(), tuple(files), property_fields(delta))

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


def open_delta(folder: Path, version: int | None = None) -> DeltaTable | None:
    """The Delta table in a folder, or None when there is none."""
    try:
        return DeltaTable(folder, version=version)
    except TableNotFoundError:
        return None
    except DeltaError as error:
        raise UserError(f"{folder}: version {version} cannot be opened: {error}") from error


def property_fields(delta: DeltaTable) -> tuple[str, ...]:
    """The fields of the `properties` struct; the placeholder of an empty struct counts as one."""
    schema = json.loads(delta.schema().to_json())
    bag = next(field for field in schema["fields"] if field["name"] == "properties")
    return tuple(field["name"] for field in bag["type"]["fields"])


def _live_files(delta: DeltaTable) -> list[dict[str, Any]]:
    actions = pa.table(delta.get_add_actions(flatten=False))
    rows: list[dict[str, Any]] = actions.select(["path", "size_bytes", "num_records", "max", "partition"]).to_pylist()
    return rows
