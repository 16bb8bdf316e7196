"""Random events of one customer: few, and mostly where something changes."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.generated.bulk.metrics import BEAT, CALL, MODELS, PLANS, REGIONS
from tests.generated.bulk.scene import HOUR, Item, Scene
from tests.generated.writing import Literal, to_instant, to_json

_MICROSECOND = timedelta(microseconds=1)
_VALUES = ("1", "2", "5", "10", "40", "7", "250", "0", "0.5", "2.25", "1234.56", "-5", "-0.25", "-300")
_USERS = ("u1", "u2", "u3")
#: No event is older than this, whatever the statement periods: older ones would be rejected.
OLDEST = timedelta(days=380)


def event_lines(scene: Scene, customer: str, sender: str, cuts: list[datetime]) -> list[str]:
    """NDJSON lines; `cuts` are instants at which something may change for the customer."""
    dice = scene.dice
    first, last = scene.month
    edges = [cut for cut in cuts if first <= cut <= last] or [first]
    older = [cut for cut in cuts if first - OLDEST <= cut < first] or [first - HOUR]
    regions = dice.some((*REGIONS, "ap"), 1, 3)
    lines = []
    for number in range(dice.pick((0, 4, 8, 12, 16))):
        moment = _moment(scene, edges, older)
        event: Item = {
            "transaction_id": f"{customer}-{number}",
            "customer_id": sender,
            "event_type": dice.pick((CALL, CALL, BEAT)),
            "timestamp": to_instant(moment),
            "properties": _properties(scene, regions),
        }
        lines.append(to_json(event))
    return lines


def _moment(scene: Scene, edges: list[datetime], older: list[datetime]) -> datetime:
    dice = scene.dice
    first, last = scene.month
    choice = dice.number(0, 9)
    if choice <= 4:
        edge = dice.pick(edges)
        shift = dice.pick((-_MICROSECOND, timedelta(0), timedelta(0), HOUR))
        dice.note("microsecond before an edge" if shift < timedelta(0) else "exactly on an edge")
        return edge + shift
    if choice == 5:
        return dice.pick(older) + dice.pick((timedelta(0), HOUR))
    if choice == 6:
        return first - timedelta(hours=dice.number(1, 24 * 60))
    return first + timedelta(seconds=dice.number(0, int((last - first).total_seconds()) - 1))


def _properties(scene: Scene, regions: list[str]) -> Item:
    dice = scene.dice
    bag: Item = {"region": dice.pick(regions), "model": dice.pick(MODELS), "plan": dice.pick(PLANS)}
    bag["user_id"] = dice.pick(_USERS)
    for name in ("tokens", "storage"):
        value = dice.pick(_VALUES)
        if value.startswith("-"):
            dice.note("negative value")
        bag[name] = Literal(value) if dice.chance(0.5) else value
    if dice.chance(0.05, "event without a region"):
        del bag["region"]
    return bag
