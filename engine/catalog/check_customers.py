"""Customers against each other: an event's customer must be one customer."""

from __future__ import annotations

from collections.abc import Iterator

from engine.catalog.build import Built
from engine.errors import Problem


def check_customers(built: Built) -> Iterator[Problem]:
    """No ingest alias may stand for two customers, nor be the id of another one."""
    owner = {each.object.id: each for each in built.customers}
    for placed in built.customers:
        for position, alias in enumerate(placed.object.ingest_aliases):
            other = owner.setdefault(alias, placed)
            if other is not placed:
                what = f"ingest alias {alias!r} already stands for customer {other.object.name!r}"
                place = other.item.place_of()
                remedy = f"see {place.file}:{place.line}; an event belongs to one customer"
                yield placed.item.problem(("ingest_aliases", position), what, remedy)
