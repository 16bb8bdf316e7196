"""The value of a metric per group: M(t), over one customer's events with S <= timestamp < t.

The caller has already chosen the events. A group is the tuple of the texts of its keys, None where a SQL
metric gave NULL. A group exists once the metric has a value for it: COUNT and UNIQUE as soon as one event passes
the filters, SUM, MAX and LATEST as soon as one of those has a number (an event whose value is none contributes
nothing, spec/metering.md §17.7); a row of a SQL metric whose quantity is NULL makes no group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from tests.oracle.numbers import to_number
from tests.oracle.properties import text_of

Event = dict[str, Any]
Group = tuple[str | None, ...]
Row = dict[str, Fraction | str | None]
SqlFunction = Callable[[Sequence[Event]], list[Row]]

_NONE = Fraction(0)


def passes(event: Event, metric: dict[str, Any]) -> bool:
    """Whether a streaming metric counts an event; one that arrived before `effective_from` it does not."""
    if metric["effective_from"] is not None and event["ingested_at"] < metric["effective_from"]:
        return False
    if metric["event_types"] is not None and event["event_type"] not in metric["event_types"]:
        return False
    if event["event_type"] in metric["other_event_types"]:
        return False
    return all(_passes_filter(event["properties"], rule) for rule in metric["filters"])


def _passes_filter(properties: Mapping[str, str], rule: Mapping[str, Any]) -> bool:
    value = text_of(properties, rule["name"])
    if rule.get("exists") is True and value is None:
        return False
    if rule.get("exists") is False and value is not None:
        return False
    if rule.get("in_values") and value not in rule["in_values"]:
        return False
    return not (rule.get("not_in_values") and value in rule["not_in_values"])


def _aggregate(metric: dict[str, Any], events: Sequence[Event]) -> Fraction:
    kind, key = metric["aggregation"], metric["key"]
    if kind == "COUNT":
        return Fraction(len(events))
    texts = [text_of(event["properties"], key) for event in events]
    if kind == "UNIQUE":
        return Fraction(len({text for text in texts if text is not None}))
    numbers = [number for number in map(to_number, texts) if number is not None]
    if kind == "SUM":
        return sum(numbers, _NONE)
    if kind == "MAX":
        return max(numbers, default=_NONE)
    if kind == "LATEST":
        best, value = None, _NONE
        for event, text in zip(events, texts, strict=True):
            number = to_number(text)
            order = (event["timestamp"], event["ingested_at"], event["transaction_id"])
            if number is not None and (best is None or order > best):
                best, value = order, number
        return value
    raise ValueError(f"unknown aggregation {kind!r}")


def streaming(metric: dict[str, Any], events: Sequence[Event], keys: Sequence[str]) -> dict[Group, Fraction]:
    """The declared aggregation of the events that pass, afresh for every group of `keys`."""
    groups: dict[Group, list[Event]] = {}
    for event in events:
        if passes(event, metric):
            group = tuple(text_of(event["properties"], key) for key in keys)
            groups.setdefault(group, []).append(event)
    return {group: _aggregate(metric, members) for group, members in groups.items() if _has_value(metric, members)}


def _has_value(metric: dict[str, Any], events: Sequence[Event]) -> bool:
    if metric["aggregation"] in ("COUNT", "UNIQUE"):
        return True
    return any(to_number(text_of(event["properties"], metric["key"])) is not None for event in events)


def sql(rows: Sequence[Row], keys: Sequence[str]) -> dict[Group, Fraction]:
    """The rows of a SQL metric summed per group of `keys`; other columns are summed away, missing ones are null."""
    totals: dict[Group, Fraction] = {}
    for row in rows:
        named = [column for column in row if column.lower() == "value"]
        quantity = row[named[0] if named else next(iter(row))]
        if quantity is None:
            continue
        assert isinstance(quantity, Fraction), f"the quantity {quantity!r} is not a number"
        group = tuple(None if row.get(key) is None else str(row[key]) for key in keys)
        totals[group] = totals.get(group, _NONE) + quantity
    return totals


def metric_value(
    metric: dict[str, Any],
    events: Sequence[Event],
    keys: Sequence[str],
    sql_functions: Mapping[str, SqlFunction],
) -> dict[Group, Fraction]:
    """M per group for either kind of metric; a group that is missing has the value 0."""
    if metric["sql"] is None:
        return streaming(metric, events, keys)
    return sql(sql_functions[metric["name"]](events), keys)
