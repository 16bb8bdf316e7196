"""From when to when a product keeps its group keys (spec/rating.md §1.2, §1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.catalog.product import Product


@dataclass(frozen=True, slots=True)
class KeyStretch:
    """One set of keys of a product for `starting_at <= t < ending_before`; None is without limit."""

    starting_at: datetime | None
    ending_before: datetime | None
    pricing_group_key: tuple[str, ...]
    presentation_group_key: tuple[str, ...]
    grouped_by: tuple[str, ...]


def key_stretches(product: Product) -> tuple[KeyStretch, ...]:
    """The stretches in order of time; together they cover all of it. Most products have one."""
    stretches: list[KeyStretch] = []
    for version in product.versions():
        keys = (version.pricing_group_key, version.presentation_group_key)
        start = version.starting_at
        if stretches and keys == (stretches[-1].pricing_group_key, stretches[-1].presentation_group_key):
            start = stretches.pop().starting_at
        stretches.append(KeyStretch(start, version.ending_before, *keys, version.grouped_by))
    return tuple(stretches)
