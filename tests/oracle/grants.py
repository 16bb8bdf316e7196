"""What recurring commits and credits grant: a balance for each period (spec/rating.md §6.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.oracle.balances import read_balance
from tests.oracle.credit_types import CreditTypes
from tests.oracle.derived import derived, instant_text
from tests.oracle.numbers import divide
from tests.oracle.schedules import Due
from tests.oracle.seats import Requests, increases, requested
from tests.oracle.subscriptions import rounded_to
from tests.oracle.times import BEGINNING, END, anchor_of, boundary, number_at
from tests.oracle.written import Item, Named, exact, exact_if_any, when

_ONE = Fraction(1)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Grant:
    """One balance that a recurring one makes; its `amount` is None where it has only `increases`.

    `written_ending_before` is its end whatever the contract's. `increases` are (instant, amount) of seats that come
    later. `purchases` is what is charged for it.
    """

    id: str
    starting_at: datetime
    ending_before: datetime
    written_ending_before: datetime
    amount: Fraction | None
    seat: tuple[str, str] | None = None
    increases: list[tuple[datetime, Fraction]] = field(default_factory=list)
    purchases: list[Due] = field(default_factory=list)


def read_recurring(
    item: Mapping[str, Any], products: Named, credit_types: CreditTypes, fiat: str, section: str
) -> Item:
    """The terms of a balance, as `read_balance` gives them, and how it recurs."""
    access, invoice = item["access_amount"], item.get("invoice_amount") or {}
    rounding, link = item.get("proration_rounding") or {}, item.get("subscription_config") or {}
    proration = str(item.get("proration") or "FIRST_AND_LAST").upper()
    return {
        **read_balance(item, products, credit_types, fiat, section),
        "recurring": item["id"],
        "unit_price": exact(access["unit_price"]),
        "quantity": exact_if_any(access.get("quantity")),
        "invoice_price": exact(invoice["unit_price"]) if invoice else None,
        "invoice_quantity": exact_if_any(invoice.get("quantity")),
        "periods": int(item["commit_duration"]["value"]),
        "frequency": str(item.get("recurrence_frequency") or "").upper() or None,
        "starting_at": when(item, "starting_at"),
        "ending_before": when(item, "ending_before"),
        "prorated": {"FIRST", "LAST"} if proration == "FIRST_AND_LAST" else {proration},
        "rounding": {which: _rounding(rounding.get(which)) for which in ("access", "invoice")},
        "subscription": link.get("subscription_id") or link.get("subscription"),
        "individual": str(link.get("allocation") or "POOLED").upper() == "INDIVIDUAL",
        "increases_prorated": bool((link.get("apply_seat_increase_config") or {}).get("is_prorated")),
    }


def _rounding(written: Mapping[str, Any] | None) -> tuple[str, int] | None:
    return (written["rounding_method"].upper(), int(written["decimal_places"])) if written else None


def grants(contract: Item, recurring: Mapping[str, Any], until: datetime) -> Iterator[Grant]:
    """The grants that start by `until`, in order of their start; those of individual seats by period, then by seat."""
    frequency, anchor = recurring["frequency"], recurring["starting_at"]
    if frequency is None:
        frequency, anchor = contract["frequency"], anchor_of(contract)
    start = recurring["starting_at"]
    possible = (recurring["ending_before"], contract["ending_before"], contract["terms_end_at"])
    ends = [each for each in possible if each is not None]
    end = min(ends, default=None)
    number = number_at(anchor, frequency, start)
    while True:
        lower, upper = boundary(anchor, frequency, number), boundary(anchor, frequency, number + 1)
        first, last = max(lower, start), upper if end is None else min(upper, end)
        if first > until or first >= last:
            return
        lives_until = boundary(anchor, frequency, number + recurring["periods"])
        is_first, is_last = lower <= start, end is not None and end <= upper
        prorated = {name for name, is_it in (("FIRST", is_first), ("LAST", is_last)) if is_it} & recurring["prorated"]
        fraction = _share(first, last, lower, upper) if prorated else _ONE
        period = _Period(lower, upper, first, last, lives_until, fraction)
        yield from _in_period(contract, recurring, period, until)
        number += 1


@dataclass(frozen=True)
class _Period:
    """A full period [lower, upper), the part of it [first, last) inside the term, and until when its grant lives.

    `fraction` is how much of a full grant it brings: less when it is cut, is the first or last, and those are prorated.
    """

    lower: datetime
    upper: datetime
    first: datetime
    last: datetime
    lives_until: datetime
    fraction: Fraction


def _share(start: datetime, end: datetime, lower: datetime, upper: datetime) -> Fraction:
    return Fraction((end - start) // _TICK, (upper - lower) // _TICK)


def _in_period(
    contract: Mapping[str, Any], recurring: Mapping[str, Any], period: _Period, until: datetime
) -> Iterator[Grant]:
    subscription = _subscription(contract, recurring)
    if subscription is None:
        yield _grant(contract, recurring, period, recurring["quantity"], recurring["invoice_quantity"])
    elif recurring["individual"]:
        yield from _of_seats(contract, recurring, subscription, period, until)
    else:
        yield from _of_pool(contract, recurring, subscription, period, until)


def _grant(
    contract: Mapping[str, Any],
    recurring: Mapping[str, Any],
    period: _Period,
    quantity: Fraction,
    invoiced: Fraction | None,
    seat: tuple[str, str] | None = None,
) -> Grant:
    """What starts with a period; `invoiced` is how many of the invoice amount it costs."""
    rounding, ended = recurring["rounding"], contract["ending_before"]
    price, purchases = recurring["invoice_price"], []
    if price is not None:
        count = _ONE if invoiced is None else invoiced
        amount = _amount(price, count, period.fraction, rounding["invoice"])
        purchases = [(period.first, price, count) if period.fraction == 1 else (period.first, amount, _ONE)]
    return Grant(
        derived("recurring", recurring["recurring"], instant_text(period.lower), *(seat[1:] if seat else ())),
        period.first,
        period.lives_until if ended is None else min(period.lives_until, ended),
        period.lives_until,
        _amount(recurring["unit_price"], quantity, period.fraction, rounding["access"]),
        seat=seat,
        purchases=purchases,
    )


def _of_pool(
    contract: Mapping[str, Any],
    recurring: Mapping[str, Any],
    subscription: Mapping[str, Any],
    period: _Period,
    until: datetime,
) -> Iterator[Grant]:
    """One grant for all seats; those that come later, more than there ever were in the period, add to it."""
    requests = _inside_term(subscription)
    quantity = requested(requests, period.first)
    more = [
        (
            moment,
            _amount(
                recurring["unit_price"], seats, _increase(recurring, moment, period), recurring["rounding"]["access"]
            ),
        )
        for moment, seats in increases(requests, period.first, period.last)
        if moment <= until
    ]
    granted = _grant(contract, recurring, period, quantity, quantity)
    if quantity == 0:
        granted = replace(granted, amount=None, purchases=[])
    if quantity > 0 or more:
        yield replace(granted, increases=more)


def _inside_term(subscription: Mapping[str, Any]) -> Requests:
    """What a subscription asks for while it lasts, and nothing before or after."""
    start, end = subscription["starting_at"], subscription["ending_before"] or END
    inside = [each for each in subscription["requests"] if start < each[0] < end]
    return [(BEGINNING, Fraction(0)), (start, requested(subscription["requests"], start)), *inside, (end, Fraction(0))]


def _of_seats(
    contract: Mapping[str, Any],
    recurring: Mapping[str, Any],
    subscription: Mapping[str, Any],
    period: _Period,
    until: datetime,
) -> Iterator[Grant]:
    """A grant for each seat that somebody is on; one that comes later in the period costs nothing."""
    for moment, seat in _seats(subscription, period):
        if moment > until:
            continue
        own = period
        if moment > period.first:
            own = replace(period, first=moment, fraction=_increase(recurring, moment, period))
        granted = _grant(contract, recurring, own, _ONE, _ONE, (subscription["seat_key"], seat))
        yield granted if own is period else replace(granted, purchases=[])


def _subscription(contract: Mapping[str, Any], recurring: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if recurring["subscription"] is None:
        return None
    (found,) = [
        each for each in contract["subscriptions"] if recurring["subscription"] in {*each["called"], each["id"]}
    ]
    subscription: Mapping[str, Any] = found
    return subscription


def _increase(recurring: Mapping[str, Any], moment: datetime, period: _Period) -> Fraction:
    """How much of a full grant a seat brings that comes inside a period."""
    if not recurring["increases_prorated"]:
        return _ONE
    return _share(moment, period.last, period.lower, period.upper)


def _seats(subscription: Mapping[str, Any], period: _Period) -> list[tuple[datetime, str]]:
    """(since when, seat) of the seats that somebody is on at the start of a period or comes on inside it, each once."""
    start = max(period.first, subscription["starting_at"])
    end = min(period.last, subscription["ending_before"] or END)
    since: dict[str, datetime] = {}
    for moment, seats in subscription["assigned"] if start < end else ():
        if moment <= start:
            since = dict.fromkeys(seats, start)
        elif moment < end:
            since = {**dict.fromkeys(seats, moment), **since}
    return sorted((moment, seat) for seat, moment in since.items())


def _amount(price: Fraction, quantity: Fraction, fraction: Fraction, rounding: tuple[str, int] | None) -> Fraction:
    """Price times quantity; of a part of a period a quotient, or rounded as the recurring balance says."""
    if fraction == 1:
        return price * quantity
    if rounding is None:
        return divide(price * quantity * fraction.numerator, Fraction(fraction.denominator))
    return rounded_to(price * quantity * fraction, *rounding)
