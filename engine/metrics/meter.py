"""Meters: which metric must be read by which group keys, compiled once for all products that ask for the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from engine.catalog.catalog import Catalog
from engine.catalog.key_stretch import key_stretches
from engine.catalog.metric import Aggregation, BillableMetric
from engine.catalog.place import Place
from engine.catalog.product import Product
from engine.errors import CatalogError
from engine.metrics.batch import BATCHED, batch_query, value_columns
from engine.metrics.columns import missing_columns
from engine.metrics.decimals import PROVEN, WIDE, lower_numbers
from engine.metrics.first_seen import first_seen_query
from engine.metrics.optimisations import Optimisations
from engine.metrics.query import Combination, MetricQuery
from engine.metrics.scope import Scope, keeps_rows, scoped_batch, scoped_query, scoped_rows
from engine.metrics.sql import parse_sql_metric
from engine.metrics.streaming import streaming_query


@dataclass(frozen=True)
class Meter:
    """One metric read by one set of keys.

    `combined_by` says how its values over the segments of a statement period make the value at each cut; when None,
    it is read from the start of the period to every cut.
    """

    meter_id: int
    metric: BillableMetric
    keys: tuple[str, ...]
    query: MetricQuery
    combined_by: Combination | None


@dataclass(frozen=True)
class Reading:
    """One scoped query, ready to run: columns window_id, key_values, then one of `columns` for each of `meters`.

    A quantity of NULL contributes nothing. With `first_seen` the query reads whole windows and gives their parts.
    With `wide_scale` the quantity is plain decimal text of at most so many places, on the path without limits.
    """

    meters: tuple[Meter, ...]
    query: exp.Select
    columns: tuple[str, ...] = ("value",)
    first_seen: bool = False
    wide_scale: int | None = None

    @property
    def name(self) -> str:
        first = self.meters[0].metric.name
        return first if len(self.meters) == 1 else f"{first} and {len(self.meters) - 1} more"


@dataclass(frozen=True)
class MeterPlan:
    """The meters by their ids, the readings that fill them, and the meters of each product by product id: for each of
    its `key_stretches` those of `Product.metrics_over_time`.
    """

    meters: tuple[Meter, ...]
    readings: tuple[Reading, ...]
    of_product: Mapping[str, tuple[int, ...]]


def metric_query(metric: BillableMetric, keys: Iterable[str] = ()) -> MetricQuery:
    """A metric as a query over `events`; a streaming metric is grouped by `keys`, a SQL metric by its own columns.

    Raises CatalogError when the text of a SQL metric is refused.
    """
    if metric.sql is None:
        return streaming_query(metric, tuple(keys))
    place = metric.source or Place(f"{metric.name}.sql", 1, 1)
    try:
        return parse_sql_metric(metric.sql, file=place.file)
    except CatalogError as error:
        # A text inside a YAML file does not begin at the file's first line.
        down, right = place.line - 1, place.column - 1
        raise CatalogError(
            replace(problem, line=problem.line + down, column=problem.column + right) for problem in error.problems
        ) from error


def plan_meters(
    catalog: Catalog,
    products: Iterable[Product],
    scope: Scope,
    rows: int,
    optimisations: Optimisations,
) -> MeterPlan:
    """The meters that the products need and how to read them; `rows` bounds the events of any one window.

    Raises CatalogError for a SQL metric that is refused or that lacks a column by which a product is grouped.
    """
    planned: dict[tuple[str, tuple[str, ...]], Meter] = {}
    of_product: dict[str, tuple[int, ...]] = {}
    for product in products:
        wanted = [
            (metric_id, tuple(sorted(stretch.grouped_by)))
            for stretch in key_stretches(product)
            for metric_id, _, _ in product.metrics_over_time()
        ]
        for metric_id, keys in wanted:
            if (metric_id, keys) not in planned:
                metric = catalog.metric(metric_id)
                query = metric_query(metric, keys)
                if metric.sql is not None and (missing := missing_columns(metric, product, query.group_columns)):
                    raise CatalogError(missing)
                combined_by = _combined_by(metric, query, keys, optimisations)
                planned[metric_id, keys] = Meter(len(planned), metric, keys, query, combined_by)
        of_product[product.id] = tuple(planned[each].meter_id for each in wanted)
    meters = tuple(planned.values())
    batches = _batches(meters, scope, rows, optimisations)
    readings = [_reading(batch, scope, rows, optimisations) for batch in batches]
    # Readings that are cut into the same windows come one after another and share them.
    readings.sort(key=lambda reading: (reading.first_seen, reading.meters[0].combined_by or ""))
    return MeterPlan(meters, tuple(readings), of_product)


def _combined_by(
    metric: BillableMetric, query: MetricQuery, keys: Sequence[str], optimisations: Optimisations
) -> Combination | None:
    if not optimisations.parts:
        return None
    if metric.aggregation_type is Aggregation.UNIQUE and optimisations.first_seen:
        return Combination.SUM
    return query.combined_by if query.additive or keeps_rows(query, keys) else None


def _batches(meters: Sequence[Meter], scope: Scope, rows: int, optimisations: Optimisations) -> list[tuple[Meter, ...]]:
    """Meters that can be read together, each in exactly one batch, in the order of their first meters.

    They have the same keys, look at the same event types, and are cut into windows alike. Only numbers that are
    proven to fit are read together, because one that does not would fail the others with it.
    """
    batches: dict[object, list[Meter]] = {}
    for meter in meters:
        metric = meter.metric
        together: object = meter.meter_id
        if optimisations.batches and metric.aggregation_type in BATCHED:
            lowered = lower_numbers(meter.query.select, scope.store.profiles, rows)
            if lowered.exact_path == PROVEN:
                together = (meter.keys, metric.event_type_filter)
        batches.setdefault(together, []).append(meter)
    return [tuple(batch) for batch in batches.values()]


def _reading(batch: tuple[Meter, ...], scope: Scope, rows: int, optimisations: Optimisations) -> Reading:
    first = batch[0]
    if len(batch) > 1:
        columns = value_columns([meter.metric for meter in batch])
        query = batch_query([meter.metric for meter in batch], first.keys)
        lowered = lower_numbers(query.select, scope.store.profiles, rows).select
        return Reading(batch, scoped_batch(query, lowered, first.keys, columns, scope), columns)
    if first.metric.aggregation_type is Aggregation.UNIQUE and first.combined_by is not None:
        return Reading(batch, first_seen_query(first.metric, first.keys, scope), first_seen=True)
    return _single_reading(first, scope, rows, wide=False)


def _single_reading(meter: Meter, scope: Scope, rows: int, *, wide: bool) -> Reading:
    lowered = lower_numbers(meter.query.select, scope.store.profiles, rows, prefer_wide=wide)
    query = scoped_query(meter.query, lowered, meter.keys, scope)
    return Reading((meter,), query, wide_scale=lowered.scale if lowered.exact_path == WIDE else None)


def wider(reading: Reading, scope: Scope, rows: int) -> tuple[Reading, ...]:
    """The same meters read one by one on the path without limits, for data that has outgrown the fast one."""
    return tuple(_single_reading(meter, scope, rows, wide=True) for meter in reading.meters)


def compile_meter(
    query: MetricQuery, keys: Iterable[str], scope: Scope, rows: int, *, prefer_wide: bool = False
) -> exp.Select:
    """The scoped query with exact numbers: columns window_id, key_values, value (see `scoped_query`)."""
    lowered = lower_numbers(query.select, scope.store.profiles, rows, prefer_wide=prefer_wide)
    return scoped_query(query, lowered, tuple(keys), scope)


def compile_rows(query: MetricQuery, scope: Scope, rows: int, *, prefer_wide: bool = False) -> exp.Select:
    """The scoped query with exact numbers and the metric's own columns, for previews."""
    lowered = lower_numbers(query.select, scope.store.profiles, rows, prefer_wide=prefer_wide)
    return scoped_rows(query, lowered.select, scope)


def compiled_text(query: exp.Select) -> str:
    """The SQL that runs, laid out for people."""
    return query.sql("duckdb", pretty=True) + ";\n"
