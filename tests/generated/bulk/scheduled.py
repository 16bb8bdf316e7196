"""Random scheduled charges and discounts: single items and recurring ones, at edges of periods."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.generated.bulk.products import Product
from tests.generated.bulk.rate_cards import Card
from tests.generated.bulk.scene import Item, Scene
from tests.generated.bulk.spans import duration, offset
from tests.generated.writing import Literal, to_instant
from tests.oracle.times import months_after

_AMOUNTS = ("0", "100", "99.99", "1000", "33.333333", "0.000001", "12345.67")
_QUANTITIES = ("1", "3", "2.5", "12")
#: Months between two occurrences.
FREQUENCIES = {"MONTHLY": 1, "QUARTERLY": 3, "SEMI_ANNUAL": 6, "ANNUAL": 12}


def charge(
    scene: Scene, identity: str | None, card: Card, fixed: list[Product], term: tuple[datetime, list[datetime]] | None
) -> Item:
    """A scheduled charge or a discount.

    `term` is the start of the contract and instants that matter to it, the last of which is the latest possible; None
    in a package, where everything is counted from the start.
    """
    dice = scene.dice
    product = dice.pick(fixed)
    item: Item = {} if identity is None else {"id": identity}
    item |= dice.pick(({"product_id": product.id}, {"product": product.item["name"]}))
    if dice.chance(0.4, "name of a charge"):
        item["name"] = "Set-up, once"
    if dice.chance(0.2, "custom fields of a charge"):
        item["custom_fields"] = {"cost centre": "7"}
    schedule: Item = {}
    if dice.chance(0.3, "charge names its credit type"):
        schedule["credit_type_id"] = card.fiat
    if dice.chance(0.07, "do not invoice"):
        schedule["do_not_invoice"] = True
    if dice.chance(0.5, "recurring charge"):
        schedule["recurring_schedule"] = _recurring(scene, term)
    else:
        count = dice.number(1, 3)
        schedule["schedule_items"] = [_schedule_item(scene, identity, index, term) for index in range(count)]
    return {**item, "schedule": schedule}


def _schedule_item(
    scene: Scene, identity: str | None, index: int, term: tuple[datetime, list[datetime]] | None
) -> Item:
    item: Item = {} if identity is None else {"id": f"{identity}-item-{index}"}
    if term is None:
        item["starting_at_offset"] = offset(scene)
    else:
        item["timestamp"] = to_instant(instant_of_charge(scene, *term))
    return item | amount(scene)


def instant_of_charge(scene: Scene, start: datetime, edges: list[datetime]) -> datetime:
    """An instant of the contract, often one of its own edges."""
    dice = scene.dice
    if dice.chance(0.5, "charge at an edge of the contract"):
        return dice.pick([start, *edges])
    return min(max(scene.anywhere("charge"), start), edges[-1])


def amount(scene: Scene) -> Item:
    dice = scene.dice
    choice = dice.number(0, 2)
    if choice == 0:
        dice.note("unit price and quantity")
        return {"unit_price": Literal(dice.pick(_AMOUNTS)), "quantity": Literal(dice.pick(_QUANTITIES))}
    if choice == 1:
        dice.note("amount")
        return {"amount": Literal(dice.pick(_AMOUNTS))}
    dice.note("unit price alone")
    return {"unit_price": Literal(dice.pick(_AMOUNTS))}


def _recurring(scene: Scene, term: tuple[datetime, list[datetime]] | None) -> Item:
    dice = scene.dice
    frequency = dice.pick_noted("charge", tuple(FREQUENCIES))
    distribution = dice.pick_noted("distribution", ("EACH", "DIVIDED", "DIVIDED_ROUNDED"))
    made: Item = {"frequency": frequency, "amount_distribution": distribution, **amount(scene)}
    if term is None:
        return {**made, "starting_at_offset": offset(scene), "duration": duration(scene, "charge for")}
    start = instant_of_charge(scene, *term)
    if dice.chance(0.6, "recurring charge from an earlier month"):
        # So that one of its later occurrences falls into the month or on its edge.
        earlier = months_after(start, -FREQUENCIES[frequency] * dice.number(1, 4))
        start = max(earlier, term[0])
    if dice.chance(0.2, "recurring charge from a month end"):
        start = max(months_after(start.replace(day=1), 1) - timedelta(days=1), term[0])
    end = months_after(start, FREQUENCIES[frequency] * dice.number(1, 7)) + dice.pick(
        (timedelta(0), timedelta(hours=1), timedelta(days=3))
    )
    return {**made, "starting_at": to_instant(start), "ending_before": to_instant(end)}
