"""UNIQUE over parts of a window: each distinct value counts in the part in which it is first seen.

Distinct counts of parts cannot be added up, but the counts of values first seen in each part can. One reading of the
whole window gives the moment at which each value was first seen, instead of a reading from its start to every cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from engine.catalog.metric import BillableMetric
from engine.metrics.query import MetricQuery
from engine.metrics.scope import Scope, scoped_batch
from engine.metrics.streaming import EVENTS, streaming_query, streaming_value

#: The parts of each whole window: (window_id, whole_id, starting_at, ending_before).
PARTS = "window_parts"


def first_seen_query(metric: BillableMetric, keys: Sequence[str], scope: Scope) -> exp.Select:
    """A UNIQUE metric over all parts: window_id, key_values, value. Grain: window_id, key_values.

    Reads `windows` and `alias_windows`, which hold the whole windows here, and `window_parts`.
    """
    counted = streaming_query(metric, keys)
    value = streaming_value(metric)
    timestamp = exp.column("timestamp", table=EVENTS, quoted=True)
    select = counted.select.copy()
    assert isinstance(select, exp.Select)
    (*key_columns, _) = select.expressions
    select.set("expressions", [*key_columns, exp.alias_(exp.Min(this=timestamp), counted.value_column, quoted=True)])
    select = select.where(value.is_(exp.null()).not_()).group_by(value.copy())
    query: MetricQuery = replace(counted, select=select, event_columns=(*counted.event_columns, "timestamp"))
    seen = scoped_batch(query, select, keys, (counted.value_column,), scope)
    first_seen_at = exp.column(counted.value_column, table="seen", quoted=True)
    return (
        exp.select(
            exp.column("window_id", table="part"),
            exp.column("key_values", table="seen"),
            exp.alias_(exp.Count(this=exp.Star()), "value"),
        )
        .from_(seen.subquery("seen"))
        .join(
            exp.to_table(PARTS, alias="part"),
            on=exp.and_(
                exp.column("whole_id", table="part").eq(exp.column("window_id", table="seen")),
                exp.LTE(this=exp.column("starting_at", table="part"), expression=first_seen_at),
                exp.LT(this=first_seen_at.copy(), expression=exp.column("ending_before", table="part")),
            ),
        )
        .group_by(exp.column("window_id", table="part"), exp.column("key_values", table="seen"))
    )
