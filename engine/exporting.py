"""Exports: what was published, in the tables of other systems."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.clock import moment
from engine.errors import UserError
from engine.executors.duckdb import DuckDBExecutor
from engine.metronome.export import ExportSource, export_tables
from engine.metronome.layout import check_folder
from engine.metronome.published import Published
from engine.metronome.sql_granularity import with_granularity
from engine.metronome.write import write_export
from engine.opened import Opened
from engine.rebilling.recorded_days import RecordedDays
from engine.rebilling.recorded_run import RecordedRun
from engine.rebilling.run_origins import RunOrigins
from engine.reports.exports.billed_lines import load_billed_lines
from engine.reports.exports.focus.dataset import FocusQuestion, focus_tables
from engine.reports.exports.focus.rules import CHECKS_FILE, FOCUS_FILE, Checked, check, checks_table
from engine.reports.exports.journal.accounts import read_accounts, template
from engine.reports.exports.journal.entries import journal_entries
from engine.reports.exports.revenue.reports import load_revenue_lines, revenue_reports
from engine.reports.output_folder import FolderKind, check_target, write_parquet, write_tables
from engine.result import Rows
from engine.values.period import parse_months
from engine.version import SCHEMA_VERSION

#: The file of a workspace that maps revenue to accounts.
ACCOUNTS_FILE = "accounts.csv"

_FOCUS = FolderKind("a FOCUS export", FOCUS_FILE)
_REVENUE = FolderKind("an export of revenue", "revenue.parquet")
_JOURNAL = FolderKind("an export of a journal", "journal.parquet")


@dataclass(frozen=True)
class Export:
    """What an export holds: tables by name, of these billing periods.

    `folder` is where their Parquet files are, None when none were written. `failed` are the rules of the target format
    that the tables break, of FOCUS by name; there should never be any.
    """

    kind: str
    periods: tuple[str, ...]
    tables: Mapping[str, Rows]
    folder: Path | None
    failed: tuple[str, ...] = ()

    @property
    def frames(self) -> Mapping[str, pl.DataFrame]:
        """Every table by name, as a Polars frame."""
        return {name: rows.pl() for name, rows in self.tables.items()}

    def summary(self) -> dict[str, object]:
        """One JSON-ready mapping."""
        return {
            "schema_version": SCHEMA_VERSION,
            "command": f"export {self.kind}",
            "status": "failed" if self.failed else "done",
            "periods": list(self.periods),
            "tables": {name: len(rows) for name, rows in self.tables.items()},
            "failed": list(self.failed),
            "folder": None if self.folder is None else str(self.folder),
        }


class Exporting(Opened):
    """Published billing periods as other systems want them; nothing of the workspace is changed."""

    def export_metronome(
        self,
        period: str,
        *,
        out: Path | str | None = None,
        now: datetime | str | None = None,
        breakdowns: bool = True,
    ) -> Export:
        """Published months, `2026-10` or `2026-10..2026-12`, as the tables of Metronome's Data Export.

        Tables, columns and grain: `engine/metronome/README.md`. `now` is when the transfer takes place, the present
        when left out; without `breakdowns` their tables stay empty. With `out` the files are added to that folder,
        beside those of earlier transfers. Raises UserError for a month that is not published.
        """
        if out is not None:
            check_folder(Path(out))
        clock = moment(now)
        labels = tuple(each.label for each in parse_months(period))
        published = Published(self.outputs, labels, self.root)
        days = RecordedDays(RunOrigins(self.root, self.config), self.outputs, self._executors).of_period
        # Which segments SQL metrics are billed by is the workspace's to say, and whoever reads the export has none.
        catalog = with_granularity(self.catalog, self.config.metering.sql_breakdown_granularity)
        source = ExportSource(
            catalog,
            published,
            self._snapshot(needed=False),
            self._executors,
            days if breakdowns else None,
        )
        with self._damage_named():
            tables = export_tables(source, clock)
        if out is not None:
            write_export(Path(out), tables, clock)
        return Export("metronome", labels, _rows(tables), None if out is None else Path(out))

    @contextmanager
    def _executors(self) -> Iterator[DuckDBExecutor]:
        """An executor on a connection of its own."""
        with self.connect() as connection:
            yield self._executor(connection, isolate=False)

    def export_focus(
        self,
        period: str,
        *,
        out: Path | str | None = None,
        issuer: str | None = None,
        sub_account: str | None = None,
    ) -> Export:
        """The invoices of published months, `2026-10` or `2026-10..2026-12`, as a FOCUS 1.2 dataset.

        Tables: `focus` (columns and grain: `reports/exports/focus/focus.sql`), `focus_invoices`, what each InvoiceId
        must add up to, and `focus_checks`, the rules of FOCUS with the queries that ask for what breaks them. `issuer`
        is who sends the invoices, by default the workspace's name; `sub_account` a group key whose values are sub
        accounts. With `out` they are written there as Parquet. Raises UserError for a month that is not published.
        """
        target = _target(out, _FOCUS)
        checked: list[Checked] = []
        with self._billed_lines(period) as (labels, catalog, executor):
            question = FocusQuestion(issuer or self.config.workspace.name, sub_account)
            tables = focus_tables(catalog, question, executor)

        def write_checks(path: Path) -> None:
            checked.extend(check(path.parent))
            write_parquet(checks_table(checked), path)

        if target is None:
            with tempfile.TemporaryDirectory(prefix=".export-", dir=self.root) as folder:
                write_tables(Path(folder), tables, _FOCUS, {CHECKS_FILE: write_checks})
        else:
            write_tables(target, tables, _FOCUS, {CHECKS_FILE: write_checks})
        failed = tuple(each.rule.name for each in checked if each.violations)
        return Export("focus", labels, _rows({**tables, CHECKS_FILE: checks_table(checked)}), target, failed)

    def export_revenue(self, period: str, *, out: Path | str | None = None) -> Export:
        """Revenue of published months by product and category, and the standard reports.

        Tables: `revenue`, `commit_expirations`, `true_up_invoices`, `commits_and_credits`, `invoices`, `customers`,
        `contracts`; the files in `reports/exports/revenue/` give columns and grain. With `out` they are written there
        as Parquet. Raises UserError for a month that is not published.
        """
        target = _target(out, _REVENUE)
        with self._billed_lines(period) as (labels, catalog, executor):
            load_revenue_lines(executor)
            reports = revenue_reports(catalog, executor)
        return _exported(
            "revenue", labels, {f"{name}.parquet": each for name, each in reports.items()}, target, _REVENUE
        )

    def export_journal(
        self, period: str, *, accounts: Path | str | None = None, out: Path | str | None = None
    ) -> Export:
        """The revenue of published months as debits and credits of the accounts in a CSV file.

        `accounts` is `accounts.csv` of the workspace when left out. Table: `journal` (columns and grain:
        `reports/exports/journal/journal.sql`). With `out` it is written there as Parquet. Raises UserError for a month
        that is not published and for revenue that the file maps to no accounts.
        """
        target = _target(out, _JOURNAL)
        path = self.root / ACCOUNTS_FILE if accounts is None else Path(accounts)
        with self._billed_lines(period) as (labels, catalog, executor):
            mapped = read_accounts(path, catalog)
            load_revenue_lines(executor)
            journal = journal_entries(catalog, mapped, executor)
        return _exported("journal", labels, {_JOURNAL.mark: journal}, target, _JOURNAL)

    @contextmanager
    def _billed_lines(self, period: str) -> Iterator[tuple[tuple[str, ...], Catalog, DuckDBExecutor]]:
        """An executor on which `billed_lines` of these months stand."""
        labels = tuple(each.label for each in parse_months(period))
        self.outputs.check_published(labels)
        catalog = self.catalog
        with self._damage_named(), self._executors() as executor:
            load_billed_lines(self.outputs, labels, executor, self._catalog_of)
            yield labels, catalog, executor

    def _catalog_of(self, label: str) -> Catalog:
        """The catalog that a month was billed with, or the present one when its record is gone."""
        try:
            return RecordedRun.read(self.root, self.outputs.published_run(label) or "").catalog
        except UserError:
            return self.catalog


def write_accounts_template(path: Path) -> None:
    """Writes a file of accounts to begin with; raises UserError, and leaves it as it is, when there is one."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(template())
    except FileExistsError:
        raise UserError(f"{path} is there already; name a new file") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be written: {error.strerror}") from error


def _target(out: Path | str | None, kind: FolderKind) -> Path | None:
    """Where an export is written to, looked at before any work is done."""
    if out is None:
        return None
    check_target(Path(out), kind)
    return Path(out)


def _exported(
    name: str, labels: tuple[str, ...], tables: Mapping[str, pa.Table], target: Path | None, kind: FolderKind
) -> Export:
    if target is not None:
        write_tables(target, tables, kind)
    return Export(name, labels, _rows(tables), target)


def _rows(tables: Mapping[str, pa.Table]) -> dict[str, Rows]:
    return {name.removesuffix(".parquet"): Rows(table) for name, table in tables.items()}
