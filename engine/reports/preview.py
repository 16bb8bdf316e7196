"""One metric over one month, by customer: what an analyst looks at before anything is billed by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
from sqlglot import exp

from engine.catalog.catalog import Catalog
from engine.catalog.metric import BillableMetric
from engine.events.table import EventSnapshot
from engine.executors.duckdb import DuckDBExecutor
from engine.metrics.meter import compile_rows, metric_query
from engine.metrics.scope import PropertyStore, Scope
from engine.rating.schedule import schedule_inputs
from engine.values.period import Period


@dataclass(frozen=True)
class PreviewQuestion:
    """Which month, whose usage, grouped by what; only events that arrived by `as_of` count."""

    month: Period
    group_by: tuple[str, ...]
    customer_id: str | None
    as_of: datetime | None


def preview_rows(
    catalog: Catalog, metric: BillableMetric, question: PreviewQuestion, landed: EventSnapshot, executor: DuckDBExecutor
) -> pa.Table:
    """Columns: customer_id, customer_name, the metric's group columns, and its quantity."""
    query = metric_query(metric, question.group_by)
    month = question.month
    snapshot = landed.between(month.starting_at, month.ending_before)
    for name, table in schedule_inputs(catalog, month).items():
        executor.load(name, table)
    executor.view_events([file.path for file in snapshot.files], landed.any_file, question.as_of)
    executor.set_one_window(month.starting_at, month.ending_before, question.customer_id)
    scope = Scope(PropertyStore(snapshot.profiles(), snapshot.partial_fields()))

    def compiled(wide: bool) -> exp.Select:
        return compile_rows(query, scope, snapshot.rows, prefer_wide=wide)

    executor.values("preview_rows", metric, compiled)
    return executor.preview("preview_rows", query.columns)
