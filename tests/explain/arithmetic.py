"""Does the arithmetic that an explanation shows really give its result? Read from the text, in exact fractions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

from engine.values.numbers import QUOTIENT_PLACES

#: Lengths of time in microseconds, as shares of a billing period are written.
_TIMES = {"days": 86_400_000_000, "hours": 3_600_000_000, "minutes": 60_000_000, "seconds": 1_000_000}
_ROUNDED = re.compile(r"to (-?[0-9]+) places")
_TERM = re.compile(r"(-?[0-9.]+)(?: (days|hours|minutes|seconds|microseconds))?")


def check_arithmetic(step: Mapping[str, object]) -> None:
    """AssertionError unless the expression of a step comes to its result, exactly or rounded as it says."""
    expression = step["expression"]
    if expression is None:
        return
    assert step["result"] is not None, step
    result, found = Fraction(Decimal(str(step["result"]))), evaluated(str(expression))
    if "/" not in str(expression):
        assert found == result, step
        return
    what = str(step["what"])
    rounding = _ROUNDED.search(what)
    unit = Fraction(10) ** -(int(rounding[1]) if rounding else QUOTIENT_PLACES)
    is_nearest = "ceiling" not in what and "floor" not in what
    assert abs(found - result) <= (unit / 2 if is_nearest else unit), step


def evaluated(expression: str) -> Fraction:
    """A sum of products and quotients, each sign between spaces.

    >>> evaluated("5 - 2 x 1.5"), evaluated("1500 x 15 days / 30 days")
    (Fraction(2, 1), Fraction(750, 1))
    """
    total, sign = Fraction(0), 1
    for part in re.split(r" ([+-]) ", expression):
        if part in ("+", "-"):
            sign = 1 if part == "+" else -1
        else:
            total += sign * _product(part)
    return total


def _product(text: str) -> Fraction:
    product, divides = Fraction(1), False
    for part in re.split(r" ([x/]) ", text):
        if part in ("x", "/"):
            divides = part == "/"
            continue
        match = _TERM.fullmatch(part)
        assert match is not None, text
        factor = Fraction(match[1]) * _TIMES.get(match[2] or "", 1)
        product = product / factor if divides else product * factor
    return product
