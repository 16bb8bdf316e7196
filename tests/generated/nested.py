"""The ways in which an event can carry a dotted property: flat, inside an object, inside text, or not at all."""

from __future__ import annotations

from typing import Any

from tests.generated.dice import Dice
from tests.generated.vocabulary import PLAN
from tests.generated.writing import Literal, to_json

Bag = dict[str, Any]


def put(dice: Dice, bag: Bag, name: str, value: Any, flat: float) -> None:
    """Give the bag the property `name`, one dot in it; with the probability `flat` under exactly that name."""
    outer, _, inner = name.partition(".")
    if dice.chance(flat):
        bag[name] = value
        if dice.chance(0.08, "flat name beside an object"):
            bag[outer] = {inner: "never seen"}
    elif dice.chance(0.6, "nested property"):
        bag[outer] = {"other": [1, {"b": None}], inner: value}
    elif dice.chance(0.4, "object in text"):
        bag[outer] = dice.pick(("", " ")) + to_json({inner: value})
    elif dice.chance(0.4, "object or array at the end"):
        bag[outer] = {inner: dice.pick(({"value": value}, [value], {}, []))}
    elif dice.chance(0.4, "null flat name beside an object"):
        bag[name] = None
        bag[outer] = {inner: value}
    else:
        dice.note("no object where one is needed")
        broken = (f'{{"{inner}":', f"{{'{inner}': 5}}", f'{{"{inner}": 5}} x', f'{{"{inner}": 05}}', f'["{inner}"]')
        bag[outer] = dice.pick((*broken, "text", "", Literal("5"), True, [value]))


def put_plan(dice: Dice, bag: Bag) -> None:
    """Give the bag `meta.plan.tier` in one of the ways that do or do not count."""
    tier: Any = dice.pick(("gold", "silver", Literal("1.10"), Literal("1.1"), True, "true", None, {}, ["gold"]))
    way = dice.number(0, 7)
    if way <= 3:
        dice.note("property of an object in an object")
        bag["meta"] = {"plan": {"tier": tier, "seats": Literal("5")}}
    elif way == 4:
        bag[PLAN] = tier
    elif way == 5:
        dice.note("dotted name that holds an object")
        bag["meta.plan"] = {"tier": tier}
    elif way == 6:
        bag["meta"] = {"plan": tier, "plan.tier": "gold"}
    else:
        bag["meta"] = {"a": [1, {"b": None}], "region": "us"}
