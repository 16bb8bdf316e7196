"""Products against their metrics."""

from __future__ import annotations

from collections.abc import Iterator

from engine.catalog.build import Built, Placed
from engine.catalog.fields import Path
from engine.catalog.metric import BillableMetric
from engine.catalog.product import Product
from engine.errors import Problem


def check_products(built: Built) -> Iterator[Problem]:
    """The keys of a product must stand together in one group key of its metric (spec/metering.md §9, §15 C5).

    The columns of a SQL metric are known only once its query is read, which is not the catalog's business.
    """
    metrics = {each.object.id: each.object for each in built.billable_metrics}
    for placed in built.products:
        product = placed.object
        field = "pricing_group_key" if product.pricing_group_key else "presentation_group_key"
        yield from _keys_together(placed, (field,), metrics.get(product.billable_metric_id or ""))
        for position, update in enumerate(product.updates):
            yield from _keys_together(placed, ("updates", position), metrics.get(update.billable_metric_id))


def _keys_together(placed: Placed[Product], path: Path, metric: BillableMetric | None) -> Iterator[Problem]:
    needed = placed.object.grouped_by
    if metric is None or metric.sql is not None or not needed:
        return
    if not any(set(needed) <= set(key) for key in metric.group_keys):
        listed = ", ".join(needed)
        what = f"no group key of metric {metric.name!r} holds {listed} together"
        yield placed.item.problem(path, what, f"give the metric group_keys: [[{listed}]]")
