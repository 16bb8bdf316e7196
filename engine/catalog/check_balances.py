"""Commits and credits against products, currencies and the contract's times (spec/rating.md §6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.catalog.balance import AccessType, Balance, Commit, CommitType
from engine.catalog.build import Built, Placed
from engine.catalog.contract import Contract
from engine.catalog.credit_type import credit_type_names, fiat_names
from engine.catalog.drawable import Drawable, Drawables
from engine.catalog.fields import Path
from engine.catalog.on_cards import OnCards, key_given
from engine.catalog.product import ProductType
from engine.errors import Problem, did_you_mean
from engine.values.period import format_instant


def check_balances(built: Built) -> Iterator[Problem]:
    """Each is of a FIXED product, is invoiced in the currency of a rate card, and can be used by its contract."""
    checks = _BalanceChecks(built)
    drawables = Drawables(built)
    for each in (*drawables.of_contracts(), *drawables.of_customers()):
        if each.noun != "threshold commit":
            yield from checks.product(each)
    for placed in built.terms:
        for key in ("commits", "credits"):
            for position, balance in enumerate(getattr(placed.object, key)):
                path: Path = (key, position)
                yield from _windows(placed, path, balance)
                if isinstance(balance, Commit):
                    yield from checks.invoice(placed, path, balance, placed.object)
    contracts = {each.object.id: each.object for each in reversed(built.contracts)}
    for of_customer in built.commits:
        payer = contracts.get(of_customer.object.invoice_contract_id or "")
        yield from checks.invoice(of_customer, (), of_customer.object, payer)


class _BalanceChecks:
    """What the balances are held against."""

    def __init__(self, built: Built) -> None:
        units = [each.object for each in built.pricing_units]
        self._names = credit_type_names(units)
        self._fiats = fiat_names(units)
        self._on_cards = OnCards(built)
        self._fixed = [each.name for each in self._on_cards.products.values() if each.type is ProductType.FIXED]

    def product(self, drawable: Drawable) -> Iterator[Problem]:
        """What a balance is sold, and shown, as."""
        product = self._on_cards.products.get(drawable.product_id)
        if product is not None and product.type is not ProductType.FIXED:
            what = f"a {drawable.noun} is of a FIXED product, and {product.name!r} is a {product.type} product"
            at = key_given(drawable.placed, drawable.path, "product_id")
            yield drawable.placed.item.problem(at, what, did_you_mean(product.name, self._fixed))

    def invoice(self, placed: Placed[Any], path: Path, commit: Commit, payer: Contract | None) -> Iterator[Problem]:
        """What a commit costs is in the payer's currency, and so is all of a postpaid one."""
        access, schedule = commit.access_schedule, commit.invoice_schedule
        card = None if payer is None else self._on_cards.cards.get(payer.rate_card_id)
        own = None if card is None else card.fiat_credit_type_id
        given = None if schedule is None else schedule.credit_type_id
        if given in self._names and own in self._names and given != own:
            at = key_given(placed, (*path, "invoice_schedule"), "credit_type_id")
            what = f"a commit is invoiced in {self._names[given]} on a contract in {self._names[own]}"
            yield placed.item.problem(at, what, f"remove {at[-1]}: invoices are in the rate card's currency")
        counted = access.credit_type_id
        if commit.type is CommitType.PREPAID or access.access_type is AccessType.QUANTITY or counted not in self._names:
            return
        at = key_given(placed, (*path, "access_schedule"), "credit_type_id")
        if counted not in self._fiats:
            what = f"a POSTPAID commit is of money, and {self._names[counted]!r} is a custom pricing unit"
            yield placed.item.problem(at, what, f"remove {at[-1]}")
        elif own in self._names and counted != own:
            what = f"a POSTPAID commit in {self._names[counted]} is charged by a contract in {self._names[own]}"
            yield placed.item.problem(at, what, "what is left of it is charged as it is counted: use one currency")


def _windows(placed: Placed[Contract], path: Path, balance: Balance) -> Iterator[Problem]:
    """Every segment can be used in the contract as it was made; one that was ended early cuts them."""
    contract = placed.object
    end = contract.ending_before if contract.terms_end_at is None else None
    for position, segment in enumerate(balance.access_schedule.schedule_items):
        inside: Path = (*path, "access_schedule", "schedule_items", position)
        if segment.ending_before <= contract.starting_at:
            start = format_instant(contract.starting_at)
            what = f"the segment ends at {format_instant(segment.ending_before)}, and the contract starts at {start}"
            yield placed.item.problem((*inside, "ending_before"), what, "nothing could draw on it: let it end later")
        elif end is not None and segment.starting_at >= end:
            start = format_instant(segment.starting_at)
            what = f"the segment starts at {start}, and the contract ends at {format_instant(end)}"
            yield placed.item.problem((*inside, "starting_at"), what, "nothing could draw on it: let it start earlier")
