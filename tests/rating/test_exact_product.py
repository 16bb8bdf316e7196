"""The product of two numbers with 18 places, whichever of them has the places."""

from __future__ import annotations

from decimal import Decimal, localcontext
from pathlib import Path
from random import Random

import duckdb
import pytest

from engine.executors.connection import EngineSettings, connect
from engine.executors.duckdb import DuckDBExecutor


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    made = connect(EngineSettings(threads=1), Path(tmp_path_factory.mktemp("spill")))
    DuckDBExecutor(made)
    return made


@pytest.mark.parametrize("places", range(27))
def test_every_way_to_share_26_places(places: int, connection: duckdb.DuckDBPyConnection) -> None:
    random = Random(places)
    for one in range(max(0, places - 18), min(18, places) + 1):
        digits = [random.randrange(1, 10**4) * 10 + 1 for _ in range(2)]
        x, y = Decimal(digits[0]).scaleb(-one), -Decimal(digits[1]).scaleb(one - places)
        with localcontext(prec=60):
            assert product(connection, x, y) == x * y, (x, y)


def test_what_has_more_places_or_digits_is_no_amount(connection: duckdb.DuckDBPyConnection) -> None:
    assert product(connection, Decimal("0.00000000000001"), Decimal("0.0000000000001")) is None
    assert product(connection, Decimal(10**7), Decimal(10**6)) is None
    assert product(connection, Decimal(10**6), Decimal(10**5)) == 10**11


def product(connection: duckdb.DuckDBPyConnection, x: Decimal, y: Decimal) -> Decimal | None:
    asked = "SELECT exact_product($x::VARCHAR::DECIMAL(38, 18), $y::VARCHAR::DECIMAL(38, 18))"
    ((found,),) = connection.execute(asked, {"x": format(x, "f"), "y": format(y, "f")}).fetchall()
    assert found is None or isinstance(found, Decimal)
    return found
