"""Catalog objects as bodies of API requests, which is what catalog files hold; and the parts of rows they come of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.catalog.fields import CatalogObject
from engine.metronome.json_text import exact, json_value
from engine.values.period import ALWAYS, format_instant, parse_instant

#: A row of a table of an export, by column.
Row = Mapping[str, Any]

#: A request body, or a part of one: text, flags, whole numbers, exact Decimals, lists and bodies; times are text.
Body = dict[str, Any]


def given_body(thing: CatalogObject) -> Body:
    """What has to be given for the object to be what it is: all but defaults."""
    body = _exact(thing, thing.model_dump(mode="json", exclude_defaults=True))
    assert isinstance(body, dict)
    return body


def full_body(thing: CatalogObject) -> Body:
    """The object with its defaults; what is absent is left out."""
    body = _exact(thing, thing.model_dump(mode="json", exclude_none=True))
    assert isinstance(body, dict)
    return body


def _exact(value: object, dumped: Any) -> Any:
    """`dumped`, in which numbers are text, with the numbers of `value`."""
    if isinstance(value, CatalogObject):
        return {key: _exact(getattr(value, key), each) for key, each in dumped.items()}
    if isinstance(value, tuple) and isinstance(dumped, list):
        return [_exact(inner, each) for inner, each in zip(value, dumped, strict=True)]
    return exact(value) if isinstance(value, Decimal) else dumped


def present(**parts: object) -> Body:
    """A body of those parts that are there: neither None nor empty."""
    return {key: value for key, value in parts.items() if value is not None and value not in ((), [], {})}


def number(value: object) -> Decimal | None:
    """A number of a row or a JSON value, without needless zeros; None for NULL."""
    if value is None:
        return None
    assert isinstance(value, int | Decimal), f"{value!r} is no number"
    return exact(value)


def instant(value: object) -> str | None:
    """A time of a row, or text of a JSON value, as request bodies spell it; None for NULL."""
    if value is None:
        return None
    if isinstance(value, datetime):
        return format_instant(value)
    try:
        return format_instant(parse_instant(str(value)))
    except ValueError:
        return str(value)


def upper(value: str | None) -> str | None:
    """An enumeration in the spelling of request bodies."""
    return None if value is None else value.strip().upper().replace(" ", "_")


def lower(value: str | None) -> str | None:
    """An enumeration in the spelling that exports have in JSON."""
    return None if value is None else value.lower()


def texts(column: str | None) -> list[str]:
    """A JSON column that holds a list of text."""
    found = json_value(column)
    return [str(each) for each in found] if isinstance(found, list) else []


def pairs(value: object) -> dict[str, str]:
    """Group values, as a mapping or as a list of {name, value}."""
    if isinstance(value, Mapping):
        return {str(key): str(each) for key, each in value.items()}
    if isinstance(value, list):
        return {str(each["name"]): str(each["value"]) for each in value}
    return {}


def custom_fields(metadata: str | None) -> dict[str, str]:
    """The custom fields of a metadata column."""
    found = json_value(metadata)
    return pairs(found.get("custom_fields")) if isinstance(found, dict) else {}


def ordered(rows: Iterable[Row]) -> list[Row]:
    """Rows in the order of the catalog: as they say, or else by when they were created, or else as they come."""
    numbered = list(enumerate(rows))

    def place(entry: tuple[int, Row]) -> tuple[bool, int, datetime, int]:
        position, created = entry[1].get("duckbill_position"), entry[1].get("created_at")
        return position is None, position or 0, created or ALWAYS.ending_before, entry[0]

    return [row for _, row in sorted(numbered, key=place)]
