"""COMPOSITE products: a percentage of what their members came to, and the minimum (spec/rating.md §8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.oracle.overrides import Target, reaches
from tests.oracle.prices import Terms, terms
from tests.oracle.quantities import Statement, term_cuts
from tests.oracle.segments import LAST_INSTANT, Row, Segment, append, price_columns, segment_rows
from tests.oracle.versions import changes, version_at

_ZERO, _ONE = Fraction(0), Fraction(1)
_OF_A_COMPOSITE = ("tags", "composite_products", "composite_tags")


def is_member(catalog: Mapping[str, Any], composite_id: str, product_id: str, moment: datetime) -> bool:
    """Whether a USAGE product counts for a composite at an instant: it is listed or has one of the tags."""
    composite = version_at(catalog["products"][composite_id], moment)
    if product_id in composite["composite_products"]:
        return True
    return bool(set(composite["composite_tags"]) & set(version_at(catalog["products"][product_id], moment)["tags"]))


def ever_members(
    catalog: Mapping[str, Any], composite_id: str, usage: list[str], start: datetime, end: datetime
) -> list[str]:
    """Those of the products that are members at some instant of [start, end)."""
    composite = catalog["products"][composite_id]
    members = []
    for product_id in usage:
        both = {*changes(composite, *_OF_A_COMPOSITE), *changes(catalog["products"][product_id], "tags")}
        moments = [start, *(moment for moment in both if start < moment < end)]
        if any(is_member(catalog, composite_id, product_id, moment) for moment in moments):
            members.append(product_id)
    return members


def composite_cuts(statement: Statement, composite_id: str, members: list[str]) -> set[datetime]:
    """Where the terms or the members of a composite may change inside the period; its members are cut there too."""
    catalog, contract = statement.catalog, statement.contract
    product = catalog["products"][composite_id]
    of_product = [catalog["rates"][rate] for rate in catalog["rates_of"].get((contract["card"], composite_id), ())]
    versions = statement.inside(changes(product, *_OF_A_COMPOSITE))
    targets = [_target(catalog, composite_id, moment) for moment in (statement.starting_at, *versions)]
    reaching = [each for each in contract["overrides"] if any(reaches(each, target) for target in targets)]
    cuts = versions | statement.inside(term_cuts([*of_product, *reaching]))
    for member in members:
        cuts |= statement.inside(changes(catalog["products"][member], "tags"))
    return cuts


def _target(catalog: Mapping[str, Any], composite_id: str, moment: datetime) -> Target:
    return Target(composite_id, "COMPOSITE", tuple(version_at(catalog["products"][composite_id], moment)["tags"]))


def _terms(statement: Statement, composite_id: str, moment: datetime) -> Terms:
    return terms(statement.catalog, statement.contract, _target(statement.catalog, composite_id, moment), moment)


def piece_starts(statement: Statement, composite_id: str, cuts: set[datetime]) -> list[datetime]:
    """From when on a composite has other terms: the starts of the stretches within which its lines do not change."""
    starts = [statement.starting_at]
    for cut in sorted(cuts):
        before, now = _terms(statement, composite_id, starts[-1]), _terms(statement, composite_id, cut)
        if (before.rate, before.override, before.outcome) != (now.rate, now.override, now.outcome):
            starts.append(cut)
    return starts


def pieces_counted_towards(
    catalog: Mapping[str, Any], product_id: str, pieces: Mapping[str, list[datetime]], moment: datetime
) -> tuple[tuple[str, datetime], ...]:
    """The (composite, start of its piece) that a product's line priced at an instant counts towards."""
    return tuple(
        (composite, max(start for start in starts if start <= moment))
        for composite, starts in pieces.items()
        if is_member(catalog, composite, product_id, moment)
    )


def composite_rows(
    statement: Statement, composite_id: str, cuts: set[datetime], window_starts: list[datetime], usage_lines: list[Row]
) -> Iterator[tuple[str, Row]]:
    """("lines" | "unrated" | "not_entitled", row) of one composite; `usage_lines` are all USAGE lines of the statement.

    The spend of a segment is what the members' lines priced in it came to; its position is the spend of the period
    so far. A minimum has `minimum` set and the whole period.
    """
    catalog, span = statement.catalog, (statement.starting_at, statement.ending_before)
    spent = [
        (line["priced_at"], line["total"])
        for line in usage_lines
        if is_member(catalog, composite_id, line["product"], line["priced_at"])
    ]
    edges = [span[0], *sorted(cuts | statement.inside(window_starts)), span[1]]
    segments: list[Segment] = []
    position = _ZERO
    for start, end in pairwise(edges):
        spend = sum((total for moment, total in spent if start <= moment < end), _ZERO)
        window = max((each for each in window_starts if each <= start), default=None)
        now = _terms(statement, composite_id, start)
        append(segments, Segment(start, end, (window,), now, position, position + spend))
        position += spend
    charged = _ZERO
    overrides = statement.contract["overrides"]
    for segment in segments:
        for bucket, row in segment_rows(segment, unkeyed=False, overrides=overrides):
            charged += row.get("total", _ZERO)
            yield bucket, row
    last = _terms(statement, composite_id, span[1] - LAST_INSTANT)
    if last.outcome == "lines" and last.minimum is not None and charged < last.minimum:
        missing = last.minimum - charged
        yield (
            "lines",
            {
                **price_columns(last, overrides),
                "starting_at": span[0],
                "ending_before": span[1],
                "minimum": True,
                "quantity": _ONE,
                "unit_price": missing,
                "total": missing,
            },
        )
