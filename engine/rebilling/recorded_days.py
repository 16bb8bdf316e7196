"""What is published of a billing period, cut into days by what each invoice was computed from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from engine.billing import rate
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_query
from engine.invoices.publish import INVOICES, Outputs
from engine.rebilling.recorded_run import RecordedRun
from engine.rebilling.run_origins import RunOrigins
from engine.values.period import Period, parse_period
from engine.values.windows import BreakdownWindow, windows_of

_SAYS_WHENCE = ("id", "customer_id", "status", "starting_at", "computed_by")


@dataclass(frozen=True)
class RecordedDays:
    """Cuts the published invoices of a workspace into days. `executors` opens a connection for each run."""

    origins: RunOrigins
    outputs: Outputs
    executors: Callable[[], AbstractContextManager[DuckDBExecutor]]

    def of_period(self, label: str) -> pa.Table:
        """The lines of every invoice of a published billing period that is not void, day by day.

        Columns and grain are those of `reports/breakdown.sql`. Each invoice is cut by the catalog, the events and the
        balances that it was computed from, so that its days add up to it whatever has come since. Raises UserError
        when the record of one of those runs is gone, CorruptFileError when something that it was made from is.
        """
        published = self.origins.recorded(self.outputs.published_run(label) or "")
        invoices = self.outputs.published(INVOICES, label, _SAYS_WHENCE)
        computed: defaultdict[str, list[str]] = defaultdict(list)
        for row in invoices.filter(pc.not_equal(invoices["status"], "VOID")).to_pylist():
            by = published if row["computed_by"] is None else self.origins.recorded(row["computed_by"])
            computing = self.origins.of_customer(by, row["customer_id"]) or by
            computed[computing.run_id].append(row["id"])
        # A period without invoices is cut all the same, for the columns.
        cut = sorted(computed.items()) or [(published.run_id, [])]
        earliest = min([parse_period(label).starting_at, *filter(None, invoices["starting_at"].to_pylist())])
        found = [self._cut(self.origins.recorded(run_id), ids, earliest) for run_id, ids in cut]
        return pa.concat_tables(found, promote_options="permissive")

    def _cut(self, run: RecordedRun, invoice_ids: list[str], earliest: datetime) -> pa.Table:
        made_from = self.origins.origin(run).ingredients
        days = windows_of(Period(earliest, made_from.period.ending_before), BreakdownWindow.DAY)
        terms = replace(made_from.terms(run.customers, None), breakdown=tuple(each.starting_at for each in days))
        catalog = made_from.catalog if run.customers is None else made_from.catalog.with_customers(run.customers)
        with self.executors() as executor:
            rate(catalog, made_from.snapshot, made_from.period, executor, terms, lambda step, done, total: None)
            lines = executor.rows(fixed_query("engine.reports", "breakdown"))
        return lines.filter(pc.is_in(lines["invoice_id"], pa.array(invoice_ids, pa.string())))
