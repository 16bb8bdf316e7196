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
    "commits": "commit",
    "credits": "credit",
    "recurring_commits": "recurring_commit",
    "recurring_credits": "recurring_credit",
}

#: Those that are balances.
BALANCES = ("commits", "credits", "recurring_commits", "recurring_credits")


def term_id(key: str, contract_id: str, position: int) -> str:
    """The id of the term at `position` of the list `key`, unless it was given one."""
    return derived_id(TERM_KIND[key], contract_id, str(position))


def segment_id(balance_id: str, position: int) -> str:
    """The id of the segment at `position` of a balance's access schedule, unless it was given one."""
    return derived_id("segment", balance_id, str(position))


def segments_of(balance: Draft) -> list[Draft] | None:
    """The segments of a balance, to be changed in place; None if its access schedule has no list of them."""
    schedule = balance.part("access_schedule")
    return None if schedule is None else schedule.parts("schedule_items")


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


def give_segment_ids(balance: Draft, segments: list[Draft], first: int) -> None:
    """Gives segments of a balance, the first of which is its `first`, their ids."""
    for position, segment in enumerate(segments, start=first):
        if segment.value.get("id") is None:
            segment.value["id"] = segment_id(str(balance.value["id"]), position)
