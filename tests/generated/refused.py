"""Catalogs that must be refused: a valid generated one with one more file, in which one thing is wrong."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.generated.catalogs import hour_inside
from tests.generated.dice import Dice
from tests.generated.scenarios import scenario
from tests.generated.vocabulary import DIMENSIONS
from tests.generated.writing import to_instant, write_yaml

Item = dict[str, Any]

_REGION = {"name": "region", "exists": True}
_MODEL = {"name": "model", "exists": True}


def refused(fault: str, seed: int, directory: Path) -> None:
    """Write the workspace of a seed and a file with the fault, one of `FAULTS`; `sound` writes it without any."""
    made = scenario(seed, directory)
    dice = Dice(seed)
    moment = hour_inside(dice, made.span)
    document = _sound(dice, moment)
    if fault != "sound":
        FAULTS[fault](dice, document, moment)
    write_yaml(directory / "catalog" / "extra.yml", document)


def _sound(dice: Dice, moment: datetime) -> Item:
    """A customer whose product changes its metric and whose contract has a usage filter, as it is allowed."""
    values = dice.some(DIMENSIONS["region"], 1, 2)
    return {
        "billable_metrics": [
            _metric("extra sum", "SUM", [["region", "model"], ["user_id"]]),
            _metric("extra maximum", "MAX", [["model", "region"]]),
            _metric("extra latest", "LATEST", [["region", "model"]]),
            _metric("extra ungrouped", "SUM", []),
            {"name": "extra SQL", "sql": "SELECT count() AS value, properties.model FROM events GROUP BY model"},
        ],
        "products": [
            {
                "name": "extra product",
                "type": "USAGE",
                "billable_metric": "extra sum",
                "pricing_group_key": ["model"],
                "updates": [
                    {"starting_at": to_instant(moment), "billable_metric": "extra maximum"},
                    {"starting_at": to_instant(moment + timedelta(hours=5)), "billable_metric": "extra SQL"},
                ],
            }
        ],
        "rate_cards": [
            {
                "name": "extra card",
                "rates": [
                    {
                        "product": "extra product",
                        "starting_at": "2020-01-01T00:00:00Z",
                        "entitled": True,
                        "rate_type": "FLAT",
                        "price": 1,
                    }
                ],
            }
        ],
        "customers": [{"id": "extra-customer", "name": "Extra"}],
        "contracts": [
            {
                "customer": "extra-customer",
                "rate_card": "extra card",
                "starting_at": "2020-01-01T00:00:00Z",
                "usage_filter": [
                    {"group_key": "region", "group_values": values},
                    {"group_key": "region", "group_values": values, "starting_at": to_instant(moment)},
                ],
            }
        ],
    }


def _metric(name: str, aggregation: str, keys: list[list[str]]) -> Item:
    return {
        "name": name,
        "aggregation_type": aggregation,
        "aggregation_key": "tokens",
        "property_filters": [{"name": "tokens", "exists": True}, _REGION, _MODEL, {"name": "user_id", "exists": True}],
        "group_keys": keys,
    }


def _updates(document: Item) -> list[Item]:
    updates: list[Item] = document["products"][0]["updates"]
    return updates


def _filters(document: Item) -> list[Item]:
    filters: list[Item] = document["contracts"][0]["usage_filter"]
    return filters


def _off_the_hour(dice: Dice, moment: datetime) -> str:
    return to_instant(moment + dice.pick((timedelta(minutes=30), timedelta(seconds=1), timedelta(microseconds=1))))


def _update_off_the_hour(dice: Dice, document: Item, moment: datetime) -> None:
    _updates(document)[0]["starting_at"] = _off_the_hour(dice, moment)


def _updates_together(dice: Dice, document: Item, moment: datetime) -> None:
    _updates(document)[1]["starting_at"] = _updates(document)[0]["starting_at"]


def _update_to_nothing(dice: Dice, document: Item, moment: datetime) -> None:
    dice.pick(_updates(document))["billable_metric"] = "extra metric that is not there"


def _update_without_the_keys(dice: Dice, document: Item, moment: datetime) -> None:
    dice.pick(_updates(document))["billable_metric"] = "extra ungrouped"


def _filter_with_latest(dice: Dice, document: Item, moment: datetime) -> None:
    product = document["products"][0]
    dice.pick([product, *_updates(document)])["billable_metric"] = "extra latest"


def _filter_by_a_key_apart(dice: Dice, document: Item, moment: datetime) -> None:
    _filters(document)[dice.number(0, 1)]["group_key"] = "user_id"


def _filter_by_an_unknown_key(dice: Dice, document: Item, moment: datetime) -> None:
    _filters(document)[dice.number(0, 1)]["group_key"] = "Region"


def _filter_off_the_hour(dice: Dice, document: Item, moment: datetime) -> None:
    _filters(document)[dice.number(0, 1)]["starting_at"] = _off_the_hour(dice, moment)


def _filters_together(dice: Dice, document: Item, moment: datetime) -> None:
    _filters(document)[0]["starting_at"] = to_instant(moment)


def _second_filter_without_a_date(dice: Dice, document: Item, moment: datetime) -> None:
    del _filters(document)[1]["starting_at"]


def _effective_from_in_sql(dice: Dice, document: Item, moment: datetime) -> None:
    document["billable_metrics"][-1]["effective_from"] = to_instant(moment)


#: What is wrong, by name.
FAULTS: dict[str, Callable[[Dice, Item, datetime], None]] = {
    "update off the hour": _update_off_the_hour,
    "two updates at one instant": _updates_together,
    "update to an unknown metric": _update_to_nothing,
    "update to a metric without the product's keys": _update_without_the_keys,
    "usage filter with LATEST": _filter_with_latest,
    "usage filter by a key of another compound key": _filter_by_a_key_apart,
    "usage filter by an undeclared key": _filter_by_an_unknown_key,
    "usage filter off the hour": _filter_off_the_hour,
    "two usage filters at one instant": _filters_together,
    "second usage filter without a date": _second_filter_without_a_date,
    "effective_from in a SQL metric": _effective_from_in_sql,
}
