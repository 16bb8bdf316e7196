"""What quantity a subscription asks for at an instant, from its quantity updates or from its seats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.oracle.times import BEGINNING
from tests.oracle.written import Item, exact, when

#: (from when on, quantity) in order of time; the first holds from the beginning.
Requests = list[tuple[datetime, Fraction]]

_SEAT_UPDATES = ("add_seat_ids", "remove_seat_ids", "add_unassigned_seats", "remove_unassigned_seats")


def by_quantity(item: Mapping[str, Any]) -> Requests:
    """QUANTITY_ONLY: `quantity` sets, `quantity_delta` adds; at the same instant in the order written."""
    initial = item.get("initial_quantity")
    quantity = Fraction(1) if initial is None else exact(initial)
    requests = [(BEGINNING, quantity)]
    for update in sorted(item.get("quantity_updates") or [], key=lambda update: when(update, "starting_at")):
        if update.get("quantity") is not None:
            quantity = exact(update["quantity"])
        else:
            quantity += exact(update["quantity_delta"])
        requests.append((when(update, "starting_at"), quantity))
    return requests


def by_seats(item: Mapping[str, Any]) -> Requests:
    """SEAT_BASED: assigned and unassigned seats together; a new id takes an unassigned seat where there is one."""
    config, updates = item.get("seat_config") or {}, item.get("seat_updates") or {}
    assigned = set(config.get("initial_seat_ids") or [])
    unassigned = exact(config.get("initial_unassigned_seats") or 0)
    requests = [(BEGINNING, len(assigned) + unassigned)]
    entries: list[tuple[datetime, int, Item]] = []
    for order, kind in enumerate(_SEAT_UPDATES):
        entries += [(when(update, "starting_at"), order, update) for update in updates.get(kind) or []]
    for moment, order, update in sorted(entries, key=lambda entry: entry[:2]):
        kind = _SEAT_UPDATES[order]
        if kind == "add_seat_ids":
            new = set(update["seat_ids"]) - assigned
            assigned |= new
            unassigned = max(Fraction(0), unassigned - len(new))
        elif kind == "remove_seat_ids":
            assigned -= set(update["seat_ids"])
        elif kind == "add_unassigned_seats":
            unassigned += exact(update["quantity"])
        else:
            unassigned -= exact(update["quantity"])
        requests.append((moment, len(assigned) + unassigned))
    return requests


def assignments(item: Mapping[str, Any]) -> list[tuple[datetime, frozenset[str]]]:
    """Which seats have somebody on them from when on, in order of time; the first holds from the beginning."""
    config, updates = item.get("seat_config") or {}, item.get("seat_updates") or {}
    seats = frozenset(config.get("initial_seat_ids") or [])
    found = [(BEGINNING, seats)]
    entries: list[tuple[datetime, int, Item]] = []
    for order, kind in enumerate(_SEAT_UPDATES[:2]):
        entries += [(when(update, "starting_at"), order, update) for update in updates.get(kind) or []]
    for moment, order, update in sorted(entries, key=lambda entry: entry[:2]):
        seats = seats | set(update["seat_ids"]) if order == 0 else seats - set(update["seat_ids"])
        if found[-1][0] == moment:
            found.pop()
        found.append((moment, seats))
    return found


def requested(requests: Sequence[tuple[datetime, Fraction]], moment: datetime) -> Fraction:
    """The quantity at an instant, after everything that happens at it."""
    quantity = requests[0][1]
    for start, asked in requests:
        if start > moment:
            break
        quantity = asked
    return quantity


def increases(
    requests: Sequence[tuple[datetime, Fraction]], start: datetime, end: datetime
) -> list[tuple[datetime, Fraction]]:
    """When, after the start of a period, more is asked for than ever before in it, and by how much more."""
    most = requested(requests, start)
    found = []
    for moment in sorted({moment for moment, _ in requests if start < moment < end}):
        asked = requested(requests, moment)
        if asked > most:
            found.append((moment, asked - most))
            most = asked
    return found
