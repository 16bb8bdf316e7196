"""Usage filters against the metrics that they filter (spec/metering.md §9.1, §17.26)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.catalog.build import Built, Placed
from engine.catalog.contract import Contract
from engine.catalog.fields import Path
from engine.catalog.metric import Aggregation
from engine.catalog.product import Product
from engine.errors import Problem


def check_usage_filters(built: Built) -> Iterator[Problem]:
    """Whether every product that a filtered contract's rate card prices can be filtered.

    LATEST cannot: what is latest among the filtered events is not what was latest. A streaming metric must declare
    the filter's key, together with those that the product has at the time, in one group key. A SQL
    metric takes any property.
    """
    products = {each.object.id: each.object for each in built.products}
    on_card: dict[str, list[Product]] = {}
    for card, product in sorted(built.priced):
        if product in products:
            on_card.setdefault(card, []).append(products[product])
    for placed in built.contracts:
        for position, usage_filter in enumerate(placed.object.usage_filter):
            path: Path = ("usage_filter", position, "group_key")
            for priced in on_card.get(placed.object.rate_card_id, []):
                yield from _filters(built, placed, path, usage_filter.group_key, priced)


def _filters(built: Built, placed: Placed[Contract], path: Path, group_key: str, product: Product) -> Iterator[Problem]:
    metrics = {each.object.id: each.object for each in built.billable_metrics}
    for version in product.versions():
        metric = metrics.get(version.billable_metric_id or "")
        if metric is None or metric.sql is not None:
            continue
        if metric.aggregation_type is Aggregation.LATEST:
            what = f"product {product.name!r} is metered by LATEST ({metric.name!r}), which no usage filter can filter"
            yield placed.item.problem(path, what, "use another aggregation, or a customer for each value")
            continue
        needed = tuple(dict.fromkeys((*version.grouped_by, group_key)))
        if not any(set(needed) <= set(key) for key in metric.group_keys):
            listed = ", ".join(needed)
            what = f"no group key of metric {metric.name!r} holds {listed} together, as product {product.name!r} needs"
            yield placed.item.problem(path, what, f"give the metric group_keys: [[{listed}]]")
