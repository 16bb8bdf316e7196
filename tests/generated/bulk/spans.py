"""Offsets and durations of packages, in units of the calendar."""

from __future__ import annotations

from tests.generated.bulk.scene import Item, Scene
from tests.generated.writing import Literal

_UNITS = {"DAYS": (1, 3, 10, 30), "WEEKS": (1, 2, 5), "MONTHS": (1, 2, 6), "YEARS": (1, 2)}


def offset(scene: Scene) -> Item:
    """How long after the start of the contract a term begins; often at once."""
    if scene.dice.chance(0.3, "offset of nothing"):
        return {"unit": "DAYS", "value": Literal("0")}
    return duration(scene, "offset in")


def duration(scene: Scene, what: str) -> Item:
    unit = scene.dice.pick_noted(what, tuple(_UNITS))
    return {"unit": unit, "value": Literal(str(scene.dice.pick(_UNITS[unit])))}
