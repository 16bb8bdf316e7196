"""How time is cut for questions about usage and invoices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from engine.errors import UserError, did_you_mean
from engine.values.period import Period

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


_STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


def windows_of(bounds: Period, window: UsageWindow | BreakdownWindow) -> Iterator[Period]:
    """The windows of a period from its start, which is a midnight; all of it as one where it is not cut."""
    step = _STEPS.get(window.value, bounds.ending_before - bounds.starting_at)
    start = bounds.starting_at
    while start < bounds.ending_before:
        yield Period(start, start + step)
        start += step


def window_named(choices: type[Choice], name: str) -> Choice:
    """The window of this name, in any case."""
    try:
        return choices(name.lower())
    except ValueError:
        raise UserError(f"unknown window {name!r}; {did_you_mean(name, [each.value for each in choices])}") from None
