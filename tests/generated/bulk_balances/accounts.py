"""Accounts of a market: a customer, or a parent with children, their contracts, and what these may draw on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.generated.bulk.contracts import Agreement, Frame, contract
from tests.generated.bulk.contracts import frame as any_frame
from tests.generated.bulk.edits import child_frame, make_family
from tests.generated.bulk.products import Product
from tests.generated.bulk.rate_cards import Card
from tests.generated.bulk.scene import Item
from tests.generated.bulk.subscriptions import subscription
from tests.generated.bulk_balances.packages import contract_of, package
from tests.generated.bulk_balances.scene import Months
from tests.generated.writing import to_instant

#: Seats by the value of a group key, so that what is granted to a seat pays for the usage of that group.
_SEATS = {
    "region": {"ann": "us", "bob": "eu", "cy": "ap", "dee": "elsewhere"},
    "model": {"ann": "small", "bob": "large"},
}


@dataclass
class Account:
    """Customers whose contracts may share balances, and everything in the catalog that is theirs alone."""

    number: int
    card: Card
    customers: list[Item] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)
    commits: list[Item] = field(default_factory=list)
    credits: list[Item] = field(default_factory=list)
    manual_balance_entries: list[Item] = field(default_factory=list)
    contract_edits: list[Item] = field(default_factory=list)
    packages: list[Item] = field(default_factory=list)
    #: Where a contract ends because another one takes its place, by its id.
    renewed: dict[str, datetime] = field(default_factory=dict)

    def of(self, customer: str) -> list[Agreement]:
        return [each for each in self.agreements if each.customer == customer]

    def until(self, agreement: Agreement) -> datetime | None:
        """Where a contract ends, also by what renews it."""
        ends = [end for end in (agreement.ending_before, self.renewed.get(agreement.id)) if end is not None]
        return min(ends, default=None)

    def children(self, agreement: Agreement) -> list[str]:
        """The contracts whose parent this one is."""
        configured = ((each.id, each.item.get("hierarchy_configuration", {})) for each in self.agreements)
        return [child for child, said in configured if said.get("parent", {}).get("contract_id") == agreement.id]

    def cuts(self, customer: str) -> list[datetime]:
        return [cut for each in self.of(customer) for cut in each.cuts]


def frame(scene: Months) -> Frame:
    """Mostly one with statement periods that end in both months, or in one; the dice fall until then."""
    for wanted in (2, 2, 2, 2, 1, 1, 1):
        found = any_frame(scene)
        if sum(found.billed(f"{first:%Y-%m}") for first in (scene.month[0], scene.turn)) >= wanted:
            break
    return found


class Opening:
    """Opens accounts of one market; contracts are numbered through."""

    def __init__(self, scene: Months, cards: Sequence[Card], fixed: list[Product]) -> None:
        self.scene, self.cards, self.fixed = scene, cards, fixed
        self.contracts = 0
        self.customers = 0

    def open(self, number: int) -> Account:
        """One account; its contracts have terms, but no balances yet."""
        dice = self.scene.dice
        account = Account(number, dice.pick(self.cards))
        kind = dice.pick(("single", "single", "single", "several", "renewal", "renewal", "family", "package"))
        dice.note(f"account {kind}")
        if kind == "family":
            self._family(account)
            return account
        customer = self._customer(account)
        if kind == "package":
            account.packages.append(package(self.scene, number, account.card, self.fixed))
            for _ in range(dice.pick((1, 1, 2))):
                made = contract_of(self.scene, self.contracts, customer, account.packages[0], account.card)
                self.contracts += 1
                account.agreements.append(made)
            return account
        first = self._contract(account, customer, frame(self.scene))
        if kind == "several":
            for _ in range(dice.pick((1, 1, 2))):
                self._contract(account, customer, frame(self.scene))
        elif kind == "renewal":
            self._renew(account, first)
        return account

    def _customer(self, account: Account) -> str:
        identity = self.scene.id("customer", self.customers)
        self.customers += 1
        account.customers.append({"id": identity, "name": f"{identity} Ltd"})
        return identity

    def _contract(self, account: Account, customer: str, given: Frame) -> Agreement:
        made = contract(self.scene, self.contracts, customer, account.card, self.fixed, False, given)
        self.contracts += 1
        account.agreements.append(made)
        if self.scene.dice.chance(0.2) and account.card.of("SUBSCRIPTION") and made.starting_at.minute == 0:
            made.item["subscriptions"] = [*made.item.get("subscriptions", []), self._seated(made)]
        for each in made.item.get("subscriptions", []):
            self._reseat(each)
        self._settle(made)
        return made

    def _seated(self, made: Agreement) -> Item:
        """One more subscription, by seats."""
        while True:
            found = subscription(self.scene, f"{made.id}-seats", made.card, made.bounds)
            if "seat_config" in found:
                return found

    def _reseat(self, item: Item) -> None:
        """Name seats by the values of a group key."""
        if "seat_config" not in item:
            return
        key = self.scene.dice.pick_noted("seats by", tuple(_SEATS))
        names, config = _SEATS[key], item["seat_config"]
        config["seat_group_key"] = key
        config["initial_seat_ids"] = [names.get(name, name) for name in config["initial_seat_ids"]]
        for change in (
            each for kind in ("add_seat_ids", "remove_seat_ids") for each in item.get("seat_updates", {}).get(kind, [])
        ):
            change["seat_ids"] = [names.get(name, name) for name in change["seat_ids"]]

    def _settle(self, made: Agreement) -> None:
        """Statements that end before the months are none of this workspace's, in most contracts that have some.

        Else a balance could have been drawn on by a statement that nobody has billed, and the contract is set aside.
        """
        dice, first = self.scene.dice, self.scene.month[0]
        if made.starting_at >= first:
            return
        choice = dice.number(0, 29)
        if choice == 0:
            dice.note("earlier statements left unbilled")
            return
        begin = first
        if choice == 1:
            dice.note("statements generated from the second month on")
            begin = self.scene.turn
        schedule = made.item.get("usage_statement_schedule", {"frequency": "MONTHLY"})
        made.item["usage_statement_schedule"] = {**schedule, "invoice_generation_starting_at": to_instant(begin)}
        dice.note("statements generated from a date on")

    def _renew(self, account: Account, renewed: Agreement) -> None:
        """A contract in place of another one: at the turn of the months, in mid-month, or where the old one ends."""
        dice, scene = self.scene.dice, self.scene
        choice = dice.number(0, 3)
        if choice == 0:
            moment = scene.keep(scene.turn)
        elif choice == 1 and renewed.ending_before is not None:
            moment = renewed.ending_before
        else:
            moment = scene.inside()
        moment = max(moment, renewed.starting_at.replace(minute=0, second=0) + timedelta(days=1))
        dice.note("renewal at the turn of the months" if moment == scene.turn else "renewal at another time")
        schedule = renewed.item.get("usage_statement_schedule", {}) if dice.chance(0.4) else frame(scene).schedule
        schedule = {key: said for key, said in schedule.items() if key != "invoice_generation_starting_at"}
        made = self._contract(account, renewed.customer, Frame(schedule, moment, None))
        kind = dice.pick(("RENEWAL", "RENEWAL", "RENEWAL", "RENEWAL", "SUPERSEDE"))
        dice.note(f"transition {kind}")
        transition: Item = {"type": kind, "from_contract_id": renewed.id}
        if dice.chance(0.3):
            trueup = dice.pick_noted("true-up of the renewed contract", ("REMOVE", "AS_IS"))
            transition["future_invoice_behavior"] = {"trueup": trueup}
        made.item["transition"] = transition
        account.renewed[renewed.id] = moment
        renewed.cuts.append(moment)

    def _family(self, account: Account) -> None:
        parent = self._contract(account, self._customer(account), frame(self.scene))
        children = [
            self._contract(account, self._customer(account), child_frame(self.scene, parent))
            for _ in range(self.scene.dice.pick((1, 1, 2, 3)))
        ]
        make_family(self.scene, parent, children)
