"""The timestamp rule in SQL is the one of `parse_instant`."""

from __future__ import annotations

import random
from datetime import datetime

import duckdb
import pyarrow as pa

from engine.events.fixed_sql import fixed_sql
from engine.values.period import parse_instant


def random_time(dice: random.Random) -> str:
    year = dice.choice(["2026", "0001", "9999", "0000", "2024", "1970"])
    month, day = f"{dice.randrange(14):02}", f"{dice.randrange(33):02}"
    clock = f"{dice.randrange(25):02}:{dice.randrange(61):02}:{dice.randrange(62):02}"
    fraction = dice.choice(["", "", "." + "".join(dice.choice("0123456789") for _ in range(dice.randrange(12)))])
    offset = f"{dice.choice('+-')}{dice.randrange(25):02}:{dice.randrange(61):02}"
    return f"{year}-{month}-{day}{dice.choice('TTTt ')}{clock}{fraction}{dice.choice(['Z', 'z', offset, offset, ''])}"


def expected(text: str) -> datetime | None:
    try:
        return parse_instant(text)
    except ValueError:
        return None


def test_random_times_are_read_alike(connection: duckdb.DuckDBPyConnection) -> None:
    dice = random.Random(1)
    texts = [random_time(dice) for _ in range(30_000)]
    connection.execute("ATTACH ':memory:' AS landing")
    connection.execute(fixed_sql("rules"))
    connection.register("texts", pa.table({"position": range(len(texts)), "text": texts}))
    found = connection.execute("SELECT landing.event_instant(text) FROM texts ORDER BY position").fetchall()
    wanted = [expected(text) for text in texts]
    assert [instant for (instant,) in found] == wanted
    assert sum(instant is not None for instant in wanted) > 3_000
