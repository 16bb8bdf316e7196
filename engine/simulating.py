"""What another catalog would have billed: months of history billed twice, aside, and held against each other."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, partial
from itertools import product
from pathlib import Path

import polars as pl
import pyarrow as pa

from engine.billing import Progress
from engine.catalog.catalog import Catalog
from engine.catalog.exact import EXACT
from engine.catalog.load import load_catalog_folder
from engine.catalog.selection import select_customers
from engine.catalog.touched import families, touched_customers
from engine.errors import CatalogError, CorruptFileError, UserError
from engine.executors.kept_readings import FOLDER, KeptReadings
from engine.invoices.earlier import earlier_runs
from engine.invoices.publish import Outputs
from engine.metrics.check import check_metrics
from engine.opened import Opened, no_progress
from engine.rating.inputs import rated_products
from engine.rebilling.rebill import rebill
from engine.rebilling.recorded_run import RecordedRun, publish_link
from engine.rebilling.standing_bills import StandingBills
from engine.reports.output_folder import check_target, write_tables
from engine.reports.simulation.comparison import Comparison
from engine.reports.simulation.page import PAGE, SIMULATION, Facts, write_page
from engine.result import Rows, shown
from engine.runs import RunInputs
from engine.values.period import Period, parse_months
from engine.version import SCHEMA_VERSION

#: What stands beside one another wherever something is compared.
_AMOUNTS = ("before", "after", "difference")

#: The two catalogs, in the order in which they are billed.
_SIDES = (NEW, PRESENT) = ("new", "present")


@dataclass(frozen=True)
class Simulation:
    """What would be different if another catalog had been in force, over some months.

    `before` is what the present catalog bills and `after` what the other one does, both as drafts over the same events;
    amounts are owed ones in the currency's own unit (cents of US dollars). `untouched` counts the customers who were
    not billed, because the change cannot touch them: whatever they owe, they owe by both catalogs.
    """

    months_billed: tuple[str, ...]
    billed: int
    untouched: int
    tables: Mapping[str, pa.Table]
    folder: Path | None

    @property
    def changes(self) -> Rows:
        """Where something differs, by month, customer, product and currency: see `reports/simulation/changes.sql`."""
        return Rows(self.tables["changes"])

    @property
    def customers(self) -> Rows:
        """Each customer who was billed, over all months, who pays the most more first; `percent` is NULL without
        anything before: see `reports/simulation/customers.sql`."""
        return Rows(self.tables["customers"])

    @property
    def products(self) -> Rows:
        """Each product that was billed, over all months: see `reports/simulation/products.sql`."""
        return Rows(self.tables["products"])

    @property
    def months(self) -> Rows:
        """Each month, over all customers who were billed: see `reports/simulation/months.sql`."""
        return Rows(self.tables["months"])

    @property
    def parked(self) -> Rows:
        """Contracts that could not be billed, and are in no amount of that month: `reports/simulation/parked.sql`."""
        return Rows(self.tables["parked"])

    @property
    def unbilled(self) -> Rows:
        """Quantities on no invoice by one catalog that are on one by the other: `reports/simulation/unbilled.sql`."""
        return Rows(self.tables["unbilled"])

    @cached_property
    def frames(self) -> Mapping[str, pl.DataFrame]:
        """Every table by name, as Polars frames."""
        return {name: Rows(table).pl() for name, table in self.tables.items()}

    def summary(self) -> dict[str, object]:
        """One JSON-ready mapping; totals are exact text by currency, of the customers who were billed."""
        changed = self.changes.pl()["customer_id"].n_unique()
        return {
            "schema_version": SCHEMA_VERSION,
            "command": "simulate",
            "status": "different" if changed else "same",
            "months": list(self.months_billed),
            "customers_billed": self.billed,
            "customers_untouched": self.untouched,
            "customers_different": changed,
            "parked": len(self.parked),
            "unbilled": len(self.unbilled),
            "totals": self._totals(),
            "folder": None if self.folder is None else str(self.folder),
        }

    def _totals(self) -> dict[str, dict[str, str]]:
        totals: dict[str, dict[str, Decimal]] = {}
        for row in self.tables["months"].to_pylist():
            of_currency = totals.setdefault(row["currency"], dict.fromkeys(_AMOUNTS, Decimal(0)))
            for name in _AMOUNTS:
                of_currency[name] = EXACT.add(of_currency[name], row[name])
        return {currency: {name: shown(each[name]) for name in _AMOUNTS} for currency, each in sorted(totals.items())}

    def _repr_html_(self) -> str:
        return self.months._repr_html_()


class Simulating(Opened):
    """Asking what another catalog would have billed; nothing that is published or recorded is touched."""

    def simulate(
        self,
        catalog: Catalog | Path | str,
        period: str,
        *,
        select: str | None = None,
        out: Path | str | None = None,
        progress: Progress = no_progress,
    ) -> Simulation:
        """Bills months by the present catalog and by another one, over the same events, and compares.

        `catalog` is a `Catalog`, a workspace, or a folder that holds `catalog/`; `period` a month or several,
        `2026-01..2026-12`. Every month is billed as drafts, one after another, so that balances go on; before the first
        both sides go on from what is published. Only customers whom the change can touch are billed, with `select` of
        those only some. With `out` the tables and a page are written to that folder. What was metered is kept in
        `cache/readings`. Raises UserError for a catalog that takes back what published invoices have used of a balance,
        and CatalogError for one that is broken.
        """
        months = parse_months(period)
        if out is not None:
            check_target(Path(out), SIMULATION)
        old = self.catalog
        new = catalog if isinstance(catalog, Catalog) else load_catalog_folder(Path(catalog))
        if self.config.metering.strict and (problems := check_metrics(new, strict=True)):
            raise CatalogError(problems)
        family_of = families(old, new)
        billed = touched_customers(old, new)
        if select is not None:
            billed &= _selected(old, new, family_of, select)
        tables = self._compared((old, new), months, billed, progress)
        found = Simulation(
            tuple(month.label for month in months),
            len(billed),
            len(family_of) - len(billed),
            tables,
            None if out is None else Path(out),
        )
        if found.folder is not None:
            facts = Facts(self.config.workspace.name, found.months_billed, found.billed, found.untouched)
            parquet = {f"{name}.parquet": table for name, table in tables.items()}
            write_tables(found.folder, parquet, SIMULATION, {PAGE: partial(write_page, facts, tables)})
        return found

    def _compared(
        self, catalogs: tuple[Catalog, Catalog], months: list[Period], customers: frozenset[str], progress: Progress
    ) -> dict[str, pa.Table]:
        """Both bills of every month for these customers, held against each other."""
        with ExitStack() as opened:
            opened.enter_context(self._damage_named())
            comparison = Comparison(opened.enter_context(self.connect()), *catalogs)
            if not customers:
                return comparison.tables()
            landed = self._snapshot(needed=any(rated_products(each) for each in catalogs))
            folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix=".simulate-", dir=self.root)))
            is_kept = self.config.optimisations.kept_readings
            kept = KeptReadings(self.root / FOLDER, looks=True, keeps=True) if is_kept else None
            # The new catalog comes first: what it cannot bill is told before the other has been billed in vain.
            standing = StandingBills(RunInputs(self.root, self.config, catalogs[0], landed, months[0]))
            sides = [
                _Side(
                    name,
                    kept,
                    RunInputs(folder / name, self.config, each, landed, months[0], customers=customers),
                    None if name == NEW else standing,
                )
                for each, name in zip(reversed(catalogs), _SIDES, strict=True)
            ]
            for side in sides:
                side.go_on_from(self.root)
            for number, (month, side) in enumerate(product(months, sides)):
                step = f"{month.label} by the {side.name} catalog"
                outputs = side.bill(month, _within(progress, step, number, len(sides) * len(months)))
                comparison.add(month.label, outputs, customers, is_new=side.name == NEW)
            return comparison.tables()


@dataclass(frozen=True)
class _Side:
    """One catalog, billed in a folder of its own; `inputs` are those of the first month.

    What `standing` knows to be billed already is not billed again.
    """

    name: str
    kept: KeptReadings | None
    inputs: RunInputs
    standing: StandingBills | None = None

    def go_on_from(self, root: Path) -> None:
        """Lets what is published in a workspace before the first month stand here, too, where that matters."""
        runs = earlier_runs(Outputs(root / "lake"), self.inputs.catalog, self.inputs.period)
        for run_id in (runs or {}).values():
            publish_link(RecordedRun.read(root, run_id), self.inputs.root, keeps_record=False)

    def bill(self, month: Period, progress: Progress) -> Outputs:
        """Bills a month on top of those before; what came of it is published here."""
        outputs = Outputs(self.inputs.root / "lake")
        earlier = earlier_runs(outputs, self.inputs.catalog, month)
        published = None if self.standing is None else self.standing.of(month, earlier)
        if published is not None:
            publish_link(published, self.inputs.root, keeps_record=False)
            return outputs
        inputs = replace(self.inputs, period=month, earlier_runs=earlier)
        try:
            rebill(inputs, self.kept, progress)
        except (CatalogError, CorruptFileError):
            raise
        except UserError as error:
            raise UserError(f"{month.label} cannot be billed by the {self.name} catalog: {error}") from error
        return outputs


def _within(progress: Progress, what: str, done: int, total: int) -> Progress:
    """Progress of one bill of many, told as that of all."""
    return lambda step, part, parts: progress(f"{what}: {step}", done, total)


def _selected(old: Catalog, new: Catalog, family_of: Mapping[str, str], select: str) -> frozenset[str]:
    """Whom a text selects in either catalog, and who is billed together with them in either."""
    try:
        found = select_customers(old, select)
    except UserError:
        # Who is new is known to the new catalog alone; where it does not know them either, the error is its own.
        found = select_customers(new, select)
    chosen = {family_of[customer_id] for customer_id in found}
    return frozenset(customer_id for customer_id, family in family_of.items() if family in chosen)
