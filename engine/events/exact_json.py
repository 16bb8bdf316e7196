"""A strict parser for one event: RFC 8259 with nothing added, and every value's text as it was sent.

Slower than the database, and used only for the lines the database cannot be trusted with (`plain_json`). The
rules are in `spec/reliability.md` §4.1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from json.decoder import JSONDecoder
from typing import Any, NoReturn, TypeAlias

from engine.events.plain_json import REPRODUCED_NUMBER, TEXT_FIELDS
from engine.events.refusal import Reason

#: Containers inside one another, the event itself included.
MAX_DEPTH = 32

#: The most properties of one event (`spec/metering.md` §1.1).
MAX_PROPERTIES = 2000

_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK = re.compile(r"[ \t\r\n]*")
_STRING_OR_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*')
_REPRODUCED_NUMBER = re.compile(REPRODUCED_NUMBER)


@dataclass(frozen=True, slots=True)
class ParsedEvent:
    """One event as sent; `properties` holds the text of every value, None for null, in the order sent."""

    transaction_id: str
    customer_id: str
    event_type: str
    timestamp: str
    properties: dict[str, str | None]
    unknown_fields: tuple[str, ...]


class RefusedEvent(Exception):
    """The text is not an acceptable event; `transaction_id` is set when it could be read."""

    def __init__(self, reason: Reason, detail: str, transaction_id: str | None = None) -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail
        self.transaction_id = transaction_id


class _Number(str):
    """A number literal, kept as text."""

    __slots__ = ()


class _Object(dict[str, "_Value"]):
    """A JSON object that remembers a key it was given twice."""

    twice: str | None = None


_Value: TypeAlias = "str | _Number | bool | list[_Value] | _Object | None"


def _object(pairs: list[tuple[str, _Value]]) -> _Object:
    made = _Object(pairs)
    if len(made) != len(pairs):
        seen: set[str] = set()
        made.twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
    return made


def _constant(literal: str) -> NoReturn:
    raise ValueError(f"{literal} is not JSON")


_DECODER: JSONDecoder = JSONDecoder(
    object_pairs_hook=_object, parse_float=_Number, parse_int=_Number, parse_constant=_constant
)


def parse_event(text: str) -> ParsedEvent:
    """The event in one line of text; raises RefusedEvent with the first rule it breaks."""
    event = _decode(text)
    if not isinstance(event, _Object):
        raise RefusedEvent("not_an_object", "an event is a JSON object")
    sent_id = event.get("transaction_id")
    known_id = sent_id if type(sent_id) is str else None
    properties = _checked_fields(event, known_id)
    unknown = tuple(name for name in event if name not in TEXT_FIELDS and name != "properties")
    nested = any(isinstance(value, list | dict) for value in properties.values())
    raw = _raw_properties(text) if nested else {}
    return ParsedEvent(
        transaction_id=str(event["transaction_id"]),
        customer_id=str(event["customer_id"]),
        event_type=str(event["event_type"]),
        timestamp=str(event["timestamp"]),
        properties={name: _text(value, raw.get(name, "")) for name, value in properties.items()},
        unknown_fields=unknown,
    )


def _decode(text: str) -> _Value:
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise RefusedEvent("bad_json", f"nested deeper than {MAX_DEPTH} levels")
    try:
        if text.startswith("\ufeff"):
            raise ValueError("a byte-order mark stands before the object")
        value: _Value = _DECODER.decode(text)
    except ValueError as error:
        raise RefusedEvent("bad_json", str(error)) from None
    for part in _parts(value):
        if isinstance(part, str):
            if _SURROGATE.search(part):
                raise RefusedEvent("bad_unicode", "half of a surrogate pair")
        elif isinstance(part, _Object) and part.twice is not None:
            raise RefusedEvent("duplicate_key", f"the key {part.twice!r} appears twice")
    return value


def _depth(text: str) -> int:
    depth = deepest = 0
    for token in _BRACKET.finditer(text):
        if token[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif token[0] in "]}":
            depth -= 1
    return deepest


def _parts(value: _Value) -> Iterator[_Value]:
    yield value
    if isinstance(value, _Object):
        for key, inner in value.items():
            yield key
            yield from _parts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner)


def _checked_fields(event: _Object, known_id: str | None) -> _Object:
    for name in TEXT_FIELDS:
        if name not in event:
            raise RefusedEvent("missing_field", name, known_id)
    for name in TEXT_FIELDS:
        if type(event[name]) is not str:
            raise RefusedEvent("wrong_type", f"{name} is {_type_name(event[name])}, not a string", known_id)
    properties = event.get("properties", _Object())
    if not isinstance(properties, _Object):
        raise RefusedEvent("wrong_type", f"properties is {_type_name(properties)}, not an object", known_id)
    if len(properties) > MAX_PROPERTIES:
        raise RefusedEvent("too_many_properties", f"{len(properties)} properties", known_id)
    for name in properties:
        if "\0" in name:
            raise RefusedEvent("bad_property_name", f"NUL in the property name {name!r}", known_id)
    return properties


def _type_name(value: _Value) -> str:
    if value is None:
        return "null"
    names: dict[type[Any], str] = {bool: "a boolean", _Number: "a number", list: "an array", _Object: "an object"}
    return names.get(type(value), "a string")


def _text(value: _Value, raw: str) -> str | None:
    if isinstance(value, str):
        return str(value)
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return _STRING_OR_NUMBER.sub(_reproducible, raw)


def _reproducible(token: re.Match[str]) -> str:
    literal = token[0]
    if literal[0] == '"' or _REPRODUCED_NUMBER.fullmatch(literal):
        return literal
    return json.dumps(literal)


def _raw_properties(text: str) -> dict[str, str]:
    """The text of each property value in a line already known to be strict JSON."""
    for name, start, _ in _members(text, _skip(text, 0)):
        if name == "properties":
            return {key: text[begin:end] for key, begin, end in _members(text, start)}
    return {}


def _members(text: str, at: int) -> Iterator[tuple[str, int, int]]:
    at = _skip(text, at + 1)
    while text[at] != "}":
        name, at = _DECODER.raw_decode(text, at)
        start = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, start)
        yield name, start, end
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match else at
