"""Which products a random balance pays for, in which currency or unit, and by amount or by units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.generated.bulk.metrics import VALUES_OF
from tests.generated.bulk.products import PROMOTION, Product
from tests.generated.bulk.rate_cards import Card
from tests.generated.bulk.scene import Item, Scene


@dataclass(frozen=True)
class Denomination:
    """SPEND in the card's currency (`unit` None) or in a pricing unit, or QUANTITY of products priced in it."""

    access_type: str
    unit: str | None

    def said(self, scene: Scene, card: Card, *, needed: bool) -> Item:
        """The fields of an access schedule or amount; the card's currency goes without saying unless `needed`."""
        if self.access_type == "QUANTITY":
            return {"access_type": "QUANTITY"}
        made: Item = {"access_type": "SPEND"} if scene.dice.chance(0.3) else {}
        if self.unit is not None:
            made["credit_type_id"] = self.unit
        elif needed or scene.dice.chance(0.3, "balance names its credit type"):
            made["credit_type_id"] = card.fiat
        return made


def denomination(scene: Scene, card: Card, *, fiat: bool) -> Denomination:
    """Of a commit with `fiat` only the card's currency: what is paid afterwards is paid in money."""
    dice = scene.dice
    units = sorted({product.unit for product in card.of("USAGE") if product.unit is not None})
    choice = 9 if fiat else dice.number(0, 9)
    if choice == 0 and card.of("USAGE"):
        dice.note("QUANTITY balance")
        unit = dice.pick(card.of("USAGE")).unit
        dice.note("QUANTITY of products in a unit" if unit else "QUANTITY of products in money")
        return Denomination("QUANTITY", unit)
    if choice <= 3 and units:
        dice.note("balance in a pricing unit")
        return Denomination("SPEND", dice.pick(units))
    dice.note("balance in money")
    return Denomination("SPEND", None)


def applicability(scene: Scene, card: Card, paid_in: Denomination) -> Item:
    """Nothing, products, tags, both, or specifiers; always something that the balance can pay for."""
    dice = scene.dice
    counted = paid_in.access_type == "QUANTITY"
    reached = _reached(card, paid_in)
    tags = sorted({tag for product in reached for tag in product.tags} - ({PROMOTION} if counted else set()))
    ways = ["products", "products", "specifiers", "specifiers", *(["tags", "products and tags"] if tags else [])]
    if not counted:
        ways += ["nothing"] * 4
    way = dice.pick(ways) if reached else "nothing"
    dice.note(f"applies to {way}" if way != "nothing" else "applies to everything")
    made: Item = {}
    if way == "specifiers":
        count = dice.pick((1, 1, 2, 3))
        made["specifiers"] = [_specifier(scene, reached, tags, wide=not counted) for _ in range(count)]
    if way.startswith("products"):
        chosen = dice.some(reached, 1, 2)
        if dice.chance(0.8):
            made["applicable_product_ids"] = [product.id for product in chosen]
        else:
            dice.note("products by name")
            made["applicable_products"] = [product.item["name"] for product in chosen]
    if way.endswith("tags"):
        made["applicable_product_tags"] = dice.some(tags, 1, 2)
    return made


def _reached(card: Card, paid_in: Denomination) -> list[Product]:
    """The products on a card among which a balance may choose."""
    usage = [product for product in card.of("USAGE") if product.unit == paid_in.unit]
    if paid_in.unit is not None:
        return usage
    if paid_in.access_type == "QUANTITY":
        return usage + card.of("SUBSCRIPTION")
    return list(card.priced)


def _specifier(scene: Scene, reached: Sequence[Product], tags: Sequence[str], *, wide: bool) -> Item:
    """A specifier that some product fits; a `wide` one may name no product at all."""
    dice = scene.dice
    product = dice.pick(reached)
    own = sorted(tag for tag in product.item["tags"] if tag in tags)
    values = group_values(scene, product)
    choice = dice.number(0, 5)
    if choice <= 1 and values and wide:
        dice.note("specifier of group values alone")
        return values
    if choice == 2 and own:
        dice.note("specifier of tags")
        return {"product_tags": dice.some(own, 1, 2), **values}
    if choice == 3 and own:
        dice.note("specifier of product and tags")
        return {"product_id": product.id, "product_tags": dice.some(own, 1, 2)}
    dice.note("specifier of product and values" if values else "specifier of product")
    return {"product_id": product.id, **values}


def group_values(scene: Scene, product: Product) -> Item:
    """Pricing and presentation values under keys that the product has at first; a value may never occur."""
    dice = scene.dice
    values: Item = {}
    for field in ("pricing_group", "presentation_group"):
        keys = product.item.get(f"{field}_key") or []
        if keys and dice.chance(0.6, f"balance by {field} values"):
            chosen = dice.some(keys, 1, len(keys))
            values[f"{field}_values"] = {key: dice.pick((*VALUES_OF[key], "elsewhere")) for key in chosen}
    return values
