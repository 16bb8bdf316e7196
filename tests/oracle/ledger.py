"""The ledger of a run and the balances before and after it (spec/rating.md §6.3, §6.4, §17 Q12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.oracle.balance_book import Book
from tests.oracle.balances import Rollover, Segment
from tests.oracle.times import END, ends_a_statement, is_generated, statement_around

Row = dict[str, Any]

_ZERO = Fraction(0)
_PREFIX = {"CREDIT": "CREDIT", "PREPAID": "PREPAID_COMMIT", "POSTPAID": "POSTPAID_COMMIT"}
#: Entries of one instant stand in this order, deductions in the order of their invoices.
_RANKS = ("GRANT", "MANUAL", "DEDUCTION", "ROLLOVER", "TRUEUP", "EXPIRATION")


@dataclass(frozen=True)
class Deduction:
    """What one invoice takes of one segment; `ends_at` is the end of its period, or its instant.

    `invoice` is (contract, type, starting_at, ending_before, issued_at); `applied` is on how many lines.
    """

    segment: Segment
    invoice: tuple[Any, ...]
    ends_at: datetime
    amount: Fraction
    applied: int


@dataclass
class Account:
    """What happens to one segment in a run."""

    segment: Segment
    opening: Fraction
    entries: list[tuple[datetime, int, Fraction, Row]] = field(default_factory=list)

    def post(self, rank: str, moment: datetime, amount: Fraction, **columns: Any) -> None:
        self.entries.append((moment, _RANKS.index(rank), amount, columns))

    def sum_of(self, rank: str) -> Fraction:
        return sum((amount for _, of_rank, amount, _ in self.entries if of_rank == _RANKS.index(rank)), _ZERO)

    @property
    def is_granted(self) -> bool:
        """Whether this run grants it."""
        return any(rank == _RANKS.index("GRANT") for _, rank, _, _ in self.entries)

    @property
    def closing(self) -> Fraction:
        return self.opening + sum((amount for _, _, amount, _ in self.entries), _ZERO)


def is_settled(book: Book, segment: Segment, moment: datetime) -> bool:
    """Whether no statement that ends later can draw on a segment any more; what rolls over is settled at its end."""
    if segment.ending_before == END or segment.ending_before > moment:
        return False
    if rollover_of(book, segment) is not None:
        return True
    for contract_id in segment.balance.contracts:
        contract = book.catalog["contracts"][contract_id]
        around = statement_around(contract, moment)
        if around is not None and around[0] < segment.ending_before and is_generated(contract, around[1]):
            return False
    return True


def rollover_of(book: Book, segment: Segment) -> Rollover | None:
    """The rollover that a segment goes into."""
    for balance in book.balances:
        if balance.rollover is not None and any(each is segment for each in balance.rollover.old):
            return balance.rollover
    return None


def is_closed(book: Book, segment: Segment, moment: datetime) -> bool:
    """Whether a segment has come to its end by an instant: it is settled, and its true-up, if it has one, is due."""
    trueup = segment.balance.trueup
    if not is_settled(book, segment, moment):
        return False
    if trueup is None or trueup[1] is None or trueup[2]:
        return True
    contract, charged_at = trueup[0], trueup[1]
    terms = book.catalog["contracts"][contract]
    at_the_end = terms["charges_on_usage_invoices"] and ends_a_statement(terms, charged_at)
    return charged_at < moment or (charged_at == moment and at_the_end)


def manual(segment: Segment, start: datetime | None, end: datetime) -> list[tuple[datetime, Fraction, str]]:
    """The manual entries of a segment from one instant to another."""
    return [each for each in segment.manual if (start is None or start <= each[0]) and each[0] < end]


def make_available(book: Book) -> None:
    """Say of every segment what this run may draw of it; nothing of those that are closed."""
    start, end = book.span
    for balance in book.balances:
        for segment in balance.segments:
            if segment.amount is not None and not is_closed(book, segment, start):
                posted = sum((amount for _, amount, _ in manual(segment, None, end)), _ZERO)
                left = segment.amount + posted - segment.earlier_drawn - segment.earlier_rolled
                segment.available = max(_ZERO, left)


def accounts(
    book: Book, deductions: Iterable[Deduction], released: frozenset[str], own: frozenset[str]
) -> list[Account]:
    """The segments that are open in a run, in catalog order, with what happens to them.

    A closed one is open again for what is entered by hand. `released` are the segments of commits that thresholds of
    earlier runs released, which are granted already, `own` those of this run, which are granted whenever they start.
    """
    by_segment: dict[str, list[Deduction]] = {}
    for each in deductions:
        by_segment.setdefault(each.segment.id, []).append(each)
    found = []
    for balance in book.balances:
        for segment in balance.segments:
            drawn = by_segment.get(segment.id, [])
            seen = segment.starting_at < book.span[0] or segment.id in book.history.drawn or segment.id in released
            granted = not seen and (segment.starting_at < book.span[1] or bool(drawn) or segment.id in own)
            closed = is_closed(book, segment, book.span[0])
            if segment.amount is None or not (seen or granted) or (closed and not manual(segment, *book.span)):
                continue
            account = _opened(book, segment, granted, closed)
            for each in drawn:
                moment = min(each.ends_at, segment.ending_before)
                account.post("DEDUCTION", moment, -each.amount, invoice=each.invoice, applied_lines=each.applied)
            _close(book, account, closed)
            found.append(account)
    return found


def _opened(book: Book, segment: Segment, granted: bool, closed: bool) -> Account:
    start, end = book.span
    if granted:
        account = Account(segment, _ZERO)
        assert segment.amount is not None
        account.post("GRANT", segment.starting_at, segment.amount)
    else:
        before = sum((amount for _, amount, _ in manual(segment, None, start)), _ZERO)
        opening = (segment.amount or _ZERO) + before - segment.earlier_drawn - segment.earlier_rolled
        account = Account(segment, min(opening, _ZERO) if closed else opening)
    for moment, amount, reason in manual(segment, None if granted else start, end):
        account.post("MANUAL", moment, amount, reason=reason)
    return account


def _close(book: Book, account: Account, closed: bool) -> None:
    """Rollover, true-up and expiration, where this run comes to them. A rollover of nothing is said, too."""
    segment, end = account.segment, book.span[1]
    rollover = rollover_of(book, segment)
    if rollover is not None and rollover.found_now:
        new = rollover.new.balance
        columns = {"new_contract": new.contract, "new_balance": new.id}
        account.post("ROLLOVER", rollover.rolled_at, -segment.rolled, **columns)
    left = account.closing
    if left <= 0 or not is_closed(book, segment, end):
        return
    ended_at = max([segment.ending_before, *(moment for moment, _, _ in manual(segment, None, end))])
    trueup = segment.balance.trueup
    if trueup is None or trueup[1] is None or trueup[2] or closed:
        account.post("EXPIRATION", ended_at, -left)
    else:
        account.post("TRUEUP", max(trueup[1], ended_at), -left)


def entry_rows(book: Book, found: Iterable[Account], trueup_invoices: Mapping[str, tuple[Any, ...]]) -> Iterator[Row]:
    """The rows of `ledger`, segment by segment in order of time; what is entered before a grant comes after it.

    `trueup_invoices` are the invoices that have the true-ups of segments.
    """
    for account in found:
        running, granted_at = account.opening, account.segment.starting_at
        for moment, rank, amount, columns in sorted(
            account.entries, key=lambda each: (max(each[0], granted_at), each[1])
        ):
            running += amount
            trued_up = trueup_invoices.get(account.segment.id) if _RANKS[rank] == "TRUEUP" else None
            invoice = trued_up or columns.get("invoice")
            yield {
                **_head(book, account.segment),
                "type": _type_of(account.segment, _RANKS[rank]),
                "timestamp": moment,
                "amount": amount,
                "invoice": invoice,
                "invoice_contract": invoice[0] if invoice else None,
                "applied_lines": 1 if trued_up else columns.get("applied_lines", 0),
                "new_contract": columns.get("new_contract"),
                "new_balance": columns.get("new_balance"),
                "reason": columns.get("reason"),
                "balance_after": running,
            }


def _type_of(segment: Segment, rank: str) -> str:
    prefix = _PREFIX[segment.balance.kind]
    if rank == "GRANT" and segment.balance.kind == "POSTPAID" and segment.granted_as == "SEGMENT_START":
        return f"{prefix}_INITIAL_BALANCE"
    named = {"GRANT": segment.granted_as, "DEDUCTION": "AUTOMATED_INVOICE_DEDUCTION"}.get(rank, rank)
    return f"{prefix}_{named}"


def _head(book: Book, segment: Segment) -> Row:
    balance = segment.balance
    credit_type = balance.terms["credit_type"]
    return {
        "customer": balance.customer,
        "contract": balance.contract,
        "balance": balance.id,
        "segment": segment.id,
        "credit_type_id": credit_type,
        "currency": book.catalog["credit_types"][credit_type] if credit_type else None,
    }


def balance_rows(book: Book, found: Iterable[Account]) -> Iterator[Row]:
    """The rows of `balances`: opening + granted + manual - drawn - rolled_over - expired - trued_up = closing."""
    for account in found:
        segment = account.segment
        yield {
            **_head(book, segment),
            "balance_name": segment.balance.name,
            "kind": segment.balance.kind,
            "access_type": segment.balance.terms["access_type"],
            "starting_at": segment.starting_at,
            "ending_before": None if segment.ending_before == END else segment.ending_before,
            "opening": account.opening,
            "granted": account.sum_of("GRANT"),
            "manual": account.sum_of("MANUAL"),
            "drawn": -account.sum_of("DEDUCTION"),
            "rolled_over": -account.sum_of("ROLLOVER"),
            "expired": -account.sum_of("EXPIRATION"),
            "trued_up": -account.sum_of("TRUEUP"),
            "closing": account.closing,
        }


def trueups(found: Iterable[Account]) -> Iterator[tuple[Segment, str, datetime, Fraction]]:
    """(segment, contract, when it is charged, amount) of the true-ups of a run."""
    for account in found:
        amount = -account.sum_of("TRUEUP")
        if amount:
            assert account.segment.balance.trueup is not None
            contract, charged_at, _ = account.segment.balance.trueup
            assert charged_at is not None
            yield account.segment, contract, charged_at, amount
