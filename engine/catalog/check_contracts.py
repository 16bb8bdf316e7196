"""Contracts against each other: ids that are given twice."""

from __future__ import annotations

from collections.abc import Iterator

from engine.catalog.build import Built
from engine.catalog.term_ids import BALANCES, TERM_KIND
from engine.errors import Problem


def check_contracts(built: Built) -> Iterator[Problem]:
    """No two terms of one kind may have the same id; of contracts with one id the first alone is looked at."""
    contracts: set[str] = set()
    taken: set[tuple[str, str]] = set()
    for placed in built.terms:
        if placed.object.id in contracts:
            continue
        contracts.add(placed.object.id)
        for key, kind in TERM_KIND.items():
            if key in BALANCES:
                # The ids of balances are those of customers' balances too.
                continue
            for position, term in enumerate(getattr(placed.object, key)):
                if (key, term.id) in taken:
                    what = f"{kind.replace('_', ' ')} id {term.id!r} is already taken"
                    yield placed.item.problem((key, position, "id"), what, "give it another id")
                taken.add((key, term.id))
