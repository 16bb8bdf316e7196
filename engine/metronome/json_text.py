"""JSON columns, exactly: numbers are written digit by digit, and read as int or Decimal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.values.numbers import plain_text


def exact(number: Decimal | int) -> Decimal:
    """A number without the zeros at its end that a column of decimals adds.

    >>> exact(Decimal("0.8500"))
    Decimal('0.85')
    """
    plain = plain_text(str(number))
    assert plain is not None, f"{number} is no number"
    return Decimal(plain)


def json_text(value: object) -> str:
    """A value as JSON text.

    >>> json_text({"amount": Decimal("0.10"), "tags": ("a", None)})
    '{"amount":0.1,"tags":["a",null]}'
    """
    if isinstance(value, Decimal):
        return f"{exact(value):f}"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(key))}:{json_text(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(json_text(each) for each in value) + "]"
    return json.dumps(value)


def json_value(text: str | None) -> Any:
    """The value of a JSON column; None for NULL. Raises ValueError for what is not JSON.

    >>> json_value('{"amount": 0.10}')
    {'amount': Decimal('0.1')}
    """
    return None if text is None else json.loads(text, parse_float=lambda number: exact(Decimal(number)))
