"""How time is cut for questions about usage and invoices."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from engine.errors import UserError, did_you_mean

Choice = TypeVar("Choice", bound=StrEnum)


class UsageWindow(StrEnum):
    """UTC hours, UTC days, or not at all."""

    HOUR = "hour"
    DAY = "day"
    NONE = "none"


class BreakdownWindow(StrEnum):
    """UTC days or UTC hours."""

    DAY = "day"
    HOUR = "hour"


def window_named(choices: type[Choice], name: str) -> Choice:
    """The window of this name, in any case."""
    try:
        return choices(name.lower())
    except ValueError:
        raise UserError(f"unknown window {name!r}; {did_you_mean(name, [each.value for each in choices])}") from None
