"""Random overrides: every type, target and window, with ties in price and priority."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.generated.bulk.metrics import VALUES_OF
from tests.generated.bulk.products import PROMOTION, Product
from tests.generated.bulk.rate_cards import Card, fee, percentages, usage_prices
from tests.generated.bulk.scene import Item, Scene
from tests.generated.writing import Literal

#: Few, so that they tie.
_MULTIPLIERS = ("0", "0.8", "0.9", "0.9", "1", "1.25", "0.3333")
_SIZES = ("1", "5", "7.5", "20", "0.25")
_TYPES = ("MULTIPLIER", "MULTIPLIER", "MULTIPLIER", "OVERWRITE", "OVERWRITE", "TIERED", None)


@dataclass(frozen=True)
class OverrideMaker:
    """Overrides for one contract or package: its card and scheme, and how it says when a term holds."""

    scene: Scene
    card: Card
    explicit: bool
    when: Callable[[], Item]

    def made(self, identity: str | None) -> Item:
        dice = self.scene.dice
        item: Item = {} if identity is None else {"id": identity}
        item |= self.when()
        kind = dice.pick(_TYPES)
        if kind == "TIERED" and not (self.explicit and self.card.of("USAGE")):
            kind = "MULTIPLIER"
        if kind is None:
            dice.note("override of entitlement alone")
            item["entitled"] = dice.chance(0.5)
        else:
            item["type"] = dice.pick((kind, kind.lower()))
            dice.note(f"override {kind}")
            if dice.chance(0.15, "override of price and entitlement"):
                item["entitled"] = dice.chance(0.6)
        if kind in ("MULTIPLIER", "TIERED") and self.explicit:
            item["priority"] = Literal(str(dice.number(1, 3)))
        if kind == "OVERWRITE":
            return item | self._overwrite()
        if kind == "MULTIPLIER":
            item["multiplier"] = Literal(dice.pick(_MULTIPLIERS))
        elif kind == "TIERED":
            item["tiers"] = self._tiers()
        return item | self._target(kind)

    def _tiers(self) -> list[Item]:
        dice = self.scene.dice
        tiers: list[Item] = [
            {"size": Literal(dice.pick(_SIZES)), "multiplier": Literal(dice.pick(_MULTIPLIERS))}
            for _ in range(dice.number(1, 3))
        ]
        if dice.chance(0.5, "override tier without end"):
            tiers.append({"multiplier": Literal(dice.pick(_MULTIPLIERS))})
        return tiers

    def _overwrite(self) -> Item:
        """An OVERWRITE's price fits one type of product, so it never reaches products of several types."""
        dice = self.scene.dice
        product = dice.pick(self.card.priced)
        dice.note(f"OVERWRITE of {product.kind}")
        if product.kind == "COMPOSITE":
            price = percentages(self.scene, minimum=True)
        elif product.kind == "SUBSCRIPTION":
            price = fee(self.scene)
        else:
            price = usage_prices(self.scene, product.unit is not None)
            if product.unit is not None and dice.chance(0.4, "OVERWRITE names its credit type"):
                price["credit_type_id"] = product.unit
        tags = sorted(tag for tag in product.item["tags"] if tag != PROMOTION)
        if tags and "credit_type_id" not in price and dice.chance(0.3, "OVERWRITE by tags"):
            target: Item = {"applicable_product_tags": [dice.pick(tags)]}
        elif dice.chance(0.4):
            target = self._named(product)
        else:
            target = {"override_specifiers": [self._specifier(product) for _ in range(dice.number(1, 2))]}
        return {"overwrite_rate": price, **target}

    def _named(self, product: Product) -> Item:
        self.scene.dice.note("override by product")
        return self.scene.dice.pick(({"product_id": product.id}, {"product": product.item["name"]}))

    def _target(self, kind: str | None) -> Item:
        dice = self.scene.dice
        reached = self.card.of("USAGE") if kind == "TIERED" else self.card.priced
        product = dice.pick(reached)
        tags = sorted({tag for each in reached for tag in each.item["tags"]})
        choice = dice.number(0, 9)
        if choice <= 2:
            return self._named(product)
        if choice <= 4 and tags:
            dice.note("override by tags")
            return {"applicable_product_tags": dice.some(tags, 1, 2)}
        if choice <= 7:
            return {
                "override_specifiers": [self._wide_specifier(product, tags, kind) for _ in range(dice.number(1, 2))]
            }
        dice.note("override of every product")
        return {}

    def _wide_specifier(self, product: Product, tags: list[str], kind: str | None) -> Item:
        """A specifier that may go by tags, or by group values alone."""
        dice = self.scene.dice
        choice = dice.number(0, 3)
        if choice == 0 and tags:
            dice.note("specifier by tags")
            # No product may have two tags at once; a TIERED override must reach some product all the same.
            most = 1 if kind == "TIERED" else 2
            own = [tag for tag in tags if tag in product.item["tags"]]
            return {"product_tags": own, **self._values(product)} if own else {"product_tags": dice.some(tags, 1, most)}
        if choice == 1 and (values := self._values(product)):
            dice.note("specifier by values alone")
            return values
        return self._specifier(product)

    def _specifier(self, product: Product) -> Item:
        dice = self.scene.dice
        specifier: Item = dice.pick(({"product_id": product.id}, {"product": product.item["name"]}))
        if product.kind == "SUBSCRIPTION" and dice.chance(0.6, "specifier by billing frequency"):
            specifier["billing_frequency"] = dice.pick(self.card.frequencies[product.id])
        return specifier | self._values(product)

    def _values(self, product: Product) -> Item:
        dice = self.scene.dice
        values: Item = {}
        for field in ("pricing_group", "presentation_group"):
            keys = product.item.get(f"{field}_key") or []
            if keys and dice.chance(0.6, f"specifier by {field} values"):
                values[f"{field}_values"] = {key: dice.pick(VALUES_OF[key]) for key in dice.some(keys, 1, len(keys))}
        return values
