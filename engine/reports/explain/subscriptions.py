"""How a line of a subscription came about: quantity, price of a billing period, share of time (spec/rating.md §12)."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from engine.catalog.subscription import Subscription
from engine.rating.charges import charge_inputs
from engine.rating.prorated import prorated
from engine.rating.recurrence import Recurrence
from engine.reports.explain.amounts import amount_steps
from engine.reports.explain.billed_line import BilledLine
from engine.reports.explain.prices import priced_parts
from engine.reports.explain.pricing import price_steps
from engine.reports.explain.rates import PricedAs
from engine.reports.explain.steps import Row, Steps, total_of
from engine.reports.explain.words import when
from engine.result import shown
from engine.values.numbers import QUOTIENT_PLACES
from engine.values.period import Period

_MONTHS = {"MONTHLY": 1, "QUARTERLY": 3, "ANNUAL": 12}
_MICROSECOND = timedelta(microseconds=1)


def subscription_steps(line: BilledLine, steps: Steps) -> None:
    """The quantity of a part of a billing period, at the price of the period's start."""
    row = line.row
    subscription = next((each for each in line.contract.subscriptions if each.id == row["subscription_id"]), None)
    steps.has("the subscription", subscription)
    assert subscription is not None
    inputs = charge_inputs(
        line.catalog.with_contracts_of(row["customer_id"]), Period(row["starting_at"], row["starting_at"])
    )
    terms = [
        each
        for each in inputs["subscriptions"].to_pylist()
        if each["subscription_id"] == subscription.id and each["contract_id"] == row["contract_id"]
    ]
    steps.has("the term of the subscription", terms[0] if terms else None)
    levels = [
        (each["starting_at"], each["quantity"])
        for each in inputs["subscription_quantities"].to_pylist()
        if each["subscription_no"] == terms[0]["subscription_no"]
    ]
    full, period = _billing_period(terms[0], row["starting_at"])
    steps.check("the end of the billing period", period.ending_before, row["ending_before"])
    charged = total_of(each["quantity"] for each in line.piece())
    _quantity_step(subscription, levels, period, row, charged, steps)
    frequency = subscription.subscription_rate.billing_frequency.value
    asked = PricedAs(line.contract.rate_card_id, line.product.id, period.starting_at, {}, {}, frequency)
    price = price_steps(line, row, asked, steps)
    (part,) = priced_parts(price.price, price.override, Decimal(0), Decimal(1))
    steps.check("the list price", None if price.overwrites else part.price, row["list_unit_price"])
    if part.multiplier is not None:
        by = f"{shown(part.price)} x {shown(part.multiplier)}"
        steps.say("unit price", "price x multiplier, for a whole period", expression=by, result=part.unit_price)
    _share_step(subscription, part.unit_price, full, row, steps)
    amount_steps(row, line.piece(), charged, steps)


def _billing_period(term: Row, at: datetime) -> tuple[Period, Period]:
    """The whole billing period that holds an instant, and what of it lies in the subscription's term."""
    frequency = term["billing_frequency"]
    recurrence = Recurrence(term["anchor_at"], _MONTHS.get(frequency, 0), 7 if frequency == "WEEKLY" else 0)
    index = recurrence.index_at(at)
    full = Period(recurrence.boundary(index), recurrence.boundary(index + 1))
    within = Period(max(full.starting_at, term["starting_at"]), min(full.ending_before, term["ending_before"]))
    return full, within


def _quantity_step(
    subscription: Subscription,
    levels: list[tuple[datetime, Decimal]],
    period: Period,
    row: Row,
    charged: Decimal,
    steps: Steps,
) -> None:
    """What is asked for at the start of the billing period, or by how much more than so far in it."""
    at = row["starting_at"]
    asked = [quantity for start, quantity in levels if start <= at][-1]
    told = f"{shown(asked)} asked for at {when(at)}"
    if at == period.starting_at:
        steps.equal("quantity", f"{told}, when the billing period starts", "", asked, charged, source=subscription.id)
        return
    begun = [quantity for start, quantity in levels if start <= period.starting_at][-1]
    largest = max([begun, *(quantity for start, quantity in levels if period.starting_at < start < at)])
    what = f"{told}, more than the most so far in the billing period since {when(period.starting_at)}"
    steps.equal(
        "quantity", what, f"{shown(asked)} - {shown(largest)}", asked - largest, charged, source=subscription.id
    )


def _share_step(subscription: Subscription, price: Decimal, full: Period, row: Row, steps: Steps) -> None:
    """A part of a billing period costs the share that its time is of the whole."""
    part = _microseconds(Period(row["starting_at"], row["ending_before"]))
    whole = _microseconds(full) if subscription.proration.is_prorated else part
    steps.check("whether it is prorated", part != whole, row["is_prorated"])
    rounding = subscription.proration.rounding
    computed = prorated(price, Decimal(1), part, whole, rounding)
    if part == whole:
        steps.check("the unit price", computed, row["unit_price"])
        return
    how = f"half away from zero to {QUOTIENT_PLACES} places"
    if rounding is not None:
        how = f"{rounding.rounding_method.value.lower().replace('_', ' ')} to {rounding.decimal_places} places"
    by = f"{shown(price)} x {_days(part)} / {_days(whole)}"
    what = f"price of {_days(part)} of the period's {_days(whole)}, rounded {how}"
    steps.equal("unit price", what, by, computed, row["unit_price"], unit=row["currency"], source=subscription.id)


def _microseconds(period: Period) -> int:
    return (period.ending_before - period.starting_at) // _MICROSECOND


def _days(microseconds: int) -> str:
    """A time in the largest unit of which it is a whole number.

    >>> _days(86_400_000_000 * 15), _days(5_400_000_000)
    ('15 days', '90 minutes')
    """
    sizes = {"days": 86_400_000_000, "hours": 3_600_000_000, "minutes": 60_000_000, "seconds": 1_000_000}
    for unit, size in sizes.items():
        if microseconds % size == 0:
            return f"{microseconds // size} {unit}"
    return f"{microseconds} microseconds"
