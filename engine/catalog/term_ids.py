"""The ids of a contract's terms: those written, or derived from the contract's and the place in its list."""

from __future__ import annotations

from engine.catalog.draft import Draft
from engine.values.ids import derived_id

#: The lists of a contract whose items have ids, and what one of them is called.
TERM_KIND = {
    "overrides": "override",
    "subscriptions": "subscription",
    "scheduled_charges": "scheduled_charge",
    "discounts": "discount",
}


def term_id(key: str, contract_id: str, position: int) -> str:
    """The id of the term at `position` of the list `key`, unless it was given one."""
    return derived_id(TERM_KIND[key], contract_id, str(position))


def give_term_ids(contract: Draft, contract_id: str) -> dict[str, int]:
    """Gives every term its id, so that it keeps it when others go; returns how many there are of each list."""
    counts = {}
    for key in TERM_KIND:
        terms = contract.parts(key) or []
        for position, term in enumerate(terms):
            if term.value.get("id") is None:
                term.value["id"] = term_id(key, contract_id, position)
        counts[key] = len(terms)
    return counts
