"""Catalogs between two: one whose parts are replaced by another's, part by part, in the order of this file.

What replaces needs what it refers to: objects that the other catalog has are all there from its part on, and those that
it no longer has stay as long as something of the first may refer to them. A mixed catalog is not checked; it may be one
that cannot be billed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.product import Product

#: The terms of a contract that give or move a balance.
BALANCE_TERMS = (
    "commits",
    "credits",
    "recurring_commits",
    "recurring_credits",
    "prepaid_balance_threshold_configuration",
    "spend_threshold_configuration",
)

#: The terms of a contract that deviate from its rate card.
OVERRIDE_TERMS = ("overrides", "multiplier_override_prioritization")

#: The fields of a product that say what meters it when.
_METRIC_FIELDS = ("billable_metric_id", "updates")


class WithId(Protocol):
    """An object of a section whose objects have ids."""

    @property
    def id(self) -> str: ...


Object = TypeVar("Object", bound=WithId)


def with_metrics(first: Catalog, other: Catalog) -> Catalog:
    """`first` with the billable metrics of `other`, and with its products metered by those that `other` has for them.

    The updates of a product whose metrics differ come as a whole, because one update may change more than the metric.
    """
    there = {each.id: each for each in other.products}
    products = tuple(_metered_as(each, there.get(each.id, each)) for each in first.products)
    metrics = _together(other.billable_metrics, first.billable_metrics)
    return first.with_sections({"billable_metrics": metrics, "products": products})


def with_prices(first: Catalog, other: Catalog) -> Catalog:
    """`first` with the products, rate cards, rates and pricing units of `other`.

    Rate cards that `other` has not keep the rates that they have in `first`.
    """
    cards = {each.id for each in other.rate_cards}
    return first.with_sections(
        {
            "pricing_units": _together(other.pricing_units, first.pricing_units),
            "products": _together(other.products, first.products),
            "rate_cards": _together(other.rate_cards, first.rate_cards),
            "rates": (*other.rates, *(each for each in first.rates if each.rate_card_id not in cards)),
        },
    )


def with_overrides(first: Catalog, other: Catalog) -> Catalog:
    """`first` with the overrides that `other` has for its contracts."""
    there = {each.id: each for each in other.contracts}
    contracts = tuple(_with_terms(each, there.get(each.id), OVERRIDE_TERMS) for each in first.contracts)
    return first.with_sections({"contracts": contracts})


def with_contracts(first: Catalog, other: Catalog) -> Catalog:
    """`first` with the customers and contracts of `other`; those that both have keep the balances that they have.

    A customer or a contract that only `other` has comes with its balances, one that only `first` has goes with them.
    """
    known = {each.id: each for each in first.contracts}
    customers, old_customers = ({each.id for each in catalog.customers} for catalog in (other, first))
    old_contracts, contracts = known.keys(), {each.id for each in other.contracts}
    kept = [
        each
        for each in first.manual_balance_entries
        if each.customer_id in customers and (each.contract_id is None or each.contract_id in contracts)
    ]
    new = [
        each
        for each in other.manual_balance_entries
        if each.customer_id not in old_customers
        or (each.contract_id is not None and each.contract_id not in old_contracts)
    ]

    def of_customers(section: str) -> tuple[object, ...]:
        staying = (each for each in getattr(first, section) if each.customer_id in customers)
        return (*staying, *(each for each in getattr(other, section) if each.customer_id not in old_customers))

    return first.with_sections(
        {
            "customers": other.customers,
            "contracts": tuple(_with_terms(each, known.get(each.id), BALANCE_TERMS) for each in other.contracts),
            "commits": of_customers("commits"),
            "credits": of_customers("credits"),
            "manual_balance_entries": (*kept, *new),
        },
    )


def _metered_as(product: Product, there: Product) -> Product:
    if product.billable_metric_id is None or there.billable_metric_id is None:
        return product
    if product.metrics_over_time() == there.metrics_over_time():
        return product
    # As with catalogs, what a product remembers of its versions must not be copied along.
    return Product.model_construct(**{**dict(product), **{name: getattr(there, name) for name in _METRIC_FIELDS}})


def _with_terms(contract: Contract, source: Contract | None, terms: Iterable[str]) -> Contract:
    if source is None:
        return contract
    changed = {name: getattr(source, name) for name in terms if getattr(source, name) != getattr(contract, name)}
    return contract.model_copy(update=changed) if changed else contract


def _together(objects: tuple[Object, ...], more: tuple[Object, ...]) -> tuple[Object, ...]:
    """The objects, and those of `more` whose ids none of them has."""
    known = {each.id for each in objects}
    return (*objects, *(each for each in more if each.id not in known))
