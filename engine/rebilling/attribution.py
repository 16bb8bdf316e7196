"""By which cause one bill differs from another: what is between them is billed, one cause replaced after another."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import pyarrow as pa

from engine.billing import Progress, rate
from engine.catalog.catalog import Catalog
from engine.catalog.selection import billed_together
from engine.config import Config
from engine.errors import CorruptFileError, DuckbillError
from engine.executors.connection import EngineSettings, connect
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.kept_readings import FOLDER as KEPT
from engine.executors.kept_readings import KeptReadings
from engine.rebilling.ingredients import CATALOG_CAUSES, Ingredients, substitutions
from engine.reports.diff.cause import STEPS, Cause, step_of
from engine.reports.diff.comparison import READ, Billed, Compared, billed, compared, step_changes
from engine.version import VERSION

#: What billing a catalog may fail with that nothing has checked.
_CANNOT_BE_BILLED = (DuckbillError, duckdb.DataError, LookupError, ValueError, AssertionError)


@dataclass(frozen=True)
class Bench:
    """Where bills in between are made: a scratch folder with readings that are kept from one to the next.

    `connection` is for comparing them.
    """

    scratch: Path
    settings: EngineSettings
    kept: KeptReadings | None
    progress: Progress
    connection: duckdb.DuckDBPyConnection

    @classmethod
    @contextmanager
    def of(cls, root: Path, label: str, config: Config, progress: Progress) -> Iterator[Bench]:
        """A bench for bills of a billing period, in the workspace at `root`; what was kept there is looked up, too."""
        settings = config.engine.settings()
        with (
            tempfile.TemporaryDirectory(prefix=".diff-", dir=root) as folder,
            closing(connect(settings, Path(folder, "compared"))) as connection,
        ):
            kept = None
            if config.optimisations.kept_readings:
                kept = KeptReadings(Path(folder, "readings"), looks=True, keeps=True)
                kept.folder.mkdir()
                for path in KeptReadings(root / KEPT).files(label):
                    (kept.folder / path.name).symlink_to(path.resolve())
            yield cls(Path(folder), settings, kept, progress, connection)

    def bill(self, ingredients: Ingredients, customers: frozenset[str]) -> Billed:
        """What these customers are billed from the ingredients; nothing is published."""
        catalog = ingredients.catalog.with_customers(customers)
        with closing(connect(self.settings, self.scratch / "billed")) as connection:
            executor = DuckDBExecutor(connection, ingredients.isolation)
            terms = ingredients.terms(customers, self.kept)
            rate(catalog, ingredients.snapshot, ingredients.period, executor, terms, self.progress)
            tables = {name: executor.table(name) for name in READ}
        return billed(self.connection, tables)


@dataclass(frozen=True)
class Origin:
    """What a side's invoices were computed from, and by which version of the engine."""

    ingredients: Ingredients
    engine: str


@dataclass(frozen=True)
class _State:
    """What is billed to see where a step leads, for whom, and what was different.

    Without ingredients it leads to the side after, which is known.
    """

    step: int
    ingredients: Ingredients | None
    customers: frozenset[str]
    told: str


@dataclass
class Attribution:
    """The changes that lead from one side to the other, step by step, as far as they have been found."""

    bench: Bench
    before: Billed
    after: Billed
    changes: list[pa.Table] = field(default_factory=list)
    explanations: list[tuple[int, str]] = field(default_factory=list)

    def differing(self) -> frozenset[str]:
        """The slots in which not the same is owed."""
        return frozenset(self._changed(self.before.owed(), self.after.owed(), 1)["slot_id"].to_pylist())

    def life(self, slots: frozenset[str]) -> None:
        """Finds what void invoices no longer owe, on both sides."""
        for side, is_after in ((self.before.only(slots), False), (self.after.only(slots), True)):
            steps = (side, side.owed()) if is_after else (side.owed(), side)
            told = "void after" if is_after else "void before"
            self._add(*steps, step_of(Cause.INVOICE_LIFE, is_after=is_after), told)

    def not_selected(self, slots: frozenset[str]) -> None:
        """Finds what one of the sides has not billed at all."""
        told = "runs of some customers, of whom one has not billed these"
        self._add(self.before.only(slots), self.after.only(slots), step_of(Cause.SELECTION), told)

    def explain(self, before: Origin, after: Origin, *, slots: frozenset[str]) -> None:
        """Finds by which causes these slots, computed from `before`, are others when computed from `after`."""
        first, last = self.before.only(slots), self.after.only(slots)
        if first.amounts.equals(last.amounts):
            return
        own = {each.customer_id for side in (first, last) for each in side.slots().values()}
        customers = _together((before.ingredients.catalog, after.ingredients.catalog), frozenset(own))
        states = [
            _State(step_of(each.cause), each.ingredients, each.customers, each.explanation)
            for each in substitutions(before.ingredients, after.ingredients, customers)
        ]
        if before.engine != VERSION:
            told = f"engine {before.engine}, then {VERSION}"
            states.insert(0, _State(step_of(Cause.ENGINE_VERSION), before.ingredients, customers, told))
        if after.engine != VERSION:
            told = f"engine {VERSION}, then {after.engine}"
            states.append(_State(step_of(Cause.ENGINE_VERSION, is_after=True), None, customers, told))
        else:
            # What is there after the last cause is what was published.
            states[-1:] = [replace(each, ingredients=None) for each in states[-1:]]
        if not states:
            raise DuckbillError(f"invoices differ, and nothing that they are computed from does: {sorted(slots)[:20]}")
        self._walk(first, last, states, slots)

    def compared(self) -> Compared:
        """Everything that was found; raises DuckbillError when it does not add up."""
        return compared(self.bench.connection, (self.before, self.after), self.changes, self.explanations)

    def _walk(self, first: Billed, last: Billed, states: list[_State], slots: frozenset[str]) -> None:
        before, apart, waiting = first, "", frozenset[str]()
        for each in states:
            now, customers = last, each.customers | waiting
            if each.ingredients is not None:
                try:
                    now = self.bench.bill(each.ingredients, customers).only(slots)
                except _CANNOT_BE_BILLED as error:
                    cause = STEPS[each.step - 1]
                    if cause not in CATALOG_CAUSES or isinstance(error, CorruptFileError):
                        raise
                    # What is replaced next makes it whole again, and is told as the cause of both.
                    apart += f"; with {cause} ({each.told}), which cannot be billed apart: {error}"
                    waiting = customers
                    continue
                now = before.with_those_of(now, customers)
            self._add(before, now, each.step, each.told + apart)
            before, apart, waiting = now, "", frozenset()

    def _add(self, before: Billed, after: Billed, step: int, told: str) -> None:
        found = self._changed(before, after, step)
        if found.num_rows:
            self.changes.append(found)
            self.explanations.append((step, told))

    def _changed(self, before: Billed, after: Billed, step: int) -> pa.Table:
        return step_changes(self.bench.connection, before, after, step)


def _together(catalogs: tuple[Catalog, Catalog], customers: frozenset[str]) -> frozenset[str]:
    """These customers and all who are billed together with them by either catalog."""
    one, other = catalogs
    found = billed_together(other, billed_together(one, customers))
    return found if found == customers else _together(catalogs, found)
