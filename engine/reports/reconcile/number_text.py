"""Numbers and other values as the page shows them: grouped by thousands, every digit kept, nothing rounded."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from engine.result import shown
from engine.values.numbers import PLAIN_NUMBER

#: Decimal places that pictures show; what has more ends in an ellipsis, with every digit one hover away.
BRIEF_PLACES = 6

_THOUSANDS = re.compile(r"(?<=[0-9])(?=(?:[0-9]{3})+$)")


def grouped(text: str) -> str:
    """Plain decimal text with a comma between thousands, digit by digit the same; other text as it is.

    >>> grouped("-1234567.8900"), grouped("123"), grouped("n/a")
    ('-1,234,567.8900', '123', 'n/a')
    """
    if PLAIN_NUMBER.fullmatch(text) is None:
        return text
    whole, point, fraction = text.removeprefix("-").partition(".")
    sign = "-" if text.startswith("-") and text.strip("-0.") else ""
    return f"{sign}{_THOUSANDS.sub(',', whole)}{point}{fraction}"


def brief(number: Decimal | int) -> str:
    """A number grouped, its places past `BRIEF_PLACES` cut off and an ellipsis in their stead.

    >>> brief(Decimal("1234.5600")), brief(Decimal("0.12345678"))
    ('1,234.56', '0.123456…')
    """
    text = grouped(shown(number))
    whole, point, fraction = text.partition(".")
    return f"{whole}.{fraction[:BRIEF_PLACES]}…" if point and len(fraction) > BRIEF_PLACES else text


def value_text(value: object) -> str:
    """A value of a table as people read it: numbers grouped, instants with a space between day and time."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal | int):
        return grouped(shown(value))
    if isinstance(value, datetime):
        return shown(value).replace("T", " ")
    return shown(value)
