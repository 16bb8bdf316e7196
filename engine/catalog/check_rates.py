"""Rates against their products, and against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.catalog.build import Built, Placed
from engine.catalog.credit_type import credit_type_names
from engine.catalog.product import Product, ProductType
from engine.catalog.rate_card import Rate, RateType
from engine.errors import Problem, did_you_mean
from engine.values.period import format_instant

#: The rate types that price a product of each type that has rates.
RATE_TYPES: Mapping[ProductType, tuple[RateType, ...]] = {
    ProductType.USAGE: (RateType.FLAT, RateType.TIERED),
    ProductType.SUBSCRIPTION: (RateType.FLAT, RateType.SUBSCRIPTION),
    ProductType.COMPOSITE: (RateType.PERCENTAGE, RateType.TIERED_PERCENTAGE),
}


def check_rates(built: Built) -> Iterator[Problem]:
    """A rate is of a type that its product takes, by all of the product's pricing keys or none, and there once.

    A commit rate is of usage, and in the credit type of the list price.
    """
    fiats = {each.object.id: each.object.fiat_credit_type_id for each in built.rate_cards}
    names = credit_type_names(each.object for each in built.pricing_units)
    products = {each.object.id: each.object for each in reversed(built.products)}
    key_sets = {each: _key_sets(product) for each, product in products.items()}
    first: dict[tuple[object, ...], Placed[Rate]] = {}
    ids: dict[str, Placed[Rate]] = {}
    for placed in built.rates:
        rate = placed.object
        product = products.get(rate.product_id)
        if product is not None:
            found = [*_against_type(placed, product), *_commit_rate(placed, product, fiats, names)]
            yield from found or _against_keys(placed, product, key_sets[product.id])
        same = (
            rate.rate_card_id,
            rate.product_id,
            rate.pricing_group_values,
            rate.billing_frequency,
            rate.starting_at,
        )
        if same in first:
            place = first[same].item.place_of()
            what = f"a second rate for the same product and values from {format_instant(rate.starting_at)}"
            yield placed.item.problem((), what, f"the first is at {place.file}:{place.line}; keep one of them")
        elif rate.id in ids:
            place = ids[rate.id].item.place_of()
            what = f"rate id {rate.id!r} is already taken"
            yield placed.item.problem(("id",), what, f"first given at {place.file}:{place.line}")
        first.setdefault(same, placed)
        ids.setdefault(rate.id, placed)


def _against_type(placed: Placed[Rate], product: Product) -> Iterator[Problem]:
    rate, kind = placed.object, product.type
    field = "product_id" if "product_id" in placed.item.value else "product"
    if kind not in RATE_TYPES:
        what = f"duckbill does not bill {kind} products yet, and {product.name!r} is one"
        remedy = "remove the rate"
        if kind is ProductType.FIXED:
            what = f"a FIXED product takes no rate, and {product.name!r} is one"
            remedy = "remove the rate: a contract's scheduled charge says the price"
        yield placed.item.problem((field,), what, remedy)
        return
    if rate.rate_type not in RATE_TYPES[kind]:
        what = f"a {rate.rate_type} rate does not price a {kind} product, and {product.name!r} is one"
        usual = [each for each in RATE_TYPES[kind] if each is not RateType.SUBSCRIPTION]
        yield placed.item.problem(("rate_type",), what, f"use {' or '.join(usual)}")
    elif kind is ProductType.SUBSCRIPTION and rate.billing_frequency is None:
        what = f"a rate of SUBSCRIPTION product {product.name!r} needs a billing_frequency"
        yield placed.item.problem((), what, "MONTHLY, QUARTERLY, ANNUAL or WEEKLY")
    elif kind is not ProductType.SUBSCRIPTION and rate.billing_frequency is not None:
        what = f"a {kind} product takes no billing_frequency, and {product.name!r} is one"
        yield placed.item.problem(("billing_frequency",), what, "remove it")


def _commit_rate(
    placed: Placed[Rate], product: Product, fiats: Mapping[str, str], names: Mapping[str, str]
) -> Iterator[Problem]:
    rate = placed.object
    commit_rate = rate.commit_rate
    if commit_rate is None:
        return
    if product.type is not ProductType.USAGE:
        what = f"a commit rate is of usage, and {product.name!r} is a {product.type} product"
        yield placed.item.problem(("commit_rate",), what, "remove it")
        return
    listed, given = rate.credit_type_id or fiats.get(rate.rate_card_id, ""), commit_rate.credit_type_id
    if given is not None and given in names and listed in names and given != listed:
        field = "credit_type_id" if "credit_type_id" in placed.item.value["commit_rate"] else "credit_type"
        what = f"a commit rate in {names[given]} of a list price in {names[listed]}"
        yield placed.item.problem(("commit_rate", field), what, f"remove {field}: both are in one credit type")


def _against_keys(placed: Placed[Rate], product: Product, key_sets: tuple[tuple[str, ...], ...]) -> Iterator[Problem]:
    given = [key for key, _ in placed.object.pricing_group_values]
    if not given or any(set(given) == set(keys) for keys in key_sets):
        return
    known = {key for keys in key_sets for key in keys}
    for key in given:
        if key not in known:
            what = f"{key!r} is not a pricing_group_key of product {product.name!r}"
            remedy = did_you_mean(key, known) if known else "remove it: the product is not priced by values"
            yield placed.item.problem(("pricing_group_values", key), what, remedy, key=True)
    if len(key_sets) == 1:
        missing = [key for key in key_sets[0] if key not in given]
        if missing:
            what = f"pricing_group_values lack {', '.join(missing)} of product {product.name!r}"
            yield placed.item.problem(("pricing_group_values",), what, "give every pricing key, or none of them")
    elif known.issuperset(given):
        what = f"product {product.name!r} is at no time priced by {', '.join(given)} alone"
        choices = " or ".join(f"[{', '.join(keys)}]" for keys in key_sets if keys)
        yield placed.item.problem(("pricing_group_values",), what, f"give {choices}, or none")


def _key_sets(product: Product) -> tuple[tuple[str, ...], ...]:
    """The pricing keys that the product has at some time, each set once."""
    return tuple(dict.fromkeys(each.pricing_group_key for each in product.versions()))
