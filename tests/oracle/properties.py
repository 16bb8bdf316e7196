"""The text of an event's property by name: the property itself first, then a walk into JSON text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


class _Literal(str):
    """A JSON number, as it was written."""


def text_of(properties: Mapping[str, str], name: str) -> str | None:
    """The property `name` as text, or None when the event has none.

    The flat property of exactly that name comes first. Otherwise the part of a dotted name before the first dot
    names a flat property that holds JSON text, and each further part is a member of the object reached so far. A
    step that is not there, text that is no JSON, null, an object and an array are all absent
    (spec/metering.md §17.12). A text property with equal keys in its JSON is nobody's to interpret: it raises.
    """
    if name in properties:
        return properties[name]
    first, *steps = name.split(".")
    if not steps or first not in properties:
        return None
    value = _json(properties[first])
    for step in steps:
        if not isinstance(value, dict) or step not in value:
            return None
        value = value[step]
    return _terminal(value)


def _json(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_Literal,
            parse_float=_Literal,
            parse_constant=_no_constant,
        )
    except json.JSONDecodeError:
        return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    assert len(members) == len(pairs), "equal keys in the JSON text of a property"
    return members


def _no_constant(name: str) -> Any:
    raise json.JSONDecodeError("not JSON", name, 0)


def _terminal(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else None
