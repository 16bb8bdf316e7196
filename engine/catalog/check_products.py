"""Products against their metrics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.catalog.build import Built, Placed
from engine.catalog.fields import Path
from engine.catalog.metric import BillableMetric
from engine.catalog.product import Product, ProductUpdate
from engine.errors import Problem


def check_products(built: Built) -> Iterator[Problem]:
    """At every time the keys of a product must stand together in one group key of its metric.

    Sources: spec/metering.md §9, §15 C5. The columns of a SQL metric are known only once its query is read, which is
    not the catalog's business. What an update leaves as it was is not reported again.
    """
    metrics = {each.object.id: each.object for each in built.billable_metrics}
    for placed in built.products:
        yield from _keys_together(placed, metrics)


def _keys_together(placed: Placed[Product], metrics: Mapping[str, BillableMetric]) -> Iterator[Problem]:
    said: set[tuple[str, frozenset[str]]] = set()
    for position, version in enumerate(placed.object.versions()):
        metric, needed = metrics.get(version.billable_metric_id or ""), version.grouped_by
        if metric is None or metric.sql is not None or not needed or (metric.id, frozenset(needed)) in said:
            continue
        if not any(set(needed) <= set(key) for key in metric.group_keys):
            said.add((metric.id, frozenset(needed)))
            listed = ", ".join(needed)
            what = f"no group key of metric {metric.name!r} holds {listed} together"
            path = _cause(placed.object, position)
            yield placed.item.problem(path, what, f"give the metric group_keys: [[{listed}]]")


def _cause(product: Product, position: int) -> Path:
    """Where the keys of a version are given, or the update that keeps them and changes the metric."""
    given: Product | ProductUpdate = product.updates[position - 1] if position else product
    path: Path = ("updates", position - 1) if position else ()
    if position and given.billable_metric_id is not None:
        return path
    return (*path, "pricing_group_key" if given.pricing_group_key else "presentation_group_key")
