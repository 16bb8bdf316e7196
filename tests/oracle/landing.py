"""The verdict on each line of an NDJSON input: accepted, duplicate, or rejected with a reason.

A line may break several rules; the reason given is the first in the order of the code below. Inputs meant for
comparing two implementations should break one rule a line.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.oracle.times import instant

_MAX_BYTES = 1024 * 1024
_MAX_DEPTH = 32
_MAX_PROPERTIES = 2000
_MAX_ID = 128
_HISTORY = timedelta(days=34)


class Refused(Exception):
    """A line that is not an event; its only argument is the reason."""


class _Literal(str):
    """A JSON number, as it was written."""


class _Pairs(list[tuple[str, Any]]):
    """A JSON object before its keys are known to differ."""


@dataclass(frozen=True)
class Verdict:
    """What became of line `line` (from 1): `event` only when accepted, `reason` only when rejected."""

    line: int
    verdict: str
    reason: str | None = None
    event: dict[str, Any] | None = None


@dataclass
class Landed:
    """The verdicts of one landing, in line order."""

    verdicts: list[Verdict] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [verdict.event for verdict in self.verdicts if verdict.event is not None]

    def count(self, verdict: str) -> int:
        return sum(each.verdict == verdict for each in self.verdicts)

    @property
    def reasons(self) -> dict[str, int]:
        return dict(Counter(each.reason for each in self.verdicts if each.reason is not None))


def land(
    lines: Iterable[bytes],
    now: datetime,
    past_days: int = 34,
    future_hours: int = 24,
    accepted_before: dict[str, datetime] | None = None,
) -> Landed:
    """Judge lines in order at the instant `now`; `accepted_before` is when each earlier id was accepted."""
    accepted = dict(accepted_before or {})
    landed = Landed()
    for number, line in enumerate(lines, start=1):
        try:
            event = read_event(line)
            if event["timestamp"] < now - timedelta(days=past_days):
                raise Refused("too_old")
            if event["timestamp"] > now + timedelta(hours=future_hours):
                raise Refused("in_future")
        except Refused as refused:
            landed.verdicts.append(Verdict(number, "rejected", reason=str(refused)))
            continue
        earlier = accepted.get(event["transaction_id"])
        if earlier is not None and now - earlier <= _HISTORY:
            landed.verdicts.append(Verdict(number, "duplicate"))
            continue
        accepted[event["transaction_id"]] = now
        landed.verdicts.append(Verdict(number, "accepted", event={**event, "ingested_at": now}))
    return landed


def read_event(line: bytes) -> dict[str, Any]:
    """One line as an event with text properties (null ones left out); Refused when it is not an event."""
    if len(line.rstrip(b"\r\n")) > _MAX_BYTES:
        raise Refused("too_large")
    try:
        text = line.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        raise Refused("bad_unicode") from error
    body = _strict_json(text)
    if not isinstance(body, dict):
        raise Refused("not_an_object")
    event: dict[str, Any] = {name: _text_field(body, name) for name in ("transaction_id", "customer_id", "event_type")}
    try:
        event["timestamp"] = instant(_text(body, "timestamp"))
    except ValueError as error:
        raise Refused("bad_timestamp") from error
    event["properties"] = _properties(body)
    return event


def _strict_json(text: str) -> Any:
    def refuse_constant(_: str) -> None:
        raise Refused("bad_json")

    try:
        value = json.loads(
            text,
            object_pairs_hook=_Pairs,
            parse_int=_Literal,
            parse_float=_Literal,
            parse_constant=refuse_constant,
        )
    except (json.JSONDecodeError, RecursionError) as error:
        raise Refused("bad_json") from error
    return _checked(value, 1)


def _checked(value: Any, depth: int) -> Any:
    """The same value with objects as dicts, once it has no equal keys, lone surrogates or deep nesting."""
    if isinstance(value, (_Pairs, list)) and depth > _MAX_DEPTH:
        raise Refused("bad_json")
    if isinstance(value, _Pairs):
        for key, _ in value:
            _no_surrogate(key)
        if len({key for key, _ in value}) < len(value):
            raise Refused("duplicate_key")
        return {key: _checked(each, depth + 1) for key, each in value}
    if isinstance(value, list):
        return [_checked(each, depth + 1) for each in value]
    if isinstance(value, str):
        _no_surrogate(value)
    return value


def _no_surrogate(text: str) -> None:
    if any(0xD800 <= ord(character) <= 0xDFFF for character in text):
        raise Refused("bad_unicode")


def _text(body: dict[str, Any], name: str) -> str:
    if name not in body:
        raise Refused("missing_field")
    value = body[name]
    if not isinstance(value, str) or isinstance(value, _Literal):
        raise Refused("wrong_type")
    return value


def _text_field(body: dict[str, Any], name: str) -> str:
    value = _text(body, name)
    if not value or (name == "transaction_id" and (len(value) > _MAX_ID or not value.strip())):
        raise Refused("bad_length")
    if any(unicodedata.category(character) == "Cc" for character in value):
        raise Refused("control_character")
    return value


def _properties(body: dict[str, Any]) -> dict[str, str]:
    bag = body.get("properties", {})
    if not isinstance(bag, dict):
        raise Refused("wrong_type")
    if len(bag) > _MAX_PROPERTIES:
        raise Refused("too_many_properties")
    if any("\x00" in name for name in bag):
        raise Refused("bad_property_name")
    return {name: _as_text(value) for name, value in bag.items() if value is not None}


def _as_text(value: Any) -> str:
    """A property as text: strings as they are, numbers as written, booleans as in JSON, the rest as JSON."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(_as_json(each) for each in value) + "]"
    members = (f"{json.dumps(name)}:{_as_json(each)}" for name, each in value.items())
    return "{" + ",".join(members) + "}"


def _as_json(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str) and not isinstance(value, _Literal):
        return json.dumps(value, ensure_ascii=False)
    return _as_text(value)
