"""Everything that usage may draw down, wherever it is written, with the contracts that may draw on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from engine.catalog.balance import AccessType, Applicable, Balance, BalanceHierarchy, ChildAccessType
from engine.catalog.build import Built, Placed
from engine.catalog.contract import Contract
from engine.catalog.customer_balance import CustomerCommit, CustomerCredit
from engine.catalog.fields import Path
from engine.catalog.recurring_balance import RecurringBalance
from engine.catalog.term_ids import BALANCES, TERM_KIND


@dataclass(frozen=True, slots=True)
class Drawable:
    """A commit or credit, a recurring one, or the commit of a prepaid threshold, at `path` of `placed`.

    `counted` is the path of its credit type, if a file gives one, and of what says how it is counted. `owners` are the
    contracts whose it is, of a customer's several, and `contracts` those that may draw: these, and children of theirs.
    """

    placed: Placed[Any]
    path: Path
    noun: str
    product_id: str
    terms: Applicable
    access_type: AccessType
    credit_type_id: str | None
    counted: tuple[Path, str]
    hierarchy: BalanceHierarchy | None
    owners: tuple[Contract, ...]
    contracts: tuple[Contract, ...]


class Drawables:
    """Finds them in a catalog."""

    def __init__(self, built: Built) -> None:
        self._built = built
        self._children: dict[str, list[Contract]] = {}
        self._of_customer: dict[str, list[Contract]] = {}
        for each in built.contracts:
            contract, hierarchy = each.object, each.object.hierarchy_configuration
            self._of_customer.setdefault(contract.customer_id, []).append(contract)
            if hierarchy is not None and hierarchy.parent is not None:
                self._children.setdefault(hierarchy.parent.contract_id, []).append(contract)

    def of_contracts(self) -> Iterator[Drawable]:
        """Those of contracts, and of one contract of each unused package."""
        for placed in self._built.terms:
            for key in BALANCES:
                for position, balance in enumerate(getattr(placed.object, key)):
                    yield self._drawable(placed, (key, position), TERM_KIND[key], balance, (placed.object,))
            configuration = placed.object.prepaid_balance_threshold_configuration
            if configuration is not None:
                path: Path = ("prepaid_balance_threshold_configuration",)
                yield Drawable(
                    placed=placed,
                    path=(*path, "commit"),
                    noun="threshold commit",
                    product_id=configuration.commit.product_id,
                    terms=configuration.commit,
                    access_type=AccessType.SPEND,
                    credit_type_id=configuration.custom_credit_type_id,
                    counted=(path, "custom_credit_type_id"),
                    hierarchy=None,
                    owners=(placed.object,),
                    contracts=(placed.object,),
                )

    def of_customers(self) -> Iterator[Drawable]:
        """Those of customers: a contract that one names and that is another customer's may not draw."""
        of_customers: Iterable[Placed[CustomerCommit] | Placed[CustomerCredit]]
        of_customers = (*self._built.commits, *self._built.credits)
        for placed in of_customers:
            balance = placed.object
            noun = "commit" if isinstance(balance, CustomerCommit) else "credit"
            own, named = self._of_customer.get(balance.customer_id, ()), balance.applicable_contract_ids
            owners = tuple(each for each in own if not named or each.id in named)
            yield self._drawable(placed, (), noun, balance, owners)

    def children(self, contract: Contract) -> list[Contract]:
        """The contracts that have this one as their parent."""
        return self._children.get(contract.id, [])

    def _drawable(
        self,
        placed: Placed[Any],
        path: Path,
        kind: str,
        balance: Balance | RecurringBalance,
        owners: tuple[Contract, ...],
    ) -> Drawable:
        recurring = isinstance(balance, RecurringBalance)
        access = balance.access_amount if isinstance(balance, RecurringBalance) else balance.access_schedule
        hierarchy = balance.hierarchy_configuration
        return Drawable(
            placed=placed,
            path=path,
            noun=kind.replace("_", " "),
            product_id=balance.product_id,
            terms=balance,
            access_type=access.access_type,
            credit_type_id=access.credit_type_id,
            counted=((*path, "access_amount" if recurring else "access_schedule"), "credit_type_id"),
            hierarchy=hierarchy,
            owners=owners,
            contracts=(*owners, *self._sharing(hierarchy, owners)),
        )

    def _sharing(self, hierarchy: BalanceHierarchy | None, owners: tuple[Contract, ...]) -> Iterator[Contract]:
        access = None if hierarchy is None else hierarchy.child_access
        if access is None or access.type is ChildAccessType.NONE:
            return
        for owner in owners:
            for child in self.children(owner):
                if access.type is ChildAccessType.ALL or child.id in access.contract_ids:
                    yield child
