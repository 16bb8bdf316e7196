"""Commits and credits of customers against the contracts that they name (spec/rating.md §6)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.catalog.build import Built, Placed
from engine.catalog.contract import Contract
from engine.catalog.customer_balance import CustomerCommit, CustomerCredit
from engine.catalog.fields import Path
from engine.catalog.on_cards import key_given, list_given
from engine.errors import Problem, did_you_mean

OfCustomer = Placed[CustomerCommit] | Placed[CustomerCredit]


def check_customer_balances(built: Built) -> Iterator[Problem]:
    """Each is for contracts of its own customer, and paid by one. Contracts that are not valid might be some."""
    if not built.all_contracts:
        return
    contracts = {each.object.id: each.object for each in reversed(built.contracts)}
    customers = {each.object.id: each.object.name for each in built.customers}
    of_customers: tuple[OfCustomer, ...] = (*built.commits, *built.credits)
    for placed in of_customers:
        if placed.object.customer_id in customers:
            yield from _contracts(placed, contracts, customers[placed.object.customer_id])


def _contracts(placed: OfCustomer, contracts: dict[str, Contract], customer: str) -> Iterator[Problem]:
    balance = placed.object
    own = [_shown(each) for each in contracts.values() if each.customer_id == balance.customer_id]
    named: list[tuple[Path, str]] = []
    at = list_given(placed, (), "applicable_contract_ids")
    for position, contract_id in enumerate(balance.applicable_contract_ids):
        if contract_id in balance.applicable_contract_ids[:position] and contract_id in contracts:
            what = f"contract {_shown(contracts[contract_id])!r} is given twice"
            yield placed.item.problem((*at, position), what, "give it once")
        named.append(((*at, position), contract_id))
    if isinstance(balance, CustomerCommit) and balance.invoice_contract_id is not None:
        named.append((key_given(placed, (), "invoice_contract_id"), balance.invoice_contract_id))
    for path, contract_id in named:
        contract = contracts.get(contract_id)
        if contract is not None and contract.customer_id != balance.customer_id:
            what = f"contract {_shown(contract)!r} does not belong to customer {customer!r}"
            yield placed.item.problem(path, what, did_you_mean(_shown(contract), own))
    if not own:
        what = f"customer {customer!r} has no contract that could draw on it"
        yield placed.item.problem(key_given(placed, (), "customer_id"), what, "add a contract, or remove the balance")


def _shown(contract: Contract) -> str:
    return contract.name or contract.id
