"""Scheduled charges and discounts against products and currencies (spec/rating.md §10.7)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.catalog.build import Built
from engine.catalog.credit_type import credit_type_names
from engine.catalog.fields import Path
from engine.catalog.on_cards import OnCards, key_given
from engine.catalog.product import ProductType
from engine.errors import Problem, did_you_mean


def check_scheduled_charges(built: Built) -> Iterator[Problem]:
    """Each is of a FIXED product and in the currency of the contract's rate card."""
    on_cards = OnCards(built)
    names = credit_type_names(each.object for each in built.pricing_units)
    fixed = [each.name for each in on_cards.products.values() if each.type is ProductType.FIXED]
    for placed in built.terms:
        card = on_cards.cards.get(placed.object.rate_card_id)
        terms = (("scheduled_charges", "a scheduled charge"), ("discounts", "a discount"))
        for key, noun in terms:
            for position, charge in enumerate(getattr(placed.object, key)):
                path: Path = (key, position)
                product = on_cards.products.get(charge.product_id)
                if product is not None and product.type is not ProductType.FIXED:
                    what = f"{noun} is of a FIXED product, and {product.name!r} is a {product.type} product"
                    at = key_given(placed, path, "product_id")
                    yield placed.item.problem(at, what, did_you_mean(product.name, fixed))
                given = charge.schedule.credit_type_id
                own = None if card is None else card.fiat_credit_type_id
                if given in names and own in names and given != own:
                    at = key_given(placed, (*path, "schedule"), "credit_type_id")
                    what = f"{noun} in {names[given]} on a contract in {names[own]}"
                    yield placed.item.problem(at, what, f"remove {at[-1]}: it is in the rate card's currency")
