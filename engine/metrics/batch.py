"""Batches: streaming metrics that look at the same events, read together in one pass over them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from engine.catalog.metric import Aggregation, BillableMetric
from engine.metrics.query import MetricQuery
from engine.metrics.streaming import streaming_conditions, streaming_quantity, streaming_query, streaming_value

#: What can be read in a batch; each distinct count keeps a table of its own, so nothing would be saved for UNIQUE.
BATCHED = frozenset({Aggregation.COUNT, Aggregation.SUM, Aggregation.MAX, Aggregation.LATEST})


def value_columns(metrics: Sequence[BillableMetric]) -> tuple[str, ...]:
    """The names of a batch's quantities, in the order of its metrics."""
    return tuple(f"value_{number}" for number in range(len(metrics)))


def batch_query(metrics: Sequence[BillableMetric], keys: Sequence[str]) -> MetricQuery:
    """The quantities of several streaming metrics grouped by the same keys: the keys, then `value_columns`.

    A quantity is NULL where no event of the group passes its metric's filters. What all metrics ask for is the WHERE
    of the query, what each asks for besides is the FILTER of its aggregate.
    """
    single = [streaming_query(metric, keys) for metric in metrics]
    conditions = [streaming_conditions(metric) for metric in metrics]
    shared = [each for each in conditions[0] if all(each in others for others in conditions[1:])]
    quantities = []
    for name, metric, own in zip(value_columns(metrics), metrics, conditions, strict=True):
        quantity = streaming_quantity(metric)
        rest = [each for each in own if each not in (*shared, *_needless(metric))]
        if rest:
            quantity = exp.Filter(this=quantity, expression=exp.Where(this=exp.and_(*rest)))
        if metric.aggregation_type is Aggregation.COUNT:
            quantity = exp.func("NULLIF", quantity, exp.Literal.number(0))
        quantities.append(exp.alias_(quantity, name, quoted=True))
    select = single[0].select.copy()
    assert isinstance(select, exp.Select)
    (*key_columns, _) = select.expressions
    select.set("expressions", [*key_columns, *quantities])
    select.set("where", exp.Where(this=exp.and_(*shared)) if shared else None)
    return MetricQuery(
        select=select,
        columns=(*keys, *value_columns(metrics)),
        value_column=value_columns(metrics)[0],
        properties=tuple(sorted({path for each in single for path in each.properties})),
        event_columns=tuple(dict.fromkeys(name for each in single for name in each.event_columns)),
    )


def _needless(metric: BillableMetric) -> list[exp.Expr]:
    """The condition that the aggregated value is there, which sums and maxima do not need: they pass over NULL.

    Without it metrics of different values have one and the same FILTER, which DuckDB then looks at once an event.
    """
    if metric.aggregation_type not in (Aggregation.SUM, Aggregation.MAX):
        return []
    return [streaming_value(metric).is_(exp.null()).not_()]
