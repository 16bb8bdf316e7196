"""Usage over time: what a metric is in each window, from the events inside that window alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.oracle.catalog import read_catalog
from tests.oracle.metering import Event, SqlFunction, metric_value
from tests.oracle.senders import by_sender, events_of
from tests.oracle.sql_metrics import SQL_FUNCTIONS

Row = dict[str, Any]

_LENGTHS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


def usage(
    workspace: Path,
    accepted_events: Iterable[Event],
    metric: str,
    span: tuple[datetime, datetime],
    window: str,
    group_by: Sequence[str] = (),
    sql_functions: Mapping[str, SqlFunction] = SQL_FUNCTIONS,
) -> list[Row]:
    """The metric of that name for every customer and window of [span[0], span[1]).

    Rows: customer, starting_at, ending_before, group (a tuple in the order of `group_by`), value. Without
    `group_by` there is a row for each customer and window, whose value is None where the metric has none; with it
    only groups that have a value make rows (spec/metering.md §10, §17.4, §17.6).
    """
    catalog = read_catalog(workspace)
    (definition,) = [each for each in catalog["metrics"].values() if each["name"] == metric]
    sent = by_sender(accepted_events)
    rows: list[Row] = []
    for customer_id, customer in catalog["customers"].items():
        own = events_of(sent, customer_id, customer)
        for start, end in windows(span, window):
            inside = [event for event in own if start <= event["timestamp"] < end]
            values = metric_value(definition, inside, group_by, sql_functions) if inside else {}
            head = {"customer": customer_id, "starting_at": start, "ending_before": end}
            rows.extend({**head, "group": group, "value": value} for group, value in values.items())
            if not values and not group_by:
                rows.append({**head, "group": (), "value": None})
    return rows


def windows(span: tuple[datetime, datetime], window: str) -> Iterator[tuple[datetime, datetime]]:
    """[span[0], span[1]) cut at every full `hour` or midnight (`day`) of UTC, or whole (`none`)."""
    start, end = span
    if window == "none":
        yield span
        return
    at = start
    for edge in edges(span, window):
        yield at, edge
        at = edge
    yield at, end


def edges(span: tuple[datetime, datetime], window: str) -> Iterator[datetime]:
    """The full hours or midnights strictly inside a span."""
    start, end = span
    midnight = datetime(start.year, start.month, start.day)
    number = 1
    while (edge := midnight + number * _LENGTHS[window]) < end:
        if edge > start:
            yield edge
        number += 1


def window_of(moment: datetime, window: str) -> Row:
    """The whole `day` or `hour` of UTC that an instant lies in: window_starting_at and window_ending_before."""
    midnight = datetime(moment.year, moment.month, moment.day)
    start = midnight + (moment - midnight) // _LENGTHS[window] * _LENGTHS[window]
    return {"window_starting_at": start, "window_ending_before": start + _LENGTHS[window]}
