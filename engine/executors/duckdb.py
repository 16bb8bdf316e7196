"""Runs compiled metrics and rating stages on DuckDB: the default executor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from sqlglot import exp

from engine.catalog.metric import BillableMetric
from engine.errors import DuckbillError
from engine.executors.connection import execute, metric_time_limit
from engine.executors.empty_tables import EmptyTables
from engine.executors.fixed_sql import fixed_query
from engine.executors.isolated import Isolated, IsolationLimits, run_isolated
from engine.executors.metric_failures import Failure, MetricFailed, failing_customers, failures_told
from engine.executors.second_opinion import METER_RELATIONS, second_opinion
from engine.metrics.meter import Reading
from engine.metrics.overflow import needs_more_digits
from engine.metrics.scope import Scope, filterable_events
from engine.metrics.streaming import instant
from engine.rating.inputs import MOST_PLACES, PricingInputs
from engine.rating.pipeline import Stage, macros_sql, pass_sql
from engine.values.numbers import MAX_DIGITS
from engine.values.period import Period

#: What a metric's quantity may be typed as; anything else is not exact.
_WHOLE_TYPES = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
)


class DuckDBExecutor:
    """Tables and views on one connection, made in the order that a run needs them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, isolation: IsolationLimits | None = None) -> None:
        """With `isolation`, SQL metrics run in a process of their own, under these limits."""
        self.connection = connection
        self.isolation = isolation
        self._event_files: tuple[Path, ...] = ()
        self._event_views: tuple[str, ...] = ()
        self._empty = EmptyTables(connection)
        connection.execute(macros_sql())

    def load(self, name: str, table: pa.Table) -> None:
        """A temporary table with the rows of an Arrow table, in place of any that has its name."""
        self.connection.register("incoming", table)
        self.create(name, exp.select("*").from_("incoming"))
        self.connection.unregister("incoming")
        self._empty.loaded(name, table)

    def add_rows(self, name: str, rows: pa.Table, order: Sequence[str]) -> None:
        """Adds rows to a table, in the order of these columns and otherwise after its own; absent columns are NULL."""
        self.connection.register("incoming", rows)
        self.connection.execute(" ".join(("INSERT INTO", name, "BY NAME FROM incoming")))
        self.connection.unregister("incoming")
        self.create("all_rows", exp.select("*").from_(name).order_by(*order, "rowid"))
        self.create(name, exp.select("*").from_("all_rows"))

    def view_events(self, paths: Sequence[Path], fallback: Path, as_of: datetime | None = None) -> None:
        """The view `landed_events` over an explicit list of files; never a glob, never types from paths; and the
        view `event_files` of those of them that had arrived by `as_of`, which is what metrics read.

        Without files they have no rows and the columns of `fallback`.
        """
        scan = exp.func(
            "read_parquet",
            exp.Array(expressions=[exp.Literal.string(str(path)) for path in paths or [fallback]]),
            exp.PropertyEQ(this=exp.to_identifier("union_by_name"), expression=exp.true()),
            exp.PropertyEQ(this=exp.to_identifier("hive_partitioning"), expression=exp.false()),
        )
        landed = exp.select("*").from_(exp.Table(this=scan))
        landed = landed if paths else landed.where(exp.false())
        arrived = exp.select("*").from_("landed_events")
        if as_of is not None:
            arrived = arrived.where(exp.LTE(this=exp.column("ingested_at"), expression=instant(as_of)))
        views = _create("VIEW", "landed_events", landed), _create("VIEW", "event_files", arrived)
        for view in views:
            self.connection.execute(view)
        self._event_files, self._event_views = tuple(paths) or (fallback,), views

    def view_filterable_events(self, scope: Scope) -> None:
        """The view `filterable_events`: what landed, and what usage filters look at."""
        self.connection.execute(_create("VIEW", "filterable_events", filterable_events(scope)))

    def load_pricing(self, inputs: PricingInputs) -> None:
        """Every input table, and the run's narrow exact types by the names that the stages cast to."""
        for name, table in inputs.tables.items():
            self.load(name, table)
        scales = inputs.scales
        for name, places in (
            ("QUANTITY", scales.quantity),
            ("UNIT_PRICE", scales.unit_price),
            ("EXACT_UNIT_PRICE", scales.price + scales.multiplier),
        ):
            decimal = exp.DataType.build(f"DECIMAL(38, {places})", dialect="duckdb")
            self.connection.execute(" ".join(("CREATE TYPE", name, "AS", decimal.sql("duckdb"))))

    def run_stage(self, stage: Stage) -> None:
        """A stage's SELECT as a table of its name or as a view, or into an earlier stage's table; its grain checked."""
        if stage.is_view:
            self.connection.execute(" ".join(("CREATE TEMP VIEW", stage.name, "AS\n")) + stage.sql)
            return
        if self._empty.is_known(stage.name) and self._empty.leaves_none(stage.tree):
            if not stage.into:
                self._empty.make(stage.name)
            return
        into = ("INSERT INTO", stage.into, "BY NAME\n") if stage.into else ("CREATE TEMP TABLE", stage.name, "AS\n")
        ((rows,),) = execute(self.connection, " ".join(into) + stage.sql)
        if rows:
            self._empty.written(stage.into or stage.name)
        else:
            self._empty.remember(stage)
        if rows <= (0 if stage.into else 1):
            return
        columns = [exp.column(name) for name in stage.grain]
        repeated = (
            exp.select(*columns)
            .from_(exp.to_table(stage.into or stage.name))
            .group_by(*columns)
            .having("count(*) > 1")
            .limit(1)
        )
        for row in execute(self.connection, repeated.sql("duckdb")):
            raise DuckbillError(f"stage {stage.name} has two rows for {dict(zip(stage.grain, row, strict=True))}")

    def draw(self, *, is_money: bool) -> None:
        """Lets balances cover the lines in money, or those in custom pricing units, one rank of them at a time.

        Epochs follow one another, because what rolls over is known only once the invoices before it have drawn; within
        one, as many passes as there are ranks that cover anything.
        """
        asked = "SELECT DISTINCT epoch, rank FROM coverage WHERE is_money = $is_money ORDER BY epoch, rank"
        known: int | None = None
        for epoch, rank in self.connection.execute(asked, {"is_money": is_money}).fetchall():
            if epoch != known:
                self._add("segment_amounts", "rollover_amounts", {"epoch": epoch, "is_money": is_money})
                known = epoch
            self._add("draws", "draw", {"epoch": epoch, "rank": rank, "is_money": is_money})

    def _add(self, table: str, name: str, parameters: Mapping[str, object]) -> None:
        """Adds to a table what one pass of the drawing finds."""
        execute(self.connection, " ".join(("INSERT INTO", table, "BY NAME\n")) + pass_sql(name), parameters)
        self._empty.written(table)

    def free(self, stage: Stage) -> None:
        """Drops the tables that nothing reads after this stage; together they take most of the memory."""
        for name in stage.frees:
            self.connection.execute("DROP TABLE " + exp.to_table(name).sql("duckdb"))

    def set_windows(self, rows: exp.Query) -> None:
        """The tables that scoped metrics read: `windows`, from rows of (window_id, customer_id, usage_filter_no,
        starting_at, ending_before), and `alias_windows`, the same for every id that events may carry for the customer.
        """
        self.create("windows", rows)
        self.create("alias_windows", fixed_query(__package__, "alias_windows"))

    def set_one_window(self, starting_at: datetime, ending_before: datetime, customer_id: str | None) -> None:
        """One and the same window for every customer, or for one: what a preview reads."""
        bounds = (
            exp.alias_(instant(moment), name)
            for name, moment in (("starting_at", starting_at), ("ending_before", ending_before))
        )
        number = "row_number() OVER (ORDER BY customer_id) AS window_id"
        unfiltered = "NULL::INTEGER AS usage_filter_no"
        windows = exp.select(number, "customer_id", unfiltered, *bounds, dialect="duckdb").from_("customers")
        if customer_id is not None:
            windows = windows.where(exp.column("customer_id").eq(customer_id))
        self.set_windows(windows)

    def set_no_windows(self) -> None:
        """No windows at all, for asking what types a query has."""
        never = datetime(1970, 1, 1)
        self.set_one_window(never, never, "")
        self.create("asked_windows", exp.select("*", "window_id AS customer_period_no").from_("windows"))
        self.create("window_parts", fixed_query(__package__, "window_parts"))

    def statement_bounds(self, period: Period) -> tuple[datetime, datetime]:
        """From the earliest statement period's start to the billing period's end, and at least the billing period."""
        row = self._only_row("SELECT min(period_starting_at) FROM statement_periods")
        return min(row[0] or period.starting_at, period.starting_at), period.ending_before

    def value_places(self, reading: Reading) -> list[int]:
        """The decimal places of each quantity of a reading, as DuckDB types it.

        Raises DuckbillError when a type is not exact, because no DOUBLE may survive in a compiled plan (DESIGN §6), and
        when DuckDB's own parser finds in the text what no metric may contain.
        """
        second_opinion(self.connection, reading.query.sql("duckdb"), METER_RELATIONS)
        described = self.connection.execute("DESCRIBE " + reading.query.sql("duckdb")).fetchall()
        kinds = {str(name): str(kind) for name, kind, *_ in described}
        for name, kind in kinds.items():
            if "DOUBLE" in kind or "FLOAT" in kind:
                raise DuckbillError(f"column {name} of a compiled metric is {kind}, which is not exact")
        if reading.wide_scale is not None:
            return [min(reading.wide_scale, MOST_PLACES)]
        return [_places(kinds[column]) for column in reading.columns]

    def answers(self, query: exp.Select, metric: BillableMetric) -> exp.Select:
        """The query itself, or, where metrics are isolated, a SELECT of the rows that it gave in its own process."""
        if self.isolation is None or metric.sql is None:
            return query
        setup = Isolated(
            metric=metric.name,
            tables={name: self.table(name) for name in ("windows", "alias_windows")},
            event_files=self._event_files,
            views=self._event_views,
        )
        self.load("isolated_rows", run_isolated(query.sql("duckdb"), setup, self.isolation))
        return exp.select("*").from_("isolated_rows")

    @contextmanager
    def running(self, metric: BillableMetric) -> Iterator[None]:
        """For the query of a metric: its time limit, and MetricFailed where the data makes it fail."""
        with metric_time_limit(self.connection, metric), failures_told(metric):
            yield

    def values(self, name: str, metric: BillableMetric, compiled: Callable[[bool], exp.Select]) -> None:
        """A table of a metric's rows over the windows that are set.

        `compiled` gives the query on the fast path, or on the one without limits when the numbers have outgrown it.
        Raises MetricFailed naming the first customer for whom a SQL metric fails.
        """
        for wide in (False, True):
            query = compiled(wide)
            second_opinion(self.connection, query.sql("duckdb"), METER_RELATIONS)
            try:
                self._values(name, metric, query)
                return
            except duckdb.Error as error:
                if wide or not needs_more_digits(error):
                    raise

    def _values(self, name: str, metric: BillableMetric, query: exp.Select) -> None:
        def read() -> None:
            with self.running(metric):
                self.create(name, self.answers(query, metric))

        try:
            read()
        except MetricFailed as failed:
            file = metric.source.file if metric.source is not None else None
            for customer, failure in self.failing_customers(failed, read, most=0).items():
                raise MetricFailed(metric.name, failure, file=file, customer=customer) from None
            raise

    def failing_customers(self, failed: MetricFailed, read: Callable[[], None], most: int) -> dict[str, Failure]:
        """The customers of the windows that are set for whom `read` raises MetricFailed; see `metric_failures`.

        It has `failed` for all of them together. In the end the windows of some customers only are set.
        """
        self.create("searched_windows", exp.select("*").from_("windows"))
        searched = exp.select("*").from_("searched_windows")
        named = exp.select("customer_id").distinct().from_("searched_windows").order_by("customer_id")
        customers = [str(customer) for (customer,) in self.connection.execute(named.sql("duckdb")).fetchall()]

        def read_some(first: str, last: str) -> None:
            self.set_windows(searched.where(exp.column("customer_id").between(first, last)))
            read()

        return failing_customers(customers, failed, read_some, most)

    def preview(self, name: str, columns: Sequence[str]) -> pa.Table:
        """A table of `values` with the customer of each window: customer_id, customer_name, then `columns`.

        A column that has the name of one of those two is shown as `key:` and its name.
        """
        taken = ("customer_id", "customer_name")
        shown = [
            exp.alias_(
                exp.column(name, table="m", quoted=True), f"key:{name}" if name.lower() in taken else name, quoted=True
            )
            for name in columns
        ]
        named = (
            exp.select(exp.column("customer_id", table="w"), exp.column("customer_name", table="c"), *shown)
            .from_(exp.to_table(name, alias="m"))
            .join(exp.to_table("windows", alias="w"), using="window_id")
            .join(
                exp.to_table("customers", alias="c"),
                on=exp.column("customer_id", table="c").eq(exp.column("customer_id", table="w")),
            )
            .order_by(*(exp.Literal.number(position) for position in range(1, len(columns) + 3)))
        )
        return self.connection.sql(named.sql("duckdb")).to_arrow_table()

    def create(self, name: str, rows: exp.Query) -> None:
        """A temporary table with the rows of a query, in place of any that has its name."""
        execute(self.connection, _create("TABLE", name, rows))
        self._empty.written(name)

    def accounted(self, sql: str, period: Period, as_of: datetime | None) -> dict[str, int]:
        """Counts by bucket: the rows (bucket, events) of a query over the events of a period."""
        bounds = {"starting_at": period.starting_at, "ending_before": period.ending_before, "as_of": as_of}
        return {str(bucket): int(events) for bucket, events in execute(self.connection, sql, bounds)}

    def contracts_with_statement(self) -> int:
        """How many contracts have a statement period that this run bills."""
        billed = "SELECT contract_id FROM statement_periods UNION SELECT contract_id FROM closed_statements"
        return int(self._only_row(" ".join(("SELECT count(*) FROM (", billed, ")")))[0])

    def totals_by_currency(self) -> dict[str, Decimal]:
        """The exact sum of the invoices in each currency; consolidated ones only repeat others, void ones are not owed.

        Whole units and fractions are added apart: all customers together can need more digits than one amount has.
        """
        sums = """
            SELECT currency, sum(trunc(total)::HUGEINT)::VARCHAR, sum(total - trunc(total)::DECIMAL(38, 26))::VARCHAR
            FROM invoices
            WHERE type <> 'USAGE_CONSOLIDATED' AND status <> 'VOID'
            GROUP BY currency
            ORDER BY currency
        """
        with localcontext(prec=2 * MAX_DIGITS):
            return {
                str(currency): Decimal(whole) + Decimal(fraction)
                for currency, whole, fraction in self.connection.execute(sums).fetchall()
            }

    def table(self, name: str) -> pa.Table:
        """The rows of a stage as Arrow, in the order the stage gave them."""
        return self.rows(exp.select("*").from_(name))

    def rows(self, query: exp.Query) -> pa.Table:
        """The rows of a query as Arrow."""
        return self.connection.sql(query.sql("duckdb")).to_arrow_table()

    def count(self, name: str) -> int:
        return int(self._only_row(exp.select("count(*)").from_(name).sql("duckdb"))[0])

    def _only_row(self, sql: str) -> tuple[Any, ...]:
        """Read to its end: a result that is not keeps the connection busy."""
        (row,) = self.connection.execute(sql).fetchall()
        return tuple(row)

    def violations(self, checks: Mapping[str, str]) -> dict[str, list[tuple[object, ...]]]:
        """The first rows that each check returns; a check that holds is left out."""
        asked = {name: sql for name, sql in checks.items() if not self._empty.text_leaves_none(sql)}
        found = {name: execute(self.connection, sql)[:20] for name, sql in asked.items()}
        return {name: rows for name, rows in found.items() if rows}


def _places(kind: str) -> int:
    if kind in _WHOLE_TYPES:
        return 0
    if kind.startswith("DECIMAL("):
        return int(kind.removesuffix(")").rpartition(",")[2])
    raise DuckbillError(f"the quantity of a compiled metric is {kind}, which is not a number")


def _create(kind: str, name: str, rows: exp.Query) -> str:
    """The statement that makes a temporary table or view, in place of any that has its name."""
    create = exp.Create(
        this=exp.to_table(name),
        kind=kind,
        replace=True,
        properties=exp.Properties(expressions=[exp.TemporaryProperty()]),
        expression=rows,
    )
    return create.sql("duckdb")
