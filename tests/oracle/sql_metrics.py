"""SQL metrics, each with a hand-written equivalent: the same rows for one customer's events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

from tests.oracle.metering import Event, Row, SqlFunction
from tests.oracle.numbers import divide, to_number
from tests.oracle.properties import text_of

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class SqlMetric:
    """The text of a SQL metric, its group columns, and what it means in Python."""

    name: str
    sql: str
    columns: tuple[str, ...]
    rows: SqlFunction


def _value(event: Event, name: str) -> Fraction | None:
    return to_number(text_of(event["properties"], name))


def _text(event: Event, name: str) -> str | None:
    return text_of(event["properties"], name)


def _total(numbers: Iterable[Fraction | None]) -> Fraction | None:
    """SUM as SQL has it: NULLs are skipped, and nothing but NULLs is NULL."""
    known = [number for number in numbers if number is not None]
    return sum(known, Fraction(0)) if known else None


def _highest(numbers: Iterable[Fraction | None]) -> Fraction | None:
    return max((number for number in numbers if number is not None), default=None)


def _grouped(events: Iterable[Event], key: Callable[[Event], Key]) -> dict[Key, list[Event]]:
    groups: dict[Key, list[Event]] = defaultdict(list)
    for event in events:
        groups[key(event)].append(event)
    return groups


def tokens_by_region(events: Sequence[Event]) -> list[Row]:
    calls = [event for event in events if event["event_type"] == "api_call"]
    return [
        {"total_tokens": _total(_value(event, "tokens") for event in members), "region": region}
        for region, members in _grouped(calls, lambda event: _text(event, "region")).items()
    ]


def peak_per_user(events: Sequence[Event]) -> list[Row]:
    beats = [event for event in events if event["event_type"] == "heartbeat"]
    return [
        {"user_id": user, "value": _highest(_value(event, "storage") for event in members)}
        for user, members in _grouped(beats, lambda event: _text(event, "user_id")).items()
    ]


def average_daily_peak(events: Sequence[Event]) -> list[Row]:
    beats = [event for event in events if event["event_type"] == "heartbeat"]
    rows: list[Row] = []
    by_group = _grouped(beats, lambda event: (_text(event, "user_id"), _text(event, "region")))
    for (user, region), members in by_group.items():
        days = _grouped(members, lambda event: event["timestamp"].date())
        peaks = [_highest(_value(event, "storage") for event in day) for day in days.values()]
        total = _total(peaks)
        average = None if total is None else divide(total, Fraction(len(days)))
        rows.append({"value": average, "user_id": user, "region": region})
    return rows


def users_by_region(events: Sequence[Event]) -> list[Row]:
    calls = [event for event in events if event["event_type"] == "api_call"]
    rows: list[Row] = []
    for region, members in _grouped(calls, lambda event: _text(event, "region")).items():
        users = {_text(event, "user_id") for event in members} - {None}
        rows.append({"value": Fraction(len(users)), "region": region})
    return rows


def average_tokens(events: Sequence[Event]) -> list[Row]:
    numbers = [_value(event, "tokens") for event in events if event["event_type"] == "api_call"]
    known = [number for number in numbers if number is not None]
    return [{"Value": divide(sum(known, Fraction(0)), Fraction(len(known))) if known else None}]


def nested_tokens(events: Sequence[Event]) -> list[Row]:
    by_group = _grouped(events, lambda event: (_text(event, "resource.hardware"), _text(event, "model")))
    return [
        {
            "value": _total(_value(event, "usage.tokens") for event in members),
            "resource.hardware": hardware,
            "model": model,
        }
        for (hardware, model), members in by_group.items()
    ]


def users_with_one_call(events: Sequence[Event]) -> list[Row]:
    calls = [event for event in events if event["event_type"] == "api_call"]
    by_group = _grouped(calls, lambda event: (_text(event, "user_id"), _text(event, "region")))
    rare = [(region, Fraction(1)) for (_, region), members in by_group.items() if len(members) == 1]
    totals: dict[str | None, Fraction] = defaultdict(Fraction)
    for region, one in rare:
        totals[region] += one
    return [{"region": region, "value": users} for region, users in totals.items()]


ALL = (
    SqlMetric(
        "Tokens by region",
        "SELECT SUM(properties.tokens) AS total_tokens, properties.region\n"
        "FROM events\n"
        "WHERE event_type = 'api_call'\n"
        "GROUP BY properties.region\n",
        ("region",),
        tokens_by_region,
    ),
    SqlMetric(
        "Peak storage per user",
        "SELECT properties.user_id AS user_id, MAX(properties.storage) AS value\n"
        "FROM events\n"
        "WHERE event_type = 'heartbeat'\n"
        "GROUP BY properties.user_id\n",
        ("user_id",),
        peak_per_user,
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
    ),
    SqlMetric(
        "Users by region",
        "SELECT count(DISTINCT properties.user_id) AS value, properties.region\n"
        "FROM events\n"
        "WHERE event_type = 'api_call'\n"
        "GROUP BY properties.region\n",
        ("region",),
        users_by_region,
    ),
    SqlMetric(
        "Average tokens",
        "SELECT AVG(properties.tokens) AS Value\nFROM events\nWHERE event_type = 'api_call'\n",
        (),
        average_tokens,
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
    ),
)

#: What `rating.bill` uses unless told otherwise.
SQL_FUNCTIONS: dict[str, SqlFunction] = {metric.name: metric.rows for metric in ALL}
