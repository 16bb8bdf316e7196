"""The one rounding of a prorated price, against fractions."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest

from engine.executors.connection import EngineSettings, connect
from engine.executors.duckdb import DuckDBExecutor

ROUNDINGS: dict[str, Callable[[Fraction], int]] = {
    "HALF_UP": lambda number: math.floor(number + Fraction(1, 2)),
    "FLOOR": math.floor,
    "CEILING": math.ceil,
}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    made = connect(EngineSettings(threads=1), Path(tmp_path_factory.mktemp("spill")))
    DuckDBExecutor(made)
    return made


@pytest.mark.parametrize("method", ROUNDINGS)
def test_a_quotient_is_rounded_once_to_any_place(method: str, connection: duckdb.DuckDBPyConnection) -> None:
    dice = random.Random(method)
    asked = []
    for _ in range(400):
        d = dice.choice((1, 2, 3, 7, 16, 365, 744, 31 * 86_400, 10**8 * 365))
        n = dice.choice((0, d, d // 2, dice.randrange(10**6), dice.randrange(10 ** dice.randint(1, 20))))
        asked.append((n, d, dice.randint(-12, 12)))
    connection.execute("CREATE OR REPLACE TEMP TABLE asked (n HUGEINT, d HUGEINT, places INTEGER)")
    connection.executemany("INSERT INTO asked VALUES (?, ?, ?)", asked)
    found = connection.execute("SELECT n, d, places, rounded_quotient(n, d, ?, places) FROM asked", [method])
    rows = found.fetchall()
    assert rows == [
        (n, d, places, ROUNDINGS[method](Fraction(n, d) * Fraction(10) ** places)) for n, d, places in asked
    ]


@pytest.mark.parametrize(
    ("n", "d", "units"),
    [
        (5, 1, 5 * 10**18),
        (1, 8, 125 * 10**15),
        (7, 10**18, 7),
        (7, 10**19, None),
        (1, 3, None),
        (0, 1, 0),
    ],
)
def test_an_exact_quotient_has_at_most_18_places(
    n: int, d: int, units: int | None, connection: duckdb.DuckDBPyConnection
) -> None:
    found = connection.execute("SELECT exact_quotient(?::HUGEINT, ?::HUGEINT)", [n, d]).fetchall()
    assert found == [(units,)]


def test_an_unknown_method_gives_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    assert connection.execute("SELECT rounded_quotient(1::HUGEINT, 3::HUGEINT, 'OTHER', 2)").fetchall() == [(None,)]
