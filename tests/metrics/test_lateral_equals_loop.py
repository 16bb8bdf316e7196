"""The scoped query gives, for each customer and window, what the metric alone gives on just those events."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

import duckdb
import pytest

from engine.metrics.decimals import lower_numbers
from engine.metrics.scope import PropertyStore, Scope, scoped_rows
from engine.metrics.sql import parse_sql_metric
from tests.metrics.test_meaning import SHAPES
from tests.metrics.toy import Event, connection, profiles, run

MORE = [
    "SELECT AVG(properties.n) AS value, properties.region FROM events GROUP BY 2",
    "SELECT quantile_cont(properties.n, 0.9) AS value FROM events",
    "SELECT SUM(properties.n) / NULLIF(COUNT(*), 0) AS value FROM events",
    "SELECT SUM(properties.n / 7) AS value FROM events",
    "SELECT SUM(LEAST(properties.n, 2)) AS value, GREATEST(properties.region, 'f') AS r FROM events GROUP BY r",
    "SELECT COUNT(*) AS value, properties.region AS r FROM events GROUP BY r ORDER BY value DESC LIMIT 1",
]
TEXTS = [*(text for text, _ in SHAPES), *MORE]
START = datetime(2026, 3, 1)
ALIASES = {"a1": "A", "a2": "A", "b1": "B", "c1": "C"}


def customers_events() -> list[tuple[str, Event]]:
    chance = random.Random(4)
    found = []
    for number in range(300):
        wanted = {
            "user": chance.choice(("u1", "u2", "u3", None)),
            "n": chance.choice(("1", "2.5", "x", "7", None)),
            "region": chance.choice(("us", "eu", None)),
        }
        properties = {name: text for name, text in wanted.items() if text is not None}
        moment = START + timedelta(hours=chance.randint(0, 71))
        kind = chance.choice(("call", "stop"))
        found.append((chance.choice(("a1", "a2", "b1")), Event(moment, kind, properties, f"t{number}")))
    return found


LANDED = customers_events()
WINDOWS = [
    (3 * c + d, "ABC"[c], START + timedelta(days=d), START + timedelta(days=d + 1)) for c in range(3) for d in range(3)
]


@pytest.fixture(scope="module")
def files() -> duckdb.DuckDBPyConnection:
    con = connection()
    con.execute(
        "CREATE TABLE event_files (transaction_id VARCHAR, customer_id VARCHAR, event_type VARCHAR, "
        'timestamp TIMESTAMP, properties STRUCT("user" VARCHAR, n VARCHAR, region VARCHAR), ingested_at TIMESTAMP)'
    )
    names = ("user", "n", "region")
    rows = [
        (e.transaction_id, customer, e.event_type, e.timestamp, {n: e.properties.get(n) for n in names}, e.timestamp)
        for customer, e in LANDED
    ]
    con.executemany("INSERT INTO event_files VALUES (?, ?, ?, ?, ?, ?)", rows)
    con.execute("CREATE TABLE windows (window_id INT)")
    con.executemany("INSERT INTO windows VALUES (?)", [(window,) for window, *_ in WINDOWS])
    con.execute(
        "CREATE TABLE alias_windows (alias VARCHAR, window_id INT, starting_at TIMESTAMP, ending_before TIMESTAMP)"
    )
    aliased = [(a, window, start, end) for window, c, start, end in WINDOWS for a, of in ALIASES.items() if of == c]
    con.executemany("INSERT INTO alias_windows VALUES (?, ?, ?, ?)", aliased)
    return con


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_rows_are_equal(files: duckdb.DuckDBPyConnection, text: str) -> None:
    query = parse_sql_metric(text)
    known = profiles([event for _, event in LANDED])
    lowered = lower_numbers(query.select, known, len(LANDED))
    scoped = scoped_rows(query, lowered.select, Scope(PropertyStore(known))).sql("duckdb")
    at_once = Counter(tuple(row) for row in files.execute(scoped).fetchall())
    alone = connection()
    looped = Counter(
        (window, *row)
        for window, customer, start, end in WINDOWS
        for row in run(alone, query, [e for c, e in LANDED if ALIASES[c] == customer and start <= e.timestamp < end])
    )
    assert at_once == looped
    assert looped or "HAVING" in text


def test_there_are_enough_shapes() -> None:
    assert len(TEXTS) >= 25
