"""The whole run, top to bottom: a bill is a pure function of a catalog, a version of the event table and a period."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from engine.catalog.catalog import Catalog
from engine.catalog.product import Product, SqlBreakdownGranularity
from engine.errors import DuckbillError
from engine.events.table import EventSnapshot
from engine.executors.duckdb import DuckDBExecutor
from engine.metrics.invalid_values import invalid_values_query
from engine.metrics.meter import Meter, compiled_text, plan_meters
from engine.metrics.scope import PropertyStore
from engine.rating.inputs import ProductMeter, pricing_inputs, rated_products, schedule_inputs
from engine.rating.pipeline import CHECKS, RATING, SCHEDULING, STATEMENTS, check_sql
from engine.reports.accounting import accounted_events_sql
from engine.values.period import Period

#: The tables a run leaves behind, in the order they are published; invoices last, because they make the rest visible.
OUTPUTS = ("line_items", "unrated", "not_entitled", "parked", "invalid_values", "invoices")

#: Told what is being done and how far that is: (step, done, total).
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Bill:
    """What a run computed; the output tables stand on the executor's connection.

    `events` counts the period's events by what became of them; `compiled` is the SQL of each meter by file name.
    """

    events: Mapping[str, int]
    counts: Mapping[str, int]
    compiled: Mapping[str, str]


def bill(
    catalog: Catalog,
    snapshot: EventSnapshot,
    period: Period,
    executor: DuckDBExecutor,
    default_granularity: SqlBreakdownGranularity,
    progress: Progress,
) -> Bill:
    """Computes every output table for every contract whose statement period ends in `period`.

    Raises CatalogError for a metric that is refused, and DuckbillError when an invariant does not hold: then
    nothing may be published.
    """
    for name, table in schedule_inputs(catalog, period).items():
        executor.load(name, table)
    executor.run_stage(STATEMENTS)
    earliest, latest = executor.statement_bounds(period)
    events = snapshot.between(earliest, latest)
    executor.view_events([file.path for file in events.files], fallback=snapshot.files[0].path)
    store = PropertyStore(events.profiles())

    products = rated_products(catalog)
    meters, meter_of = plan_meters(catalog, products, store, events.rows)
    compiled = {f"{meter.meter_id:03d}_{_file_name(meter)}.sql": compiled_text(meter.query) for meter in meters}
    metered = _product_meters(products, meters, meter_of, executor, default_granularity)
    executor.load_pricing(pricing_inputs(catalog, metered))

    for stage in SCHEDULING:
        executor.run_stage(stage)
    executor.create_metered()
    for done, meter in enumerate(meters):
        progress(f"metering {meter.metric.name}", done, len(meters))
        executor.meter(meter.meter_id, meter.query)
    for done, stage in enumerate(RATING):
        progress(f"rating: {stage.name.replace('_', ' ')}", done, len(RATING))
        executor.run_stage(stage)
    executor.create("invalid_values", invalid_values_query([meter.metric for meter in meters], store))

    violations = executor.violations({name: check_sql(name) for name in CHECKS})
    if violations:
        raise DuckbillError(f"nothing was published, because these invariants do not hold: {violations}")
    return Bill(
        events=executor.accounted(accounted_events_sql(), period),
        counts={name: executor.count(name) for name in OUTPUTS},
        compiled=compiled,
    )


def _product_meters(
    products: Sequence[Product],
    meters: Sequence[Meter],
    meter_of: Mapping[str, int],
    executor: DuckDBExecutor,
    default_granularity: SqlBreakdownGranularity,
) -> dict[str, ProductMeter]:
    """What rating must know of the meter behind each product, by product id."""
    executor.set_no_windows()
    places = [executor.value_places(meter.query) for meter in meters]
    return {
        product.id: ProductMeter(
            meter_id=meter.meter_id,
            metric_name=meter.metric.name,
            keys=meter.keys,
            places=places[meter.meter_id],
            additive=meter.additive,
            one_segment=_is_one_segment(product, meter, default_granularity),
        )
        for product in products
        for meter in [meters[meter_of[product.id]]]
    }


def _is_one_segment(product: Product, meter: Meter, default: SqlBreakdownGranularity) -> bool:
    """Only SQL metrics can be billed once for the whole service period (spec/rating.md §1.5)."""
    if meter.metric.sql is None:
        return False
    return (product.sql_breakdown_granularity or default) is SqlBreakdownGranularity.SERVICE_PERIOD


def _file_name(meter: Meter) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in meter.metric.name.lower())
    return "_".join(words.split()) or "metric"
