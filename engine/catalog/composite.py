"""Which products a COMPOSITE product takes its share of (spec/rating.md §8)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from engine.catalog.product import Product, ProductType, ProductVersion


def members_ever(composite: Product, products: Iterable[Product]) -> tuple[Product, ...]:
    """The USAGE products that are members of `composite` at some time, in the order given."""
    return tuple(
        each
        for each in products
        if each.type is ProductType.USAGE
        and any(
            _is_member(whole, each.id, part) and _meet(whole, part)
            for whole in composite.versions()
            for part in each.versions()
        )
    )


def _is_member(composite: ProductVersion, product_id: str, version: ProductVersion) -> bool:
    listed = product_id in composite.composite_product_ids
    return listed or not set(composite.composite_tags).isdisjoint(version.tags)


def _meet(one: ProductVersion, other: ProductVersion) -> bool:
    return _before(one.starting_at, other.ending_before) and _before(other.starting_at, one.ending_before)


def _before(start: datetime | None, end: datetime | None) -> bool:
    return start is None or end is None or start < end
