"""What can be wrong with SQL metrics before any event is read: every refusal, and keys that no column answers to."""

from __future__ import annotations

from dataclasses import replace

from engine.catalog.catalog import Catalog
from engine.catalog.metric import BillableMetric
from engine.catalog.place import Place
from engine.errors import CatalogError, Problem
from engine.metrics.columns import missing_columns
from engine.metrics.meter import metric_query
from engine.metrics.sql import parse_sql_metric


def check_metrics(catalog: Catalog, strict: bool = False) -> tuple[Problem, ...]:
    """Every problem of the catalog's SQL metrics and of the products that group by their columns.

    With `strict`, also whatever in a SQL metric Metronome does not document (`engine.metrics.strict`).
    """
    problems: list[Problem] = []
    for metric in catalog.billable_metrics:
        if metric.sql is None:
            continue
        try:
            columns = metric_query(metric).group_columns
            if strict:
                problems += _not_portable(metric, metric.sql)
        except CatalogError as error:
            problems += error.problems
            continue
        products = [product for product in catalog.products if metric.id in product.billable_metric_ids]
        problems += [found for product in products for found in missing_columns(metric, product, columns)]
    return tuple(problems)


def _not_portable(metric: BillableMetric, sql: str) -> list[Problem]:
    """What strict mode says of a metric that is otherwise accepted, at its place in the file."""
    place = metric.source or Place(f"{metric.name}.sql", 1, 1)
    try:
        parse_sql_metric(sql, file=place.file, strict=True)
    except CatalogError as error:
        down, right = place.line - 1, place.column - 1
        return [replace(each, line=each.line + down, column=each.column + right) for each in error.problems]
    return []
