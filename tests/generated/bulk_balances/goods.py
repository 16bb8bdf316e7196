"""What a market sells, at prices that small balances pay for in part: list prices and commit rates."""

from __future__ import annotations

from dataclasses import dataclass

from tests.generated.bulk.market import products
from tests.generated.bulk.products import Product
from tests.generated.bulk.rate_cards import Card, rate_card
from tests.generated.bulk.scene import Item, Scene
from tests.generated.writing import Literal

#: Most of them do not divide a small amount: 100 at 3, 7 or 0.6 is no whole number.
_PRICES = ("3", "7", "3", "7", "1", "0.5", "0.6", "11", "0", "2.25", "0.07")
_COMMIT_PRICES = ("2", "6", "3", "0.9", "7", "0.4", "0", "13", "1.7")
_SIZES = ("1", "2", "5", "10", "2.5", "0.3")


@dataclass(frozen=True)
class Goods:
    """Pricing units, products and rate cards of one market.

    `rates` are those that stand beside the cards, `committed` the products with a commit rate, by card.
    """

    units: list[Item]
    sold: list[Product]
    fixed: list[Product]
    cards: list[Card]
    rates: list[Item]
    committed: dict[str, list[Product]]


def goods(scene: Scene) -> Goods:
    """A plain market's products have no versions, so that what balances do stands alone in half of all markets."""
    dice = scene.dice
    units = [
        {"id": scene.id("unit", index), "name": f"Unit {index} of {scene.name}"}
        for index in range(dice.pick((0, 1, 1, 2)))
    ]
    sold, fixed = products(scene, units, filtered=False)
    plain = dice.chance(0.5, "plain market")
    # What a balance is called when its product changes its name is left open.
    for product in (*fixed, *(sold if plain else ())):
        product.item.pop("updates", None)
    cards, beside, committed = [], [], {}
    for index in range(dice.number(1, 2)):
        card, rates = rate_card(scene, index, sold, units)
        every = [*rates, *card.item.get("rates", [])]
        for rate in every:
            _reprice(scene, card, rate)
        found = [rate for rate in every if "commit_rate" in rate]
        committed[card.id] = [each for each in card.of("USAGE") if any(_prices(rate, each) for rate in found)]
        cards.append(card)
        beside += rates
    return Goods(units, sold, fixed, cards, beside, committed)


def _reprice(scene: Scene, card: Card, rate: Item) -> None:
    """Small prices, and commit rates, for most usage rates."""
    dice = scene.dice
    if not any(_prices(rate, product) for product in card.of("USAGE")):
        return
    if dice.chance(0.8):
        if "tiers" in rate:
            rate["tiers"] = _tiers(scene, _PRICES)
        else:
            rate["price"] = Literal(dice.pick(_PRICES))
    if dice.chance(0.45):
        if dice.chance(0.6, "commit rate FLAT"):
            rate["commit_rate"] = {"rate_type": "FLAT", "price": Literal(dice.pick(_COMMIT_PRICES))}
        else:
            dice.note("commit rate TIERED")
            rate["commit_rate"] = {"rate_type": "TIERED", "tiers": _tiers(scene, _COMMIT_PRICES)}


def _prices(rate: Item, product: Product) -> bool:
    return rate.get("product_id") == product.id or rate.get("product") == product.item["name"]


def _tiers(scene: Scene, prices: tuple[str, ...]) -> list[Item]:
    dice = scene.dice
    made: list[Item] = [
        {"size": Literal(dice.pick(_SIZES)), "price": Literal(dice.pick(prices))} for _ in range(dice.number(1, 2))
    ]
    return [*made, {"price": Literal(dice.pick(prices))}]
