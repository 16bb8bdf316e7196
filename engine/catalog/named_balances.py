"""Which balance a name means: a commit or credit, of a contract or of a customer, by id, temporary id or name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.catalog.balance import Balance
from engine.catalog.contract import Contract
from engine.catalog.customer_balance import CustomerCommit, CustomerCredit
from engine.catalog.recurring_balance import RecurringBalance
from engine.catalog.term_ids import BALANCES, TERM_KIND
from engine.errors import did_you_mean


@dataclass(frozen=True, slots=True)
class NamedBalance:
    """A balance, the list it stands in, and whose it is: a customer's, or one of its contracts'."""

    balance: Balance | RecurringBalance
    section: str
    customer_id: str
    contract_id: str | None

    @property
    def noun(self) -> str:
        """What a message calls one."""
        return TERM_KIND[self.section].replace("_", " ")


class BalanceNames:
    """The balances of contracts and customers, for whoever looks one up.

    A customer's balances are also those of a contract that is nobody's, which stands for an unused package.
    """

    def __init__(
        self, contracts: Iterable[Contract], commits: Iterable[CustomerCommit], credits: Iterable[CustomerCredit]
    ) -> None:
        self._contracts: dict[str, Contract] = {}
        self._contracts_of: dict[str, list[Contract]] = {}
        self._customers: dict[str, list[NamedBalance]] = {}
        self._every: list[NamedBalance] = []
        for contract in contracts:
            if self._contracts.setdefault(contract.id, contract) is contract:
                self._contracts_of.setdefault(contract.customer_id, []).append(contract)
        for section, shared in (("commits", commits), ("credits", credits)):
            for each in shared:
                named = NamedBalance(each, section, each.customer_id, None)
                self._customers.setdefault(each.customer_id, []).append(named)
                self._every.append(named)

    def of_contract(self, contract: Contract) -> list[NamedBalance]:
        """Those written in the contract itself."""
        return [
            NamedBalance(each, section, contract.customer_id, contract.id)
            for section in BALANCES
            for each in getattr(contract, section)
        ]

    def drawn_by(self, contract: Contract) -> list[NamedBalance]:
        """Those that the contract may draw on: its own, its parent's, and those of their customers."""
        found = self.of_contract(contract)
        customers = [contract.customer_id]
        hierarchy = contract.hierarchy_configuration
        parent = None if hierarchy is None or hierarchy.parent is None else hierarchy.parent.contract_id
        if parent in self._contracts:
            found += self.of_contract(self._contracts[parent])
            customers.append(self._contracts[parent].customer_id)
        for customer in dict.fromkeys(customers):
            found += self._customers.get(customer, ())
        return found if contract.id in self._contracts else found + self._every

    def of_customer(self, customer_id: str, contract_id: str | None) -> list[NamedBalance]:
        """Those of one contract, or the customer's own and those of all its contracts."""
        if contract_id is not None:
            contract = self._contracts.get(contract_id)
            return [] if contract is None else self.of_contract(contract)
        contracts = self._contracts_of.get(customer_id, ())
        return [*self._customers.get(customer_id, ()), *(each for one in contracts for each in self.of_contract(one))]


def balances_meant(given: str, among: Sequence[NamedBalance]) -> list[NamedBalance]:
    """The balances that an id, else a temporary id, else a name means: none, one, or several that share a name."""
    for field in ("id", "temporary_id", "name"):
        found = [each for each in among if getattr(each.balance, field) == given]
        if found:
            return found
    return []


def balance_refusal(given: str, noun: str, among: Sequence[NamedBalance], found: int) -> tuple[str, str]:
    """Why `given` means no balance among these, and the nearest name or id; the ids, if several have the name."""
    if found > 1:
        ids = [each.balance.id for each in balances_meant(given, among)]
        return f"{found} balances are named {given!r}", f"refer to one by id: {', '.join(map(repr, ids))}"
    fields = ("id", "temporary_id", "name")
    known = [getattr(each.balance, field) for each in among for field in fields]
    # An id that was derived from the contract's is no name to propose.
    return f"unknown {noun} {given!r}", did_you_mean(given, _written(among, known))


def _written(among: Sequence[NamedBalance], known: Iterable[str | None]) -> list[str]:
    derived = {each.balance.id for each in among if each.balance.name or each.balance.temporary_id}
    return [each for each in known if each is not None and each not in derived]
