"""Compacting a day: its small files become one sorted file that is proved to hold the same events, in one commit."""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from engine.errors import DuckbillError
from engine.events.commit import commit_compaction
from engine.events.delta_check import open_checked
from engine.events.files import WrittenFile, content_name, fresh_folder, move_into_place, sync_folders
from engine.events.fixed_sql import fixed_sql
from engine.events.table import EventFile, EventSnapshot, EventTable
from engine.values.numbers import NumberProfile

#: The name of the struct among the columns of a file, as its footer spells those of the fields.
_BAG = "properties."


@dataclass(frozen=True, slots=True)
class CompactedDay:
    """A day whose `files` have become one, of `bytes_after`."""

    date: date
    files: int
    events: int
    bytes_before: int
    bytes_after: int


@dataclass(frozen=True, slots=True)
class _Contents:
    """What files hold: the columns of `fingerprint.sql`. Equal contents have the same events."""

    rows: int
    forwards: int
    backwards: int
    first_timestamp: datetime
    last_timestamp: datetime
    first_ingested_at: datetime
    last_ingested_at: datetime


def days_to_compact(
    snapshot: EventSnapshot, min_files: int, first: date | None = None, last: date | None = None
) -> list[date]:
    """The days from `first` to `last` whose events lie in `min_files` files or more, oldest first."""
    counts = Counter(file.date for file in snapshot.files)
    return sorted(
        day
        for day, files in counts.items()
        if files >= max(min_files, 2) and (first is None or first <= day) and (last is None or day <= last)
    )


def compact_day(lake: Path, day: date, connection: duckdb.DuckDBPyConnection) -> CompactedDay:
    """Rewrites the files of a day, of which there are several, as one.

    The old files are hashed before they are read, so that no damage ends up in a file that is sound; the new one is
    read back before it is committed. The old ones stay where they are, for whoever is reading them and for runs that
    saw fewer events, until they are vacuumed. The caller holds the lake's lock; what does not fit in the connection's
    memory spills. Raises CorruptFileError for a damaged file, DuckbillError when the new file does not hold what the
    old ones do; the day stays as it was then.
    """
    table = EventTable(lake)
    delta = open_checked(table.folder)
    assert delta is not None, "something has landed on the day"
    snapshot = table.snapshot_of(delta)
    old = [file for file in snapshot.files if file.date == day]
    of_day = replace(snapshot, files=tuple(old))
    of_day.check_files()
    sources = _widest_first(old)
    staging = fresh_folder(lake / ".staging")
    try:
        unfinished = staging / f"{day}.parquet"
        profiles = of_day.profiles()
        _write(connection, sources, profiles, unfinished)
        contents = _proved_equal(connection, day, sources, unfinished, profiles)
        relative = f"date={day}/{content_name(unfinished)}.parquet"
        size = unfinished.stat().st_size
        move_into_place(unfinished, table.folder / relative)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    sync_folders([table.folder, (table.folder / relative).parent])
    first, last = contents.first_timestamp.isoformat(), contents.last_timestamp.isoformat()
    written = WrittenFile(relative, day, size, contents.rows, first, last)
    arrived = contents.first_ingested_at.isoformat(), contents.last_ingested_at.isoformat()
    commit_compaction(delta, table.folder, old, [(written, *arrived)])
    return CompactedDay(day, len(old), contents.rows, sum(file.bytes for file in old), size)


def _widest_first(files: Sequence[EventFile]) -> list[EventFile]:
    """The files in an order that only they decide, and with them that of the fields: those with the most come first."""
    fields = {file.sha256: pq.read_schema(file.path).field("properties").type.num_fields for file in files}
    return sorted(files, key=lambda file: (-fields[file.sha256], file.sha256))


def _write(
    connection: duckdb.DuckDBPyConnection,
    sources: Sequence[EventFile],
    profiles: Mapping[str, NumberProfile],
    path: Path,
) -> None:
    footer = {name: asdict(profile) for name, profile in sorted(profiles.items())}
    parameters = {
        "files": [str(file.path) for file in sources],
        "path": str(path),
        "profile": json.dumps(footer, sort_keys=True),
    }
    connection.execute(fixed_sql("compact"), parameters)


def _proved_equal(
    connection: duckdb.DuckDBPyConnection,
    day: date,
    sources: Sequence[EventFile],
    path: Path,
    profiles: Mapping[str, NumberProfile],
) -> _Contents:
    """What the new file holds; raises DuckbillError when that is not what the old ones hold.

    Both are read in the same way, which could hide a property that this way of reading overlooks. So the values of each
    property are counted in the footer of the new file, too, and must be as many as landing had seen.
    """
    before, after = _contents(connection, [file.path for file in sources]), _contents(connection, [path])
    wrong = ""
    if before != after or after.rows != sum(file.rows for file in sources):
        wrong = f"{before} became {after}, of {sum(file.rows for file in sources)} events that had landed"
    counted = _values_in_struct(path)
    for name in sorted({*counted, *profiles}):
        seen, found = profiles.get(name, NumberProfile()), counted.get(name, 0)
        # What landing has counted in both places is only known as a sum.
        if not (found <= seen.values if seen.in_other else found == seen.values):
            wrong = wrong or f"of {seen.values} values of property {name!r} there are {found}"
    if wrong:
        raise DuckbillError(f"the events of {day} could not be compacted, and stay as they were: {wrong}")
    return after


def _contents(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> _Contents:
    rows = connection.execute(fixed_sql("fingerprint"), {"files": [str(path) for path in paths]}).fetchall()
    return _Contents(*rows[0])


def _values_in_struct(path: Path) -> dict[str, int]:
    """How many values each field of the struct has, by the statistics in the footer."""
    metadata = pq.read_metadata(path)
    counts: defaultdict[str, int] = defaultdict(int)
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for place in range(group.num_columns):
            column = group.column(place)
            if column.path_in_schema.startswith(_BAG):
                nulls = column.statistics.null_count
                counts[column.path_in_schema.removeprefix(_BAG)] += group.num_rows - nulls
    return dict(counts)
