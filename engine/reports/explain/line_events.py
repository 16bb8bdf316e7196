"""The events behind a line of metered usage, as the run that computed it read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
from sqlglot import exp

from engine.catalog.metric import Aggregation, BillableMetric
from engine.errors import UserError
from engine.events.table import EventSnapshot
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_sql
from engine.metrics.meter import compile_meter, metric_query
from engine.metrics.scope import PropertyStore, Scope
from engine.rating.schedule import schedule_inputs
from engine.reports.explain.billed_line import BilledLine, group_values
from engine.reports.explain.matched_events import EVENT_COLUMNS, matched_events
from engine.reports.explain.measured import Measured
from engine.values.period import Period

#: Where an event's time lies: before the line's own, in it, or after it, within the statement period.
_BEFORE, _ON, _AFTER = 0, 1, 2

_ORDER = ("timestamp", "ingested_at", "transaction_id")

_INSTANT = pa.timestamp("us")
_SCHEMA = pa.schema(
    [
        ("transaction_id", pa.string()),
        ("timestamp", _INSTANT),
        ("ingested_at", _INSTANT),
        ("event_type", pa.string()),
        ("value", pa.string()),
        ("counted", pa.bool_()),
    ]
)


@dataclass(frozen=True)
class EventsAsRead:
    """The version of the event table that a run read, and until when events had to have arrived for it."""

    snapshot: EventSnapshot
    as_of: datetime | None


def measured(line: BilledLine, events: EventsAsRead, executor: DuckDBExecutor) -> Measured:
    """How many events are on the line and elsewhere, and the metric's value at the start and end of the line's time."""
    asked = _LineEvents(line, events, executor)
    counts = asked.counts()
    before, after = asked.values()
    own = {window: counts.get((window, True), 0) for window in (_BEFORE, _ON, _AFTER)}
    others = sum(count for (_, in_group), count in counts.items() if not in_group)
    return Measured(own[_ON], own[_BEFORE], own[_AFTER], others, before, after)


def line_events(line: BilledLine, events: EventsAsRead, executor: DuckDBExecutor) -> pa.Table:
    """The events of the line's own group values and time, in time order.

    Columns: transaction_id, timestamp, ingested_at, event_type, value, counted; see `Explaining.explain_events`.
    """
    if not line.is_usage:
        kind = str(line.row["type"]).replace("_", " ")
        raise UserError(
            f"line item {line.id} ({line.row['name']}, {kind}) is not metered, so there are no events on it"
        )
    asked = _LineEvents(line, events, executor)
    rows = asked.own_rows()
    counted = _counted(asked.metric, rows)
    shown = [
        {**{name: row[name] for name in _SCHEMA.names[:-1]}, "counted": is_counted}
        for row, is_counted in zip(rows, counted, strict=True)
        if row["window_id"] == _ON
    ]
    return pa.Table.from_pylist(shown, schema=_SCHEMA)


class _LineEvents:
    """Asks about the events of one line's metric, customer, usage filter and statement period."""

    def __init__(self, line: BilledLine, events: EventsAsRead, executor: DuckDBExecutor) -> None:
        row = line.row
        self.line, self.executor = line, executor
        self.metric: BillableMetric = line.catalog.metric(row["billable_metric_id"])
        self.period = Period(row["period_starting_at"], row["period_ending_before"])
        self.groups = _groups(line)
        snapshot = events.snapshot.between(self.period.starting_at, self.period.ending_before)
        self.rows = snapshot.rows
        keys = sorted({each.group_key for each in line.contract.usage_filter})
        self.scope = Scope(PropertyStore(snapshot.profiles(), snapshot.partial_fields()), tuple(keys))
        inputs = schedule_inputs(line.catalog.with_contracts_of(row["customer_id"]), self.period)
        for name in ("customer_aliases", "usage_filters"):
            executor.load(name, inputs[name])
        contracts = inputs["contracts"].to_pylist()
        (self.filter_no,) = [each["usage_filter_no"] for each in contracts if each["contract_id"] == row["contract_id"]]
        executor.view_events([file.path for file in snapshot.files], events.snapshot.any_file, events.as_of)

    def counts(self) -> Mapping[tuple[int, bool], int]:
        """How many events there are, by where their time lies and whether they have the line's group values."""
        self._set_windows(self._stretches())
        found = matched_events(self.metric, self.groups, self.scope, self.rows)
        counted = exp.select("window_id", "in_group", exp.alias_(exp.Count(this=exp.Star()), "events"))
        by = counted.from_(found.subquery("matched")).group_by("window_id", "in_group")
        rows = self.executor.rows(by).to_pylist()
        return {(each["window_id"], each["in_group"]): each["events"] for each in rows}

    def own_rows(self) -> list[dict[str, object]]:
        """The events of the line's group values before and in the line's time, in time order."""
        self._set_windows(each for each in self._stretches() if each[0] != _AFTER)
        found = matched_events(self.metric, self.groups, self.scope, self.rows)
        asked = exp.select("window_id", *EVENT_COLUMNS, "value").from_(found.subquery("matched"))
        return list(self.executor.rows(asked.where("in_group").order_by(*_ORDER)).to_pylist())

    def values(self) -> tuple[Decimal, Decimal]:
        """The metric's value from the start of the statement period to the start and to the end of the line's time."""
        start, row = self.period.starting_at, self.line.row
        ends = ((_BEFORE, row["starting_at"]), (_ON, row["ending_before"]))
        self._set_windows((window, start, end) for window, end in ends if start < end)
        keys = tuple(sorted(self.groups))
        query = metric_query(self.metric, keys)
        self.executor.values(
            "line_values",
            self.metric,
            lambda wide: compile_meter(query, keys, self.scope, self.rows, prefer_wide=wide),
        )
        asked = {"key_values": [self.groups[key] for key in keys]}
        found = dict(self.executor.connection.execute(fixed_sql(__package__, "line_value"), asked).fetchall())
        before, after = (Decimal(found.get(window) or 0) for window in (_BEFORE, _ON))
        return before, after

    def _stretches(self) -> Iterator[tuple[int, datetime, datetime]]:
        row = self.line.row
        bounds = (self.period.starting_at, row["starting_at"], row["ending_before"], self.period.ending_before)
        for window in (_BEFORE, _ON, _AFTER):
            if bounds[window] < bounds[window + 1]:
                yield window, bounds[window], bounds[window + 1]

    def _set_windows(self, stretches: Iterator[tuple[int, datetime, datetime]]) -> None:
        rows = [
            {
                "window_id": window,
                "customer_id": self.line.row["customer_id"],
                "usage_filter_no": self.filter_no,
                "starting_at": starting_at,
                "ending_before": ending_before,
            }
            for window, starting_at, ending_before in stretches
        ]
        schema = pa.schema(
            [
                ("window_id", pa.int64()),
                ("customer_id", pa.string()),
                ("usage_filter_no", pa.int32()),
                ("starting_at", _INSTANT),
                ("ending_before", _INSTANT),
            ]
        )
        self.executor.load("line_windows", pa.Table.from_pylist(rows, schema=schema))
        self.executor.set_windows(exp.select("*").from_("line_windows"))


def _groups(line: BilledLine) -> dict[str, str | None]:
    """The group values of the line by key, those of pricing and of presentation together."""
    columns = ("pricing_group_values", "presentation_group_values")
    return {name: value for column in columns for name, value in group_values(line.row, column).items()}


def _counted(metric: BillableMetric, rows: list[dict[str, object]]) -> list[bool | None]:
    """Whether each event changed what the metric came to: rows before and in a line's time, in time order."""
    values = [row["value"] for row in rows]
    match metric.aggregation_type:
        case None:
            return [None] * len(rows)
        case Aggregation.COUNT:
            return [True] * len(rows)
        case Aggregation.SUM:
            return [value is not None for value in values]
        case Aggregation.UNIQUE:
            first_of = {value: number for number, value in reversed(list(enumerate(values)))}
            return [first_of[value] == number for number, value in enumerate(values)]
        case Aggregation.LATEST:
            last = max((number for number, value in enumerate(values) if value is not None), default=None)
            return [number == last for number in range(len(rows))]
        case Aggregation.MAX:
            numbers = [None if value is None else Decimal(str(value)) for value in values]
            largest = max((number for number in numbers if number is not None), default=None)
            first = numbers.index(largest) if largest is not None else None
            return [number == first for number in range(len(rows))]
