"""How a stretch of a running quantity falls into pieces, each of one price (spec/rating.md §4, §5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from tests.oracle.prices import Terms, Tiers

Bounds = tuple[Fraction | None, Fraction | None]

_ONE = Fraction(1)


@dataclass(frozen=True)
class Piece:
    """The positions (lower, upper] that cost the same; no lower bound and no upper bound are None.

    `tier` is the level from 1 of the price with its bounds `tier_bounds`, None when the price has no tiers;
    `override_level` and `multiplier` are those of a TIERED override.
    """

    lower: Fraction | None
    upper: Fraction | None
    price: Fraction
    tier: int | None
    tier_bounds: Bounds
    override_level: int | None = None
    multiplier: Fraction | None = None

    def holds(self, position: Fraction) -> bool:
        return (self.lower is None or self.lower < position) and (self.upper is None or position <= self.upper)

    def part(self, before: Fraction, after: Fraction) -> Fraction:
        """How much of the way from one position to another lies in this piece; negative on the way back."""
        return self.clamped(after) - self.clamped(before)

    def clamped(self, position: Fraction) -> Fraction:
        """A position, or the bound of this piece beyond which it lies."""
        if self.lower is not None and position < self.lower:
            return self.lower
        if self.upper is not None and position > self.upper:
            return self.upper
        return position


def pieces(terms: Terms) -> Iterator[Piece]:
    """The pieces in order; every tier of the price is cut by the tiers of a TIERED override."""
    assert terms.tiers is not None
    for level, (lower, upper, price) in enumerate(_levels(terms.tiers), start=1):
        tier, bounds = (level, (lower, upper)) if terms.tiered else (None, (None, None))
        if terms.override_tiers is None:
            yield Piece(lower, upper, price, tier, bounds)
            continue
        for override_level, (least, most, multiplier) in enumerate(_with_list_price(terms.override_tiers), start=1):
            begin = max((each for each in (lower, least) if each is not None), default=None)
            end = min((each for each in (upper, most) if each is not None), default=None)
            if begin is None or end is None or begin < end:
                yield Piece(begin, end, price * multiplier, tier, bounds, override_level, multiplier)


def _with_list_price(tiers: Tiers) -> Iterator[tuple[Fraction | None, Fraction | None, Fraction]]:
    """The levels of a TIERED override; beyond its last sized tier the list price holds."""
    ends = [position for position, (size, _) in enumerate(tiers) if size is None]
    yield from _levels(tiers if ends else (*tiers, (None, _ONE)))


def _levels(tiers: Tiers) -> Iterator[tuple[Fraction | None, Fraction | None, Fraction]]:
    """(lower, upper, value): the first has no lower bound, the last no upper bound whatever its size."""
    lower: Fraction | None = None
    reached = Fraction(0)
    for level, (size, value) in enumerate(tiers, start=1):
        if level == len(tiers) or size is None:
            yield lower, None, value
            return
        reached += size
        yield lower, reached, value
        lower = reached
