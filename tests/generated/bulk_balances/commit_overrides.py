"""Random commit-specific overrides: other prices for what certain balances pay, or any of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.generated.bulk.contracts import Agreement
from tests.generated.bulk.products import PROMOTION, Product
from tests.generated.bulk.scene import Item, Scene
from tests.generated.bulk_balances.applicability import group_values
from tests.generated.writing import Literal

_MULTIPLIERS = ("0.5", "0.9", "0.8", "1.5", "0", "2", "0.9")
_PRICES = ("2", "6", "4", "0.5", "0", "9")
_SIZES = ("1", "3", "5", "0.5")


@dataclass(frozen=True)
class Written:
    """A balance as it stands in the catalog: its section (`commits`, `recurring_credits`, ...) and its item."""

    section: str
    item: Item

    def reference(self, scene: Scene) -> str:
        dice = scene.dice
        if "name" in self.item and dice.chance(0.25, "balance named in an override"):
            return str(self.item["name"])
        return str(self.item["id"])


@dataclass(frozen=True)
class CommitOverrideMaker:
    """Overrides of one contract that hold for `balances` alone; those reach products of type USAGE only.

    `committed` are the products that have a commit rate on its card: only of those it can be another one.
    """

    scene: Scene
    agreement: Agreement
    balances: Sequence[Written]
    committed: Sequence[Product]

    def made(self, identity: str) -> Item:
        dice, explicit = self.scene.dice, self._explicit
        kind = dice.pick(("MULTIPLIER", "MULTIPLIER", "OVERWRITE", "OVERWRITE", "TIERED"))
        if kind == "TIERED" and not explicit:
            kind = "MULTIPLIER"
        item: Item = {"id": identity, **self.scene.window("commit override"), "is_commit_specific": True, "type": kind}
        targets = ("LIST_RATE", "COMMIT_RATE") if self.committed else ("LIST_RATE",)
        target = dice.pick_noted("commit override of", targets)
        if target == "COMMIT_RATE" or dice.chance(0.5):
            item["target"] = target
        dice.note(f"commit override {kind}")
        if kind != "OVERWRITE" and explicit:
            item["priority"] = Literal(str(dice.number(1, 3)))
        product = dice.pick(self.committed if target == "COMMIT_RATE" else self.agreement.card.of("USAGE"))
        if kind == "MULTIPLIER":
            item["multiplier"] = Literal(dice.pick(_MULTIPLIERS))
        elif kind == "TIERED":
            item["tiers"] = self._tiers("multiplier", _MULTIPLIERS, open_ended=dice.chance(0.5))
        else:
            item["overwrite_rate"] = self._price(product)
        if not self.balances or dice.chance(0.25):
            dice.note("commit override of any balance")
            return item | dice.pick(({"product_id": product.id}, {"override_specifiers": [self._products(product)]}))
        return item | {"override_specifiers": [self._specifier(product) for _ in range(dice.pick((1, 1, 2)))]}

    @property
    def _explicit(self) -> bool:
        return str(self.agreement.item.get("multiplier_override_prioritization", "")).upper() == "EXPLICIT"

    def _price(self, product: Product) -> Item:
        dice = self.scene.dice
        if dice.chance(0.6):
            price: Item = {"rate_type": "FLAT", "price": Literal(dice.pick(_PRICES))}
        else:
            price = {"rate_type": "TIERED", "tiers": self._tiers("price", _PRICES, open_ended=True)}
        if product.unit is not None and dice.chance(0.3):
            price["credit_type_id"] = product.unit
        return price

    def _tiers(self, field: str, values: Sequence[str], *, open_ended: bool) -> list[Item]:
        dice = self.scene.dice
        made: list[Item] = [
            {"size": Literal(dice.pick(_SIZES)), field: Literal(dice.pick(values))} for _ in range(dice.number(1, 2))
        ]
        return [*made, {field: Literal(dice.pick(values))}] if open_ended else made

    def _specifier(self, product: Product) -> Item:
        """Some balances, and mostly what they must be spent on."""
        dice = self.scene.dice
        chosen = dice.some(self.balances, 1, 2)
        sections = {each.section for each in chosen}
        field = "any_commit_or_credit_ids"
        if len(sections) == 1 and dice.chance(0.6):
            by_section = {
                "commits": "commit_ids",
                "recurring_commits": "recurring_commit_ids",
                "recurring_credits": "recurring_credit_ids",
            }
            field = by_section.get(chosen[0].section, field)
        dice.note(f"commit override by {field}")
        return {field: [each.reference(self.scene) for each in chosen], **self._products(product)}

    def _products(self, product: Product) -> Item:
        dice = self.scene.dice
        own = sorted(tag for tag in product.item["tags"] if tag != PROMOTION)
        if own and dice.chance(0.3, "commit override by tags"):
            return {"product_tags": dice.some(own, 1, 1)}
        return {"product_id": product.id, **group_values(self.scene, product)}
