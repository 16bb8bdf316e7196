"""Random product updates: the metric of a product exchanged for another one, of the same kind or of the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tests.generated.catalogs import Item, hour_inside
from tests.generated.dice import Dice
from tests.generated.writing import to_instant
from tests.oracle.sql_metrics import ALL as SQL_METRICS

_HOUR = timedelta(hours=1)


class Metrics:
    """The metrics of a scenario by id or name, as far as a product needs to know them."""

    def __init__(self, streaming: Sequence[Item], sql_names: Sequence[str]) -> None:
        self.streaming: Mapping[str, Item] = {
            reference: metric for metric in streaming for reference in (metric["id"], metric["name"])
        }
        self.ids = [str(metric["id"]) for metric in streaming]
        self.columns = {metric.name: metric.columns for metric in SQL_METRICS if metric.name in sql_names}

    def kind(self, reference: str) -> str:
        return "streaming" if reference in self.streaming else "SQL"

    def serves(self, reference: str, keys: set[str]) -> bool:
        """Whether a product with these keys may have this metric."""
        if reference in self.columns:
            return keys <= set(self.columns[reference])
        declared = self.streaming[reference].get("group_keys") or []
        return not keys or any(keys <= set(compound) for compound in declared)


def reference(item: Item) -> str:
    """The metric that a product or an update names."""
    return str(item.get("billable_metric") or item["billable_metric_id"])


def versions(product: Item) -> list[str]:
    """Every metric that a product has at some time, its own first."""
    return [reference(product), *(reference(update) for update in product.get("updates", []))]


def keys_of(product: Item) -> set[str]:
    return {*product.get("pricing_group_key", []), *product.get("presentation_group_key", [])}


def swap_metrics(
    dice: Dice, month: tuple[datetime, datetime], sold: Sequence[Item], metrics: Metrics, cuts: list[datetime]
) -> None:
    """Give some products `updates`; every instant of one is added to `cuts`, so that events can meet it."""
    for product in sold:
        candidates = [name for name in (*metrics.ids, *metrics.columns) if metrics.serves(name, keys_of(product))]
        others = [name for name in candidates if name not in _names(metrics, reference(product))]
        if not others or not dice.chance(0.5):
            continue
        moments: list[datetime] = []
        for _ in range(dice.pick((1, 1, 1, 2, 2, 3))):
            moment = _moment(dice, month, cuts)
            if moment not in moments:
                moments.append(moment)
        updates, earlier = [], reference(product)
        for moment in sorted(moments):
            wanted = dice.pick(others if dice.chance(0.8) else candidates)
            if wanted in _names(metrics, earlier):
                dice.note("update that changes nothing")
            elif month[0] < moment < month[1]:
                dice.note(f"swap {metrics.kind(earlier)} to {metrics.kind(wanted)}")
            earlier = wanted
            updates.append(_update(dice, metrics, moment, wanted))
        if sum(month[0] < moment < month[1] for moment in moments) > 1:
            dice.note("several swaps in one month")
        product["updates"] = updates
        cuts.extend(moments)


def _names(metrics: Metrics, name: str) -> tuple[str, ...]:
    """The metric's id and name, whichever of the two is given."""
    if name not in metrics.streaming:
        return (name,)
    metric = metrics.streaming[name]
    return metric["id"], metric["name"]


def _moment(dice: Dice, month: tuple[datetime, datetime], cuts: Sequence[datetime]) -> datetime:
    hours = [cut for cut in cuts if (cut.minute, cut.second, cut.microsecond) == (0, 0, 0)]
    choice = dice.number(0, 9)
    if choice == 0:
        dice.note("swap at an edge of the month")
        return dice.pick((month[0], month[1]))
    if choice == 1:
        dice.note("swap an hour inside the month")
        return dice.pick((month[0] + _HOUR, month[1] - _HOUR))
    if choice <= 3 and hours:
        dice.note("swap where something else changes")
        return dice.pick(hours)
    if choice == 4:
        dice.note("swap before the month")
        return month[0] - timedelta(days=dice.pick((3, 20, 400)))
    return hour_inside(dice, month)


def _update(dice: Dice, metrics: Metrics, moment: datetime, wanted: str) -> Item:
    if wanted in metrics.streaming and dice.chance(0.5):
        return {"starting_at": to_instant(moment), "billable_metric": metrics.streaming[wanted]["name"]}
    key = "billable_metric_id" if wanted in metrics.streaming else dice.pick(("billable_metric", "billable_metric_id"))
    return {"starting_at": to_instant(moment), key: wanted}
