"""The kind of every expression of a metric, and the explicit conversions between kinds.

A property is text whose meaning is open: it becomes a number where a number is needed, through the placeholder
`TO_DECIMAL`, and stays text elsewhere. Nothing else converts without being told to (DESIGN §5 and §6).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlglot import exp

from engine.metrics.placeholders import to_decimal
from engine.values.numbers import MAX_DIGITS, plain_text
from engine.values.period import parse_instant


class Kind(Enum):
    """What an expression yields; the value is the word used in messages."""

    NUMBER = "a number"
    WHOLE = "a whole number"
    TEXT = "text"
    PROPERTY = "an event property (text)"
    BOOLEAN = "a condition"
    TIMESTAMP = "a timestamp"
    DATE = "a date"
    INTERVAL = "an interval"
    NULL = "NULL"
    #: After a problem was reported: anything goes, so that one mistake gives one message.
    BROKEN = "unknown"


NUMERIC = frozenset({Kind.NUMBER, Kind.WHOLE})
TEXTUAL = frozenset({Kind.TEXT, Kind.PROPERTY})
TEMPORAL = frozenset({Kind.TIMESTAMP, Kind.DATE})
_OPEN = frozenset({Kind.NULL, Kind.BROKEN})

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LOCAL = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2})(:[0-9]{2}(?:\.[0-9]+)?)?")


class KindError(Exception):
    """An expression has the wrong kind; `remedy` says what to write instead."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Typed:
    """A rewritten expression and its kind."""

    node: exp.Expr
    kind: Kind

    @property
    def literal(self) -> str | None:
        """The text of a string literal."""
        return self.node.name if isinstance(self.node, exp.Literal) and self.node.is_string else None


BROKEN = Typed(exp.Null(), Kind.BROKEN)


def as_number(value: Typed, where: str) -> Typed:
    """`value` as an exact number; a property becomes one explicitly."""
    if value.kind in NUMERIC or value.kind in _OPEN:
        return value
    if value.kind is Kind.PROPERTY:
        return Typed(to_decimal(value.node), Kind.NUMBER)
    if value.kind is Kind.TEXT:
        raise KindError(f"{where} needs a number; found text", "write CAST(… AS DECIMAL), or a number without quotes")
    raise KindError(f"{where} needs a number; found {value.kind.value}", "")


def as_text(value: Typed, where: str) -> Typed:
    if value.kind in TEXTUAL:
        return Typed(value.node, Kind.TEXT)
    if value.kind in _OPEN:
        return value
    raise KindError(f"{where} needs text; found {value.kind.value}", "write CAST(… AS VARCHAR)")


def as_condition(value: Typed, where: str) -> Typed:
    if value.kind is Kind.BOOLEAN or value.kind in _OPEN:
        return value
    remedy = "write … = 'true'" if value.kind is Kind.PROPERTY else "compare it with something"
    raise KindError(f"{where} needs a condition; found {value.kind.value}", remedy)


def as_timestamp(value: Typed, where: str) -> Typed:
    """`value` as a UTC timestamp without zone; a text literal is read once, here."""
    if value.kind is Kind.TIMESTAMP or value.kind in _OPEN:
        return value
    if value.kind is Kind.DATE:
        return Typed(exp.cast(value.node, "TIMESTAMP"), Kind.TIMESTAMP)
    if value.literal is not None:
        return timestamp_literal(value.literal)
    raise KindError(f"{where} needs a timestamp; found {value.kind.value}", "use the column timestamp")


def timestamp_literal(text: str) -> Typed:
    """An instant or a day in text as a UTC TIMESTAMP literal; without an offset it means UTC."""
    local = _LOCAL.fullmatch(text)
    if _DAY.fullmatch(text):
        instant = f"{text}T00:00:00Z"
    elif local is not None:
        instant = f"{local[1]}T{local[2]}{local[3] or ':00'}Z"
    else:
        instant = text.replace(" ", "T", 1) if re.match(r"\d{4}-\d\d-\d\d ", text) else text
    try:
        moment: datetime = parse_instant(instant)
    except ValueError as error:
        raise KindError(f"{text!r} is not a timestamp", "write it as '2026-10-01T00:00:00Z'") from error
    return Typed(exp.cast(exp.Literal.string(moment.isoformat(sep=" ")), "TIMESTAMP"), Kind.TIMESTAMP)


def date_literal(text: str) -> Typed:
    if not _DAY.fullmatch(text):
        raise KindError(f"{text!r} is not a date", "write it as '2026-10-01'")
    timestamp_literal(text)
    return Typed(exp.cast(exp.Literal.string(text), "DATE"), Kind.DATE)


def number_literal(text: str) -> Typed:
    """A number written in the metric, exactly; never a float."""
    plain = plain_text(text)
    if plain is None or len(plain.replace(".", "").replace("-", "").lstrip("0")) > MAX_DIGITS:
        raise KindError(f"{text[:50]} is not a number of at most {MAX_DIGITS} digits", "write digits and a point")
    return Typed(exp.Literal.number(plain), Kind.NUMBER if "." in plain else Kind.WHOLE)


def is_null(value: Typed) -> bool:
    return value.kind is Kind.NULL


def merged(values: list[Typed], where: str) -> tuple[list[Typed], Kind]:
    """The values brought to one kind, as the branches of a CASE or the columns of a UNION must be."""
    kinds = {value.kind for value in values} - _OPEN
    if any(value.kind is Kind.BROKEN for value in values):
        return values, Kind.BROKEN
    if not kinds:
        return values, Kind.NULL
    if len(kinds) == 1:
        return values, next(iter(kinds))
    if kinds <= NUMERIC:
        return values, Kind.NUMBER
    if kinds <= NUMERIC | {Kind.PROPERTY}:
        return [as_number(value, where) for value in values], Kind.NUMBER
    if kinds <= TEXTUAL:
        return values, Kind.TEXT
    if kinds <= TEMPORAL | {Kind.TEXT}:
        return [as_timestamp(value, where) for value in values], Kind.TIMESTAMP
    found = " and ".join(sorted(kind.value for kind in kinds))
    raise KindError(f"{where} mixes {found}", "CAST them to one type")


def comparable(left: Typed, right: Typed) -> tuple[Typed, Typed]:
    """Both sides of a comparison, converted where the meaning is certain; text never equals a number."""
    kinds = {left.kind, right.kind}
    if kinds & _OPEN or (left.kind is right.kind and left.kind is not Kind.BOOLEAN):
        return left, right
    if kinds <= NUMERIC or kinds <= TEXTUAL or kinds == {Kind.BOOLEAN}:
        return left, right
    if kinds <= TEMPORAL | {Kind.TEXT}:
        return as_timestamp(left, "this comparison"), as_timestamp(right, "this comparison")
    if kinds & TEXTUAL and kinds & NUMERIC:
        raise KindError(
            "text is compared with a number",
            "write CAST(… AS DECIMAL) to compare as numbers, or put the number in quotes to compare as text",
        )
    if kinds == {Kind.PROPERTY, Kind.BOOLEAN}:
        raise KindError("an event property is compared with a condition", "write … = 'true'")
    raise KindError(f"{left.kind.value} is compared with {right.kind.value}", "CAST one of them")
