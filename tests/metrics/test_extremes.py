"""LEAST and GREATEST are NULL as soon as one argument is: a value that is no number never bills as another one."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from engine.metrics.bounds import MAX_REPEATS
from engine.metrics.decimals import lower_numbers
from engine.metrics.sql import parse_sql_metric
from engine.values.numbers import plain_text
from tests.metrics.test_wide_numbers import run_by
from tests.metrics.toy import Event, connection, profiles

CONNECTION = connection()
START = datetime(2026, 3, 1)
Properties = Mapping[str, str]


def events_of(rows: Mapping[str, Properties]) -> list[Event]:
    """One event for each key, a minute apart."""
    return [
        Event(START + timedelta(minutes=minute), properties={"k": key, **properties})
        for minute, (key, properties) in enumerate(rows.items())
    ]


def values(expression: str, rows: Mapping[str, Properties], *, wide: bool) -> dict[str, str | None]:
    """What the expression gives for each row, as text."""
    query = parse_sql_metric(f"SELECT {expression} AS value, properties.k FROM events GROUP BY k")
    path, found = run_by(CONNECTION, query, events_of(rows), prefer_wide=wide)
    assert path == ("wide" if wide else "proven")
    return {str(key): None if value is None else str(value) for value, key in found}


SIZES = {
    "number": {"size": "3", "other": "9"},
    "large": {"size": "70", "other": "9"},
    "junk": {"size": "many", "other": "9"},
    "empty": {"size": "", "other": "9"},
    "absent": {"other": "9"},
    "irregular": {"size": "+4e0", "other": "x"},
}


@pytest.mark.parametrize("wide", [False, True], ids=["fast", "wide"])
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("SUM(LEAST(CAST(properties.size AS DECIMAL), 5))", "number=3 large=5 irregular=4"),
        ("SUM(GREATEST(CAST(properties.size AS DECIMAL), 60))", "number=60 large=70 irregular=60"),
        ("SUM(LEAST(5, properties.size))", "number=3 large=5 irregular=4"),
        ("SUM(LEAST(properties.size, properties.other))", "number=3 large=9"),
        ("MAX(GREATEST(properties.size, properties.other, 0.5))", "number=9 large=70"),
        ("SUM(GREATEST(0, LEAST(properties.size, 60) - 2))", "number=1 large=58 irregular=2"),
        ("SUM(1 + LEAST(properties.size * 2, 10))", "number=7 large=11 irregular=9"),
        ("SUM(LEAST(properties.size, NULL))", ""),
        ("SUM(GREATEST(NULL, 1))", ""),
        ("SUM(LEAST(properties.size, CASE WHEN properties.other = '9' THEN 5 END))", "number=3 large=5"),
        ("LEAST(SUM(properties.size), 5)", "number=3 large=5 irregular=4"),
        ("GREATEST(MAX(CAST(properties.size AS DECIMAL)), COUNT(*))", "number=3 large=70 irregular=4"),
        # What to write for the other meaning.
        ("SUM(LEAST(COALESCE(CAST(properties.size AS DECIMAL), 0), 5))",
         "number=3 large=5 junk=0 empty=0 absent=0 irregular=4"),
        ("SUM(COALESCE(LEAST(CAST(properties.size AS DECIMAL), 5), 5))",
         "number=3 large=5 junk=5 empty=5 absent=5 irregular=4"),
        ("COUNT(LEAST(1, 2))", "number=1 large=1 junk=1 empty=1 absent=1 irregular=1"),
        # Texts, of which the empty one is a text, and instants.
        ("COUNT(LEAST(properties.size, 'm'))", "number=1 large=1 junk=1 empty=1 irregular=1 absent=0"),
        ("COUNT(GREATEST(UPPER(properties.size), properties.other, 'A'))",
         "number=1 large=1 junk=1 empty=1 irregular=1 absent=0"),
        ("DATE_DIFF('minute', '2026-03-01', "
         "MAX(LEAST(timestamp, CASE WHEN properties.other = '9' THEN timestamp END)))",
         "number=0 large=1 junk=2 empty=3 absent=4"),
    ],
)  # fmt: skip
def test_an_argument_that_is_not_there_leaves_nothing(expression: str, expected: str, wide: bool) -> None:
    wanted = dict(pair.split("=") for pair in expected.split())
    assert values(expression, SIZES, wide=wide) == {key: wanted.get(key) for key in SIZES}


@pytest.mark.parametrize("wide", [False, True], ids=["fast", "wide"])
@pytest.mark.parametrize(
    ("rest", "counted"),
    [
        ("WHERE LEAST(CAST(properties.size AS DECIMAL), 5) = 5", 1),
        ("WHERE GREATEST(CAST(properties.size AS DECIMAL), 60) >= 60", 3),
        ("WHERE NOT LEAST(CAST(properties.size AS DECIMAL), 5) = 5", 2),
        ("WHERE LEAST(CAST(properties.size AS DECIMAL), 5) IS NULL", 3),
        ("QUALIFY LEAST(SUM(properties.size) OVER (PARTITION BY properties.k), 5) = 5", 1),
    ],
)
def test_in_conditions_too(rest: str, counted: int, wide: bool) -> None:
    query = parse_sql_metric(f"SELECT COUNT(*) AS value FROM (SELECT properties.k AS k FROM events {rest}) t")
    _, rows = run_by(CONNECTION, query, events_of(SIZES), prefer_wide=wide)
    assert [int(str(value)) for (value,) in rows] == [counted]


def test_as_a_group_column_and_over_a_join_without_a_partner() -> None:
    events = events_of(SIZES)
    by = parse_sql_metric("SELECT COUNT(*) AS value, LEAST(properties.size, 'm') AS part FROM events GROUP BY part")
    _, rows = run_by(CONNECTION, by, events, prefer_wide=False)
    assert sorted(map(str, rows)) == sorted(
        map(str, [("1", "3"), ("1", "70"), ("1", "m"), ("1", ""), ("1", None), ("1", "+4e0")])
    )
    joined = parse_sql_metric(
        "SELECT COUNT(GREATEST(a.timestamp, b.timestamp)) AS value FROM events a "
        "LEFT JOIN events b ON b.properties.k = a.properties.k AND b.properties.other = '9'"
    )
    assert run_by(CONNECTION, joined, events, prefer_wide=False)[1] == [("5",)]


def generated(chance: random.Random, depth: int) -> tuple[str, object]:
    """An expression over a, b and c, and the same as nested tuples for `meaning`."""
    form = chance.choice(("LEAST", "GREATEST", "COALESCE", "+", "-", "*", "CASE")) if depth else "leaf"
    if form == "leaf":
        leaf = chance.choice(("a", "b", "c", "1", "2.5", "-3"))
        return (f"CAST(properties.{leaf} AS DECIMAL)", leaf) if leaf.isalpha() else (leaf, Decimal(leaf))
    parts = [generated(chance, chance.randrange(depth)) for _ in range(2 if form in "+-*" else chance.randint(1, 3))]
    texts = [text for text, _ in parts]
    if form in "+-*":
        text = f"({texts[0]} {form} {texts[1]})"
    elif form == "CASE":
        text = f"CASE WHEN properties.a = '1' THEN {texts[0]} END"
    else:
        text = f"{form}({', '.join(texts)})"
    return text, (form, *(meant for _, meant in parts))


def meaning(meant: object, properties: Properties) -> Decimal | None:
    """What a generated expression says of one event, worked out without SQL."""
    if isinstance(meant, Decimal):
        return meant
    if isinstance(meant, str):
        plain = plain_text(properties.get(meant, ""))
        return None if plain is None else Decimal(plain)
    assert isinstance(meant, tuple)
    form, *parts = meant
    found = [meaning(part, properties) for part in parts]
    if form == "CASE":
        return found[0] if properties.get("a") == "1" else None
    known = [value for value in found if value is not None]
    if form == "COALESCE":
        return known[0] if known else None
    if len(known) < len(found):
        return None
    if form in "+-*":
        left, right = known
        return {"+": left + right, "-": left - right, "*": left * right}[str(form)]
    return min(known) if form == "LEAST" else max(known)


@pytest.mark.parametrize("wide", [False, True], ids=["fast", "wide"])
def test_nested_expressions_mean_what_they_say(wide: bool) -> None:
    chance = random.Random(17)
    texts = ("1", "-2", "0.25", "junk", "", "3e1", None)
    for _ in range(40):
        rows = {
            f"r{at}": {name: text for name in "abc" if (text := chance.choice(texts)) is not None} for at in range(12)
        }
        expression, meant = generated(chance, 3)
        found = values(f"SUM({expression})", rows, wide=wide)
        wanted = {key: meaning(meant, properties) for key, properties in rows.items()}
        assert {key: None if value is None else Decimal(value) for key, value in found.items()} == wanted, expression


def test_one_in_the_other_does_not_double_each_time() -> None:
    expression = "CAST(properties.size AS DECIMAL)"
    for level in range(MAX_REPEATS - 2):
        expression = f"{'GREATEST' if level % 2 else 'LEAST'}(1 + {expression}, {level}.5)"
    query = parse_sql_metric(f"SELECT SUM({expression}) AS value FROM events")
    lowered = lower_numbers(query.select, profiles(events_of(SIZES)), 100)
    assert sum(1 for _ in lowered.select.walk()) < 1_000
