"""Usage that arrived after its invoice was finalized."""

from __future__ import annotations

from engine.late_arrivals import LateArrivals
from engine.opened import Opened
from engine.published import published_periods
from engine.rating.inputs import rated_products
from engine.result import Rows
from engine.values.period import parse_period


class LateUsage(Opened):
    """What finalized invoices would be now, and what that differs by."""

    def late_usage(self, period: str | None = None, *, isolate: bool = False) -> Rows:
        """What billing a published period now, from all events by the catalog as it is, would change on final invoices.

        One row for each finalized invoice, product, group values and outcome that differs or was corrected since; the
        columns are those of `LATE_USAGE` in `reports/late_usage.py`, amounts are before balances, in the credit type of
        the lines. Without `period`, the same of every published period into whose finalized statements events have
        landed that its run had not seen (spec/metering.md §2.3, §17.23). Raises UserError when the period, or nothing,
        is published, and CatalogError for a broken catalog.
        """
        labels = published_periods(self.outputs, period)
        catalog = self.catalog
        with self._damage_named():
            landed = self._snapshot(needed=bool(rated_products(catalog)))
            inputs = self._inputs(catalog, landed, parse_period(labels[-1]), None, isolate)
            return Rows(LateArrivals(inputs).late_usage(labels, unasked=period is None))
