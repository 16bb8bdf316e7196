"""The engine as the benchmarks call it; every call into it is here.

Landing and running go through the public API. A metric is timed as the query alone, on a connection prepared once
as a preview prepares it, because the queries it is compared with have their tables at hand, too.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa

import engine
from benchmarks.generate import NOW, PERIOD, Metric
from engine.events.table import EventTable
from engine.executors.duckdb import DuckDBExecutor
from engine.metrics.meter import compile_rows, compiled_text, metric_query
from engine.metrics.scope import PropertyStore
from engine.rating.inputs import schedule_inputs
from engine.values.period import parse_period


class Duckbill:
    """One workspace, opened through the public API."""

    def __init__(self, directory: Path) -> None:
        self.workspace = engine.open(directory)

    def land(self, file: Path) -> tuple[int, int, int]:
        """How many lines of a file were accepted, duplicate, rejected."""
        landed = self.workspace.land(file, now=NOW)
        return landed.accepted, landed.duplicate, landed.rejected

    def run(self) -> int:
        """Computes and publishes the period's invoices; how many there are."""
        self.workspace.run(PERIOD, now=NOW)
        return len(self.workspace.invoices(PERIOD).arrow())


class Metering:
    """A connection with one window of the whole period for every customer, and compiled metrics to run on it."""

    def __init__(self, subject: Duckbill) -> None:
        workspace, month = subject.workspace, parse_period(PERIOD)
        snapshot = EventTable(workspace.lake).snapshot()
        assert snapshot is not None
        self.files = [file.path for file in snapshot.files]
        self.rows = snapshot.rows
        self.store = PropertyStore(snapshot.profiles())
        self.metrics = {metric.name: metric for metric in workspace.catalog.billable_metrics}
        self.open = ExitStack()
        self.connection = self.open.enter_context(workspace.connect())
        executor = DuckDBExecutor(self.connection)
        for name, table in schedule_inputs(workspace.catalog, month).items():
            executor.load(name, table)
        executor.view_events(self.files, fallback=self.files[0])
        executor.set_one_window(month.starting_at, month.ending_before, None)

    def compiled(self, metric: Metric) -> str:
        query = metric_query(self.metrics[metric.name], metric.keys)
        return compiled_text(compile_rows(query, self.store, self.rows))

    def run(self, sql: str) -> pa.Table:
        """The rows of a compiled metric, read to the end: `window_id`, group keys, the quantity."""
        return self.connection.sql(sql).to_arrow_table()

    def by_customer(self, rows: pa.Table) -> pa.Table:
        """The same rows with the `customer_id` of their window."""
        windows = self.connection.sql("SELECT window_id, customer_id FROM windows").to_arrow_table()
        return rows.join(windows, "window_id")

    def close(self) -> None:
        self.open.close()
