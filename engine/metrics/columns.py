"""Whether a SQL metric returns what its products are grouped by (spec/metering.md §7.3)."""

from __future__ import annotations

from collections.abc import Sequence

from engine.catalog.metric import BillableMetric
from engine.catalog.product import Product
from engine.errors import Problem, did_you_mean


def missing_columns(metric: BillableMetric, product: Product, columns: Sequence[str]) -> list[Problem]:
    """A problem for each key, of any of the product's versions, that is no column of the metric."""
    place = metric.source
    known = {column.lower() for column in columns}
    return [
        Problem(
            place.file if place is not None else metric.name,
            place.line if place is not None else 0,
            place.column if place is not None else 0,
            f"SQL metric {metric.name!r} returns no column {key!r}, by which product {product.name!r} is grouped",
            did_you_mean(key, columns),
        )
        for key in dict.fromkeys(key for version in product.versions() for key in version.grouped_by)
        if key.lower() not in known
    ]
