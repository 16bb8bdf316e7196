"""A metered value as a product's quantity, by fractions: written from spec/rating.md §1.4, apart from the stages."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from engine.catalog.product import ConversionOperation, ProductVersion, RoundingMethod
from engine.values.numbers import QUOTIENT_PLACES

#: The decimal places, and the digits before them, of a number in an output.
_PLACES, _WHOLE_DIGITS = 18, 20


def quantity_of(value: Fraction, product: ProductVersion) -> Fraction:
    """The value converted, then rounded; a quotient of more than 12 places is rounded half away from zero there."""
    conversion, rounding = product.quantity_conversion, product.quantity_rounding
    if conversion is not None:
        factor = Fraction(conversion.conversion_factor)
        if conversion.operation is ConversionOperation.MULTIPLY:
            value *= factor
        else:
            value = _to_places(value / factor, QUOTIENT_PLACES, RoundingMethod.ROUND_HALF_UP)
    if rounding is not None:
        value = _to_places(value, rounding.decimal_places, rounding.rounding_method)
    return value


def published_number(value: Fraction) -> Decimal | None:
    """The number as an output holds it, DECIMAL(38, 18), or None when it has more digits."""
    scaled = value * 10**_PLACES
    if scaled.denominator != 1 or abs(scaled.numerator) >= 10 ** (_PLACES + _WHOLE_DIGITS):
        return None
    digits = str(abs(scaled.numerator)).rjust(_PLACES + 1, "0")
    sign = "-" if scaled < 0 else ""
    return Decimal(f"{sign}{digits[:-_PLACES]}.{digits[-_PLACES:]}")


def _to_places(value: Fraction, places: int, method: RoundingMethod) -> Fraction:
    """Up is toward plus infinity, down toward minus infinity, half away from zero."""
    scaled = value * 10**places
    floor = scaled.numerator // scaled.denominator
    if method is RoundingMethod.ROUND_DOWN:
        whole = floor
    elif method is RoundingMethod.ROUND_UP:
        whole = floor if floor == scaled else floor + 1
    else:
        magnitude = (2 * abs(scaled.numerator) + scaled.denominator) // (2 * scaled.denominator)
        whole = -magnitude if scaled < 0 else magnitude
    return Fraction(whole, 10**places)
