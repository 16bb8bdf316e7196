"""Recurring commits and credits against the contract's times, subscriptions and currency (spec/rating.md §6.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.catalog.build import Built, Placed
from engine.catalog.contract import Contract
from engine.catalog.credit_type import credit_type_names
from engine.catalog.fields import Path
from engine.catalog.on_cards import OnCards, key_given
from engine.catalog.recurring_balance import RecurringBalance, RecurringCommit, SeatAllocation
from engine.errors import Problem
from engine.values.period import format_instant


def check_recurring_balances(built: Built) -> Iterator[Problem]:
    """Each grants something while the contract lasts, to seats where it says so, and is paid in its currency."""
    checks = _RecurringChecks(built)
    for placed in built.terms:
        for key in ("recurring_commits", "recurring_credits"):
            for position, recurring in enumerate(getattr(placed.object, key)):
                path: Path = (key, position)
                yield from _times(placed, path, recurring)
                yield from checks.seats(placed, path, recurring)
                if isinstance(recurring, RecurringCommit):
                    yield from checks.invoice(placed, path, recurring)


def _times(placed: Placed[Contract], path: Path, recurring: RecurringBalance) -> Iterator[Problem]:
    start, end = placed.object.starting_at, placed.object.ending_before
    if end is not None and recurring.starting_at >= end:
        what = f"it starts at {format_instant(recurring.starting_at)}, and the contract ends at {format_instant(end)}"
        yield placed.item.problem((*path, "starting_at"), what, "nothing would be granted: let it start before that")
    elif recurring.ending_before is not None and recurring.ending_before <= start:
        ending = format_instant(recurring.ending_before)
        what = f"it ends at {ending}, and the contract starts at {format_instant(start)}"
        yield placed.item.problem((*path, "ending_before"), what, "nothing would be granted: let it end after that")


class _RecurringChecks:
    """What the recurring balances of all contracts are held against."""

    def __init__(self, built: Built) -> None:
        self._names: Mapping[str, str] = credit_type_names(each.object for each in built.pricing_units)
        self._on_cards = OnCards(built)
        self._grouped_by: dict[str, frozenset[str]] = {}

    def seats(self, placed: Placed[Contract], path: Path, recurring: RecurringBalance) -> Iterator[Problem]:
        """Seats that each have an allocation of their own need a subscription and usage that know them."""
        link, card_id = recurring.subscription_config, placed.object.rate_card_id
        if link is None or link.allocation is not SeatAllocation.INDIVIDUAL:
            return
        linked = {each.id: each for each in placed.object.subscriptions}.get(link.subscription_id)
        at: Path = (*path, "subscription_config", "allocation")
        if linked is not None and linked.seat_config is None:
            shown, mode = linked.name or linked.id, linked.quantity_management_mode
            what = f"allocation INDIVIDUAL is for seats, and subscription {shown!r} is {mode}"
            yield placed.item.problem(at, what, "use POOLED, or a SEAT_BASED subscription")
        elif linked is not None and linked.seat_config is not None and self._on_cards.all_valid(card_id):
            key = linked.seat_config.seat_group_key
            if card_id in self._on_cards.cards and key not in self._group_keys(card_id):
                what = f"no usage on the rate card is grouped by {key!r}, by which the seats are told apart"
                yield placed.item.problem(at, what, "use POOLED, or make it a presentation_group_key of a product")

    def invoice(self, placed: Placed[Contract], path: Path, recurring: RecurringCommit) -> Iterator[Problem]:
        """A grant is paid in the currency of the rate card."""
        given = None if recurring.invoice_amount is None else recurring.invoice_amount.credit_type_id
        card = self._on_cards.cards.get(placed.object.rate_card_id)
        if given is None or card is None:
            return
        names, currency = self._names, card.fiat_credit_type_id
        if given in names and currency in names and given != currency:
            at = key_given(placed, (*path, "invoice_amount"), "credit_type_id")
            what = f"it is invoiced in {names[given]} on a contract in {names[currency]}"
            yield placed.item.problem(at, what, f"remove {at[-1]}: invoices are in the rate card's currency")

    def _group_keys(self, card_id: str) -> frozenset[str]:
        """The pricing and presentation keys that products on the card have at some time."""
        if card_id not in self._grouped_by:
            products = self._on_cards.priced(card_id)
            keys = (key for each in products for version in each.versions() for key in version.grouped_by)
            self._grouped_by[card_id] = frozenset(keys)
        return self._grouped_by[card_id]
