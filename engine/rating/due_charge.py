"""What falls due at one instant, whatever it is for: the rows of `scheduled_charges` before they are a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from engine.catalog.fields import TextMap
from engine.catalog.scheduled_charge import Occurrence


class DueCharge(NamedTuple):
    """One occurrence of a scheduled charge, a discount or a purchase, whose ids exclude each other.

    `number` tells those of one instant apart. `name` is its own, if it has one.
    """

    contract_id: str
    product_id: str
    name: str | None
    charged_at: datetime
    number: int
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    custom_fields: TextMap
    scheduled_charge_id: str | None = None
    discount_id: str | None = None
    balance_id: str | None = None


def numbered(occurrences: Iterable[Occurrence], before: datetime | None) -> Iterator[tuple[int, Occurrence]]:
    """The occurrences of one schedule before an instant, each with its number among those of its own instant."""
    at_instant: dict[datetime, int] = {}
    for each in occurrences:
        if before is None or each.charged_at < before:
            number = at_instant[each.charged_at] = at_instant.get(each.charged_at, 0) + 1
            yield number, each
