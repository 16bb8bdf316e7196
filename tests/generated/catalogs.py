"""Random metrics, products and rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import product as combinations
from typing import Any

from tests.generated.dice import Dice
from tests.generated.vocabulary import (
    DIMENSIONS,
    EVENT_TYPES,
    MEASURES,
    MULTIPLIERS,
    PLAN,
    PLANS,
    PRICES,
    STATUSES,
    TAGS,
    TIER_SIZES,
)
from tests.generated.writing import Literal, to_instant
from tests.oracle.sql_metrics import ALL as SQL_METRICS

Item = dict[str, Any]

_MICROSECOND = timedelta(microseconds=1)
_AGGREGATIONS = ("COUNT", "SUM", "MAX", "UNIQUE", "LATEST")
_DIVISORS = ("3", "60", "7", "1024", "1000", "0.5")
_FACTORS = ("100", "0.001", "2.5")


def streaming_metrics(dice: Dice, clocks: Sequence[datetime], routed: bool) -> list[Item]:
    """`clocks` is when events land; `routed` metrics are such that a contract can filter their events by region."""
    return [_streaming_metric(dice, number, clocks, routed) for number in range(dice.number(1, 4))]


def _streaming_metric(dice: Dice, number: int, clocks: Sequence[datetime], routed: bool) -> Item:
    aggregation = dice.pick_noted("aggregation", _AGGREGATIONS[:-1] if routed else _AGGREGATIONS)
    metric: Item = {"id": f"metric-{number}", "name": f"Metric {number}"}
    metric["aggregation_type"] = dice.pick((aggregation, aggregation.lower(), aggregation.title()))
    filters: dict[str, Item] = {}
    if aggregation == "UNIQUE":
        metric["aggregation_key"] = dice.pick(("user_id", "tokens", "storage", "usage.tokens", "resource.hardware"))
    elif aggregation != "COUNT":
        metric["aggregation_key"] = dice.pick(MEASURES)
    if aggregation != "COUNT":
        bare = dice.chance(0.3, "aggregation key without exists")
        filters[metric["aggregation_key"]] = {} if bare else {"exists": True}
    if metric.get("aggregation_key") == "usage.tokens":
        dice.note("dotted aggregation key")
    metric["group_keys"] = _group_keys(dice, filters, routed)
    if not metric["group_keys"]:
        del metric["group_keys"]
    _event_type_filter(dice, metric)
    _status_filters(dice, filters)
    if filters:
        metric["property_filters"] = [{"name": name, **rule} for name, rule in filters.items()]
    if dice.chance(0.15, "effective_from"):
        metric["effective_from"] = to_instant(dice.pick(clocks) + dice.pick((timedelta(0), _MICROSECOND)))
    return metric


def _group_keys(dice: Dice, filters: dict[str, Item], routed: bool) -> list[list[str]]:
    keys = []
    if dice.chance(0.8) or routed:
        compound = dice.some(list(DIMENSIONS), 1, 3)
        if routed and "region" not in compound:
            compound.append("region")
        dice.random.shuffle(compound)
        dice.note("compound group key" if len(compound) > 1 else "simple group key")
        keys.append(compound)
        if dice.chance(0.2, "two group keys"):
            keys.append([dice.pick(list(DIMENSIONS))])
    for name in dict.fromkeys(name for key in keys for name in key):
        if dice.chance(0.2, "group key by in_values"):
            filters[name] = {"in_values": dice.some(DIMENSIONS[name], 1, 3)}
        else:
            filters[name] = {"exists": True}
    return [key for index, key in enumerate(keys) if key not in keys[:index]]


def _event_type_filter(dice: Dice, metric: Item) -> None:
    if dice.chance(0.4, "event type in_values"):
        metric["event_type_filter"] = {"in_values": dice.some(EVENT_TYPES[:2], 1, 2)}
    elif dice.chance(0.4, "event type not_in_values"):
        metric["event_type_filter"] = {"not_in_values": [dice.pick(EVENT_TYPES)]}


def _status_filters(dice: Dice, filters: dict[str, Item]) -> None:
    if dice.chance(0.2, "property filter in_values"):
        filters["status"] = {"in_values": dice.some(STATUSES, 2, 4)}
    elif dice.chance(0.2, "property filter not_in_values"):
        filters["status"] = {"not_in_values": dice.some(STATUSES, 1, 2)}
        if dice.chance(0.4, "property filter not_in_values with exists"):
            filters["status"]["exists"] = True
    elif dice.chance(0.1, "property filter exists true"):
        filters["status"] = {"exists": True}
    if dice.chance(0.12, "filter of a nested property"):
        filters[PLAN] = dice.pick(
            ({"in_values": dice.some(PLANS, 1, 2)}, {"not_in_values": dice.some(PLANS, 1, 2)}, {"exists": True})
        )
    elif dice.chance(0.06, "filter of an absent nested property"):
        filters[PLAN] = {"exists": False}
    if dice.chance(0.15, "property filter exists false"):
        filters["internal"] = {"exists": False}
    elif dice.chance(0.05, "property filter without condition"):
        filters["internal"] = {}


def sql_metrics(dice: Dice, every: bool) -> list[tuple[str, str]]:
    """(name, text of the metrics_sql file) for some of the oracle's SQL metrics, or for every one."""
    files = []
    for metric in SQL_METRICS if every else dice.some(SQL_METRICS, 0, 5):
        dice.note(f"sql {metric.name}")
        files.append((metric.name, f"/* @metric\nname: {metric.name}\n@metric */\n{metric.sql}"))
    return files


def products(dice: Dice, streaming: Sequence[Item], sql_names: Sequence[str], every: bool) -> list[Item]:
    """Products of some of the metrics, or one of every SQL metric besides."""
    columns = {metric.name: metric.columns for metric in SQL_METRICS}
    unsold = list(sql_names) if every else []
    made: list[Item] = []
    for number in range(dice.pick((1, 2, 3, 3, 4, 5)) + len(unsold)):
        product: Item = {"id": f"product-{number}", "name": f"Product {number}"}
        product["type"] = dice.pick(("USAGE", "usage", "Usage"))
        if unsold or (sql_names and dice.chance(0.4)):
            name = unsold.pop() if unsold else dice.pick(sql_names)
            product["billable_metric"] = name
            _keys(dice, product, list(columns[name]))
            if dice.chance(0.75):
                granularity = dice.pick_noted("granularity", ("HOUR", "SERVICE_PERIOD"))
                product["sql_breakdown_granularity"] = dice.pick((granularity, granularity.lower()))
            else:
                dice.note("granularity absent")
        else:
            metric = dice.pick(streaming)
            reference = dice.pick(("billable_metric", "billable_metric_id"))
            product[reference] = metric["name" if reference == "billable_metric" else "id"]
            _keys(dice, product, dice.pick(metric.get("group_keys") or [[]]))
        if any(_metric_of(product) == _metric_of(other) for other in made):
            dice.note("metric shared by products")
        product["tags"] = dice.some(TAGS, 0, 2)
        _conversion_and_rounding(dice, product)
        made.append(product)
    return made


def _metric_of(product: Item) -> str:
    name = str(product.get("billable_metric") or product["billable_metric_id"])
    return name.lower().replace(" ", "-")


def _keys(dice: Dice, product: Item, available: list[str]) -> None:
    pricing = dice.some(available, 1, 2) if available and dice.chance(0.6) else []
    presentation = dice.some(available, 1, 2) if available and dice.chance(0.5) else []
    if not dice.chance(0.2):
        presentation = [key for key in presentation if key not in pricing]
    dice.random.shuffle(pricing)
    if pricing:
        product["pricing_group_key"] = pricing
    if presentation:
        product["presentation_group_key"] = presentation
    used = {*pricing, *presentation}
    dice.note(
        {
            (False, False): "product without keys",
            (True, False): "pricing key only",
            (False, True): "presentation key only",
            (True, True): "pricing and presentation keys",
        }[bool(pricing), bool(presentation)]
    )
    if set(pricing) & set(presentation):
        dice.note("key that prices and presents")
    if used and used < set(available):
        dice.note("product keys are a subset of the compound key")


def _conversion_and_rounding(dice: Dice, product: Item) -> None:
    if dice.chance(0.45):
        if dice.chance(0.7):
            factor, operation = dice.pick_noted("divide by", _DIVISORS), "DIVIDE"
        else:
            factor, operation = dice.pick_noted("multiply by", _FACTORS), "MULTIPLY"
        product["quantity_conversion"] = {
            "conversion_factor": Literal(factor),
            "operation": dice.pick((operation, operation.lower())),
        }
    if dice.chance(0.45):
        method = dice.pick_noted("rounding", ("ROUND_UP", "ROUND_DOWN", "ROUND_HALF_UP"))
        places = dice.pick(("0", "0", "1", "2", "6"))
        dice.note("rounding to decimal places" if places != "0" else "rounding to whole units")
        product["quantity_rounding"] = {
            "rounding_method": dice.pick((method, method.lower())),
            "decimal_places": Literal(places),
        }


def prices(dice: Dice) -> Item:
    """What a rate or an OVERWRITE says about price."""
    if dice.chance(0.65):
        return {"rate_type": dice.pick(("FLAT", "flat")), "price": Literal(dice.pick(PRICES))}
    tiers = [
        {"size": Literal(dice.pick(TIER_SIZES)), "price": Literal(dice.pick(PRICES))} for _ in range(dice.number(1, 3))
    ]
    return {"rate_type": "TIERED", "tiers": [*tiers, {"price": Literal(dice.pick(PRICES))}]}


def multiplier(dice: Dice) -> Literal:
    return Literal(dice.pick(MULTIPLIERS))


def rates(dice: Dice, product: Item, month: tuple[datetime, datetime], cuts: list[datetime]) -> list[Item]:
    """The rates of one product on one rate card, in the order in which they must be written.

    Every instant at which one starts or ends is added to `cuts`, so that events and overrides can meet it.
    """
    keys = product.get("pricing_group_key", [])
    targets: list[Mapping[str, str]] = []
    if keys:
        table = list(combinations(*(DIMENSIONS[key] for key in keys)))
        targets = [dict(zip(keys, values, strict=True)) for values in dice.some(table, 1, 4)]
        dice.note("exact rate")
    if not keys or dice.chance(0.4, "default rate beside exact ones"):
        targets.insert(dice.number(0, len(targets)), {})
    if keys and dice.chance(0.1, "default rate alone"):
        targets = [{}]
    made: list[Item] = []
    for target in targets:
        versions = _versions(dice, month)
        for start, end in versions:
            cuts.extend(moment for moment in (start, end) if moment is not None)
            rate: Item = {"starting_at": to_instant(start), "entitled": not dice.chance(0.1, "entitled false")}
            if end is not None:
                rate["ending_before"] = to_instant(end)
            if target:
                rate["pricing_group_values"] = dict(target)
            made.append({**rate, **prices(dice)})
    for rate in made:
        dice.note(f"rate {rate['rate_type'].upper()}")
    return made


def _versions(dice: Dice, month: tuple[datetime, datetime]) -> list[tuple[datetime, datetime | None]]:
    """When the rates of one target start and end: mostly long before, sometimes again inside the month."""
    first = month[0] - timedelta(days=dice.pick((0, 400, 800)))
    versions: list[tuple[datetime, datetime | None]] = []
    if dice.chance(0.15, "rate starts late"):
        first = hour_inside(dice, month)
    end = hour_inside(dice, month) if dice.chance(0.15, "rate ends inside the month") else None
    versions.append((first, end if end is not None and end > first else None))
    if dice.chance(0.35):
        again = hour_inside(dice, month)
        if again != first:
            dice.note("rate changes inside the month")
            versions.insert(dice.number(0, 1), (again, None))
    return versions


def hour_inside(dice: Dice, month: tuple[datetime, datetime]) -> datetime:
    """A full hour in the month, often midnight."""
    hours = int((month[1] - month[0]) / timedelta(hours=1))
    hour = dice.number(1, hours - 1)
    return month[0] + timedelta(hours=hour // 24 * 24 if dice.chance(0.5) else hour)
