"""The running value of a product's usage: V(t) across metric swaps, and C(t), converted and rounded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.oracle.metering import Event, Group, SqlFunction, metric_value
from tests.oracle.numbers import divide, round_quantity

_ZERO = Fraction(0)


@dataclass(frozen=True)
class Statement:
    """One contract in one statement period, with the events inside it that count for the contract."""

    catalog: Mapping[str, Any]
    contract: Mapping[str, Any]
    starting_at: datetime
    ending_before: datetime
    events: Sequence[Event]
    sql_functions: Mapping[str, SqlFunction]


def metric_in_force(product: Mapping[str, Any], moment: datetime) -> str:
    """The id of the product's metric: of its latest update that has started, else its own."""
    started = [update for update in product["updates"] if update["starting_at"] <= moment]
    if not started:
        return str(product["metric"])
    return str(max(started, key=lambda update: update["starting_at"])["metric"])


def at_last_instant(catalog: Mapping[str, Any], product: Mapping[str, Any], metric_id: str) -> bool:
    """Whether what this metric measures for the product is priced as of the last instant of the period."""
    return catalog["metrics"][metric_id]["sql"] is not None and product["granularity"] == "SERVICE_PERIOD"


def cut_points(statement: Statement, product_id: str, more: Iterable[datetime] = ()) -> list[datetime]:
    """The instants at which something may change, with both ends of the period, in order; `more` are cuts besides.

    Prices and entitlements cut nothing where every metric of the period is one of the SERVICE_PERIOD. Overrides
    that do not touch the product add cuts too: segments with equal terms are merged afterwards.
    """
    catalog, contract = statement.catalog, statement.contract
    start, end = statement.starting_at, statement.ending_before
    product = catalog["products"][product_id]
    swaps = {update["starting_at"] for update in product["updates"] if start < update["starting_at"] < end}
    cuts = swaps | set(more)
    versions = {metric_in_force(product, moment) for moment in (start, *swaps)}
    if not all(at_last_instant(catalog, product, metric_id) for metric_id in versions):
        of_product = [
            rate for rate in catalog["rates"] if rate["card"] == contract["card"] and rate["product"] == product_id
        ]
        for item in [*of_product, *contract["overrides"]]:
            cuts |= {moment for moment in (item["starting_at"], item["ending_before"]) if moment is not None}
    return [start, *sorted(cut for cut in cuts if start < cut < end), end]


def running_values(statement: Statement, product: Mapping[str, Any], cuts: Sequence[datetime]) -> dict[Group, Any]:
    """C at every cut for each group of the product's keys: {group: [C(cut), ...]}, always 0 at the first cut.

    Over a stretch in which metric X is in force, V grows by X(end) - X(start), X being taken from the start of the
    period on; a group that X has no row for counts 0 (spec/metering.md §8.2, §17.25). A group exists once the
    metric in force has a value for it at an end of a stretch.
    """
    keys = product_keys(product)
    grown: dict[Group, list[Fraction]] = {}
    for index, (start, end) in enumerate(pairwise(cuts)):
        metric_id = metric_in_force(product, start)
        before, after = _measured(statement, metric_id, keys, start), _measured(statement, metric_id, keys, end)
        for group in before.keys() | after.keys():
            growth = grown.setdefault(group, [_ZERO] * (len(cuts) - 1))
            growth[index] = after.get(group, _ZERO) - before.get(group, _ZERO)
    running = {}
    for group, growth in grown.items():
        sums = [sum(growth[:index], _ZERO) for index in range(len(cuts))]
        running[group] = [_ZERO, *(_converted_and_rounded(value, product) for value in sums[1:])]
    return running


def product_keys(product: Mapping[str, Any]) -> list[str]:
    """The keys by which the usage of a product is grouped, each once."""
    return list(dict.fromkeys([*product["pricing_key"], *product["presentation_key"]]))


def _measured(statement: Statement, metric_id: str, keys: Sequence[str], cut: datetime) -> dict[Group, Fraction]:
    """The metric per group from the start of the period up to a cut; nothing at the start itself."""
    if cut == statement.starting_at:
        return {}
    events = [event for event in statement.events if event["timestamp"] < cut]
    return metric_value(statement.catalog["metrics"][metric_id], events, keys, statement.sql_functions)


def _converted_and_rounded(value: Fraction, product: Mapping[str, Any]) -> Fraction:
    if product["conversion"]:
        operation, factor = product["conversion"]
        value = value * factor if operation == "MULTIPLY" else divide(value, factor)
    if product["rounding"]:
        method, places = product["rounding"]
        value = round_quantity(value, method, places)
    return value
