"""Which contracts may draw on a balance: its own, those of its customer, and the children that share (§13)."""

from __future__ import annotations

from collections import defaultdict

from engine.catalog.balance import BalanceHierarchy, ChildAccessType
from engine.catalog.catalog import Catalog


class DrawingContracts:
    """The contracts of a catalog by customer and by parent."""

    def __init__(self, catalog: Catalog) -> None:
        self.by_id = {each.id: each for each in catalog.contracts}
        self._of_customer: dict[str, list[str]] = defaultdict(list)
        self._children: dict[str, list[str]] = defaultdict(list)
        for each in catalog.contracts:
            self._of_customer[each.customer_id].append(each.id)
            family = each.hierarchy_configuration
            if family is not None and family.parent is not None:
                self._children[family.parent.contract_id].append(each.id)
        self._fiat = {each.id: each.fiat_credit_type_id for each in catalog.rate_cards}

    def of_contract(self, contract_id: str, hierarchy: BalanceHierarchy | None) -> tuple[str, ...]:
        """The contract, and its children as far as they share."""
        if hierarchy is None:
            return (contract_id,)
        return self._with_children([contract_id], hierarchy)

    def of_customer(
        self, customer_id: str, applicable: tuple[str, ...], hierarchy: BalanceHierarchy | None
    ) -> tuple[str, ...]:
        """The applicable contracts, or without any all of the customer's, and their children as far as they share."""
        own = [each for each in applicable if each in self.by_id] if applicable else self._of_customer[customer_id]
        return self._with_children(own, hierarchy)

    def rate_cards(self, contract_ids: tuple[str, ...]) -> tuple[str, ...]:
        """The rate cards of the contracts, each once, in the order of their ids."""
        if len(contract_ids) == 1:
            return (self.by_id[contract_ids[0]].rate_card_id,)
        return tuple(sorted({self.by_id[each].rate_card_id for each in contract_ids}))

    def fiat(self, contract_ids: tuple[str, ...]) -> str | None:
        """The currency of the contracts; None without any."""
        return self._fiat[self.by_id[contract_ids[0]].rate_card_id] if contract_ids else None

    def _with_children(self, own: list[str], hierarchy: BalanceHierarchy | None) -> tuple[str, ...]:
        found = dict.fromkeys(own)
        if hierarchy is not None:
            access = hierarchy.child_access
            for parent_id in own:
                for child_id in self._children[parent_id]:
                    named = access.type is ChildAccessType.CONTRACT_IDS and child_id in access.contract_ids
                    if named or access.type is ChildAccessType.ALL:
                        found[child_id] = None
        return tuple(found)
