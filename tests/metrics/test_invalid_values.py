"""Values that are no numbers are counted for each metric, customer and day, and never for events that do not match."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import pytest

from engine.catalog.metric import Aggregation, BillableMetric, EventTypeFilter, PropertyFilter
from engine.metrics.invalid_values import COLUMNS, invalid_values_query
from engine.metrics.numeric_reads import numeric_reads
from engine.metrics.query import MetricQuery
from engine.metrics.scope import PropertyStore
from engine.metrics.sql import parse_sql_metric
from engine.metrics.streaming import streaming_query
from engine.values.numbers import NumberProfile
from tests.metrics.toy import Event, connection, profiles

NAMES = ("n", "m", "kind", "user")


@dataclass(frozen=True)
class Landed:
    """One event: who sent it, on which day of March, and its properties."""

    transaction_id: str
    customer: str = "acme"
    day: int = 1
    event_type: str = "call"
    properties: dict[str, str] = field(default_factory=dict)


def call(transaction_id: str, customer: str = "acme", day: int = 1, **properties: str) -> Landed:
    return Landed(transaction_id, customer, day, "call", properties)


def stop(transaction_id: str, **properties: str) -> Landed:
    return Landed(transaction_id, event_type="stop", properties=properties)


def store_of(events: Sequence[Landed]) -> PropertyStore:
    return PropertyStore(profiles([Event(datetime(2026, 3, 1), properties=each.properties) for each in events]))


def landed(events: Sequence[Landed]) -> duckdb.DuckDBPyConnection:
    con = connection()
    fields = ", ".join(f"{name} VARCHAR" for name in NAMES)
    con.execute(
        "CREATE TABLE event_files (transaction_id VARCHAR, customer_id VARCHAR, event_type VARCHAR, "
        f"timestamp TIMESTAMP, ingested_at TIMESTAMP, properties STRUCT({fields}))"
    )
    con.execute(
        "CREATE TABLE customer_aliases AS SELECT * FROM (VALUES ('acme', 'A'), ('beta', 'B')) t(alias, customer_id)"
    )
    for each in events:
        moment = datetime(2026, 3, each.day, 12)
        texts = {name: each.properties.get(name) for name in NAMES}
        con.execute(
            "INSERT INTO event_files VALUES (?, ?, ?, ?, ?, ?)",
            [each.transaction_id, each.customer, each.event_type, moment, moment, texts],
        )
    return con


def counted(
    metrics: Sequence[tuple[BillableMetric, MetricQuery]], events: Sequence[Landed]
) -> list[tuple[object, ...]]:
    """Rows of (metric, customer, day of March, events, samples, properties)."""
    store = store_of(events)
    # Fields that no event has are not in the files either.
    sql = invalid_values_query(metrics, store).sql("duckdb")
    result = landed(events).execute(sql)
    assert [name for name, *_ in result.description or ()] == list(COLUMNS)
    rows = result.fetchall()
    return [
        (name, customer, date.day, count, samples, properties)
        for _, name, customer, date, count, samples, properties in rows
    ]


def sql_metric(text: str, name: str = "usage") -> tuple[BillableMetric, MetricQuery]:
    return BillableMetric(id=f"id-{name}", name=name, sql=text), parse_sql_metric(text)


def streaming_metric(aggregation: Aggregation, key: str) -> tuple[BillableMetric, MetricQuery]:
    metric = BillableMetric(
        id="id-streaming",
        name="streaming",
        aggregation_type=aggregation,
        aggregation_key=key,
        event_type_filter=EventTypeFilter(in_values=("call",)),
        property_filters=(PropertyFilter(name=key, exists=True),),
    )
    return metric, streaming_query(metric, ())


EVENTS = [
    call("t1", n="1", m="2"),
    call("t2", n="many", m="2"),
    call("t3", n="", m="x", kind="free"),
    call("t4", n="1.5", m="3"),
    call("t5", m="3"),
    stop("t6", n="never", m="1"),
    call("t7", "beta", n="NaN", m="1", kind="free"),
    call("t8", "beta", day=2, n="0x1F", m="1", kind="paid"),
    call("t9", "unknown customer", n="who", m="1"),
]
A1, B1, B2 = "A1", "B1", "B2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The rows expected: customer and day, then the transaction ids of that row.
        ("SELECT SUM(properties.n) AS value FROM events", {A1: "t2 t3 t6", B1: "t7", B2: "t8"}),
        ("SELECT SUM(properties.n) AS value FROM events WHERE event_type = 'call'", {A1: "t2 t3", B1: "t7", B2: "t8"}),
        ("SELECT SUM(CAST(properties.n AS INT)) AS value FROM events", {A1: "t2 t3 t4 t6", B1: "t7", B2: "t8"}),
        ("SELECT MAX(properties.m) AS value FROM events", {A1: "t3"}),
        # One event with two bad values counts once.
        ("SELECT SUM(properties.n * properties.m) AS value FROM events WHERE event_type = 'call'",
         {A1: "t2 t3", B1: "t7", B2: "t8"}),
        ("SELECT COUNT(*) AS value FROM events WHERE CAST(properties.n AS DECIMAL) > 1 AND event_type = 'call'",
         {A1: "t2 t3", B1: "t7", B2: "t8"}),
        ("SELECT COUNT(*) AS value FROM events WHERE properties.n = 'many'", {}),
        # Neither bills the other argument in place of such a value, nor hides it.
        ("SELECT SUM(LEAST(properties.n, 5)) AS value FROM events WHERE event_type = 'call'",
         {A1: "t2 t3", B1: "t7", B2: "t8"}),
        ("SELECT SUM(GREATEST(COALESCE(CAST(properties.n AS DECIMAL), 0), 5)) AS value FROM events "
         "WHERE event_type = 'stop'", {A1: "t6"}),
        # A metric that asks whether there is a number deals with the others itself.
        ("SELECT SUM(properties.n) AS value FROM events WHERE CAST(properties.n AS DECIMAL) IS NOT NULL", {}),
        ("SELECT SUM(CASE WHEN properties.kind = 'free' THEN 0 ELSE CAST(properties.n AS DECIMAL) END) AS value "
         "FROM events WHERE event_type = 'call'", {A1: "t2", B2: "t8"}),
        ("SELECT SUM(properties.n) FILTER (WHERE properties.kind = 'paid') AS value FROM events", {B2: "t8"}),
        ("SELECT LATEST(properties.n) FILTER (WHERE properties.kind = 'free') AS value FROM events",
         {A1: "t3", B1: "t7"}),
        ("SELECT LATEST(properties.n) AS value FROM events WHERE event_type = 'stop'", {A1: "t6"}),
        # The number is read outside the sub-query that selects the property.
        ("SELECT SUM(x) AS value FROM (SELECT properties.n AS x FROM events WHERE event_type = 'stop') t", {A1: "t6"}),
        ("WITH c AS (SELECT properties.n AS x FROM events WHERE properties.kind = 'paid') "
         "SELECT MAX(x) AS value FROM c", {B2: "t8"}),
        ("SELECT SUM(x) AS value FROM (SELECT properties.n AS x FROM events WHERE event_type = 'stop' UNION ALL "
         "SELECT properties.m FROM events WHERE event_type = 'call') t", {A1: "t3 t6"}),
        # Of a join, the conditions that speak of one side only.
        ("SELECT SUM(b.properties.n) AS value FROM events a JOIN events b ON a.properties.user = b.properties.user "
         "AND b.event_type = 'stop' WHERE a.event_type = 'call'", {A1: "t6"}),
        ("SELECT COUNT(*) AS value FROM events a LEFT JOIN events b ON a.properties.user = b.properties.user "
         "AND a.event_type = 'stop' AND CAST(b.properties.n AS INT) = 1 AND b.properties.kind = 'paid'", {B2: "t8"}),
        # A condition on other rows is left out, so events that it would drop are counted too.
        ("SELECT SUM(properties.n) AS value FROM events a WHERE event_type = 'stop' AND EXISTS (SELECT 1 FROM events b "
         "WHERE b.properties.user = a.properties.user)", {A1: "t6"}),
        ("SELECT SUM(CAST(SPLIT_PART(properties.n, '.', 2) AS INT)) AS value FROM events WHERE properties.n = '1'",
         {A1: "t1"}),
        ("SELECT SUM(COALESCE(properties.n, properties.m)) AS value FROM events WHERE event_type = 'stop'", {A1: "t6"}),
        ("SELECT AVG(properties.n) AS value FROM events GROUP BY properties.kind HAVING COUNT(*) > 5",
         {A1: "t2 t3 t6", B1: "t7", B2: "t8"}),
    ],
)  # fmt: skip
def test_events_of_sql_metrics_that_read_no_number(text: str, expected: dict[str, str]) -> None:
    rows = counted([sql_metric(text)], EVENTS)
    assert {f"{customer}{day}": samples for _, customer, day, _, samples, _ in rows} == {
        row: ids.split()[:3] for row, ids in expected.items()
    }
    assert {f"{customer}{day}": count for _, customer, day, count, _, _ in rows} == {
        row: len(ids.split()) for row, ids in expected.items()
    }


def test_the_row_names_the_properties_and_a_few_transactions() -> None:
    events = [call(f"t{number}", n="bad", m="1") for number in range(9, 0, -1)] + [call("t0", n="1", m="worse")]
    assert counted([sql_metric("SELECT SUM(properties.n + properties.m) AS value FROM events")], events) == [
        ("usage", "A", 1, 10, ["t0", "t1", "t2"], ["m", "n"])
    ]


@pytest.mark.parametrize("aggregation", [Aggregation.SUM, Aggregation.MAX, Aggregation.LATEST])
def test_streaming_metrics_that_read_numbers(aggregation: Aggregation) -> None:
    assert counted([streaming_metric(aggregation, "n")], EVENTS) == [
        ("streaming", "A", 1, 2, ["t2", "t3"], ["n"]),
        ("streaming", "B", 1, 1, ["t7"], ["n"]),
        ("streaming", "B", 2, 1, ["t8"], ["n"]),
    ]


def test_a_distinct_count_reads_no_numbers() -> None:
    assert counted([streaming_metric(Aggregation.UNIQUE, "n")], EVENTS) == []


def test_several_metrics_are_told_apart_and_one_named_twice_is_counted_once() -> None:
    total = sql_metric("SELECT SUM(properties.n) AS value FROM events WHERE properties.kind = 'paid'", "total")
    most = sql_metric("SELECT MAX(properties.m) AS value FROM events", "most")
    assert counted([total, most, total], EVENTS) == [
        ("most", "A", 1, 1, ["t3"], ["m"]),
        ("total", "B", 2, 1, ["t8"], ["n"]),
    ]


@pytest.mark.parametrize(
    ("text", "known", "read"),
    [
        ("SELECT SUM(properties.n) AS value FROM events", NumberProfile(9, 3, 2), False),
        ("SELECT SUM(properties.n) AS value FROM events", NumberProfile(9, 3, 2, irregular=4), False),
        ("SELECT SUM(properties.n) AS value FROM events", NumberProfile(9, 3, 2, not_numbers=1), True),
        ("SELECT SUM(CAST(properties.n AS INT)) AS value FROM events", NumberProfile(9, 3, 2), True),
        ("SELECT SUM(CAST(properties.n AS INT)) AS value FROM events", NumberProfile(9, 3), False),
        ("SELECT SUM(properties.other) AS value FROM events", NumberProfile(9, 3, 2, not_numbers=1), False),
        ("SELECT SUM(properties.n.cpu) AS value FROM events", NumberProfile(9, not_numbers=9), True),
        ("SELECT SUM(CAST(LEFT(properties.n, 2) AS DECIMAL)) AS value FROM events", NumberProfile(9, 3), True),
        ("SELECT SUM(CAST(LEFT(properties.other, 2) AS DECIMAL)) AS value FROM events", NumberProfile(9, 3), False),
        ("SELECT COUNT(*) AS value FROM events", NumberProfile(9, not_numbers=9), False),
    ],
)
def test_metrics_whose_files_hold_no_such_value_are_not_read(text: str, known: NumberProfile, read: bool) -> None:
    query = invalid_values_query([sql_metric(text)], PropertyStore({"n": known}))
    assert ("event_files" in query.sql("duckdb")) is read


def test_a_number_of_too_many_digits_for_a_decimal_is_still_a_number() -> None:
    events = [call("t1", n="1e60"), call("t2", n="1e-60"), call("t3", n="1e101"), call("t4", n="many")]
    metric = sql_metric("SELECT SUM(properties.n) AS value FROM events")
    assert counted([metric], events) == [("usage", "A", 1, 2, ["t3", "t4"], ["n"])]


def test_each_read_is_found_once() -> None:
    query = parse_sql_metric(
        "SELECT AVG(properties.n) AS value, SUM(properties.n) AS s, MIN(properties.m) AS m FROM events"
    )
    assert [read.paths for read in numeric_reads(query.select)] == [(("n",),), (("m",),)]
