"""How instants and sums are put into words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from engine.result import shown
from engine.values.period import format_instant


def when(moment: datetime) -> str:
    """A day for the midnight UTC at which it begins, else RFC 3339.

    >>> when(datetime(2026, 10, 1)), when(datetime(2026, 10, 1, 6))
    ('2026-10-01', '2026-10-01T06:00:00Z')
    """
    return format_instant(moment).removesuffix("T00:00:00Z")


def added(numbers: Iterable[Decimal]) -> str:
    """A sum as people write it.

    >>> added([Decimal(5), Decimal(-2), Decimal("0.50")])
    '5 - 2 + 0.5'
    """
    text = ""
    for number in numbers:
        if not text:
            text = shown(number)
        else:
            text += f" - {shown(number.copy_abs())}" if number < 0 else f" + {shown(number)}"
    return text
