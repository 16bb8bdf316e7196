"""What must become of one line of input: `spec/reliability.md` §4.1 in plain Python, sharing no code with the engine.

The judge reads JSON with a scanner of its own, because every JSON library repairs something. It answers with the
event, or with the reason. Where a line breaks two rules the first of this order is the reason: size, text, JSON,
object, missing fields, types, properties, lengths, control characters, blanks, timestamp, limits of time.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

MOST_BYTES = 1 << 20
MOST_LEVELS = 32
MOST_PROPERTIES = 2000

#: Every reason there is; a refusal for any other is a fault.
REASONS = frozenset(
    [
        "bad_json",
        "bad_unicode",
        "not_an_object",
        "duplicate_key",
        "missing_field",
        "wrong_type",
        "bad_length",
        "control_character",
        "bad_timestamp",
        "too_old",
        "in_future",
        "bad_property_name",
        "too_many_properties",
        "too_large",
    ]
)

_TOKEN = re.compile(
    r'[ \t\r\n]*+(?:([{}\[\],:])|"((?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*+)"'
    r"|(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)|(true|false|null))"
)
_ESCAPE = re.compile(r"\\(?:u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))")
_SHORT = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_FIELDS = ("transaction_id", "customer_id", "event_type", "timestamp")


class Broken(Exception):
    """A rule is broken; the argument is the reason."""


@dataclass(frozen=True, slots=True)
class Value:
    """A JSON value: where it stands in its text, and what it is if it is a string or a container."""

    kind: str
    start: int
    end: int
    text: str = ""
    members: tuple[tuple[str, Value], ...] = ()
    items: tuple[Value, ...] = ()


Shown: TypeAlias = "tuple[str, ...]"


@dataclass(frozen=True, slots=True)
class Accepted:
    """An acceptable event: each property as sent, the tokens of its text where it is an object or an array."""

    transaction_id: str
    customer_id: str
    event_type: str
    timestamp: datetime
    properties: dict[str, str | Shown]
    unknown: tuple[str, ...]


def lines_of(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines that count, by number: those of nothing but blanks do not."""
    for number, line in enumerate(content.split(b"\n"), 1):
        body = line.rstrip(b"\r")
        if body.strip(b" \t\r") or len(body) > MOST_BYTES:
            yield number, body


def judged(line: bytes, now: datetime) -> Accepted | str:
    """The event in a line without its end, or the reason to refuse it."""
    try:
        if len(line) > MOST_BYTES:
            raise Broken("too_large")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            raise Broken("bad_unicode") from None
        return _event(text, _Scanner(text).whole(), now)
    except Broken as broken:
        return str(broken.args[0])


class _Scanner:
    """Reads one JSON value strictly; what only makes the text unacceptable is kept until its syntax is known good."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.level = 0
        self.deepest = 0

    def whole(self) -> Value:
        value = self.value(self.token())
        if self.text[self.at :].strip(" \t\r\n") or self.deepest > MOST_LEVELS:
            raise Broken("bad_json")
        reason = _unacceptable(value)
        if reason:
            raise Broken(reason)
        return value

    def token(self) -> re.Match[str]:
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            raise Broken("bad_json")
        self.at = found.end()
        return found

    def value(self, token: re.Match[str]) -> Value:
        mark, string, number, word = token.groups()
        start, end = token.span(token.lastindex or 0)
        if string is not None:
            return Value("string", start - 1, end + 1, _unescaped(string))
        if number is not None:
            return Value("number", start, end, number)
        if word is not None:
            return Value(word, start, end, word)
        if mark not in "{[":
            raise Broken("bad_json")
        self.level += 1
        self.deepest = max(self.deepest, self.level)
        if self.level > MOST_LEVELS:
            raise Broken("bad_json")
        made = self.members(start) if mark == "{" else self.items(start)
        self.level -= 1
        return made

    def members(self, start: int) -> Value:
        found: list[tuple[str, Value]] = []
        token = self.token()
        while token[1] != "}":
            if token[2] is None or self.token()[1] != ":":
                raise Broken("bad_json")
            found.append((_unescaped(token[2]), self.value(self.token())))
            after = self.token()[1]
            if after == "}":
                break
            if after != ",":
                raise Broken("bad_json")
            token = self.token()
            if token[1] == "}":
                raise Broken("bad_json")
        return Value("object", start, self.at, members=tuple(found))

    def items(self, start: int) -> Value:
        found: list[Value] = []
        token = self.token()
        while token[1] != "]":
            found.append(self.value(token))
            after = self.token()[1]
            if after == "]":
                break
            if after != ",":
                raise Broken("bad_json")
            token = self.token()
            if token[1] == "]":
                raise Broken("bad_json")
        return Value("array", start, self.at, items=tuple(found))


def _unescaped(raw: str) -> str:
    if "\\" not in raw:
        return raw

    def character(escape: re.Match[str]) -> str:
        high, low, single, short = escape.groups()
        if high is not None:
            return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
        return chr(int(single, 16)) if single is not None else _SHORT.get(short, short)

    return _ESCAPE.sub(character, raw)


def _halved(text: str) -> bool:
    return any("\ud800" <= each <= "\udfff" for each in text) if not text.isascii() else False


def _unacceptable(value: Value) -> str:
    """`duplicate_key` or `bad_unicode`, the first of them from the outside in, or nothing."""
    if value.kind == "string" and _halved(value.text):
        return "bad_unicode"
    names = [name for name, _ in value.members]
    if len({*names}) < len(names):
        return "duplicate_key"
    for name, inner in value.members:
        reason = "bad_unicode" if _halved(name) else _unacceptable(inner)
        if reason:
            return reason
    return next(filter(None, map(_unacceptable, value.items)), "")


def _event(text: str, value: Value, now: datetime) -> Accepted:
    if value.kind != "object":
        raise Broken("not_an_object")
    fields = dict(value.members)
    if any(name not in fields for name in _FIELDS):
        raise Broken("missing_field")
    if any(fields[name].kind != "string" for name in _FIELDS):
        raise Broken("wrong_type")
    bag = fields.get("properties", Value("object", 0, 0))
    if bag.kind != "object":
        raise Broken("wrong_type")
    if len(bag.members) > MOST_PROPERTIES:
        raise Broken("too_many_properties")
    if any("\0" in name for name, _ in bag.members):
        raise Broken("bad_property_name")
    transaction_id, customer_id, event_type, sent = (fields[name].text for name in _FIELDS)
    if not 1 <= len(transaction_id) <= 128 or not customer_id or not event_type:
        raise Broken("bad_length")
    if any(map(_has_control, (transaction_id, customer_id, event_type))):
        raise Broken("control_character")
    if all(unicodedata.category(each)[0] == "Z" for each in transaction_id):
        raise Broken("bad_length")
    return Accepted(
        transaction_id,
        customer_id,
        event_type,
        _instant(sent, now),
        {name: _shown(text, inner) for name, inner in bag.members if inner.kind != "null"},
        tuple(name for name in fields if name not in _FIELDS and name != "properties"),
    )


def _has_control(text: str) -> bool:
    return not text.isprintable() and any(unicodedata.category(each) == "Cc" for each in text)


def _instant(sent: str, now: datetime) -> datetime:
    match = _TIME.fullmatch(sent)
    if match is None:
        raise Broken("bad_timestamp")
    year, month, day, hour, minute, second, fraction, sign, hours, minutes = match.groups()
    ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    try:
        if int(hours or 0) > 23 or int(minutes or 0) > 59:
            raise ValueError
        local = datetime(*map(int, (year, month, day, hour, minute, second)), int((fraction or "")[:6].ljust(6, "0")))  # type: ignore[arg-type,call-arg]
        instant = local + ahead if sign == "-" else local - ahead
    except (ValueError, OverflowError):
        raise Broken("bad_timestamp") from None
    if instant < now - timedelta(days=34):
        raise Broken("too_old")
    if instant > now + timedelta(hours=24):
        raise Broken("in_future")
    return instant


def _shown(text: str, value: Value) -> str | Shown:
    """What is kept of a value: its text; of an object or an array its tokens."""
    return tokens(text[value.start : value.end]) if value.kind in {"object", "array"} else value.text


def tokens(text: str) -> Shown:
    """The tokens of a JSON text and the blanks between them; a number counts as the string of its digits.

    Reading by path cannot tell the two apart, and landing writes some numbers as strings so as to lose no digit.
    """
    found: list[str] = []
    at = 0
    while token := _TOKEN.match(text, at):
        begin, end = token.span(token.lastindex or 0)
        found.append(text[at:begin].removesuffix('"') if token[2] is not None else text[at:begin])
        found.append(text[begin:end] if token[1] or token[4] else f'"{text[begin:end]}"')
        at = token.end()
    return (*found, text[at:])
