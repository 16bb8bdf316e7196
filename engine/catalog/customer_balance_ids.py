"""The ids of customers' commits and credits: those written, or derived from customer and name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.catalog.items import Item
from engine.catalog.references import References
from engine.catalog.term_ids import TERM_KIND
from engine.errors import Problem
from engine.values.ids import derived_id


def give_customer_balance_ids(
    items: Mapping[str, Sequence[Item]], references: References, problems: list[Problem]
) -> None:
    """Gives every item of `commits` and `credits` that has none an id; two that would have the same are a problem."""
    for key in ("commits", "credits"):
        first: dict[str, Item] = {}
        for item in items[key]:
            if item.value.get("id") is not None:
                continue
            balance_id = _derived(key, references, item.value)
            item.value = {**item.value, "id": balance_id}
            if balance_id in first:
                item.value["id"] = derived_id(TERM_KIND[key], balance_id, str(item.place_of()))
                place = first[balance_id].place_of()
                what = f"a second {TERM_KIND[key]} of the same customer with the same name"
                remedy = f"the first is at {place.file}:{place.line}; give each a name or an id of its own"
                problems.append(item.problem((), what, remedy))
            first.setdefault(balance_id, item)


def _derived(key: str, references: References, value: Mapping[str, Any]) -> str:
    """Without a name the product tells a customer's balances apart."""
    customer, name = _resolved(references, "customers", value, "customer"), value.get("name")
    if isinstance(name, str) and name:
        return derived_id(TERM_KIND[key], customer, name)
    return derived_id(TERM_KIND[key], customer, "", _resolved(references, "products", value, "product"))


def _resolved(references: References, section: str, value: Mapping[str, Any], name: str) -> str:
    given = next((value[key] for key in (f"{name}_id", name) if value.get(key) is not None), None)
    resolved = references.resolve(section, given) if isinstance(given, str) else None
    return resolved or str(given)
