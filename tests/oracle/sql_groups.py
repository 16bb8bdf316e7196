"""SQL metrics that group, add up and count, in one query or in two."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction

from tests.oracle.metering import Event, Row
from tests.oracle.numbers import divide
from tests.oracle.sql_metric import SqlMetric, by, grouped, highest, known, of, of_type, reads, text, total, value


def tokens_by_region(events: Sequence[Event]) -> list[Row]:
    return [
        {"total_tokens": total(value(event, "tokens") for event in members), "region": region}
        for region, members in grouped(of_type(events, "api_call"), by("region")).items()
    ]


def peak_per_user(events: Sequence[Event]) -> list[Row]:
    return [
        {"user_id": user, "value": highest(value(event, "storage") for event in members)}
        for user, members in grouped(of_type(events, "heartbeat"), by("user_id")).items()
    ]


def average_daily_peak(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    groups = grouped(of_type(events, "heartbeat"), lambda event: (text(event, "user_id"), text(event, "region")))
    for (user, region), members in groups.items():
        days = grouped(members, lambda event: event["timestamp"].date())
        peaks = total(highest(value(event, "storage") for event in day) for day in days.values())
        average = None if peaks is None else divide(peaks, Fraction(len(days)))
        rows.append({"value": average, "user_id": user, "region": region})
    return rows


def users_by_region(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    for region, members in grouped(of_type(events, "api_call"), by("region")).items():
        users = {text(event, "user_id") for event in members} - {None}
        rows.append({"value": Fraction(len(users)), "region": region})
    return rows


def average_tokens(events: Sequence[Event]) -> list[Row]:
    numbers = known(value(event, "tokens") for event in of_type(events, "api_call"))
    return [{"Value": divide(sum(numbers, Fraction(0)), Fraction(len(numbers))) if numbers else None}]


def nested_tokens(events: Sequence[Event]) -> list[Row]:
    groups = grouped(events, lambda event: (text(event, "resource.hardware"), text(event, "model")))
    return [
        {
            "value": total(value(event, "usage.tokens") for event in members),
            "resource.hardware": hardware,
            "model": model,
        }
        for (hardware, model), members in groups.items()
    ]


def users_with_one_call(events: Sequence[Event]) -> list[Row]:
    groups = grouped(of_type(events, "api_call"), lambda event: (text(event, "user_id"), text(event, "region")))
    rare = [(region, Fraction(1)) for (_, region), members in groups.items() if len(members) == 1]
    totals: dict[str | None, Fraction] = defaultdict(Fraction)
    for region, one in rare:
        totals[region] += one
    return [{"region": region, "value": users} for region, users in totals.items()]


GROUPS = (
    SqlMetric(
        "Tokens by region",
        "SELECT SUM(properties.tokens) AS total_tokens, properties.region\n"
        "FROM events\n"
        "WHERE event_type = 'api_call'\n"
        "GROUP BY properties.region\n",
        ("region",),
        tokens_by_region,
        reads("tokens", event_type="api_call"),
        matches=of("api_call"),
    ),
    SqlMetric(
        "Peak storage per user",
        "SELECT properties.user_id AS user_id, MAX(properties.storage) AS value\n"
        "FROM events\n"
        "WHERE event_type = 'heartbeat'\n"
        "GROUP BY properties.user_id\n",
        ("user_id",),
        peak_per_user,
        reads("storage", event_type="heartbeat"),
        matches=of("heartbeat"),
    ),
    SqlMetric(
        "Average daily peak",
        "SELECT SUM(max_daily_storage) / SUM(num_days) AS value, user_id, region\n"
        "FROM (\n"
        "    SELECT\n"
        "        date_trunc('day', timestamp) AS date,\n"
        "        properties.user_id AS user_id,\n"
        "        properties.region AS region,\n"
        "        MAX(properties.storage) AS max_daily_storage,\n"
        "        1 AS num_days\n"
        "    FROM events\n"
        "    WHERE event_type = 'heartbeat'\n"
        "    GROUP BY date, user_id, region\n"
        ")\n"
        "GROUP BY user_id, region\n",
        ("user_id", "region"),
        average_daily_peak,
        reads("storage", event_type="heartbeat"),
        matches=of("heartbeat"),
    ),
    SqlMetric(
        "Users by region",
        "SELECT count(DISTINCT properties.user_id) AS value, properties.region\n"
        "FROM events\n"
        "WHERE event_type = 'api_call'\n"
        "GROUP BY properties.region\n",
        ("region",),
        users_by_region,
        matches=of("api_call"),
    ),
    SqlMetric(
        "Average tokens",
        "SELECT AVG(properties.tokens) AS Value\nFROM events\nWHERE event_type = 'api_call'\n",
        (),
        average_tokens,
        reads("tokens", event_type="api_call"),
        matches=of("api_call"),
    ),
    SqlMetric(
        "Nested tokens",
        "SELECT\n"
        "    SUM(properties.usage.tokens) AS value,\n"
        '    properties.resource.hardware AS "resource.hardware",\n'
        "    properties.model AS model\n"
        "FROM events\n"
        "GROUP BY properties.resource.hardware, properties.model\n",
        ("resource.hardware", "model"),
        nested_tokens,
        reads("usage.tokens"),
    ),
    SqlMetric(
        "Users with one call",
        "SELECT region, count() AS value\n"
        "FROM (\n"
        "    SELECT properties.user_id AS user_id, properties.region AS region\n"
        "    FROM events\n"
        "    WHERE event_type = 'api_call'\n"
        "    GROUP BY properties.user_id, properties.region\n"
        "    HAVING count() = 1\n"
        ")\n"
        "GROUP BY region\n",
        ("region",),
        users_with_one_call,
        matches=of("api_call"),
    ),
)
