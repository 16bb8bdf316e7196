"""The balances that a catalog and earlier runs give, with the segments that a run has to do with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.catalog.balance import AccessType, Applicable, Balance, BalanceRateType
from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.customer_balance import CustomerCommit, CustomerCredit
from engine.catalog.recurring_balance import RecurringBalance, SeatAllocation
from engine.rating.balance_terms import BalanceSegment, BalanceTerm, HeldBalance, TermMaker
from engine.rating.earlier import ThresholdCommit, ThresholdKind
from engine.rating.open_window import OpenWindow
from engine.rating.recurring_grants import grants
from engine.values.period import ALWAYS


def contract_balances(
    maker: TermMaker, window: OpenWindow, contract: Contract, renewal: Contract | None
) -> Iterator[HeldBalance]:
    """A contract's own commits, credits and grants, which end with the contract; grants in the order of their starts.

    `renewal` is the contract that renews this one: what rolls over into it is kept as long as it may be used.
    """
    for balance in (*contract.commits, *contract.credits):
        yield from _written(maker, window, contract, balance, renewal)
    granted: list[HeldBalance] = []
    for recurring in (*contract.recurring_commits, *contract.recurring_credits):
        granted += _granted(maker, window, contract, recurring, renewal)
    yield from sorted(granted, key=lambda each: each.segments[0].starting_at)


def customer_balances(maker: TermMaker, window: OpenWindow, catalog: Catalog) -> Iterator[HeldBalance]:
    """The commits and credits of customers; the end of a contract does not end them."""
    shared: tuple[CustomerCommit | CustomerCredit, ...] = (*catalog.commits, *catalog.credits)
    for balance in shared:
        term = maker.of_customer(balance)
        first = window.first(term.contract_ids)
        found = tuple(
            each for each in _segments(balance, None) if window.holds(balance.id, each, first, term.charged_at)
        )
        if found:
            yield HeldBalance(balance.id, term, found)


def threshold_balance(maker: TermMaker, contract: Contract, released: ThresholdCommit) -> HeldBalance:
    """A commit that a threshold released: its terms are what the contract's configuration says now."""
    prepaid, spend = contract.prepaid_balance_threshold_configuration, contract.spend_threshold_configuration
    own = prepaid.commit if prepaid is not None and released.kind is ThresholdKind.PREPAID_BALANCE else None
    charged = spend.commit if spend is not None and released.kind is ThresholdKind.SPEND else own
    applicable: Applicable = Applicable() if own is None else own
    contract_ids = (contract.id,)
    term = BalanceTerm(
        kind="PREPAID",
        name=released.balance_name,
        product_id=None if charged is None else charged.product_id,
        customer_id=contract.customer_id,
        contract_id=contract.id,
        invoice_contract_id=contract.id,
        access_type=AccessType.SPEND,
        credit_type_id=released.credit_type_id,
        rate_type=BalanceRateType.LIST_RATE if own is None else own.rate_type,
        priority=released.priority,
        is_paid=True,
        reach=maker.reaches.of(applicable, maker.contracts.rate_cards(contract_ids)),
        contract_ids=contract_ids,
        contract_count=1,
        custom_fields="{}",
        applicable=applicable,
        hierarchy=None,
        rollover_fraction=None if own is None else own.rollover_fraction,
    )
    end = _earlier(released.written_ending_before, contract.ending_before)
    written_end = released.written_ending_before
    segment = BalanceSegment(released.segment_id, released.amount, released.starting_at, end, written_end)
    return HeldBalance(released.balance_id, term, (segment,))


def rolls_over(segment: BalanceSegment, moment: datetime) -> bool:
    """Whether a segment was in force when its contract was renewed at `moment`."""
    return segment.starting_at < moment <= segment.written_ending_before


def _written(
    maker: TermMaker, window: OpenWindow, contract: Contract, balance: Balance, renewal: Contract | None
) -> Iterator[HeldBalance]:
    term = maker.written(contract, balance)
    first = window.first(term.contract_ids)
    renewed_at = _renewed_at(window, balance.rollover_fraction is not None, renewal)
    found = tuple(
        each
        for each in _segments(balance, contract.ending_before)
        if window.holds(balance.id, each, first, term.charged_at)
        or (renewed_at is not None and rolls_over(each, renewed_at))
    )
    if found:
        yield HeldBalance(balance.id, term, found)


def _granted(
    maker: TermMaker, window: OpenWindow, contract: Contract, recurring: RecurringBalance, renewal: Contract | None
) -> Iterator[HeldBalance]:
    seat_group_key = None
    link = recurring.subscription_config
    if link is not None and link.allocation is SeatAllocation.INDIVIDUAL:
        seats = next(each.seat_config for each in contract.subscriptions if each.id == link.subscription_id)
        seat_group_key = None if seats is None else seats.seat_group_key
    term = maker.recurring(contract, recurring, seat_group_key)
    first = window.first(term.contract_ids)
    renewed_at = _renewed_at(window, recurring.rollover_fraction is not None, renewal)
    earliest = first if renewed_at is None else min(first, renewed_at)
    for grant in grants(contract, recurring, earliest, window.last):
        found = tuple(
            each
            for each in grant.segments
            if window.holds(grant.balance_id, each, first) or (renewed_at is not None and rolls_over(each, renewed_at))
        )
        if found:
            together = None if grant.seat_id is None else (recurring.id, grant.period.name)
            yield HeldBalance(grant.balance_id, term, found, granted_with=together)


def _segments(balance: Balance, end: datetime | None) -> Iterator[BalanceSegment]:
    """The segments of an access schedule, cut to `end`; what would be empty is left out."""
    for each in balance.access_schedule.schedule_items:
        before = _earlier(each.ending_before, end)
        if each.starting_at < before:
            yield BalanceSegment(each.id, each.amount, each.starting_at, before, each.ending_before)


def _renewed_at(window: OpenWindow, may_roll: bool, renewal: Contract | None) -> datetime | None:
    """When a contract was renewed, if what has rolled over may still be used."""
    if not may_roll or renewal is None or renewal.starting_at > window.last:
        return None
    end = renewal.ending_before or ALWAYS.ending_before
    return renewal.starting_at if end > window.earliest else None


def _earlier(end: datetime, other: datetime | None) -> datetime:
    return end if other is None else min(end, other)
