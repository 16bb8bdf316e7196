"""SQL metrics that bring events together: joins, sub-queries, sets, and queries over queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction

from tests.oracle.metering import Event, Row
from tests.oracle.numbers import divide
from tests.oracle.sql_metric import SqlMetric, by, grouped, highest, known, of, of_type, reads, text, total, value


def calls_before_heartbeats(events: Sequence[Event]) -> list[Row]:
    beats = of_type(events, "heartbeat")
    rows: list[Row] = []
    for region, calls in grouped(of_type(events, "api_call"), by("region")).items():
        pairs = [
            beat
            for call in calls
            for beat in beats
            if text(call, "user_id") is not None
            and text(call, "user_id") == text(beat, "user_id")
            and call["timestamp"] < beat["timestamp"] <= call["timestamp"] + timedelta(days=3)
        ]
        if pairs:
            storage = total(value(beat, "storage") for beat in pairs) or Fraction(0)
            rows.append({"value": len(pairs) + storage, "region": region})
    return rows


def calls_of_quiet_users(events: Sequence[Event]) -> list[Row]:
    beating = {text(event, "user_id") for event in of_type(events, "heartbeat")} - {None}
    calls = [event for event in of_type(events, "api_call") if text(event, "user_id") not in beating]
    return [{"value": Fraction(len(members)), "model": model} for model, members in grouped(calls, by("model")).items()]


def users_of_calls_alone(events: Sequence[Event]) -> list[Row]:
    def users(event_type: str) -> set[tuple[str | None, str | None]]:
        return {(text(event, "region"), text(event, "user_id")) for event in of_type(events, event_type)}

    alone = users("api_call") - users("heartbeat")
    return [
        {"value": Fraction(sum(region == each for each, _ in alone)), "region": region}
        for region in {region for region, _ in alone}
    ]


def peaks_of_daily_totals(events: Sequence[Event]) -> list[Row]:
    calls = [event for event in events if event["event_type"] != "heartbeat"]
    rows: list[Row] = []
    for model, of_model in grouped(calls, by("model")).items():
        peaks = []
        for of_user in grouped(of_model, by("user_id")).values():
            days = grouped(of_user, lambda event: event["timestamp"].date())
            peaks.append(highest(total(value(event, "tokens") for event in day) for day in days.values()))
        peak = total(peaks)
        count = Fraction(len(of_model), 2)
        rows.append({"value": None if peak is None else peak + count, "model": model})
    return rows


def tokens_and_storage(events: Sequence[Event]) -> list[Row]:
    parts = [(text(event, "model"), value(event, "tokens")) for event in of_type(events, "api_call")]
    for event in of_type(events, "heartbeat"):
        storage = value(event, "storage")
        parts.append((text(event, "model"), None if storage is None else storage / 1000))
    return [
        {"model": model, "value": total(number for each, number in parts if each == model)}
        for model in {model for model, _ in parts}
    ]


def calls_with_beats(events: Sequence[Event]) -> list[Row]:
    beats = grouped(of_type(events, "heartbeat"), by("user_id"))
    rows: list[Row] = []
    for user, calls in grouped(of_type(events, "api_call"), by("user_id")).items():
        of_user = 0 if user is None else len(beats.get(user, ()))
        rows.append({"value": Fraction(len(calls) * (of_user + 1)), "user_id": user})
    return rows


def share_of_tokens(events: Sequence[Event]) -> list[Row]:
    whole = total(value(event, "tokens") for event in events)
    rows: list[Row] = []
    for region, members in grouped(events, by("region")).items():
        part = total(value(event, "tokens") for event in members)
        rows.append({"value": None if part is None or not whole else divide(part, whole), "region": region})
    return rows


def tokens_of_the_top_two(events: Sequence[Event]) -> list[Row]:
    groups = grouped(events, by("user_id")).items()
    sums = [(total(value(event, "tokens") for event in members), user) for user, members in groups]

    def downwards(each: tuple[Fraction | None, str | None]) -> tuple[bool, Fraction, bool, str]:
        tokens, user = each
        return tokens is None, Fraction(0) if tokens is None else -tokens, user is None, user or ""

    return [{"value": sum(known(tokens for tokens, _ in sorted(sums, key=downwards)[:2])) or Fraction(0)}]


def _tokens_or_storage(event: Event) -> Sequence[str]:
    wanted = {"api_call": "tokens", "heartbeat": "storage"}.get(event["event_type"])
    return () if wanted is None else [wanted]


def _tokens_of_calls(event: Event) -> Sequence[str]:
    return () if event["event_type"] == "heartbeat" else ["tokens"]


JOINS = (
    SqlMetric(
        "Calls before heartbeats",
        "SELECT COUNT(*) + COALESCE(SUM(beats.properties.storage), 0) AS value, calls.properties.region AS region\n"
        "FROM events calls\n"
        "JOIN events beats\n"
        "    ON calls.properties.user_id = beats.properties.user_id\n"
        "    AND beats.timestamp > calls.timestamp\n"
        "    AND beats.timestamp <= calls.timestamp + INTERVAL 3 DAY\n"
        "WHERE calls.event_type = 'api_call' AND beats.event_type = 'heartbeat'\n"
        "GROUP BY calls.properties.region\n",
        ("region",),
        calls_before_heartbeats,
        reads("storage", event_type="heartbeat"),
        matches=of("api_call", "heartbeat"),
    ),
    SqlMetric(
        "Calls of quiet users",
        "SELECT COUNT(*) AS value, calls.properties.model AS model\n"
        "FROM events calls\n"
        "WHERE calls.event_type = 'api_call' AND NOT EXISTS (\n"
        "    SELECT 1 FROM events beats\n"
        "    WHERE beats.event_type = 'heartbeat' AND beats.properties.user_id = calls.properties.user_id\n"
        ")\n"
        "GROUP BY calls.properties.model\n",
        ("model",),
        calls_of_quiet_users,
        matches=of("api_call"),
    ),
    SqlMetric(
        "Users of calls alone",
        "SELECT COUNT(*) AS value, region\n"
        "FROM (\n"
        "    SELECT properties.region AS region, properties.user_id AS user_id FROM events\n"
        "    WHERE event_type = 'api_call'\n"
        "    EXCEPT\n"
        "    SELECT properties.region, properties.user_id FROM events WHERE event_type = 'heartbeat'\n"
        ")\n"
        "GROUP BY region\n",
        ("region",),
        users_of_calls_alone,
        matches=of("api_call", "heartbeat"),
    ),
    SqlMetric(
        "Peaks of daily totals",
        "WITH calls AS (\n"
        "    SELECT\n"
        "        properties.user_id AS user_id,\n"
        "        properties.model AS model,\n"
        "        CAST(timestamp AS DATE) AS day,\n"
        "        CAST(properties.tokens AS DECIMAL) AS tokens\n"
        "    FROM events\n"
        "    WHERE event_type <> 'heartbeat'\n"
        "), days AS (\n"
        "    SELECT user_id, model, day, SUM(tokens) AS tokens, COUNT(*) AS calls\n"
        "    FROM calls\n"
        "    GROUP BY user_id, model, day\n"
        "), peaks AS (\n"
        "    SELECT user_id, model, MAX(tokens) AS peak, SUM(calls) AS calls FROM days GROUP BY user_id, model\n"
        ")\n"
        "SELECT SUM(peak) + SUM(calls) * 0.5 AS value, model FROM peaks GROUP BY model\n",
        ("model",),
        peaks_of_daily_totals,
        _tokens_of_calls,
        matches=of("api_call", "API_CALL"),
    ),
    SqlMetric(
        "Tokens and storage",
        "SELECT model, SUM(number) AS value\n"
        "FROM (\n"
        "    SELECT properties.model AS model, CAST(properties.tokens AS DECIMAL) AS number FROM events\n"
        "    WHERE event_type = 'api_call'\n"
        "    UNION ALL\n"
        "    SELECT properties.model, CAST(properties.storage AS DECIMAL) * 0.001 FROM events\n"
        "    WHERE event_type = 'heartbeat'\n"
        ")\n"
        "GROUP BY model\n",
        ("model",),
        tokens_and_storage,
        _tokens_or_storage,
        matches=of("api_call", "heartbeat"),
    ),
    SqlMetric(
        "Calls with beats",
        "WITH beats AS (\n"
        "    SELECT properties.user_id AS user_id, COUNT(*) AS beats FROM events\n"
        "    WHERE event_type = 'heartbeat'\n"
        "    GROUP BY user_id\n"
        ")\n"
        "SELECT SUM(COALESCE(beats.beats, 0) + 1) AS value, calls.user_id AS user_id\n"
        "FROM (SELECT properties.user_id AS user_id FROM events WHERE event_type = 'api_call') calls\n"
        "LEFT JOIN beats ON calls.user_id = beats.user_id\n"
        "GROUP BY calls.user_id\n",
        ("user_id",),
        calls_with_beats,
        matches=of("api_call", "heartbeat"),
    ),
    SqlMetric(
        "Share of tokens",
        "SELECT\n"
        "    SUM(properties.tokens) / NULLIF((SELECT SUM(properties.tokens) FROM events), 0) AS value,\n"
        "    properties.region AS region\n"
        "FROM events\n"
        "GROUP BY properties.region\n",
        ("region",),
        share_of_tokens,
        reads("tokens"),
    ),
    SqlMetric(
        "Tokens of the top two",
        "SELECT COALESCE(SUM(tokens), 0) AS value\n"
        "FROM (\n"
        "    SELECT SUM(properties.tokens) AS tokens, properties.user_id AS user_id\n"
        "    FROM events\n"
        "    GROUP BY user_id\n"
        "    ORDER BY tokens DESC, user_id\n"
        "    LIMIT 2\n"
        ")\n",
        (),
        tokens_of_the_top_two,
        reads("tokens"),
    ),
)
