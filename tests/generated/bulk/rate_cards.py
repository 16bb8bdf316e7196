"""Random rate cards: list prices of usage, subscriptions and composites, in a currency and in custom pricing units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import product as combinations

from tests.generated.bulk.metrics import VALUES_OF
from tests.generated.bulk.products import Product
from tests.generated.bulk.scene import Item, Scene
from tests.generated.writing import Literal, to_instant

FIATS = ("USD (cents)", "EUR", "GBP", "SEK")
#: The vendor's id of a currency that the shared catalog file declares; it means EUR.
EURO_ID = "7f1e2c50-6b1e-4ad1-9f43-0c5a5d4a7e11"
FREQUENCIES = ("MONTHLY", "QUARTERLY", "ANNUAL", "WEEKLY")

_PRICES = ("0", "1", "0.5", "2.25", "12.5", "99", "0.0001", "0.333333", "0.000001", "7")
_UNIT_PRICES = ("0", "1", "0.5", "2.25", "3", "0.001", "10")
_FEES = ("0", "100", "99.99", "1000", "33.333333", "2500", "0.01", "349")
_FRACTIONS = ("0", "0.1", "0.05", "0.0333", "0.25", "1.5", "0.0001")
_SIZES = ("1", "5", "10", "2.5", "100", "0.1", "12.3456")
_SPENDS = ("10", "100", "1000", "0.5", "33.3333")
_MINIMUMS = ("0", "1", "50", "1000.5", "25000")
_CONVERSIONS = ("0", "1", "0.25", "100", "0.01", "1.1")


@dataclass(frozen=True)
class Card:
    """A rate card, the products that it prices, and the billing frequencies priced for each subscription product."""

    item: Item
    fiat: str
    priced: tuple[Product, ...]
    frequencies: dict[str, list[str]]

    @property
    def id(self) -> str:
        return str(self.item["id"])

    def of(self, kind: str) -> list[Product]:
        return [product for product in self.priced if product.kind == kind]


def rate_card(scene: Scene, number: int, sold: list[Product], units: list[Item]) -> tuple[Card, list[Item]]:
    """A card, and those of its rates that stand in the section `rates`."""
    dice = scene.dice
    fiat = dice.pick_noted("currency", FIATS)
    item: Item = {"id": scene.id("card", number), "name": f"Card {number} of {scene.name}"}
    if fiat == "USD (cents)" and dice.chance(0.4):
        dice.note("currency left out")
    elif fiat == "EUR" and dice.chance(0.5, "currency by a declared id"):
        item["fiat_credit_type_id"] = EURO_ID
    else:
        item[dice.pick(("fiat_credit_type_id", "fiat_credit_type"))] = fiat
    if units:
        item["credit_type_conversions"] = [_conversion(scene, unit) for unit in units]
    if dice.chance(0.5, "alias of a rate card"):
        item["aliases"] = [{"name": scene.id("alias", number)}]
    priced = [product for product in sold if product.kind != "COMPOSITE" and not dice.chance(0.1, "product off a card")]
    priced += [product for product in sold if product.kind == "COMPOSITE" and _has_member(product, priced)]
    priced = [product for product in sold if product in priced and product.kind != "FIXED"]
    frequencies: dict[str, list[str]] = {}
    rates: list[Item] = []
    for product in priced:
        if product.kind == "SUBSCRIPTION":
            frequencies[product.id] = dice.some(FREQUENCIES, 1, 3)
        made = _rates(scene, product, frequencies.get(product.id, []))
        dice.random.shuffle(made)
        reference = dice.pick(({"product_id": product.id}, {"product": product.item["name"]}))
        rates += [
            {"id": f"{item['id']}-rate-{len(rates) + index}", **reference, **rate} for index, rate in enumerate(made)
        ]
    if dice.chance(0.4, "product order"):
        listed = dice.some(priced, 0, len(priced))
        dice.random.shuffle(listed)
        item["product_order"] = [dice.pick((product.id, str(product.item["name"]))) for product in listed]
    card = Card(item, fiat, tuple(priced), frequencies)
    if dice.chance(0.5):
        item["rates"] = rates
        return card, []
    return card, [{"rate_card_id": item["id"], **rate} for rate in rates]


def _has_member(composite: Product, priced: list[Product]) -> bool:
    """Whether the composite as it is at first has a member among the priced products."""
    ids, tags = composite.item.get("composite_product_ids", []), set(composite.item.get("composite_tags", []))
    members = [product for product in priced if product.kind == "USAGE"]
    return any(each.id in ids or tags & set(each.item["tags"]) for each in members)


def _conversion(scene: Scene, unit: Item) -> Item:
    reference = scene.dice.pick(("custom_credit_type_id", "custom_credit_type"))
    named = unit["id"] if reference.endswith("id") else unit["name"]
    return {reference: named, "fiat_per_custom_credit": Literal(scene.dice.pick(_CONVERSIONS))}


def _rates(scene: Scene, product: Product, frequencies: list[str]) -> list[Item]:
    if product.kind == "SUBSCRIPTION":
        return [rate for frequency in frequencies for rate in _subscription_rates(scene, frequency)]
    if product.kind == "COMPOSITE":
        return [{**when, **percentages(scene, minimum=True)} for when in _versions(scene)]
    credit: Item = {} if product.unit is None else {"credit_type_id": product.unit}
    made = []
    for target in _targets(scene, product):
        for when in _versions(scene):
            rate = {**when, **usage_prices(scene, product.unit is not None), **credit}
            made.append({**rate, "pricing_group_values": target} if target else rate)
            scene.dice.note(f"rate {rate['rate_type'].upper()}")
    return made


def _targets(scene: Scene, product: Product) -> list[dict[str, str]]:
    """Group values that have a rate of their own, for every set of keys of any version, and mostly a default rate."""
    dice = scene.dice
    keyed = [keys for keys in product.key_sets() if keys]
    targets: list[dict[str, str]] = []
    for keys in dict.fromkeys(tuple(sorted(each)) for each in keyed):
        table = [dict(zip(keys, values, strict=True)) for values in combinations(*(VALUES_OF[key] for key in keys))]
        targets += dice.some(table, 1, 3)
        dice.note("exact rate")
    if len(keyed) < len(product.key_sets()) or not keyed or dice.chance(0.6, "default rate beside exact ones"):
        targets.append({})
    return targets


def _versions(scene: Scene) -> list[Item]:
    """When the rates of one target hold: from long ago, sometimes until or again from an hour around the month."""
    dice = scene.dice
    starts: list[datetime] = [scene.before()]
    if dice.chance(0.12):
        starts = [scene.anywhere("rate starts late and")]
    if dice.chance(0.3):
        starts.append(scene.anywhere("rate changes"))
    made = []
    for start in dict.fromkeys(starts):
        when: Item = {"starting_at": to_instant(start), "entitled": not dice.chance(0.08, "entitled false")}
        if dice.chance(0.12):
            end = scene.anywhere("rate ends")
            if end > start:
                when["ending_before"] = to_instant(end)
        made.append(when)
    return made


def _subscription_rates(scene: Scene, frequency: str) -> list[Item]:
    dice = scene.dice
    made = []
    for when in _versions(scene):
        rate = {**when, "billing_frequency": dice.pick((frequency, frequency.lower())), **fee(scene)}
        if rate["rate_type"] == "SUBSCRIPTION":
            rate |= dice.pick(({}, {"quantity": Literal("1")}, {"is_prorated": True}))
        made.append(rate)
    dice.note(f"subscription rate {frequency}")
    return made


def fee(scene: Scene) -> Item:
    """What a subscription costs for a whole billing period."""
    return {
        "rate_type": scene.dice.pick_noted("subscription rate type", ("FLAT", "SUBSCRIPTION")),
        "price": Literal(scene.dice.pick(_FEES)),
    }


def usage_prices(scene: Scene, in_units: bool) -> Item:
    """FLAT or TIERED; in custom pricing units with fewer places, because a conversion is still to come."""
    dice, prices = scene.dice, _UNIT_PRICES if in_units else _PRICES
    if dice.chance(0.6):
        return {"rate_type": dice.pick(("FLAT", "flat")), "price": Literal(dice.pick(prices))}
    return {"rate_type": "TIERED", "tiers": _tiers(scene, _SIZES, prices)}


def percentages(scene: Scene, *, minimum: bool) -> Item:
    """PERCENTAGE or TIERED_PERCENTAGE, sometimes with a minimum."""
    dice = scene.dice
    if dice.chance(0.5, "PERCENTAGE"):
        made: Item = {"rate_type": "PERCENTAGE", "price": Literal(dice.pick(_FRACTIONS))}
    else:
        dice.note("TIERED_PERCENTAGE")
        made = {"rate_type": "TIERED_PERCENTAGE", "tiers": _tiers(scene, _SPENDS, _FRACTIONS)}
    if minimum and dice.chance(0.4, "minimum"):
        made["minimum_config"] = {"minimum": Literal(dice.pick(_MINIMUMS))}
    return made


def _tiers(scene: Scene, sizes: tuple[str, ...], prices: tuple[str, ...]) -> list[Item]:
    dice = scene.dice
    tiers: list[Item] = [
        {"size": Literal(dice.pick(sizes)), "price": Literal(dice.pick(prices))} for _ in range(dice.number(1, 3))
    ]
    if not dice.chance(0.15, "last tier with a size"):
        tiers.append({"price": Literal(dice.pick(prices))})
    return tiers
