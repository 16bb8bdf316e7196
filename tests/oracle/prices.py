"""Which rate, which override and which entitlement hold for one group at one instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

Values = Mapping[str, str | None]


@dataclass(frozen=True)
class Terms:
    """What holds for a group at an instant: positions in the catalog's rates and the contract's overrides.

    `tiered` and `tiers` are None when nothing prices the group. A tier is (size or None, unit price).
    """

    rate: int | None
    override: int | None
    entitled: bool
    tiered: bool
    tiers: tuple[tuple[Fraction | None, Fraction], ...] | None


def in_force(item: Mapping[str, Any], moment: datetime) -> bool:
    """`starting_at <= moment < ending_before`; a missing end never comes."""
    if item["starting_at"] is not None and moment < item["starting_at"]:
        return False
    return item["ending_before"] is None or moment < item["ending_before"]


def rate_in_force(
    rates: Sequence[Mapping[str, Any]], card: str, product: str, pricing: Values, moment: datetime
) -> int | None:
    """The position of the rate: exact values before the default, then latest start, then last written."""
    best: int | None = None
    best_order: tuple[bool, datetime] | None = None
    for position, rate in enumerate(rates):
        if rate["card"] != card or rate["product"] != product or not in_force(rate, moment):
            continue
        exact = bool(rate["values"]) and rate["values"] == pricing
        if rate["values"] and not exact:
            continue
        order = (exact, rate["starting_at"])
        if best_order is None or order >= best_order:
            best, best_order = position, order
    return best


def contains(group: Values, wanted: Mapping[str, str]) -> bool:
    return all(group.get(key) == value for key, value in wanted.items())


def touches(
    override: Mapping[str, Any],
    product_id: str,
    product: Mapping[str, Any],
    pricing: Values,
    presentation: Values,
) -> bool:
    """Whether an override is aimed at this group, whenever it is in force."""
    if override["product"] is None and not override["tags"] and not override["specifiers"]:
        return True
    if override["product"] == product_id:
        return True
    if set(override["tags"]) & set(product["tags"]):
        return True
    return any(
        specifier["product"] in (None, product_id)
        and set(specifier["tags"]) <= set(product["tags"])
        and contains(pricing, specifier["pricing"])
        and contains(presentation, specifier["presentation"])
        for specifier in override["specifiers"]
    )


def _pricing_override(overrides: Sequence[Mapping[str, Any]], matching: Sequence[int], scheme: str) -> int | None:
    """The one override that prices: the last OVERWRITE, else the multiplier that the scheme prefers."""
    overwrites = [position for position in matching if overrides[position]["type"] == "OVERWRITE"]
    if overwrites:
        return overwrites[-1]
    multipliers = [position for position in matching if overrides[position]["type"] == "MULTIPLIER"]
    if not multipliers:
        return None

    def preference(position: int) -> tuple[Any, ...]:
        override = overrides[position]
        last_added_first = -position
        if scheme == "LOWEST_MULTIPLIER":
            return (override["multiplier"], last_added_first)
        priority = override["priority"]
        return (priority is None, priority or 0, override["multiplier"], last_added_first)

    return min(multipliers, key=preference)


def terms(
    catalog: Mapping[str, Any],
    contract: Mapping[str, Any],
    product_id: str,
    pricing: Values,
    presentation: Values,
    moment: datetime,
) -> Terms:
    """Rate, override and entitlement of a group at an instant."""
    product, overrides = catalog["products"][product_id], contract["overrides"]
    rate = rate_in_force(catalog["rates"], contract["card"], product_id, pricing, moment)
    matching = [
        position
        for position, override in enumerate(overrides)
        if in_force(override, moment) and touches(override, product_id, product, pricing, presentation)
    ]
    chosen = _pricing_override(overrides, matching, contract["scheme"])

    entitled = catalog["rates"][rate]["entitled"] if rate is not None else True
    for position in matching:
        if overrides[position]["entitled"] is not None:
            entitled = overrides[position]["entitled"]

    if chosen is not None and overrides[chosen]["type"] == "OVERWRITE":
        prices = overrides[chosen]["prices"]
        return Terms(rate, chosen, entitled, prices["tiered"], tuple(prices["tiers"]))
    if rate is None:
        return Terms(None, chosen, entitled, False, None)
    prices = catalog["rates"][rate]
    factor = Fraction(1) if chosen is None else overrides[chosen]["multiplier"]
    tiers = tuple((size, price * factor) for size, price in prices["tiers"])
    return Terms(rate, chosen, entitled, prices["tiered"], tiers)
