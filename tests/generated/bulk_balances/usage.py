"""Random events of one customer over two months: a few small ones, mostly where something changes."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.generated.bulk.metrics import BEAT, CALL, MODELS, PLANS, REGIONS
from tests.generated.bulk.scene import HOUR, Item
from tests.generated.bulk.usage import OLDEST
from tests.generated.bulk_balances.scene import Months
from tests.generated.writing import Literal, to_instant

_MICROSECOND = timedelta(microseconds=1)
#: Falling levels make negative lines, which restore nothing.
_VALUES = ("1", "2", "3", "5", "10", "7", "20", "0.5", "2.25", "0", "-5", "-0.25")
_USERS = ("u1", "u2", "u3")


def events(scene: Months, customer: str, cuts: list[datetime]) -> list[tuple[datetime, Item]]:
    """Timestamps and events of a customer, in no order."""
    dice = scene.dice
    regions = dice.some((*REGIONS, "ap"), 1, 3)
    made = []
    for number in range(dice.pick((0, 9, 12, 15, 20))):
        moment = _moment(scene, cuts)
        bag: Item = {"region": dice.pick(regions), "model": dice.pick(MODELS), "plan": dice.pick(PLANS)}
        bag["user_id"] = dice.pick(_USERS)
        for name in ("tokens", "storage"):
            bag[name] = Literal(dice.pick(_VALUES))
        event: Item = {
            "transaction_id": f"{customer}-{number}",
            "customer_id": customer,
            "event_type": dice.pick((CALL, CALL, BEAT)),
            "timestamp": to_instant(moment),
            "properties": bag,
        }
        made.append((moment, event))
    return made


def _moment(scene: Months, cuts: list[datetime]) -> datetime:
    dice = scene.dice
    first, last = scene.month
    edges = [cut for cut in cuts if first <= cut < last] or [scene.turn]
    choice = dice.number(0, 9)
    if choice <= 4:
        shift = dice.pick((-_MICROSECOND, timedelta(0), timedelta(0), HOUR))
        dice.note("event just before an edge" if shift < timedelta(0) else "event on an edge or after it")
        return dice.pick(edges) + shift
    if choice == 5:
        older = [cut for cut in cuts if first - OLDEST <= cut < first] or [first - HOUR]
        return dice.pick(older) + dice.pick((timedelta(0), HOUR))
    return first + timedelta(seconds=dice.number(0, int((last - first).total_seconds()) - 1))
