"""Two runs of a billing period, or two catalogs, compared: which invoices differ, and by which cause each cent does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from engine.billing import Progress
from engine.catalog.catalog import Catalog
from engine.catalog.load import load_catalog_folder
from engine.catalog.touched import touched_customers
from engine.errors import UserError
from engine.events.table import EventSnapshot
from engine.invoices.closed import read_closed
from engine.invoices.earlier import earlier_runs, read_earlier
from engine.invoices.transition import NO_TRANSITION
from engine.opened import Opened, no_progress
from engine.rating.corrections import NO_CORRECTIONS
from engine.rating.earlier import EMPTY
from engine.rating.inputs import rated_products
from engine.rebilling.attribution import Attribution, Bench, Origin
from engine.rebilling.ingredients import Ingredients
from engine.rebilling.recorded_run import RecordedRun
from engine.rebilling.run_origins import RunOrigins
from engine.reports.diff.comparison import Compared
from engine.reports.output_folder import FolderKind, check_target, write_tables
from engine.result import Rows, shown
from engine.values.period import Period, parse_period
from engine.version import SCHEMA_VERSION, VERSION

#: What `--out` names.
DIFFERENCE = FolderKind("a difference", "changes.parquet")


@dataclass(frozen=True)
class Difference:
    """How a billing period of `before` becomes that of `after`: two run ids, or two folders with catalogs.

    Amounts are what is owed, in the invoices' currencies (cents of US dollars); void invoices owe nothing, and
    consolidated ones only repeat others. The differences of `invoices`, of `changes` and of `causes` add up to the
    same, to the last digit.
    """

    period: str
    before: str
    after: str
    invoices: Rows
    changes: Rows
    causes: Rows

    @property
    def is_different(self) -> bool:
        """Whether any amount is another; a draft that was finalized as it is makes no difference."""
        return len(self.changes) > 0

    def largest_changes(self, count: int) -> Rows:
        """The changes with the largest differences, up or down, whatever their currencies."""
        frame = self.changes.pl().sort(pl.col("difference").abs(), descending=True, maintain_order=True)
        return Rows(frame.head(count).to_arrow())

    @property
    def frames(self) -> Mapping[str, pl.DataFrame]:
        """The tables by name: `reports/diff/invoices.sql`, `changes.sql` and `causes.sql`."""
        return {"invoices": self.invoices.pl(), "changes": self.changes.pl(), "causes": self.causes.pl()}

    def summary(self) -> dict[str, object]:
        """One JSON-ready mapping; amounts are exact text, by cause and currency."""
        causes: dict[str, dict[str, str]] = defaultdict(dict)
        for (cause, currency), amount in _sums(self.causes, "cause", "currency").items():
            causes[cause][currency] = amount
        totals = {currency: amount for (currency,), amount in _sums(self.invoices, "currency").items()}
        return {
            "schema_version": SCHEMA_VERSION,
            "command": "diff",
            "status": "different" if self.is_different else "same",
            "period": self.period,
            "before": self.before,
            "after": self.after,
            "invoices": len(self.invoices),
            "changes": len(self.changes),
            "causes": dict(causes),
            "difference": totals,
        }

    def _repr_html_(self) -> str:
        return self.causes._repr_html_() + self.changes._repr_html_()


class Diffing(Opened):
    """Comparing what is billed, and telling why it differs."""

    def diff(
        self,
        before: str | Path,
        after: str | Path,
        *,
        period: str | None = None,
        out: Path | str | None = None,
        progress: Progress = no_progress,
    ) -> Difference:
        """Which invoices and lines differ between two runs of a billing period, and by which cause each amount does.

        Runs are named by their ids, or by enough of the beginning. With a `period`, `before` and `after` are folders
        that hold catalogs instead, both billed over the events and balances of this workspace as they are now, as if
        nothing of the period were finalized. Causes are replaced one after another, in the order of
        `reports/diff/cause.py`; what changes with each is its own. With `out` the tables are written there. Nothing is
        published. Raises UserError for an unknown run, for runs of different
        billing periods and for a folder without a catalog, and CorruptFileError when something that a run published
        or was computed from is gone.
        """
        target = None if out is None else Path(out)
        if target is not None:
            check_target(target, DIFFERENCE)
        with self._damage_named():
            if period is None:
                found = self._between_runs(str(before), str(after), progress)
            else:
                found = self._between_catalogs(Path(before), Path(after), parse_period(period), progress)
        if target is not None:
            tables = {"invoices": found.invoices, "changes": found.changes, "causes": found.causes}
            write_tables(target, {f"{name}.parquet": rows.arrow() for name, rows in tables.items()}, DIFFERENCE)
        return found

    def _between_runs(self, before: str, after: str, progress: Progress) -> Difference:
        one, other = (self._run_named(each) for each in (before, after))
        if one.label != other.label:
            what = f"run {one.run_id} is of {one.label} and run {other.run_id} of {other.label}"
            raise UserError(f"{what}; compare runs of the same billing period")
        origins = RunOrigins(self.root, self.config)
        with Bench.of(self.root, one.label, self.config, progress) as bench:
            sides = origins.published(one, bench.connection), origins.published(other, bench.connection)
            found = Attribution(bench, *sides)
            for (first, last), slots in _by_origin(origins, (one, other), found).items():
                found.life(slots)
                if first is None or last is None:
                    found.not_selected(slots)
                elif first != last:
                    found.explain(*(origins.origin(origins.recorded(each)) for each in (first, last)), slots=slots)
            return _difference(one.label, (one.run_id, other.run_id), found.compared())

    def _run_named(self, name: str) -> RecordedRun:
        try:
            return RecordedRun.named(self.root, name)
        except UserError as error:
            if not name or not Path(name).is_dir():
                raise
            raise UserError(f"{name} is a folder; to compare what two catalogs bill, name a --period") from error

    def _between_catalogs(self, before: Path, after: Path, period: Period, progress: Progress) -> Difference:
        catalogs = load_catalog_folder(before), load_catalog_folder(after)
        landed = self._snapshot(needed=any(rated_products(each) for each in catalogs))
        one, other = (Origin(self._now(each, landed, period), VERSION) for each in catalogs)
        touched = touched_customers(*catalogs)
        with Bench.of(self.root, period.label, self.config, progress) as bench:
            billed = bench.bill(one.ingredients, touched), bench.bill(other.ingredients, touched)
            found = Attribution(bench, *billed)
            found.explain(one, other, slots=found.differing())
            return _difference(period.label, (str(before), str(after)), found.compared())

    def _now(self, catalog: Catalog, landed: EventSnapshot, period: Period) -> Ingredients:
        """A catalog over what there is now, as if nothing of the period were finalized."""
        outputs = self.outputs
        earlier = earlier_runs(outputs, catalog, period)
        return Ingredients(
            catalog=catalog,
            snapshot=landed,
            period=period,
            as_of=None,
            corrections=NO_CORRECTIONS,
            earlier=read_earlier(outputs, earlier) if earlier else EMPTY,
            closed=read_closed(outputs, period.label, NO_TRANSITION).reopened(),
            sql_granularity=self.config.metering.sql_breakdown_granularity,
            grace=self.config.invoices.grace,
            optimisations=self.config.optimisations.switches(),
            isolation=self.config.isolation.limits(False),
        )


def _by_origin(
    origins: RunOrigins, runs: tuple[RecordedRun, RecordedRun], found: Attribution
) -> dict[tuple[str | None, str | None], frozenset[str]]:
    """The slots in which not the same is owed, by the runs that computed them on either side."""
    sides = found.before.slots(), found.after.slots()
    slots: dict[tuple[str | None, str | None], set[str]] = defaultdict(set)
    for slot_id in sorted(found.differing()):
        both = [side.get(slot_id) for side in sides]
        (customer_id, *_) = (each.customer_id for each in both if each is not None)
        computed = [origins.of_slot(run, slot, customer_id) for run, slot in zip(runs, both, strict=True)]
        first, last = (None if each is None else each.run_id for each in computed)
        slots[first, last].add(slot_id)
    return {pair: frozenset(each) for pair, each in slots.items()}


def _difference(period: str, names: tuple[str, str], found: Compared) -> Difference:
    return Difference(period, *names, Rows(found.invoices), Rows(found.changes), Rows(found.causes))


def _sums(rows: Rows, *keys: str) -> dict[tuple[str, ...], str]:
    """What the differences of rows come to, as text, by these columns in the order of the rows."""
    frame = rows.pl().group_by(*keys, maintain_order=True).agg(pl.col("difference").sum())
    return {tuple(row[:-1]): shown(row[-1]) for row in frame.iter_rows()}
