"""Commits and credits against each other: ids that are given twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.catalog.balance import Balance
from engine.catalog.build import Built, Placed
from engine.catalog.fields import Path
from engine.catalog.recurring_balance import RecurringBalance
from engine.catalog.term_ids import BALANCES
from engine.errors import Problem


def check_balance_ids(built: Built) -> Iterator[Problem]:
    """No two balances of whatever kind have one id, and no two segments; of contracts with one id the first counts."""
    balances: set[str] = set()
    segments: set[str] = set()
    for placed, path, balance in _balances(built):
        if balance.id in balances:
            what = f"the id {balance.id!r} is already that of another balance"
            yield placed.item.problem((*path, "id"), what, "give it another id")
            continue
        balances.add(balance.id)
        if isinstance(balance, RecurringBalance):
            continue
        inside = (*path, "access_schedule", "schedule_items")
        of_balance = {each.id: position for position, each in enumerate(balance.access_schedule.schedule_items)}
        for segment, position in of_balance.items():
            if segment in segments:
                what = f"the id {segment!r} is already that of a segment of another balance"
                yield placed.item.problem((*inside, position, "id"), what, "give it another id")
        segments.update(of_balance)


def _balances(built: Built) -> Iterator[tuple[Placed[Any], Path, Balance | RecurringBalance]]:
    contracts: set[str] = set()
    for placed in built.terms:
        if placed.object.id in contracts:
            continue
        contracts.add(placed.object.id)
        for key in BALANCES:
            for position, balance in enumerate(getattr(placed.object, key)):
                yield placed, (key, position), balance
    for key in ("commits", "credits"):
        for of_customer in getattr(built, key):
            yield of_customer, (), of_customer.object
