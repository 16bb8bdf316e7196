"""Values that matched a metric and are not numbers: counted, never taken for zero (DESIGN §6)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from engine.catalog.metric import BillableMetric
from engine.metrics.decimals import lower_numbers
from engine.metrics.numeric_reads import NumericRead, numeric_reads
from engine.metrics.properties import property_path
from engine.metrics.query import MetricQuery
from engine.metrics.scope import ALIASES, PropertyStore, unscoped_events

#: How many transaction ids are kept to look at for each metric, customer and day.
SAMPLES = 3

#: What tells an event from every other.
_EVENT = ("transaction_id", "ingested_at")

COLUMNS = {
    "billable_metric_id": "VARCHAR",
    "metric_name": "VARCHAR",
    "customer_id": "VARCHAR",
    "date": "DATE",
    "events": "BIGINT",
    "sample_transaction_ids": "VARCHAR[]",
    "properties": "VARCHAR[]",
}


def invalid_values_query(metrics: Iterable[tuple[BillableMetric, MetricQuery]], store: PropertyStore) -> exp.Query:
    """Events of `event_files` in which a metric reads a number and finds none, or no whole one where it asks for one.

    Columns: billable_metric_id, metric_name, customer_id, date (UTC), events, sample_transaction_ids (the first few
    in byte order), properties (the names of what was no number, in byte order). Grain: billable_metric_id,
    customer_id, date; an event counts once for a metric, however many of its values are bad, and two events of one
    transaction id, the second accepted when the first was no longer remembered, are two. Absent values do not count.
    Which events a metric reads is as `numeric_reads` says, so a condition that needs other rows, and a usage
    filter of a contract, do not narrow it. Metrics whose files hold no such value are not read.
    """
    found: dict[str, list[exp.Query]] = {}
    for metric, query in metrics:
        if metric.id not in found:
            reads = [read for read in numeric_reads(query.select) if _may_fail(read, store)]
            found[metric.id] = [_failed(metric, query, read, store) for read in reads]
    queries = [query for group in found.values() for query in group]
    if not queries:
        return _nothing()
    failed = exp.union(*queries, distinct=False) if len(queries) > 1 else queries[0]
    samples = exp.func("list_slice", exp.func("list_sort", _distinct("transaction_id")), "1", str(SAMPLES))
    names = exp.func("list_sort", exp.func("list_distinct", exp.func("flatten", _distinct("properties"))))
    keys = ("billable_metric_id", "metric_name", "customer_id", "date")
    event = exp.Anonymous(this="ROW", expressions=[exp.column(name) for name in _EVENT])
    return (
        exp.select(
            *keys,
            exp.alias_(exp.Count(this=exp.Distinct(expressions=[event])), "events"),
            exp.alias_(samples, "sample_transaction_ids"),
            exp.alias_(names, "properties"),
        )
        .from_(failed.subquery("failed"))
        .group_by(*keys)
        .order_by("billable_metric_id", "customer_id", "date")
    )


def _may_fail(read: NumericRead, store: PropertyStore) -> bool:
    """Whether any landed value can fail this read; False must be certain."""
    path = property_path(read.text)
    if path is None:
        # A text made of properties: nothing is known of it, unless no event has any of them.
        return any(_is_stored(each, store) for each in read.paths)
    if len(path) > 1 and path[0] in store.profiles:
        # A value inside JSON text was not looked at when it landed.
        return True
    profile = store.profiles.get(".".join(path))
    return profile is not None and bool(profile.not_numbers or (read.whole and profile.fraction_digits))


def _is_stored(path: tuple[str, ...], store: PropertyStore) -> bool:
    return ".".join(path) in store.profiles or path[0] in store.profiles


def _failed(metric: BillableMetric, query: MetricQuery, read: NumericRead, store: PropertyStore) -> exp.Query:
    """One row for each event that fails the read: metric, customer, date, transaction_id, ingested_at, properties."""
    names = exp.Array(expressions=[exp.Literal.string(".".join(path)) for path in read.paths])

    def of_event(column: str) -> exp.Column:
        return exp.column(column, table=read.relation, quoted=True)

    select = (
        exp.select(
            exp.alias_(exp.Literal.string(metric.id), "billable_metric_id"),
            exp.alias_(exp.Literal.string(metric.name), "metric_name"),
            exp.alias_(exp.column("customer_id", table="a"), "customer_id"),
            exp.alias_(exp.cast(of_event("timestamp"), "DATE"), "date"),
            *(exp.alias_(of_event(name), name) for name in _EVENT),
            exp.alias_(names, "properties"),
        )
        .from_(exp.to_table("events", alias=read.relation))
        .join(exp.to_table(ALIASES, alias="a"), on=exp.column("alias", table="a").eq(of_event("customer_id")))
        .where(
            *(each.copy() for each in read.conditions),
            exp.paren(read.text.copy()).is_(exp.null()).not_(),
            read.number.copy().is_(exp.null()),
        )
    )
    columns = dict.fromkeys((*query.event_columns, "event_type", "timestamp", "customer_id", *_EVENT))
    around = MetricQuery(
        select=select, columns=(), value_column="", properties=query.properties, event_columns=tuple(columns)
    )
    # Wide, because a number that is merely long must not make the question fail.
    lowered = lower_numbers(select, store.profiles, 1, prefer_wide=True).select
    return unscoped_events(around, lowered, store)


def _distinct(column: str) -> exp.Expr:
    return exp.Anonymous(this="LIST", expressions=[exp.Distinct(expressions=[exp.column(column)])])


def _nothing() -> exp.Select:
    return exp.select(
        *(
            exp.alias_(exp.cast(exp.null(), exp.DataType.build(kind, dialect="duckdb")), name)
            for name, kind in COLUMNS.items()
        )
    ).where(exp.false())
