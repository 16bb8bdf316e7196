"""Usage over time: a metric's absolute values by customer and window (spec/metering.md §10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from sqlglot import exp

from engine.catalog.catalog import Catalog
from engine.catalog.metric import Aggregation, BillableMetric
from engine.errors import UserError, did_you_mean
from engine.events.table import EventSnapshot
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_query
from engine.metrics.meter import compile_meter, metric_query
from engine.metrics.query import MetricQuery
from engine.metrics.scope import PropertyStore, Scope
from engine.rating.schedule import schedule_inputs
from engine.values.period import Period, parse_day, parse_period
from engine.values.windows import UsageWindow, windows_of

#: The columns of every answer; a key of one of these names is shown as `key:` and its name.
_COLUMNS = ("customer_id", "customer_name", "starting_at", "ending_before", "value")

#: Of these a value of 0 says that no event matched, which usage over time shows as no value.
_COUNTS = frozenset({Aggregation.COUNT, Aggregation.UNIQUE})


@dataclass(frozen=True)
class UsageQuestion:
    """Whose usage, when, cut how and grouped by what; only events that arrived by `as_of` count."""

    bounds: Period
    window: UsageWindow
    group_by: tuple[str, ...]
    customer_id: str | None
    as_of: datetime | None


def usage_bounds(period: str | None, starting_on: str | None, ending_before: str | None) -> Period:
    """From one midnight UTC to another: a calendar month, or the days given."""
    if period is not None:
        if starting_on is not None or ending_before is not None:
            raise UserError("a period and starting_on or ending_before are both given; keep one of them")
        return parse_period(period)
    if starting_on is None or ending_before is None:
        raise UserError("say which days: a period such as 2026-10, or both starting_on and ending_before")
    bounds = Period(parse_day(starting_on), parse_day(ending_before))
    if bounds.starting_at >= bounds.ending_before:
        raise UserError(f"starting_on {starting_on} is not before ending_before {ending_before}")
    return bounds


def usage_over_time(
    catalog: Catalog, metric: BillableMetric, question: UsageQuestion, landed: EventSnapshot, executor: DuckDBExecutor
) -> pa.Table:
    """Columns: customer_id, customer_name, starting_at, ending_before, one for each key, value.

    A key that has the name of another column is shown as `key:` and its name.
    Without keys every customer has a row for each window; `value` is NULL where no event matched, which of a SQL
    metric is known only where there is no event at all. With keys only combinations of values that have usage are
    there. `value` is an exact number, or plain decimal text where the digits of the data fit no decimal. Ordered by
    customer name, time and keys.
    """
    query = _grouped(metric, question.group_by)
    snapshot = landed.between(question.bounds.starting_at, question.bounds.ending_before)
    for name, table in schedule_inputs(catalog, question.bounds).items():
        executor.load(name, table)
    executor.load("all_windows", _windows(question))
    executor.load("usage_question", _question(question))
    executor.create("asked_customers", _asked_customers(question))
    executor.view_events([file.path for file in snapshot.files], landed.any_file, question.as_of)
    executor.set_windows(fixed_query(__package__, "usage_windows"))
    scope = Scope(PropertyStore(snapshot.profiles(), snapshot.partial_fields()))

    def compiled(wide: bool) -> exp.Select:
        return compile_meter(query, question.group_by, scope, snapshot.rows, prefer_wide=wide)

    executor.values("usage_values", metric, compiled)
    return executor.rows(_answer(metric, question))


def _grouped(metric: BillableMetric, group_by: tuple[str, ...]) -> MetricQuery:
    """The metric's query, when it can be grouped so. Raises UserError for what is no group key (§10.2)."""
    names = [key.lower() if metric.sql is not None else key for key in group_by]
    for position, key in enumerate(group_by):
        if names[position] in names[:position]:
            raise UserError(f"key {key!r} is given twice; give it once")
    if metric.sql is not None:
        query = metric_query(metric)
        for key in group_by:
            if key.lower() not in {column.lower() for column in query.group_columns}:
                near = did_you_mean(key, query.group_columns)
                raise UserError(f"SQL metric {metric.name!r} returns no column {key!r}; {near}")
        return query
    if group_by and not any(set(group_by) == set(declared) for declared in metric.group_keys):
        raise UserError(_no_such_key(metric, group_by))
    return metric_query(metric, group_by)


def _no_such_key(metric: BillableMetric, group_by: tuple[str, ...]) -> str:
    """Why a streaming metric has no values by these names, and which names to give instead."""
    said = f"metric {metric.name!r} cannot be grouped by {' and '.join(group_by)}"
    if not metric.group_keys:
        return f"{said}: it has no group keys"
    shown = [f"({', '.join(declared)})" for declared in metric.group_keys]
    keys = f"one key of {shown[0]}" if len(shown) == 1 else f"the keys {' and '.join(shown)}"
    known = {name for declared in metric.group_keys for name in declared}
    for name in group_by:
        if name not in known:
            near = did_you_mean(name, known)
            return f"{said}; it has {keys}{f': {near}' if near.startswith('did you mean') else ''}"
    whole = min((key for key in metric.group_keys if set(group_by) <= set(key)), key=len, default=None)
    if whole is None:
        return f"{said} together; it has {keys}"
    count = "both" if len(whole) == 2 else f"all {len(whole)}"
    return f"{said} alone; it has {keys}: give {count}, --group-by {','.join(whole)}"


def _windows(question: UsageQuestion) -> pa.Table:
    windows = list(windows_of(question.bounds, question.window))
    times = pa.timestamp("us")
    return pa.table(
        {
            "starting_at": pa.array([each.starting_at for each in windows], times),
            "ending_before": pa.array([each.ending_before for each in windows], times),
        }
    )


def _question(question: UsageQuestion) -> pa.Table:
    times = pa.timestamp("us")
    return pa.table(
        {
            "window_size": pa.array([question.window.value]),
            "starting_at": pa.array([question.bounds.starting_at], times),
            "ending_before": pa.array([question.bounds.ending_before], times),
        }
    )


def _asked_customers(question: UsageQuestion) -> exp.Select:
    everyone = exp.select("customer_id", "customer_name").from_("customers")
    if question.customer_id is None:
        return everyone
    return everyone.where(exp.column("customer_id").eq(question.customer_id))


def _answer(metric: BillableMetric, question: UsageQuestion) -> exp.Select:
    value: exp.Expr = exp.column("value", table="usage_values")
    if metric.aggregation_type in _COUNTS:
        value = exp.func("NULLIF", value, exp.Literal.number(0))
    keys = [
        exp.alias_(_key_value(position), f"key:{key}" if key.lower() in _COLUMNS else key, quoted=True)
        for position, key in enumerate(question.group_by, start=1)
    ]
    windows = exp.to_table("windows", alias="windows")
    answer = exp.select(
        exp.column("customer_id", table="asked_customers"),
        exp.column("customer_name", table="asked_customers"),
        exp.column("starting_at", table="all_windows"),
        exp.column("ending_before", table="all_windows"),
        *keys,
        exp.alias_(value, "value"),
    ).from_("asked_customers")
    side = "" if question.group_by else "left"
    answer = (
        answer.join("all_windows", join_type="cross")
        .join(
            windows,
            on="windows.customer_id = asked_customers.customer_id AND windows.starting_at = all_windows.starting_at",
            join_type=side,
        )
        .join("usage_values", on="usage_values.window_id = windows.window_id", join_type=side)
    )
    # What a group counted nothing of has no usage.
    if question.group_by:
        answer = answer.where(value.is_(exp.null()).not_())
    key_positions = map(str, range(5, 5 + len(keys)))
    return answer.order_by("2", "1", "3", *key_positions)


def _key_value(position: int) -> exp.Expr:
    values = exp.column("key_values", table="usage_values")
    return exp.func("list_extract", values, exp.Literal.number(position))
