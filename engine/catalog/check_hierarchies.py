"""Parents against their children (spec/rating.md §13)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.catalog.build import Built, Placed
from engine.catalog.contract import Contract
from engine.catalog.credit_type import credit_type_names
from engine.catalog.fields import Path
from engine.catalog.on_cards import key_given
from engine.errors import Problem

#: The most children that one contract may have.
MOST_CHILDREN = 10

_HIERARCHY: Path = ("hierarchy_configuration",)


def check_hierarchies(built: Built) -> Iterator[Problem]:
    """A hierarchy has one level and few children; those that consolidate need a parent that puts them together."""
    by_id = {each.object.id: each.object for each in reversed(built.contracts)}
    names = {each.object.id: each.object.name for each in built.customers}
    children: dict[str, int] = {}
    for placed in built.contracts:
        child, hierarchy = placed.object, placed.object.hierarchy_configuration
        parent = None if hierarchy is None or hierarchy.parent is None else by_id.get(hierarchy.parent.contract_id)
        if hierarchy is None or hierarchy.parent is None or parent is None:
            continue
        path: Path = (*_HIERARCHY, "parent")
        at, shown = key_given(placed, path, "contract_id"), parent.name or parent.id
        if parent.id == child.id:
            yield placed.item.problem(at, "a contract cannot be its own parent", "name another contract")
            continue
        if parent.hierarchy_configuration is not None and parent.hierarchy_configuration.parent is not None:
            what = f"contract {shown!r} has a parent itself"
            yield placed.item.problem(at, what, "a hierarchy has one level: name that parent, or none")
            continue
        if hierarchy.parent.customer_id in names.keys() - {parent.customer_id}:
            what = f"contract {shown!r} belongs to customer {names.get(parent.customer_id, parent.customer_id)!r}"
            yield placed.item.problem(key_given(placed, path, "customer_id"), what, "name that one, or leave it out")
        children[parent.id] = children.get(parent.id, 0) + 1
        if children[parent.id] == MOST_CHILDREN + 1:
            what = f"contract {shown!r} has more than {MOST_CHILDREN} children"
            yield placed.item.problem(at, what, "give the others another parent")
        if hierarchy.consolidates:
            yield from _together(built, placed, parent, shown)


def _together(built: Built, placed: Placed[Contract], parent: Contract, shown: str) -> Iterator[Problem]:
    """Whether a child that consolidates can: its parent concatenates, and both bill in one currency."""
    at: Path = (*_HIERARCHY, "usage_statement_behavior")
    if parent.hierarchy_configuration is None or not parent.hierarchy_configuration.concatenates:
        what = f"CONSOLIDATE needs a parent that concatenates, and contract {shown!r} does not"
        remedy = "give the parent hierarchy_configuration: {parent_behavior: {invoice_consolidation_type: CONCATENATE}}"
        yield placed.item.problem(at, what, remedy)
    currencies = {each.object.id: each.object.fiat_credit_type_id for each in built.rate_cards}
    names = credit_type_names(each.object for each in built.pricing_units)
    own, parents = (currencies.get(each.rate_card_id, "") for each in (placed.object, parent))
    if own in names and parents in names and own != parents:
        what = f"CONSOLIDATE needs one currency: this contract is in {names[own]}, its parent in {names[parents]}"
        yield placed.item.problem(at, what, "set usage_statement_behavior: SEPARATE")
