"""Subscriptions against the products that they are of and the rates that price them (spec/rating.md §12)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.catalog.build import Built, Placed
from engine.catalog.contract import Contract
from engine.catalog.fields import Path
from engine.catalog.on_cards import OnCards, key_given
from engine.catalog.product import ProductType
from engine.catalog.subscription import Subscription
from engine.errors import Problem, did_you_mean


def check_subscriptions(built: Built) -> Iterator[Problem]:
    """A subscription is of a SUBSCRIPTION product that the contract's card prices for its billing frequency."""
    on_cards = OnCards(built)
    for placed in built.terms:
        for position, subscription in enumerate(placed.object.subscriptions):
            path: Path = ("subscriptions", position, "subscription_rate")
            yield from _against_card(placed, path, subscription, on_cards)


def _against_card(
    placed: Placed[Contract], path: Path, subscription: Subscription, on_cards: OnCards
) -> Iterator[Problem]:
    product = on_cards.products.get(subscription.product_id)
    card = on_cards.cards.get(placed.object.rate_card_id)
    if product is None:
        return
    at = key_given(placed, path, "product_id")
    if product.type is not ProductType.SUBSCRIPTION:
        what = f"a subscription is of a SUBSCRIPTION product, and {product.name!r} is a {product.type} product"
        names = [each.name for each in on_cards.products.values() if each.type is ProductType.SUBSCRIPTION]
        yield placed.item.problem(at, what, did_you_mean(product.name, names))
    elif card is not None and not on_cards.is_priced(card.id, product.id):
        what = f"product {product.name!r} has no rate on rate card {card.name!r}"
        names = [each.name for each in on_cards.priced(card.id) if each.type is ProductType.SUBSCRIPTION]
        yield placed.item.problem(at, what, did_you_mean(product.name, names))
    elif card is not None:
        known = on_cards.frequencies(card.id, product.id)
        if known and subscription.billing_frequency not in known:
            frequency = subscription.billing_frequency
            what = f"product {product.name!r} has no {frequency} rate on rate card {card.name!r}"
            yield placed.item.problem((*path, "billing_frequency"), what, did_you_mean(frequency, known))
