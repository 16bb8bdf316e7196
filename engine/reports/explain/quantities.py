"""Quantity conversion and rounding, read from the product once more (spec/rating.md §1.4)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from engine.catalog.product import ConversionOperation, QuantityConversion, QuantityRounding, RoundingMethod
from engine.values.numbers import QUOTIENT_PLACES

_HALF = Fraction(1, 2)

#: What a rounding does, in words.
ROUNDING_WORDS = {
    RoundingMethod.ROUND_UP: "up",
    RoundingMethod.ROUND_DOWN: "down",
    RoundingMethod.ROUND_HALF_UP: "half away from zero",
}


def converted(value: Decimal, conversion: QuantityConversion | None) -> Decimal:
    """A metric value in the product's unit; a quotient has at most QUOTIENT_PLACES places, half away from zero."""
    if conversion is None:
        return value
    if conversion.operation is ConversionOperation.MULTIPLY:
        return value * conversion.conversion_factor
    return quotient(value, conversion.conversion_factor, QUOTIENT_PLACES)


def rounded(value: Decimal, rounding: QuantityRounding | None) -> Decimal:
    """A converted value, rounded: up is toward plus infinity, down toward minus infinity."""
    if rounding is None:
        return value
    units = Fraction(value) * 10**rounding.decimal_places
    match rounding.rounding_method:
        case RoundingMethod.ROUND_UP:
            whole = ceil(units)
        case RoundingMethod.ROUND_DOWN:
            whole = floor(units)
        case RoundingMethod.ROUND_HALF_UP:
            whole = _half_away(units)
    return Decimal(whole).scaleb(-rounding.decimal_places)


def quotient(dividend: Decimal, divisor: Decimal, places: int) -> Decimal:
    """A quotient to so many places, half away from zero."""
    units = Fraction(dividend) / Fraction(divisor) * Fraction(10) ** places
    return Decimal(_half_away(units)).scaleb(-places)


def _half_away(units: Fraction) -> int:
    whole = floor(abs(units) + _HALF)
    return -whole if units < 0 else whole
