"""The bill of one month: every rule of rating in the order in which a person would apply it by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.oracle.catalog import read_catalog
from tests.oracle.metering import Event, Group, SqlFunction, metric_value
from tests.oracle.numbers import divide, round_quantity
from tests.oracle.prices import Terms, terms
from tests.oracle.sql_metrics import SQL_FUNCTIONS
from tests.oracle.times import statement_periods

Line = dict[str, Any]

_ZERO = Fraction(0)
_LAST_INSTANT = timedelta(microseconds=1)


@dataclass
class Bill:
    """All of a month's rows as plain dicts, in no particular order.

    `lines`: customer, contract, product, product_name, period_starting_at, period_ending_before, starting_at,
    ending_before, pricing, presentation (tuples of values in product key order), tier, quantity, unit_price,
    total, rate, override (positions). `invoices`: customer, contract, starting_at, ending_before, total.
    `unrated`, `not_entitled`: as lines, without tier, unit_price and total.
    """

    lines: list[Line] = field(default_factory=list)
    invoices: list[Line] = field(default_factory=list)
    unrated: list[Line] = field(default_factory=list)
    not_entitled: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class _Segment:
    """A stretch of a period in which a group has the same terms; `before` and `after` are values of C."""

    starting_at: datetime
    ending_before: datetime
    terms: Terms
    before: Fraction
    after: Fraction


@dataclass(frozen=True)
class _Statement:
    """One contract in one statement period, with that customer's events inside it."""

    catalog: Mapping[str, Any]
    contract: Mapping[str, Any]
    starting_at: datetime
    ending_before: datetime
    events: Sequence[Event]
    sql_functions: Mapping[str, SqlFunction]


def bill(
    workspace: Path,
    accepted_events: Iterable[Event],
    period: str,
    sql_functions: Mapping[str, SqlFunction] = SQL_FUNCTIONS,
) -> Bill:
    """The bill of the month `period` (such as `2026-10`), from events as `landing` gives them."""
    catalog = read_catalog(workspace)
    by_sender: dict[str, list[Event]] = {}
    for event in accepted_events:
        by_sender.setdefault(event["customer_id"], []).append(event)

    result = Bill()
    for contract_id, contract in catalog["contracts"].items():
        senders = {contract["customer"], *catalog["customers"][contract["customer"]]["aliases"]}
        own = [event for sender in sorted(senders) for event in by_sender.get(sender, [])]
        for start, end in statement_periods(contract, period):
            events = [event for event in own if start <= event["timestamp"] < end]
            statement = _Statement(catalog, contract, start, end, events, sql_functions)
            _add_statement(result, contract_id, statement)
    return result


def _add_statement(result: Bill, contract_id: str, statement: _Statement) -> None:
    contract, catalog = statement.contract, statement.catalog
    total = _ZERO
    on_card = {rate["product"] for rate in catalog["rates"] if rate["card"] == contract["card"]}
    for product_id, product in catalog["products"].items():
        if product_id not in on_card:
            continue
        head = {
            "customer": contract["customer"],
            "contract": contract_id,
            "product": product_id,
            "product_name": product["name"],
            "period_starting_at": statement.starting_at,
            "period_ending_before": statement.ending_before,
        }
        for bucket, row in _product_rows(statement, product_id, product):
            getattr(result, bucket).append({**head, **row})
            total += row.get("total", _ZERO)
    result.invoices.append(
        {
            "customer": contract["customer"],
            "contract": contract_id,
            "starting_at": statement.starting_at,
            "ending_before": statement.ending_before,
            "total": total,
        }
    )


def _product_rows(statement: _Statement, product_id: str, product: Mapping[str, Any]) -> Iterator[tuple[str, Line]]:
    """("lines" | "unrated" | "not_entitled", row) of one product in one statement."""
    keys = list(dict.fromkeys([*product["pricing_key"], *product["presentation_key"]]))
    metric = statement.catalog["metrics"][product["metric"]]
    cuts = _cuts(statement, product_id, metric, product)
    values = [_converted(statement, metric, product, keys, cut) for cut in cuts]
    seen = {group for value in values for group in value}
    unkeyed = not keys or (not product["pricing_key"] and not seen)
    if unkeyed:
        seen = {tuple(None for _ in keys)}
    for group in seen:
        named = dict(zip(keys, group, strict=True))
        pricing = {key: named[key] for key in product["pricing_key"]}
        presentation = {key: named[key] for key in product["presentation_key"]}
        at_end = _at_last_instant(metric, product)
        segments: list[_Segment] = []
        for index, (start, end) in enumerate(pairwise(cuts)):
            priced_at = end - _LAST_INSTANT if at_end else start
            now = terms(statement.catalog, statement.contract, product_id, pricing, presentation, priced_at)
            before, after = values[index].get(group, _ZERO), values[index + 1].get(group, _ZERO)
            _append(segments, _Segment(start, end, now, before, after))
        for segment in segments:
            head = {
                "starting_at": segment.starting_at,
                "ending_before": segment.ending_before,
                "pricing": tuple(pricing.values()),
                "presentation": tuple(presentation.values()),
                "rate": segment.terms.rate,
                "override": segment.terms.override,
            }
            for bucket, row in _segment_rows(segment, unkeyed):
                yield bucket, {**head, **row}


def _append(segments: list[_Segment], segment: _Segment) -> None:
    """Add a segment, or lengthen the last one when rate, override and entitlement stay the same.

    Unrated is decided before entitlement, so where nothing prices the group its entitlement does not count.
    """
    if segments:
        last, now = segments[-1].terms, segment.terms
        unpriced = last.tiers is None and now.tiers is None
        if (last.rate, last.override) == (now.rate, now.override) and (unpriced or last.entitled == now.entitled):
            first = segments.pop()
            segment = replace(segment, starting_at=first.starting_at, before=first.before)
    segments.append(segment)


def _at_last_instant(metric: Mapping[str, Any], product: Mapping[str, Any]) -> bool:
    return metric["sql"] is not None and product["granularity"] == "SERVICE_PERIOD"


def _cuts(
    statement: _Statement, product_id: str, metric: Mapping[str, Any], product: Mapping[str, Any]
) -> list[datetime]:
    """The instants at which something may change, with both ends; for SERVICE_PERIOD the ends alone.

    Overrides that do not touch the product add cuts too: segments with equal terms are merged afterwards.
    """
    start, end = statement.starting_at, statement.ending_before
    if _at_last_instant(metric, product):
        return [start, end]
    rates = [
        rate
        for rate in statement.catalog["rates"]
        if rate["card"] == statement.contract["card"] and rate["product"] == product_id
    ]
    changes = {
        moment
        for item in [*rates, *statement.contract["overrides"]]
        for moment in (item["starting_at"], item["ending_before"])
        if moment is not None and start < moment < end
    }
    return [start, *sorted(changes), end]


def _converted(
    statement: _Statement,
    metric: Mapping[str, Any],
    product: Mapping[str, Any],
    keys: Sequence[str],
    cut: datetime,
) -> dict[Group, Fraction]:
    """C at a cut per group: the metric since the start of the period, converted, then rounded."""
    if cut == statement.starting_at:
        return {}
    events = [event for event in statement.events if event["timestamp"] < cut]
    measured = metric_value(dict(metric), events, keys, statement.sql_functions)
    return {group: _convert_and_round(value, product) for group, value in measured.items()}


def _convert_and_round(value: Fraction, product: Mapping[str, Any]) -> Fraction:
    if product["conversion"]:
        operation, factor = product["conversion"]
        value = value * factor if operation == "MULTIPLY" else divide(value, factor)
    if product["rounding"]:
        method, places = product["rounding"]
        value = round_quantity(value, method, places)
    return value


def _segment_rows(segment: _Segment, unkeyed: bool) -> Iterator[tuple[str, Line]]:
    """What a segment of one group puts on the bill or in a report."""
    quantity = segment.after - segment.before
    held_back = None
    if segment.terms.tiers is None:
        held_back = "unrated"
    elif not segment.terms.entitled:
        held_back = "not_entitled"
    if held_back is not None:
        if quantity != 0:
            yield held_back, {"quantity": quantity}
        return
    for level, lower, upper, price in _tiers(segment.terms):
        part = _clamp(segment.after, lower, upper) - _clamp(segment.before, lower, upper)
        holds_position = (lower is None or lower < segment.after) and (upper is None or segment.after <= upper)
        if part != 0 or (unkeyed and quantity == 0 and holds_position):
            yield (
                "lines",
                {
                    "tier": level if segment.terms.tiered else None,
                    "quantity": part,
                    "unit_price": price,
                    "total": part * price,
                },
            )


def _tiers(prices: Terms) -> Iterator[tuple[int, Fraction | None, Fraction | None, Fraction]]:
    """(level from 1, lower, upper, unit price); the first has no lower bound, the last no upper bound."""
    assert prices.tiers is not None
    lower: Fraction | None = None
    reached = _ZERO
    for level, (size, price) in enumerate(prices.tiers, start=1):
        if level == len(prices.tiers) or size is None:
            yield level, lower, None, price
            return
        reached += size
        yield level, lower, reached, price
        lower = reached


def _clamp(position: Fraction, lower: Fraction | None, upper: Fraction | None) -> Fraction:
    if lower is not None and position < lower:
        return lower
    if upper is not None and position > upper:
        return upper
    return position
