"""Which errors of DuckDB mean that a `checked` metric needs more than 38 digits, and not that something is broken.

Measured on DuckDB 2.0.0: sums, products and differences raise OutOfRangeException, casts to a larger scale and to
HUGEINT raise ConversionException, and `too_many_digits` in `engine/executors/macros.sql` raises InvalidInputException.
"""

from __future__ import annotations

import re

_MESSAGES = {
    "OutOfRangeException": re.compile(r"\b(DECIMAL\(\d+|HUGEINT|INT128)\b"),
    "ConversionException": re.compile(r"\bto (type )?(DECIMAL\(\d+|HUGEINT\b|INT128\b)"),
    "InvalidInputException": re.compile(r"more digits than it can hold exactly"),
}


def needs_more_digits(error: Exception) -> bool:
    """Whether a number outgrew DECIMAL(38, s) or HUGEINT while a compiled metric ran."""
    message = _MESSAGES.get(type(error).__name__)
    return message is not None and message.search(str(error)) is not None
