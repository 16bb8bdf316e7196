"""Arithmetic on catalog numbers that never rounds: the default decimal context would, at 28 digits."""

from __future__ import annotations

from decimal import Context, Decimal, Inexact, InvalidOperation

#: Sums and products of catalog numbers, which have at most 38 digits, fit; what did not would raise.
EXACT = Context(prec=200, traps=[Inexact, InvalidOperation])


def decimal_places(number: Decimal) -> int:
    """How many digits after the point a number needs.

    >>> decimal_places(Decimal("1.50")), decimal_places(Decimal("2E+3"))
    (1, 0)
    """
    exponent = number.normalize(EXACT).as_tuple().exponent
    assert isinstance(exponent, int), "a catalog number is finite"
    return max(0, -exponent)
