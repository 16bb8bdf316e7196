"""Contracts as they come to be: those of packages written out, edits made, renewed ones ended."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from engine.catalog.contract_edit import ContractEdit
from engine.catalog.contract_edits import EditedContract
from engine.catalog.contract_names import PACKAGE_KEYS, ContractNames
from engine.catalog.draft import Draft
from engine.catalog.fields import describe
from engine.catalog.items import Item
from engine.catalog.package import TERMS
from engine.catalog.package_expansion import PackageExpansion
from engine.catalog.references import instant_or_none
from engine.catalog.renewals import end_renewed
from engine.errors import Problem
from engine.values.period import format_instant

#: When a contract that stands for all of a package's would start, unless its rate card has the alias only later.
NOMINAL_START = datetime(2020, 1, 1)


class ContractItems:
    """The items of all contracts while they change; `complete` as in `build`.

    A contract whose package is unknown or wrong is left out: its terms cannot be told.
    """

    def __init__(self, contracts: list[Item], names: ContractNames, problems: list[Problem], *, complete: bool) -> None:
        self._contracts = contracts
        self._names = names
        self._problems = problems
        self._complete = complete
        self._drafts: dict[int, Draft] = {}
        self._left_out: set[int] = set()
        self._by_id = {each.value["id"]: each for each in reversed(contracts) if isinstance(each.value["id"], str)}

    def items(self) -> list[Item]:
        """Every contract in the order of the files."""
        return [
            self._drafts[id(each)].item() if id(each) in self._drafts else each
            for each in self._contracts
            if id(each) not in self._left_out
        ]

    def write_out(self, packages: Iterable[Item], cards: Iterable[Item]) -> list[Item]:
        """Writes out the contracts of these packages, which are valid; returns one contract of each unused package."""
        expansions = {id(each): PackageExpansion(each, self._problems) for each in packages}
        unused = {id(each): each for each in packages}
        for item in self._contracts:
            keys = [key for key in PACKAGE_KEYS if item.value.get(key) is not None]
            if keys:
                package = self._package(item, keys)
                start = instant_or_none(item.value.get("starting_at"))
                if package is None or start is None or id(package) not in expansions:
                    self._left_out.add(id(item))
                else:
                    self._drafts[id(item)] = expansions[id(package)].contract(item, start)
                    unused.pop(id(package), None)
        cards = tuple(cards)
        return [self._nominal(expansions[id(each)], each, cards) for each in unused.values()]

    def edit(self, edits: Iterable[tuple[ContractEdit, Item]]) -> None:
        """Makes the edits in their order."""
        edited: dict[str, EditedContract] = {}
        for edit, item in edits:
            draft = self._draft(edit.contract_id)
            if draft is None:
                continue
            name = self._names.shown(edit.contract_id)
            owner = self._names.customer_of(edit.contract_id)
            if owner not in (None, edit.customer_id) and self._names.is_customer(edit.customer_id):
                key = "customer_id" if item.value.get("customer_id") is not None else "customer"
                what = f"contract {name!r} does not belong to customer {item.value[key]!r}"
                self._problems.append(item.problem((key,), what, "name its own customer, or leave it out"))
                continue
            if edit.contract_id not in edited:
                edited[edit.contract_id] = EditedContract(edit.contract_id, name, draft, self._problems)
            edited[edit.contract_id].apply(edit, item)

    def end_renewed(self) -> None:
        """Ends the contracts that others renew."""
        self._problems.extend(end_renewed(self._contracts, self._names, self._draft))

    def _draft(self, contract_id: str) -> Draft | None:
        item = self._by_id.get(contract_id)
        if item is None or id(item) in self._left_out:
            return None
        return self._drafts.setdefault(id(item), Draft.of(item))

    def _package(self, item: Item, keys: list[str]) -> Item | None:
        """The package that the contract is of; a problem, if there is none."""
        key, given, start = keys[0], item.value[keys[0]], instant_or_none(item.value.get("starting_at"))
        if len(keys) > 1:
            what = f"{key} and {keys[1]} are both given"
            self._problems.append(item.problem((keys[1],), what, "keep one of them", key=True))
        if not isinstance(given, str):
            what = f"{key}: expected text, found {describe(given)}"
            self._problems.append(item.problem((key,), what, "put it in quotes"))
            return None
        if start is None:
            what = "the terms of a contract of a package are counted from its starting_at"
            self._problems.append(item.problem(("starting_at",), what, "write it like 2026-10-01T00:00:00Z"))
            return None
        package = self._names.package_of(item.value)
        if package is None:
            if self._complete:
                self._problems.append(item.problem((key,), *self._names.package_refusal(key, given, start)))
        elif (start.minute, start.second, start.microsecond) != (0, 0, 0) and _counts_from_start(package):
            what = f"{format_instant(start)} is not on the hour, and the package has terms that count from it"
            self._problems.append(item.problem(("starting_at",), what, "prices change on full UTC hours only"))
            return None
        return package

    @staticmethod
    def _nominal(expansion: PackageExpansion, package: Item, cards: Collection[Item]) -> Item:
        """A contract of a package that nobody uses, so that its terms are judged all the same."""
        starts = [NOMINAL_START]
        for card in cards:
            aliases = card.value.get("aliases")
            for alias in aliases if isinstance(aliases, list) else ():
                if isinstance(alias, dict) and alias.get("name") == package.value.get("rate_card_alias"):
                    starts.append(instant_or_none(alias.get("starting_at")) or NOMINAL_START)
        start = max(starts)
        item = Item(package.document, package.path, {"id": "?", "starting_at": format_instant(start)})
        return expansion.contract(item, start).item()


def _counts_from_start(package: Item) -> bool:
    """Whether something that changes on the hour is counted from the contract's start."""
    statements = package.value.get("usage_statement_schedule")
    if isinstance(statements, dict) and statements.get("invoice_generation_starting_at_offset") is not None:
        return True
    return any(package.value.get(key) for key in TERMS if key not in ("scheduled_charges", "discounts"))
