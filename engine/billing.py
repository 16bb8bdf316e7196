"""The whole run, top to bottom: a bill is a pure function of a catalog, a version of the event table and a period."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import product as cartesian

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.catalog.key_stretch import key_stretches
from engine.catalog.product import Product, SqlBreakdownGranularity
from engine.errors import DuckbillError
from engine.events.table import EventSnapshot
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_sql
from engine.executors.kept_readings import KeptReadings
from engine.executors.metering import Metering
from engine.metrics.invalid_values import invalid_values_query
from engine.metrics.meter import MeterPlan, Reading, compiled_text, plan_meters, wider
from engine.metrics.optimisations import Optimisations
from engine.metrics.scope import PropertyStore, Scope
from engine.rating.alert_inputs import alert_inputs
from engine.rating.balance_inputs import balance_inputs
from engine.rating.charges import charge_inputs
from engine.rating.closed import NOTHING_CLOSED, ORDER, Closed, closed_inputs
from engine.rating.corrections import NO_CORRECTIONS
from engine.rating.earlier import EMPTY, Earlier
from engine.rating.inputs import meter_inputs, pricing_inputs, rated_products
from engine.rating.pipeline import (
    CHECKS,
    CONVERSION,
    INVOICING,
    PRICING,
    RATING,
    SCHEDULING,
    STATEMENTS,
    WATCHING,
    Stage,
    check_sql,
)
from engine.rating.product_inputs import ProductMeter
from engine.rating.schedule import GRACE, schedule_inputs
from engine.rating.threshold_inputs import threshold_inputs
from engine.values.period import Period

#: The tables a run leaves behind, in the order they are published; invoices last, because they make the rest visible.
OUTPUTS = (
    "line_items",
    "metered_usage",
    "unrated",
    "not_entitled",
    "parked",
    "invalid_values",
    "ledger",
    "segment_balances",
    "threshold_commits",
    "alerts",
    "invoices",
)

#: Told what is being done and how far that is: (step, done, total).
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Terms:
    """What a bill depends on besides catalog, events and period.

    `sql_granularity` is for products that do not say theirs. Events that arrived after `as_of` do not exist.
    `breakdown` holds the starts of windows that no line may cross. `earlier` is what published runs of earlier periods
    have left of balances; `closed` are the invoices of this one that are left as they are, `corrections`
    what is billed of late usage of others. Usage invoices wait for late usage for as long as `grace`. `whole` is the
    catalog of which only some customers are billed. `optimisations` and `kept` readings change no result.
    """

    sql_granularity: SqlBreakdownGranularity = SqlBreakdownGranularity.SERVICE_PERIOD
    as_of: datetime | None = None
    breakdown: tuple[datetime, ...] = ()
    earlier: Earlier = EMPTY
    closed: Closed = NOTHING_CLOSED
    corrections: pa.Table = field(default_factory=lambda: NO_CORRECTIONS)
    grace: timedelta = GRACE
    whole: Catalog | None = None
    optimisations: Optimisations = field(default_factory=Optimisations)
    kept: KeptReadings | None = None


@dataclass(frozen=True)
class Bill:
    """What a run computed; the output tables stand on the executor's connection.

    `events` counts the period's events by what became of them; `compiled` is the SQL of each reading by file name.
    """

    events: Mapping[str, int]
    compiled: Mapping[str, str]


def bill(
    catalog: Catalog,
    snapshot: EventSnapshot,
    period: Period,
    executor: DuckDBExecutor,
    terms: Terms,
    progress: Progress,
) -> Bill:
    """Computes every output table for every contract whose statement period ends in `period`.

    Raises CatalogError for a metric that is refused, and DuckbillError when an invariant does not hold: then
    nothing may be published.
    """
    plan, store = rate(catalog, snapshot, period, executor, terms, progress)
    executor.create(
        "invalid_values", invalid_values_query([(meter.metric, meter.query) for meter in plan.meters], store)
    )
    return Bill(
        events=executor.accounted(fixed_sql("engine.reports", "accounted_events"), period, terms.as_of),
        compiled={_file_name(reading): compiled_text(reading.query) for reading in plan.readings},
    )


def rate(
    catalog: Catalog,
    snapshot: EventSnapshot,
    period: Period,
    executor: DuckDBExecutor,
    terms: Terms,
    progress: Progress,
) -> tuple[MeterPlan, PropertyStore]:
    """The same but for `invalid_values`, which looks at every event; the meters, and where events keep properties.

    With `kept` readings, no event may be read at all.
    """
    for name, table in opening_inputs(catalog, period, terms).items():
        executor.load(name, table)
    for stage in STATEMENTS:
        executor.run_stage(stage)
    earliest, latest = executor.statement_bounds(period)
    events = snapshot.between(earliest, latest)
    events.check_files()
    executor.view_events([file.path for file in events.files], snapshot.any_file, terms.as_of)

    products = rated_products(catalog)
    store = property_store(events, terms.optimisations)
    scope = Scope(store, usage_filter_keys(catalog))
    executor.view_filterable_events(scope)
    plan = plan_meters(catalog, products, scope, events.rows, terms.optimisations)
    places = value_places(plan, executor)
    metered = product_meters(products, plan, places, terms.sql_granularity)
    executor.load("meters", meter_inputs(meter_rows(plan)))
    executor.load_pricing(pricing_inputs(catalog, metered, terms.whole))

    for stage in SCHEDULING:
        executor.run_stage(stage)
    kept = None if terms.kept is None else terms.kept.opened(executor, period.label, events, terms.as_of)
    metering = Metering(executor, places, kept)
    for done, reading in enumerate(plan.readings):
        progress(f"metering {reading.name}", done, len(plan.readings))
        if not metering.read(reading):
            for wide in wider(reading, scope, events.rows):
                metering.read(wide)
    metering.finish()
    _run(PRICING, executor, progress)
    executor.draw(is_money=False)
    _run(CONVERSION, executor, progress)
    executor.draw(is_money=True)
    _run(INVOICING, executor, progress)

    violations = executor.violations({name: check_sql(name) for name in CHECKS})
    if violations:
        raise DuckbillError(f"nothing was published, because these invariants do not hold: {violations}")
    for name, rows in terms.closed.rows.items():
        executor.add_rows(name, rows, ORDER.get(name, rows.column_names))
    _run(WATCHING, executor, progress)
    return plan, store


def opening_inputs(catalog: Catalog, period: Period, terms: Terms) -> dict[str, pa.Table]:
    """The tables that are known before anything of events is, by name."""
    return {
        **schedule_inputs(catalog, period, terms.breakdown, terms.grace),
        **closed_inputs(terms.closed),
        "corrections": terms.corrections,
        **charge_inputs(catalog, period),
        **balance_inputs(catalog, period, terms.earlier, terms.closed),
        **threshold_inputs(catalog, period),
        **alert_inputs(catalog),
    }


def _run(stages: Sequence[Stage], executor: DuckDBExecutor, progress: Progress) -> None:
    for stage in stages:
        progress(f"rating: {stage.name.replace('_', ' ')}", RATING.index(stage), len(RATING))
        executor.run_stage(stage)
        executor.free(stage)


def property_store(events: EventSnapshot, optimisations: Optimisations) -> PropertyStore:
    """What landing knows about the properties of these events, as far as it may be used."""
    store = PropertyStore(events.profiles(), events.partial_fields())
    return store if optimisations.plain_casts else store.without_profiles()


def usage_filter_keys(catalog: Catalog) -> tuple[str, ...]:
    """The properties by which contracts choose among events."""
    return tuple(sorted({each.group_key for contract in catalog.contracts for each in contract.usage_filter}))


def meter_rows(plan: MeterPlan) -> list[tuple[int, str, str, str | None]]:
    """(meter id, billable metric id, metric name, how values are combined) of each meter."""
    return [(each.meter_id, each.metric.id, each.metric.name, each.combined_by) for each in plan.meters]


def value_places(plan: MeterPlan, executor: DuckDBExecutor) -> dict[int, int]:
    """The decimal places of each meter's values, by meter id."""
    executor.set_no_windows()
    places: dict[int, int] = {}
    for reading in plan.readings:
        known = executor.value_places(reading)
        places |= {meter.meter_id: each for meter, each in zip(reading.meters, known, strict=True)}
    return places


def product_meters(
    products: Sequence[Product], plan: MeterPlan, places: Mapping[int, int], default: SqlBreakdownGranularity
) -> dict[str, list[ProductMeter]]:
    """What rating must know of the meters behind each product, by product id."""
    return {
        product.id: [
            ProductMeter(
                meter_id=meter_id,
                stretch_no=stretch_no,
                keys=plan.meters[meter_id].keys,
                places=places[meter_id],
                combined_by=plan.meters[meter_id].combined_by,
                one_segment=_is_one_segment(product, plan.meters[meter_id].metric.sql is not None, default),
                starting_at=starting_at,
                ending_before=ending_before,
            )
            for meter_id, (stretch_no, (_, starting_at, ending_before)) in zip(
                plan.of_product[product.id],
                cartesian(range(len(key_stretches(product))), product.metrics_over_time()),
                strict=True,
            )
        ]
        for product in products
    }


def _is_one_segment(product: Product, is_sql: bool, default: SqlBreakdownGranularity) -> bool:
    """Only SQL metrics can be billed once for the whole service period (spec/rating.md §1.5)."""
    return is_sql and (product.sql_breakdown_granularity or default) is SqlBreakdownGranularity.SERVICE_PERIOD


def _file_name(reading: Reading) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in reading.name.lower())
    # A file name may have 255 bytes; the number alone makes it the only one of its name.
    return f"{reading.meters[0].meter_id:03d}_{'_'.join(words.split())[:50] or 'metric'}.sql"
