"""SQL metrics that depend on an order: the latest, the last of a day, the one before, the largest three.

Wherever the order that is written leaves two events equal, their timestamps, arrivals and ids decide, in this order
and upwards. NULLs come last.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from fractions import Fraction

from tests.oracle.metering import Event, Row
from tests.oracle.sql_metric import (
    SqlMetric,
    arrival,
    by,
    grouped,
    highest,
    of,
    of_type,
    reads,
    text,
    total,
    value,
)


def latest_storage(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    groups = grouped(of_type(events, "heartbeat"), lambda event: (text(event, "user_id"), text(event, "region")))
    for (user, region), members in groups.items():
        reported = [event for event in sorted(members, key=arrival) if value(event, "storage") is not None]
        rows.append({"value": value(reported[-1], "storage") if reported else None, "user_id": user, "region": region})
    return rows


def earliest_good_tokens(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    for model, members in grouped(events, by("model")).items():
        first = None
        for event in sorted(members, key=arrival, reverse=True):
            if text(event, "status") != "true" and text(event, "status") is not None:
                number = value(event, "tokens")
                first = first if number is None else number
        rows.append({"model": model, "value": first})
    return rows


def storage_at_the_peak(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    for region, members in grouped(events, by("region")).items():
        best: Event | None = None
        for event in sorted(members, key=arrival):
            tokens = value(event, "tokens")
            if tokens is None or value(event, "storage") is None:
                continue
            peak = None if best is None else value(best, "tokens")
            if peak is None or tokens >= peak:
                best = event
        rows.append({"value": None if best is None else value(best, "storage"), "region": region})
    return rows


def last_of_each_day(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    for user, members in grouped(of_type(events, "heartbeat"), by("user_id")).items():
        last = []
        for day in grouped(members, lambda event: event["timestamp"].date()).values():
            latest = max(event["timestamp"] for event in day)
            # Events of one instant go upwards by arrival and id, whichever way the instants go.
            last.append(min((event for event in day if event["timestamp"] == latest), key=arrival))
        rows.append({"value": total(value(event, "storage") for event in last), "user_id": user})
    return rows


def growth(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    for region, members in grouped(of_type(events, "heartbeat"), by("region")).items():
        steps: list[Fraction | None] = []
        before: Fraction | None = Fraction(0)
        for event in sorted(members, key=arrival):
            now = value(event, "storage")
            steps.append(None if now is None or before is None else now - before)
            before = now
        rows.append({"value": total(steps), "region": region})
    return rows


def three_in_a_row(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    for user, members in grouped(of_type(events, "api_call"), by("user_id")).items():
        frame: deque[Fraction | None] = deque(maxlen=3)
        sums = []
        for event in sorted(members, key=arrival):
            frame.append(value(event, "tokens"))
            sums.append(total(frame))
        rows.append({"value": highest(sums), "user_id": user})
    return rows


def three_largest(events: Sequence[Event]) -> list[Row]:
    def downwards(event: Event) -> tuple[bool, Fraction]:
        tokens = value(event, "tokens")
        return tokens is None, Fraction(0) if tokens is None else -tokens

    largest = sorted(sorted(of_type(events, "api_call"), key=arrival), key=downwards)[:3]
    return [{"value": total(value(event, "storage") for event in largest)}]


def first_day(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    for region, members in grouped(events, by("region")).items():
        first = min(event["timestamp"].date() for event in members)
        rows.append({"value": Fraction(sum(event["timestamp"].date() == first for event in members)), "region": region})
    return rows


def from_first_to_last(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    for model, members in grouped(events, by("model")).items():
        ordered = sorted(members, key=arrival)
        first, last = value(ordered[0], "tokens"), value(ordered[-1], "tokens")
        rows.append({"value": None if first is None or last is None else last - first, "model": model})
    return rows


def _of_good_status(event: Event) -> Sequence[str]:
    return ["tokens"] if text(event, "status") not in (None, "true") else ()


_HEARTBEAT = reads("storage", event_type="heartbeat")

ORDER = (
    SqlMetric(
        "Latest storage",
        "SELECT LATEST(properties.storage) AS value, properties.user_id, properties.region\n"
        "FROM events WHERE event_type = 'heartbeat' GROUP BY user_id, region\n",
        ("user_id", "region"),
        latest_storage,
        _HEARTBEAT,
        matches=of("heartbeat"),
    ),
    SqlMetric(
        "Earliest good tokens",
        "SELECT properties.model AS model, EARLIEST(properties.tokens) FILTER (WHERE properties.status <> 'true') "
        "AS value\nFROM events GROUP BY model\n",
        ("model",),
        earliest_good_tokens,
        _of_good_status,
    ),
    SqlMetric(
        "Storage at the peak of tokens",
        "SELECT ARG_MAX(properties.storage, properties.tokens) AS value, properties.region AS region\n"
        "FROM events GROUP BY properties.region\n",
        ("region",),
        storage_at_the_peak,
        reads("storage", "tokens"),
    ),
    SqlMetric(
        "Last storage of each day",
        "SELECT SUM(storage) AS value, user_id\n"
        "FROM (\n"
        "    SELECT CAST(properties.storage AS DECIMAL) AS storage, properties.user_id AS user_id\n"
        "    FROM events\n"
        "    WHERE event_type = 'heartbeat'\n"
        "    QUALIFY ROW_NUMBER() OVER (\n"
        "        PARTITION BY properties.user_id, DATE_TRUNC('day', timestamp) ORDER BY timestamp DESC\n"
        "    ) = 1\n"
        ")\n"
        "GROUP BY user_id\n",
        ("user_id",),
        last_of_each_day,
        _HEARTBEAT,
        matches=of("heartbeat"),
    ),
    SqlMetric(
        "Growth of storage",
        "SELECT SUM(step) AS value, region\n"
        "FROM (\n"
        "    SELECT\n"
        "        CAST(properties.storage AS DECIMAL) - LAG(CAST(properties.storage AS DECIMAL), 1, 0)\n"
        "            OVER (PARTITION BY properties.region ORDER BY timestamp) AS step,\n"
        "        properties.region AS region\n"
        "    FROM events\n"
        "    WHERE event_type = 'heartbeat'\n"
        ")\n"
        "GROUP BY region\n",
        ("region",),
        growth,
        _HEARTBEAT,
        matches=of("heartbeat"),
    ),
    SqlMetric(
        "Most tokens in three calls",
        "SELECT MAX(tokens) AS value, user_id\n"
        "FROM (\n"
        "    SELECT\n"
        "        SUM(CAST(properties.tokens AS DECIMAL)) OVER (\n"
        "            PARTITION BY properties.user_id ORDER BY timestamp ROWS BETWEEN 2 PRECEDING AND CURRENT ROW\n"
        "        ) AS tokens,\n"
        "        properties.user_id AS user_id\n"
        "    FROM events\n"
        "    WHERE event_type = 'api_call'\n"
        ")\n"
        "GROUP BY user_id\n",
        ("user_id",),
        three_in_a_row,
        reads("tokens", event_type="api_call"),
        matches=of("api_call"),
    ),
    SqlMetric(
        "Storage of the three largest calls",
        "SELECT SUM(storage) AS value\n"
        "FROM (\n"
        "    SELECT CAST(properties.storage AS DECIMAL) AS storage, CAST(properties.tokens AS DECIMAL) AS tokens\n"
        "    FROM events\n"
        "    WHERE event_type = 'api_call'\n"
        "    ORDER BY tokens DESC\n"
        "    LIMIT 3\n"
        ")\n",
        (),
        three_largest,
        reads("storage", "tokens", event_type="api_call"),
        matches=of("api_call"),
    ),
    SqlMetric(
        "Events of the first day",
        "SELECT COUNT(*) AS value, region\n"
        "FROM (\n"
        "    SELECT properties.region AS region\n"
        "    FROM events\n"
        "    QUALIFY RANK() OVER (PARTITION BY properties.region ORDER BY DATE_TRUNC('day', timestamp)) = 1\n"
        ")\n"
        "GROUP BY region\n",
        ("region",),
        first_day,
    ),
    SqlMetric(
        "From the first to the last tokens",
        "SELECT SUM(CASE WHEN place = 1 THEN last - first END) AS value, model\n"
        "FROM (\n"
        "    SELECT\n"
        "        FIRST_VALUE(CAST(properties.tokens AS DECIMAL))\n"
        "            OVER (PARTITION BY properties.model ORDER BY timestamp) AS first,\n"
        "        LAST_VALUE(CAST(properties.tokens AS DECIMAL)) OVER (\n"
        "            PARTITION BY properties.model ORDER BY timestamp\n"
        "            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING\n"
        "        ) AS last,\n"
        "        ROW_NUMBER() OVER (PARTITION BY properties.model ORDER BY timestamp) AS place,\n"
        "        properties.model AS model\n"
        "    FROM events\n"
        ")\n"
        "GROUP BY model\n",
        ("model",),
        from_first_to_last,
        reads("tokens"),
    ),
)
