"""Batches of events that show when anything less, or more, than whole batches has been read or billed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from tests.faults.shop import CUSTOMERS, MODELS

#: Events of a batch: of each customer and model two, a day apart.
EVENTS = 2 * len(CUSTOMERS) * len(MODELS)

#: A customer and a model.
Part = tuple[str, str]

_PARTS: tuple[Part, ...] = tuple((customer, model) for customer in CUSTOMERS for model in MODELS)

#: What every batch adds to the tokens of each part, no two the same.
TOKENS: Mapping[Part, int] = {part: 2 * place + 3 for place, part in enumerate(_PARTS)}


def batch(name: str) -> list[dict[str, Any]]:
    """The events of a batch; those of another have other ids, and everything else the same."""
    return [
        {
            "transaction_id": f"{name} {customer} {model} {day}",
            "customer_id": customer,
            "event_type": "call",
            "timestamp": f"2026-09-{day}T12:00:00Z",
            "properties": {"tokens": TOKENS[customer, model] // 2 + day % 2, "model": model},
        }
        for customer, model in _PARTS
        for day in (18, 19)
    ]


def whole_batches(quantities: Mapping[Part, Decimal]) -> int:
    """How many batches make these quantities; there is no such number when one of them is there in part."""
    numbers = {quantities.get(part, Decimal(0)) / TOKENS[part] for part in _PARTS}
    (number,) = numbers if len(numbers) == 1 else {Decimal("0.5")}
    assert number == int(number) and set(quantities) <= set(_PARTS), f"not a number of whole batches: {quantities}"
    return int(number)


def whole_ids(ids: Iterable[str]) -> frozenset[str]:
    """The names of the batches with these event ids, each of which must be there once, and all of a batch."""
    counts = Counter(ids)
    twice = [each for each, count in counts.items() if count > 1]
    assert not twice, f"read twice: {twice[:5]}"
    batches = Counter(each.split()[0] for each in counts)
    parts = {name: count for name, count in batches.items() if count != EVENTS}
    assert not parts, f"read in part: {parts}"
    return frozenset(batches)
