"""Running billing periods of a workspace."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from engine.billing import Progress
from engine.catalog.catalog import Catalog
from engine.catalog.selection import billed_together, select_customers
from engine.clock import moment
from engine.config import LateUsagePolicy
from engine.invoices.partial import parked_customers
from engine.invoices.transition import NO_TRANSITION, Transition
from engine.late_arrivals import corrections_for
from engine.opened import Opened, no_progress
from engine.rating.inputs import rated_products
from engine.runs import Run, run_period
from engine.values.period import Period, parse_period, periods_through


class Running(Opened):
    """Computing and publishing the invoices of billing periods."""

    def run(
        self,
        period: str,
        *,
        now: datetime | str | None = None,
        as_of: datetime | str | None = None,
        isolate: bool = False,
        select: str | None = None,
        progress: Progress = no_progress,
    ) -> Run:
        """Computes DRAFT invoices for every customer and publishes them; doing it twice changes nothing.

        With `select` only for some customers and those who are billed together with them (`customer:NAME`,
        `contract:NAME`, `tag:KEY=VALUE`, several between commas); everybody else keeps what is published. Invoices that
        are finalized or void stay as they are.

        Bills the statement periods whose last instant lies in the calendar month `period`, and what is due in it; with
        `as_of`, from the events that had arrived by then (spec/metering.md §17.23). Raises UserError when a product is
        metered and no event has landed, CatalogError for a broken catalog, WorkspaceBusyError while another process
        writes.
        """
        catalog = self.catalog
        customers = None if select is None else select_customers(catalog, select)
        return self._run(catalog, parse_period(period), now, as_of, isolate, progress, customers=customers)

    def retry(
        self,
        period: str | None = None,
        *,
        now: datetime | str | None = None,
        as_of: datetime | str | None = None,
        isolate: bool = False,
        progress: Progress = no_progress,
    ) -> Run | None:
        """Bills again whom the published run of a period, by default the latest that has any, has parked.

        None when nobody is parked. Raises UserError when nothing is published, and what `run` raises.
        """
        catalog = self.catalog
        found = parked_customers(self.outputs, None if period is None else parse_period(period).label)
        if found is None:
            return None
        label, parked = found
        customers = billed_together(catalog, parked)
        return self._run(catalog, parse_period(label), now, as_of, isolate, progress, customers=customers)

    def _run(
        self,
        catalog: Catalog,
        month: Period,
        now: datetime | str | None,
        as_of: datetime | str | None,
        isolate: bool,
        progress: Progress,
        *,
        transition: Transition = NO_TRANSITION,
        customers: frozenset[str] | None = None,
    ) -> Run:
        with self._writing(f"run {month.label}"), self._damage_named():
            landed = self._snapshot(needed=bool(rated_products(catalog)))
            inputs = self._inputs(catalog, landed, month, as_of, isolate, transition=transition, customers=customers)
            if self.config.invoices.late_usage is LateUsagePolicy.CORRECT:
                inputs = replace(inputs, corrections=corrections_for(inputs))
            return run_period(inputs, moment(now), progress)

    def run_through(
        self,
        first: str,
        last: str,
        *,
        now: datetime | str | None = None,
        as_of: datetime | str | None = None,
        isolate: bool = False,
        select: str | None = None,
        progress: Progress = no_progress,
    ) -> list[Run]:
        """`run` for the calendar months from `first` to `last`, one after another, so that balances go on.

        Each is a run of its own; what one raises ends it, and the months before stay published.
        """
        return [
            self.run(month.label, now=now, as_of=as_of, isolate=isolate, select=select, progress=progress)
            for month in periods_through(first, last)
        ]
