"""Pictures of a simulation: inline SVG, the same bytes for the same amounts.

Lengths are cut to hundredths of a pixel; only they are, never a number that is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from engine.reports.reconcile.markup import Markup, element
from engine.reports.reconcile.number_text import brief, grouped
from engine.result import shown

MORE, LESS, ZERO = "#2b6a99", "#b3392f", "#5b646b"

_WIDTH, _HEIGHT, _LEFT, _TOP, _BOTTOM = 760, 220, 150, 12, 30


def difference_by_month(rows: Sequence[Mapping[str, Any]], currency: str) -> Markup:
    """What each month brings more or less, as bars up and down from zero; hovering tells the exact amounts.

    `rows` have month, before, after, difference, in order.
    """
    differences = [row["difference"] for row in rows]
    highest, lowest = max(Decimal(0), *differences), min(Decimal(0), *differences)
    if highest == lowest:
        highest = Decimal(1)
    slot = Fraction(_WIDTH - _LEFT, len(rows))
    parts = [part for amount in dict.fromkeys((highest, Decimal(0), lowest)) for part in _axis(amount, lowest, highest)]
    for at, row in enumerate(rows):
        left = _LEFT + slot * at
        parts.append(_month_bar(row, left, slot, lowest, highest))
        if at % -(-len(rows) // 12) == 0:
            middle = _pixels(left + slot / 2)
            parts.append(element("text", str(row["month"]), x=middle, y=str(_HEIGHT - 8), text_anchor="middle"))
    name = f"Difference by month in {currency}, from {rows[0]['month']} to {rows[-1]['month']}"
    return element("svg", *parts, viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img", aria_label=name, class_="days")


def difference_bar(difference: Decimal, most: Decimal) -> Markup:
    """A bar to the right for more, to the left for less; `most` is the largest magnitude of all bars beside it."""
    length = (Fraction(abs(difference)) / Fraction(most) * 1000).__floor__() if most else 0
    width = max(length, 3 if difference else 0)
    left = 0 if difference >= 0 else 1000 - width
    zero = 0 if difference >= 0 else 999
    return element(
        "svg",
        element("rect", x=str(left), y="2", width=str(width), height="10", fill=_colour(difference)),
        element("rect", x=str(zero), y="0", width="1", height="14", fill=ZERO),
        viewBox="0 0 1000 14",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _month_bar(row: Mapping[str, Any], left: Fraction, slot: Fraction, lowest: Decimal, highest: Decimal) -> Markup:
    difference = row["difference"]
    top, bottom = sorted((_level(difference, lowest, highest), _level(Decimal(0), lowest, highest)))
    before, after, more = (grouped(shown(row[name])) for name in ("before", "after", "difference"))
    return element(
        "rect",
        element("title", f"{row['month']}: {more}, from {before} to {after}"),
        x=_pixels(left + slot / 8),
        y=_pixels(top),
        width=_pixels(slot * 3 / 4),
        height=_pixels(bottom - top),
        fill=_colour(difference),
    )


def _axis(amount: Decimal, lowest: Decimal, highest: Decimal) -> Iterator[Markup]:
    level = _pixels(_level(amount, lowest, highest))
    yield element("line", x1=str(_LEFT), x2=str(_WIDTH), y1=level, y2=level, class_="tick" if amount else "zero")
    yield element("text", brief(amount), x=str(_LEFT - 8), y=level, dy="0.32em", text_anchor="end")


def _level(amount: Decimal, lowest: Decimal, highest: Decimal) -> Fraction:
    span = Fraction(highest) - Fraction(lowest)
    return _TOP + Fraction(_HEIGHT - _TOP - _BOTTOM) * (Fraction(highest) - Fraction(amount)) / span


def _colour(difference: Decimal) -> str:
    return LESS if difference < 0 else MORE


def _pixels(length: Fraction) -> str:
    """A length with two decimal places, cut off, the same on every machine."""
    hundredths = length.numerator * 100 // length.denominator
    return f"{hundredths // 100}.{hundredths % 100:02d}"
