"""SQL metrics that compute: percentiles, CASE and COALESCE over junk, quotients, rounding and casts."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, trunc

from tests.oracle.metering import Event, Row
from tests.oracle.numbers import divide, half_away_from_zero
from tests.oracle.sql_metric import SqlMetric, by, grouped, known, of, of_type, reads, text, total, value, whole

_NONE = Fraction(0)


def ninth_tenth_of_storage(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    for region, members in grouped(events, by("region")).items():
        numbers = sorted(known(value(event, "storage") for event in members))
        found = None
        if numbers:
            at = Fraction(9, 10) * (len(numbers) - 1)
            below, above = numbers[floor(at)], numbers[ceil(at)]
            found = below + (at - floor(at)) * (above - below)
        rows.append({"value": found, "region": region})
    return rows


def middle_tokens(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    for model, members in grouped(events, by("model")).items():
        numbers = sorted(known(value(event, "tokens") for event in members))
        # The first number with which at least half of them have been seen.
        seen = next((number for place, number in enumerate(numbers, start=1) if 2 * place >= len(numbers)), None)
        rows.append({"model": model, "value": seen})
    return rows


def charged_tokens(events: Sequence[Event]) -> list[Row]:
    def charge(event: Event) -> Fraction:
        status, tokens, storage = text(event, "status"), value(event, "tokens"), value(event, "storage")
        if status == "ok":
            return Fraction(1) if tokens is None else tokens
        if status in ("true", "1.10"):
            return 2 * next(iter(known([tokens, storage])), _NONE)
        return Fraction(1, 2)

    def region(event: Event) -> str:
        return text(event, "region") or ("us" if text(event, "region") is None else "")

    return [
        {"value": total(charge(event) for event in members), "region": name}
        for name, members in grouped(events, region).items()
    ]


def tokens_per_storage(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    for model, members in grouped(events, by("model")).items():
        tokens = total(value(event, "tokens") for event in members)
        storage = total(value(event, "storage") for event in members)
        ratio = None
        if storage == 0:
            ratio = _NONE
        elif tokens is not None and storage is not None:
            ratio = divide(tokens, storage)
        rows.append({"value": ratio, "model": model})
    return rows


def tokens_by_storage(events: Sequence[Event]) -> list[Row]:
    def quotient(event: Event) -> Fraction | None:
        tokens, storage = value(event, "tokens"), value(event, "storage")
        return None if tokens is None or not storage else divide(tokens, storage)

    return [
        {"value": total(map(quotient, members)), "region": region}
        for region, members in grouped(events, by("region")).items()
    ]


def rounded_up_and_down(events: Sequence[Event]) -> list[Row]:
    def steps(event: Event) -> Fraction | None:
        tokens, storage = value(event, "tokens"), value(event, "storage")
        if tokens is None or storage is None:
            return None
        return half_away_from_zero(tokens, 1) + ceil(storage) - floor(abs(storage) / 2)

    return [
        {"model": model, "value": total(map(steps, members))} for model, members in grouped(events, by("model")).items()
    ]


def left_over_tokens(events: Sequence[Event]) -> list[Row]:
    def left_over(event: Event) -> Fraction | None:
        tokens = whole(event, "tokens")
        return None if tokens is None else tokens - 7 * trunc(tokens / 7)

    def cents(event: Event) -> Fraction | None:
        storage = value(event, "storage")
        return None if storage is None else half_away_from_zero(storage, 2)

    rows: list[Row] = []
    for user, members in grouped(of_type(events, "api_call"), by("user_id")).items():
        parts = [total(map(left_over, members)) or _NONE, total(map(cents, members)) or _NONE]
        rows.append({"value": total(parts), "user_id": user})
    return rows


def above_the_least(events: Sequence[Event]) -> list[Row]:
    rows: list[Row] = []
    for region, members in grouped(events, by("region")).items():
        numbers = known(value(event, "tokens") for event in members)
        if len(numbers) > 1:
            average = divide(sum(numbers, _NONE), Fraction(len(numbers)))
            rows.append({"value": average - min(numbers), "region": region})
    return rows


def least_and_most(events: Sequence[Event]) -> list[Row]:
    def both(event: Event) -> Fraction | None:
        tokens, storage = value(event, "tokens"), value(event, "storage")
        # What is no number makes the least and the most of several none, too.
        if tokens is None or storage is None:
            return None
        return min(tokens, Fraction(50)) + max(storage, tokens, _NONE)

    return [
        {"value": total(map(both, members)), "user_id": user}
        for user, members in grouped(events, by("user_id")).items()
    ]


def _charged(event: Event) -> Sequence[str]:
    if text(event, "status") == "ok":
        return ["tokens"]
    return ["tokens", "storage"] if text(event, "status") in ("true", "1.10") else ()


ARITHMETIC = (
    SqlMetric(
        "Ninth tenth of storage",
        "SELECT quantile_cont(properties.storage, 0.9) AS value, properties.region FROM events GROUP BY 2\n",
        ("region",),
        ninth_tenth_of_storage,
        reads("storage"),
    ),
    SqlMetric(
        "Middle tokens",
        "SELECT properties.model, quantile_disc(properties.tokens, 0.5) AS value FROM events GROUP BY 1\n",
        ("model",),
        middle_tokens,
        reads("tokens"),
    ),
    SqlMetric(
        "Charged tokens",
        "SELECT\n"
        "    SUM(\n"
        "        CASE\n"
        "            WHEN properties.status = 'ok' THEN COALESCE(properties.tokens, 1)\n"
        "            WHEN properties.status IN ('true', '1.10') THEN COALESCE(\n"
        "                CAST(properties.tokens AS DECIMAL), CAST(properties.storage AS DECIMAL), 0\n"
        "            ) * 2\n"
        "            ELSE 0.5\n"
        "        END\n"
        "    ) AS value,\n"
        "    COALESCE(properties.region, 'us') AS region\n"
        "FROM events\n"
        "GROUP BY region\n",
        ("region",),
        charged_tokens,
        _charged,
    ),
    SqlMetric(
        "Tokens per storage",
        "SELECT\n"
        "    CASE WHEN SUM(properties.storage) = 0 THEN 0\n"
        "        ELSE SUM(properties.tokens) / SUM(properties.storage) END AS value,\n"
        "    properties.model\n"
        "FROM events\n"
        "GROUP BY properties.model\n",
        ("model",),
        tokens_per_storage,
        reads("tokens", "storage"),
    ),
    SqlMetric(
        "Tokens by storage of each event",
        "SELECT\n"
        "    SUM(properties.tokens / NULLIF(CAST(properties.storage AS DECIMAL), 0)) AS value,\n"
        "    properties.region AS region\n"
        "FROM events\n"
        "GROUP BY region\n",
        ("region",),
        tokens_by_storage,
        reads("tokens", "storage"),
    ),
    SqlMetric(
        "Rounded up and down",
        "SELECT\n"
        "    properties.model AS model,\n"
        "    SUM(\n"
        "        ROUND(properties.tokens, 1) + CEIL(properties.storage) - FLOOR(ABS(properties.storage) * 0.5)\n"
        "    ) AS value\n"
        "FROM events\n"
        "GROUP BY model\n",
        ("model",),
        rounded_up_and_down,
        reads("tokens", "storage"),
    ),
    SqlMetric(
        "Tokens left over",
        "SELECT\n"
        "    COALESCE(SUM(CAST(properties.tokens AS INT) % 7), 0)\n"
        "        + COALESCE(SUM(CAST(properties.storage AS DECIMAL(18, 2))), 0) AS value,\n"
        "    properties.user_id AS user_id\n"
        "FROM events\n"
        "WHERE event_type = 'api_call'\n"
        "GROUP BY user_id\n",
        ("user_id",),
        left_over_tokens,
        reads("storage", event_type="api_call"),
        reads("tokens", event_type="api_call"),
        matches=of("api_call"),
    ),
    SqlMetric(
        "Average above the least",
        "SELECT AVG(properties.tokens) - MIN(properties.tokens) AS value, properties.region\n"
        "FROM events\n"
        "GROUP BY region\n"
        "HAVING COUNT(CAST(properties.tokens AS DECIMAL)) > 1\n",
        ("region",),
        above_the_least,
        reads("tokens"),
    ),
    SqlMetric(
        "Least and most",
        "SELECT\n"
        "    SUM(LEAST(properties.tokens, 50) + GREATEST(properties.storage, properties.tokens, 0)) AS value,\n"
        "    properties.user_id AS user_id\n"
        "FROM events\n"
        "GROUP BY user_id\n",
        ("user_id",),
        least_and_most,
        reads("tokens", "storage"),
    ),
)
