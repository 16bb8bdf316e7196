"""Reconciling what landed, what was metered and what was invoiced (spec/ecosystem.md §5.3)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa

from engine.breakdown import breakdown
from engine.bucketing import period_buckets
from engine.catalog.catalog import Catalog
from engine.config import Severity
from engine.errors import CorruptFileError
from engine.events.table import NOTHING_LANDED, EventTable
from engine.invoices.content_hash import content_hash_query
from engine.opened import Opened
from engine.published import published_periods
from engine.reports.output_folder import check_target
from engine.reports.reconcile.all_controls import CONTROLS
from engine.reports.reconcile.control import Control, Status
from engine.reports.reconcile.controls import Evidence, controls_table, run_controls, run_details
from engine.reports.reconcile.evidence import customer_aliases, statements_due
from engine.reports.reconcile.figures import run_figures
from engine.reports.reconcile.folder import EVIDENCE, RECONCILIATION, write_folder
from engine.reports.reconcile.model import ReconciliationModel
from engine.reports.reconcile.page import write_page
from engine.reports.reconcile.recompute import Recorded, RunRecord, recompute
from engine.reports.reconcile.relations import relations
from engine.reports.reconcile.tie_out import ExternalFile, tie_out
from engine.reports.reconcile.workbook import write_workbook
from engine.result import Rows
from engine.run_folder import CATALOG, recorded_inputs, recorded_text
from engine.values.period import Period, parse_instant, parse_period
from engine.values.windows import BreakdownWindow
from engine.version import SCHEMA_VERSION

#: The folder in a workspace that reconciliations are written to.
FOLDER = "reconciliation"

_NO_BREAKDOWN = "the days of drafts are added up only when asked for, with --breakdowns"
_NO_FILE = "no file of another system was given, with --against"


@dataclass(frozen=True)
class Reconciliation:
    """What the controls of a billing period found, and where it was written.

    `controls` and `details` are described by `ReconciliationModel`; `failed` are the controls that fail, by id. Without
    the extra `reports` the page and the workbook are not written, and `is_rendered` is false.
    """

    period: str
    run_id: str
    controls: Rows
    details: Mapping[str, Rows]
    failed: tuple[str, ...]
    folder: Path
    is_rendered: bool

    def summary(self) -> dict[str, object]:
        """One JSON-ready mapping."""
        statuses = self.controls.arrow()["status"].to_pylist()
        return {
            "schema_version": SCHEMA_VERSION,
            "command": "reconcile",
            "period": self.period,
            "run_id": self.run_id,
            "status": "failed" if self.failed else "passed",
            "controls": {status.value: statuses.count(status.value) for status in Status},
            "failed": list(self.failed),
            "folder": str(self.folder),
        }


class Reconciling(Opened):
    """The controls that finance signs."""

    def reconcile(
        self,
        period: str,
        *,
        out: Path | str | None = None,
        against: Path | str | None = None,
        id_map: Path | str | None = None,
        id_column: str | None = None,
        amount_column: str | None = None,
        currency_column: str | None = None,
        minor_units: bool = False,
        breakdowns: bool = False,
    ) -> Reconciliation:
        """Runs every control of a published billing period, and writes what they found as Parquet, HTML and XLSX.

        Into `reconciliation/<period>` of the workspace, or `out`. `against` is a CSV file of another system to tie
        invoices out with, whose columns may be named and whose amounts may be in `minor_units`; `id_map` is another
        with the columns duckbill and theirs. `breakdowns` bills the drafts once more, day by day. Nothing that was
        published or landed is touched, and no clock is read: the same state gives the same bytes. Raises UserError for
        a period that is not published and for files that cannot be read.
        """
        label = published_periods(self.outputs, period)[0]
        folder = self.root / FOLDER / label if out is None else Path(out)
        check_target(folder, RECONCILIATION)
        columns = (id_column, amount_column, currency_column)
        external = None if against is None else ExternalFile(Path(against), *columns, minor_units)
        mapping = None if id_map is None else Path(id_map)
        place = os.path.relpath(folder / EVIDENCE, self.root)
        evidence = self._evidence(parse_period(label), place, external, mapping, breakdowns)
        with self.connect() as connection:
            return self._reconciled(connection, label, folder, evidence)

    def buckets(self, period: str) -> Rows:
        """Every event of a published billing period in exactly one bucket, by day, customer and metric.

        Then what landing refused in that time. Columns and grain: see `engine/bucketing.py`. Raises UserError for a
        period that is not published.
        """
        label = published_periods(self.outputs, period)[0]
        return Rows(self._buckets(self.catalog, parse_period(label)))

    def _buckets(self, catalog: Catalog, period: Period) -> pa.Table:
        landed = self._snapshot(needed=False)
        with self._damage_named(), self.connect() as connection:
            executor = self._executor(connection, isolate=False)
            return period_buckets(self.root, catalog, landed, period, executor)

    def _reconciled(
        self, connection: duckdb.DuckDBPyConnection, label: str, folder: Path, evidence: Evidence
    ) -> Reconciliation:
        found = relations(self.root, self.lake, parse_period(label), content_hash_query)
        if found is None:
            raise CorruptFileError(f"{label} is no longer published as it was a moment ago; try again")
        controls = _controls(self.config.reconcile.unrated)
        rows = run_controls(connection, self.root, found, evidence, controls)
        details = run_details(connection, self.root, found, evidence, controls, rows)
        model = ReconciliationModel(
            workspace=self.config.workspace.name,
            period=label,
            controls=controls_table(rows),
            details=details,
            figures=run_figures(connection, self.root, found, evidence),
            run_id=found.run_id,
        )
        is_rendered = _can_render()
        renderings = (("index.html", write_page), ("reconciliation.xlsx", write_workbook)) if is_rendered else ()
        write_folder(folder, model, evidence, renderings)
        failed = tuple(dict.fromkeys(row.check_id for row in rows if row.status == Status.FAIL))
        named = {name: Rows(table) for name, table in details.items()}
        return Reconciliation(label, found.run_id, Rows(model.controls), named, failed, folder, is_rendered)

    def _evidence(
        self, period: Period, folder: str, external: ExternalFile | None, id_map: Path | None, breakdowns: bool
    ) -> Evidence:
        """What no published file holds: computed here, or why not."""
        tables: dict[str, pa.Table] = {}
        missing: dict[str, str] = {}
        recorded = self._recorded()
        record = recorded(self.outputs.published_run(period.label) or "")
        if isinstance(record, str):
            missing |= dict.fromkeys(("customer_aliases", "statements_due", "event_buckets", "breakdown_lines"), record)
        else:
            tables["customer_aliases"] = customer_aliases(record.catalog)
            with self.connect() as connection:
                due = statements_due(record.catalog, period, self._executor(connection, isolate=False))
            tables["statements_due"] = due
            with self._told(missing, "event_buckets"):
                tables["event_buckets"] = self._buckets(record.catalog, period)
            if breakdowns:
                with self._told(missing, "breakdown_lines"):
                    tables["breakdown_lines"] = self._breakdown_lines(period, record)
            else:
                missing["breakdown_lines"] = _NO_BREAKDOWN
        with self._told(missing, "recomputed", "not_recomputed"):
            tables["recomputed"], tables["not_recomputed"] = self._recomputed(period.label, recorded)
        if external is None:
            missing["external_amounts"] = _NO_FILE
        else:
            with self._told(missing, "external_amounts"):
                tables["external_amounts"] = tie_out(self._published("invoices", period.label), external, id_map)
        return Evidence(folder, tables, missing)

    @contextmanager
    def _told(self, missing: dict[str, str], *names: str) -> Iterator[None]:
        """What damaged files do not let be computed is missing, with what is wrong; the controls of files tell more."""
        try:
            yield
        except (CorruptFileError, OSError, pl.exceptions.PolarsError) as error:
            missing |= dict.fromkeys(names, self._without_root(str(error).splitlines()[0]))

    def _without_root(self, what: str) -> str:
        """A message in which files are named as they are in any copy of the workspace."""
        for root in (self.root, self.root.resolve()):
            what = what.replace(f"{root}/", "")
        return what

    def _published(self, output: str, label: str) -> pa.Table:
        """An output as it was committed; raises CorruptFileError when it is not, or was not published."""
        table = self.outputs.read(output, label)
        if table is None:
            raise CorruptFileError(f"{label} is no longer published as it was a moment ago; try again")
        return table

    def _recomputed(self, label: str, recorded: Recorded) -> tuple[pa.Table, pa.Table]:
        """What was metered, counted again in another way, and what could not be."""
        run_id = self.outputs.published_run(label) or ""
        metered, invoices = (self._published(name, label) for name in ("metered_usage", "invoices"))
        with self._damage_named(), self.connect() as connection:
            executor = self._executor(connection, isolate=False)
            return recompute(metered, invoices, run_id, recorded, EventTable(self.lake), executor)

    def _breakdown_lines(self, period: Period, record: RunRecord) -> pa.Table:
        """The lines of the bill that was published, cut into days: over the events and the catalog of its run."""
        snapshot = EventTable(self.lake).snapshot(record.events_version) or NOTHING_LANDED
        inputs = replace(self._inputs(record.catalog, snapshot, period, None), as_of=record.as_of)
        with self._damage_named(), self.connect() as connection:
            lines = breakdown(inputs, BreakdownWindow.DAY, None, self._executor(connection, isolate=False))
        return lines.select(["id", "invoice_id", "window_starting_at", "credit_type_id", "in_total", "total"])

    def _recorded(self) -> Recorded:
        """Reads what runs were computed from, each once."""

        @cache
        def recorded(run_id: str) -> RunRecord | str:
            folder = self.root / "runs" / run_id
            try:
                inputs, text = recorded_inputs(folder), recorded_text(folder, CATALOG)
            except CorruptFileError as error:
                return self._without_root(str(error))
            if inputs is None or text is None:
                return f"the record of run {run_id} is gone"
            as_of = None if inputs.get("as_of") is None else parse_instant(inputs["as_of"])
            return RunRecord(Catalog.from_json(text), inputs["events_version"], as_of)

        return recorded


def _controls(unrated: Severity) -> tuple[Control, ...]:
    """Usage without a price fails its control where the configuration says so."""
    status = Status.FAIL if unrated is Severity.FAIL else Status.WARN
    return tuple(
        replace(control, on_difference=status) if control.sql == "c06_rated" else control for control in CONTROLS
    )


def _can_render() -> bool:
    """Whether the extra `reports` is installed."""
    try:
        import great_tables  # noqa: F401
        import xlsxwriter  # noqa: F401
    except ImportError:
        return False
    return True
