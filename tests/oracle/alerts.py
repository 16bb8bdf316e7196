"""Alerts: who has crossed a threshold in a month, and when (spec/rating.md §13)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.oracle.balance_book import Book
from tests.oracle.contracts import identity
from tests.oracle.ledger import Account
from tests.oracle.written import exact

Row = dict[str, Any]
#: (instant, by how much)
Movement = tuple[datetime, Fraction]

_ZERO = Fraction(0)


def alert_rows(book: Book, lines: Sequence[Row], invoices: Sequence[Row], accounts: Sequence[Account]) -> Iterator[Row]:
    """The rows of `alerts`; one without a credit type looks at each currency of a customer's contracts."""
    catalog = book.catalog
    for item in catalog["alerts"]:
        wanted = item.get("customer_id") or item.get("customer")
        customers = [catalog["find_customer"](wanted)] if wanted else list(catalog["customers"])
        unit = item.get("credit_type_id") or item.get("credit_type")
        for customer in customers:
            own = [each for each in catalog["contracts"].values() if each["customer"] == customer]
            fiats = sorted({catalog["cards"][each["card"]]["fiat"] for each in own})
            for credit_type in [catalog["find_credit_type"](unit)] if unit and own else fiats:
                found = _crossed(book, item, (customer, credit_type), (lines, invoices, accounts))
                if found is not None:
                    yield {
                        "alert": identity("alert", item),
                        "alert_name": item["name"],
                        "alert_type": item["alert_type"].lower(),
                        "customer": customer,
                        "credit_type_id": credit_type,
                        "threshold": exact(item["threshold"]),
                        "value": found[0],
                        "crossed_at": found[1],
                    }


def _crossed(
    book: Book,
    item: Mapping[str, Any],
    whose: tuple[str, str],
    bill: tuple[Sequence[Row], Sequence[Row], Sequence[Account]],
) -> tuple[Fraction, datetime] | None:
    """(value, when) where a threshold is crossed."""
    lines, invoices, accounts = bill
    kind, threshold = item["alert_type"].lower(), exact(item["threshold"])
    if kind == "spend_threshold_reached":
        return _first_reached(_spend(lines, whose), threshold)
    if kind == "invoice_total_reached":
        reached = [
            (each["ending_before"] or each["issued_at"], number, each["total"])
            for number, each in enumerate(invoices)
            if (each["customer"], each["credit_type_id"]) == whose
            and each["type"] != "USAGE_CONSOLIDATED"
            and each["total"] >= threshold
        ]
        return (min(reached)[2], min(reached)[0]) if reached else None
    watched = [
        each
        for each in accounts
        if (each.segment.balance.customer, each.segment.balance.terms["credit_type"]) == whose
        and {"PREPAID": "_commit_", "CREDIT": "_credit_"}.get(each.segment.balance.kind, "?") in kind
        and each.segment.covers(book.span[1])
    ]
    if not watched:
        return None
    if kind.endswith("_percentage_reached"):
        granted = sum((each.segment.amount or _ZERO for each in watched), _ZERO)
        threshold = threshold * granted / 100
    down = _first_reached([(moment, -amount) for moment, amount in _balance(book, watched)], -threshold)
    return (-down[0], down[1]) if down else None


def _spend(lines: Iterable[Row], whose: tuple[str, str]) -> list[Movement]:
    return [
        (line["ending_before"] or line["starting_at"], line["total"])
        for line in lines
        if line["type"] in ("usage", "subscription")
        and line["origin_contract"] is None
        and (line["customer"], line["credit_type_id"]) == whose
    ]


def _balance(book: Book, accounts: Iterable[Account]) -> Iterator[Movement]:
    """What is there when the month begins, and what adds to it and takes from it."""
    start = book.span[0]
    for account in accounts:
        if not account.is_granted:
            yield start, account.opening
        for moment, _, amount, _ in account.entries:
            yield max(moment, start), amount


def _first_reached(movements: Iterable[Movement], threshold: Fraction) -> tuple[Fraction, datetime] | None:
    """(sum, instant): what it comes to in the end, if that reaches the threshold, and when that was first so."""
    by_instant: dict[datetime, Fraction] = {}
    for moment, amount in movements:
        by_instant[moment] = by_instant.get(moment, _ZERO) + amount
    running, first = _ZERO, None
    for moment in sorted(by_instant):
        running += by_instant[moment]
        if running >= threshold and first is None:
            first = moment
    return (running, first) if first is not None and running >= threshold else None
