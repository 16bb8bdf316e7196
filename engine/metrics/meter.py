"""Meters: which metric must be read by which group keys, compiled once for all products that ask for the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlglot import exp

from engine.catalog.catalog import Catalog
from engine.catalog.metric import BillableMetric
from engine.catalog.place import Place
from engine.catalog.product import Product
from engine.errors import CatalogError
from engine.metrics.decimals import lower_numbers
from engine.metrics.query import MetricQuery
from engine.metrics.scope import PropertyStore, scoped_query, scoped_rows
from engine.metrics.sql import parse_sql_metric
from engine.metrics.streaming import streaming_query


@dataclass(frozen=True)
class Meter:
    """One metric read by one set of keys; `query` is scoped, ready to run over `windows`."""

    meter_id: int
    metric: BillableMetric
    keys: tuple[str, ...]
    additive: bool
    query: exp.Select


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


def product_keys(product: Product) -> tuple[str, ...]:
    """A product's pricing and presentation keys together, each property once."""
    return tuple(dict.fromkeys((*product.pricing_group_key, *product.presentation_group_key)))


def plan_meters(
    catalog: Catalog, products: Iterable[Product], store: PropertyStore, rows: int
) -> tuple[tuple[Meter, ...], dict[str, int]]:
    """The meters that the products need, and the meter id of each product by product id."""
    planned: dict[tuple[str, tuple[str, ...]], Meter] = {}
    of_product: dict[str, int] = {}
    for product in products:
        assert product.billable_metric_id is not None
        keys = product_keys(product)
        wanted = (product.billable_metric_id, tuple(sorted(keys)))
        if wanted not in planned:
            metric = catalog.metric(product.billable_metric_id)
            query = metric_query(metric, wanted[1])
            planned[wanted] = Meter(
                meter_id=len(planned),
                metric=metric,
                keys=wanted[1],
                additive=query.additive,
                query=compile_meter(query, wanted[1], store, rows),
            )
        of_product[product.id] = planned[wanted].meter_id
    return tuple(planned.values()), of_product


def compile_meter(query: MetricQuery, keys: Iterable[str], store: PropertyStore, rows: int) -> exp.Select:
    """The scoped query with exact numbers: columns window_id, key_values, value (see `scoped_query`)."""
    return scoped_query(query, lower_numbers(query.select, store.profiles, rows).select, tuple(keys), store)


def compile_rows(query: MetricQuery, store: PropertyStore, rows: int) -> exp.Select:
    """The scoped query with exact numbers and the metric's own columns, for previews."""
    return scoped_rows(query, lower_numbers(query.select, store.profiles, rows).select, store)


def compiled_text(query: exp.Select) -> str:
    """The SQL that runs, laid out for people."""
    return query.sql("duckdb", pretty=True) + ";\n"
