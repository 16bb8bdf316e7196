"""Products and what they are at an instant: the product itself with all updates before that instant applied.

A version is a dict: starting_at (None for the product as first written), name, metric, tags, conversion, rounding,
pricing_key, presentation_key, composite_products, composite_tags. A product is its first version with type,
granularity, custom_fields and `versions` besides, the versions in order of time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Any

from tests.oracle.written import Item, Named, exact, pairs, when


def read_product(item: Item, metrics: Named, products: Named, default_granularity: str) -> Item:
    """`products` needs only the names and ids of all products: a composite names its members."""
    first: Item = {
        "starting_at": None,
        "metric": None,
        "tags": [],
        "conversion": None,
        "rounding": None,
        "pricing_key": [],
        "presentation_key": [],
        "composite_products": [],
        "composite_tags": [],
    }
    versions = [{**first, **_mentioned(item, metrics, products)}]
    for update in sorted(item.get("updates") or [], key=lambda update: when(update, "starting_at")):
        changed = _mentioned(update, metrics, products)
        versions.append({**versions[-1], **changed, "starting_at": when(update, "starting_at")})
    return {
        **versions[0],
        "type": (item.get("type") or "USAGE").upper(),
        "granularity": (item.get("sql_breakdown_granularity") or default_granularity).upper(),
        "custom_fields": pairs(item.get("custom_fields")),
        "versions": versions,
    }


def _mentioned(item: Item, metrics: Named, products: Named) -> Item:
    """Those fields of a version that an item speaks of; null and the empty list clear what may be empty."""
    said: Item = {}
    if item.get("name"):
        said["name"] = item["name"]
    metric = metrics.pointed_at_if_any(item, "billable_metric")
    if metric:
        said["metric"] = metric
    for key, field in (("pricing_group_key", "pricing_key"), ("presentation_group_key", "presentation_key")):
        if key in item:
            said[field] = item[key] or []
    for key in ("tags", "composite_tags"):
        if key in item:
            said[key] = item[key] or []
    for key in ("composite_product_ids", "composite_products"):
        if key in item:
            said["composite_products"] = [products.find(each) for each in item[key] or []]
    if "quantity_conversion" in item:
        written = item["quantity_conversion"]
        said["conversion"] = written and (written["operation"].upper(), exact(written["conversion_factor"]))
    if "quantity_rounding" in item:
        written = item["quantity_rounding"]
        said["rounding"] = written and (written["rounding_method"].upper(), int(written["decimal_places"]))
    return said


def version_at(product: Mapping[str, Any], moment: datetime) -> Item:
    """The version in force at an instant."""
    found: Item = product["versions"][0]
    for version in product["versions"][1:]:
        if version["starting_at"] <= moment:
            found = version
    return found


def changes(product: Mapping[str, Any], *fields: str) -> Iterator[datetime]:
    """The instants at which an update makes one of these fields another."""
    for before, after in pairwise(product["versions"]):
        if any(before[field] != after[field] for field in fields):
            yield after["starting_at"]
