"""Stretches of a statement in which a group has the same terms, and the rows that they make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from tests.oracle.prices import Terms
from tests.oracle.tiers import Piece, pieces

Row = dict[str, Any]

#: An instant's distance from the end of what ends at it.
LAST_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Segment:
    """`before` and `after` are positions of the running quantity; `apart` is what besides the terms keeps neighbours
    apart.
    """

    starting_at: datetime
    ending_before: datetime
    apart: tuple[Any, ...]
    terms: Terms
    before: Fraction
    after: Fraction


def append(segments: list[Segment], segment: Segment) -> None:
    """Add a segment, or lengthen the last one when rate, override, outcome and all else stay the same."""
    if segments:
        last, now = segments[-1].terms, segment.terms
        same_terms = (last.rate, last.override, last.outcome) == (now.rate, now.override, now.outcome)
        if same_terms and segments[-1].apart == segment.apart:
            # The reason shown is the one at the start, whatever else came and went since.
            segment = replace(segments.pop(), ending_before=segment.ending_before, after=segment.after)
    segments.append(segment)


def segment_rows(segment: Segment, unkeyed: bool, overrides: list[Mapping[str, Any]]) -> Iterator[tuple[str, Row]]:
    """("lines" | "unrated" | "not_entitled", row) of a segment; `unkeyed` ones have a line even of nothing."""
    terms = segment.terms
    head = {
        "starting_at": segment.starting_at,
        "ending_before": segment.ending_before,
        "rate": terms.rate,
        "override": terms.override,
    }
    quantity = segment.after - segment.before
    if terms.outcome != "lines":
        if quantity != 0:
            yield terms.outcome, {**head, "quantity": quantity}
        return
    for piece in pieces(terms):
        part = piece.part(segment.before, segment.after)
        if part != 0 or (unkeyed and quantity == 0 and piece.holds(segment.after)):
            columns = price_columns(terms, overrides, piece)
            amounts = {"quantity": part, "unit_price": piece.price, "total": part * piece.price}
            yield "lines", {**head, **columns, **amounts, "position": piece.clamped(segment.before)}


def price_columns(terms: Terms, overrides: list[Mapping[str, Any]], piece: Piece | None = None) -> Row:
    """What a line says about its tier and its override."""
    override = overrides[terms.override] if terms.override is not None else None
    columns: Row = {
        "rate": terms.rate,
        "override": terms.override,
        "override_id": override and override["id"],
        "override_type": override and override["type"],
        "override_multiplier": override and override["multiplier"],
        "override_reason": terms.reason,
    }
    if piece is None:
        return columns
    columns |= {"tier": piece.tier, "tier_lower": piece.tier_bounds[0], "tier_upper": piece.tier_bounds[1]}
    if piece.override_level is not None:
        columns |= {"override_tier_level": piece.override_level, "override_multiplier": piece.multiplier}
    return columns
