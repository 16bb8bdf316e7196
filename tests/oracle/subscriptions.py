"""Subscriptions: billing periods, their parts, when each is billed and at what unit price (spec/rating.md §12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import ceil, floor
from typing import Any

from tests.oracle.numbers import divide, half_away_from_zero
from tests.oracle.seats import assignments, by_quantity, by_seats, increases, requested
from tests.oracle.times import anchor_of, boundary, number_at
from tests.oracle.written import Item, Named, pairs, when

_ONE = Fraction(1)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Part:
    """A quantity for a stretch of a billing period.

    `priced_at` is when the period starts, `date` when the part is billed, `fraction` how much of the full period it
    is. `on_scheduled` parts never go on a usage invoice.
    """

    quantity: Fraction
    starting_at: datetime
    ending_before: datetime
    priced_at: datetime
    date: datetime
    fraction: Fraction
    on_scheduled: bool


def read_subscription(item: Item, contract: Item, products: Named, stand_in: str) -> Item:
    rate, cycle = item["subscription_rate"], item.get("billing_cycle_config") or {}
    proration = item.get("proration") or {}
    advance = item["collection_schedule"].upper() == "ADVANCE"
    behavior = (proration.get("invoice_behavior") or "BILL_IMMEDIATELY").upper()
    by_seat = (item.get("quantity_management_mode") or "QUANTITY_ONLY").upper() == "SEAT_BASED"
    start, end = when(item, "starting_at") or contract["starting_at"], when(item, "ending_before")
    ends = [each for each in (end, contract["ending_before"]) if each is not None]
    rounding = proration.get("rounding")
    return {
        "id": item.get("id") or stand_in,
        "called": {each for each in (item.get("id"), item.get("temporary_id"), item.get("name")) if each},
        "name": item.get("name"),
        "product": products.pointed_at(rate, "product"),
        "frequency": rate["billing_frequency"].upper(),
        "starting_at": max(start, contract["starting_at"]),
        "ending_before": min(ends, default=None),
        "anchor": when(cycle, "anchor_date") or anchor_of(contract),
        "on_scheduled": (cycle.get("invoice_placement") or "ON_USAGE_INVOICE").upper() == "ON_SCHEDULED_INVOICE",
        "advance": advance,
        "immediately": advance and behavior == "BILL_IMMEDIATELY",
        "prorated": proration.get("is_prorated") is not False,
        "rounding": rounding and (rounding["rounding_method"].upper(), int(rounding["decimal_places"])),
        "requests": by_seats(item) if by_seat else by_quantity(item),
        "assigned": assignments(item),
        "seat_key": (item.get("seat_config") or {}).get("seat_group_key"),
        "custom_fields": pairs(item.get("custom_fields")),
    }


def parts(subscription: Mapping[str, Any], until: datetime) -> Iterator[Part]:
    """The parts of all billing periods that start by `until`, those of no quantity left out."""
    anchor, frequency = subscription["anchor"], subscription["frequency"]
    start, end = subscription["starting_at"], subscription["ending_before"]
    number = number_at(anchor, frequency, start)
    while (lower := boundary(anchor, frequency, number)) <= until and (end is None or lower < end):
        upper = boundary(anchor, frequency, number + 1)
        first, last = max(lower, start), upper if end is None else min(upper, end)
        if first < last:
            yield from _parts_of_period(subscription, first, last, upper - lower)
        number += 1


def _parts_of_period(
    subscription: Mapping[str, Any], first: datetime, last: datetime, full: timedelta
) -> Iterator[Part]:
    requests = subscription["requests"]
    for start, quantity in [(first, requested(requests, first)), *increases(requests, first, last)]:
        if quantity == 0:
            continue
        increase = start > first
        immediately = increase and subscription["immediately"]
        date = last
        if subscription["advance"] and (not increase or immediately):
            date = start
        share = Fraction((last - start) // _TICK, full // _TICK) if subscription["prorated"] else _ONE
        on_scheduled = subscription["on_scheduled"] or immediately
        yield Part(quantity, start, last, first, date, share, on_scheduled)


def unit_price(subscription: Mapping[str, Any], price: Fraction, fraction: Fraction) -> Fraction:
    """The price of one for a part of a period: a quotient, or what the subscription's own rounding makes of it."""
    if fraction == 1:
        return price
    if not subscription["rounding"]:
        return divide(price * fraction.numerator, Fraction(fraction.denominator))
    method, places = subscription["rounding"]
    return rounded_to(price * fraction, method, places)


def rounded_to(amount: Fraction, method: str, places: int) -> Fraction:
    """To a number of decimal places; below zero to tens, hundreds and so on."""
    unit = Fraction(10) ** -places
    if method == "FLOOR":
        return floor(amount / unit) * unit
    if method == "CEILING":
        return ceil(amount / unit) * unit
    if method == "HALF_UP":
        return half_away_from_zero(amount / unit, 0) * unit
    raise ValueError(f"unknown rounding method {method!r}")
