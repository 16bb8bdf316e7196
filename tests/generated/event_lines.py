"""Random event lines: good ones with awkward values and instants, repeated ones and broken ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.generated.agreements import senders, unknown_sender
from tests.generated.dice import Dice
from tests.generated.nested import put, put_plan
from tests.generated.vocabulary import DIMENSIONS, EVENT_TYPES, MEASURES, STATUSES
from tests.generated.writing import Literal, to_instant, to_json

Item = dict[str, Any]

_MICROSECOND = timedelta(microseconds=1)
_OFFSETS = ("+05:30", "-08:00", "+14:00", "-00:30", "+00:00")
_VALUES: dict[str, tuple[Any, ...]] = {
    "plain value": ("1", "2", "5", "10", "40", "7", "250"),
    "negative value": ("-5", "-0.25", "-10", "-300"),
    "halfway value": ("0.5", "-0.5", "2.5", "-2.5", "-1.25", "0.0000005"),
    "zero value": ("0", "0.0", "-0", "0e5"),
    "many decimals": ("0.123456789", "123456.000000001", "3.14159265"),
    "large value": ("99999999.5", "12345678"),
    "exponent value": ("1e3", "2.5E-3", "1E+2", "15e-1"),
    "odd spelling": ("+7", ".5", "5.", "007", "-.75", "1.0", "5.00", "2e0"),
    "junk value": ("abc", "", "1,000", " 5 ", "NaN", "Infinity", "1e", "0x10", "1_000", "٣", "1e99999"),
    "JSON number": (Literal("5"), Literal("1.10"), Literal("-0.50"), Literal("1E2"), Literal("20010020.000000003")),
    "null value": (None,),
    "boolean value": (True, False),
}
_WIDE = ("9" * 30, "123456789012345678901234567890", "1e29", "-99999999999999999999999999.5")
_KINDS = tuple(_VALUES)
_WEIGHTS = (10, 4, 4, 2, 3, 1, 2, 3, 4, 4, 1, 1)


@dataclass(frozen=True)
class _Habits:
    """What most events of one scenario have in common, so that groups collect several of them."""

    senders: list[str]
    type_weights: list[int]
    dimensions: dict[str, tuple[str, ...]]


def event_lines(
    dice: Dice,
    month: tuple[datetime, datetime],
    clocks: Sequence[datetime],
    agreements: list[tuple[Item, int]],
    cuts: list[datetime],
    wide: bool,
) -> list[list[str]]:
    """The lines of an NDJSON file for each of the clocks at which one lands, without line ends.

    `agreements` is each customer with its contracts' number. In a `wide` scenario some values have 30 digits, and
    most of them come with their opposite, so that they cancel out. The last line of a file is always good and
    nobody's, because an empty file does not land and a run refuses a table without events.
    """
    type_weights = dice.pick(([10, 3, 1], [3, 10, 1], [4, 4, 2]))
    habits = _Habits(
        senders=[name for owner, number in agreements for name in senders(owner) * (1 + 6 * min(number, 1))],
        type_weights=type_weights,
        dimensions={name: tuple(dice.some(values, 1, dice.pick((1, 2, 3)))) for name, values in DIMENSIONS.items()},
    )
    edges = [edge for edge in sorted({*cuts, *month}) if month[0] <= edge <= month[1]]
    moments: list[datetime] = []
    lines: list[str] = []
    files: list[list[str]] = [[] for _ in clocks]
    count = dice.pick((0, 40, 60, 70, 75, 75)) + dice.number(0, 5)
    for number in range(count):
        landing = number * len(clocks) // count
        file = files[landing]
        moment = _moment(dice, month, edges, cuts, moments)
        moments.append(moment)
        event = _event(dice, number, moment, habits)
        line = to_json(event)
        if dice.chance(0.06):
            line = _break(dice, number, json.loads(line), clocks[landing])
        lines.append(line)
        file.append(line)
        if wide and dice.chance(0.15, "values of 30 digits"):
            file.extend(to_json(each) for each in _opposites(dice, number, event))
        if dice.chance(0.06, "duplicate line"):
            file.append(dice.pick(lines))
        if dice.chance(0.04, "duplicate id with another payload"):
            file.append(to_json(_event(dice, number, moment, habits)))
    for landing, file in enumerate(files):
        stranger = {
            "transaction_id": f"tx-last-{landing}",
            "customer_id": "nobody",
            "event_type": EVENT_TYPES[0],
            "timestamp": to_instant(clocks[landing]),
        }
        file.append(to_json(stranger))
    return files


def _opposites(dice: Dice, number: int, event: Item) -> Iterator[Item]:
    """Two events like this one, whose measures are a number of 30 digits and the opposite of it."""
    huge = dice.pick(_WIDE)
    opposite = huge[1:] if huge.startswith("-") else "-" + huge
    for name, text in (("huge", huge), ("opposite", opposite)):
        value = Literal(text) if dice.chance(0.5) else text
        properties = {**event.get("properties", {}), **dict.fromkeys(MEASURES, value)}
        yield {**event, "transaction_id": f"{name}-{number}", "properties": properties}


def _moment(
    dice: Dice,
    month: tuple[datetime, datetime],
    edges: list[datetime],
    cuts: list[datetime],
    earlier: list[datetime],
) -> datetime:
    if earlier and dice.chance(0.2, "timestamp tie"):
        inside = [moment for moment in earlier if moment < month[1]] or earlier
        return dice.pick((max(inside), dice.pick(earlier)))
    if dice.chance(0.3):
        edge = dice.pick(edges if dice.chance(0.9) else cuts)
        shift = dice.number(0, 3)
        if shift == 0:
            dice.note("microsecond before an edge")
            return edge - _MICROSECOND
        dice.note("exactly on an edge" if shift < 3 else "an hour after an edge")
        return edge if shift < 3 else edge + timedelta(hours=1)
    if dice.chance(0.12, "event before the month"):
        return month[0] - timedelta(seconds=dice.number(0, dice.pick((30, 30, 100, 400)) * 86400))
    return month[0] + timedelta(microseconds=dice.number(0, int((month[1] - month[0]) / _MICROSECOND) - 1))


def _event(dice: Dice, number: int, moment: datetime, habits: _Habits) -> Item:
    if dice.chance(0.06, "unknown customer"):
        sender = unknown_sender(number)
    else:
        sender = dice.pick(habits.senders)
        if sender.startswith("alias"):
            dice.note("event sent under an alias")
    event: Item = {
        "transaction_id": f"tx-{number}",
        "customer_id": sender,
        "event_type": dice.random.choices(EVENT_TYPES, habits.type_weights)[0],
        "timestamp": _spelling(dice, moment),
    }
    if not dice.chance(0.02, "event without properties"):
        event["properties"] = _properties(dice, habits)
    if dice.chance(0.03, "unknown top-level field"):
        event["source"] = "test"
    return event


def _properties(dice: Dice, habits: _Habits) -> Item:
    bag: Item = {}
    for name, values in habits.dimensions.items():
        if dice.chance(0.93):
            _put(dice, bag, name, dice.pick(values), 0.75)
        elif dice.chance(0.4, "null dimension"):
            bag[name] = None
    for name in MEASURES:
        if dice.chance(0.9):
            _put(dice, bag, name, _value(dice), 0.3)
    if {"tokens", "Tokens"} <= bag.keys():
        dice.note("names that differ by case")
    if "resource.hardware" in bag:
        dice.note("dotted name")
    if dice.chance(0.6):
        bag["status"] = _status(dice)
    if dice.chance(0.2):
        bag["internal"] = dice.pick(("yes", None, ""))
    if dice.chance(0.3):
        put_plan(dice, bag)
    if dice.chance(0.03, "empty property name"):
        bag[""] = "1"
    if dice.chance(0.04, "odd property names"):
        bag.update({"a.": "1", ".a": "2", 'quo"te': "3", "new\nline": "4", "é": "5", "\U0001f986": "6", "x" * 300: "7"})
    names = list(bag)
    dice.random.shuffle(names)
    return {name: bag[name] for name in names}


def _put(dice: Dice, bag: Item, name: str, value: Any, flat: float) -> None:
    if "." in name:
        put(dice, bag, name, value, flat)
    else:
        bag[name] = value


def _value(dice: Dice) -> Any:
    kind = dice.random.choices(_KINDS, _WEIGHTS)[0]
    dice.note(kind)
    return dice.pick(_VALUES[kind])


def _status(dice: Dice) -> Any:
    status = dice.pick(STATUSES)
    if status == "1.10" and dice.chance(0.7, "filtered JSON number"):
        return Literal(dice.pick(("1.10", "1.1")))
    if status == "true" and dice.chance(0.7, "filtered boolean"):
        return True
    return status


def _spelling(dice: Dice, moment: datetime) -> str:
    """One of the ways in which RFC 3339 writes this instant."""
    if dice.chance(0.2, "timestamp with offset"):
        offset = dice.pick(_OFFSETS)
        ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:]))
        return (moment + ahead if offset[0] == "+" else moment - ahead).isoformat() + offset
    if dice.chance(0.1, "timestamp with a long fraction"):
        return moment.strftime("%Y-%m-%dT%H:%M:%S.%f") + dice.pick(("9Z", "999Z", "000Z"))
    if dice.chance(0.05, "timestamp in lower case"):
        return moment.isoformat().lower() + "z"
    return moment.isoformat() + "Z"


def _break(dice: Dice, number: int, event: Item, now: datetime) -> str:
    """A line that breaks exactly one rule, under an id of its own."""
    event = {**event, "transaction_id": f"broken-{number}", "timestamp": now.isoformat() + "Z"}
    # Two thousand names take seconds to land, so only some lines may have them.
    reason = dice.pick_noted(
        "broken", tuple(each for each in _BROKEN if each != "too_many_properties" or number % 5 == 0)
    )
    replacement = _BROKEN[reason]
    if isinstance(replacement, str):
        return replacement
    if reason == "too_old":
        event["timestamp"] = (now - timedelta(days=500)).isoformat() + "Z"
    elif reason == "in_future":
        event["timestamp"] = (now + timedelta(hours=24, microseconds=1)).isoformat() + "Z"
    elif reason == "missing_field":
        del event[dice.pick(("transaction_id", "customer_id", "event_type", "timestamp"))]
    elif reason == "too_many_properties":
        event["properties"] = {f"p{index}": "1" for index in range(2001)}
    elif reason == "too_large":
        event["properties"] = {"p": "x" * (1024 * 1024)}
    elif reason == "bad_unicode":
        return to_json({**event, "event_type": "x"}).replace('"x"', '"\\ud800"')
    elif reason == "duplicate_key":
        return to_json(event)[:-1] + ', "event_type": "again"}'
    else:
        field, value = dice.pick(replacement)
        event[field] = value
    return to_json(event)


_BROKEN: dict[str, Any] = {
    "missing_field": (),
    "wrong_type": (
        ("transaction_id", Literal("5")),
        ("customer_id", None),
        ("event_type", ["x"]),
        ("timestamp", Literal("1773921600000")),
        ("properties", None),
        ("properties", []),
        ("properties", "text"),
    ),
    "bad_length": (("transaction_id", ""), ("transaction_id", "x" * 129), ("customer_id", ""), ("event_type", "")),
    "control_character": (("transaction_id", "a\nb"), ("customer_id", "a\u0000b"), ("event_type", "a\tb")),
    "not_an_object": "[1]",
    "bad_json": '{"transaction_id": "cut',
    "bad_unicode": (),
    "duplicate_key": (),
    "bad_timestamp": (
        ("timestamp", "2026-03-19T12:00:00"),
        ("timestamp", "2026-03-19T24:00:00Z"),
        ("timestamp", "2026-03-19T12:00:60Z"),
        ("timestamp", "yesterday"),
    ),
    "too_old": (),
    "in_future": (),
    "bad_property_name": (("properties", {"a\u0000b": "1"}),),
    "too_many_properties": (),
    "too_large": (),
}
