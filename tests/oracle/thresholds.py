"""Thresholds: balances that are topped up, and spend that is charged at once (spec/rating.md §13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import floor
from typing import Any

from tests.oracle.balance_book import Book
from tests.oracle.balances import Balance, Segment
from tests.oracle.derived import derived, instant_text
from tests.oracle.drawing import Draw, line_order, uncovered
from tests.oracle.invoices import Run, purchase_row
from tests.oracle.numbers import divide, half_away_from_zero
from tests.oracle.packages import later
from tests.oracle.segments import Row
from tests.oracle.settling import COVERABLE, Draft
from tests.oracle.times import END

_ZERO = Fraction(0)
_PLACES = 12
#: After everything else that covers a line.
_LAST_PLACE = (10**9,)


@dataclass(frozen=True)
class Release:
    """A commit that this run releases, and what is charged for it."""

    run: Run
    balance: Balance
    segment: Segment
    charged_at: datetime
    price: Fraction
    written_ending_before: datetime

    def remembered(self) -> Row:
        """What later months must know of it."""
        return {
            "id": self.balance.id,
            "segment": self.segment.id,
            "terms": self.balance.terms,
            "customer": self.balance.customer,
            "contract": self.balance.contract,
            "amount": self.segment.amount,
            "starting_at": self.segment.starting_at,
            "ending_before": self.written_ending_before,
        }


def release(book: Book, drafts: Sequence[Draft]) -> list[Release]:
    """What thresholds release once every balance has been drawn: for spend, invoice by invoice, then for balances.

    A commit for spend is drawn at once by the lines that called for it.
    """
    ordered = sorted(drafts, key=lambda draft: draft.order)
    found = [each for draft in ordered if draft.kind == "USAGE" for each in _of_spend(book, draft)]
    runs = {draft.run.contract_id: draft.run for draft in ordered if draft.kind == "USAGE"}
    return [*found, *(each for run in runs.values() for each in _of_balance(book, run))]


def _of_spend(book: Book, draft: Draft) -> Iterator[Release]:
    threshold = draft.run.contract["spend_threshold"]
    if threshold is None:
        return
    fiat = draft.run.card["fiat"]
    open_lines = [
        line
        for line in sorted((each for each in draft.lines if each["type"] in COVERABLE), key=line_order)
        if line["credit_type_id"] == fiat and line["quantity"] > 0 and uncovered(line)[1] > 0
    ]
    spent = sum((uncovered(line)[1] for line in open_lines), _ZERO)
    if not open_lines or spent < threshold["amount"]:
        return
    amount = Fraction(floor(spent * 10**_PLACES), 10**_PLACES)
    start, end = draft.span
    made = _released(book, draft.run, threshold, "spend_threshold", amount, (max(start, book.span[0]), end), end)
    segment = made.segment
    for line in open_lines:
        quantity, left = uncovered(line)
        taken = min(left, segment.left)
        if taken <= 0:
            break
        units = quantity if taken == left else min(divide(taken, line["unit_price"]), quantity)
        segment.drawn += taken
        line["left"], line["left_quantity"] = left - taken, quantity - units
        drawn = Draw(segment, units, line["unit_price"], taken, taken, {}, _LAST_PLACE)
        draft.draws.setdefault(id(line), []).append(drawn)
    yield made


def _of_balance(book: Book, run: Run) -> Iterator[Release]:
    """Looked at where the last statement of the run ends; a contract that has ended by then buys nothing."""
    threshold = run.contract["prepaid_threshold"]
    moment = max(each.ending_before for each in run.statements)
    if threshold is None or moment >= (run.contract["ending_before"] or END):
        return
    left = sum(
        (
            segment.left
            for balance in book.balances
            if run.contract_id in balance.contracts
            and balance.kind != "POSTPAID"
            and balance.terms["credit_type"] == threshold["terms"]["credit_type"]
            for segment in balance.segments
            if segment.seat is None and segment.covers(moment)
        ),
        _ZERO,
    )
    missing = half_away_from_zero(threshold["recharge_to"] - left, _PLACES)
    if left <= threshold["amount"] and missing > 0:
        end = later(moment, threshold["duration"])
        yield _released(book, run, threshold, "threshold", missing, (moment, end), moment)


def _released(
    book: Book,
    run: Run,
    threshold: Mapping[str, Any],
    kind: str,
    amount: Fraction,
    span: tuple[datetime, datetime],
    charged_at: datetime,
) -> Release:
    identity = derived(kind, run.contract_id, instant_text(charged_at))
    terms = {**threshold["terms"], "id": identity, "invoices": [(charged_at, threshold["price"], amount)]}
    balance = book.add(terms, run.contract["customer"], run.contract_id)
    segment = book.add_segment(balance, derived("segment", identity, "0"), amount, *span)
    assert segment is not None
    segment.available = amount
    return Release(run, balance, segment, charged_at, threshold["price"], span[1])


def purchases(releases: Sequence[Release]) -> list[Draft]:
    """The invoices of what is released: one for each contract and instant, beside its scheduled ones."""
    drafts: dict[tuple[str, datetime], Draft] = {}
    for each in releases:
        assert each.segment.amount is not None
        key = each.run.contract_id, each.charged_at
        draft = drafts.setdefault(key, Draft(each.run, each.charged_at, [], "SCHEDULED"))
        due = each.charged_at, each.price, each.segment.amount
        draft.lines.append(purchase_row(each.run, each.balance, due, each.balance.name))
    return list(drafts.values())
