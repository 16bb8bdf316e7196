"""The bill of one month: every rule of rating in the order in which a person would apply it by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.oracle.catalog import read_catalog
from tests.oracle.metering import Event, SqlFunction
from tests.oracle.prices import Terms, terms
from tests.oracle.quantities import (
    Statement,
    at_last_instant,
    cut_points,
    metric_in_force,
    product_keys,
    running_values,
)
from tests.oracle.senders import counts_for, events_of
from tests.oracle.sql_metrics import SQL_FUNCTIONS
from tests.oracle.times import statement_periods
from tests.oracle.usage import edges, window_of

Line = dict[str, Any]

_ZERO = Fraction(0)
_LAST_INSTANT = timedelta(microseconds=1)


@dataclass
class Bill:
    """All of a month's rows as plain dicts, in no particular order.

    `lines`: customer, contract, product, product_name, period_starting_at, period_ending_before, starting_at,
    ending_before, metric, metric_name, pricing, presentation (tuples of values in product key order), tier,
    quantity, unit_price, total, rate, override (positions). `invoices`: customer, contract, starting_at,
    ending_before, total. `unrated`, `not_entitled`: as lines, without tier, unit_price and total.
    """

    lines: list[Line] = field(default_factory=list)
    invoices: list[Line] = field(default_factory=list)
    unrated: list[Line] = field(default_factory=list)
    not_entitled: list[Line] = field(default_factory=list)


@dataclass(frozen=True)
class _Segment:
    """A stretch of a period in which a group has one metric and the same terms; `before` and `after` are values of C.

    Segments of different windows stay apart; without windows there is only one, `None`.
    """

    starting_at: datetime
    ending_before: datetime
    window: datetime | None
    metric: str
    terms: Terms
    before: Fraction
    after: Fraction


def bill(
    workspace: Path,
    accepted_events: Iterable[Event],
    period: str,
    sql_functions: Mapping[str, SqlFunction] = SQL_FUNCTIONS,
    as_of: datetime | None = None,
    window: str | None = None,
) -> Bill:
    """The bill of the month `period` (such as `2026-10`), from events as `landing` gives them.

    With `as_of`, events that arrived later do not exist. With a `window` of `day` or `hour`, the rows are the
    breakdown: every statement period is cut at each UTC midnight or hour as well, and each row is of one window,
    `window_starting_at` and `window_ending_before`; what is priced at the last instant of the period is not cut and
    stands in the last window of its stretch.
    """
    catalog = read_catalog(workspace)
    events = [event for event in accepted_events if as_of is None or event["ingested_at"] <= as_of]
    result = Bill()
    for contract_id, contract in catalog["contracts"].items():
        own = events_of(events, contract["customer"], catalog["customers"][contract["customer"]])
        counted = [event for event in own if counts_for(contract, event)]
        for start, end in statement_periods(contract, period):
            inside = [event for event in counted if start <= event["timestamp"] < end]
            statement = Statement(catalog, contract, start, end, inside, sql_functions)
            _add_statement(result, contract_id, statement, window)
    return result


def _add_statement(result: Bill, contract_id: str, statement: Statement, window: str | None) -> None:
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
        for bucket, row in _product_rows(statement, product_id, window):
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


def _product_rows(statement: Statement, product_id: str, window: str | None) -> Iterator[tuple[str, Line]]:
    """("lines" | "unrated" | "not_entitled", row) of one product in one statement."""
    catalog = statement.catalog
    product = catalog["products"][product_id]
    keys = product_keys(product)
    span = statement.starting_at, statement.ending_before
    starts_of_windows = [span[0], *edges(span, window)] if window else []
    cuts = cut_points(statement, product_id, starts_of_windows[1:])
    running = running_values(statement, product, cuts)
    unkeyed = not keys or (not product["pricing_key"] and not running)
    if unkeyed and not running:
        running = {tuple(None for _ in keys): [_ZERO] * len(cuts)}
    for group, values in running.items():
        named = dict(zip(keys, group, strict=True))
        pricing = {key: named[key] for key in product["pricing_key"]}
        presentation = {key: named[key] for key in product["presentation_key"]}
        segments: list[_Segment] = []
        for index, (start, end) in enumerate(pairwise(cuts)):
            metric_id = metric_in_force(product, start)
            late = at_last_instant(catalog, product, metric_id)
            priced_at = span[1] - _LAST_INSTANT if late else start
            now = terms(catalog, statement.contract, product_id, pricing, presentation, priced_at)
            inside = None if late else max((each for each in starts_of_windows if each <= start), default=None)
            before, after = values[index], values[index + 1]
            _append(segments, _Segment(start, end, inside, metric_id, now, before, after))
        for segment in segments:
            head = {
                "starting_at": segment.starting_at,
                "ending_before": segment.ending_before,
                **(window_of(segment.ending_before - _LAST_INSTANT, window) if window else {}),
                "metric": segment.metric,
                "metric_name": catalog["metrics"][segment.metric]["name"],
                "pricing": tuple(pricing.values()),
                "presentation": tuple(presentation.values()),
                "rate": segment.terms.rate,
                "override": segment.terms.override,
            }
            for bucket, row in _segment_rows(segment, unkeyed):
                yield bucket, {**head, **row}


def _append(segments: list[_Segment], segment: _Segment) -> None:
    """Add a segment, or lengthen the last one when metric, rate, override, outcome and window stay the same.

    Unrated is decided before entitlement, so where nothing prices the group its entitlement does not count.
    """
    if segments:
        last, now = segments[-1].terms, segment.terms
        unpriced = last.tiers is None and now.tiers is None
        same_terms = (last.rate, last.override) == (now.rate, now.override)
        same_place = (segments[-1].metric, segments[-1].window) == (segment.metric, segment.window)
        if same_place and same_terms and (unpriced or last.entitled == now.entitled):
            first = segments.pop()
            segment = replace(segment, starting_at=first.starting_at, before=first.before)
    segments.append(segment)


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
