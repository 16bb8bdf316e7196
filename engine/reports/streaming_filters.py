"""The filters of a streaming metric one by one, each with the words for an event that it keeps out.

A filter is the metric stripped of all others: its condition is then the one by which the engine meters
(spec/metering.md §5), and no second reading of the rules can differ from the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from engine.catalog.metric import Aggregation, BillableMetric, EventTypeFilter, PropertyFilter
from engine.metrics.decimals import to_decimal
from engine.metrics.properties import path_of, property_access
from engine.metrics.streaming import matching_condition
from engine.reports.event_probe import EVENTS, EventProbe
from engine.reports.words import is_excluded, is_not_in, quoted
from engine.values.period import format_instant

#: Aggregations that read their key as a number.
NUMERIC = frozenset({Aggregation.SUM, Aggregation.MAX, Aggregation.LATEST})

#: Takes the value that a filter looks at, None when it is absent.
Words = Callable[[object], str]


@dataclass(frozen=True)
class StreamingFilter:
    """One condition on an event: `subject` is what it looks at, `failed` says what is wrong with its value."""

    condition: exp.Expr
    subject: exp.Expr
    failed: Words


def streaming_filters(metric: BillableMetric) -> Iterator[StreamingFilter]:
    """Every filter in the order of the declaration; together they are the metric's own condition."""
    event_type = exp.column("event_type", table=EVENTS, quoted=True)
    rule = metric.event_type_filter or EventTypeFilter()
    if rule.in_values:
        yield _event_type_filter(metric, EventTypeFilter(in_values=rule.in_values), event_type)
    if rule.not_in_values:
        yield _event_type_filter(metric, EventTypeFilter(not_in_values=rule.not_in_values), event_type)
    for each in metric.property_filters:
        yield from _property_filters(metric, each)
    if metric.effective_from is not None:
        yield _arrival_filter(metric, metric.effective_from)


def aggregation_problem(metric: BillableMetric, probe: EventProbe) -> tuple[str, str] | None:
    """Why an event that passes every filter still adds nothing: (outcome, words), or None when it does add."""
    key = metric.aggregation_key
    if key is None or metric.aggregation_type is Aggregation.COUNT:
        return None
    value = property_access(path_of(key), EVENTS)
    if probe.holds(value.is_(exp.null())):
        return "not_matched", f"property {quoted(key)}, which {metric.aggregation_type} aggregates, is absent"
    if metric.aggregation_type in NUMERIC and probe.holds(to_decimal(value.copy()).is_(exp.null())):
        (text,) = probe.values([value])
        return "invalid_value", f"property {quoted(key)}: value {quoted(str(text))} is not a number"
    return None


def _event_type_filter(metric: BillableMetric, rule: EventTypeFilter, subject: exp.Expr) -> StreamingFilter:
    def failed(value: object) -> str:
        if rule.in_values:
            return is_not_in("event_type", value, rule.in_values)
        return is_excluded("event_type", value, rule.not_in_values or ())

    return StreamingFilter(_only(metric, event_type=rule), subject, failed)


def _property_filters(metric: BillableMetric, rule: PropertyFilter) -> Iterator[StreamingFilter]:
    name = f"property {quoted(rule.name)}"
    subject = property_access(path_of(rule.name), EVENTS)

    def narrowed(rule: PropertyFilter, failed: Words) -> StreamingFilter:
        return StreamingFilter(_only(metric, rule), subject, failed)

    if rule.exists is True:
        yield narrowed(PropertyFilter(name=rule.name, exists=True), lambda value: f"{name} is absent")
    if rule.exists is False:
        alone = PropertyFilter(name=rule.name, exists=False)
        yield narrowed(alone, lambda value: f"{name} is {quoted(str(value))}, and only events without it count")
    wanted, excluded = rule.in_values, rule.not_in_values
    if wanted:
        yield narrowed(PropertyFilter(name=rule.name, in_values=wanted), lambda value: is_not_in(name, value, wanted))
    if excluded:
        yield narrowed(
            PropertyFilter(name=rule.name, not_in_values=excluded), lambda value: is_excluded(name, value, excluded)
        )


def _arrival_filter(metric: BillableMetric, effective_from: datetime) -> StreamingFilter:
    arrival = exp.column("ingested_at", table=EVENTS, quoted=True)
    since = format_instant(effective_from)

    def failed(value: object) -> str:
        assert isinstance(value, datetime)
        return f"the event arrived at {format_instant(value)}, before the metric is effective, from {since}"

    return StreamingFilter(_only(metric, effective_from=effective_from), arrival, failed)


def _only(
    metric: BillableMetric,
    *property_filters: PropertyFilter,
    event_type: EventTypeFilter | None = None,
    effective_from: datetime | None = None,
) -> exp.Expr:
    """The condition that a metric would have with these filters alone."""
    alone = {
        "event_type_filter": event_type,
        "property_filters": property_filters,
        "effective_from": effective_from,
    }
    return matching_condition(metric.model_copy(update=alone))
