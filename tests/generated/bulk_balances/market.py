"""One market of a workspace with balances: its goods, and the accounts that buy them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from tests.generated.bulk.scene import Item, Month
from tests.generated.bulk_balances.accounts import Account, Opening
from tests.generated.bulk_balances.goods import goods
from tests.generated.bulk_balances.scene import Months
from tests.generated.bulk_balances.shares import Shares
from tests.generated.bulk_balances.usage import events
from tests.generated.dice import Dice
from tests.generated.writing import to_json

#: Fewer than these no market has.
CONTRACTS = 12
_OF_ACCOUNTS = ("packages", "commits", "credits", "manual_balance_entries", "contract_edits")


@dataclass(frozen=True)
class Group:
    """The customers and contracts of one account, which share no balance with any other."""

    customers: tuple[str, ...]
    contracts: tuple[str, ...]


@dataclass(frozen=True)
class Market:
    """A part of a workspace that refers to no other part; `lines` are its events with their timestamps."""

    name: str
    document: dict[str, list[Item]]
    lines: tuple[tuple[datetime, str], ...]
    groups: tuple[Group, ...]
    features: Counter[str]

    @property
    def contracts(self) -> tuple[str, ...]:
        return tuple(contract for group in self.groups for contract in group.contracts)


def market(seed: int, number: int, span: Month) -> Market:
    """The market of this number, the same whatever other markets stand beside it; `span` is both months."""
    dice = Dice(seed * 1000 + number + 500_000_000)
    scene = Months(dice, f"m{number:02}", span)
    sold = goods(scene)
    shared = list(scene.cuts)
    opening = Opening(scene, sold.cards, sold.fixed)
    accounts: list[Account] = []
    lines: list[tuple[datetime, str]] = []
    while opening.contracts < CONTRACTS:
        account = opening.open(len(accounts))
        Shares(scene, account, sold).give()
        accounts.append(account)
        for customer in account.customers:
            cuts = [*shared, *account.cuts(str(customer["id"]))]
            lines += [(moment, to_json(event)) for moment, event in events(scene, str(customer["id"]), cuts)]
    document: dict[str, list[Item]] = {
        "pricing_units": sold.units,
        "products": [product.item for product in (*sold.sold, *sold.fixed)],
        "rate_cards": [card.item for card in sold.cards],
        "rates": sold.rates,
        "customers": [customer for account in accounts for customer in account.customers],
        "contracts": [agreement.item for account in accounts for agreement in account.agreements],
    }
    document |= {
        section: [item for account in accounts for item in getattr(account, section)] for section in _OF_ACCOUNTS
    }
    return Market(
        scene.name,
        {section: items for section, items in document.items() if items},
        tuple(lines),
        tuple(map(_group, accounts)),
        dice.features,
    )


def _group(account: Account) -> Group:
    customers = tuple(str(each["id"]) for each in account.customers)
    return Group(customers, tuple(each.id for each in account.agreements))
