"""Overrides of an export that name balances which it does not hold, or that others made: such names are left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.catalog.override import BALANCE_FIELDS
from engine.metronome.request_body import Body


def only_known_balances(contracts: Iterable[Body], balances: Iterable[Body], notes: list[str]) -> None:
    """Takes unknown ids out of override specifiers, and what is left without a meaning then; notes say so.

    `balances` are those of customers.
    """
    contracts = list(contracts)
    lists = ("commits", "credits", "recurring_commits", "recurring_credits")
    known = {each["id"] for each in balances}
    known |= {each["id"] for contract in contracts for key in lists for each in contract.get(key, ())}
    for contract in contracts:
        kept = [each for each in contract.get("overrides", ()) if _is_kept(each, known, notes)]
        if "overrides" in contract:
            contract["overrides"] = kept


def _is_kept(override: Body, known: set[str], notes: list[str]) -> bool:
    """Whether an override still applies to something; its specifiers lose what is not known."""
    specifiers: list[dict[str, Any]] = override.get("override_specifiers", [])
    if all(each in known for specifier in specifiers for field in BALANCE_FIELDS for each in specifier.get(field, ())):
        return True
    notes.append(f"override {override['id']} names balances that are not imported as such; it is for the others alone")
    left = []
    for specifier in specifiers:
        named = {
            field: [each for each in specifier[field] if each in known]
            for field in BALANCE_FIELDS
            if field in specifier
        }
        if not named or any(named.values()):
            others = {field: value for field, value in specifier.items() if field not in BALANCE_FIELDS}
            left.append(others | {field: ids for field, ids in named.items() if ids})
    override["override_specifiers"] = left
    return bool(left)
