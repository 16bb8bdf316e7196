"""Numbers stay exact: text to decimal, quotients, percentiles, and decimals of different scales meeting."""

from __future__ import annotations

import inspect
import random
import re
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import pytest
from sqlglot import exp

from engine.metrics import arithmetic, exact_calls, wide
from engine.metrics.decimals import lower_numbers, to_decimal
from engine.metrics.group_conditions import WITH_LAMBDA
from engine.metrics.properties import property_access
from engine.metrics.sql import parse_sql_metric
from engine.values.numbers import QUOTIENT_PLACES, NumberProfile, plain_text
from tests.metrics.toy import Event, compiled, connection, load, profiles, run

NOT_NUMBERS = ("", " 1", "1 ", "1_0", "0x1F", "nan", "inf", "-", ".", "e5", "1e", "1e12345", "١", "1\n", "−1", "1,0")
START = datetime(2026, 3, 1)
SOURCES = [Path(inspect.getfile(module)) for module in (arithmetic, exact_calls, wide)]
CALLED = re.compile(r"\"([A-Z_]+)\"")


def texts(seed: int, count: int) -> list[str]:
    chance = random.Random(seed)

    def digits(most: int) -> str:
        return "".join(chance.choice("0123456789") for _ in range(chance.randint(0, most)))

    found = list(NOT_NUMBERS)
    for _ in range(count):
        most = chance.choice((2, 4, 8))
        exponent = chance.choice(("", "", "e" + chance.choice(("", "+", "-")) + str(chance.randint(0, 5)), "E3"))
        found.append(
            chance.choice(("", "", "+", "-")) + digits(most) + chance.choice(("", ".")) + digits(most) + exponent
        )
    return found


def events_of(values: list[str], name: str = "x") -> list[Event]:
    return [Event(START + timedelta(seconds=i), properties={name: value}) for i, value in enumerate(values)]


def quantized(fraction: Fraction) -> Decimal:
    """A fraction at the places of a quotient, half away from zero."""
    magnitude = int(abs(fraction) * 10**QUOTIENT_PLACES + Fraction(1, 2))
    with localcontext() as context:
        context.prec = 100
        return Decimal(-magnitude if fraction < 0 else magnitude).scaleb(-QUOTIENT_PLACES)


def test_text_is_read_as_the_one_grammar_says() -> None:
    values = texts(1, 4000)
    events = events_of(values)
    con = connection()
    load(con, [Event(e.timestamp, properties={"properties.x": e.properties["x"]}) for e in events], ["properties.x"])
    select = exp.select(exp.alias_(to_decimal(property_access(("x",), "events")), "n")).from_("events")
    lowered = lower_numbers(select, profiles(events), len(events))
    for access in list(lowered.select.find_all(exp.Bracket)):
        access.replace(exp.column("properties.x", table="events", quoted=True))
    ordered = lowered.select.order_by("timestamp") if isinstance(lowered.select, exp.Select) else lowered.select
    got = [row[0] for row in con.execute(ordered.sql("duckdb")).fetchall()]
    for value, number in zip(values, got, strict=True):
        plain = plain_text(value)
        assert (None if plain is None else Decimal(plain)) == number, repr(value)


def test_expanding_a_number_agrees_with_python_at_any_length() -> None:
    chance = random.Random(2)
    values = [
        f"{chance.choice(('', '-', '+'))}{chance.randint(0, 10 ** chance.randint(1, 110))}"
        f"{chance.choice(('', '.', f'.{chance.randint(0, 10 ** chance.randint(1, 110))}'))}"
        f"{chance.choice(('', f'e{chance.randint(-120, 120)}'))}"
        for _ in range(3000)
    ]
    rows = connection().execute("SELECT expanded_number(x) FROM (SELECT unnest($1) AS x)", [values]).fetchall()
    for value, (expanded,) in zip(values, rows, strict=True):
        assert (None if expanded is None else plain_text(expanded)) == plain_text(value), value


def test_a_plain_column_is_cast_without_a_check_and_a_mixed_one_with() -> None:
    query = parse_sql_metric("SELECT SUM(properties.x) AS value FROM events")
    plain = lower_numbers(query.select, {"x": NumberProfile(9, 5, 2)}, 100)
    mixed = lower_numbers(query.select, {"x": NumberProfile(9, 5, 2, not_numbers=1)}, 100)
    assert "REGEXP" not in plain.select.sql("duckdb")
    assert "REGEXP_FULL_MATCH" in mixed.select.sql("duckdb")
    assert (plain.scale, plain.exact_path, mixed.scale) == (2, "proven", 2)


def test_a_division_is_checked_by_the_database_and_takes_the_wide_path_where_its_numbers_fit_no_decimal() -> None:
    query = parse_sql_metric("SELECT SUM(properties.x) % 7.5 AS value FROM events")
    paths = {places: lower_numbers(query.select, {"x": NumberProfile(9, 30, places)}, 10**6) for places in (6, 12)}
    assert {places: lowered.exact_path for places, lowered in paths.items()} == {6: "checked", 12: "wide"}


CALLS = [Event(START, properties={"k": k, "x": x}) for k, x in (("a", "1"), ("a", "2"), ("b", "5"), ("c", "0.5"))]


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("GROUP BY k HAVING AVG(properties.x) > 1", "a b"),
        ("GROUP BY k HAVING SUM(properties.x) / NULLIF(COUNT(*), 0) < 1.5", "c"),
        ("GROUP BY k HAVING SUM(properties.x) / COUNT(*) < 1.5", "c"),
        ("GROUP BY k HAVING median(properties.x) >= 1.5 AND k <> 'b'", "a"),
        ("GROUP BY k HAVING AVG(properties.x) > 0 ORDER BY AVG(properties.x) DESC LIMIT 2", "a b"),
        ("WHERE properties.k <> 'a' GROUP BY k HAVING AVG(properties.x) < 9 ORDER BY k DESC LIMIT 1", "c"),
        ("GROUP BY k HAVING AVG(properties.x) > 9", ""),
        ("GROUP BY k HAVING AVG(properties.x) > 1 QUALIFY ROW_NUMBER() OVER (ORDER BY SUM(properties.x)) = 1", "a"),
        ("GROUP BY k HAVING SUM(properties.x) / COUNT(*) > 1 QUALIFY LAG(k, 1, '') OVER (ORDER BY k DESC) = 'b'", "a"),
        (
            "GROUP BY k HAVING AVG(properties.x) < 5 QUALIFY CASE WHEN k = 'a' THEN 1 ELSE CAST(ROW_NUMBER() OVER "
            "(PARTITION BY COUNT(*) > 1 ORDER BY k) AS INT) + 1 END = 2",
            "c",
        ),
        ("GROUP BY k QUALIFY ROW_NUMBER() OVER (ORDER BY AVG(properties.x) DESC) = 1", "b"),
        ("GROUP BY k QUALIFY RANK() OVER (ORDER BY SUM(properties.x) / NULLIF(COUNT(*), 0)) = 1", "c"),
    ],
)
def test_quotients_stand_in_having_and_in_orders(text: str, groups: str) -> None:
    query = parse_sql_metric(f"SELECT COUNT(*) AS value, properties.k AS k FROM events {text}")
    assert sorted(str(row[1]) for row in run(connection(), query, CALLS)) == groups.split()


def test_the_macros_with_lambdas_are_known() -> None:
    macros = re.split(r"CREATE OR REPLACE TEMP MACRO ", files("engine.executors").joinpath("macros.sql").read_text())[
        1:
    ]
    bodies = {macro.partition("(")[0]: macro.partition(" AS")[2] for macro in macros}
    with_lambda = {name for name, body in bodies.items() if "lambda" in body}
    for _ in bodies:
        with_lambda |= {n for n, body in bodies.items() if any(re.search(rf"\b{m}\(", body) for m in with_lambda)}
    called = {name.lower() for name in CALLED.findall("".join(path.read_text() for path in SOURCES))} & bodies.keys()
    assert {name.lower() for name in WITH_LAMBDA} == with_lambda & called


@pytest.mark.parametrize("most", [6, 20, 34])
def test_quotients_equal_fractions(most: int) -> None:
    chance = random.Random(most)
    pairs = [
        (chance.randint(-(10 ** chance.randint(1, 19)), 10**19), chance.choice((1, -1)) * chance.randint(1, 10**most))
        for _ in range(3000)
    ]
    sql = "SELECT whole_quotient(n::HUGEINT, d::HUGEINT) FROM (SELECT unnest($1) AS n, unnest($2) AS d)"
    rows = connection().execute(sql, [[str(n) for n, _ in pairs], [str(d) for _, d in pairs]]).fetchall()
    for (top, bottom), (got,) in zip(pairs, rows, strict=True):
        assert got == quantized(Fraction(top, bottom)), (top, bottom)


@pytest.mark.parametrize("divisor", ["3", "7", "60", "1000", "1024", "1073741824", "0.3", "250"])
def test_division_in_a_metric(divisor: str) -> None:
    values = ["1", "-2.5", "1000000000000", "0.000001", "123456789.987654", "0"]
    query = parse_sql_metric(f"SELECT SUM(CAST(properties.x AS DECIMAL) / {divisor}) AS value FROM events")
    with localcontext() as context:
        context.prec = 60
        expected = sum(quantized(Fraction(Decimal(value)) / Fraction(divisor)) for value in values)
    assert run(connection(), query, events_of(values)) == [(expected,)]


def test_average_is_exact_and_skips_what_is_no_number() -> None:
    query = parse_sql_metric("SELECT AVG(properties.x) AS value FROM events")
    assert run(connection(), query, events_of(["1", "2", "2", "many"])) == [(quantized(Fraction(5, 3)),)]
    assert run(connection(), query, events_of(["many"])) == [(None,)]


def test_division_by_zero_is_an_error_unless_guarded() -> None:
    con = connection()
    bare = parse_sql_metric("SELECT SUM(properties.x) / SUM(properties.x) AS value FROM events")
    with pytest.raises(Exception, match="divides by zero"):
        run(con, bare, events_of(["1", "-1"]))
    guarded = parse_sql_metric("SELECT SUM(properties.x) / NULLIF(SUM(properties.x), 0) AS value FROM events")
    assert run(con, guarded, events_of(["1", "-1"])) == [(None,)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("CASE WHEN properties.k = 'a' THEN SUM(properties.x) ELSE SUM(properties.y) END", "0.00000000001"),
        ("COALESCE(SUM(properties.none), SUM(properties.y))", "0.00000000001"),
        ("LEAST(SUM(properties.x), SUM(properties.y))", "0.00000000001"),
        ("SUM(properties.x) + SUM(properties.y)", "1.50000000001"),
        ("SUM(properties.x) % SUM(properties.y)", "0"),
        ("CASE WHEN SUM(properties.y) > 0.00 THEN 1 ELSE 0 END", "1"),
    ],
)
def test_scales_that_meet_are_never_rounded(expression: str, expected: str) -> None:
    events = [Event(START, properties={"k": "b", "x": "1.5", "y": "0.00000000001"})]
    text = f"SELECT {expression} AS value, properties.k FROM events GROUP BY properties.k"
    assert run(connection(), parse_sql_metric(text), events) == [(Decimal(expected), "b")]


def test_a_union_of_scales_keeps_both() -> None:
    events = [Event(START, properties={"x": "1.5", "y": "0.00000000001"})]
    branches = "SELECT SUM(properties.x) AS n FROM events UNION ALL SELECT SUM(properties.y) FROM events"
    query = parse_sql_metric(f"SELECT SUM(n) AS value FROM ({branches}) t")
    assert run(connection(), query, events) == [(Decimal("1.50000000001"),)]


def test_whole_number_casts_take_whole_numbers_only() -> None:
    query = parse_sql_metric("SELECT SUM(CAST(properties.x AS INT)) AS value FROM events")
    assert run(connection(), query, events_of(["1", "2.0", "1e1", "0.5", "-3"])) == [(Decimal(10),)]


def test_a_cast_rounds_only_to_a_scale_that_is_written() -> None:
    con, events = connection(), events_of(["0.0005", "-0.0005"])
    kept = parse_sql_metric("SELECT MAX(CAST(properties.x AS DECIMAL)) AS value FROM events")
    rounded = parse_sql_metric("SELECT MAX(CAST(properties.x AS DECIMAL(10, 3))) AS value FROM events")
    assert run(con, kept, events) == [(Decimal("0.0005"),)]
    assert run(con, rounded, events) == [(Decimal("0.001"),)]


@pytest.mark.parametrize(("share", "expected"), [("0", "1"), ("0.5", "2.75"), ("0.95", "9.1"), ("1", "10")])
def test_continuous_percentiles_are_exact(share: str, expected: str) -> None:
    query = parse_sql_metric(f"SELECT quantile_cont(properties.x, {share}) AS value FROM events")
    assert run(connection(), query, events_of(["10", "1", "5.5", "1.0", "2.75"])) == [(Decimal(expected),)]


@pytest.mark.parametrize(("share", "expected"), [("0", "1"), ("0.5", "2"), ("0.51", "3"), ("1", "4")])
def test_discrete_percentiles_take_a_value_that_occurs(share: str, expected: str) -> None:
    query = parse_sql_metric(f"SELECT quantile_disc(properties.x, {share}) AS value FROM events")
    assert run(connection(), query, events_of(["4", "1", "3", "2"])) == [(Decimal(expected),)]


def test_number_groups_come_out_as_plain_text() -> None:
    query = parse_sql_metric("SELECT CAST(properties.x AS DECIMAL) AS k, COUNT(*) AS value FROM events GROUP BY k")
    assert run(connection(), query, events_of(["1.50", "1.5", "1.25", "100"])) == [("1.25", 1), ("1.5", 2), ("100", 1)]


def test_rounding_macros_round_as_their_names_say() -> None:
    sql = "SELECT round_up(x, 2), round_down(x, 2), round_half_up(x, 2) FROM (SELECT unnest($1)::DECIMAL(38, 5) AS x)"
    rows = connection().execute(sql, [["1.251", "-1.251", "1.255", "-1.255", "1.25"]]).fetchall()
    shown = [tuple(str(value) for value in row) for row in rows]
    assert shown == [
        ("1.26", "1.25", "1.25"),
        ("-1.25", "-1.26", "-1.25"),
        ("1.26", "1.25", "1.26"),
        ("-1.25", "-1.26", "-1.26"),
        ("1.25", "1.25", "1.25"),
    ]


def test_placeholders_are_all_replaced() -> None:
    text = "SELECT AVG(properties.x) + median(properties.x) + CAST(MAX(properties.x) AS DECIMAL) AS value FROM events"
    query = parse_sql_metric(text)
    tree = compiled(query, {"x": NumberProfile(9, 5, 2)})
    names = {str(node.this).upper() for node in tree.find_all(exp.Anonymous)}
    assert not {name for name in names if name.startswith(("TO_", "EXACT_", "PLAIN_TEXT"))}


def test_a_number_inside_a_text_that_does_not_fit_is_an_error_and_never_dropped() -> None:
    query = parse_sql_metric("SELECT SUM(CAST(SPLIT_PART(properties.x, '/', 1) AS DECIMAL)) AS value FROM events")
    assert run(connection(), query, events_of(["1.5/a", "none/b", "2e3/c"])) == [(Decimal("2001.5"),)]
    with pytest.raises(Exception, match=r"more digits than it can hold exactly: 0\.1234567890123"):
        run(connection(), query, events_of(["0.1234567890123/a"]))


def test_a_number_inside_json_does_not_trust_the_profile_of_its_text() -> None:
    query = parse_sql_metric("SELECT SUM(properties.resource.cpu) AS value FROM events")
    lowered = lower_numbers(query.select, {"resource": NumberProfile(9, not_numbers=9)}, 100)
    assert "TOO_MANY_DIGITS" in lowered.select.sql("duckdb")
