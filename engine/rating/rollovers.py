"""What is left of balances when their contract is renewed, as balances of the new contract (spec/rating.md §6.1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract, TransitionType
from engine.rating.balance_terms import BalanceSegment, HeldBalance, TermMaker
from engine.rating.earlier import Earlier
from engine.rating.held_balances import rolls_over
from engine.values.ids import derived_id
from engine.values.period import ALWAYS


class Rollover(NamedTuple):
    """A segment of `source` rolls over into `balance`, which has one segment, as far as `fraction` allows."""

    source: HeldBalance
    from_segment_id: str
    balance: HeldBalance
    rolled_at: datetime
    fraction: Decimal


def renewals(catalog: Catalog) -> dict[str, Contract]:
    """The contract that renews each renewed one, by the id of the old one."""
    return {
        each.transition.from_contract_id: each
        for each in catalog.contracts
        if each.transition is not None and each.transition.type is TransitionType.RENEWAL
    }


def rolled_over(maker: TermMaker, earlier: Earlier, balance: HeldBalance, renewal: Contract) -> Iterator[Rollover]:
    """What rolls over of a balance of the contract that `renewal` renews: nothing unless it has a rollover_fraction.

    The new balance is as the old one, for the new contract's term. Its amount is what an earlier run rolled over. Where
    no run has settled the old contract yet it is unknown; where one has, and rolled nothing over, it is 0.
    """
    fraction, moment = balance.term.rollover_fraction, renewal.starting_at
    sources = [each for each in balance.segments if rolls_over(each, moment)]
    if not fraction or not sources:
        return
    old = maker.contracts.by_id[balance.term.contract_id or ""]
    balance_id = derived_id("rollover", balance.id, renewal.id)
    segment_id = derived_id("segment", balance_id, "0")
    amount = earlier.rollovers.get(segment_id)
    billed_before = earlier.billed.get(old.id)
    if amount is None and billed_before is not None and billed_before >= (old.ending_before or moment):
        amount = Decimal(0)
    end = renewal.ending_before or ALWAYS.ending_before
    segment = BalanceSegment(segment_id, amount, moment, end, end, seat_id=sources[0].seat_id)
    contract_ids = maker.contracts.of_contract(renewal.id, balance.term.hierarchy)
    term = balance.term._replace(
        customer_id=renewal.customer_id,
        contract_id=renewal.id,
        invoice_contract_id=renewal.id,
        reach=maker.reaches.of(balance.term.applicable, maker.contracts.rate_cards(contract_ids)),
        contract_ids=contract_ids,
        contract_count=1,
        rollover_fraction=None,
        recurring_id=None,
        charged_at=renewal.ending_before if balance.term.kind == "POSTPAID" else None,
        is_invoiced=True,
        is_rollover=True,
    )
    together = None if balance.granted_with is None else (*balance.granted_with, renewal.id)
    new = HeldBalance(balance_id, term, (segment,), balance.id, together)
    for source in sources:
        yield Rollover(balance, source.id, new, moment, fraction)
