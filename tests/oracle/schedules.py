"""Scheduled charges and discounts: when they fall due and how much they are (spec/rating.md §10.7, §17 Q20)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Any

from tests.oracle.numbers import half_away_from_zero
from tests.oracle.times import months_after
from tests.oracle.written import Item, Named, exact, pairs, when

#: When it falls due, unit price, quantity.
Due = tuple[datetime, Fraction, Fraction]

_STEPS = {"MONTHLY": 1, "QUARTERLY": 3, "SEMI_ANNUAL": 6, "ANNUAL": 12}
_SHARE_PLACES = 18
_ONE = Fraction(1)


def read_charge(item: Item, products: Named, kind: str, stand_in: str) -> Item:
    """{"id", "product", "discount": bool, "due": [Due, ...], "custom_fields"}; a discount's prices are negated."""
    schedule, discount = item["schedule"], kind == "discounts"
    sign = -1 if discount else 1
    invoiced = not schedule.get("do_not_invoice")
    return {
        "id": item.get("id") or stand_in,
        "name": item.get("name"),
        "product": products.pointed_at(item, "product"),
        "discount": discount,
        "due": [(moment, sign * price, quantity) for moment, price, quantity in dues(schedule)] if invoiced else [],
        "custom_fields": pairs(item.get("custom_fields")),
    }


def dues(schedule: Mapping[str, Any]) -> Iterator[Due]:
    """Every time a schedule falls due, its own items first."""
    for item in schedule.get("schedule_items") or []:
        yield (when(item, "timestamp"), *_price_and_quantity(item))
    if schedule.get("recurring_schedule"):
        yield from _recurring(schedule["recurring_schedule"])


def _price_and_quantity(item: Mapping[str, Any]) -> tuple[Fraction, Fraction]:
    if item.get("amount") is not None:
        return exact(item["amount"]), _ONE
    quantity = _ONE if item.get("quantity") is None else exact(item["quantity"])
    return exact(item["unit_price"]), quantity


def _recurring(schedule: Mapping[str, Any]) -> Iterator[Due]:
    start, end = when(schedule, "starting_at"), when(schedule, "ending_before")
    step = _STEPS[schedule["frequency"].upper()]
    moments: list[datetime] = []
    while (moment := months_after(start, step * len(moments))) < end:
        moments.append(moment)
    price, quantity = _price_and_quantity(schedule)
    distribution = (schedule.get("amount_distribution") or "EACH").upper()
    if distribution == "EACH":
        yield from ((moment, price, quantity) for moment in moments)
        return
    shares = {"DIVIDED": divided, "DIVIDED_ROUNDED": divided_rounded}[distribution](price * quantity, len(moments))
    yield from ((moment, share, _ONE) for moment, share in zip(moments, shares, strict=True))


def divided(amount: Fraction, count: int) -> list[Fraction]:
    """Shares of an amount, each the growth of the rounded sum so far, so that together they are the amount."""
    sums = [half_away_from_zero(amount * number / count, _SHARE_PLACES) for number in range(count + 1)]
    return [sums[number + 1] - sums[number] for number in range(count)]


def divided_rounded(amount: Fraction, count: int) -> list[Fraction]:
    """Equal shares in whole units; the last one takes what remains."""
    if not count:
        return []
    share = Fraction(floor(amount / count))
    return [*([share] * (count - 1)), amount - (count - 1) * share]
