"""Amounts of a part of a period, in whole numbers (spec/rating.md §6.2, §17 Q17)."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from engine.catalog.exact import EXACT
from engine.catalog.subscription import ProrationRounding, ProrationRoundingMethod
from engine.rating.quantities import digits_of
from engine.values.numbers import QUOTIENT_PLACES


def prorated(
    unit_price: Decimal, quantity: Decimal, part: int, whole: int, rounding: ProrationRounding | None
) -> Decimal:
    """`unit_price x quantity x part / whole`; none of them is negative.

    All of it is exact and never rounded. A part has QUOTIENT_PLACES places, half away from zero, unless there is a
    rounding for it.
    """
    if part == whole:
        return EXACT.multiply(unit_price, quantity)
    if rounding is None:
        return _quotient(unit_price, quantity, part, whole, ProrationRoundingMethod.HALF_UP, QUOTIENT_PLACES)
    return _quotient(unit_price, quantity, part, whole, rounding.rounding_method, rounding.decimal_places)


# Contracts of one plan that begin on one day get the same amounts.
@lru_cache(maxsize=65536)
def _quotient(
    unit_price: Decimal, quantity: Decimal, part: int, whole: int, method: ProrationRoundingMethod, places: int
) -> Decimal:
    price_units, price_places = digits_of(unit_price)
    quantity_units, quantity_places = digits_of(quantity)
    dividend = price_units * quantity_units * part * 10 ** max(places, 0)
    divisor = whole * 10 ** (price_places + quantity_places + max(-places, 0))
    quotient, rest = divmod(dividend, divisor)
    match method:
        case ProrationRoundingMethod.HALF_UP:
            quotient += 2 * rest >= divisor
        case ProrationRoundingMethod.CEILING:
            quotient += rest > 0
        case ProrationRoundingMethod.FLOOR:
            pass
    return Decimal(quotient).scaleb(-places, EXACT)
