"""Gives the customers of an account their balances: at contracts, or shared by several contracts and by children."""

from __future__ import annotations

from collections.abc import Callable

from tests.generated.bulk.contracts import Agreement
from tests.generated.bulk.scene import Item
from tests.generated.bulk_balances.accounts import Account
from tests.generated.bulk_balances.balance_edits import archive, update
from tests.generated.bulk_balances.balances import BalanceMaker, manual_entries
from tests.generated.bulk_balances.commit_overrides import CommitOverrideMaker, Written
from tests.generated.bulk_balances.goods import Goods
from tests.generated.bulk_balances.recurring import RecurringMaker
from tests.generated.bulk_balances.scene import Months

#: How many balances a customer has.
_COUNTS = (0, 1, 2, 2, 3, 3, 4, 5, 6, 8)


class Shares:
    """Balances, manual entries and commit-specific overrides of one account."""

    def __init__(self, scene: Months, account: Account, sold: Goods) -> None:
        self.scene, self.account, self.sold = scene, account, sold
        self.written: dict[str, list[Written]] = {each.id: [] for each in account.agreements}

    def give(self) -> None:
        dice = self.scene.dice
        for customer in (str(each["id"]) for each in self.account.customers):
            first = len(self.scene.cuts)
            count = dice.pick(_COUNTS)
            dice.note(f"customer with {count} balances")
            for number in range(count):
                self._give_one(customer, f"{customer}-balance-{number}")
            for each in self.account.of(customer):
                each.cuts += self.scene.cuts[first:]
        for agreement in self.account.agreements:
            self._override(agreement)

    def _give_one(self, customer: str, identity: str) -> None:
        dice = self.scene.dice
        contracts = self.account.of(customer)
        old = [each for each in contracts if each.id in self.account.renewed]
        # What may roll over stands at the contract that is renewed.
        agreement = dice.pick(old) if old and dice.chance(0.7) else dice.pick(contracts)
        until = self.account.until(agreement)
        if until is not None and until <= agreement.starting_at:
            return
        makers = BalanceMaker(self.scene, agreement, self.sold.fixed, until)
        if dice.chance(0.45 if len(contracts) > 1 or _of_package(agreement) else 0.15):
            self._customer_level(customer, identity, makers)
            return
        recurring = RecurringMaker(self.scene, agreement, self.sold.fixed, until)
        choices: dict[str, tuple[Callable[[str], Item], ...]] = {
            "commits": (makers.prepaid, makers.prepaid, makers.postpaid, makers.postpaid),
            "credits": (makers.credit, makers.credit, makers.credit),
            "recurring_commits": (recurring.commit, recurring.commit),
            "recurring_credits": (recurring.credit, recurring.credit),
        }
        section, make = dice.pick([(section, make) for section, many in choices.items() for make in many])
        item = make(identity)
        self._to_children(agreement, item)
        if section.startswith("recurring") and dice.chance(0.2, "temporary id of a balance"):
            item["temporary_id"] = f"{identity}-temporary"
        self._add(agreement, section, item)
        written_out = not section.startswith("recurring")
        if written_out and dice.chance(0.04):
            self.account.contract_edits.append(archive(self.scene, agreement, section, item))
            return
        self.written[agreement.id].append(Written(section, item))
        if dice.chance(0.12):
            self.account.contract_edits.append(update(self.scene, agreement, until, section, item))
        elif written_out and dice.chance(0.25):
            self.account.manual_balance_entries += manual_entries(self.scene, item, customer, agreement.id)

    def _add(self, agreement: Agreement, section: str, item: Item) -> None:
        """In the contract itself, or added to it later by an edit, which comes to the same."""
        if self.scene.dice.chance(1 if _of_package(agreement) else 0.08, f"edit add_{section}"):
            edit = {"contract_id": agreement.id, "customer_id": agreement.customer, f"add_{section}": [item]}
            self.account.contract_edits.append(edit)
        else:
            agreement.item[section] = [*agreement.item.get(section, []), item]

    def _to_children(self, agreement: Agreement, item: Item) -> None:
        """Let the children of a contract draw on a balance of it: all of them, some, or none."""
        dice, children = self.scene.dice, self.account.children(agreement)
        if not children or not dice.chance(0.7):
            return
        kind = dice.pick_noted("child access", ("ALL", "ALL", "CONTRACT_IDS", "NONE"))
        access: Item = {"type": kind}
        if kind == "CONTRACT_IDS":
            access["contract_ids"] = dice.some(children, 1, len(children))
        item["hierarchy_configuration"] = {"child_access": access}

    def _customer_level(self, customer: str, identity: str, maker: BalanceMaker) -> None:
        """A balance of all or of some contracts of a customer; the one it was made for is among them."""
        dice = self.scene.dice
        kind = dice.pick_noted("customer-level", ("PREPAID", "CREDIT", "CREDIT", "POSTPAID"))
        make = {"PREPAID": maker.prepaid, "CREDIT": maker.credit, "POSTPAID": maker.postpaid}[kind]
        item: Item = {"customer_id": customer, **make(identity)}
        item.pop("rollover_fraction", None)
        if "invoice_schedule" in item:
            item["invoice_contract_id"] = maker.agreement.id
        contracts = [each.id for each in self.account.of(customer)]
        if dice.chance(0.4, "contracts of a customer-level balance"):
            others = [each for each in contracts if each != maker.agreement.id]
            item["applicable_contract_ids"] = [maker.agreement.id, *(dice.some(others, 0, 2) if others else [])]
            dice.note(f"customer-level balance of {len(item['applicable_contract_ids'])} contracts")
        reaching = item.get("applicable_contract_ids", contracts)
        section = "credits" if kind == "CREDIT" else "commits"
        (self.account.credits if kind == "CREDIT" else self.account.commits).append(item)
        for contract in reaching:
            self.written[contract].append(Written(section, item))
        if dice.chance(0.25):
            self.account.manual_balance_entries += manual_entries(self.scene, item, customer, None)

    def _override(self, agreement: Agreement) -> None:
        """Commit-specific overrides, among the others of the contract."""
        dice = self.scene.dice
        if _of_package(agreement) or not agreement.card.of("USAGE") or not dice.chance(0.4):
            return
        committed = self.sold.committed[agreement.card.id]
        maker = CommitOverrideMaker(self.scene, agreement, self.written[agreement.id], committed)
        overrides = list(agreement.item.get("overrides", []))
        for number in range(dice.pick((1, 1, 2, 3))):
            made = maker.made(f"{agreement.id}-commit-override-{number}")
            overrides.insert(dice.number(0, len(overrides)), made)
        agreement.item["overrides"] = overrides


def _of_package(agreement: Agreement) -> bool:
    """Whether a contract has its terms from a package, and takes others only by edits."""
    return "package_id" in agreement.item
