"""Renewals: a contract that takes the place of another one ends it where it starts (spec/rating.md §9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from engine.catalog.contract_edits import end_terms
from engine.catalog.contract_names import ContractNames
from engine.catalog.draft import Draft
from engine.catalog.items import Item
from engine.catalog.references import instant_or_none
from engine.errors import Problem
from engine.values.period import format_instant


def end_renewed(
    contracts: list[Item], names: ContractNames, draft_of: Callable[[str], Draft | None]
) -> Iterator[Problem]:
    """Ends the contracts that others renew; what is no renewal is a problem.

    A reference to no contract is left to whoever validates the new contract.
    """
    for item in contracts:
        transition = item.value.get("transition")
        start = instant_or_none(item.value.get("starting_at"))
        if not isinstance(transition, dict) or start is None:
            continue
        key = "from_contract_id" if transition.get("from_contract_id") is not None else "from_contract"
        given = transition.get(key)
        renewed = names.resolve(given) if isinstance(given, str) else None
        old = None if renewed is None else draft_of(renewed)
        if renewed is None or old is None:
            continue
        wrong = _why_not(item, renewed, old, names)
        if wrong is not None:
            yield item.problem(("transition", key), *wrong)
            continue
        origin = (item.document, (*item.path, "starting_at"))
        end = instant_or_none(old.value.get("ending_before"))
        if end is None or start < end:
            old.put("ending_before", format_instant(start), origin)
        end_terms(old, start, origin)


def _why_not(item: Item, renewed: str, old: Draft, names: ContractNames) -> tuple[str, str] | None:
    """What keeps the contract at `item` from renewing another one, and what to do."""
    if renewed == item.value.get("id"):
        return "a contract cannot renew itself", "name the contract that it follows"
    owners = {names.customer_of(str(item.value.get("id"))), names.customer_of(renewed)}
    if len(owners) == 2 and None not in owners:
        what = f"contract {names.shown(renewed)!r} belongs to another customer"
        return what, "a renewal is of a contract of the same customer"
    start, old_start = (instant_or_none(value.get("starting_at")) for value in (item.value, old.value))
    if start is not None and old_start is not None and start <= old_start:
        what = f"contract {names.shown(renewed)!r} starts at {format_instant(old_start)}"
        return what, "a renewal starts after the contract that it renews"
    return None
