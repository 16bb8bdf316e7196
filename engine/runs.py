"""One run of one billing period: recognised, computed, audited, published, recorded (DESIGN §8)."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from engine.billing import OUTPUTS, Bill, Progress, Terms, bill
from engine.catalog.catalog import Catalog
from engine.config import Config
from engine.errors import CatalogError, UserError
from engine.events.table import EventSnapshot
from engine.executors.connection import connect
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.isolated import IsolationLimits
from engine.invoices.definitions import check_definitions, record_definitions
from engine.invoices.earlier import periods_to_run_again, read_earlier
from engine.invoices.publish import Outputs
from engine.invoices.used_balances import check_used_balances
from engine.metrics.check import check_metrics
from engine.rating.earlier import EMPTY, Earlier
from engine.result import Rows, shown
from engine.run_folder import RunFolder, recorded_inputs, recorded_summary, run_id_of
from engine.values.period import Period, format_instant
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
        }

    def isolation(self) -> IsolationLimits | None:
        """The limits of SQL metrics that run in processes of their own, when they do."""
        return self.config.isolation.limits(self.isolate)

    def earlier(self) -> Earlier:
        """What the runs before have left of balances, read from what they published."""
        if not self.earlier_runs:
            return EMPTY
        return read_earlier(Outputs(self.root / "lake"), self.earlier_runs)

    def terms(self) -> Terms:
        return Terms(
            sql_granularity=self.config.metering.sql_breakdown_granularity,
            as_of=self.as_of,
            earlier=self.earlier(),
            optimisations=self.config.optimisations.switches(),
        )


def run_period(inputs: RunInputs, now: datetime, progress: Progress) -> Run:
    """Computes and publishes a billing period, or does nothing when exactly this run is published, and undamaged.

    Raises UserError when a metric that an earlier run used has changed, CatalogError when one is refused. Whatever
    is raised, what was published before stays as it was.
    """
    outputs = Outputs(inputs.root / "lake")
    identity = inputs.identity()
    run_id = run_id_of(identity)
    folder = inputs.root / "runs" / run_id
    label = inputs.period.label
    check_definitions(inputs.root / "lake", inputs.catalog)
    if inputs.config.metering.strict:
        problems = check_metrics(inputs.catalog, strict=True)
        if problems:
            raise CatalogError(problems)
    recorded = recorded_summary(folder)
    if recorded is not None and outputs.published_run(label) == run_id and outputs.intact(OUTPUTS, label):
        summary = {**recorded, "status": "unchanged"}
    else:
        summary = _compute(inputs, identity, run_id, now, outputs, progress)
    # Also of a run that was cut short after it had published.
    record_definitions(inputs.root / "lake", inputs.catalog, run_id)
    return _published(outputs, run_id, inputs.period, folder, summary)


def _compute(
    inputs: RunInputs,
    identity: Mapping[str, object],
    run_id: str,
    now: datetime,
    outputs: Outputs,
    progress: Progress,
) -> dict[str, object]:
    record = RunFolder(inputs.root / "runs", run_id)
    spill = inputs.root / "runs" / f".spill-{run_id}"
    connection = connect(inputs.config.engine.settings(), spill)
    try:
        executor = DuckDBExecutor(connection, inputs.isolation())

        def logged(step: str, done: int, total: int) -> None:
            record.log(step)
            progress(step, done, total)

        terms = inputs.terms()
        billed = bill(inputs.catalog, inputs.snapshot, inputs.period, executor, terms, logged)
        if inputs.earlier_runs:
            held = {name: executor.table(name) for name in ("balance_segments", "manual_entries")}
            check_used_balances(outputs, inputs.earlier_runs, inputs.catalog, inputs.period, terms.earlier.drawn, held)
        logged("publishing", 0, 1)
        sealed = outputs.write(connection, OUTPUTS, inputs.period.label, run_id)
        runs = inputs.root / "runs"
        stale = periods_to_run_again(outputs, inputs.period, run_id, lambda each: recorded_inputs(runs / each))
        summary = {**_summary(run_id, inputs, billed, executor), "periods_to_run_again": stale}
        record.write("catalog.json", inputs.catalog.to_json())
        for name, sql in billed.compiled.items():
            record.write(f"sql/{name}", sql)
        record.manifest(
            {
                "run_id": run_id,
                "inputs": identity,
                "now": format_instant(now),
                "outputs": {name: path.stem for name, path in sealed.items()},
                "summary": summary,
            }
        )
        record.log("published")
        record.settle()
        outputs.commit(sealed, inputs.period.label, run_id)
        return summary
    except BaseException:
        record.discard()
        raise
    finally:
        connection.close()
        shutil.rmtree(spill, ignore_errors=True)


def _summary(run_id: str, inputs: RunInputs, billed: Bill, executor: DuckDBExecutor) -> dict[str, object]:
    """What a run tells about itself in one line; totals are exact text, by currency."""
    return {
        "schema_version": SCHEMA_VERSION,
        "command": "run",
        "run_id": run_id,
        "period": inputs.period.label,
        "status": "published",
        "events": dict(billed.events),
        "contracts_without_statement": len(inputs.catalog.contracts) - executor.contracts_with_statement(),
        **dict(billed.counts),
        "totals": {currency: shown(total) for currency, total in executor.totals_by_currency().items()},
    }


def _published(outputs: Outputs, run_id: str, period: Period, folder: Path, summary: Mapping[str, object]) -> Run:
    def read(output: str) -> pa.Table:
        table = outputs.read(output, period.label, run_id)
        if table is None:
            raise UserError(f"run {run_id} of {period.label} is no longer published; a later run has replaced it")
        return table

    return Run(run_id, period, summary["status"] == "unchanged", summary, folder, read)
