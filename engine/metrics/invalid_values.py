"""Values that matched a metric and are not numbers: counted, never taken for zero (DESIGN §6)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from engine.catalog.metric import Aggregation, BillableMetric
from engine.metrics.decimals import lower_numbers, to_decimal
from engine.metrics.properties import property_access
from engine.metrics.query import MetricQuery
from engine.metrics.scope import ALIASES, PropertyStore, unscoped_events
from engine.metrics.streaming import EVENTS, matching_condition, streaming_query

#: Aggregations that read their key as a number.
NUMERIC = frozenset({Aggregation.SUM, Aggregation.MAX, Aggregation.LATEST})

#: How many transaction ids are kept to look at for each metric, customer and day.
SAMPLES = 3


def invalid_values_query(metrics: Iterable[BillableMetric], store: PropertyStore) -> exp.Query:
    """Streaming metrics' aggregation values that are not numbers, over all of `event_files`.

    Columns: billable_metric_id, metric_name, customer_id, date, events, sample_transaction_ids (the first few in
    byte order). Grain: billable_metric_id, customer_id, date. Metrics whose files hold no such value are not read.
    """
    found: dict[str, exp.Select] = {}
    for metric in metrics:
        key = metric.aggregation_key
        profile = store.profiles.get(key or "")
        if metric.aggregation_type in NUMERIC and key is not None and profile is not None and profile.not_numbers:
            found.setdefault(metric.id, _invalid_values(metric, key, store))
    if not found:
        return _nothing()
    union: exp.Query = exp.union(*found.values(), distinct=False) if len(found) > 1 else next(iter(found.values()))
    return exp.select("*").from_(union.subquery("found")).order_by("billable_metric_id", "customer_id", "date")


def _invalid_values(metric: BillableMetric, key: str, store: PropertyStore) -> exp.Select:
    value = property_access((key,), EVENTS)
    transaction_id = exp.column("transaction_id", table=EVENTS, quoted=True)
    date = exp.cast(exp.column("timestamp", table=EVENTS, quoted=True), exp.DType.DATE.into_expr())
    samples = exp.func("list_slice", exp.func("list_sort", exp.func("list", transaction_id)), "1", str(SAMPLES))
    select = (
        exp.select(
            exp.alias_(exp.Literal.string(metric.id), "billable_metric_id"),
            exp.alias_(exp.Literal.string(metric.name), "metric_name"),
            exp.alias_(exp.column("customer_id", table="a"), "customer_id"),
            exp.alias_(date, "date"),
            exp.alias_(exp.Count(this=exp.Star()), "events"),
            exp.alias_(samples, "sample_transaction_ids"),
        )
        .from_(exp.to_table("events", alias=EVENTS))
        .join(
            exp.to_table(ALIASES, alias="a"),
            on=exp.column("alias", table="a").eq(exp.column("customer_id", table=EVENTS, quoted=True)),
        )
        .where(matching_condition(metric), value.is_(exp.null()).not_(), to_decimal(value.copy()).is_(exp.null()))
        .group_by("1", "2", "3", "4")
    )
    named = streaming_query(metric, ()).properties
    query = MetricQuery(
        select=select,
        columns=(),
        value_column="events",
        properties=named,
        event_columns=("event_type", "timestamp", "transaction_id", "customer_id"),
    )
    lowered = unscoped_events(query, lower_numbers(select, store.profiles, 1).select, store)
    assert isinstance(lowered, exp.Select)
    return lowered


def _nothing() -> exp.Select:
    types = {
        "billable_metric_id": "VARCHAR",
        "metric_name": "VARCHAR",
        "customer_id": "VARCHAR",
        "date": "DATE",
        "events": "BIGINT",
        "sample_transaction_ids": "VARCHAR[]",
    }
    return exp.select(
        *(
            exp.alias_(exp.cast(exp.null(), exp.DataType.build(kind, dialect="duckdb")), name)
            for name, kind in types.items()
        )
    ).where(exp.false())
