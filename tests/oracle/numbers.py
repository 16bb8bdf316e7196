"""Text to exact number, rounding and quotients, with nothing but `fractions.Fraction`.

The grammar is read one character at a time on purpose: the engine uses a regular expression, and only two
different ways of reading the same rule make a comparison worth something.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import ceil, floor

_DIGITS = "0123456789"
_QUOTIENT_PLACES = 12
_SIDE_DIGITS = 100


def _digits(text: str, start: int) -> int:
    """The position after the run of ASCII digits that begins at `start`."""
    end = start
    while end < len(text) and text[end] in _DIGITS:
        end += 1
    return end


@lru_cache(maxsize=100_000)
def to_number(text: str | None) -> Fraction | None:
    """The number that a text spells, or None when it is not a number.

    Grammar: `[+-]?(digits[.digits*]|.digits)([eE][+-]?1 to 4 digits)?`, ASCII only. A number that written out
    plainly needs more than 100 digits on either side of the point is not a number either.
    """
    if not text:
        return None
    at = 1 if text[0] in "+-" else 0
    negative = text[0] == "-"
    end = _digits(text, at)
    whole, at = text[at:end], end
    fraction = ""
    if at < len(text) and text[at] == ".":
        end = _digits(text, at + 1)
        fraction, at = text[at + 1 : end], end
    if not whole and not fraction:
        return None
    exponent = 0
    if at < len(text) and text[at] in "eE":
        at += 1
        minus = at < len(text) and text[at] == "-"
        if at < len(text) and text[at] in "+-":
            at += 1
        end = _digits(text, at)
        if not 1 <= end - at <= 4:
            return None
        exponent, at = int(text[at:end]) * (-1 if minus else 1), end
    if at != len(text):
        return None
    return _within_limits(negative, whole + fraction, exponent - len(fraction))


def _within_limits(negative: bool, digits: str, exponent: int) -> Fraction | None:
    """`digits` times ten to the `exponent`, or None when it needs more than 100 digits on a side."""
    significant = digits.lstrip("0")
    if not significant:
        return Fraction(0)
    trimmed = significant.rstrip("0")
    exponent += len(significant) - len(trimmed)
    integer_digits = len(trimmed) + exponent
    fraction_digits = -exponent
    if integer_digits > _SIDE_DIGITS or fraction_digits > _SIDE_DIGITS:
        return None
    value = int(trimmed) * Fraction(10) ** exponent
    return -value if negative else value


def half_away_from_zero(value: Fraction, places: int) -> Fraction:
    """The nearest multiple of 10^-places; a tie goes away from zero."""
    scaled = abs(value) * 10**places
    nearest = Fraction(floor(scaled + Fraction(1, 2)), 10**places)
    return nearest if value >= 0 else -nearest


def divide(dividend: Fraction, divisor: Fraction) -> Fraction:
    """A quotient, rounded half away from zero at the 12th decimal place when it does not end before."""
    return half_away_from_zero(dividend / divisor, _QUOTIENT_PLACES)


def round_quantity(value: Fraction, method: str, places: int) -> Fraction:
    """ROUND_UP is toward plus infinity, ROUND_DOWN toward minus infinity, ROUND_HALF_UP away from zero."""
    scaled = value * 10**places
    if method == "ROUND_UP":
        return Fraction(ceil(scaled), 10**places)
    if method == "ROUND_DOWN":
        return Fraction(floor(scaled), 10**places)
    if method == "ROUND_HALF_UP":
        return half_away_from_zero(value, places)
    raise ValueError(f"unknown rounding method {method!r}")
