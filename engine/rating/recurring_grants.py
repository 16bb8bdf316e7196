"""What recurring commits and credits grant: periods, amounts and what they cost (spec/rating.md §6.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from engine.catalog.balance import AMOUNT_LIMIT
from engine.catalog.contract import Contract
from engine.catalog.recurring_balance import (
    BalanceProration,
    RecurringBalance,
    RecurringCommit,
    SeatAllocation,
    SeatLink,
)
from engine.errors import UserError
from engine.rating.balance_terms import SEAT_ADJUSTMENT, SEGMENT_START, BalanceSegment
from engine.rating.prorated import prorated
from engine.rating.recurrence import Recurrence, recurrence_of
from engine.rating.seats import SeatHistory
from engine.values.ids import derived_id
from engine.values.period import ALWAYS, Period, format_instant

_MICROSECOND = timedelta(microseconds=1)
_FIRST = (BalanceProration.FIRST, BalanceProration.FIRST_AND_LAST)
_LAST = (BalanceProration.LAST, BalanceProration.FIRST_AND_LAST)


class GrantPeriod(NamedTuple):
    """One period of a recurring balance, cut to its term; it is named for where it would start if it were not cut.

    Its grant can be used until `usable_before`, unless the contract ends before. The grant is `part` of `whole`
    microseconds, which are equal where nothing is prorated.
    """

    name: str
    within: Period
    usable_before: datetime
    part: int
    whole: int


class Grant(NamedTuple):
    """The balance that one period brings; a seat's own if it has a `seat_id`.

    `invoiced_quantity` is how many of the invoice amount it costs, and None if nothing is invoiced for it.
    """

    balance_id: str
    period: GrantPeriod
    segments: tuple[BalanceSegment, ...]
    invoiced_quantity: Decimal | None
    seat_id: str | None = None


def grant_periods(
    contract: Contract, recurring: RecurringBalance, first: datetime, last: datetime
) -> tuple[GrantPeriod, ...]:
    """The periods that begin by `last` and whose grants can be used until `first` or later, in order.

    Found without going through those before. Boundaries are counted from the anchor, so they do not drift.
    """
    ends = (recurring.ending_before, contract.ending_before, contract.terms_end_at, ALWAYS.ending_before)
    return _periods(
        recurrence_of(contract, recurring),
        Period(recurring.starting_at, min(each for each in ends if each is not None)),
        recurring.commit_duration.value,
        recurring.proration,
        Period(first, last),
    )


# Contracts of one plan that begin on one day have the same periods.
@lru_cache(maxsize=65536)
def _periods(
    recurrence: Recurrence, term: Period, duration: int, proration: BalanceProration, wanted: Period
) -> tuple[GrantPeriod, ...]:
    """The periods of a term, each usable for `duration` of them; both bounds of `wanted` belong to it."""
    first_index = recurrence.index_at(term.starting_at)
    last_index = recurrence.index_at(min(wanted.ending_before, term.ending_before))
    found = []
    for index in range(max(first_index, recurrence.index_at(wanted.starting_at) - duration), last_index + 1):
        full = Period(recurrence.boundary(index), recurrence.boundary(index + 1))
        within = Period(max(full.starting_at, term.starting_at), min(full.ending_before, term.ending_before))
        usable_before = recurrence.boundary(index + duration)
        is_wanted = within.starting_at <= wanted.ending_before and wanted.starting_at <= usable_before
        if not is_wanted or within.starting_at >= within.ending_before:
            continue
        is_prorated = (index == first_index and proration in _FIRST) or (
            full.ending_before >= term.ending_before and proration in _LAST
        )
        whole = _microseconds(full)
        part = _microseconds(within) if is_prorated else whole
        found.append(GrantPeriod(_instant_text(full.starting_at), within, usable_before, part, whole))
    return tuple(found)


def grants(contract: Contract, recurring: RecurringBalance, first: datetime, last: datetime) -> Iterator[Grant]:
    """The balances of the periods of `grant_periods`, in order, and by seat where each has its own.

    Raises UserError for an amount that is too large to be counted exactly.
    """
    link = recurring.subscription_config
    periods = grant_periods(contract, recurring, first, last)
    if link is None:
        quantity = recurring.access_amount.quantity
        assert quantity is not None, "a recurring balance without a subscription says how many"
        invoiced = _invoiced_quantity(recurring)
        for period in periods:
            balance_id = derived_id("recurring", recurring.id, period.name)
            segment = _segment(contract, recurring, balance_id, period, quantity)
            yield Grant(balance_id, period, _not_empty(segment), invoiced)
        return
    history = SeatHistory(contract, next(each for each in contract.subscriptions if each.id == link.subscription_id))
    for period in periods:
        if link.allocation is SeatAllocation.POOLED:
            yield from _pooled(contract, recurring, period, history, link)
        else:
            yield from _individual(contract, recurring, period, history, link)


def _invoiced_quantity(recurring: RecurringBalance) -> Decimal | None:
    """How many of its invoice amount a grant costs that no subscription counts."""
    invoice = recurring.invoice_amount if isinstance(recurring, RecurringCommit) else None
    if invoice is None:
        return None
    return Decimal(1) if invoice.quantity is None else invoice.quantity


def _pooled(
    contract: Contract, recurring: RecurringBalance, period: GrantPeriod, history: SeatHistory, link: SeatLink
) -> Iterator[Grant]:
    """One balance for all seats; what comes later than its start is a segment of its own."""
    balance_id = derived_id("recurring", recurring.id, period.name)
    quantity = history.quantity_at(period.within.starting_at)
    segments = []
    if quantity > 0:
        segments.append(_segment(contract, recurring, balance_id, period, quantity))
    for moment, more in history.increases(period.within):
        later = _from(period, moment, is_prorated=link.apply_seat_increase_config.is_prorated)
        segments.append(_segment(contract, recurring, balance_id, later, more, granted_as=SEAT_ADJUSTMENT))
    if segments:
        yield Grant(balance_id, period, _not_empty(*segments), quantity if quantity > 0 else None)


def _individual(
    contract: Contract, recurring: RecurringBalance, period: GrantPeriod, history: SeatHistory, link: SeatLink
) -> Iterator[Grant]:
    """A balance for each assigned seat, from when it is assigned in the period."""
    for seat_id, moment in history.assigned(period.within):
        balance_id = derived_id("recurring", recurring.id, period.name, seat_id)
        is_later = moment > period.within.starting_at
        is_prorated = link.apply_seat_increase_config.is_prorated
        own = _from(period, moment, is_prorated=is_prorated) if is_later else period
        segment = _segment(contract, recurring, balance_id, own, Decimal(1), seat_id=seat_id)
        yield Grant(balance_id, own, _not_empty(segment), None if is_later else Decimal(1), seat_id)


def _from(period: GrantPeriod, moment: datetime, *, is_prorated: bool) -> GrantPeriod:
    """What is left of a period at `moment`."""
    within = Period(moment, period.within.ending_before)
    part = _microseconds(within) if is_prorated else period.whole
    return period._replace(within=within, part=part)


def _segment(
    contract: Contract,
    recurring: RecurringBalance,
    balance_id: str,
    period: GrantPeriod,
    quantity: Decimal,
    granted_as: str = SEGMENT_START,
    seat_id: str | None = None,
) -> BalanceSegment:
    amount = _amount(recurring, period, quantity)
    start = period.within.starting_at
    ends = (period.usable_before, contract.ending_before)
    return BalanceSegment(
        id=derived_id("segment", balance_id, "0" if granted_as == SEGMENT_START else _instant_text(start)),
        amount=amount,
        starting_at=start,
        ending_before=min(each for each in ends if each is not None),
        written_ending_before=period.usable_before,
        granted_as=granted_as,
        seat_id=seat_id,
    )


def _amount(recurring: RecurringBalance, period: GrantPeriod, quantity: Decimal) -> Decimal:
    roundings = recurring.proration_rounding
    rounding = None if roundings is None else roundings.access
    amount = prorated(recurring.access_amount.unit_price, quantity, period.part, period.whole, rounding)
    if amount >= AMOUNT_LIMIT:
        granted = f"recurring balance {recurring.name or recurring.id!r} grants {amount:f}"
        starting = format_instant(period.within.starting_at)
        raise UserError(f"{granted} at {starting}; a balance is below {AMOUNT_LIMIT:,}")
    return amount


def _not_empty(*segments: BalanceSegment) -> tuple[BalanceSegment, ...]:
    return tuple(each for each in segments if each.starting_at < each.ending_before)


def _microseconds(period: Period) -> int:
    return (period.ending_before - period.starting_at) // _MICROSECOND


def _instant_text(moment: datetime) -> str:
    """As the macro `instant_text` spells it."""
    return moment.isoformat(timespec="microseconds") + "Z"
