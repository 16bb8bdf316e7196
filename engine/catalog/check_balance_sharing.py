"""Balances that children draw on, against the children that there are (spec/rating.md §13)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.catalog.balance import ChildAccessType
from engine.catalog.build import Built
from engine.catalog.contract import Contract
from engine.catalog.drawable import Drawable, Drawables
from engine.catalog.fields import Path
from engine.catalog.on_cards import list_given
from engine.errors import Problem, did_you_mean


def check_balance_sharing(built: Built) -> Iterator[Problem]:
    """A contract shares with its own children. With contracts that are not valid it cannot be told who they are."""
    if not built.all_contracts:
        return
    contracts = {each.object.id: each.object for each in reversed(built.contracts)}
    drawables = Drawables(built)
    for each in (*drawables.of_contracts(), *drawables.of_customers()):
        yield from _shared(each, drawables, contracts)


def _shared(drawable: Drawable, drawables: Drawables, contracts: dict[str, Contract]) -> Iterator[Problem]:
    access = None if drawable.hierarchy is None else drawable.hierarchy.child_access
    if (
        access is None
        or access.type is ChildAccessType.NONE
        or not any(each.id in contracts for each in drawable.owners)
    ):
        return
    item = drawable.placed.item
    children = {each.id: each for owner in drawable.owners for each in drawables.children(owner)}
    path: Path = (*drawable.path, "hierarchy_configuration", "child_access")
    if not children and not any(_is_parent(each) for each in drawable.owners):
        what = f"contract {_shown(drawable.owners[0])!r} has no children to share the {drawable.noun} with"
        if len(drawable.owners) > 1:
            what = f"no contract whose {drawable.noun} it is has children to share it with"
        yield item.problem((*path, "type"), what, "remove hierarchy_configuration, or give a child this parent")
        return
    at = list_given(drawable.placed, path, "contract_ids")
    for position, child in enumerate(access.contract_ids):
        if child in contracts and child not in children:
            shown = _shown(contracts[child])
            what = f"contract {shown!r} is no child of the contract whose {drawable.noun} it is"
            yield item.problem((*at, position), what, did_you_mean(shown, map(_shown, children.values())))


def _is_parent(contract: Contract) -> bool:
    """Whether the contract is made to have children, even if it has none."""
    hierarchy = contract.hierarchy_configuration
    return hierarchy is not None and hierarchy.parent_behavior is not None


def _shown(contract: Contract) -> str:
    return contract.name or contract.id
