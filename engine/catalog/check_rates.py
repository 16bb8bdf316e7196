"""Rates against their products and rate cards, and against each other."""

from __future__ import annotations

from collections.abc import Iterator

from engine.catalog.build import Built, Placed
from engine.catalog.product import Product, ProductType
from engine.catalog.rate_card import Rate
from engine.errors import Problem, did_you_mean
from engine.values.period import format_instant


def check_rates(built: Built) -> Iterator[Problem]:
    """A rate prices a USAGE product by all of its pricing keys or none, in the card's currency, once."""
    products = {each.object.id: each.object for each in reversed(built.products)}
    currencies = {each.object.id: each.object.fiat_credit_type_id for each in built.rate_cards}
    first: dict[tuple[object, ...], Placed[Rate]] = {}
    ids: dict[str, Placed[Rate]] = {}
    for placed in built.rates:
        rate = placed.object
        product = products.get(rate.product_id)
        if product is not None:
            yield from _against_product(placed, product)
        currency = currencies.get(rate.rate_card_id)
        if rate.credit_type_id is not None and currency is not None and rate.credit_type_id != currency:
            what = f"credit type {rate.credit_type_id!r} is not the rate card's"
            remedy = "duckbill does not bill custom pricing units yet; remove credit_type_id"
            yield placed.item.problem(("credit_type_id",), what, remedy)
        same = (rate.rate_card_id, rate.product_id, rate.pricing_group_values, rate.starting_at)
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


def _against_product(placed: Placed[Rate], product: Product) -> Iterator[Problem]:
    field = "product_id" if "product_id" in placed.item.value else "product"
    if product.type is not ProductType.USAGE:
        what = f"duckbill does not bill {product.type} products yet, and {product.name!r} is one"
        yield placed.item.problem((field,), what, "remove the rate")
        return
    given = [key for key, _ in placed.object.pricing_group_values]
    if not given or set(given) == set(product.pricing_group_key):
        return
    for key in given:
        if key not in product.pricing_group_key:
            what = f"{key!r} is not a pricing_group_key of product {product.name!r}"
            remedy = did_you_mean(key, product.pricing_group_key)
            yield placed.item.problem(("pricing_group_values", key), what, remedy, key=True)
    missing = [key for key in product.pricing_group_key if key not in given]
    if missing:
        what = f"pricing_group_values lack {', '.join(missing)} of product {product.name!r}"
        yield placed.item.problem(("pricing_group_values",), what, "give every pricing key, or none of them")
