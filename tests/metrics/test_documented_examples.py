"""The three worked examples of Metronome's documentation, as printed (`spec/metering.md` §7.4), against rows
worked out by hand."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from engine.metrics.sql import parse_sql_metric
from tests.metrics.toy import Event, connection, run

STORAGE = """SELECT SUM(max_daily_storage) / SUM(num_days) as value, user_id, region
FROM (
    SELECT
        date_trunc('day', timestamp) as date,
        properties.user_id as user_id,
        properties.region as region,
        MAX(properties.storage_used) as max_daily_storage,
        1 as num_days
    FROM events
    WHERE event_type = 'storage_heartbeat'
    GROUP BY date, user_id, region
)
GROUP BY user_id, region
"""
COUNTED = """SELECT count() as value, properties.user_id, properties.region
FROM events
WHERE event_type = 'api_request'
GROUP BY user_id, region
"""
UNIQUE = """SELECT count(DISTINCT properties.user_id) as value,
       properties.region
FROM events
WHERE event_type = 'api_request'
GROUP BY properties.region
"""


def beat(day: int, hour: int, user: str, region: str, used: str) -> Event:
    properties = {"user_id": user, "region": region, "storage_used": used}
    return Event(datetime(2026, 3, day, hour), "storage_heartbeat", properties)


def call(user: str | None, region: str) -> Event:
    properties = {"region": region} if user is None else {"region": region, "user_id": user}
    return Event(datetime(2026, 3, 1), "api_request", properties)


def test_average_of_daily_peaks() -> None:
    query = parse_sql_metric(STORAGE)
    assert (query.columns, query.value_column) == (("value", "user_id", "region"), "value")
    assert query.group_columns == ("user_id", "region")
    assert query.properties == (("region",), ("storage_used",), ("user_id",))
    assert not query.additive
    # As text '9' > '10' > '100.5': the peaks of the first user are 100.5 on the 1st and 10 on the 2nd.
    events = [
        beat(1, 1, "u1", "us", "9"),
        beat(1, 2, "u1", "us", "100.5"),
        beat(2, 0, "u1", "us", "10"),
        beat(2, 23, "u1", "us", "9"),
        beat(1, 0, "u2", "eu", "1"),
        beat(5, 0, "u2", "eu", "1"),
        beat(9, 0, "u2", "eu", "2"),
        call("u1", "us"),
    ]
    assert run(connection(), query, events) == [
        (Decimal("1.333333333333"), "u2", "eu"),
        (Decimal("55.25"), "u1", "us"),
    ]


def test_count_by_output_names_of_properties() -> None:
    query = parse_sql_metric(COUNTED)
    assert query.additive
    events = [call("u1", "us"), call("u1", "us"), call("u1", "eu"), call("u2", "eu"), beat(1, 0, "u1", "us", "1")]
    assert run(connection(), query, events) == [(1, "u1", "eu"), (1, "u2", "eu"), (2, "u1", "us")]


def test_unique_users_per_region() -> None:
    query = parse_sql_metric(UNIQUE)
    assert not query.additive
    events = [call("u1", "us"), call("u1", "us"), call("u2", "us"), call(None, "us"), call(None, "eu")]
    assert run(connection(), query, events) == [(0, "eu"), (2, "us")]
