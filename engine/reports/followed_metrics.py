"""Metrics as conditions on single events: which events one matches, and which of those it cannot read a number from.

A streaming metric is its own filters. A SQL metric is what each of its SELECTs asks of an event by itself; what depends
on other events keeps none out, so that a few more events may be taken to match than the metric really counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from engine.catalog.metric import Aggregation, BillableMetric
from engine.metrics.decimals import lower_numbers
from engine.metrics.meter import metric_query
from engine.metrics.numeric_reads import NumericRead, numeric_reads
from engine.metrics.properties import BAG, path_of, property_access, property_accesses, property_path
from engine.metrics.query import MetricQuery
from engine.metrics.scope import PropertyStore, unscoped_events
from engine.metrics.streaming import instant, matching_condition, streaming_value
from engine.reports.event_probe import EVENTS
from engine.reports.sql_conditions import EventReading, SqlCondition, sql_conditions
from engine.values.period import Period

#: What is kept of every event besides what conditions look at.
EVENT_COLUMNS = ("customer_id", "timestamp", "ingested_at", "batch_id")


@dataclass(frozen=True)
class FollowedMetric:
    """What a metric asks of an event, as conditions on the row `events`.

    `is_invalid`: it matches, and something that the metric reads as a number is none. `passes_by_type` asks only for
    the event type: for data of which `passes` cannot be computed.
    """

    metric: BillableMetric
    passes: exp.Expr
    is_invalid: exp.Expr
    passes_by_type: exp.Expr


def followed_metric(metric: BillableMetric, store: PropertyStore) -> FollowedMetric:
    """The conditions of a metric, its numbers read as the events of `store` need it.

    Raises CatalogError when the text of a SQL metric is refused.
    """
    query = metric_query(metric)
    failing = [_failing(read, store) for read in numeric_reads(query.select)]
    is_invalid = exp.or_(*failing) if failing else exp.false()
    if metric.sql is None:
        passes = _streaming_condition(metric)
        return FollowedMetric(metric, passes, is_invalid, passes)
    readings = sql_conditions(metric).readings
    passes = _any_reading(readings, store, by_type=False)
    return FollowedMetric(metric, passes, is_invalid, _any_reading(readings, store, by_type=True))


def bucket_events(
    conditions: Iterable[exp.Expr], keys: Iterable[str], store: PropertyStore, period: Period
) -> tuple[exp.Query, Mapping[tuple[str, ...], str]]:
    """The events of a period with a column for each property that the conditions or keys look at; and the columns.

    Grain: one row an event of `event_files`.
    """
    wanted = [exp.paren(each) for each in conditions]
    found = {path_of(key) for key in keys}
    found |= {path for each in wanted for node in property_accesses(each) if (path := property_path(node)) is not None}
    paths = sorted(found)
    named = {path: f"property_{number}" for number, path in enumerate(paths)}
    plain = {node.name for each in wanted for node in each.find_all(exp.Column)} - {BAG}
    columns = tuple(dict.fromkeys((*EVENT_COLUMNS, *sorted(plain))))
    timestamp = exp.column("timestamp", table=EVENTS, quoted=True)
    select = (
        exp.select(
            *(exp.column(name, table=EVENTS, quoted=True) for name in columns),
            *(exp.alias_(property_access(path, EVENTS), name) for path, name in named.items()),
        )
        .from_(exp.to_table("events", alias=EVENTS))
        .where(
            exp.GTE(this=timestamp, expression=instant(period.starting_at)),
            exp.LT(this=timestamp.copy(), expression=instant(period.ending_before)),
        )
    )
    query = MetricQuery(select=select, columns=(), value_column="", properties=tuple(paths), event_columns=columns)
    return unscoped_events(query, select, store), named


def on_columns(condition: exp.Expr, columns: Mapping[tuple[str, ...], str]) -> exp.Expr:
    """A condition on `events` with each property read from its column of `bucket_events`."""
    whole = exp.paren(condition)
    for access in list(property_accesses(whole)):
        path = property_path(access)
        assert path is not None
        access.replace(exp.column(columns[path], table=EVENTS))
    return whole


def _streaming_condition(metric: BillableMetric) -> exp.Expr:
    """The filters, and that what is aggregated is there at all."""
    if metric.aggregation_type is Aggregation.COUNT or metric.aggregation_key is None:
        return matching_condition(metric)
    return exp.and_(matching_condition(metric), streaming_value(metric).is_(exp.null()).not_())


def _any_reading(readings: Sequence[EventReading], store: PropertyStore, *, by_type: bool) -> exp.Expr:
    return exp.or_(*(exp.and_(*_decided(reading, store, by_type=by_type)) for reading in readings))


def _decided(reading: EventReading, store: PropertyStore, *, by_type: bool) -> Iterator[exp.Expr]:
    yield exp.true()
    for each in reading.conditions:
        if each.counts is not None and (not by_type or _is_of_type(each.counts)):
            yield _sql_condition(each, each.counts, store)


def _is_of_type(counts: MetricQuery) -> bool:
    return counts.event_columns == ("event_type",) and not counts.properties


def _sql_condition(condition: SqlCondition, counts: MetricQuery, store: PropertyStore) -> exp.Expr:
    where, source = counts.select.find(exp.Where), counts.select.find(exp.Table)
    assert where is not None and source is not None, condition.text
    return _lowered([where.this], source.alias_or_name, store)


def _failing(read: NumericRead, store: PropertyStore) -> exp.Expr:
    there = exp.paren(read.text.copy()).is_(exp.null()).not_()
    return _lowered([*read.conditions, there, read.number.copy().is_(exp.null())], read.relation, store)


def _lowered(conditions: Sequence[exp.Expr], relation: str, store: PropertyStore) -> exp.Expr:
    """Conditions on one `events` as one on the row `events`, with exact numbers."""
    rows = exp.select(exp.alias_(exp.true(), "passes")).from_(exp.to_table("events", alias=relation))
    asked = rows.where(*(each.copy() for each in conditions))
    where = lower_numbers(asked, store.profiles, 1).select.find(exp.Where)
    assert where is not None
    whole = exp.paren(where.this.copy())
    for column in whole.find_all(exp.Column):
        if column.table == relation:
            column.set("table", exp.to_identifier(EVENTS))
    return whole
