"""Quantity times unit price, and what becomes of it where balances cover parts of a charge (spec/rating.md §7.3)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from engine.reports.explain.billed_line import is_special
from engine.reports.explain.quantities import quotient
from engine.reports.explain.steps import Row, Steps, total_of
from engine.reports.explain.words import added
from engine.result import shown
from engine.values.numbers import QUOTIENT_PLACES

#: How far a quantity that stands for an amount may lie from it, for each part that the charge is split into.
_HALF_A_PLACE = Decimal(5).scaleb(-QUOTIENT_PLACES - 1)


def amount_steps(row: Row, of_charge: Sequence[Row], charged: Decimal | None, steps: Steps) -> None:
    """What a line comes to; `of_charge` are all lines of its charge, whose quantity is `charged` when that is known.

    A charge that balances cover in part is split to the last digit: parts that balances cover in money have as quantity
    the quotient of their amount, and what is left has the exact rest of both.
    """
    quantity, price, total, unit = row["quantity"], row["unit_price"], row["total"], row["currency"]
    if len(of_charge) > 1 and charged is not None and not any(map(is_special, of_charge)):
        _split_steps(row, of_charge, charged, steps)
    by = f"{shown(quantity)} x {shown(price)}"
    if quantity * price == total:
        steps.equal("amount", "quantity x unit price", by, quantity * price, total, unit=unit)
        return
    tolerance = len(of_charge) * _HALF_A_PLACE * abs(price)
    steps.check("the amount", abs(quantity * price - total) <= tolerance, True, by)
    if row["commit_segment_id"] is not None:
        stands_for = quotient(total, price, QUOTIENT_PLACES)
        if stands_for == quantity:
            what = f"what the balance covers as a quantity, to {QUOTIENT_PLACES} places"
            steps.equal("quantity", what, f"{shown(total)} / {shown(price)}", stands_for, quantity)
        steps.say("amount", "what the balance covers, exactly", result=total, unit=unit)
        return
    others = [each for each in of_charge if each["id"] != row["id"]]
    parts = " - ".join(shown(each["total"]) for each in others)
    if charged is not None and not any(map(is_special, of_charge)):
        left = charged * price - total_of(each["total"] for each in others)
        steps.equal(
            "amount", "what balances leave of the charge", f"{shown(charged * price)} - {parts}", left, total, unit=unit
        )
        return
    steps.say("amount", "what balances leave of the charge, exactly", result=total, unit=unit)


def _split_steps(row: Row, of_charge: Sequence[Row], charged: Decimal, steps: Steps) -> None:
    """A charge of several lines: their quantities and amounts add up to it."""
    price = row["unit_price"]
    quantities = added(each["quantity"] for each in of_charge)
    totals = added(each["total"] for each in of_charge)
    what = f"balances split the charge of {shown(charged)} x {shown(price)} into {len(of_charge)} lines"
    steps.equal("split", f"{what}; their quantities", quantities, total_of(r["quantity"] for r in of_charge), charged)
    steps.equal(
        "split",
        "and their amounts",
        totals,
        total_of(each["total"] for each in of_charge),
        charged * price,
        unit=row["currency"],
    )
