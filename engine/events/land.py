"""Landing a source, top to bottom: stage, deduplicate, write, commit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable

from engine.events import commit
from engine.events.database import one_number
from engine.events.deduplicate import WINDOW, remove_duplicates
from engine.events.delta_check import open_checked
from engine.events.fixed_sql import fixed_sql
from engine.events.profile import profile_staged
from engine.events.property_columns import PropertyColumns
from engine.events.read_ahead import read_ahead
from engine.events.source import Source
from engine.events.staging import Staging
from engine.events.table import NOTHING_LANDED, EventSnapshot, EventTable
from engine.events.write import struct_fields, write_events, write_rejected


@dataclass(frozen=True, slots=True)
class LandingLimits:
    """How far from the clock an event may be, both ends included, and how many properties become struct fields."""

    past: timedelta = timedelta(days=34)
    future: timedelta = timedelta(hours=24)
    property_fields: int = 1000


@dataclass(frozen=True, slots=True)
class LandingResult:
    """What became of each event read: `read == accepted + duplicate + rejected`, always.

    `reasons` counts the rejected by reason, `duplicates` the others by `duplicate` (the same event again) and
    `duplicate_conflict` (another event under the same id), `unknown_fields` the top-level fields that were
    ignored. `version` is the event table's version that holds the events, None when nothing was read.
    When `already_landed`, the counts are those of the first landing.
    """

    read: int
    accepted: int
    duplicate: int
    rejected: int
    reasons: dict[str, int]
    duplicates: dict[str, int]
    unknown_fields: dict[str, int]
    batch_id: str
    already_landed: bool
    version: int | None


def land(
    lake: Path,
    source: Source,
    *,
    now: datetime,
    limits: LandingLimits,
    connection: duckdb.DuckDBPyConnection,
    progress: Callable[[int, int], None] | None = None,
) -> LandingResult:
    """Lands a source: every event read ends as accepted, duplicate or rejected, in one commit.

    `now` (naive UTC) is the arrival time of all of them. `progress` is told bytes read and the size of the
    source, 0 when unknown. The caller holds the lake's lock; memory beyond the connection's limit spills to its
    temp_directory. Raises UserError for a source that cannot be read, WorkspaceBusyError when another writer
    commits first, CorruptFileError when a committed file cannot be read; nothing is landed then.
    """
    known, delta = source.known_sha256(), open_checked(lake / "events")
    if known is not None and (earlier := _landed_before(lake, delta, known)):
        return earlier
    snapshot = EventTable(lake).snapshot_of(delta) if delta else None
    columns = PropertyColumns(snapshot.property_fields if snapshot else (), limits.property_fields)
    with _landing_tables(connection):
        staging = Staging(connection, columns, now - limits.past, now + limits.future)
        for chunk in read_ahead(source.chunks(connection.cursor())):
            staging.add(chunk)
            if progress is not None:
                progress(chunk.bytes_read, source.size)
        if known is None and (earlier := _landed_before(lake, delta, source.sha256)):
            return earlier
        if staging.read == 0:
            return LandingResult(0, 0, 0, 0, {}, {}, {}, "", False, snapshot.version if snapshot else None)
        return _publish(lake, source, staging, delta, snapshot, now)


def _publish(
    lake: Path,
    source: Source,
    staging: Staging,
    delta: DeltaTable | None,
    snapshot: EventSnapshot | None,
    now: datetime,
) -> LandingResult:
    connection, columns = staging.connection, staging.columns
    # The table's version is part of the identity: what is a duplicate depends on what had landed.
    base = snapshot.version if snapshot else -1
    batch_id = hashlib.sha256(f"{source.sha256}\x1f{now.isoformat()}\x1f{base}".encode()).hexdigest()[:32]
    since = now - WINDOW
    recent = (snapshot or NOTHING_LANDED).arrived_since(since)
    # An id that a damaged file no longer shows would land, and be billed, twice.
    recent.check_files()
    paths = [file.path for file in recent.files]
    duplicates = remove_duplicates(connection, columns, paths, recent.property_fields, since)
    result = _counted(staging, duplicates, batch_id)
    unfinished = lake / ".staging"
    rejected = write_rejected(connection, lake / "rejected_events", unfinished, now, batch_id, source.name)
    if rejected:
        commit.commit_rejected(lake / "rejected_events", rejected, batch_id)
    profiles = profile_staged(connection, columns)
    events = lake / "events"
    files = write_events(connection, columns, profiles, events, unfinished, now, batch_id)
    transactions = [commit.source_transaction(source.sha256), commit.batch_transaction(batch_id)]
    fields = struct_fields(columns)
    version = commit.commit_events(delta, events, fields, files, now.isoformat(), transactions, asdict(result))
    return replace(result, version=version)


def _counted(staging: Staging, duplicates: dict[str, int], batch_id: str) -> LandingResult:
    """The counts of a landing, each taken from where its events are, and their sum checked."""
    by_reason = "SELECT reason, count(*) FROM landing.refused GROUP BY reason ORDER BY reason"
    reasons: dict[str, int] = dict(staging.connection.execute(by_reason).fetchall())
    accepted = one_number(staging.connection, "SELECT count(*) FROM landing.staged")
    duplicate, rejected = sum(duplicates.values()), sum(reasons.values())
    if staging.read != accepted + duplicate + rejected:
        raise AssertionError(
            f"{staging.read} events were read, but {accepted} accepted, {duplicate} duplicate, {rejected} rejected"
        )
    unknown = dict(sorted(staging.unknown_fields.items()))
    return LandingResult(
        staging.read, accepted, duplicate, rejected, reasons, duplicates, unknown, batch_id, False, None
    )


def _landed_before(lake: Path, delta: DeltaTable | None, sha256: str) -> LandingResult | None:
    version = delta.transaction_version(commit.source_transaction(sha256)) if delta else None
    if version is None:
        return None
    recorded: dict[str, Any] = dict(commit.landing_info(lake / "events", version))
    empty = LandingResult(0, 0, 0, 0, {}, {}, {}, "", True, version)
    return replace(empty, **{**recorded, "already_landed": True, "version": version})


@contextmanager
def _landing_tables(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """An in-memory database named `landing` with the tables and rules of one landing."""
    (threshold,) = connection.execute("SELECT current_setting('checkpoint_threshold')").fetchall()[0]
    connection.execute("ATTACH ':memory:' AS landing")
    try:
        # Checkpoints of tables that are thrown away cost more than the statements that set them off.
        connection.execute("SET checkpoint_threshold = '1 TiB'")
        connection.execute(fixed_sql("rules"))
        connection.execute(fixed_sql("tables"))
        yield
    finally:
        connection.execute("SET checkpoint_threshold = ?", [threshold])
        connection.execute("DETACH landing")
