"""Which contract a name or an id means, and whose it is: known before anything else about contracts is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from engine.catalog.items import Item
from engine.catalog.package import PackageNames, package_id
from engine.catalog.references import References, instant_or_none
from engine.errors import Problem, did_you_mean
from engine.values.ids import derived_id
from engine.values.period import format_instant

#: The keys by which a contract says that a package has its terms.
PACKAGE_KEYS = ("package_id", "package", "package_alias")


class ContractNames:
    """Ids and names of contracts. A name that two contracts share means neither of them.

    Gives every item its id: the one written, or one derived from customer, rate card or package, start and name.
    """

    def __init__(
        self, contracts: Sequence[Item], references: References, packages: PackageNames, problems: list[Problem]
    ) -> None:
        self._references = references
        self._packages = packages
        self._item: dict[str, Item] = {}
        self._ids_of_name: dict[str, list[str]] = {}
        for item in contracts:
            if "terms_end_at" in item.value:
                problems.append(item.problem(("terms_end_at",), "unknown key 'terms_end_at'", "remove it", key=True))
                item.value = {key: value for key, value in item.value.items() if key != "terms_end_at"}
            derived = not isinstance(item.value.get("id"), str)
            contract_id = self._derived(item.value) if derived else item.value["id"]
            if item.value.get("id") is None:
                item.value = {**item.value, "id": contract_id}
            if contract_id in self._item:
                problems.append(_repeated(contract_id, item, self._item[contract_id], derived=derived))
                continue
            self._item[contract_id] = item
            if isinstance(item.value.get("name"), str):
                self._ids_of_name.setdefault(item.value["name"], []).append(contract_id)

    def resolve(self, given: str) -> str | None:
        """The id of the one contract with this id or name, or None."""
        if given in self._item:
            return given
        ids = self._ids_of_name.get(given, ())
        return ids[0] if len(ids) == 1 else None

    def refusal(self, given: str) -> tuple[str, str]:
        """Why `resolve` knows no contract, and the nearest name or id; the ids, if several have the name."""
        ids = self._ids_of_name.get(given, ())
        if len(ids) > 1:
            return f"{len(ids)} contracts are named {given!r}", f"refer to one by id: {', '.join(map(repr, ids))}"
        named = {name for name, ids in self._ids_of_name.items() if len(ids) == 1}
        return f"unknown contract {given!r}", did_you_mean(given, named | self._item.keys())

    def shown(self, contract_id: str) -> str:
        """What a message calls a contract: its name, or else its id."""
        item = self._item.get(contract_id)
        name = None if item is None else item.value.get("name")
        return name if isinstance(name, str) else contract_id

    def customer_of(self, contract_id: str) -> str | None:
        """The customer's id; None if the contract names none that there is."""
        item = self._item.get(contract_id)
        customer = None if item is None else self._resolved("customers", item.value, "customer")
        return customer if customer is not None and self.is_customer(customer) else None

    def is_customer(self, customer_id: str | None) -> bool:
        """Whether there is a customer with this id."""
        return customer_id is not None and self._references.resolve("customers", customer_id) == customer_id

    def package_of(self, value: dict[str, Any]) -> Item | None:
        """The package that a contract says it is of, if there is one."""
        for key in ("package_id", "package"):
            if isinstance(value.get(key), str):
                return self._packages.named(value[key])
        start = instant_or_none(value.get("starting_at"))
        alias = value.get("package_alias")
        return self._packages.with_alias(alias, start) if isinstance(alias, str) and start is not None else None

    def package_refusal(self, key: str, given: str, start: datetime) -> tuple[str, str]:
        """Why `package_of` knows no package, and the nearest name, id or alias."""
        if key == "package_alias":
            what = f"no package has the alias {given!r} on {format_instant(start)}"
            return what, self._packages.alias_remedy(given)
        return f"unknown package {given!r}", self._packages.remedy(given)

    def _derived(self, value: dict[str, Any]) -> str:
        start = instant_or_none(value.get("starting_at"))
        if any(value.get(key) is not None for key in PACKAGE_KEYS):
            package = self.package_of(value)
            terms = str([value.get(key) for key in PACKAGE_KEYS]) if package is None else package_id(package)
        else:
            terms = self._card(value)
        customer = self._resolved("customers", value, "customer")
        return derived_id(
            "contract", customer, terms, str(start and format_instant(start)), str(value.get("name") or "")
        )

    def _card(self, value: dict[str, Any]) -> str:
        alias, start = value.get("rate_card_alias"), instant_or_none(value.get("starting_at"))
        if alias is None or any(value.get(key) is not None for key in ("rate_card_id", "rate_card")):
            return self._resolved("rate_cards", value, "rate_card")
        card = self._references.card_of_alias(alias, start) if isinstance(alias, str) and start else None
        return card or str(alias)

    def _resolved(self, section: str, value: dict[str, Any], name: str) -> str:
        given = next((value[key] for key in (f"{name}_id", name) if value.get(key) is not None), None)
        resolved = self._references.resolve(section, given) if isinstance(given, str) else None
        return resolved or str(given)


def _repeated(contract_id: str, item: Item, first: Item, *, derived: bool) -> Problem:
    place = first.place_of()
    what, remedy = f"contract id {contract_id!r} is already taken", "give one of them another id"
    if derived:
        what, remedy = "a second contract with the same terms", "give each a name of its own"
    return item.problem((), what, f"the first is at {place.file}:{place.line}; {remedy}")
