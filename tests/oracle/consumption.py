"""The rows of USAGE products in one statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.oracle.overrides import Target
from tests.oracle.prices import terms
from tests.oracle.quantities import Statement, Stretch, at_last_instant, cut_points, stretches
from tests.oracle.segments import LAST_INSTANT, Row, Segment, append, segment_rows
from tests.oracle.versions import version_at

_ZERO = Fraction(0)


def usage_rows(
    statement: Statement,
    product_id: str,
    credit_type: str,
    window_starts: list[datetime],
    apart_from: Iterable[datetime],
    counts_towards: Callable[[datetime], tuple[Any, ...]],
) -> Iterator[tuple[str, Row]]:
    """("lines" | "unrated" | "not_entitled", row) of one product in one statement.

    The product is cut at the instants of `apart_from`, too, where a composite of it may change. No row reaches over a
    start of a window, unless it is priced at the last instant of the period, nor over an instant at which
    `counts_towards` changes, nor over one at which other balances can cover the group, or at other prices. A row's
    `priced_at` is the instant as of which it is priced, `position` the running quantity at its start.
    """
    composite_cuts = sorted(statement.inside(apart_from))
    cuts = cut_points(statement, product_id, credit_type, [*window_starts, *composite_cuts])
    for stretch in stretches(statement, product_id, cuts):
        keys, billed = stretch.keys, stretch.billed
        unkeyed = not keys or (not stretch.pricing_key and not billed)
        if unkeyed and not billed:
            billed = {tuple(None for _ in keys): [_ZERO] * len(stretch.segments)}
        for group, quantities in billed.items():
            named = dict(zip(keys, group, strict=True))
            yield from _group_rows(
                statement,
                (product_id, credit_type),
                stretch,
                named,
                quantities,
                unkeyed,
                (window_starts, counts_towards),
            )


def _group_rows(
    statement: Statement,
    priced_product: tuple[str, str],
    stretch: Stretch,
    named: dict[str, str | None],
    quantities: list[Fraction],
    unkeyed: bool,
    edges: tuple[list[datetime], Callable[[datetime], tuple[Any, ...]]],
) -> Iterator[tuple[str, Row]]:
    catalog, contract, (product_id, credit_type) = statement.catalog, statement.contract, priced_product
    product = catalog["products"][product_id]
    pricing = {key: named[key] for key in stretch.pricing_key}
    presentation = {key: named[key] for key in stretch.presentation_key}
    segments: list[Segment] = []
    position = _ZERO
    for (start, end), quantity in zip(stretch.segments, quantities, strict=True):
        version, late = version_at(product, start), at_last_instant(catalog, product, start)
        priced_at = statement.ending_before - LAST_INSTANT if late else start
        tags = tuple(version_at(product, priced_at)["tags"])
        target = Target(product_id, "USAGE", tags, pricing, presentation)
        now = terms(catalog, contract, target, priced_at)
        window_starts, counts_towards = edges
        window = None if late else _last_before(window_starts, start)
        counted = version["metric"], version["conversion"], version["rounding"], late
        covered = statement.coverage and statement.coverage.of_group(credit_type, target, priced_at, now)
        apart: tuple[Any, ...] = (*counted, window, counts_towards(priced_at), covered)
        append(segments, Segment(start, end, apart, now, position, position + quantity))
        position += quantity
    for segment in segments:
        metric, late = segment.apart[0], segment.apart[3]
        head = {
            "metric": metric,
            "metric_name": catalog["metrics"][metric]["name"],
            "pricing": tuple(pricing.values()),
            "presentation": tuple(presentation.values()),
            "pricing_keys": tuple(pricing),
            "presentation_keys": tuple(presentation),
            "priced_at": statement.ending_before - LAST_INSTANT if late else segment.starting_at,
        }
        for bucket, row in segment_rows(segment, unkeyed, contract["overrides"]):
            yield bucket, {**head, **row}


def _last_before(moments: list[datetime], moment: datetime) -> datetime | None:
    return max((each for each in moments if each <= moment), default=None)
