"""Random packages: the terms of a contract counted from its start."""

from __future__ import annotations

from dataclasses import dataclass

from tests.generated.bulk.overrides import OverrideMaker
from tests.generated.bulk.products import Product
from tests.generated.bulk.rate_cards import Card
from tests.generated.bulk.scene import Item, Scene
from tests.generated.bulk.scheduled import charge
from tests.generated.bulk.spans import duration, offset
from tests.generated.bulk.subscriptions import subscription
from tests.generated.writing import Literal

_FREQUENCIES = ("MONTHLY", "QUARTERLY", "ANNUAL", "WEEKLY")


@dataclass(frozen=True)
class Package:
    """A package's item, and the rate card that it prices by."""

    item: Item
    card: Card

    def reference(self, scene: Scene) -> Item:
        """How a contract names it: by id, by name or by an alias."""
        choices: list[Item] = [{"package_id": self.item["id"]}, {"package": self.item["name"]}]
        if "aliases" in self.item:
            scene.dice.note("package by its alias")
            choices = [{"package_alias": self.item["aliases"][0]["name"]}]
        return scene.dice.pick(choices)


def package(scene: Scene, number: int, card: Card, fixed: list[Product]) -> Package:
    dice = scene.dice
    item: Item = {"id": scene.id("package", number), "name": f"Package {number} of {scene.name}"}
    if dice.chance(0.5, "alias of a package"):
        item["aliases"] = [{"name": scene.id("bundle", number)}]
    if dice.chance(0.3, "contract name of a package"):
        item["contract_name"] = "Bundle"
    aliases = card.item.get("aliases")
    item |= {"rate_card_alias": aliases[0]["name"]} if aliases and dice.chance(0.5) else {"rate_card_id": card.id}
    if dice.chance(0.6, "duration of a package"):
        item["duration"] = duration(scene, "package for")
    if dice.chance(0.6):
        day = dice.pick(("FIRST_OF_MONTH", "CONTRACT_START"))
        frequency = dice.pick_noted("package frequency", _FREQUENCIES)
        item["usage_statement_schedule"] = {"frequency": frequency, "day": day}
    explicit = dice.chance(0.4, "EXPLICIT in a package")
    if explicit:
        item["multiplier_override_prioritization"] = "EXPLICIT"
    if dice.chance(0.4, "net payment terms of a package"):
        item["net_payment_terms_days"] = Literal("30")
    if dice.chance(0.4, "ALL in a package"):
        item["scheduled_charges_on_usage_invoices"] = "ALL"
    maker = OverrideMaker(scene, card, explicit, lambda: _when(scene, "override for"))
    if card.priced:
        item["overrides"] = [maker.made(None) for _ in range(dice.number(0, 3))]
    if card.of("SUBSCRIPTION") and dice.chance(0.6, "subscription of a package"):
        made = subscription(scene, None, card, None)
        item["subscriptions"] = [made | (_when(scene, "subscription for") if dice.chance(0.5) else {})]
    if dice.chance(0.5, "scheduled charge of a package"):
        item["scheduled_charges"] = [charge(scene, None, card, fixed, None)]
    if dice.chance(0.3, "discount of a package"):
        item["discounts"] = [charge(scene, None, card, fixed, None)]
    return Package(item, card)


def _when(scene: Scene, what: str) -> Item:
    made: Item = {"starting_at_offset": offset(scene)}
    if scene.dice.chance(0.5):
        made["duration"] = duration(scene, what)
    return made
