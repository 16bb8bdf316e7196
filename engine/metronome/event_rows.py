"""The events that an export shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from engine.events.table import EventSnapshot
from engine.executors.fixed_sql import fixed_query
from engine.metronome.core_schema import EVENTS
from engine.metronome.executors import Executors
from engine.metronome.schema import INSTANT
from engine.values.period import Period, parse_period


def statement_bounds(labels: Sequence[str], statements: Iterable[pa.Table]) -> Period:
    """The time from the start of the earliest statement to the end of the latest, and at least the billing periods.

    `statements` have the columns starting_at and ending_before, NULL where there is no statement.
    """
    periods = [parse_period(label) for label in labels]
    starts, ends = [period.starting_at for period in periods], [period.ending_before for period in periods]
    for table in statements:
        starts += [first] if (first := pc.min(table["starting_at"]).as_py()) is not None else []
        ends += [last] if (last := pc.max(table["ending_before"]).as_py()) is not None else []
    return Period(min(starts), max(ends))


def event_rows(events: EventSnapshot, bounds: Period, executors: Executors) -> Mapping[str, pa.Table]:
    """The table `events`: those with a timestamp in the bounds, with every property that they carry."""
    files = events.between(bounds.starting_at, bounds.ending_before)
    table = {
        "starting_at": pa.array([bounds.starting_at], INSTANT),
        "ending_before": pa.array([bounds.ending_before], INSTANT),
    }
    with executors() as executor:
        executor.load("statement_bounds", pa.table(table))
        executor.view_events([file.path for file in files.files], events.any_file)
        return {EVENTS.name: executor.rows(fixed_query("engine.metronome", "sql/events"))}
