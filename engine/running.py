"""Running billing periods of a workspace."""

from __future__ import annotations

from datetime import datetime

from engine.billing import Progress
from engine.clock import moment
from engine.lock import exclusive
from engine.opened import Opened, no_progress
from engine.rating.inputs import rated_products
from engine.runs import Run, run_period
from engine.values.period import parse_period, periods_through


class Running(Opened):
    """Computing and publishing the invoices of billing periods."""

    def run(
        self,
        period: str,
        *,
        now: datetime | str | None = None,
        as_of: datetime | str | None = None,
        isolate: bool = False,
        progress: Progress = no_progress,
    ) -> Run:
        """Computes DRAFT invoices for every customer and publishes them; doing it twice changes nothing.

        Bills the statement periods whose last instant lies in the calendar month `period`, and what is due in it; with
        `as_of`, from the events that had arrived by then (spec/metering.md §17.23). Raises UserError when a product is
        metered and no event has landed, CatalogError for a broken catalog, WorkspaceBusyError while another process
        writes.
        """
        month = parse_period(period)
        catalog = self.catalog
        with exclusive(self.lake), self._damage_named():
            landed = self._snapshot(needed=bool(rated_products(catalog)))
            return run_period(self._inputs(catalog, landed, month, as_of, isolate), moment(now), progress)

    def run_through(
        self,
        first: str,
        last: str,
        *,
        now: datetime | str | None = None,
        as_of: datetime | str | None = None,
        isolate: bool = False,
        progress: Progress = no_progress,
    ) -> list[Run]:
        """`run` for the calendar months from `first` to `last`, one after another, so that balances go on.

        Each is a run of its own; what one raises ends it, and the months before stay published.
        """
        return [
            self.run(month.label, now=now, as_of=as_of, isolate=isolate, progress=progress)
            for month in periods_through(first, last)
        ]
