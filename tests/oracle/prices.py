"""Which rate, which override and which entitlement hold for one target at one instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.oracle.overrides import Target, reaches

#: (size or None, unit price or multiplier)
Tiers = tuple[tuple[Fraction | None, Fraction], ...]


@dataclass(frozen=True)
class Terms:
    """What holds for a target at an instant: positions in the catalog's rates and the contract's overrides.

    `tiers` are the unit prices after a MULTIPLIER or OVERWRITE, None when nothing prices the target. `override_tiers`
    are the multipliers of a TIERED override, still to be applied. `minimum` is that of a percentage.
    """

    rate: int | None
    override: int | None
    entitled: bool
    tiered: bool
    tiers: Tiers | None
    override_tiers: Tiers | None = None
    minimum: Fraction | None = None
    reason: str | None = None

    @property
    def outcome(self) -> str:
        """The table for what is consumed; unrated is decided before entitlement."""
        if self.tiers is None:
            return "unrated"
        return "lines" if self.entitled else "not_entitled"


def in_force(item: Mapping[str, Any], moment: datetime) -> bool:
    """`starting_at <= moment < ending_before`; a missing end never comes."""
    if item["starting_at"] is not None and moment < item["starting_at"]:
        return False
    return item["ending_before"] is None or moment < item["ending_before"]


def rate_in_force(catalog: Mapping[str, Any], card: str, target: Target, moment: datetime) -> int | None:
    """The position of the rate: exact values before the default, then latest start, then last written."""
    best: int | None = None
    best_order: tuple[bool, datetime] | None = None
    for position in catalog["rates_of"].get((card, target.product), ()):
        rate = catalog["rates"][position]
        if rate["frequency"] != target.frequency or not in_force(rate, moment):
            continue
        exact = bool(rate["values"]) and rate["values"] == target.pricing
        if rate["values"] and not exact:
            continue
        order = (exact, rate["starting_at"])
        if best_order is None or order >= best_order:
            best, best_order = position, order
    return best


def preferred_override(
    overrides: Sequence[Mapping[str, Any]], matching: Sequence[int], scheme: str
) -> tuple[int | None, str | None]:
    """The one override that prices, and why: the last OVERWRITE, else what the scheme prefers."""
    candidates = [position for position in matching if overrides[position]["type"] is not None]
    if len(candidates) < 2:
        return (candidates[0], "only override") if candidates else (None, None)
    overwrites = [position for position in candidates if overrides[position]["type"] == "OVERWRITE"]
    if overwrites:
        reason = "last added overwrite" if len(overwrites) > 1 else "overwrite before multiplier"
        return overwrites[-1], reason

    def preference(position: int) -> tuple[Any, ...]:
        override = overrides[position]
        multiplier = override["multiplier"] or Fraction(0)
        last_added_first = -position
        if scheme == "LOWEST_MULTIPLIER":
            return (multiplier, last_added_first)
        priority = override["priority"]
        return (priority is None, priority or 0, multiplier, last_added_first)

    reason = "lowest multiplier" if scheme == "LOWEST_MULTIPLIER" else "smallest priority"
    return min(candidates, key=preference), reason


def terms(catalog: Mapping[str, Any], contract: Mapping[str, Any], target: Target, moment: datetime) -> Terms:
    """Rate, override and entitlement of a target at an instant."""
    overrides = contract["overrides"]
    rate = rate_in_force(catalog, contract["card"], target, moment)
    matching = [
        position
        for position, override in enumerate(overrides)
        if not override["commit_specific"] and in_force(override, moment) and reaches(override, target)
    ]
    chosen, reason = preferred_override(overrides, matching, contract["scheme"])

    entitled = catalog["rates"][rate]["entitled"] if rate is not None else True
    for position in matching:
        if overrides[position]["entitled"] is not None:
            entitled = overrides[position]["entitled"]

    return priced(catalog["rates"][rate] if rate is not None else None, rate, overrides, chosen, entitled, reason)


def priced(
    prices: Mapping[str, Any] | None,
    rate: int | None,
    overrides: Sequence[Mapping[str, Any]],
    chosen: int | None,
    entitled: bool,
    reason: str | None = None,
) -> Terms:
    """List prices, or a commit rate, under the one override that changes them; `rate` is where they come from."""
    override = overrides[chosen] if chosen is not None else None
    if override is not None and override["type"] == "OVERWRITE":
        prices, factor, override_tiers = override["prices"], Fraction(1), None
    elif prices is None:
        return Terms(None, chosen, entitled, False, None)
    else:
        factor = override["multiplier"] if override is not None and override["type"] == "MULTIPLIER" else Fraction(1)
        override_tiers = tuple(override["tiers"]) if override is not None and override["tiers"] else None
    tiers = tuple((size, price * factor) for size, price in prices["tiers"])
    return Terms(rate, chosen, entitled, prices["tiered"], tiers, override_tiers, prices["minimum"], reason)
