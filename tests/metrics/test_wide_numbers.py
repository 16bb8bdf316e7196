"""The wide path: sums and comparisons stay exact when the digits of the data do not fit 38."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from engine.executors.metric_failures import Failure, failure_of
from engine.metrics.decimals import LoweredQuery, lower_numbers
from engine.metrics.overflow import needs_more_digits
from engine.metrics.properties import property_accesses, property_path, property_table
from engine.metrics.query import MetricQuery
from engine.metrics.scope import PropertyStore, Scope, scoped_rows
from engine.metrics.sql import parse_sql_metric
from engine.metrics.wide import text_as_units, wide_sum
from engine.values.numbers import QUOTIENT_PLACES, NumberProfile, plain_text
from tests.metrics.test_lateral_equals_loop import ALIASES, LANDED, TEXTS, WINDOWS, files
from tests.metrics.toy import Event, Row, column_name, connection, load, profiles

__all__ = ["files"]

START = datetime(2026, 3, 1)
CONNECTIONS = {threads: connection(threads) for threads in (1, 2, 4)}

#: Numbers in every way they may be written, up to 45 digits before the point and 40 after it.
NUMBERS = st.builds(
    lambda sign, whole, fraction, exponent: f"{sign}{whole}{fraction}{exponent}",
    st.sampled_from(("", "-", "+")),
    st.integers(0, 10**30).map(str) | st.integers(0, 99).map(str),
    st.just("") | st.just(".") | st.integers(0, 10**25).map(lambda digits: f".{digits}"),
    st.just("") | st.integers(-15, 15).map(lambda power: f"e{power}"),
)
VALUES = st.sampled_from(("junk", "", "1e30", "-1e30", "1e-10", "0", "-0", "007.500")) | NUMBERS


def events_of(values: Sequence[str | None], groups: Sequence[str] = ("a",)) -> list[Event]:
    return [
        Event(
            START + timedelta(seconds=i),
            properties={"g": groups[i % len(groups)], **({} if value is None else {"x": value})},
            transaction_id=f"t{i:04}",
        )
        for i, value in enumerate(values)
    ]


def readable(lowered: LoweredQuery) -> str:
    """The SQL of a lowered query over the toy's table."""
    for access in list(property_accesses(lowered.select)):
        path = property_path(access)
        assert path is not None
        access.replace(exp.column(column_name(path), table=property_table(access), quoted=True))
    return lowered.select.sql("duckdb")


def run_by(
    con: duckdb.DuckDBPyConnection, query: MetricQuery, events: Sequence[Event], *, prefer_wide: bool
) -> tuple[str, list[Row]]:
    """The path taken and the rows, all values as text. Fails when a column is not exact."""
    renamed = [
        Event(e.timestamp, e.event_type, {f"properties.{k}": v for k, v in e.properties.items()}, e.transaction_id)
        for e in events
    ]
    load(con, renamed, [column_name(path) for path in query.properties])
    lowered = lower_numbers(query.select, profiles(events), max(len(events), 1), prefer_wide=prefer_wide)
    sql = readable(lowered)
    result = con.execute(sql)
    kinds = {name: str(kind) for name, kind, *_ in result.description or ()}
    assert not any("DOUBLE" in kind or "FLOAT" in kind for kind in kinds.values()), sql
    if lowered.exact_path == "wide":
        assert kinds[query.value_column] == "VARCHAR", sql
    rows = [tuple(None if each is None else _plain(each) for each in row) for row in result.fetchall()]
    return lowered.exact_path, sorted(rows, key=repr)


def _plain(value: object) -> object:
    return plain_text(str(value)) if isinstance(value, (Decimal, int)) else value


def plain(number: Fraction) -> str:
    """An exact decimal as the wide path writes it."""
    with localcontext() as context:
        context.prec = 500
        text = plain_text(format(Decimal(number.numerator) / Decimal(number.denominator), "f"))
    assert text is not None
    return text


def fraction(value: str | None) -> Fraction | None:
    text = None if value is None else plain_text(value)
    return None if text is None else Fraction(text)


@settings(max_examples=15, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=30), st.integers(1, 4))
def test_sums_minima_maxima_and_latest_equal_fractions_at_any_number_of_threads(
    values: list[str], group_count: int
) -> None:
    groups = [f"g{number}" for number in range(group_count)]
    events = events_of(values, groups)
    query = parse_sql_metric(
        "SELECT properties.g, SUM(properties.x) AS value, MIN(properties.x)::VARCHAR AS low, "
        "MAX(properties.x)::VARCHAR AS high, LATEST(properties.x)::VARCHAR AS latest FROM events GROUP BY 1"
    )
    expected: list[Row] = []
    for index, group in enumerate(groups[: len(values)]):
        found = [number for value in values[index::group_count] if (number := fraction(value)) is not None]
        numbers = (sum(found), min(found), max(found), found[-1]) if found else ()
        expected.append((group, *(plain(Fraction(number)) for number in numbers)) if found else (group, *[None] * 4))
    for con in CONNECTIONS.values():
        assert run_by(con, query, events, prefer_wide=True) == ("wide", sorted(expected, key=repr))


@settings(max_examples=15, deadline=None)
@given(NUMBERS, NUMBERS, NUMBERS)
def test_arithmetic_and_comparisons_equal_fractions(x: str, y: str, z: str) -> None:
    a, b, c = (fraction(each) or Fraction(0) for each in (x, y, z))
    text = """SELECT MAX(x) + MAX(y) - MAX(z) AS value, (-MAX(x))::VARCHAR AS negated,
        (MAX(x) * MAX(y))::VARCHAR AS product,
        (MAX(x) / -1024)::VARCHAR AS quotient, (MAX(x) / 0.3)::VARCHAR AS third, ABS(MAX(z))::VARCHAR AS size,
        GREATEST(MAX(x), MAX(y), 0.5)::VARCHAR AS most, LEAST(MAX(x), 7)::VARCHAR AS least,
        CASE WHEN MAX(x) > MAX(y) THEN 'more' WHEN MAX(x) = MAX(y) THEN 'same' ELSE 'less' END AS compared,
        ROUND(MAX(x), 3)::VARCHAR AS rounded, FLOOR(MAX(y))::VARCHAR AS below, CEIL(MAX(z))::VARCHAR AS above,
        COALESCE(MAX(none), MAX(z))::VARCHAR AS present, SIGN(MAX(y))::VARCHAR AS sign
        FROM (SELECT CAST(properties.x AS DECIMAL) AS x, CAST(properties.y AS DECIMAL) AS y,
              CAST(properties.z AS DECIMAL) AS z, CAST(properties.none AS DECIMAL) AS none FROM events) t"""
    events = [Event(START, properties={"x": x, "y": y, "z": z})]
    compared = "more" if a > b else "same" if a == b else "less"
    expected = (
        *map(plain, (a + b - c, -a, a * b, rounded(a / -1024, QUOTIENT_PLACES))),
        *map(plain, (rounded(a / Fraction("0.3"), QUOTIENT_PLACES), abs(c), max(a, b, Fraction("0.5")))),
        *map(plain, (min(a, Fraction(7)),)),
        compared,
        *map(plain, (rounded(a, 3), Fraction(b // 1), Fraction(-(-c // 1)), c, Fraction((b > 0) - (b < 0)))),
    )
    assert run_by(CONNECTIONS[2], parse_sql_metric(text), events, prefer_wide=True) == ("wide", [expected])


def rounded(number: Fraction, places: int) -> Fraction:
    """Half away from zero."""
    magnitude = int(abs(number) * 10**places + Fraction(1, 2))
    return Fraction(-magnitude if number < 0 else magnitude, 10**places)


@pytest.mark.parametrize(
    ("values", "total"),
    [
        (["1e30", "-1e30", "1e-10"], "0.0000000001"),
        (["9" * 38, "9" * 38, "-" + "9" * 38, "-" + "9" * 38, "0.5"], "0.5"),
        (["1e40", "1", "-1e40"], "1"),
        (["1e99", "1e-100"], "1" + "0" * 99 + "." + "0" * 99 + "1"),
        (["0.1", "1e37", "junk", None], "1" + "0" * 37 + ".1"),
        (["-0", "0e5", "0.000"], "0"),
    ],
)
def test_what_does_not_fit_takes_the_wide_path_by_itself(values: list[str | None], total: str) -> None:
    query = parse_sql_metric("SELECT SUM(properties.x) AS value FROM events")
    path, rows = run_by(CONNECTIONS[2], query, events_of(values), prefer_wide=values == ["-0", "0e5", "0.000"])
    assert (path, rows) == ("wide", [(total,)])


ORDINARY = NumberProfile(values=10**6, integer_digits=18, fraction_digits=12)


@pytest.mark.parametrize("rows", [1, 10**6, 9_999_999])
@pytest.mark.parametrize(
    "quantity",
    [
        "SUM(properties.x)",
        "MAX(properties.x)",
        "LATEST(properties.x)",
        "AVG(properties.x) * 0 + COUNT(*)",
        "SUM(CASE WHEN properties.k = 'a' THEN CAST(properties.x AS DECIMAL) ELSE 0 END)",
        "SUM(properties.x) - MIN(properties.x)",
    ],
)
def test_ordinary_data_takes_the_fast_path(quantity: str, rows: int) -> None:
    known = {"x": ORDINARY, "k": NumberProfile(values=10**6, not_numbers=10**6)}
    if "AVG" in quantity:
        # A quotient has 12 places of its own; the dividend is the sum.
        known["x"] = NumberProfile(values=10**6, integer_digits=12, fraction_digits=6)
    lowered = lower_numbers(parse_sql_metric(f"SELECT {quantity} AS value FROM events").select, known, rows)
    assert lowered.exact_path == "proven"
    assert "BIGNUM" not in lowered.select.sql("duckdb").upper()


def test_a_single_odd_value_changes_the_path_and_no_total() -> None:
    query = parse_sql_metric("SELECT SUM(properties.x) AS value, properties.g FROM events GROUP BY 2")
    ordinary = ["1.25", "-3", "1000000.000001"] * 5
    fast = run_by(CONNECTIONS[2], query, events_of(ordinary, ("a", "b")), prefer_wide=False)
    # The sixteenth value belongs to group b.
    slow = run_by(CONNECTIONS[2], query, events_of([*ordinary, "1e60"], ("a", "b")), prefer_wide=False)
    assert fast == ("proven", [("1999993.500002", "b"), ("2999997.750003", "a")])
    assert slow == ("wide", [("1" + "0" * 53 + "1999993.500002", "b"), ("2999997.750003", "a")])


WIDE_SHAPES = [
    "SELECT SUM(properties.n * properties.x) AS value FROM events",
    "SELECT SUM(properties.n / -0.3) AS value FROM events",
    "SELECT AVG(properties.n) FILTER (WHERE CAST(properties.x AS DECIMAL) > 0.5) AS value FROM events",
    "SELECT quantile_disc(properties.n, 0.3) AS value, quantile_cont(properties.x, 0.35) AS b FROM events",
    "SELECT SUM(d) AS value FROM (SELECT CAST(properties.n AS DECIMAL) - LAG(CAST(properties.n AS DECIMAL), 1, 0) "
    "OVER (ORDER BY timestamp) AS d FROM events) t",
    "SELECT SUM(CASE WHEN CAST(properties.n AS DECIMAL) IN (1, 2.5, 100) THEN 1 ELSE -0.5 END) AS value FROM events",
    "SELECT SUM(n) AS value FROM (SELECT SUM(properties.x) AS n FROM events UNION ALL SELECT SUM(properties.n) "
    "FROM events UNION ALL SELECT NULL FROM events UNION SELECT COUNT(*) FROM events) t",
    "SELECT COUNT(*) AS value, CAST(properties.n AS DECIMAL) AS k FROM events WHERE CAST(properties.n AS DECIMAL) IN "
    "(SELECT CAST(properties.x AS DECIMAL) FROM events) OR CAST(properties.n AS DECIMAL) > 0.1 GROUP BY k",
    "SELECT LATEST(properties.n) AS value, EARLIEST(properties.n)::VARCHAR AS e, "
    "ARG_MAX(properties.x, properties.n)::VARCHAR AS m FROM events",
    "SELECT COUNT(DISTINCT CAST(properties.n AS DECIMAL)) AS value, SUM(DISTINCT CAST(properties.x AS DECIMAL)) AS s "
    "FROM events",
    "SELECT SUM(s) AS value FROM (SELECT SUM(CAST(properties.n AS DECIMAL)) OVER (PARTITION BY properties.region "
    "ORDER BY timestamp ROWS 2 PRECEDING) AS s FROM events QUALIFY RANK() OVER (ORDER BY properties.n) > 2) t",
    "SELECT CAST(properties.n AS DECIMAL) AS value FROM events GROUP BY 1 ORDER BY value LIMIT 3",
    "SELECT DISTINCT CAST(properties.n AS DECIMAL) AS value FROM events ORDER BY value DESC LIMIT 3",
    "SELECT SUM(CAST(properties.n AS INT)) * 3 - COUNT(*) AS value FROM events",
    "SELECT SUM(CAST(SPLIT_PART(properties.n, '.', 1) AS DECIMAL)) AS value FROM events",
    "SELECT SUM(properties.n) AS value, properties.region FROM events GROUP BY 2 HAVING AVG(properties.n) * 2 > 2.5",
    "SELECT AVG(properties.n) AS value, properties.region FROM events GROUP BY 2 "
    "QUALIFY RANK() OVER (ORDER BY AVG(properties.n) DESC) = 1",
    "SELECT SUM(properties.n / CASE WHEN CAST(properties.x AS DECIMAL) <> 0 THEN CAST(properties.x AS DECIMAL) END) "
    "AS value FROM events",
    "SELECT SUM(properties.n % NULLIF(CAST(properties.x AS DECIMAL), 0)) AS value, "
    "(SUM(properties.n) / SUM(properties.x))::VARCHAR AS r FROM events WHERE properties.region IS NOT NULL",
    "SELECT COUNT(*) AS value, properties.region FROM events GROUP BY 2 HAVING SUM(properties.n) % 7 > 1",
    "SELECT SUM(n) AS value FROM (SELECT properties.region, RANK() OVER (ORDER BY COUNT(*)) + CASE WHEN COUNT(*) > 9 "
    "THEN 1 ELSE LAG(SUM(properties.n), 1, 5) OVER (PARTITION BY COUNT(*) > 9 ORDER BY properties.region) END AS n "
    "FROM events GROUP BY 1 HAVING AVG(properties.n) > 1 QUALIFY ROW_NUMBER() OVER (ORDER BY properties.region) < 3) t",
    "SELECT SUM(n) AS value FROM (SELECT RANK() OVER (PARTITION BY properties.region ORDER BY CAST(properties.n AS "
    "DECIMAL) / 3, CAST(properties.n AS DECIMAL) % NULLIF(CAST(properties.x AS DECIMAL), 0)) AS n FROM events) t",
]


@pytest.fixture(scope="module")
def mixed() -> list[Event]:
    chance = random.Random(3)
    found = []
    for number in range(300):
        wanted = {
            "user": chance.choice(("u1", "u2", "u3", None)),
            "n": chance.choice(("1", "2.5", "x", "7", "-0.125", "1e2", "+3", None)),
            "x": chance.choice(("1.5", "-3", "0", "12.25", None)),
            "region": chance.choice(("us", "eu", None)),
        }
        properties = {name: text for name, text in wanted.items() if text is not None}
        moment = START + timedelta(hours=chance.randint(0, 71))
        found.append(Event(moment, chance.choice(("call", "stop")), properties, f"t{number}"))
    return found


@pytest.mark.parametrize("text", [*TEXTS, *WIDE_SHAPES])
def test_both_paths_agree_on_ordinary_data(text: str, mixed: list[Event]) -> None:
    query = parse_sql_metric(text)
    fast = run_by(CONNECTIONS[2], query, mixed, prefer_wide=False)
    wide = run_by(CONNECTIONS[2], query, mixed, prefer_wide=True)
    assert (fast[0], wide[0]) == ("proven", "wide")
    assert wide[1] == fast[1]


@pytest.mark.parametrize("text", [*TEXTS, *(text for text in WIDE_SHAPES if "properties.x" not in text)])
def test_the_wide_path_means_the_same_for_all_windows_at_once(files: duckdb.DuckDBPyConnection, text: str) -> None:
    query = parse_sql_metric(text)
    known = profiles([event for _, event in LANDED])
    lowered = lower_numbers(query.select, known, len(LANDED), prefer_wide=True)
    scoped = scoped_rows(query, lowered.select, Scope(PropertyStore(known))).sql("duckdb")
    at_once = Counter(tuple(row) for row in files.execute(scoped).fetchall())
    alone = connection(1)
    looped: Counter[tuple[object, ...]] = Counter()
    for window, customer, start, end in WINDOWS:
        events = [e for c, e in LANDED if ALIASES[c] == customer and start <= e.timestamp < end]
        _, rows = run_by(alone, query, events, prefer_wide=True)
        looped.update((window, *row) for row in rows)
    assert at_once == looped
    assert looped or "HAVING" in text


def test_dictionary_encoded_files_do_not_cast_what_a_case_leaves_out(tmp_path: Path) -> None:
    con = CONNECTIONS[2]
    load(con, events_of(["junk", "1e50", "1", "x"] * 500), ["g", "x"])
    con.execute("DROP TABLE IF EXISTS landed")
    con.execute(f"COPY (SELECT g, x FROM events) TO '{tmp_path}/e.parquet'")
    query = parse_sql_metric("SELECT SUM(properties.x) AS value FROM events")
    lowered = lower_numbers(query.select, profiles(events_of(["junk", "1e50", "1", "x"])), 2000)
    sql = readable(lowered).replace('"properties.x"', "x").replace("FROM events", f"FROM '{tmp_path}/e.parquet'")
    assert con.execute(sql).fetchall() == [("5" + "0" * 49 + "500",)]


def test_a_division_is_checked_by_the_database_before_it_takes_the_wide_path() -> None:
    known = {name: NumberProfile(9, integer_digits=30, fraction_digits=8) for name in ("x", "y")}
    for sign, path in {"%": "checked", "/": "checked", "-": "wide"}.items():
        query = parse_sql_metric(f"SELECT SUM(properties.x) {sign} SUM(properties.y) AS value FROM events")
        assert lower_numbers(query.select, known, 10**6).exact_path == path


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT SUM(x) FROM (SELECT repeat('9', 38)::DECIMAL(38, 0) AS x FROM range(5))",
        "SELECT SUM(x) OVER () FROM (SELECT repeat('9', 38)::DECIMAL(38, 0) AS x FROM range(5))",
        "SELECT x * x FROM (SELECT repeat('9', 20)::DECIMAL(38, 2) AS x)",
        "SELECT x + x FROM (SELECT repeat('9', 38)::DECIMAL(38, 0) AS x)",
        "SELECT -x - x FROM (SELECT repeat('9', 38)::DECIMAL(38, 0) AS x)",
        "SELECT x::DECIMAL(38, 2) FROM (SELECT repeat('9', 38)::DECIMAL(38, 0) AS x)",
        "SELECT x::DECIMAL(38, 2) FROM (SELECT repeat('9', 38)::HUGEINT AS x)",
        "SELECT x::DECIMAL(38, 2) FROM (SELECT repeat('9', 38) AS x)",
        "SELECT SUM(x) FROM (SELECT ('1' || repeat('0', 38))::HUGEINT AS x FROM range(3))",
        "SELECT whole_quotient(repeat('9', 38)::HUGEINT, 3)",
        "SELECT too_many_digits('0.1234567890123')",
        "SELECT repeat('9', 40)::HUGEINT",
    ],
)
def test_an_overflow_is_told_from_other_errors(sql: str) -> None:
    with pytest.raises(duckdb.Error) as raised:
        CONNECTIONS[1].execute(sql).fetchall()
    assert needs_more_digits(raised.value)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT whole_quotient(1, 0)",
        "SELECT 'a'::DATE",
        "SELECT TIMESTAMP '290000-01-01' + INTERVAL 9999 YEAR",
        "SELECT nothing",
        "SELECT 'x'::INTEGER",
    ],
)
def test_other_errors_are_not_taken_for_an_overflow(sql: str) -> None:
    with pytest.raises(duckdb.Error) as raised:
        CONNECTIONS[1].execute(sql).fetchall()
    assert not needs_more_digits(raised.value)


def test_sums_of_exact_texts_are_exact() -> None:
    texts = ["1e30", "-1e30", "1e-10", "123.5"]
    total = wide_sum(exp.column("x"), 10)
    sql = exp.select(total).from_("(SELECT unnest($1) AS x)").sql("duckdb")
    assert CONNECTIONS[2].execute(sql, [[plain_text(text) for text in texts]]).fetchall() == [("123.5000000001",)]
    assert CONNECTIONS[2].execute(sql, [[]]).fetchall() == [(None,)]


@pytest.mark.parametrize(
    ("text", "places", "units"),
    [
        ("1.25", 2, 125),
        ("-0.05", 2, -5),
        ("0", 38, 0),
        ("7", 0, 7),
        ("1.255", 2, None),
        ("9" * 36 + ".99", 2, 10**38 - 1),
        ("9" * 37 + ".99", 2, None),
        ("-" + "9" * 38, 0, 1 - 10**38),
        ("1" + "0" * 38, 0, None),
        ("0." + "0" * 99 + "1", 12, None),
        (None, 2, None),
    ],
)
def test_a_text_becomes_units_only_when_it_fits_exactly(text: str | None, places: int, units: int | None) -> None:
    sql = exp.select(text_as_units(exp.Placeholder(this="text"), places)).sql("duckdb")
    assert CONNECTIONS[1].execute(sql, {"text": text}).fetchall() == [(units,)]


@settings(max_examples=60, deadline=None)
@given(
    st.integers(-(10**90), 10**90),
    st.integers(-(10**90), 10**90),
    st.integers(1, 10**18 - 1) | st.integers(1, 10**60),
    st.integers(0, 60),
)
def test_the_macros_equal_python(a: int, b: int, divisor: int, places: int) -> None:
    sql = """SELECT wide_text(a, $4), wide_product(a, b)::VARCHAR, wide_quotient(a, d)::VARCHAR,
        wide_quotient(a, -d)::VARCHAR, wide_safe_quotient(a, d)::VARCHAR, wide_remainder(a, -d)::VARCHAR,
        wide_rounded(a, $4)::VARCHAR, wide_floor(a, $4)::VARCHAR, wide_ceil(a, $4)::VARCHAR, wide_shift(a, $4)::VARCHAR
        FROM (SELECT $1::BIGNUM AS a, $2::BIGNUM AS b, $3::BIGNUM AS d)"""
    quotient, unit = abs(a) // divisor * (-1 if a < 0 else 1), 10**places
    near = int(rounded(Fraction(a, unit), 0))
    rest = a - quotient * divisor
    whole = (a * b, quotient, -quotient, quotient, rest, near, a // unit, -(-a // unit), a * unit)
    row = CONNECTIONS[1].execute(sql, [str(a), str(b), str(divisor), places]).fetchone()
    assert row == (plain(Fraction(a, unit)), *map(str, whole))


@pytest.mark.parametrize("divisor", [10**18, 10**18 + 1, 7 * 10**40, 10**19 - 1, 3])
def test_a_divisor_divides_by_its_digits_and_its_zeros_apart(divisor: int) -> None:
    tops = [0, 1, divisor - 1, divisor, divisor + 1, -divisor, 5 * divisor // 2, 10**60 - 1]
    sql = "SELECT wide_quotient(top::BIGNUM, $2::BIGNUM)::VARCHAR FROM (SELECT unnest($1) AS top)"
    rows = CONNECTIONS[2].execute(sql, [[str(top) for top in tops], str(divisor)]).fetchall()
    assert [int(found) for (found,) in rows] == [abs(top) // divisor * (-1 if top < 0 else 1) for top in tops]


@pytest.mark.parametrize("call", ["wide_quotient", "wide_remainder", "whole_quotient", "whole_remainder"])
def test_a_division_by_zero_is_an_error_but_of_nothing(call: str) -> None:
    kind = "BIGNUM" if call.startswith("wide") else "HUGEINT"
    zero = f"SELECT {call}(top::{kind}, '0'::{kind}) FROM (SELECT unnest($1) AS top)"
    assert CONNECTIONS[1].execute(zero, [[None]]).fetchall() == [(None,)]
    with pytest.raises(duckdb.Error) as raised:
        CONNECTIONS[1].execute(zero, [["5"]]).fetchall()
    assert failure_of(raised.value) is Failure.DIVIDES_BY_ZERO
    nothing = f"SELECT {call}('5'::{kind}, bottom::{kind}) FROM (SELECT unnest($1) AS bottom)"
    assert CONNECTIONS[1].execute(nothing, [[None]]).fetchall() == [(None,)]


@pytest.mark.parametrize(
    ("sql", "failure"),
    [
        ("SELECT 5 // i FROM range(1) t(i)", Failure.DIVIDES_BY_ZERO),
        ("SELECT TIMESTAMP '290000-01-01' + INTERVAL (i * 9999) YEAR FROM range(2) t(i)", Failure.OUT_OF_RANGE),
        ("SELECT (2147483647 + i)::INTEGER + 1::INTEGER FROM range(1) t(i)", Failure.OUT_OF_RANGE),
        ("SELECT (i || 'x')::DECIMAL(38, 0) FROM range(1) t(i)", None),
        ("SELECT (i || 'x')::BIGINT FROM range(1) t(i)", None),
        ("SELECT nothing", None),
        ("SELECT error('anything else')", None),
        ("SELECT * FROM read_parquet('/nowhere')", None),
    ],
)
def test_what_the_data_did_is_told_from_what_is_broken(sql: str, failure: Failure | None) -> None:
    with pytest.raises(duckdb.Error) as raised:
        CONNECTIONS[1].execute(sql).fetchall()
    assert failure_of(raised.value) is failure
