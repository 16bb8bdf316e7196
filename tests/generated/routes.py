"""Random usage filters, which send each of a customer's events to one contract, to several or to none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from tests.generated.catalogs import Item, hour_inside
from tests.generated.dice import Dice
from tests.generated.swaps import Metrics, keys_of, versions
from tests.generated.vocabulary import DIMENSIONS
from tests.generated.writing import to_instant


def route(
    dice: Dice,
    month: tuple[datetime, datetime],
    agreed: Sequence[Item],
    cards: Mapping[str, Sequence[Item]],
    metrics: Metrics,
    cuts: list[datetime],
) -> None:
    """Give some contracts a `usage_filter`, one that their rate card allows."""
    for contract in agreed:
        card = str(contract.get("rate_card") or contract["rate_card_id"])
        keys = _filter_keys(cards[card], metrics)
        if not keys or not dice.chance(0.7):
            continue
        key = "region" if "region" in keys else dice.pick(keys)
        if key == "resource.hardware":
            dice.note("usage filter by a dotted name")
        contract["usage_filter"] = _schedule(dice, month, key, cuts)


def _filter_keys(priced: Sequence[Item], metrics: Metrics) -> list[str]:
    """What may filter usage for these products: no LATEST among them, and each can be grouped by it besides."""
    keys = list(DIMENSIONS)
    for product in priced:
        for name in versions(product):
            if metrics.kind(name) == "SQL":
                continue
            if str(metrics.streaming[name]["aggregation_type"]).upper() == "LATEST":
                return []
            declared = metrics.streaming[name].get("group_keys") or []
            own = keys_of(product)
            keys = [key for key in keys if any({key, *own} <= set(compound) for compound in declared)]
    return keys


def _filter(dice: Dice, key: str) -> Item:
    values = dice.some([*DIMENSIONS[key], "elsewhere"], 1, 2)
    return {"group_key": key, "group_values": values}


def _schedule(dice: Dice, month: tuple[datetime, datetime], key: str, cuts: list[datetime]) -> Item | list[Item]:
    if dice.chance(0.4, "usage filter without a date"):
        written = _filter(dice, key)
        return written if dice.chance(0.5) else [written]
    moments = sorted({hour_inside(dice, month) for _ in range(dice.number(1, 3))})
    cuts.extend(moments)
    dated = [{**_filter(dice, key), "starting_at": to_instant(moment)} for moment in moments]
    if dice.chance(0.5, "usage filter that changes"):
        return [_filter(dice, key), *dated]
    if dice.chance(0.3, "usage filter from before the contract"):
        early = month[0] - timedelta(days=700)
        return [{**_filter(dice, key), "starting_at": to_instant(early)}, *dated]
    if dice.chance(0.5, "usage filter that starts late"):
        return dated[0]
    if len(dated) > 1:
        dice.note("usage filters with dates alone")
    return dated
