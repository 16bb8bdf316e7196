"""Lines drawing on balances: each line in order, on each balance in order (spec/rating.md §7).

No line looks ahead, no balance is given back: what a line finds is what the lines before it have left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from json import dumps
from typing import Any

from tests.oracle.balances import Rollover, Segment
from tests.oracle.eligibility import Special, line_target, may_cover, special_price
from tests.oracle.numbers import divide
from tests.oracle.prices import terms
from tests.oracle.segments import LAST_INSTANT, Row, price_columns
from tests.oracle.tiers import Piece, pieces

_ZERO = Fraction(0)
_KINDS = {"USAGE": 0, "SUBSCRIPTION": 1, "COMPOSITE": 2}


@dataclass
class Draw:
    """What one segment takes of a line at one price and tier: `taken` are units, or the amount.

    `columns` are what the line says of a price that is not its own; parts of a line stand in the order of `place`.
    """

    segment: Segment
    quantity: Fraction
    unit_price: Fraction
    amount: Fraction
    taken: Fraction
    columns: Row = field(default_factory=dict)
    place: tuple[Any, ...] = ()


@dataclass
class Slice:
    """A part of a line; `prices` are those of the segments under which it is not the line's own."""

    quantity: Fraction
    amount: Fraction
    own_price: Fraction
    prices: dict[str, Piece]


@dataclass
class Candidates:
    """The segments that can cover a line, in the order in which they are drawn."""

    segments: list[Segment]
    specials: dict[str, Special]

    def columns(self, catalog: Mapping[str, Any], contract_id: str, segment: Segment, piece: Piece) -> Row:
        """What a line says of the price that it has under a segment."""
        special = self.specials[segment.id]
        reason = "commit rate" if special.from_commit_rate else "commit-specific override"
        priced = price_columns(special.terms, catalog["contracts"][contract_id]["overrides"], piece)
        return {"override_tier_level": None, **priced, "override_reason": reason}


def find_rolled(rollover: Rollover) -> None:
    """Take out of the old segments what rolls over, by their start: no more than the fraction of what they were."""
    if rollover.new.amount is not None or not rollover.found_now:
        return
    left = sum((each.left for each in rollover.old), _ZERO)
    granted = sum((each.amount or _ZERO for each in rollover.old), _ZERO)
    rolled = min(left, rollover.fraction * granted)
    rollover.new.amount = rolled
    manual = sum((amount for _, amount, _ in rollover.new.manual), _ZERO)
    rollover.new.available = max(_ZERO, rolled + manual)
    for segment in rollover.old:
        taken = min(segment.left, rolled)
        segment.rolled += taken
        rolled -= taken


def line_order(line: Row) -> tuple[Any, ...]:
    """Usage, subscriptions, composites, conversions; then what starts first, then the dearest, then by name."""
    kind = 3 if line["type"] == "cpu_conversion" else _KINDS[line["product_type"]]
    return (
        kind,
        line["starting_at"],
        -line["unit_price"],
        line["name"],
        line.get("product") or "",
        *(
            dumps(
                dict(zip(line.get(f"{values}_keys", ()), line.get(values, ()), strict=True)),
                separators=(",", ":"),
                ensure_ascii=False,
            )
            for values in ("pricing", "presentation")
        ),
        line.get("tier") or 0,
        line.get("override_tier_level") or 0,
        line.get("subscription_id") or "",
    )


def covered_at(line: Row) -> datetime:
    """The instant of a line that must lie in a segment."""
    if line["type"] == "cpu_conversion" and line["ending_before"] is None:
        moment: datetime = line["starting_at"]
    elif line["type"] == "cpu_conversion" or line["product_type"] == "COMPOSITE":
        moment = line["ending_before"] - LAST_INSTANT
    else:
        moment = line.get("priced_at") or line["starting_at"]
    return moment


def draw(catalog: Mapping[str, Any], contract_id: str, line: Row, in_order: Sequence[Segment]) -> list[Draw]:
    """What a line takes, in the order in which it takes it. The line keeps what is left of it:

    "left_quantity" and "left" are set where anything has been drawn.
    """
    if line["quantity"] <= 0:
        return []
    candidates = _candidates(catalog, contract_id, line, in_order)
    if not candidates.segments:
        return []
    found: dict[tuple[Any, ...], Draw] = {}
    slices = list(_slices(line, candidates))
    for each in slices:
        for rank, segment in enumerate(candidates.segments):
            if segment.balance.rollover is not None:
                find_rolled(segment.balance.rollover)
            taken = _take(each, segment)
            if taken is None:
                continue
            piece = each.prices.get(segment.id)
            tier = (piece.tier or 0, piece.override_level or 0) if piece else (0, 0)
            place = rank, *tier, -taken.unit_price
            columns = candidates.columns(catalog, contract_id, segment, piece) if piece else {}
            unused = Draw(segment, _ZERO, taken.unit_price, _ZERO, _ZERO, columns, place)
            known = found.setdefault(place, unused)
            known.quantity += taken.quantity
            known.amount += taken.amount
            known.taken += taken.taken
    if found:
        line["left_quantity"] = sum((each.quantity for each in slices), _ZERO)
        line["left"] = sum((each.amount for each in slices), _ZERO)
    return list(found.values())


def _candidates(catalog: Mapping[str, Any], contract_id: str, line: Row, in_order: Sequence[Segment]) -> Candidates:
    moment = covered_at(line)
    target = line_target(catalog, line, moment)
    found = [each for each in in_order if may_cover(each, contract_id, line["credit_type_id"], target, moment)]
    specials = {}
    if target is not None and target.kind == "USAGE":
        own = terms(catalog, catalog["contracts"][contract_id], target, moment)
        for segment in found:
            special = special_price(catalog, contract_id, segment.balance, target, moment, own)
            if special is not None:
                specials[segment.id] = special
    return Candidates(found, specials)


def _slices(line: Row, candidates: Candidates) -> Iterator[Slice]:
    """The parts of a line between the tier bounds of all its special prices, by their position."""
    special_pieces = {segment: list(pieces(special.terms)) for segment, special in candidates.specials.items()}
    start = line.get("position", _ZERO)
    end = start + line["quantity"]
    bounds = {start, end}
    for each in special_pieces.values():
        bounds |= {bound for piece in each for bound in (piece.lower, piece.upper) if bound is not None}
    edges = sorted(bound for bound in bounds if start <= bound <= end)
    for lower, upper in pairwise(edges):
        prices: dict[str, Piece] = {}
        for segment, of_segment in special_pieces.items():
            (piece,) = [each for each in of_segment if each.holds(upper)]
            prices[segment] = piece
        quantity = upper - lower
        yield Slice(quantity, quantity * line["unit_price"], line["unit_price"], prices)


def _take(part: Slice, segment: Segment) -> Draw | None:
    """What a segment takes of a slice, which is made smaller by it; None when that is nothing."""
    special = part.prices.get(segment.id)
    price = special.price if special else part.own_price
    left = segment.left
    if left <= 0 or price <= 0 or part.quantity <= 0:
        return None
    cost = part.quantity * price if special else part.amount
    if segment.balance.terms["access_type"] == "QUANTITY":
        taken = quantity = min(left, part.quantity)
        amount = cost if quantity == part.quantity else quantity * price
    else:
        taken = amount = min(left, cost)
        quantity = part.quantity if amount == cost else min(divide(amount, price), part.quantity)
    if taken <= 0:
        return None
    segment.drawn += taken
    part.quantity -= quantity
    part.amount = part.quantity * part.own_price if special else part.amount - amount
    return Draw(segment, quantity, price, amount, taken)


def uncovered(line: Row) -> tuple[Fraction, Fraction]:
    """(quantity, amount) of a line that nothing has covered so far."""
    if "left" not in line:
        return line["quantity"], line["total"]
    return line["left_quantity"], line["left"]


def expanded(line: Row, draws: Iterable[Draw]) -> Iterator[Row]:
    """A line as it stands on the invoice: what each segment covers and that it does, then what is left."""
    rest = {key: value for key, value in line.items() if key not in ("left", "left_quantity")}
    covered = False
    for each in sorted(draws, key=lambda draw: draw.place):
        covered = True
        balance = each.segment.balance
        columns = {
            "commit": balance.id,
            "commit_segment": each.segment.id,
            "commit_type": "PostpaidCommit" if balance.kind == "POSTPAID" else "PrepaidCommit",
            "applied_balance_type": balance.kind,
            "access_type": balance.terms["access_type"],
            "quantity_consumed": each.taken if balance.terms["access_type"] == "QUANTITY" else None,
            **each.columns,
        }
        yield {**rest, **columns, "quantity": each.quantity, "unit_price": each.unit_price, "total": each.amount}
        yield {
            **rest,
            **columns,
            "metric": None,
            "metric_name": None,
            "type": "applied_commit_or_credit",
            "name": f"{balance.name} applied",
            "quantity": None,
            "unit_price": None,
            "total": -each.amount,
            "in_total": balance.kind != "POSTPAID",
        }
    if not covered:
        yield rest
    elif any(uncovered(line)):
        quantity, left = uncovered(line)
        yield {**rest, "quantity": quantity, "total": left}
