"""SQL metrics over texts and instants: patterns, parts of texts, calendars, intervals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from tests.oracle.metering import Event, Row
from tests.oracle.sql_metric import SqlMetric, by, grouped, of, text, total
from tests.oracle.times import months_after

_HOUR = timedelta(hours=1)


def calls_of_numbered_users(events: Sequence[Event]) -> list[Row]:
    def region(event: Event) -> str | None:
        name = text(event, "region")
        return None if name is None else name.lower()

    def user(event: Event) -> str | None:
        name = text(event, "user_id")
        return None if name is None else name if name in ("u1", "u2") else "u"

    calls = [event for event in events if event["event_type"] in ("api_call", "API_CALL")]
    return [
        {"value": Fraction(len(members)), "region": group[0], "user_id": group[1]}
        for group, members in grouped(calls, lambda event: (region(event), user(event))).items()
    ]


def letters_of_models(events: Sequence[Event]) -> list[Row]:
    def group(event: Event) -> tuple[str | None, str | None]:
        model, region = text(event, "model"), text(event, "region")
        return model and model[:5], region and region[:1].upper() + "S"

    named = [event for event in events if _has_an_l(event)]
    return [
        {
            "value": total(Fraction(len(text(event, "model") or "")) for event in members),
            "model": model,
            "region": region,
        }
        for (model, region), members in grouped(named, group).items()
    ]


def _has_an_l(event: Event) -> bool:
    return "l" in (text(event, "model") or "")


def pairs_of_region_and_user(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    for model, members in grouped(events, by("model")).items():
        pairs = {(text(event, "region"), text(event, "user_id")) for event in members}
        distinct = {(region.lower(), user) for region, user in pairs if region is not None and user is not None}
        rows.append({"value": Fraction(len(distinct)), "model": model})
    return rows


def shifted_days(events: Sequence[Event]) -> list[Row]:
    return [
        {
            "user_id": user,
            "value": Fraction(len({(event["timestamp"] - timedelta(minutes=90)).date() for event in members})),
        }
        for user, members in grouped(events, by("user_id")).items()
    ]


def nights_and_weekends(events: Sequence[Event]) -> list[Row]:
    def weight(event: Event) -> Fraction:
        moment: datetime = event["timestamp"]
        if moment.isoweekday() >= 6:
            return Fraction(3)
        return Fraction(2) if moment.hour < 6 else Fraction(1)

    ends = [event for event in events if _at_an_end(event)]
    return [
        {"value": total(map(weight, members)), "region": region}
        for region, members in grouped(ends, by("region")).items()
    ]


def _at_an_end(event: Event) -> bool:
    moment: datetime = event["timestamp"]
    first = datetime(moment.year, moment.month, 1)
    return moment < first + timedelta(days=10) or moment >= months_after(first, 1) - timedelta(days=10)


def hours_of_use(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    for user, members in grouped(events, by("user_id")).items():
        moments = [event["timestamp"] for event in members]
        # Full hours that lie between the first and the last event.
        first, last = ((moment - datetime(2000, 1, 1)) // _HOUR for moment in (min(moments), max(moments)))
        rows.append({"value": Fraction(last - first + 1), "user_id": user})
    return rows


def users_of_weeks(events: Sequence[Event]) -> list[Row]:
    weeks = grouped(events, lambda event: event["timestamp"].isocalendar()[:2])
    users = [{text(event, "user_id") for event in members} - {None} for members in weeks.values()]
    return [{"value": total(Fraction(len(each)) for each in users)}]


TEXTS = (
    SqlMetric(
        "Calls of numbered users",
        "SELECT\n"
        "    COUNT(*) AS value,\n"
        "    LOWER(properties.region) AS region,\n"
        "    'u' || REGEXP_EXTRACT(properties.user_id, '^u([12])$', 1) AS user_id\n"
        "FROM events\n"
        "WHERE REGEXP_MATCHES(event_type, '^(api|API)_')\n"
        "GROUP BY ALL\n",
        ("region", "user_id"),
        calls_of_numbered_users,
        matches=of("api_call", "API_CALL"),
    ),
    SqlMetric(
        "Letters of models",
        "SELECT\n"
        "    SUM(LENGTH(properties.model)) AS value,\n"
        "    LEFT(properties.model, 5) AS model,\n"
        "    UPPER(SUBSTRING(properties.region, 1, 1)) || REPLACE('T', 'T', 'S') AS region\n"
        "FROM events\n"
        "WHERE properties.model LIKE '%l%'\n"
        "GROUP BY 2, 3\n",
        ("model", "region"),
        letters_of_models,
        matches=_has_an_l,
    ),
    SqlMetric(
        "Pairs of region and user",
        "SELECT COUNT(DISTINCT LOWER(properties.region) || '/' || properties.user_id) AS value, properties.model\n"
        "FROM events\n"
        "GROUP BY properties.model\n",
        ("model",),
        pairs_of_region_and_user,
    ),
    SqlMetric(
        "Shifted days",
        "SELECT properties.user_id, COUNT(DISTINCT CAST(timestamp - INTERVAL 90 MINUTE AS DATE)) AS value\n"
        "FROM events\n"
        "GROUP BY user_id\n",
        ("user_id",),
        shifted_days,
    ),
    SqlMetric(
        "Nights and weekends",
        "SELECT\n"
        "    SUM(CASE\n"
        "        WHEN EXTRACT(isodow FROM timestamp) >= 6 THEN 3\n"
        "        WHEN EXTRACT(hour FROM timestamp) < 6 THEN 2\n"
        "        ELSE 1\n"
        "    END) AS value,\n"
        "    properties.region\n"
        "FROM events\n"
        "WHERE timestamp < DATE_TRUNC('month', timestamp) + INTERVAL 10 DAY\n"
        "    OR timestamp >= DATE_TRUNC('month', timestamp) + INTERVAL 1 MONTH - INTERVAL 10 DAY\n"
        "GROUP BY properties.region\n",
        ("region",),
        nights_and_weekends,
        matches=_at_an_end,
    ),
    SqlMetric(
        "Hours of use",
        "SELECT DATE_DIFF('hour', MIN(timestamp), MAX(timestamp)) + 1 AS value, properties.user_id AS user_id\n"
        "FROM events\n"
        "GROUP BY properties.user_id\n",
        ("user_id",),
        hours_of_use,
    ),
    SqlMetric(
        "Users of weeks",
        "SELECT SUM(users) AS value\n"
        "FROM (\n"
        "    SELECT COUNT(DISTINCT properties.user_id) AS users, DATE_TRUNC('week', timestamp) AS week\n"
        "    FROM events\n"
        "    GROUP BY week\n"
        ")\n",
        (),
        users_of_weeks,
    ),
)
