"""Streaming metrics: the declaration as a query over `events` (spec/metering.md §5, §6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlglot import exp

from engine.catalog.metric import Aggregation, BillableMetric, EventTypeFilter, PropertyFilter
from engine.metrics.decimals import to_decimal
from engine.metrics.properties import path_of, property_access
from engine.metrics.query import Combination, MetricQuery

#: The alias of the one `events` relation in a streaming metric.
EVENTS = "events"

#: How the values over parts of a window combine; distinct values of two parts may be the same ones.
COMBINED_BY: Mapping[Aggregation, Combination | None] = {
    Aggregation.COUNT: Combination.SUM,
    Aggregation.SUM: Combination.SUM,
    Aggregation.MAX: Combination.MAX,
    Aggregation.LATEST: Combination.LAST,
    Aggregation.UNIQUE: None,
}

#: What LATEST orders by, so that equal timestamps always give the same answer (spec/metering.md §17.5).
ARRIVAL_ORDER = ("timestamp", "ingested_at", "transaction_id")


def streaming_query(metric: BillableMetric, keys: Sequence[str]) -> MetricQuery:
    """The query of a streaming metric grouped by the given properties.

    Columns: one text column for each key, then the quantity. Grain: one row for each combination of key values;
    exactly one row when there are no keys. Aggregated from events on just these keys: maxima and distinct counts
    of finer groups could not be added up (spec/metering.md §17.19).
    """
    assert metric.aggregation_type is not None
    value_column = next(name for name in ("value", "quantity", "_value") if name not in {key.lower() for key in keys})
    key_columns = [exp.alias_(_property(key), key, quoted=True) for key in keys]
    quantity = streaming_quantity(metric)
    select = (
        exp.select(*key_columns, exp.alias_(quantity, value_column, quoted=True))
        .from_(exp.to_table("events", alias=EVENTS))
        .where(*streaming_conditions(metric), copy=False)
    )
    if keys:
        select = select.group_by(*(_property(key) for key in keys))
    named = {rule.name for rule in metric.property_filters} | set(keys)
    return MetricQuery(
        select=select,
        columns=(*keys, value_column),
        value_column=value_column,
        properties=tuple(path_of(name) for name in sorted(named)),
        event_columns=_event_columns(metric),
        combined_by=COMBINED_BY[metric.aggregation_type],
    )


def matching_condition(metric: BillableMetric) -> exp.Expr:
    """Whether an event of `events` passes every filter of a streaming metric."""
    return exp.and_(*(streaming_conditions(metric) or [exp.true()]))


def streaming_value(metric: BillableMetric) -> exp.Expr:
    """The property that a streaming metric aggregates, as text."""
    assert metric.aggregation_key is not None
    return _property(metric.aggregation_key)


def _property(name: str) -> exp.Expr:
    return property_access(path_of(name), EVENTS)


def _latest(metric: BillableMetric) -> exp.Expr:
    order = exp.Anonymous(
        this="ROW", expressions=[exp.column(name, table=EVENTS, quoted=True) for name in ARRIVAL_ORDER]
    )
    # arg_max passes over values that are NULL, that is absent or not a number.
    return exp.ArgMax(this=to_decimal(streaming_value(metric)), expression=order)


_AGGREGATES: Mapping[Aggregation, Callable[[BillableMetric], exp.Expr]] = {
    Aggregation.COUNT: lambda metric: exp.Count(this=exp.Star()),
    Aggregation.SUM: lambda metric: exp.Sum(this=to_decimal(streaming_value(metric))),
    Aggregation.MAX: lambda metric: exp.Max(this=to_decimal(streaming_value(metric))),
    Aggregation.UNIQUE: lambda metric: exp.Count(this=exp.Distinct(expressions=[streaming_value(metric)])),
    Aggregation.LATEST: _latest,
}


def streaming_quantity(metric: BillableMetric) -> exp.Expr:
    """The aggregate of a streaming metric over the events that pass."""
    assert metric.aggregation_type is not None
    return _AGGREGATES[metric.aggregation_type](metric)


def _event_columns(metric: BillableMetric) -> tuple[str, ...]:
    columns = ["event_type"] if metric.event_type_filter else []
    if metric.effective_from is not None:
        columns.append("ingested_at")
    if metric.aggregation_type is Aggregation.LATEST:
        columns += [name for name in ARRIVAL_ORDER if name not in columns]
    return tuple(columns)


def streaming_conditions(metric: BillableMetric) -> list[exp.Expr]:
    """The filters of a streaming metric, each a condition on `events` that an event must pass."""
    event_type = exp.column("event_type", table=EVENTS, quoted=True)
    conditions = _event_type_conditions(metric.event_type_filter, event_type)
    for rule in metric.property_filters:
        conditions += _property_conditions(rule)
    if metric.effective_from is not None:
        arrival = exp.column("ingested_at", table=EVENTS, quoted=True)
        conditions.append(exp.GTE(this=arrival, expression=instant(metric.effective_from)))
    return conditions


def _event_type_conditions(rule: EventTypeFilter | None, event_type: exp.Expr) -> list[exp.Expr]:
    if rule is None:
        return []
    conditions = []
    if rule.in_values:
        conditions.append(_one_of(event_type, rule.in_values))
    if rule.not_in_values:
        conditions.append(exp.not_(_one_of(event_type, rule.not_in_values)))
    return conditions


def _property_conditions(rule: PropertyFilter) -> list[exp.Expr]:
    """The rules for a missing property: `in_values` fails, `not_in_values` passes (spec/metering.md §17.11)."""
    value = _property(rule.name)
    absent = exp.Is(this=value, expression=exp.null())
    conditions: list[exp.Expr] = []
    if rule.exists is not None:
        conditions.append(exp.not_(absent) if rule.exists else absent)
    if rule.in_values:
        conditions.append(_one_of(value.copy(), rule.in_values))
    if rule.not_in_values:
        outside = exp.not_(_one_of(value.copy(), rule.not_in_values))
        conditions.append(outside if rule.requires_presence else exp.or_(absent.copy(), outside))
    return conditions


def instant(moment: datetime) -> exp.Expr:
    """A naive UTC datetime as a timestamp of SQL."""
    return exp.cast(exp.Literal.string(moment.isoformat(sep=" ")), exp.DType.TIMESTAMP.into_expr())


def _one_of(value: exp.Expr, choices: Sequence[str]) -> exp.Expr:
    if len(choices) == 1:
        return exp.EQ(this=value.copy(), expression=exp.Literal.string(choices[0]))
    return exp.In(this=value.copy(), expressions=[exp.Literal.string(choice) for choice in choices])
