"""Conversion and rounding in whole numbers against fractions, through the macros that the stages use."""

from __future__ import annotations

import math
import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from engine.catalog.product import (
    ConversionOperation,
    Product,
    ProductType,
    QuantityConversion,
    QuantityRounding,
    RoundingMethod,
)
from engine.executors.connection import EngineSettings, connect
from engine.executors.duckdb import DuckDBExecutor
from engine.rating.quantities import digits_of, quantity_terms

FACTORS = ("1", "1000000", "1024", "3", "60", "3600", "7", "0.5", "0.3", "1.5", "1048576", "1000000000000")


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    made = connect(EngineSettings(threads=1), Path(tmp_path_factory.mktemp("spill")))
    DuckDBExecutor(made)
    return made


def product(factor: str | None, operation: ConversionOperation, rounding: tuple[RoundingMethod, int] | None) -> Product:
    return Product(
        id="p",
        name="p",
        type=ProductType.USAGE,
        billable_metric_id="m",
        quantity_conversion=None
        if factor is None
        else QuantityConversion(conversion_factor=Decimal(factor), operation=operation),
        quantity_rounding=None
        if rounding is None
        else QuantityRounding(rounding_method=rounding[0], decimal_places=rounding[1]),
    )


def half_away(number: Fraction, places: int) -> Fraction:
    magnitude = math.floor(abs(number) * 10**places + Fraction(1, 2))
    return Fraction(-magnitude if number < 0 else magnitude, 10**places)


def expected(value: Fraction, sold: Product) -> Fraction:
    conversion, rounding = sold.quantity_conversion, sold.quantity_rounding
    if conversion is not None:
        factor = Fraction(conversion.conversion_factor)
        if conversion.operation is ConversionOperation.MULTIPLY:
            value *= factor
        else:
            exact = value / factor
            value = exact if (exact * 10**12).denominator == 1 else half_away(exact, 12)
    if rounding is not None:
        scale = 10**rounding.decimal_places
        match rounding.rounding_method:
            case RoundingMethod.ROUND_UP:
                value = Fraction(math.ceil(value * scale), scale)
            case RoundingMethod.ROUND_DOWN:
                value = Fraction(math.floor(value * scale), scale)
            case RoundingMethod.ROUND_HALF_UP:
                value = half_away(value, rounding.decimal_places)
    return value


@pytest.mark.parametrize("seed", range(120))
def test_whole_number_terms_equal_fractions(seed: int, connection: duckdb.DuckDBPyConnection) -> None:
    dice = random.Random(seed)
    places = dice.choice((0, 0, 2, 6, 9))
    rounding = dice.choice((None, *((method, digits) for method in RoundingMethod for digits in (0, 2, 5))))
    sold = product(dice.choice((None, *FACTORS)), dice.choice(list(ConversionOperation)), rounding)
    terms = quantity_terms(sold.versions()[0], places, 18)
    values = [dice.choice((1, -1)) * dice.randrange(10 ** dice.randint(1, 15)) for _ in range(20)]
    # All at once, because planning the macros takes longer than running them.
    found = connection.execute(
        "SELECT round_quantity("
        "convert_quantity(value, $multiplier::HUGEINT, $divisor::HUGEINT), $method, $unit::HUGEINT"
        ") FROM (SELECT unnest($values::HUGEINT[]) AS value)",
        {
            "values": values,
            "multiplier": terms.multiplier,
            "divisor": terms.divisor,
            "method": terms.rounding_method,
            "unit": terms.rounding_unit,
        },
    ).fetchall()
    for value, (whole,) in zip(values, found, strict=True):
        assert whole % terms.quantity_divisor == 0
        quantity = Fraction(whole // terms.quantity_divisor, 10**terms.places)
        assert quantity == expected(Fraction(value, 10**places), sold), (sold, value, places)


def test_a_quantity_with_more_places_than_can_be_held_is_not_cut_short() -> None:
    terms = quantity_terms(product(None, ConversionOperation.MULTIPLY, None).versions()[0], 15, 12)
    assert (terms.places, terms.quantity_divisor) == (12, 1000)


@pytest.mark.parametrize(
    ("text", "digits"), [("1.50", (15, 1)), ("100", (100, 0)), ("0", (0, 0)), ("0.000", (0, 0)), ("-2.5", (-25, 1))]
)
def test_digits_of_a_decimal(text: str, digits: tuple[int, int]) -> None:
    assert digits_of(Decimal(text)) == digits
