"""The names that a contract's terms use for its other terms, replaced by ids: balances and subscriptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from engine.catalog.contract import Contract
from engine.catalog.fields import Path
from engine.catalog.items import Item
from engine.catalog.named_balances import BalanceNames, NamedBalance, balance_refusal, balances_meant
from engine.catalog.override import BALANCE_FIELDS, Override, OverrideSpecifier
from engine.catalog.recurring_balance import RecurringCommit, RecurringCredit
from engine.errors import Problem, did_you_mean

Recurring = TypeVar("Recurring", RecurringCommit, RecurringCredit)

#: The lists that each field of a specifier may name balances of, and what one of them is called.
_NAMED_BY: Mapping[str, tuple[tuple[str, ...], str]] = {
    "commit_ids": (("commits",), "commit"),
    "recurring_commit_ids": (("recurring_commits",), "recurring commit"),
    "recurring_credit_ids": (("recurring_credits",), "recurring credit"),
    "any_commit_or_credit_ids": (("commits", "credits", "recurring_commits", "recurring_credits"), "commit or credit"),
}


class ContractLinks:
    """Makes ids of names in contracts; what they mean nothing by goes to `problems`, if the catalog is `complete`."""

    def __init__(self, names: BalanceNames, problems: list[Problem], *, complete: bool) -> None:
        self._names = names
        self._problems = problems
        self._complete = complete

    def linked(self, contract: Contract, item: Item) -> Contract:
        """The contract with ids in place of names; the same one where there are none to replace."""
        changes: dict[str, object] = {}
        if any(each.balance_ids for each in contract.overrides):
            among = self._names.drawn_by(contract)
            changes["overrides"] = tuple(
                self._override(override, item, ("overrides", position), among)
                for position, override in enumerate(contract.overrides)
            )
        if any(each.subscription_config for each in contract.recurring_commits):
            changes["recurring_commits"] = self._seats(contract, contract.recurring_commits, item, "recurring_commits")
        if any(each.subscription_config for each in contract.recurring_credits):
            changes["recurring_credits"] = self._seats(contract, contract.recurring_credits, item, "recurring_credits")
        return contract.model_copy(update=changes) if changes else contract

    def _override(self, override: Override, item: Item, path: Path, among: list[NamedBalance]) -> Override:
        if not override.balance_ids or override.override_specifiers is None:
            return override
        specifiers = tuple(
            self._specifier(each, item, (*path, "override_specifiers", position), among)
            for position, each in enumerate(override.override_specifiers)
        )
        return override.model_copy(update={"override_specifiers": specifiers})

    def _specifier(
        self, specifier: OverrideSpecifier, item: Item, path: Path, among: list[NamedBalance]
    ) -> OverrideSpecifier:
        changes = {}
        for field in (field for field in BALANCE_FIELDS if getattr(specifier, field)):
            sections, noun = _NAMED_BY[field]
            fitting = [each for each in among if each.section in sections]
            ids = []
            for position, given in enumerate(getattr(specifier, field)):
                found = balances_meant(given, fitting)
                ids.append(found[0].balance.id if found else given)
                if len(found) != 1 and self._complete:
                    what, remedy = balance_refusal(given, noun, fitting, len(found))
                    other = balances_meant(given, among)
                    if not found and other:
                        what, remedy = _of_another_kind(given, noun, other[0])
                    self._problems.append(item.problem((*path, field, position), what, remedy))
            changes[field] = tuple(dict.fromkeys(ids))
        return specifier.model_copy(update=changes) if changes else specifier

    def _seats(
        self, contract: Contract, recurring: tuple[Recurring, ...], item: Item, key: str
    ) -> tuple[Recurring, ...]:
        """The same balances, linked to subscriptions by id."""
        ids = _subscription_ids(contract, item)
        # An id that was derived from the contract's is no name to propose.
        derived = {each.id for each in contract.subscriptions if each.name is not None}
        linked = []
        for position, each in enumerate(recurring):
            link = each.subscription_config
            if link is not None:
                meant = ids.get(link.subscription_id, ())
                if len(meant) == 1:
                    link = link.model_copy(update={"subscription_id": meant[0]})
                    each = each.model_copy(update={"subscription_config": link})
                elif self._complete:
                    path: Path = (key, position, "subscription_config")
                    given = item.value[key][position]["subscription_config"]
                    field = "subscription_id" if given.get("subscription_id") is not None else "subscription"
                    what = f"the contract has no subscription {link.subscription_id!r}"
                    remedy = did_you_mean(link.subscription_id, [each for each in ids if each not in derived])
                    if meant:
                        what = f"{len(meant)} subscriptions are named {link.subscription_id!r}"
                        remedy = f"refer to one by id: {', '.join(map(repr, meant))}"
                    self._problems.append(item.problem((*path, field), what, remedy))
            linked.append(each)
        return tuple(linked)


def _of_another_kind(given: str, noun: str, other: NamedBalance) -> tuple[str, str]:
    field = next(
        (field for field, (sections, _) in _NAMED_BY.items() if sections == (other.section,)), BALANCE_FIELDS[-1]
    )
    return f"{given!r} is a {other.noun}, and no {noun}", f"name it in {field}"


def _subscription_ids(contract: Contract, item: Item) -> dict[str, tuple[str, ...]]:
    """Subscription ids by id, temporary id and name; in this order, the first that there is counts."""
    by_name: dict[str, tuple[str, ...]] = {}
    by_temporary_id: dict[str, tuple[str, ...]] = {}
    for each, written in zip(contract.subscriptions, item.value.get("subscriptions") or (), strict=True):
        if each.name:
            by_name[each.name] = (*by_name.get(each.name, ()), each.id)
        temporary = written.get("temporary_id")
        if isinstance(temporary, str):
            by_temporary_id[temporary] = (*by_temporary_id.get(temporary, ()), each.id)
    return {**by_name, **by_temporary_id, **{each.id: (each.id,) for each in contract.subscriptions}}
