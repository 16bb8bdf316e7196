"""What is accepted when a metric is defined does not stop in a run: patterns, replacements, intervals, nesting."""

from __future__ import annotations

import random
from datetime import datetime
from time import process_time

import duckdb
import pytest

from engine.errors import CatalogError
from engine.metrics.bounds import MAX_INTERVAL_YEARS, MAX_REPEATS
from engine.metrics.decimals import lower_numbers
from engine.metrics.sql import parse_sql_metric
from engine.values.numbers import NumberProfile
from tests.metrics.toy import Event, connection, run

CONNECTION = connection()
EVENTS = [
    Event(datetime(2026, 3, 1), properties={"a": "gpt-4 mini"}),
    Event(datetime(1970, 1, 1), properties={"a": ""}),
    Event(datetime(2200, 12, 31), properties={}),
]


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def accepted(sql: str) -> bool:
    try:
        parse_sql_metric(sql)
    except CatalogError:
        return False
    return True


def matching(pattern: str) -> str:
    return f"SELECT COUNT(*) AS value FROM events WHERE REGEXP_MATCHES(properties.a, {quoted(pattern)})"


def test_every_pattern_that_is_accepted_runs() -> None:
    chance = random.Random(5)
    parts = [
        *(
            r"\d",
            r"\w",
            r"\S",
            r"\b",
            r"\A",
            r"\Z",
            r"\z",
            r"\x41",
            r"\x4",
            r"\u0041",
            r"\a",
            r"\-",
            r"\.",
            r"\é",
            r"\0",
        ),
        *("a", "4", "é", " ", "'", ".", "^", "$", "|", "(", ")", "(?:", "(?i)", "[a-z]", "[^\\d]", r"[\b]", r"[\B]"),
        *(
            "[]a]",
            "[[:alpha:]]",
            "[[:^digit:](a)]",
            r"[[:alpha:]\b]",
            "[[:foo:]]",
            "*",
            "+",
            "?",
            "{2}",
            "{2,}",
            "{,3}",
            "{0,1000}",
            "{1001}",
            "{",
            "}",
            "]",
            r"\{2000\}",
        ),
    ]
    count = 0
    for _ in range(1500):
        pattern = "".join(chance.choice(parts) for _ in range(chance.randint(1, 6)))
        if accepted(matching(pattern)):
            count += 1
            CONNECTION.execute("SELECT regexp_matches($text, $pattern)", {"text": "gpt-4", "pattern": pattern})
    assert count > 250


@pytest.mark.parametrize(
    "pattern",
    [
        r"a\Z",
        r"\u0041",
        r"\U00000041",
        "a{1001}",
        "(ab){2,1001}",
        "a{,3}",
        r"[\b]",
        r"\é",
        r"[a\é]",
        r"\1(a)",
        "[[:foo:]]",
    ],
)
def test_what_the_database_cannot_read_or_reads_otherwise_is_refused(pattern: str) -> None:
    assert not accepted(matching(pattern))


def test_every_replacement_that_is_accepted_runs() -> None:
    chance = random.Random(6)
    parts = ("\\", "\\\\", "0", "1", "2", "3", "9", "a", "", "$1")
    patterns = ("a", "(a)", "(g)(p)|(x)", "((a)|b)")
    wrong = 0
    for _ in range(400):
        pattern, replacement = chance.choice(patterns), "".join(chance.choice(parts) for _ in range(4))
        call = f"REGEXP_REPLACE(properties.a, {quoted(pattern)}, {quoted(replacement)}, 'g')"
        values = {"text": "gpt-4", "pattern": pattern, "replacement": replacement}
        works = True
        try:
            CONNECTION.execute("SELECT regexp_replace($text, $pattern, $replacement, 'g')", values)
        except duckdb.InvalidInputException:
            works = False
        assert accepted(f"SELECT COUNT(*) AS value, {call} AS b FROM events GROUP BY b") == works, (
            pattern,
            replacement,
        )
        wrong += not works
    assert 50 < wrong < 350


@pytest.mark.parametrize(
    ("pattern", "groups"),
    [("a", 0), ("(a)", 1), ("(?:a)(b)", 1), ("((a)|(b))", 3), (r"\(a\)", 0), ("[(]a", 0), ("[[:alpha:](a)]", 0)],
)
def test_a_group_is_one_that_the_pattern_has(pattern: str, groups: int) -> None:
    for group in range(5):
        call = f"REGEXP_EXTRACT(properties.a, {quoted(pattern)}, {group})"
        assert accepted(f"SELECT COUNT(*) AS value, {call} AS b FROM events GROUP BY b") == (group <= groups)


LONGEST = {
    "SECOND": MAX_INTERVAL_YEARS * 366 * 86_400,
    "MINUTE": MAX_INTERVAL_YEARS * 366 * 1_440,
    "HOUR": MAX_INTERVAL_YEARS * 366 * 24,
    "DAY": MAX_INTERVAL_YEARS * 366,
    "WEEK": MAX_INTERVAL_YEARS * 366 // 7,
    "MONTH": MAX_INTERVAL_YEARS * 366 // 31,
    "QUARTER": MAX_INTERVAL_YEARS * 366 // 92,
    "YEAR": MAX_INTERVAL_YEARS,
}


@pytest.mark.parametrize("unit", LONGEST)
@pytest.mark.parametrize("sign", ["", "-"])
def test_the_longest_interval_runs_and_a_longer_one_is_refused(unit: str, sign: str) -> None:
    def moved(amount: int) -> str:
        later = f"timestamp + INTERVAL '{sign}{amount}' {unit}"
        return f"SELECT COUNT(*) AS value, DATE_TRUNC('day', {later}) AS d FROM events GROUP BY d"

    query = parse_sql_metric(moved(LONGEST[unit]))
    assert len(run(CONNECTION, query, EVENTS)) == len(EVENTS)
    assert not accepted(moved(LONGEST[unit] + 1))
    assert not accepted(moved(10**30))


def test_intervals_are_added_up_over_the_whole_metric() -> None:
    half = f"INTERVAL {MAX_INTERVAL_YEARS // 2} YEAR"
    moved = f"SELECT timestamp + {half} AS t FROM events"
    assert accepted(
        f"SELECT COUNT(t) AS value FROM ({moved}) x WHERE t < '2026-01-01' - {half}".replace("t < '", "t < DATE '")
    )
    assert not accepted(f"SELECT COUNT(t) AS value FROM ({moved}) x WHERE t + {half} > t + INTERVAL 1 SECOND")


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("NULLIF({}, 1)", "CAST(properties.n AS DECIMAL)"),
        ("LEAST(CASE WHEN properties.a = 'x' THEN {} ELSE 2 END, 3)", "CAST(properties.n AS DECIMAL)"),
        ("CAST({} = 1 AS INT)", "1"),
        ("(SELECT AVG({}) FROM events)", "properties.n"),
    ],
)
def test_what_doubles_its_argument_is_nested_only_so_deep(outer: str, inner: str) -> None:
    texts = []
    for _ in range(MAX_REPEATS + 1):
        inner = outer.format(inner)
        texts.append(f"SELECT COUNT({inner}) AS value FROM events")
    began = process_time()
    query = parse_sql_metric(texts[MAX_REPEATS - 3])
    lower_numbers(query.select, {"n": NumberProfile(9, 5, 2, not_numbers=1)}, 100)
    assert process_time() - began < 10
    assert not accepted(texts[-1])
