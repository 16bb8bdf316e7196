"""One run of one billing period: recognised, computed, audited, published, recorded (DESIGN §8)."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from engine.billing import OUTPUTS, Bill, Progress, Terms, bill
from engine.catalog.catalog import Catalog
from engine.catalog.exact import EXACT
from engine.config import Config
from engine.errors import CatalogError, CorruptFileError, UserError
from engine.events.table import EventSnapshot
from engine.events.verify import Finding
from engine.executors.connection import connect
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.isolated import IsolationLimits
from engine.executors.kept_readings import FOLDER as KEPT
from engine.executors.kept_readings import KeptReadings
from engine.invoices.closed import closed_digest, invoices_digest
from engine.invoices.content_hash import verify_closed
from engine.invoices.definitions import FILE, check_definitions, record_definitions
from engine.invoices.earlier import periods_to_run_again, read_earlier
from engine.invoices.partial import carried_from, carry_others
from engine.invoices.publish import INVOICES, Outputs
from engine.invoices.transition import NO_TRANSITION, Transition
from engine.invoices.used_balances import check_used_balances
from engine.metrics.check import check_metrics
from engine.rating.closed import NOTHING_CLOSED, Closed
from engine.rating.corrections import NO_CORRECTIONS, corrections_hash, corrections_text
from engine.rating.earlier import EMPTY, Earlier
from engine.rating.schedule import GRACE
from engine.result import Rows, shown
from engine.run_folder import (
    CATALOG,
    CORRECTIONS,
    RunFolder,
    check_run_folder,
    inputs_unless_damaged,
    recorded_inputs,
    recorded_summary,
    recorded_text,
    run_id_of,
)
from engine.values.period import Period, format_instant
from engine.verifying import told_foreign_files
from engine.version import SCHEMA_VERSION, VERSION


@dataclass(frozen=True)
class Run:
    """A published run of a billing period, and how to read what it published.

    `unchanged` says that the same run had been published before and nothing was done. Frames come from the lake as
    it was published: `run.line_items.pl()`.
    """

    run_id: str
    period: Period
    unchanged: bool
    summary: Mapping[str, object]
    folder: Path
    _read: Callable[[str], pa.Table] = field(repr=False)

    @property
    def invoices(self) -> Rows:
        """One row an invoice; see `rating/stages/invoices.sql`."""
        return Rows(self._read("invoices"))

    @property
    def line_items(self) -> Rows:
        """One row a line; see `rating/stages/line_items.sql`."""
        return Rows(self._read("line_items"))

    @property
    def balances(self) -> Rows:
        """What each commit and credit opened and closed with; see `rating/stages/segment_balances.sql`."""
        return Rows(self._read("segment_balances"))

    @property
    def ledger(self) -> Rows:
        """What happened to each commit and credit; see `rating/stages/ledger.sql`."""
        return Rows(self._read("ledger"))

    @property
    def alerts(self) -> Rows:
        """Who crossed the threshold of an alert, and when; see `rating/stages/alerts.sql`."""
        return Rows(self._read("alerts"))

    @property
    def unrated(self) -> Rows:
        """Usage for which no rate and no overwrite was in force."""
        return Rows(self._read("unrated"))

    @property
    def not_entitled(self) -> Rows:
        """Usage of products the contract was not entitled to."""
        return Rows(self._read("not_entitled"))

    @property
    def parked(self) -> Rows:
        """Contracts that were set aside, with the reason."""
        return Rows(self._read("parked"))

    @property
    def invalid_values(self) -> Rows:
        """Values that matched a metric and are not numbers, by metric, customer and day."""
        return Rows(self._read("invalid_values"))

    def _repr_html_(self) -> str:
        return self.invoices._repr_html_()


@dataclass(frozen=True)
class RunInputs:
    """Everything a run depends on."""

    root: Path
    config: Config
    catalog: Catalog
    snapshot: EventSnapshot
    period: Period
    as_of: datetime | None = None
    isolate: bool = False
    #: Whom to bill, when only some are; the others keep what is published of them.
    customers: frozenset[str] | None = None
    #: The invoices of this period that are left as they are, and the published run that had them.
    closed: Closed = NOTHING_CLOSED
    based_on: str | None = None
    transition: Transition = NO_TRANSITION
    #: What is billed of usage that arrived after its invoice was finalized.
    corrections: pa.Table = field(default_factory=lambda: NO_CORRECTIONS)
    #: The run that each billing period before was billed by; None where no balance goes on from them.
    earlier_runs: Mapping[str, str] | None = None

    def identity(self) -> dict[str, object]:
        """What the run id is made from: the same inputs give the same id and the same bytes."""
        return {
            "catalog": self.catalog.content_hash(),
            "engine": VERSION,
            "events_version": self.snapshot.version,
            "period": self.period.label,
            "sql_breakdown_granularity": self.config.metering.sql_breakdown_granularity.value,
            **({} if self.as_of is None else {"as_of": format_instant(self.as_of)}),
            **({} if self.earlier_runs is None else {"earlier_runs": dict(self.earlier_runs)}),
            **({} if self.customers is None else {"customers": sorted(self.customers)}),
            **({} if not (closed := closed_digest(self.closed)) else {"closed": closed}),
            **({} if not self.corrections.num_rows else {"corrections": corrections_hash(self.corrections)}),
            **({} if self.config.invoices.grace == GRACE else {"grace_hours": self.config.invoices.grace_hours}),
        }

    def settings(self) -> dict[str, object]:
        """What of the configuration can change what a run gives."""
        return self.config.model_dump(mode="json", include={"metering", "invoices"}, exclude_none=True)

    def isolation(self) -> IsolationLimits | None:
        """The limits of SQL metrics that run in processes of their own, when they do."""
        return self.config.isolation.limits(self.isolate)

    @cached_property
    def billed_catalog(self) -> Catalog:
        """The catalog with the contracts that are billed."""
        return self.catalog if self.customers is None else self.catalog.with_customers(self.customers)

    def not_selected(self) -> int:
        """How many contracts are left as they are published."""
        return len(self.catalog.contracts) - len(self.billed_catalog.contracts)

    def check_closed(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Raises CorruptFileError when a finalized invoice is not what it was finalized as."""
        if INVOICES in self.closed.rows:
            verify_closed(connection, self.closed.rows[INVOICES], self.closed.rows["line_items"])

    def check_used_balances(self, outputs: Outputs, executor: DuckDBExecutor) -> None:
        """Raises UserError for each balance that is now less than published invoices used of it, or gone."""
        runs = dict(self.earlier_runs or {})
        drawn = dict(self.earlier.drawn)
        if self.based_on is not None and self.closed.draws.num_rows:
            runs[self.period.label] = self.based_on
            for segment_id, amount in self.closed.drawn().items():
                drawn[segment_id] = EXACT.add(drawn.get(segment_id, Decimal(0)), amount)
        if runs:
            held = {name: executor.table(name) for name in ("balance_segments", "manual_entries")}
            check_used_balances(outputs, runs, self.catalog, self.period, drawn, held, self.customers)

    @cached_property
    def earlier(self) -> Earlier:
        """What the runs before have left of balances, read from what they published."""
        if not self.earlier_runs:
            return EMPTY
        return read_earlier(Outputs(self.root / "lake"), self.earlier_runs)

    def terms(self) -> Terms:
        return Terms(
            sql_granularity=self.config.metering.sql_breakdown_granularity,
            as_of=self.as_of,
            earlier=self.earlier,
            closed=self.closed if self.customers is None else self.closed.only(self.customers),
            whole=self.catalog,
            corrections=self.corrections,
            grace=self.config.invoices.grace,
            optimisations=self.config.optimisations.switches(),
        )


def identity_after(recorded: Mapping[str, object], invoices: pa.Table) -> dict[str, object]:
    """What a run would be made from that finds these invoices and else what a run of the same period had found.

    `recorded` are the inputs of that run; a run whose invoices have been finalized since is known by this. What a
    finalized invoice has corrected is corrected no more.
    """
    closed = recorded.get("closed", {})
    assert isinstance(closed, dict)
    open_usage = pc.and_(pc.equal(invoices["status"], "DRAFT"), pc.equal(invoices["type"], "USAGE"))
    if not pc.any(open_usage).as_py():
        recorded = {key: value for key, value in recorded.items() if key != "corrections"}
    return {**recorded, "closed": {**closed, "invoices": invoices_digest(invoices)}}


def run_period(inputs: RunInputs, now: datetime, progress: Progress) -> Run:
    """Computes and publishes a billing period, or does nothing when exactly this run is published, and undamaged.

    Raises UserError when a metric that an earlier run used has changed, CatalogError when one is refused. Whatever
    is raised, what was published before stays as it was.
    """
    outputs = Outputs(inputs.root / "lake")
    identity = inputs.identity()
    label = inputs.period.label
    if inputs.customers is not None:
        identity["carried_from"] = carried_from(
            outputs, label, identity, lambda each: recorded_inputs(inputs.root / "runs" / each)
        )
    run_id = run_id_of(identity)
    folder = inputs.root / "runs" / run_id
    definitions = check_definitions(
        inputs.root / "lake", inputs.catalog, lambda: _billed(inputs.root, outputs.published_runs())
    )
    if inputs.config.metering.strict:
        problems = check_metrics(inputs.catalog, strict=True)
        if problems:
            raise CatalogError(problems)
    damaged = [each for each in check_run_folder(folder) if each.kind != "foreign"]
    recorded = None if damaged else recorded_summary(folder)
    if recorded is not None and outputs.published_run(label) == run_id and outputs.intact(OUTPUTS, label):
        summary = {**recorded, "status": "unchanged"}
    else:
        for what in damaged:
            logging.getLogger("duckbill").warning("%s; it is made again", what)
        summary = _compute(inputs, identity, run_id, now, outputs, progress, damaged)
    # Also of a run that was cut short after it had published.
    record_definitions(inputs.root / "lake", inputs.catalog, run_id, definitions)
    if foreign := told_foreign_files(inputs.root):
        summary |= {"foreign_files": foreign}
    return _published(outputs, run_id, inputs.period, folder, summary)


def _billed(root: Path, published: Mapping[str, str]) -> Iterator[tuple[str, Catalog]]:
    """The published runs with the catalogs they were made from; CorruptFileError when one of them is gone."""
    for run_id in published.values():
        text = recorded_text(root / "runs" / run_id, CATALOG)
        if text is None:
            raise CorruptFileError(
                f"{root / 'lake' / FILE}: is missing, and so is what run {run_id} has recorded; restore one of them"
            )
        yield run_id, Catalog.from_json(text)


def _compute(
    inputs: RunInputs,
    identity: Mapping[str, object],
    run_id: str,
    now: datetime,
    outputs: Outputs,
    progress: Progress,
    damaged: Sequence[Finding],
) -> dict[str, object]:
    """Computes and publishes a run. `damaged` says what of an earlier record of the same run is replaced."""
    record = RunFolder(inputs.root / "runs", run_id)
    if damaged:
        record.log("replacing a damaged record", files=[each.path.name for each in damaged])
    spill = inputs.root / "runs" / f".spill-{run_id}"
    connection = connect(inputs.config.engine.settings(), spill)
    label = inputs.period.label
    try:
        executor = DuckDBExecutor(connection, inputs.isolation())
        inputs.check_closed(connection)

        def logged(step: str, done: int, total: int) -> None:
            record.log(step)
            progress(step, done, total)

        terms = replace(inputs.terms(), kept=_kept(inputs))
        billed = bill(inputs.billed_catalog, inputs.snapshot, inputs.period, executor, terms, logged)
        inputs.check_used_balances(outputs, executor)
        if inputs.customers is not None:
            carry_others(executor, outputs, OUTPUTS, label, inputs.customers)
        logged("publishing", 0, 1)
        sealed = outputs.write(connection, OUTPUTS, label, run_id)
        runs = inputs.root / "runs"
        stale = periods_to_run_again(outputs, inputs.period, run_id, lambda each: inputs_unless_damaged(runs / each))
        summary = {**_summary(run_id, inputs, billed, executor), "periods_to_run_again": stale}
        _record(
            record,
            inputs,
            billed,
            {
                "run_id": run_id,
                "kind": "run",
                "inputs": identity,
                "later_runs": {each: run for each, run in outputs.published_runs().items() if each > label},
                "now": format_instant(now),
                "outputs": {name: path.stem for name, path in sealed.items()},
                "summary": summary,
            },
        )
        record.log("published")
        record.settle()
        outputs.commit(sealed, label, run_id)
        return summary
    except BaseException:
        record.discard()
        raise
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)


def _record(record: RunFolder, inputs: RunInputs, billed: Bill, facts: Mapping[str, object]) -> None:
    """Writes what a run was made from, the SQL that ran, and these facts of it."""
    record.write(CATALOG, inputs.catalog.to_json())
    if inputs.corrections.num_rows:
        record.write(CORRECTIONS, corrections_text(inputs.corrections))
    for name, sql in billed.compiled.items():
        record.write(f"sql/{name}", sql)
    settings, transition = inputs.settings(), inputs.transition.recorded()
    record.manifest({**facts, "settings": settings, "based_on": inputs.based_on, "transition": transition})


def _kept(inputs: RunInputs) -> KeptReadings | None:
    """What a run of all customers has metered is kept for simulations to come."""
    if not inputs.config.optimisations.kept_readings or inputs.customers is not None:
        return None
    return KeptReadings(inputs.root / KEPT, keeps=True)


def _summary(run_id: str, inputs: RunInputs, billed: Bill, executor: DuckDBExecutor) -> dict[str, object]:
    """What a run tells about itself in one line; totals are exact text, by currency."""
    return {
        "schema_version": SCHEMA_VERSION,
        "command": "run",
        "run_id": run_id,
        "period": inputs.period.label,
        "status": "published",
        "events": dict(billed.events),
        "contracts_without_statement": len(inputs.billed_catalog.contracts) - executor.contracts_with_statement(),
        **({} if inputs.customers is None else {"not_selected": inputs.not_selected()}),
        **{name: executor.count(name) for name in OUTPUTS},
        "totals": {currency: shown(total) for currency, total in executor.totals_by_currency().items()},
    }


def _published(outputs: Outputs, run_id: str, period: Period, folder: Path, summary: Mapping[str, object]) -> Run:
    def read(output: str) -> pa.Table:
        table = outputs.read(output, period.label, run_id)
        if table is None:
            raise UserError(f"run {run_id} of {period.label} is no longer published; a later run has replaced it")
        return table

    return Run(run_id, period, summary["status"] == "unchanged", summary, folder, read)
