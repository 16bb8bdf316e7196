"""A month's lines drawn on balances: order of invoices, units before money, and what the month leaves behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.oracle.balance_book import Book
from tests.oracle.balances import Balance, Segment
from tests.oracle.drawing import Draw, draw, find_rolled, line_order
from tests.oracle.eligibility import in_order
from tests.oracle.history import History
from tests.oracle.invoices import GRACE, Destination, Run, conversions
from tests.oracle.ledger import Deduction
from tests.oracle.segments import LAST_INSTANT, Row
from tests.oracle.times import anchor_of, boundary, is_generated, number_at, statement_around

_ZERO = Fraction(0)
#: The types of lines that balances cover.
COVERABLE = ("usage", "subscription", "cpu_conversion")


@dataclass
class Draft:
    """An invoice in the making: its lines before balances, and what is drawn for each, by the id of the line."""

    run: Run
    destination: Destination
    lines: list[Row]
    kind: str
    draws: dict[int, list[Draw]] = field(default_factory=dict)

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Its period, or twice its instant."""
        at = self.destination
        return (at, at) if isinstance(at, datetime) else at

    @property
    def identity(self) -> tuple[Any, ...]:
        """What tells the invoice apart: (contract, type, starting_at, ending_before, issued_at)."""
        if isinstance(self.destination, datetime):
            return self.run.contract_id, self.kind, None, None, self.destination
        return (self.run.contract_id, self.kind, *self.destination, self.destination[1] + GRACE)

    @property
    def order(self) -> tuple[Any, ...]:
        """The order in which invoices draw on balances."""
        start, end = self.span
        return (
            end,
            start,
            self.run.contract["starting_at"],
            self.run.contract_id,
            isinstance(self.destination, datetime),
        )


def settle(book: Book, drafts: Iterable[Draft]) -> None:
    """Draw on the balances: all lines in pricing units, then what is left of them as money with all other lines."""
    ordered = sorted(drafts, key=lambda draft: draft.order)
    segments = in_order(book.balances)
    rollovers = [each.rollover for each in book.balances if each.rollover is not None]
    went = {id(old): each.rolled_at for each in rollovers for old in each.old}
    for draft in ordered:
        _draw_lines(book, draft, segments, went, in_money=False)
    for draft in ordered:
        draft.lines.extend(conversions(draft.run, draft.lines, *_conversion_span(draft)))
    for draft in ordered:
        _draw_lines(book, draft, segments, went, in_money=True)
    for balance in book.balances:
        if balance.rollover is not None:
            find_rolled(balance.rollover)


def _conversion_span(draft: Draft) -> tuple[datetime, datetime | None]:
    at = draft.destination
    return (at, None) if isinstance(at, datetime) else at


def _draw_lines(
    book: Book, draft: Draft, segments: Sequence[Segment], went: Mapping[int, datetime], in_money: bool
) -> None:
    fiat = draft.run.card["fiat"]
    lines = [line for line in draft.lines if line["type"] in COVERABLE and (line["credit_type_id"] == fiat) == in_money]
    usable = [each for each in segments if _overlaps(draft, each, went)]
    for line in sorted(lines, key=line_order):
        drawn = draw(book.catalog, draft.run.contract_id, line, usable)
        if drawn:
            draft.draws[id(line)] = drawn


def _overlaps(draft: Draft, segment: Segment, went: Mapping[int, datetime]) -> bool:
    """Whether the invoice begins before the segment ends, and ends before what is left of it has rolled over."""
    start, end = draft.span
    return start < segment.ending_before and end <= went.get(id(segment), end)


def deductions(drafts: Iterable[Draft]) -> Iterator[Deduction]:
    """What each invoice took of each segment, in the order of invoices."""
    for draft in sorted(drafts, key=lambda draft: draft.order):
        taken: dict[str, list[Draw]] = {}
        for line in draft.lines:
            for each in draft.draws.get(id(line), ()):
                taken.setdefault(each.segment.id, []).append(each)
        for draws in taken.values():
            amount = sum((each.taken for each in draws), _ZERO)
            yield Deduction(draws[0].segment, draft.identity, draft.span[1], amount, len(draws))


def _is_open(book: Book, balance: Balance) -> bool:
    """Whether a segment has begun and may still be drawn: it has not ended before the statements that go on do."""
    contracts = [book.catalog["contracts"][each] for each in balance.contracts]
    begun = [
        boundary(anchor_of(each), each["frequency"], number_at(anchor_of(each), each["frequency"], book.span[0]))
        for each in contracts
    ]
    first = min(begun, default=book.span[0])
    return any(each.starting_at <= book.span[1] and first <= each.ending_before for each in balance.segments)


def pools(book: Book) -> dict[str, frozenset[str]]:
    """The contracts that share balances with a contract, directly or by others, itself among them.

    So do the one that a true-up is charged to, and the one that goes on with what another has left.
    """
    found: dict[str, frozenset[str]] = {}
    for balance in book.balances:
        together = frozenset(balance.contracts) if _is_open(book, balance) else frozenset()
        if balance.rollover is not None:
            for old in balance.rollover.old:
                together |= frozenset(old.balance.contracts)
        if together and balance.terms["kind"] == "POSTPAID" and balance.invoice_contract is not None:
            together |= {balance.invoice_contract}
        for contract in tuple(together):
            together |= found.get(contract, frozenset())
        for contract in together:
            found[contract] = together
    return found


def unsettled(book: Book, runs: Iterable[Run]) -> frozenset[str]:
    """The contracts that must wait, as what an earlier statement took of balances that they share is not known."""
    late = set()
    for run in runs:
        start = min((each.starting_at for each in run.statements), default=run.contract["starting_at"])
        before = statement_around(run.contract, start - LAST_INSTANT) if start > run.contract["starting_at"] else None
        if before is None or not is_generated(run.contract, start) or (run.contract_id, start) in book.history.billed:
            continue
        own = [each for balance in book.balances if run.contract_id in balance.contracts for each in balance.segments]
        if any(each.starting_at < start <= each.ending_before for each in own):
            late.add(run.contract_id)
    for balance in book.balances:
        rollover = balance.rollover
        if rollover and rollover.new.amount is None and not rollover.found_now and rollover.rolled_at < book.span[1]:
            late |= set(balance.contracts)
    together = pools(book)
    return frozenset(contract for each in late for contract in together.get(each, frozenset({each})))


def afterwards(book: Book, runs: Iterable[Run], parked: frozenset[str], released: Iterable[Row]) -> History:
    """What the next month must know of this one."""
    before = book.history
    drawn, rolled_from, rolled_into = dict(before.drawn), dict(before.rolled_from), dict(before.rolled_into)
    for balance in book.balances:
        if parked & set(balance.contracts):
            continue
        for segment in balance.segments:
            if segment.drawn:
                drawn[segment.id] = drawn.get(segment.id, _ZERO) + segment.drawn
            if segment.rolled:
                rolled_from[segment.id] = rolled_from.get(segment.id, _ZERO) + segment.rolled
        if balance.rollover is not None and balance.rollover.new.amount is not None:
            rolled_into[balance.rollover.new.id] = balance.rollover.new.amount
    billed = {
        (run.contract_id, each.ending_before)
        for run in runs
        if run.contract_id not in parked
        for each in run.statements
    }
    commits = (*before.threshold_commits, *released)
    return replace(
        before,
        threshold_commits=commits,
        drawn=drawn,
        rolled_from=rolled_from,
        rolled_into=rolled_into,
        billed=before.billed | billed,
    )
