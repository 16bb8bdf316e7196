"""Rate cards against the products that they price."""

from __future__ import annotations

from collections.abc import Iterator

from engine.catalog.build import Built
from engine.catalog.product import ProductType
from engine.errors import Problem, did_you_mean


def check_rate_cards(built: Built) -> Iterator[Problem]:
    """A card's product order holds products that it prices, once each; FIXED products have their price elsewhere."""
    products = {each.object.id: each.object for each in reversed(built.products)}
    for placed in built.rate_cards:
        card = placed.object
        priced = {product for rate_card, product in built.priced if rate_card == card.id}
        for position, product_id in enumerate(card.product_order):
            product = products.get(product_id)
            if product is None:
                continue
            if product_id in card.product_order[:position]:
                what = f"product {product.name!r} stands twice in product_order"
                yield placed.item.problem(("product_order", position), what, "name it once")
            elif product.type is not ProductType.FIXED and product_id not in priced and priced <= products.keys():
                what = f"product {product.name!r} has no rate on rate card {card.name!r}"
                remedy = did_you_mean(product.name, [products[each].name for each in priced])
                yield placed.item.problem(("product_order", position), what, remedy)
