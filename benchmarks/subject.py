"""The engine as the benchmarks call it; every call into it is here.

Landing and running go through the public API. A metric is timed as the query alone, on a connection prepared once
as a preview prepares it, because the queries it is compared with have their tables at hand, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, fields
from functools import cached_property, partial
from pathlib import Path

import pyarrow as pa

import engine
from benchmarks.generate import NOW, PERIOD, SQL, Metric
from benchmarks.rated_contracts import Item, RatedProduct
from engine.billing import meter_rows, product_meters, property_store, usage_filter_keys, value_places
from engine.catalog.catalog import Catalog
from engine.catalog.product import SqlBreakdownGranularity
from engine.events.table import EventTable
from engine.executors.connection import EngineSettings, connect
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.metering import Metering as Readings
from engine.metrics.meter import compile_rows, compiled_text, metric_query, plan_meters
from engine.metrics.optimisations import Optimisations
from engine.metrics.scope import PropertyStore, Scope
from engine.rating.alert_inputs import alert_inputs
from engine.rating.arrow_tables import TEXTS, arrow_table
from engine.rating.balance_inputs import balance_inputs
from engine.rating.charges import charge_inputs
from engine.rating.closed import NOTHING_CLOSED, closed_inputs
from engine.rating.corrections import NO_CORRECTIONS
from engine.rating.inputs import meter_inputs, pricing_inputs, rated_products
from engine.rating.pipeline import (
    CHECKS,
    CONVERSION,
    INVOICING,
    PRICING,
    RATING,
    SCHEDULING,
    STATEMENTS,
    Stage,
    check_sql,
)
from engine.rating.schedule import schedule_inputs
from engine.rating.threshold_inputs import threshold_inputs
from engine.values.period import Period, parse_period

#: The stage that makes increments of the values that were read.
TO_USAGE = RATING[: [stage.name for stage in RATING].index("usage") + 1]

#: What can be switched off, see engine/metrics/optimisations.py.
OPTIMISATIONS = tuple(each.name for each in fields(Optimisations))


#: The inputs that are known before anything of events is.
OPENING: dict[str, Callable[[Catalog, Period], dict[str, pa.Table]]] = {
    "schedule": schedule_inputs,
    "charge": charge_inputs,
    "balance": balance_inputs,
    "threshold": threshold_inputs,
    "alert": lambda catalog, _: alert_inputs(catalog),
    "closed": lambda catalog, _: {**closed_inputs(NOTHING_CLOSED), "corrections": NO_CORRECTIONS},
}


class Duckbill:
    """One workspace, opened through the public API."""

    def __init__(self, directory: Path) -> None:
        self.workspace = engine.open(directory)

    @cached_property
    def catalog(self) -> Catalog:
        """The catalog, loaded once for all measurements of a process."""
        return self.workspace.catalog

    def land(self, file: Path) -> tuple[int, int, int]:
        """How many lines of a file were accepted, duplicate, rejected."""
        landed = self.workspace.land(file, now=NOW)
        return landed.accepted, landed.duplicate, landed.rejected

    def run(self) -> int:
        """Computes and publishes the period's invoices; how many there are."""
        self.workspace.run(PERIOD, now=NOW)
        return len(self.workspace.invoices(PERIOD).arrow())


class Metering:
    """A connection with one window of the whole period for every customer, and compiled metrics to run on it."""

    def __init__(self, subject: Duckbill) -> None:
        workspace, month = subject.workspace, parse_period(PERIOD)
        snapshot = EventTable(workspace.lake).snapshot()
        assert snapshot is not None
        self.files = [file.path for file in snapshot.files]
        self.rows = snapshot.rows
        self.scope = Scope(PropertyStore(snapshot.profiles(), snapshot.partial_fields()))
        self.metrics = {metric.name: metric for metric in workspace.catalog.billable_metrics}
        self.open = ExitStack()
        self.connection = self.open.enter_context(workspace.connect())
        executor = DuckDBExecutor(self.connection)
        for name, table in schedule_inputs(workspace.catalog, month).items():
            executor.load(name, table)
        executor.view_events(self.files, self.files[0])
        executor.set_one_window(month.starting_at, month.ending_before, None)

    def compiled(self, metric: Metric) -> str:
        query = metric_query(self.metrics[metric.name], metric.keys)
        return compiled_text(compile_rows(query, self.scope, self.rows))

    def run(self, sql: str) -> pa.Table:
        """The rows of a compiled metric, read to the end: `window_id`, group keys, the quantity."""
        return self.connection.sql(sql).to_arrow_table()

    def by_customer(self, rows: pa.Table) -> pa.Table:
        """The same rows with the `customer_id` of their window."""
        windows = self.connection.sql("SELECT window_id, customer_id FROM windows").to_arrow_table()
        return rows.join(windows, "window_id")

    def close(self) -> None:
        self.open.close()


class RunMetering:
    """A run's connection, made ready up to the windows, for the products that bill the metrics given.

    `off` names the optimisations that are switched off, as `[optimisations]` in duckbill.toml does.
    """

    def __init__(self, subject: Duckbill, metrics: Sequence[str], off: Iterable[str] = ()) -> None:
        workspace, month, catalog = subject.workspace, parse_period(PERIOD), subject.catalog
        optimisations = Optimisations(**dict.fromkeys(off, False))
        snapshot = EventTable(workspace.lake).snapshot()
        assert snapshot is not None
        self.files = [file.path for file in snapshot.files]
        self.open = ExitStack()
        self.executor = DuckDBExecutor(self.open.enter_context(workspace.connect()))
        for opening in OPENING.values():
            for name, table in opening(catalog, month).items():
                self.executor.load(name, table)
        for stage in STATEMENTS:
            self.executor.run_stage(stage)
        self.executor.view_events(self.files, self.files[0])
        products = [product for product in rated_products(catalog) if product.name in metrics]
        scope = Scope(property_store(snapshot, optimisations), usage_filter_keys(catalog))
        plan = plan_meters(catalog, products, scope, snapshot.rows, optimisations)
        self.readings = plan.readings
        granularity = workspace.config.metering.sql_breakdown_granularity
        self.places = value_places(plan, self.executor)
        of_product = product_meters(products, plan, self.places, granularity)
        self.executor.load("meters", meter_inputs(meter_rows(plan)))
        self.executor.load_pricing(pricing_inputs(catalog, of_product))
        for stage in SCHEDULING:
            self.executor.run_stage(stage)

    def meter(self) -> None:
        """From the windows to `metered`."""
        self.executor.connection.execute("DROP TABLE IF EXISTS metered")
        metering = Readings(self.executor, self.places)
        for reading in self.readings:
            assert metering.read(reading)
        metering.finish()

    def increments(self) -> None:
        """From the windows through `metered` to `usage`."""
        self.meter()
        for stage in TO_USAGE:
            self.executor.connection.execute("DROP TABLE IF EXISTS " + stage.name)
        for stage in TO_USAGE:
            self.executor.run_stage(stage)

    def quantities(self) -> pa.Table:
        """What `increments` left: customer_id, product_name, segment_no, quantity (a decimal)."""
        increments = (
            "SELECT product_periods.customer_id, product_name, segment_no,"
            " (value_after - value_before)::DECIMAL(38, 0) * value_unit AS quantity"
            " FROM usage JOIN product_periods USING (product_period_no)"
            " JOIN products ON products.product_id = usage.product_id"
            " JOIN product_versions"
            " ON product_versions.product_id = usage.product_id AND product_versions.version_no = usage.version_no"
        )
        return self.executor.connection.sql(increments).to_arrow_table()

    def close(self) -> None:
        self.open.close()


@dataclass(frozen=True)
class Step:
    """One timed part of a run, and which kind of part it is: inputs, scheduling, rating or checks."""

    kind: str
    name: str
    run: Callable[[], None]


class Rating:
    """What a run does with contracts whose usage is known: no events, and values made up for every window."""

    def __init__(
        self, given: dict[str, Iterable[Item]], products: Sequence[RatedProduct], *, threads: int, spill: Path
    ) -> None:
        self.catalog = Catalog.model_validate(given)
        self.connection = connect(EngineSettings(threads=threads), spill)
        self.executor = DuckDBExecutor(self.connection)
        self.products = {product.name: product for product in products}
        rated = rated_products(self.catalog)
        self.plan = plan_meters(self.catalog, rated, Scope(PropertyStore({})), 1, Optimisations())
        self.places = {meter.meter_id: self.products[meter.metric.name].places for meter in self.plan.meters}
        granularity = SqlBreakdownGranularity.SERVICE_PERIOD
        self.of_product = product_meters(rated, self.plan, self.places, granularity)

    def steps_before_metering(self) -> Iterator[Step]:
        """The catalog as tables, then the stages that say what is metered."""
        month = parse_period(PERIOD)
        for name, opening in OPENING.items():
            yield Step("inputs", f"{name} inputs", partial(self._load, opening, month))
        yield Step("inputs", "pricing inputs", self._load_pricing)
        yield from (self._stage("scheduling", stage) for stage in (*STATEMENTS, *SCHEDULING))

    def steps_after_metering(self) -> Iterator[Step]:
        """The other stages, with the drawing in between, and the checks that every run must pass."""
        yield from (self._stage("rating", stage) for stage in PRICING)
        yield Step("rating", "draw (units)", partial(self.executor.draw, is_money=False))
        yield from (self._stage("rating", stage) for stage in CONVERSION)
        yield Step("rating", "draw (money)", partial(self.executor.draw, is_money=True))
        yield from (self._stage("rating", stage) for stage in INVOICING)
        yield from (Step("checks", name, partial(self._check, name)) for name in CHECKS)

    def _load(self, opening: Callable[[Catalog, Period], dict[str, pa.Table]], month: Period) -> None:
        for name, table in opening(self.catalog, month).items():
            self.executor.load(name, table)

    def _load_pricing(self) -> None:
        self.executor.load("meters", meter_inputs(meter_rows(self.plan)))
        self.executor.load_pricing(pricing_inputs(self.catalog, self.of_product))

    def _stage(self, kind: str, stage: Stage) -> Step:
        """One stage as a run does it, its grain checked."""

        def run() -> None:
            self.executor.run_stage(stage)
            self.executor.free(stage)

        return Step(kind, stage.name, run)

    def fill_metered(self) -> None:
        """A value for every group of every window, in place of metering."""
        groups = [
            (meter, self.products[meter.metric.name], number, values)
            for meter in self.plan.meters
            for number, values in enumerate(self.products[meter.metric.name].groups)
        ]
        meter_groups = arrow_table(
            meter_id=(pa.int32(), [meter.meter_id for meter, _, _, _ in groups]),
            group_no=(pa.int64(), [number for _, _, number, _ in groups]),
            key_values=(
                TEXTS,
                [[values[product.keys.index(key)] for key in meter.keys] for meter, product, _, values in groups],
            ),
            unit=(pa.int64(), [product.counted_in for _, product, _, _ in groups]),
        )
        self.executor.load("meter_groups", meter_groups)
        Readings(self.executor, {}).finish()
        self.connection.execute((SQL / "generate_metered.sql").read_text(encoding="utf-8"))

    def _check(self, name: str) -> None:
        violations = self.executor.violations({name: check_sql(name)})
        if violations:
            raise AssertionError(f"{name} does not hold: {violations}")

    def count(self, name: str) -> int:
        return self.executor.count(name)

    def keep(self, name: str, sql: str, **tables: pa.Table) -> None:
        """A table of the rows of a query over what there is so far, and over the tables given by name."""
        for given, table in tables.items():
            self.executor.load(given, table)
        self.executor.load(name, self.connection.sql(sql).to_arrow_table())

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """The rows of a query over what the run left."""
        return self.connection.execute(sql).fetchall()

    def close(self) -> None:
        self.connection.close()
