"""What a SQL metric is to the oracle: its text, and beside it the same thing said with loops over events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import TypeVar

from tests.oracle.metering import Event, SqlFunction
from tests.oracle.numbers import to_number
from tests.oracle.properties import text_of

Key = TypeVar("Key", bound=Hashable)
Arrival = tuple[datetime, datetime, str]


@dataclass(frozen=True)
class SqlMetric:
    """The text of a SQL metric, its group columns, and what it means in Python.

    `numbers` names the properties that the metric reads as numbers in one event, `whole_numbers` those that it reads as
    whole ones: none in an event that conditions on this event alone keep out. An event `matches` when it is in a
    FROM or JOIN of the metric and WHERE keeps it, as far as that looks at this event alone; sub-queries inside a WHERE
    ask about an event without matching any.
    """

    name: str
    sql: str
    columns: tuple[str, ...]
    rows: SqlFunction
    numbers: Callable[[Event], Sequence[str]] = lambda event: ()
    whole_numbers: Callable[[Event], Sequence[str]] = lambda event: ()
    matches: Callable[[Event], bool] = lambda event: True


def value(event: Event, name: str) -> Fraction | None:
    """The number in a property; None where it has none."""
    return to_number(text_of(event["properties"], name))


def whole(event: Event, name: str) -> Fraction | None:
    """The whole number in a property; None where it has none, or one with a fraction."""
    number = value(event, name)
    return number if number is not None and number.denominator == 1 else None


def text(event: Event, name: str) -> str | None:
    return text_of(event["properties"], name)


def total(numbers: Iterable[Fraction | None]) -> Fraction | None:
    """SUM as SQL has it: NULLs are skipped, and nothing but NULLs is NULL."""
    found = known(numbers)
    return sum(found, Fraction(0)) if found else None


def highest(numbers: Iterable[Fraction | None]) -> Fraction | None:
    return max(known(numbers), default=None)


def known(numbers: Iterable[Fraction | None]) -> list[Fraction]:
    """The numbers that are not NULL."""
    return [number for number in numbers if number is not None]


def grouped(events: Iterable[Event], key: Callable[[Event], Key]) -> dict[Key, list[Event]]:
    """GROUP BY: what has the same key, NULLs being equal to each other."""
    groups: dict[Key, list[Event]] = defaultdict(list)
    for event in events:
        groups[key(event)].append(event)
    return groups


def by(name: str) -> Callable[[Event], str | None]:
    """The key of events that are grouped by one property."""
    return lambda event: text(event, name)


def of_type(events: Iterable[Event], event_type: str) -> list[Event]:
    return [event for event in events if event["event_type"] == event_type]


def of(*event_types: str) -> Callable[[Event], bool]:
    """Whether an event is of one of these types."""
    return lambda event: event["event_type"] in event_types


def reads(*names: str, event_type: str | None = None) -> Callable[[Event], Sequence[str]]:
    """These properties, in events of one type where it is given."""
    return lambda event: names if event_type in (None, event["event_type"]) else ()


def arrival(event: Event) -> Arrival:
    """What orders events completely: their timestamp, then their arrival, then their id (spec/metering.md §17.5)."""
    return event["timestamp"], event["ingested_at"], event["transaction_id"]
