"""What the parts of a quantity cost by a price and an override, read from the catalog once more (spec/rating.md §4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.catalog.override import Override, OverrideType
from engine.catalog.rate_card import Price
from engine.rating.price_inputs import tier_bounds


@dataclass(frozen=True, slots=True)
class Tier:
    """What lies in (lower, upper]; None is without limit. A price without tiers has one, of no level."""

    level: int | None
    lower: Decimal | None
    upper: Decimal | None
    number: Decimal


@dataclass(frozen=True, slots=True)
class PricedPart:
    """What of a running quantity moved inside one tier of the price and of a tiered override.

    `price` is that of the tier before the multiplier, `before` and `after` are positions inside the part.
    """

    tier: Tier
    override_tier: Tier | None
    multiplier: Decimal | None
    before: Decimal
    after: Decimal

    @property
    def price(self) -> Decimal:
        return self.tier.number

    @property
    def quantity(self) -> Decimal:
        return self.after - self.before

    @property
    def unit_price(self) -> Decimal:
        return self.price if self.multiplier is None else self.price * self.multiplier

    @property
    def total(self) -> Decimal:
        return self.quantity * self.unit_price

    @property
    def levels(self) -> tuple[int | None, int | None]:
        return self.tier.level, None if self.override_tier is None else self.override_tier.level


def price_tiers(price: Price) -> list[Tier]:
    """The tiers of a price; the first and the last are open to infinity."""
    if not price.rate_type.is_tiered:
        assert price.price is not None
        return [Tier(None, None, None, price.price)]
    return _tiers([tier.size for tier in price.tiers], [tier.price for tier in price.tiers])


def override_tiers(override: Override | None) -> list[Tier]:
    """The multipliers of a TIERED override; past the last that has a size the list price holds."""
    if override is None or override.type is not OverrideType.TIERED:
        return []
    sizes: list[Decimal | None] = [tier.size for tier in override.tiers]
    multipliers = [tier.multiplier for tier in override.tiers]
    if sizes[-1] is not None:
        sizes.append(None)
        multipliers.append(Decimal(1))
    return _tiers(sizes, multipliers)


def priced_parts(price: Price, override: Override | None, before: Decimal, after: Decimal) -> list[PricedPart]:
    """The parts of a running quantity that goes from `before` to `after`, those of no quantity too.

    `price` is the override's own when it overwrites.
    """
    flat = override.multiplier if override is not None and override.type is OverrideType.MULTIPLIER else None
    multipliers: list[Tier | None] = list(override_tiers(override)) or [None]
    found = []
    for tier in price_tiers(price):
        for override_tier in multipliers:
            multiplier = flat if override_tier is None else override_tier.number
            lower, upper = tier.lower, tier.upper
            if override_tier is not None:
                lower = max((each for each in (lower, override_tier.lower) if each is not None), default=None)
                upper = min((each for each in (upper, override_tier.upper) if each is not None), default=None)
            if lower is None or upper is None or lower < upper:
                within = (_clipped(before, lower, upper), _clipped(after, lower, upper))
                found.append(PricedPart(tier, override_tier, multiplier, *within))
    return found


def _tiers(sizes: Sequence[Decimal | None], numbers: Sequence[Decimal]) -> list[Tier]:
    bounds = tier_bounds(sizes[:-1])
    return [Tier(level, bounds[level - 1], bounds[level], number) for level, number in enumerate(numbers, start=1)]


def _clipped(position: Decimal, lower: Decimal | None, upper: Decimal | None) -> Decimal:
    if lower is not None:
        position = max(position, lower)
    return position if upper is None else min(position, upper)
