"""A workspace: a folder with a configuration, a catalog, a lake of events and results, and the runs made there."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb

from engine.billing import Progress
from engine.breakdown import breakdown
from engine.catalog.catalog import Catalog
from engine.catalog.load import load_catalog, read_catalog
from engine.clock import cut_off, moment
from engine.config import CONFIG_FILE, Config, load_config
from engine.errors import CorruptFileError, Problem, UserError
from engine.events.land import LandingResult, land
from engine.events.rejected import rejected_events
from engine.events.table import NOTHING_LANDED, EventSnapshot, EventTable
from engine.events.verify import Finding, verify
from engine.executors.connection import connect
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.repeatable import check_repeatable
from engine.invoices.earlier import earlier_runs
from engine.invoices.publish import Outputs
from engine.landable import Landable, named_sources, source_of
from engine.landing import Landing
from engine.lock import exclusive
from engine.metrics.check import check_metrics
from engine.metrics.compile_text import compile_sql_text as compile_sql_text
from engine.metrics.meter import compile_rows, compiled_text, metric_query
from engine.metrics.scope import PropertyStore, Scope
from engine.published import lines_of, published_balances, published_ledger, published_output, run_saw
from engine.rating.inputs import rated_products
from engine.reports.event_billing import PublishedPeriods
from engine.reports.event_matches import EventReport, report_event
from engine.reports.example_event import example_event
from engine.reports.example_sender import sender_of
from engine.reports.preview import PreviewQuestion, preview_rows
from engine.reports.usage import UsageQuestion, usage_bounds, usage_over_time
from engine.result import Rows
from engine.runs import Run, RunInputs, run_period
from engine.values.period import Period, parse_period, periods_through
from engine.values.windows import BreakdownWindow, UsageWindow, window_named


def no_progress(step: str, done: int, total: int) -> None:
    """For callers that do not watch."""


class Workspace:
    """One workspace folder; every method reads the files afresh, so edits show at once.

    Times given as `now` are RFC 3339 text or datetimes (naive means UTC); left out, the wall clock is read here and
    nowhere deeper.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)
        self.config: Config = load_config(self.root)

    @property
    def lake(self) -> Path:
        """Where events and published results live."""
        return self.root / "lake"

    @property
    def catalog(self) -> Catalog:
        """The catalog as it stands in the files; raises CatalogError with every problem."""
        return load_catalog(self.root)

    def validate(self, *, strict: bool = False) -> tuple[Problem, ...]:
        """Every problem in the catalog and in the SQL metrics, without reading any event.

        With `strict`, or when the configuration says so, also what Metronome does not document in SQL metrics.
        """
        catalog, problems = read_catalog(self.root)
        strict = strict or self.config.metering.strict
        return tuple(sorted({*problems, *(check_metrics(catalog, strict) if catalog is not None else ())}))

    def check_repeatable(self, metric: str) -> None:
        """Runs a metric on generated events in several orders, with 1, 2 and 8 threads.

        Raises DuckbillError when the answers differ; that would be a fault of duckbill.
        """
        found = self.catalog.metric_named(metric)
        query = metric_query(found)
        with tempfile.TemporaryDirectory(prefix=".spill-", dir=self.root) as spill:
            check_repeatable(found.name, query, query.group_columns, Path(spill))

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
        with exclusive(self.lake), self.connect() as connection:
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

    def verify(self) -> list[Finding]:
        """Hashes every committed event file again; what is missing, changed or foreign (DESIGN §4)."""
        return verify(EventTable(self.lake))

    def compile(self, metric: str, *, period: str | None = None) -> str:
        """The SQL that previews a metric, as it will run over all customers.

        How numbers are read depends on what has landed: with a period, the SQL is for the events of that period.
        """
        query = metric_query(self.catalog.metric_named(metric))
        store, rows = self._store(parse_period(period) if period is not None else None)
        return compiled_text(compile_rows(query, Scope(store), rows))

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
        only = _customer_id(catalog, customer)
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
        only = _customer_id(catalog, customer)
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
        only = _customer_id(catalog, customer)
        with self._damage_named(), self.connect() as connection:
            inputs = self._inputs(catalog, self._snapshot(), parse_period(period), as_of)
            return Rows(
                breakdown(
                    inputs, window_named(BreakdownWindow, window), only, self._executor(connection, isolate=False)
                )
            )

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

    def _inputs(
        self,
        catalog: Catalog,
        landed: EventSnapshot,
        month: Period,
        as_of: datetime | str | None,
        isolate: bool = False,
    ) -> RunInputs:
        earlier = earlier_runs(Outputs(self.lake), catalog, month)
        return RunInputs(self.root, self.config, catalog, landed, month, cut_off(as_of), isolate, earlier)

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

    def balances(self, *, at: datetime | str | None = None, customer: str | None = None) -> Rows:
        """What each commit and credit in force at an instant holds then: granted + manual - drawn = balance.

        `at` is the present when left out. The catalog says what is granted, published invoices what is drawn, as far as
        they go: `as_of_period` is the last billing period that has been published by then, if any.
        Columns: see `reports/balances.py`. Grain: segment_id.
        """
        catalog = self.catalog
        only = _customer_id(catalog, customer)
        with self.connect() as connection:
            executor = self._executor(connection, isolate=False)
            return published_balances(Outputs(self.lake), catalog, moment(at), only, executor)

    def ledger(self, period: str | None = None, *, customer: str | None = None, balance: str | None = None) -> Rows:
        """The published ledger entries of a billing period, by default of all, of one customer or balance when named.

        Columns: customer_name, balance_name, billing_period, then those of `rating/stages/ledger.sql`. Grain: id.
        """
        catalog = self.catalog
        only = _customer_id(catalog, customer)
        with self.connect() as connection:
            executor = self._executor(connection, isolate=False)
            return published_ledger(Outputs(self.lake), catalog, period, only, balance, executor)

    def alerts(self, period: str | None = None) -> Rows:
        """Who crossed the threshold of an alert, when, in a billing period, by default the latest."""
        return published_output(Outputs(self.lake), "alerts", period)

    def event(self, transaction_id: str) -> EventReport:
        """What became of every event with this transaction id: where it landed, whose it is, which metrics it matches.

        Raises UserError when no event and no refused line has it.
        """
        published = PublishedPeriods(Outputs(self.lake).read, partial(run_saw, self.root))
        with self._damage_named():
            return report_event(self.connect, self.lake, self.catalog, transaction_id, published)

    def example_event(self, metric: str, *, now: datetime | str | None = None) -> dict[str, object]:
        """An event, as it would be landed, that the metric counts; raises UserError when none can be built."""
        catalog = self.catalog
        found = catalog.metric_named(metric)
        with self.connect() as connection:
            return example_event(connection, found, sender_of(catalog, found, moment(now)))

    def invoices(self, period: str | None = None) -> Rows:
        """The published invoices of a billing period, by default the latest."""
        return published_output(Outputs(self.lake), "invoices", period)

    def line_items(self, period: str | None = None) -> Rows:
        """The published line items of a billing period, by default the latest."""
        return published_output(Outputs(self.lake), "line_items", period)

    def invoice_lines(self, invoice: str, period: str | None = None) -> Rows:
        """The lines of one published invoice by its id, or of all of a customer's by name, id or alias."""
        return lines_of(Outputs(self.lake), self.catalog, invoice, period)

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection as runs use it, closed with its spill files at the end."""
        spill = Path(tempfile.mkdtemp(prefix=".spill-", dir=self.root))
        try:
            with closing(connect(self.config.engine.settings(), spill)) as connection:
                yield connection
        finally:
            shutil.rmtree(spill, ignore_errors=True)

    @contextmanager
    def _damage_named(self) -> Iterator[None]:
        """What the database cannot do because of the workspace, told as that: a damaged event file, too little memory.

        Event files are hashed only once something has failed, so that this costs nothing otherwise.
        """
        try:
            yield
        except duckdb.OutOfMemoryException as error:
            limit = self.config.engine.memory_limit
            raise UserError(f"{limit} of memory was not enough; raise memory_limit in {CONFIG_FILE}") from error
        except duckdb.Error as error:
            damaged = [str(finding) for finding in self.verify() if finding.kind != "orphan"]
            if not damaged:
                raise
            raise CorruptFileError("\n".join(damaged)) from error

    def _executor(self, connection: duckdb.DuckDBPyConnection, isolate: bool) -> DuckDBExecutor:
        return DuckDBExecutor(connection, self.config.isolation.limits(isolate))

    def _snapshot(self, *, needed: bool = True) -> EventSnapshot:
        """The events as they are now; raises UserError when none has landed and some are needed."""
        snapshot = EventTable(self.lake).snapshot()
        if snapshot is not None and snapshot.files:
            return snapshot
        if needed:
            raise UserError(f"no events have landed in {self.root} yet; land some first: duckbill land FILE")
        return NOTHING_LANDED

    def _store(self, period: Period | None) -> tuple[PropertyStore, int]:
        """What is known of the properties: of a period's events, of all events, or of none when none has landed."""
        snapshot = EventTable(self.lake).snapshot()
        if snapshot is None:
            return PropertyStore({}), 0
        if period is not None:
            snapshot = snapshot.between(period.starting_at, period.ending_before)
        return PropertyStore(snapshot.profiles()), snapshot.rows


def open_workspace(root: Path | str = ".") -> Workspace:
    """The workspace in a folder; raises UserError when it is none."""
    return Workspace(root)


def _customer_id(catalog: Catalog, customer: str | None) -> str | None:
    """The id of a customer by id, name or ingest alias; None stands for everybody."""
    return None if customer is None else catalog.customer_named(customer).id
