"""One event by its transaction id: where it landed, and every line under its id that was not accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from engine.errors import UserError
from engine.events.commit import batch_transaction
from engine.events.delta_check import live_files, open_checked
from engine.events.table import EventFile, EventTable
from engine.executors.fixed_sql import fixed_sql


@dataclass(frozen=True)
class LandedEvent:
    """An accepted event and where it lies; `row` counts from 0 inside the file.

    `table_version` is the version of the event table that its landing committed, None when the table does not say.
    """

    transaction_id: str
    customer_id: str
    event_type: str
    timestamp: datetime
    properties: Mapping[str, str]
    ingested_at: datetime
    batch_id: str
    file: EventFile
    row: int
    table_version: int | None


@dataclass(frozen=True)
class RefusedLine:
    """A line that was not accepted: `verdict` is `duplicate` or `rejected`, the rest as in `lake/rejected_events`."""

    verdict: str
    reason: str
    detail: str
    source: str
    line: int
    batch_id: str
    landed_at: datetime


@dataclass(frozen=True, slots=True)
class EventPlace:
    """A row of the event table, by file and number."""

    file: EventFile
    row: int


def find_event(connection: duckdb.DuckDBPyConnection, lake: Path, transaction_id: str) -> list[EventPlace]:
    """Every accepted event with an id, by file; an id is free again 34 days after it was accepted."""
    by_path = {str(file.path): file for file in _event_files(lake)}
    if not by_path:
        return []
    asked = {"files": list(by_path), "transaction_id": transaction_id}
    found = connection.execute(fixed_sql(__package__, "find_event"), asked).fetchall()
    return sorted(
        (EventPlace(by_path[path], row) for path, row in found), key=lambda place: (str(place.file.path), place.row)
    )


def read_event(connection: duckdb.DuckDBPyConnection, lake: Path, place: EventPlace) -> LandedEvent:
    """One event, which is also all that `event_files` of the connection holds from now on."""
    connection.execute(fixed_sql(__package__, "one_event"), {"file": str(place.file.path), "row": place.row})
    (row,) = connection.sql("SELECT * FROM event_files").to_arrow_table().to_pylist()
    kept = {name: value for name, value in row["properties"].items() if value is not None}
    kept |= dict(row["other_properties"] or ())
    delta = open_checked(lake / "events")
    return LandedEvent(
        transaction_id=row["transaction_id"],
        customer_id=row["customer_id"],
        event_type=row["event_type"],
        timestamp=row["timestamp"],
        properties=dict(sorted(kept.items())),
        ingested_at=row["ingested_at"],
        batch_id=row["batch_id"],
        file=place.file,
        row=place.row,
        table_version=delta.transaction_version(batch_transaction(row["batch_id"])) if delta is not None else None,
    )


def refused_lines(connection: duckdb.DuckDBPyConnection, lake: Path, transaction_id: str) -> list[RefusedLine]:
    """Every duplicate and rejected line under an id, oldest first; those of a landing that never committed are not."""
    rejected, events = open_checked(lake / "rejected_events"), open_checked(lake / "events")
    if rejected is None or events is None:
        return []
    paths = [str(path) for path in live_files(lake / "rejected_events", rejected)]
    if not paths:
        return []
    asked = {"files": paths, "transaction_id": transaction_id}
    rows = connection.execute(fixed_sql(__package__, "refused_lines"), asked).fetchall()
    return [
        RefusedLine(
            verdict=verdict, reason=reason, detail=detail, source=source, line=line, batch_id=batch, landed_at=landed_at
        )
        for batch, source, line, verdict, reason, detail, landed_at in rows
        if events.transaction_version(batch_transaction(batch)) is not None
    ]


def not_found(connection: duckdb.DuckDBPyConnection, lake: Path, transaction_id: str) -> UserError:
    """What to say about an id that nothing has, with ids that were perhaps meant."""
    what = f"no event or rejected line has the transaction id {transaction_id!r}"
    paths = [str(file.path) for file in _event_files(lake)]
    if not paths:
        return UserError(f"{what}; no events have landed yet: duckbill land FILE")
    asked = {"files": paths, "transaction_id": transaction_id}
    near = [name for (name,) in connection.execute(fixed_sql(__package__, "near_transaction_ids"), asked).fetchall()]
    if near:
        return UserError(f"{what}; did you mean {' or '.join(map(repr, near))}?")
    return UserError(f"{what}; ids are compared exactly")


def _event_files(lake: Path) -> Sequence[EventFile]:
    snapshot = EventTable(lake).snapshot()
    return () if snapshot is None else snapshot.files
