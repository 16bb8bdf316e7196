"""What the parts of the metric language mean, on events small enough to work out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from engine.errors import CatalogError
from engine.metrics.sql import parse_sql_metric
from tests.metrics.toy import Event, Row, connection, run

DAY = datetime(2026, 3, 1)


def event(hours: float, kind: str = "e", **properties: str) -> Event:
    return Event(DAY + timedelta(hours=hours), kind, properties)


EVENTS = [
    event(0, "call", user="u1", n="3", region="us"),
    event(1, "call", user="u1", n="5", region="us"),
    event(1, "call", user="u2", n="7", region="eu"),
    event(26, "call", user="u2", n="2", region="eu"),
    event(30, "stop", user="u1", n="x", region="us"),
    event(31, "stop", user="u3"),
]

SHAPES: list[tuple[str, list[Row]]] = [
    ("SELECT LATEST(properties.n) AS value FROM events", [(Decimal(2),)]),
    ("SELECT EARLIEST(properties.n) AS value, properties.user FROM events GROUP BY user",
     [(Decimal(3), "u1"), (Decimal(7), "u2"), (None, "u3")]),
    # Equal timestamps: the later arrival wins, here the greater transaction id.
    ("SELECT LATEST(properties.n) AS value FROM events WHERE timestamp < '2026-03-01T02:00:00Z'", [(Decimal(7),)]),
    ("WITH d AS (SELECT properties.user AS u, DATE_TRUNC('day', timestamp) AS d, MAX(properties.n) AS m FROM events "
     "GROUP BY 1, 2) SELECT SUM(m) AS value, u FROM d GROUP BY u",
     [(Decimal(5), "u1"), (Decimal(9), "u2"), (None, "u3")]),
    ("SELECT SUM(n) AS value FROM (SELECT CAST(properties.n AS INT) AS n FROM events "
     "QUALIFY ROW_NUMBER() OVER (PARTITION BY properties.user ORDER BY timestamp) = 1)", [(Decimal(10),)]),
    ("SELECT COUNT(*) AS value FROM events a JOIN events b ON a.properties.user = b.properties.user "
     "AND b.timestamp > a.timestamp", [(4,)]),
    ("SELECT COUNT(*) AS value FROM events a WHERE EXISTS (SELECT 1 FROM events b WHERE b.event_type = 'stop' "
     "AND b.properties.user = a.properties.user)", [(4,)]),
    ("SELECT COUNT(*) AS value FROM events WHERE properties.user NOT IN (SELECT properties.user FROM events "
     "WHERE event_type = 'stop')", [(2,)]),
    ("SELECT SUM(c) AS value FROM (SELECT COUNT(*) AS c, properties.user FROM events GROUP BY 2 "
     "ORDER BY c DESC LIMIT 1)",
     [(3,)]),
    ("SELECT COUNT(*) AS value FROM (SELECT properties.user FROM events WHERE event_type = 'call' "
     "EXCEPT SELECT properties.user FROM events WHERE event_type = 'stop')", [(1,)]),
    ("SELECT COUNT(*) AS value FROM ((SELECT event_type FROM events) EXCEPT "
     "((SELECT event_type FROM events WHERE event_type = 'call') UNION ALL (SELECT 'stop' FROM events)))", [(0,)]),
    ("SELECT SUM(gap) AS value FROM (SELECT DATE_DIFF('minute', LAG(timestamp) OVER (ORDER BY timestamp), timestamp) "
     "AS gap FROM events)", [(1860,)]),
    ("SELECT COUNT(*) AS value, EXTRACT(hour FROM timestamp) AS h FROM events GROUP BY h HAVING COUNT(*) > 1",
     [(2, "1")]),
    ("SELECT COUNT(*) AS value, CAST(timestamp AS DATE) AS day FROM events GROUP BY ALL",
     [(3, "2026-03-01"), (3, "2026-03-02")]),
    ("SELECT COUNT(*) FILTER (WHERE properties.region = 'us') AS value FROM events", [(3,)]),
    ("SELECT SUM(properties.n) FILTER (WHERE properties.region = 'us') AS value FROM events", [(Decimal(8),)]),
    ("SELECT SUM(IF(properties.region = 'us', 2, 0.5)) AS value FROM events", [(Decimal("7.5"),)]),
    ("SELECT SUM(CASE properties.region WHEN 'us' THEN 1 WHEN 'eu' THEN 10 END) AS value FROM events", [(23,)]),
    ("SELECT COUNT(*) AS value, UPPER(properties.region) || '-' || LEFT(event_type, 1) AS k FROM events GROUP BY k",
     [(1, "US-s"), (1, None), (2, "EU-c"), (2, "US-c")]),
    ("SELECT COUNT(*) AS value FROM events WHERE regexp_matches(properties.user, '^u[12]$')", [(5,)]),
    ("SELECT COUNT(*) AS value FROM events WHERE timestamp ≥ '2026-03-02' AND event_type ≠ 'stop'", [(1,)]),
    ("SELECT COUNT(*) AS value FROM events WHERE timestamp >= TIMESTAMP '2026-03-01T05:30:00+05:30' + INTERVAL 1 DAY",
     [(3,)]),
    ("SELECT SUM(a.s) * MAX(t.n) AS value FROM (SELECT SUM(properties.n) AS s FROM events) a "
     "CROSS JOIN (SELECT COUNT(*) AS n FROM events) t", [(Decimal(102),)]),
    ("SELECT n * 2 AS value FROM (SELECT COUNT(*) + 1 AS n FROM events)", [(Decimal(14),)]),
    ("SELECT COUNT(*) + 1 AS n, COUNT(*) AS value FROM events HAVING n * 2 = 14", [("7", 6)]),
    ("SELECT SUM(s) AS value FROM (SELECT SUM(CAST(properties.n AS INT)) OVER (ORDER BY timestamp "
     "ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM events WHERE event_type = 'call')", [(Decimal(32),)]),
    ("WITH peaks AS (SELECT properties.user AS u, DATE_TRUNC('day', timestamp) AS t, MAX(properties.n) AS p "
     "FROM events GROUP BY 1, 2), stops AS (SELECT properties.user AS u, DATE_TRUNC('hour', timestamp) AS t, "
     "COUNT(*) AS c FROM events WHERE event_type = 'call' GROUP BY 1, 2) SELECT SUM(stops.c * peaks.p) AS value "
     "FROM stops ASOF JOIN peaks ON stops.u = peaks.u AND stops.t >= peaks.t", [(Decimal(19),)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "rows"), SHAPES, ids=range(len(SHAPES)))
def test_rows(text: str, rows: list[Row]) -> None:
    assert run(connection(), parse_sql_metric(text), EVENTS) == rows


@pytest.mark.parametrize(
    ("text", "additive"),
    [
        ("SELECT COUNT(*) AS value FROM events", True),
        ("SELECT 3 * SUM(properties.a) AS value, properties.k FROM events GROUP BY k", True),
        ("SELECT COUNT(*) - COUNT(properties.a) AS value FROM events", True),
        ("SELECT COALESCE(SUM(properties.a), 0) + COALESCE(SUM(properties.b), 0) AS value FROM events", True),
        ("SELECT SUM(properties.a / 3) AS value FROM events", True),
        # In a part of the window where no event has b, the sum of both is NULL and a would be lost.
        ("SELECT SUM(properties.a) + SUM(properties.b) AS value FROM events", False),
        ("SELECT COUNT(*) + 1 AS value FROM events", False),
        ("SELECT SUM(properties.a) / 3 AS value FROM events", False),
        ("SELECT SUM(properties.a) * SUM(properties.a) AS value FROM events", False),
        ("SELECT COALESCE(SUM(properties.a), 5) AS value FROM events", False),
        ("SELECT AVG(properties.a) AS value FROM events", False),
        ("SELECT COUNT(DISTINCT properties.a) AS value FROM events", False),
        ("SELECT COUNT(*) AS value, MAX(CAST(properties.k AS VARCHAR)) AS k FROM events", False),
        ("SELECT COUNT(*) AS value, event_type FROM events GROUP BY 2 HAVING COUNT(*) > 1", False),
        ("SELECT COUNT(*) AS value FROM events a JOIN events b ON a.event_type = b.event_type", False),
        ("SELECT SUM(n) AS value FROM (SELECT COUNT(*) AS n FROM events)", False),
        ("SELECT COUNT(*) AS value FROM events WHERE event_type IN (SELECT event_type FROM events)", False),
        ("SELECT DISTINCT COUNT(*) AS value FROM events", False),
        ("SELECT CASE WHEN COUNT(*) > 5 THEN 5 ELSE COUNT(*) END AS value FROM events", False),
    ],
)
def test_additive_only_when_certain(text: str, additive: bool) -> None:
    query = parse_sql_metric(text)
    assert query.additive is additive


def test_additive_queries_add_up_over_any_split() -> None:
    con = connection()
    for text in (
        "SELECT SUM(properties.n) AS value FROM events",
        "SELECT 2 * COUNT(properties.region) AS value FROM events",
    ):
        query = parse_sql_metric(text)
        whole = run(con, query, EVENTS)[0][0]
        for cut in range(len(EVENTS) + 1):
            parts = [run(con, query, part)[0][0] or 0 for part in (EVENTS[:cut], EVENTS[cut:])]
            assert sum(parts) == whole  # type: ignore[arg-type]


def test_what_a_query_reads_is_named() -> None:
    query = parse_sql_metric(
        'SELECT LATEST(properties.resource.cpu) AS value, properties."weird key" AS k FROM events '
        "WHERE event_type = 'a' GROUP BY k"
    )
    assert query.properties == (("resource", "cpu"), ("weird key",))
    assert query.event_columns == ("event_type", "ingested_at", "timestamp", "transaction_id")
    assert (query.columns, query.value_column, query.group_columns) == (("value", "k"), "value", ("k",))


def test_the_quantity_is_the_column_value_whatever_its_case_else_the_first() -> None:
    assert parse_sql_metric("SELECT event_type, COUNT(*) AS Value FROM events GROUP BY 1").value_column == "Value"
    assert parse_sql_metric("SELECT COUNT(*) AS n, event_type FROM events GROUP BY 2").value_column == "n"
    assert parse_sql_metric("SELECT COUNT(*) FROM events").columns == ("value",)


def test_results_do_not_depend_on_threads() -> None:
    tied = [
        Event(DAY + timedelta(hours=i % 3), properties={"user": f"u{i % 50}", "n": str(i)}, transaction_id=f"t{i}")
        for i in range(2000)
    ]
    for text in (
        "SELECT LATEST(properties.n) AS value, properties.user FROM events GROUP BY user",
        "SELECT SUM(n) AS value FROM (SELECT CAST(properties.n AS INT) AS n FROM events ORDER BY timestamp LIMIT 100)",
        "SELECT SUM(d) AS value FROM (SELECT CAST(properties.n AS INT) - LAG(CAST(properties.n AS INT)) "
        "OVER (PARTITION BY properties.user ORDER BY timestamp) AS d FROM events)",
    ):
        query = parse_sql_metric(text)
        assert run(connection(1), query, tied) == run(connection(8), query, tied[::-1])


def test_strict_mode_takes_the_documented_surface_and_nothing_else() -> None:
    documented = (
        "SELECT ROUND(SUM(CASE WHEN properties.t = 'a' AND NOT properties.u IS NULL THEN LEAST(1, 2) ELSE 0 END), 2) "
        "AS value, date_trunc('hour', timestamp) AS h FROM events WHERE event_type IN ('a') GROUP BY h"
    )
    assert parse_sql_metric(documented, strict=True).value_column == "value"
    assert parse_sql_metric("SELECT LATEST(properties.x) AS value FROM events", strict=True).columns == ("value",)
    for text in (
        "SELECT SUM(properties.x) AS value FROM events HAVING COUNT(*) > 1",
        "SELECT median(properties.x) AS value FROM events",
        "SELECT DATE_TRUNC('month', timestamp) AS m, COUNT(*) AS value FROM events GROUP BY m",
    ):
        parse_sql_metric(text)
        with pytest.raises(CatalogError, match="not portable"):
            parse_sql_metric(text, strict=True)
