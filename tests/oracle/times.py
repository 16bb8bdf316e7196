"""Instants as naive UTC datetimes, and the statement periods of a contract."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

#: Before and after every instant of a catalog.
BEGINNING, END = datetime(1, 1, 1), datetime(9999, 12, 31)

_MONTHS = {"MONTHLY": 1, "QUARTERLY": 3, "ANNUAL": 12}
_DAYS = {"DAILY": 1, "WEEKLY": 7}
_STAMP = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", flags=re.ASCII)


def instant(text: str) -> datetime:
    """An RFC 3339 timestamp as naive UTC, cut to the microsecond; ValueError when it is not one."""
    match = _STAMP.fullmatch(text)
    if not match:
        raise ValueError(f"not a timestamp: {text!r}")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction = (match[7] or ".")[1:]
    microsecond = int(fraction[:6].ljust(6, "0"))
    moment = datetime(year, month, day, hour, minute, second, microsecond)
    zone = match[8]
    if zone in "Zz":
        return moment
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 23 or minutes > 59:
        raise ValueError(f"impossible offset: {text!r}")
    ahead = timedelta(hours=hours, minutes=minutes) * (1 if zone[0] == "+" else -1)
    try:
        return moment - ahead
    except OverflowError as error:
        raise ValueError(f"outside the calendar: {text!r}") from error


def month(text: str) -> tuple[datetime, datetime]:
    """The calendar month `2026-10` as (first instant, first instant of the next month)."""
    first = datetime(int(text[:4]), int(text[5:7]), 1)
    return first, months_after(first, 1)


def months_after(anchor: datetime, count: int) -> datetime:
    """`count` months after (or before) the anchor: the same day, or the last one of a shorter month."""
    year, month_index = divmod(anchor.year * 12 + anchor.month - 1 + count, 12)
    last_day = monthrange(year, month_index + 1)[1]
    return anchor.replace(year=year, month=month_index + 1, day=min(anchor.day, last_day))


def anchor_of(contract: dict[str, Any]) -> datetime:
    """The instant from which the statement periods of a contract are counted."""
    start: datetime = contract["starting_at"]
    if contract["day"] == "CONTRACT_START":
        return start
    if contract["day"] == "CUSTOM_DATE":
        anchor: datetime = contract["anchor"]
        return anchor
    first = datetime(start.year, start.month, 1)
    if contract["frequency"] == "QUARTERLY":
        return first.replace(month=(start.month - 1) // 3 * 3 + 1)
    return first


def boundary(anchor: datetime, frequency: str, number: int) -> datetime:
    """The `number`-th boundary, counted from the anchor itself so that a 31st never drifts to a 28th."""
    if frequency in _DAYS:
        return anchor + timedelta(days=_DAYS[frequency] * number)
    return months_after(anchor, _MONTHS[frequency] * number)


def number_at(anchor: datetime, frequency: str, moment: datetime) -> int:
    """The number of the last boundary that is not after an instant."""
    if frequency in _DAYS:
        return (moment - anchor) // timedelta(days=_DAYS[frequency])
    months = (moment.year - anchor.year) * 12 + moment.month - anchor.month
    number = months // _MONTHS[frequency] + 1
    while boundary(anchor, frequency, number) > moment:
        number -= 1
    return number


def statement_periods(contract: dict[str, Any], period: str) -> Iterator[tuple[datetime, datetime]]:
    """The statement periods [S, E) of a contract whose last instant lies in the billing month `period`.

    Those that end by `generation_start`, where a contract has one, were billed elsewhere and are none.
    """
    month_start, month_end = month(period)
    anchor, frequency = anchor_of(contract), contract["frequency"]
    number = number_at(anchor, frequency, month_start)
    while boundary(anchor, frequency, number) < month_end:
        start = max(boundary(anchor, frequency, number), contract["starting_at"])
        end = boundary(anchor, frequency, number + 1)
        if contract["ending_before"] is not None:
            end = min(end, contract["ending_before"])
        if start < end and month_start < end <= month_end and is_generated(contract, end):
            yield start, end
        number += 1


def is_generated(contract: dict[str, Any], end: datetime) -> bool:
    """Whether a statement that ends then is billed here at all."""
    since = contract.get("generation_start")
    return since is None or end > since


def statement_around(contract: dict[str, Any], moment: datetime) -> tuple[datetime, datetime] | None:
    """The statement period [S, E) with S <= moment < E, None where the contract has none."""
    end = contract["ending_before"]
    if moment < contract["starting_at"] or (end is not None and moment >= end):
        return None
    anchor, frequency = anchor_of(contract), contract["frequency"]
    number = number_at(anchor, frequency, moment)
    upper = boundary(anchor, frequency, number + 1)
    start = max(boundary(anchor, frequency, number), contract["starting_at"])
    return start, upper if end is None else min(upper, end)


def ends_a_statement(contract: dict[str, Any], moment: datetime) -> bool:
    """Whether some statement period of a contract that is billed here ends at an instant."""
    end = contract["ending_before"]
    if moment <= contract["starting_at"] or (end is not None and moment > end) or not is_generated(contract, moment):
        return False
    anchor, frequency = anchor_of(contract), contract["frequency"]
    return moment == end or moment == boundary(anchor, frequency, number_at(anchor, frequency, moment))
