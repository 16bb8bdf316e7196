"""How a product turns a metered value into a quantity, in whole numbers (spec/rating.md §1.4, §17 Q1, Q2).

A meter counts in units of 10^-scale. Conversion multiplies such a count by a whole number or, when the divisor does
not terminate within 12 places, divides it to units of 10^-12. Rounding goes to a whole multiple of `rounding_unit`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from engine.catalog.product import ConversionOperation, ProductVersion
from engine.values.numbers import QUOTIENT_PLACES


@dataclass(frozen=True, slots=True)
class QuantityTerms:
    """The whole-number terms of one product; `places` is how many decimal places its quantities need."""

    multiplier: int
    divisor: int | None
    rounding_method: str | None
    rounding_unit: int | None
    quantity_divisor: int
    places: int


def digits_of(number: Decimal) -> tuple[int, int]:
    """A decimal as (whole number, decimal places) without trailing zeros: 1.50 is (15, 1)."""
    sign, digits, exponent = number.normalize().as_tuple() if number else Decimal(0).as_tuple()
    assert isinstance(exponent, int)
    whole = int("".join(map(str, digits)) or "0") * (-1 if sign else 1)
    return (whole * 10**exponent, 0) if exponent > 0 else (whole, -exponent)


def quantity_terms(product: ProductVersion, value_places: int, most_places: int) -> QuantityTerms:
    """The terms of a product as it is at some time, whose meters count in units of 10^-value_places.

    A quantity with nonzero digits past `most_places` cannot be held; its contract will be parked, not cut short.
    """
    multiplier, divisor, places = _conversion(product, value_places)
    method: str | None = None
    unit: int | None = None
    quantity_divisor = 1
    rounding = product.quantity_rounding
    if rounding is not None and rounding.decimal_places < places:
        method = rounding.rounding_method.value
        unit = quantity_divisor = 10 ** (places - rounding.decimal_places)
        places = rounding.decimal_places
    if places > most_places:
        quantity_divisor *= 10 ** (places - most_places)
        places = most_places
    return QuantityTerms(multiplier, divisor, method, unit, quantity_divisor, places)


def _conversion(product: ProductVersion, value_places: int) -> tuple[int, int | None, int]:
    """(multiplier, divisor, decimal places of the converted value)."""
    conversion = product.quantity_conversion
    if conversion is None:
        return 1, None, value_places
    factor, factor_places = digits_of(conversion.conversion_factor)
    if conversion.operation is ConversionOperation.MULTIPLY:
        return factor, None, value_places + factor_places
    reciprocal = _terminating_reciprocal(factor)
    if reciprocal is not None:
        whole, reciprocal_places = reciprocal
        places = value_places + max(0, reciprocal_places - factor_places)
        if places <= QUOTIENT_PLACES:
            return whole * 10 ** max(0, factor_places - reciprocal_places), None, places
    return (
        10 ** max(0, factor_places - value_places),
        factor * 10 ** max(0, value_places - factor_places),
        QUOTIENT_PLACES,
    )


def _terminating_reciprocal(number: int) -> tuple[int, int] | None:
    """1/number as (whole number, decimal places), or None when it does not terminate."""
    rest, twos, fives = number, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return None
    places = max(twos, fives)
    return 10**places // number, places
