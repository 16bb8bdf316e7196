"""A workspace: a folder with a configuration, a catalog, a lake of events and results, and the runs made there."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from engine.billing import Progress
from engine.breakdown import breakdown
from engine.clock import cut_off, moment
from engine.config import CONFIG_FILE
from engine.diffing import Diffing
from engine.doctoring import Doctoring
from engine.errors import Problem
from engine.events.land import LandingResult, land
from engine.events.rejected import rejected_events
from engine.events.table import EventTable
from engine.executors.repeatable import check_repeatable
from engine.explaining import Explaining
from engine.exporting import Exporting
from engine.landable import Landable, named_sources, source_of
from engine.landing import Landing
from engine.maintaining import Maintaining
from engine.metrics.compile_text import NO_EVENTS, compile_query
from engine.metrics.compile_text import compile_sql_text as compile_sql_text
from engine.metrics.meter import metric_query
from engine.metrics.scope import PropertyStore
from engine.migrating import Migrating
from engine.nights import Nights
from engine.opened import customer_id_of, no_progress
from engine.published import lines_of, published_balances, published_ledger, published_output, run_saw
from engine.reports.event_billing import PublishedPeriods
from engine.reports.event_matches import EventReport, report_event
from engine.reports.example_event import example_event
from engine.reports.example_sender import sender_of
from engine.reports.preview import PreviewQuestion, preview_rows
from engine.reports.usage import UsageQuestion, usage_bounds, usage_over_time
from engine.result import Rows
from engine.simulating import Simulating
from engine.validating import Validation, validation_of
from engine.values.period import parse_period
from engine.values.windows import BreakdownWindow, UsageWindow, window_named


class Workspace(Nights, Explaining, Exporting, Diffing, Simulating, Maintaining, Doctoring, Migrating):
    """One workspace folder; every method reads the files afresh, so edits show at once.

    Times given as `now` are RFC 3339 text or datetimes (naive means UTC); left out, the wall clock is read here and
    nowhere deeper.
    """

    def validate(self, *, strict: bool = False) -> tuple[Problem, ...]:
        """Every problem in the catalog and in the SQL metrics, without reading any event.

        With `strict`, or when the configuration says so, also what Metronome does not document in SQL metrics.
        """
        return self.validation(strict=strict).problems

    def validation(self, *, strict: bool = False) -> Validation:
        """The problems of `validate`, and notes on what is right and may still not be what is meant."""
        return validation_of(self.root, self.config, strict=strict)

    def check_repeatable(self, metric: str) -> bool:
        """Runs a metric on generated events in several orders, with 1, 2 and 8 threads.

        Raises DuckbillError when the answers differ; that would be a fault of duckbill. False for a metric that cannot
        be judged so, because it fails on such events or takes too long.
        """
        found = self.catalog.metric_named(metric)
        query = metric_query(found)
        with tempfile.TemporaryDirectory(prefix=".spill-", dir=self.root) as spill:
            return check_repeatable(found.name, query, query.group_columns, Path(spill))

    def check_all_repeatable(self) -> dict[str, bool]:
        """`check_repeatable` of every SQL metric: by name, whether it could be judged."""
        return {
            metric.name: self.check_repeatable(metric.id)
            for metric in self.catalog.billable_metrics
            if metric.sql is not None
        }

    def land(
        self,
        events: Landable,
        *,
        now: datetime | str | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> LandingResult:
        """Lands events once: validated, deduplicated, written, committed (DESIGN §4).

        Takes a path to NDJSON, a JSON array or Parquet; dicts; an Arrow table or reader; a Polars frame. Raises
        UserError for input that cannot be read and WorkspaceBusyError while another process writes.
        """
        source = source_of(events)
        with self._writing("land"), self._damage_named(), self.connect(arithmetic=False) as connection:
            return land(
                self.lake,
                source,
                now=moment(now),
                limits=self.config.landing.limits(),
                connection=connection,
                progress=progress,
            )

    def land_files(
        self, files: Sequence[str], *, now: datetime | str | None = None, progress: Progress = no_progress
    ) -> Landing:
        """Lands files one after the other, `-` being standard input; a file that cannot be read lands nothing.

        Every name is looked at before the first file lands, so that a misspelt one leaves the workspace as it was.
        """
        clock = moment(now)
        results = [
            self.land(source, now=clock, progress=partial(progress, f"landing {source.name}"))
            for source in named_sources(files)
        ]
        return Landing(tuple(results))

    def rejected(self) -> Rows:
        """Every refused line with its reason, and every duplicate, oldest first."""
        return Rows(rejected_events(self.lake))

    def compile(self, metric: str, *, period: str | None = None) -> str:
        """The SQL that previews a metric, as it will run over all customers.

        How numbers are read depends on what has landed: without a period, the SQL is for all of it. Properties that no
        event has are NULL there, which a comment says.
        """
        return compile_query(metric_query(self.catalog.metric_named(metric)), *self._store(period))

    def compile_sql(self, text: str, *, period: str | None = None, file: str = "<metric>", strict: bool = False) -> str:
        """The same for the text of a SQL metric that is in no catalog; raises CatalogError with every refusal."""
        strict = strict or self.config.metering.strict
        store, rows = self._store(period)
        return compile_sql_text(text, file=file, strict=strict, store=store, rows=rows)

    def preview(
        self,
        metric: str,
        *,
        period: str,
        customer: str | None = None,
        group_by: Iterable[str] = (),
        as_of: datetime | str | None = None,
        isolate: bool = False,
    ) -> Rows:
        """A metric over one calendar month, by customer; writes nothing.

        Columns: customer_id, customer_name, the metric's group columns, and its quantity. A streaming metric is
        grouped by `group_by`; a SQL metric by its own columns. Grain: customer_id and the group columns.
        """
        catalog = self.catalog
        found = catalog.metric_named(metric)
        month = parse_period(period)
        landed = self._snapshot()
        only = customer_id_of(catalog, customer)
        question = PreviewQuestion(month, tuple(group_by), only, cut_off(as_of))
        with self._damage_named(), self.connect() as connection:
            return Rows(preview_rows(catalog, found, question, landed, self._executor(connection, isolate)))

    def usage(
        self,
        metric: str,
        *,
        starting_on: str | None = None,
        ending_before: str | None = None,
        period: str | None = None,
        window: str = "none",
        customer: str | None = None,
        group_by: Iterable[str] = (),
        as_of: datetime | str | None = None,
        isolate: bool = False,
    ) -> Rows:
        """A metric over time, by customer and window (spec/metering.md §10): the value over the events inside each
        window alone, not what it added; of LATEST, the latest in it.

        Over the days from `starting_on` until `ending_before`, or over a calendar month `period`; `window` is `hour`,
        `day` or `none`. Without `group_by` there is a row for each customer and window, with no value where no event
        matched; with it, a row for each combination of values that has usage. A streaming metric is grouped by one
        of its declared group keys, whole; a SQL metric by any of its columns.
        Columns: customer_id, customer_name, starting_at, ending_before, the keys, value. Grain: all but value.
        """
        catalog = self.catalog
        bounds = usage_bounds(period, starting_on, ending_before)
        only = customer_id_of(catalog, customer)
        landed = self._snapshot()
        with self._damage_named(), self.connect() as connection:
            return Rows(
                usage_over_time(
                    catalog,
                    catalog.metric_named(metric),
                    UsageQuestion(bounds, window_named(UsageWindow, window), tuple(group_by), only, cut_off(as_of)),
                    landed,
                    self._executor(connection, isolate),
                )
            )

    def breakdown(
        self,
        period: str,
        *,
        window: str = "day",
        customer: str | None = None,
        as_of: datetime | str | None = None,
    ) -> Rows:
        """The lines of a billing period's invoices cut into days or hours, from the events as they are now.

        The windows of a line add up to the line, and those of an invoice to the invoice (spec/metering.md §10.3). What
        is billed once for a service period stands in its last window. Columns: those of `line_items`, with
        window_starting_at and window_ending_before. Hours need a `customer`. Writes nothing.
        """
        catalog = self.catalog
        only = customer_id_of(catalog, customer)
        with self._damage_named(), self.connect() as connection:
            inputs = self._inputs(catalog, self._snapshot(), parse_period(period), as_of)
            return Rows(
                breakdown(
                    inputs, window_named(BreakdownWindow, window), only, self._executor(connection, isolate=False)
                )
            )

    def balances(self, *, at: datetime | str | None = None, customer: str | None = None) -> Rows:
        """What each commit and credit in force at an instant holds then: granted + manual - drawn = balance.

        `at` is the present when left out. The catalog says what is granted, published invoices what is drawn, as far as
        they go: `as_of_period` is the last billing period that has been published by then, if any.
        Columns: see `reports/balances.py`. Grain: segment_id.
        """
        catalog = self.catalog
        only = customer_id_of(catalog, customer)
        with self.connect() as connection:
            executor = self._executor(connection, isolate=False)
            return published_balances(self.outputs, catalog, moment(at), only, executor)

    def ledger(self, period: str | None = None, *, customer: str | None = None, balance: str | None = None) -> Rows:
        """The published ledger entries of a billing period, by default of all, of one customer or balance when named.

        Columns: customer_name, balance_name, billing_period, then those of `rating/stages/ledger.sql`. Grain: id.
        """
        catalog = self.catalog
        only = customer_id_of(catalog, customer)
        with self.connect() as connection:
            executor = self._executor(connection, isolate=False)
            return published_ledger(self.outputs, catalog, period, only, balance, executor)

    def alerts(self, period: str | None = None) -> Rows:
        """Who crossed the threshold of an alert, when, in a billing period, by default the latest."""
        return published_output(self.outputs, "alerts", period)

    def event(self, transaction_id: str) -> EventReport:
        """What became of every event with this transaction id: where it landed, whose it is, which metrics it matches.

        Raises UserError when no event and no refused line has it.
        """
        published = PublishedPeriods(self.outputs.read, partial(run_saw, self.root))
        with self._damage_named():
            return report_event(self.connect, self.lake, self.catalog, transaction_id, published)

    def invalid_values(self, period: str | None = None) -> Rows:
        """What metrics could not read as numbers when a billing period was billed, by default the latest.

        Such a value counts as absent. Looked at are the days of the statements that the period bills, and the metrics
        of products that have a rate; a customer need not have a contract.
        Columns: billable_metric_id, metric_name, customer_id, date (UTC), events, sample_transaction_ids (the first
        three in byte order), properties. Grain and order: billable_metric_id, customer_id, date. Raises UserError, with
        the nearest that is published, when the period is not.
        """
        order = ("billable_metric_id", "customer_id", "date")
        table = published_output(self.outputs, "invalid_values", period).arrow()
        return Rows(table.sort_by([(name, "ascending") for name in order]))

    def example_event(self, metric: str, *, now: datetime | str | None = None) -> dict[str, object]:
        """An event, as it would be landed, that the metric counts; raises UserError when none can be built."""
        catalog = self.catalog
        found = catalog.metric_named(metric)
        with self.connect() as connection:
            return example_event(connection, found, sender_of(catalog, found, moment(now)))

    def invoices(self, period: str | None = None) -> Rows:
        """The published invoices of a billing period, by default the latest."""
        return published_output(self.outputs, "invoices", period)

    def line_items(self, period: str | None = None) -> Rows:
        """The published line items of a billing period, by default the latest."""
        return published_output(self.outputs, "line_items", period)

    def invoice_lines(self, invoice: str, period: str | None = None) -> Rows:
        """The lines of one published invoice by its id, or of all of a customer's by name, id or alias."""
        return lines_of(self.outputs, self.catalog, invoice, period)

    def _store(self, period: str | None) -> tuple[PropertyStore, int]:
        """What is known of the properties: of a period's events, of all events, or of none when none has landed."""
        month = parse_period(period) if period is not None else None
        snapshot = EventTable(self.lake).snapshot()
        if snapshot is None:
            return NO_EVENTS, 0
        if month is not None:
            snapshot = snapshot.between(month.starting_at, month.ending_before)
        return PropertyStore(snapshot.profiles(), snapshot.partial_fields()), snapshot.rows


def is_workspace(root: Path) -> bool:
    """Whether a folder is meant to be a workspace, right or wrong as it may be."""
    return (root / CONFIG_FILE).exists()


def open_workspace(root: Path | str = ".", *, wait: float = 0) -> Workspace:
    """The workspace in a folder; what writes waits up to `wait` seconds for another process that does.

    Raises UserError when the folder is no workspace, or a newer duckbill has written it.
    """
    return Workspace(root, wait=wait)
