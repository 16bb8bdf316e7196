"""Commits and credits of customers, which several contracts share (spec/rating.md §6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.oracle.balance_edits import with_ids
from tests.oracle.balances import read_balance
from tests.oracle.contracts import Known
from tests.oracle.written import Item


def read_customer_balances(
    written: Mapping[str, list[Item]], known: Known, contracts: Mapping[str, Item]
) -> list[dict[str, Any]]:
    """The terms of all, commits first, with "customer", "applicable_contracts" (None: all) and "invoice_contract"."""
    found = []
    for section, kind in (("commits", "commit"), ("credits", "credit")):
        for item in written.get(section) or []:
            customer = known.customers.pointed_at(item, "customer")
            own = {contract: terms for contract, terms in contracts.items() if terms["customer"] == customer}
            named = item.get("applicable_contract_ids") or item.get("applicable_contracts")
            applicable = [_contract(own, each) for each in named] if named else None
            billed = item.get("invoice_contract_id") or item.get("invoice_contract")
            fiats = {known.read_cards[terms["card"]]["fiat"] for terms in own.values()}
            body = with_ids(item, kind, item.get("name") or "")
            terms = read_balance(body, known.products, known.credit_types, min(fiats, default=""), section)
            found.append(
                {
                    **terms,
                    "customer": customer,
                    "applicable_contracts": applicable,
                    "invoice_contract": _contract(own, billed) if billed else None,
                }
            )
    return found


def _contract(own: Mapping[str, Item], wanted: str) -> str:
    """The id of a customer's contract by id or name."""
    if wanted in own:
        return wanted
    (found,) = [contract for contract, terms in own.items() if terms["name"] == wanted]
    return found
