"""Which customers a text names, and who is billed together with them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.catalog.catalog import Catalog
from engine.errors import UserError, did_you_mean

_KINDS = ("customer", "contract", "tag")

#: Names may hold commas: one that separates is followed by the next kind.
_SEPARATOR = re.compile(rf",\s*(?=(?:{'|'.join(_KINDS)}):)")


def select_customers(catalog: Catalog, text: str) -> frozenset[str]:
    """The ids of the customers that `text` selects, and of those who are billed together with them.

    `customer:` is followed by a name, an id or an ingest alias, `contract:` by a name or an id, `tag:` by `KEY=VALUE`
    or by a value of custom fields of customers or contracts; several, between commas, select the union. A customer is
    selected whole, with every contract. Raises UserError with the nearest name where nothing, or more than one thing,
    has the name.
    """
    selected: set[str] = set()
    for each in _SEPARATOR.split(text):
        kind, colon, name = each.strip().partition(":")
        if not colon or kind not in _KINDS or not name:
            what = f"{each.strip()!r} selects nothing" if each.strip() else "nothing is selected"
            raise UserError(f"{what}; write customer:NAME, contract:NAME or tag:KEY=VALUE, several between commas")
        try:
            selected |= _SELECTED[kind](catalog, name)
        except UserError as error:
            if "," not in name:
                raise
            raise UserError(f"{error}; several are written {kind}:A,{kind}:B") from error
    return billed_together(catalog, selected)


def billed_together(catalog: Catalog, customer_ids: Iterable[str]) -> frozenset[str]:
    """These customers and all whose bills depend on each other's: those of parent and child contracts.

    Balances are shared, invoices consolidated and paid within a hierarchy, or among the contracts of one customer, and
    nowhere else. Ids of customers that the catalog does not have stay.
    """
    together = kin(catalog)
    found = set(customer_ids)
    waiting = list(found)
    while waiting:
        new = together.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return frozenset(found)


def kin(*catalogs: Catalog) -> dict[str, set[str]]:
    """Every customer of these catalogs with those whose contracts are parents or children of theirs in any."""
    found: dict[str, set[str]] = {each.id: set() for catalog in catalogs for each in catalog.customers}
    for catalog in catalogs:
        customer_of = {each.id: each.customer_id for each in catalog.contracts}
        for each in catalog.contracts:
            found.setdefault(each.customer_id, set())
            family = each.hierarchy_configuration
            if family is not None and family.parent is not None:
                parent = customer_of[family.parent.contract_id]
                found[each.customer_id].add(parent)
                found.setdefault(parent, set()).add(each.customer_id)
    return found


def _by_customer(catalog: Catalog, name: str) -> set[str]:
    return {catalog.customer_named(name).id}


def _by_contract(catalog: Catalog, name: str) -> set[str]:
    found = {each.id: each.customer_id for each in catalog.contracts if name in (each.id, each.name)}
    if not found:
        known = [each.name or each.id for each in catalog.contracts]
        raise UserError(f"unknown contract {name!r}; {did_you_mean(name, known)}")
    if len(found) > 1:
        raise UserError(f"{len(found)} contracts are named {name!r}; give one by its id: {', '.join(sorted(found))}")
    return set(found.values())


def _by_tag(catalog: Catalog, tag: str) -> set[str]:
    fields = [(each.id, each.custom_fields) for each in catalog.customers]
    fields += [(each.customer_id, each.custom_fields) for each in catalog.contracts]
    found = {owner for owner, pairs in fields for key, value in pairs if tag in (value, f"{key}={value}")}
    if not found:
        known = [f"{key}={value}" for _, pairs in fields for key, value in pairs]
        raise UserError(f"no customer and no contract has the custom field {tag!r}; {did_you_mean(tag, known)}")
    return found


_SELECTED = {"customer": _by_customer, "contract": _by_contract, "tag": _by_tag}
