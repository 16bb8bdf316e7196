"""Commits and credits as a user writes them, and what a bill says of them in readable tables; for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from tests.oracle.rating import Bill
from tests.oracle.small import Body, midnight, product

#: The FIXED product that commits and credits are of.
DEPOSIT = product("deposit", "FIXED")

#: (amount, first day, day after the last)
Item = tuple[str, str, str]


def segments(*items: Item, **more: Any) -> Body:
    return {
        "schedule_items": [
            {"amount": amount, "starting_at": midnight(start), "ending_before": midnight(end)}
            for amount, start, end in items
        ],
        **more,
    }


def balance(identity: str, *items: Item, access: Mapping[str, Any] | None = None, **more: Any) -> Body:
    """A credit, or with a `type` a commit; with `bills` ((day, amount), ...) it is invoiced."""
    bills: Sequence[tuple[str, str]] = more.pop("bills", ())
    schedule = [{"timestamp": midnight(day), "amount": amount} for day, amount in bills]
    return {
        "id": identity,
        "name": identity,
        "product": "deposit",
        "access_schedule": segments(*items, **(access or {})),
        **({"invoice_schedule": {"schedule_items": schedule}} if bills else {}),
        **more,
    }


def prepaid(identity: str, *items: Item, **more: Any) -> Body:
    return balance(identity, *items, type="PREPAID", **more)


def postpaid(identity: str, item: Item, charged: str, **more: Any) -> Body:
    return balance(identity, item, type="POSTPAID", bills=[(charged, item[0])], **more)


def lines(bill: Bill, **only: Any) -> list[tuple[Any, ...]]:
    """(name, quantity, unit price, total, balance) of the lines in their order on the invoices."""
    chosen = [line for line in bill.lines if all(line[key] == value for key, value in only.items())]
    return [tuple(line[key] for key in ("name", "quantity", "unit_price", "total", "commit")) for line in chosen]


def due(bill: Bill) -> list[tuple[str, Any]]:
    """(type, total) of the invoices."""
    return [(invoice["type"], invoice["total"]) for invoice in bill.invoices]


def entries(bills: Sequence[Bill], identity: str) -> list[tuple[Any, ...]]:
    """(type, date, amount, balance after) of the ledger of one balance over several months."""
    return [
        (row["type"], f"{row['timestamp']:%Y-%m-%d}", row["amount"], row["balance_after"])
        for bill in bills
        for row in bill.ledger
        if row["balance"] == identity
    ]


def closing(bill: Bill) -> dict[str, Any]:
    """What is left of each balance after a month."""
    left: dict[str, Fraction] = {}
    for row in bill.balances:
        left[row["balance"]] = left.get(row["balance"], Fraction(0)) + row["closing"]
    return left


def hold(bills: Sequence[Bill]) -> None:
    """What is true of all bills in a row: balances add up and are taken over, and all that is drawn is on lines."""
    before: dict[str, Fraction] = {}
    for bill in bills:
        applied: dict[str, Fraction] = {}
        for line in bill.lines:
            if line["type"] == "applied_commit_or_credit" and line["origin_contract"] is None:
                taken = line["quantity_consumed"] if line["access_type"] == "QUANTITY" else -line["total"]
                applied[line["commit_segment"]] = applied.get(line["commit_segment"], Fraction(0)) + taken
        for row in bill.balances:
            out = row["drawn"] + row["rolled_over"] + row["expired"] + row["trued_up"]
            assert row["opening"] + row["granted"] + row["manual"] - out == row["closing"]
            assert row["drawn"] == applied.pop(row["segment"], 0)
            assert row["granted"] or row["opening"] == before.get(row["segment"], row["opening"])
            own = [each for each in bill.ledger if each["segment"] == row["segment"]]
            assert sum((each["amount"] for each in own), row["opening"]) == row["closing"]
            assert not own or own[-1]["balance_after"] == row["closing"]
            before[row["segment"]] = row["closing"]
        assert not applied
        for invoice in bill.invoices:
            counted = [line for line in bill.lines if _is_on(line, invoice) and line["in_total"]]
            assert invoice["total"] == sum(line["total"] for line in counted)


def _is_on(line: Mapping[str, Any], invoice: Mapping[str, Any]) -> bool:
    same = ("contract", "contract"), ("invoice_type", "type"), ("issued_at", "issued_at"), ("credit_type_id",) * 2
    return (
        all(line[one] == invoice[other] for one, other in same)
        and line["period_starting_at"] == invoice["starting_at"]
        and line["period_ending_before"] == invoice["ending_before"]
    )
