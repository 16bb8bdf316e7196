"""The events that a metric looks at, as a query over `events` that can be scoped like the metric itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlglot import exp

from engine.catalog.metric import Aggregation, BillableMetric
from engine.metrics.decimals import lower_numbers, to_decimal
from engine.metrics.properties import path_of, property_access
from engine.metrics.query import MetricQuery
from engine.metrics.scope import Scope, scoped_rows
from engine.metrics.streaming import EVENTS, streaming_conditions, streaming_value
from engine.reports.sql_conditions import EventReading, sql_conditions

#: What is shown of an event.
EVENT_COLUMNS = ("transaction_id", "timestamp", "ingested_at", "event_type")

#: Aggregations that read the property as a number.
_NUMERIC = frozenset({Aggregation.SUM, Aggregation.MAX, Aggregation.LATEST})


def matched_events(metric: BillableMetric, groups: Mapping[str, str | None], scope: Scope, rows: int) -> exp.Query:
    """Every event of the windows that a metric looks at: window_id, EVENT_COLUMNS, value, in_group.

    Of a streaming metric `value` is what it aggregates, NULL where that is no number, and `in_group` says whether the
    event has these group values. Of a SQL metric they are the events that the top-level filters of one of its readings
    of `events` let through; then `value` is NULL and `in_group` true, because only the whole query can tell.
    """
    queries = (
        [_of_streaming(metric, groups)] if metric.sql is None else [_of_reading(each) for each in _readings(metric)]
    )
    scoped = []
    for query in queries:
        # Wide, because a number that is merely long must not make the question fail.
        lowered = lower_numbers(query.select, scope.store.profiles, rows, prefer_wide=True)
        scoped.append(scoped_rows(query, lowered.select, scope))
    return exp.union(*scoped, distinct=True) if len(scoped) > 1 else scoped[0]


def _of_streaming(metric: BillableMetric, groups: Mapping[str, str | None]) -> MetricQuery:
    key = None if metric.aggregation_type is Aggregation.COUNT else metric.aggregation_key
    value: exp.Expr = exp.cast(exp.null(), exp.DType.VARCHAR.into_expr())
    conditions = streaming_conditions(metric)
    if key is not None:
        value = streaming_value(metric)
        conditions.append(value.copy().is_(exp.null()).not_())
        value = to_decimal(value) if metric.aggregation_type in _NUMERIC else value
    named = {rule.name for rule in metric.property_filters} | set(groups) | ({key} if key is not None else set())
    return _events(EVENTS, conditions, value, _in_group(groups), map(path_of, sorted(named)))


def _in_group(groups: Mapping[str, str | None]) -> exp.Expr:
    same: list[exp.Expr] = [
        exp.NullSafeEQ(
            this=property_access(path_of(name), EVENTS),
            expression=exp.null() if value is None else exp.Literal.string(value),
        )
        for name, value in groups.items()
    ]
    return exp.and_(*same) if same else exp.true()


def _readings(metric: BillableMetric) -> tuple[EventReading, ...]:
    return sql_conditions(metric).readings


def _of_reading(reading: EventReading) -> MetricQuery:
    """The events that pass every condition which one event decides by itself."""
    counted = [each.counts for each in reading.conditions if each.counts is not None]
    conditions, alias, paths = [], EVENTS, set()
    for query in counted:
        select = query.select
        alias = select.args["from_"].this.alias_or_name
        conditions.append(select.args["where"].this.copy())
        paths |= set(query.properties)
    return _events(alias, conditions, exp.cast(exp.null(), exp.DType.VARCHAR.into_expr()), exp.true(), sorted(paths))


def _events(
    alias: str,
    conditions: Sequence[exp.Expr],
    value: exp.Expr,
    in_group: exp.Expr,
    properties: Iterable[tuple[str, ...]],
) -> MetricQuery:
    shown = [exp.alias_(exp.column(name, table=alias, quoted=True), name, quoted=True) for name in EVENT_COLUMNS]
    select = exp.select(*shown, exp.alias_(value, "value"), exp.alias_(in_group, "in_group")).from_(
        exp.to_table("events", alias=alias)
    )
    if conditions:
        select = select.where(*conditions, copy=False)
    return MetricQuery(
        select=select,
        columns=(*EVENT_COLUMNS, "value", "in_group"),
        value_column="value",
        properties=tuple(properties),
        event_columns=EVENT_COLUMNS,
    )
