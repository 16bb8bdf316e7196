"""Random subscriptions: advance and arrears, quantities that rise and fall at awkward hours, seats, proration."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

from tests.generated.bulk.rate_cards import Card
from tests.generated.bulk.scene import Item, Scene
from tests.generated.writing import Literal, to_instant
from tests.oracle.times import months_after

_QUANTITIES = ("0", "1", "3", "12", "2.5")
_SEATS = ("ann", "bob", "cy", "dee", "eve")


def subscription(scene: Scene, identity: str | None, card: Card, term: tuple[datetime, datetime | None] | None) -> Item:
    """A subscription; `term` is when its contract starts and ends, None in a package, where nothing has a date."""
    dice = scene.dice
    start, until = term or (None, None)
    product = dice.pick(card.of("SUBSCRIPTION"))
    frequency = dice.pick(card.frequencies[product.id])
    reference = dice.pick(({"product_id": product.id}, {"product": product.item["name"]}))
    collection = dice.pick_noted("collection", ("ADVANCE", "ARREARS"))
    item: Item = {} if identity is None else {"id": identity}
    item |= {"subscription_rate": {"billing_frequency": frequency, **reference}, "collection_schedule": collection}
    dice.note(f"subscription {frequency}")
    if dice.chance(0.2, "name of a subscription"):
        item["name"] = "Platform, gold"
    if dice.chance(0.3, "custom fields of a subscription"):
        item["custom_fields"] = {"order": "A-1"}
    if dice.chance(0.7):
        item["proration"] = _proration(scene, collection)
    if start is not None and dice.chance(0.3):
        first = scene.anywhere("subscription starts")
        if first >= start and (until is None or first < until):
            item["starting_at"] = to_instant(first)
    begin: datetime | None = datetime.fromisoformat(item["starting_at"].rstrip("Z")) if "starting_at" in item else start
    if begin is not None and dice.chance(0.25):
        end = scene.anywhere("subscription ends")
        if end > begin:
            item["ending_before"] = to_instant(end)
    if dice.chance(0.5):
        item["billing_cycle_config"] = _cycle(scene, collection, begin)
    if dice.chance(0.25, "seats"):
        return item | _seats(scene, dated=start is not None)
    item["initial_quantity"] = Literal(dice.pick(_QUANTITIES))
    if dice.chance(0.1, "quantity left out"):
        del item["initial_quantity"]
    if start is not None and dice.chance(0.6):
        item["quantity_updates"] = quantity_updates(scene, Fraction(item.get("initial_quantity", "1")))
    return item


def _proration(scene: Scene, collection: str) -> Item:
    dice = scene.dice
    made: Item = {"is_prorated": not dice.chance(0.25, "not prorated")}
    if collection == "ADVANCE" and dice.chance(0.7):
        made["invoice_behavior"] = dice.pick_noted("proration", ("BILL_IMMEDIATELY", "BILL_ON_NEXT_COLLECTION_DATE"))
    if dice.chance(0.5):
        method = dice.pick_noted("proration rounding", ("HALF_UP", "FLOOR", "CEILING"))
        places = dice.pick(("-2", "-1", "0", "2", "4"))
        if places.startswith("-"):
            dice.note("proration rounding to tens or hundreds")
        made["rounding"] = {"rounding_method": method, "decimal_places": Literal(places)}
    return made


def _cycle(scene: Scene, collection: str, begin: datetime | None) -> Item:
    dice = scene.dice
    made: Item = {}
    if collection == "ADVANCE" and begin is not None and dice.chance(0.6, "anchor of a subscription"):
        anchor = months_after(begin.replace(day=1, minute=0, second=0), -dice.number(1, 13))
        days = dice.pick((0, 9, 14))
        if dice.chance(0.5, "anchor of a subscription at a month end"):
            anchor = months_after(anchor, 1) - timedelta(days=1)
        else:
            anchor += timedelta(days=days)
        made["anchor_date"] = to_instant(anchor)
    placement = dice.pick_noted("placement", ("ON_USAGE_INVOICE", "ON_SCHEDULED_INVOICE"))
    if placement == "ON_SCHEDULED_INVOICE" or dice.chance(0.5):
        made["invoice_placement"] = placement
    return made


def quantity_updates(scene: Scene, quantity: Fraction) -> list[Item]:
    """Changes of a quantity that never falls below zero; of those at one instant the written order counts."""
    dice = scene.dice
    moments = sorted(scene.anywhere("quantity changes") for _ in range(dice.number(1, 5)))
    if len(moments) > 1 and dice.chance(0.3, "quantity changes twice at once"):
        moments[1] = moments[0]
    updates: list[Item] = []
    for moment in moments:
        if dice.chance(0.5):
            quantity = Fraction(dice.number(0, 15))
            change: Item = {"quantity": Literal(str(quantity))}
            dice.note("quantity set")
        else:
            delta = dice.number(-min(5, int(quantity)), 6)
            quantity += delta
            change = {"quantity_delta": Literal(str(delta))}
            dice.note("quantity raised or lowered")
        updates.append({"starting_at": to_instant(moment), **change})
    if dice.chance(0.2, "quantity changes written backwards"):
        updates.sort(key=lambda update: str(update["starting_at"]), reverse=True)
    return updates


def _seats(scene: Scene, *, dated: bool) -> Item:
    dice = scene.dice
    names = dice.some(_SEATS, 0, 3)
    config: Item = {"initial_seat_ids": names, "seat_group_key": "user_id"}
    unassigned = dice.number(0, 3)
    if unassigned:
        config["initial_unassigned_seats"] = Literal(str(unassigned))
        dice.note("unassigned seats")
    item: Item = {"quantity_management_mode": "SEAT_BASED", "seat_config": config}
    if dated and dice.chance(0.8):
        item["seat_updates"] = _seat_updates(scene, set(names), unassigned)
    return item


def _seat_updates(scene: Scene, assigned: set[str], unassigned: int) -> Item:
    """Changes of seats in the order in which they count, so that unassigned seats never fall below zero."""
    dice = scene.dice
    made: Item = {}
    for moment in sorted({scene.anywhere("seats change") for _ in range(dice.number(1, 4))}):
        when = {"starting_at": to_instant(moment)}
        if dice.chance(0.5):
            added = dice.some(_SEATS, 1, 3)
            new = [name for name in added if name not in assigned]
            dice.note("seats added" if len(new) == len(added) else "seat added that is there")
            assigned |= set(new)
            unassigned = max(0, unassigned - len(new))
            made.setdefault("add_seat_ids", []).append({"seat_ids": added, **when})
        if dice.chance(0.4):
            removed = dice.some(_SEATS, 1, 2)
            dice.note("seats removed" if set(removed) <= assigned else "seat removed that is not there")
            assigned -= set(removed)
            made.setdefault("remove_seat_ids", []).append({"seat_ids": removed, **when})
        if dice.chance(0.3, "unassigned seats added"):
            more = dice.number(1, 4)
            unassigned += more
            made.setdefault("add_unassigned_seats", []).append({"quantity": Literal(str(more)), **when})
        if unassigned and dice.chance(0.3, "unassigned seats removed"):
            fewer = dice.number(1, unassigned)
            unassigned -= fewer
            made.setdefault("remove_unassigned_seats", []).append({"quantity": Literal(str(fewer)), **when})
    return made
