"""What a SQL metric gives, on the exact path that knows nothing of its numbers and takes nothing together or apart.

The engine reads SQL metrics with what landing has proven of their numbers; here every value is checked as it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import pyarrow as pa
from sqlglot import exp

from engine.catalog.catalog import Catalog
from engine.catalog.metric import BillableMetric
from engine.events.table import EventSnapshot
from engine.executors.duckdb import DuckDBExecutor
from engine.metrics.meter import compile_meter, metric_query
from engine.metrics.scope import PropertyStore, Scope
from engine.rating.schedule import schedule_inputs
from engine.reports.reconcile.recompute_events import Counted
from engine.values.period import Period


@dataclass(frozen=True)
class SqlQuestion:
    """Which metric by which keys over which windows: window_id, contract_id, starting_at, ending_before.

    `snapshot` and `span` hold all of them; events that arrived after `as_of` do not count.
    """

    catalog: Catalog
    metric: BillableMetric
    keys: Sequence[str]
    windows: pa.Table
    snapshot: EventSnapshot
    span: Period
    as_of: datetime | None


def run_sql_metric(question: SqlQuestion, executor: DuckDBExecutor) -> Counted:
    """The metric's value for each window and combination of key values that has one.

    Raises UserError for numbers beyond every path.
    """
    for name, table in schedule_inputs(question.catalog, question.span).items():
        executor.load(name, table)
    executor.load("recomputed_windows", question.windows)
    snapshot = question.snapshot
    executor.view_events([file.path for file in snapshot.files], snapshot.any_file, question.as_of)
    columns = ("window_id", "customer_id", "recomputed_windows.starting_at", "recomputed_windows.ending_before")
    asked = exp.select(*columns, "usage_filter_no").from_("recomputed_windows").join("contracts", using="contract_id")
    executor.set_windows(asked)
    query = metric_query(question.metric)
    filter_keys = {each.group_key for contract in question.catalog.contracts for each in contract.usage_filter}
    scope = Scope(
        PropertyStore(snapshot.profiles(), snapshot.partial_fields()).without_profiles(), tuple(sorted(filter_keys))
    )

    def compiled(wide: bool) -> exp.Select:
        return compile_meter(query, question.keys, scope, snapshot.rows, prefer_wide=wide)

    executor.values("recomputed_values", question.metric, compiled)
    text = exp.cast(exp.column("value"), exp.DType.VARCHAR.into_expr())
    found = executor.rows(exp.select("window_id", "key_values", exp.alias_(text, "value")).from_("recomputed_values"))
    return {
        (row["window_id"], tuple(row["key_values"])): Fraction(row["value"])
        for row in found.to_pylist()
        if row["value"] is not None
    }
