"""Commits and credits as the tables that the rating stages start from (spec/rating.md §6, §7.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.catalog.contract import TrueupBehavior
from engine.rating.arrow_tables import INSTANT, TEXTS, arrow_table
from engine.rating.balance_order import order_columns
from engine.rating.balance_terms import BalanceSegment, BalanceTerm, HeldBalance, TermMaker
from engine.rating.closed import NOTHING_CLOSED, Closed
from engine.rating.earlier import EMPTY, Earlier, ThresholdCommit
from engine.rating.held_balances import contract_balances, customer_balances, rolls_over, threshold_balance
from engine.rating.manual_entries import AMOUNT_PLACES, ManualEntries
from engine.rating.open_window import OpenWindow
from engine.rating.pools import pools
from engine.rating.rollovers import Rollover, renewals, rolled_over
from engine.values.collector import paused_collector
from engine.values.numbers import MAX_DIGITS
from engine.values.period import Period

AMOUNT = pa.decimal128(MAX_DIGITS, AMOUNT_PLACES)
FRACTION = pa.decimal128(MAX_DIGITS, 18)


@paused_collector()
def balance_inputs(
    catalog: Catalog, period: Period, earlier: Earlier = EMPTY, closed: Closed = NOTHING_CLOSED
) -> dict[str, pa.Table]:
    """The tables `balances`, `balance_segments`, `balance_targets`, `balance_contracts`, `pools`, `trueups`,
    `rollovers`, `manual_entries`, `earlier_statements` and `earlier_releases`.

    Balances are numbered in this order: the contracts' own, in catalog order, each contract's commits, credits and then
    grants by start; the customers' commits, then credits; what has rolled over; what thresholds released. Those whose
    segments all begin after the period, or were settled before it, are left out. Raises UserError where a grant is too
    large to be counted exactly.
    """
    maker = TermMaker(catalog, period)
    window = OpenWindow(catalog, period, earlier)
    balances, rolling = _held(maker, window, catalog, earlier, closed.threshold_commits)
    segments = [(balance.id, segment) for balance in balances for segment in balance.segments]
    billed = closed.billed_until(earlier.billed)
    manual = ManualEntries(catalog.manual_balance_entries, period)
    return {
        "balances": _balances(balances),
        "balance_segments": _balance_segments(balances, manual, earlier),
        "balance_targets": _balance_targets(balances),
        "balance_contracts": _balance_contracts(balances),
        "pools": _pools(balances, rolling, window),
        "trueups": _trueups(balances, catalog),
        "rollovers": _rollovers(rolling, segments),
        "manual_entries": manual.table(segments),
        "earlier_releases": arrow_table(
            segment_id=(pa.string(), [each.segment_id for each in earlier.threshold_commits])
        ),
        "earlier_statements": arrow_table(
            contract_id=(pa.string(), list(billed)), billed_before=(INSTANT, list(billed.values()))
        ),
    }


def _held(
    maker: TermMaker,
    window: OpenWindow,
    catalog: Catalog,
    earlier: Earlier,
    released_now: Sequence[ThresholdCommit],
) -> tuple[list[HeldBalance], list[Rollover]]:
    """The balances in their order, and what rolls over from one of them into another."""
    contracts = maker.contracts.by_id
    renewing = renewals(catalog)
    own: list[HeldBalance] = []
    rolling: list[Rollover] = []
    for contract in catalog.contracts:
        renewal = renewing.get(contract.id)
        found = list(contract_balances(maker, window, contract, renewal))
        own += found
        if renewal is not None:
            rolling += (each for balance in found for each in rolled_over(maker, earlier, balance, renewal))
    released: list[HeldBalance] = []
    for commit in (*earlier.threshold_commits, *released_now):
        if commit.contract_id in contracts:
            balance = threshold_balance(maker, contracts[commit.contract_id], commit)
            renewal = renewing.get(commit.contract_id)
            (segment,) = balance.segments
            if renewal is not None:
                rolling += rolled_over(maker, earlier, balance, renewal)
            rolls = renewal is not None and rolls_over(segment, renewal.starting_at)
            if rolls or window.holds(balance.id, segment, window.first(balance.term.contract_ids)):
                released.append(balance)
    # A postpaid commit may wait for its true-up when the new contract has ended: what rolled over lessens it.
    rolling = [each for each in rolling if _is_held(window, each.balance) or _is_held(window, each.source)]
    new = {each.balance.id: each.balance for each in rolling}
    return [*own, *customer_balances(maker, window, catalog), *new.values(), *released], rolling


def _is_held(window: OpenWindow, balance: HeldBalance) -> bool:
    first = window.first(balance.term.contract_ids)
    return any(window.holds(balance.id, each, first, balance.term.charged_at) for each in balance.segments)


def _balances(balances: Sequence[HeldBalance]) -> pa.Table:
    """Grain: balance_no. Without a credit type the balance counts units.

    The balances of seats that were granted together have one `seats_no`: no two of them are for the same usage.
    """
    terms = [each.term for each in balances]
    return arrow_table(
        balance_no=(pa.int32(), range(len(balances))),
        balance_id=(pa.string(), [each.id for each in balances]),
        kind=(pa.string(), [each.kind for each in terms]),
        balance_name=(pa.string(), [each.name for each in terms]),
        product_id=(pa.string(), [each.product_id for each in terms]),
        customer_id=(pa.string(), [each.customer_id for each in terms]),
        contract_id=(pa.string(), [each.contract_id for each in terms]),
        invoice_contract_id=(pa.string(), [each.invoice_contract_id for each in terms]),
        access_type=(pa.string(), [each.access_type for each in terms]),
        credit_type_id=(pa.string(), [each.credit_type_id for each in terms]),
        rate_type=(pa.string(), [each.rate_type for each in terms]),
        rollover_fraction=(FRACTION, [each.rollover_fraction for each in terms]),
        rollover_of=(pa.string(), [each.rollover_of for each in balances]),
        recurring_id=(pa.string(), [each.recurring_id for each in terms]),
        custom_fields=(pa.string(), [each.custom_fields for each in terms]),
        seats_no=(pa.int32(), _seats_numbers(balances)),
        **order_columns(terms),
    )


def _seats_numbers(balances: Sequence[HeldBalance]) -> list[int | None]:
    """For the balance of a seat, the number of the first that was granted together with it."""
    first: dict[object, int] = {}
    return [
        None if balance.granted_with is None else first.setdefault(balance.granted_with, number)
        for number, balance in enumerate(balances)
    ]


def _balance_segments(balances: Sequence[HeldBalance], manual: ManualEntries, earlier: Earlier) -> pa.Table:
    """Grain: segment_no. An amount that only this run can find out is NULL."""
    rows = [(number, balance, each) for number, balance in enumerate(balances) for each in balance.segments]
    segments = [segment for _, _, segment in rows]
    none = Decimal(0)
    return arrow_table(
        segment_no=(pa.int32(), range(len(rows))),
        balance_no=(pa.int32(), [number for number, _, _ in rows]),
        segment_id=(pa.string(), [each.id for each in segments]),
        granted_as=(pa.string(), [each.granted_as for each in segments]),
        amount=(AMOUNT, [each.amount for each in segments]),
        starting_at=(INSTANT, [each.starting_at for each in segments]),
        ending_before=(INSTANT, [each.ending_before for each in segments]),
        written_ending_before=(INSTANT, [each.written_ending_before for each in segments]),
        manual=(AMOUNT, [manual.total(balance.id, each) for _, balance, each in rows]),
        earlier_drawn=(AMOUNT, [earlier.drawn.get(each.id, none) for each in segments]),
        seat_group_key=(
            pa.string(),
            [None if each.seat_id is None else balance.term.seat_group_key for _, balance, each in rows],
        ),
        seat_id=(pa.string(), [each.seat_id for each in segments]),
    )


def _balance_targets(balances: Sequence[HeldBalance]) -> pa.Table:
    """What may draw on a balance. Grain: balance_no, target_no; one of them must match, all NULL matches everything."""
    rows = [
        (number, position, target)
        for number, balance in enumerate(balances)
        for position, target in enumerate(balance.term.reach.targets)
    ]
    targets = [target for _, _, target in rows]
    return arrow_table(
        balance_no=(pa.int32(), [number for number, _, _ in rows]),
        target_no=(pa.int32(), [position for _, position, _ in rows]),
        product_id=(pa.string(), [each.product_id for each in targets]),
        any_tags=(TEXTS, [each.any_tags for each in targets]),
        all_tags=(TEXTS, [each.all_tags for each in targets]),
        pricing_pairs=(TEXTS, [each.pricing_pairs for each in targets]),
        presentation_pairs=(TEXTS, [each.presentation_pairs for each in targets]),
    )


def _balance_contracts(balances: Sequence[HeldBalance]) -> pa.Table:
    """Who may draw on a balance. Grain: balance_no, contract_id."""
    rows = [(number, each) for number, balance in enumerate(balances) for each in balance.term.contract_ids]
    return arrow_table(
        balance_no=(pa.int32(), [number for number, _ in rows]),
        contract_id=(pa.string(), [contract_id for _, contract_id in rows]),
    )


def _pools(balances: Sequence[HeldBalance], rolling: Sequence[Rollover], window: OpenWindow) -> pa.Table:
    """Contracts that are connected by balances that they may draw on have one pool. Grain: contract_id.

    So are the one that a true-up is charged to, and the one that goes on with what another has left.
    """
    sharers = [_sharers(each.term) for each in balances if window.is_open(each.segments, each.term.contract_ids)]
    sharers += [(*each.source.term.contract_ids, *each.balance.term.contract_ids) for each in rolling]
    numbers = pools(sharers)
    return arrow_table(contract_id=(pa.string(), list(numbers)), pool_no=(pa.int32(), list(numbers.values())))


def _sharers(term: BalanceTerm) -> tuple[str, ...]:
    if term.kind == "POSTPAID" and term.contract_ids and term.invoice_contract_id is not None:
        return (*term.contract_ids, term.invoice_contract_id)
    return term.contract_ids


def _trueups(balances: Sequence[HeldBalance], catalog: Catalog) -> pa.Table:
    """When postpaid balances charge what is left, and which of them do not after all. Grain: balance_no."""
    removed_from = _trueups_removed_from(catalog)
    rows: list[tuple[int, str, datetime, bool]] = []
    for number, balance in enumerate(balances):
        term = balance.term
        contract_id, moment = term.invoice_contract_id, term.charged_at
        if term.kind == "POSTPAID" and contract_id is not None and moment is not None:
            end = None if term.contract_id is None else removed_from.get(term.contract_id)
            rows.append((number, contract_id, moment, not term.is_invoiced or (end is not None and moment >= end)))
    return arrow_table(
        balance_no=(pa.int32(), [row[0] for row in rows]),
        contract_id=(pa.string(), [row[1] for row in rows]),
        charged_at=(INSTANT, [row[2] for row in rows]),
        is_removed=(pa.bool_(), [row[3] for row in rows]),
    )


def _trueups_removed_from(catalog: Catalog) -> Mapping[str, datetime]:
    """From when on contracts charge nothing for what is left, because another took their place, by contract id."""
    return {
        each.transition.from_contract_id: each.starting_at
        for each in catalog.contracts
        if each.transition is not None and each.transition.future_invoice_behavior.trueup is TrueupBehavior.REMOVE
    }


def _rollovers(rolling: Sequence[Rollover], segments: Sequence[tuple[str, BalanceSegment]]) -> pa.Table:
    """Which segments roll over into which, and how much of their amounts at the most.

    Grain: from_segment_no, to_segment_no.
    """
    numbers: dict[tuple[str, str], int] = {}
    if rolling:
        numbers = {(balance_id, segment.id): number for number, (balance_id, segment) in enumerate(segments)}
    return arrow_table(
        from_segment_no=(pa.int32(), [numbers[each.source.id, each.from_segment_id] for each in rolling]),
        to_segment_no=(pa.int32(), [numbers[each.balance.id, each.balance.segments[0].id] for each in rolling]),
        rolled_at=(INSTANT, [each.rolled_at for each in rolling]),
        fraction=(FRACTION, [each.fraction for each in rolling]),
    )
