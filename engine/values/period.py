"""Instants and periods. Every datetime inside duckbill is naive and means UTC; the offset is applied on entry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine.errors import UserError

_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_instant(text: str) -> datetime:
    """An RFC 3339 timestamp as a naive UTC datetime; digits past the microsecond are cut off, never rounded.

    Raises ValueError for anything else: no zone, a leap second, hour 24, an offset past 23:59. The rules and
    their reasons are in `spec/reliability.md` §2.4 and §4.1.

    >>> parse_instant("2026-03-19T17:30:00+05:30")
    datetime.datetime(2026, 3, 19, 12, 0)
    """
    match = _INSTANT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not an RFC 3339 timestamp such as 2026-10-01T00:00:00Z")
    year, month, day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = match.groups()
    if int(second) > 59:
        raise ValueError(f"{text!r} is a leap second, which has no place on a billing clock")
    if int(offset_hours or 0) > 23 or int(offset_minutes or 0) > 59:
        raise ValueError(f"{text!r} has an impossible offset")
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    local = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), micros)
    offset = timedelta(hours=int(offset_hours or 0), minutes=int(offset_minutes or 0))
    try:
        return local + offset if sign == "-" else local - offset
    except OverflowError as error:
        raise ValueError(f"{text!r} is outside the years 1 to 9999 in UTC") from error


def as_utc(moment: datetime | str) -> datetime:
    """A clock reading from a caller as a naive UTC datetime; a naive datetime is taken to be UTC already."""
    if isinstance(moment, str):
        text = f"{moment}T00:00:00Z" if _DAY.fullmatch(moment) else moment
        try:
            return parse_instant(text)
        except ValueError as error:
            raise UserError(str(error)) from error
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def format_instant(moment: datetime) -> str:
    """A naive UTC datetime as RFC 3339, without a fraction when there is none."""
    return moment.isoformat() + "Z"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """`starting_at <= t < ending_before`, both naive UTC."""

    starting_at: datetime
    ending_before: datetime

    @property
    def label(self) -> str:
        """The name of this period as used for partitions and on the command line: `2026-10`."""
        return self.starting_at.strftime("%Y-%m")


#: Every instant that duckbill knows.
ALWAYS = Period(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999))


def parse_period(text: str) -> Period:
    """A billing period as named on the command line: a calendar month in UTC, `2026-10`."""
    match = _MONTH.fullmatch(text)
    if match is None:
        raise UserError(f"unknown period {text!r}: a period is a calendar month such as 2026-10")
    year, month = int(match[1]), int(match[2])
    if year == 0 or (year, month) == (9999, 12):
        raise UserError(f"period {text!r} is outside the calendar")
    return Period(datetime(year, month, 1), datetime(year + month // 12, month % 12 + 1, 1))


def periods_through(first: str, last: str) -> list[Period]:
    """The calendar months from one to another, both included. Raises UserError when they are not in order.

    >>> [each.label for each in periods_through("2026-11", "2027-01")]
    ['2026-11', '2026-12', '2027-01']
    """
    periods, end = [parse_period(first)], parse_period(last)
    if end < periods[0]:
        raise UserError(f"the last period {last} is before the first, {first}")
    while periods[-1] < end:
        periods.append(period_of(periods[-1].ending_before))
    return periods


def parse_months(text: str) -> list[Period]:
    """Billing periods as named on the command line: a calendar month, or a range of them, both ends included.

    Raises UserError for anything else.

    >>> [each.label for each in parse_months("2026-11..2027-01")]
    ['2026-11', '2026-12', '2027-01']
    """
    first, dots, last = text.partition("..")
    return periods_through(first, last if dots else first)


def period_of(moment: datetime) -> Period:
    """The calendar month that holds an instant.

    >>> period_of(datetime(2026, 12, 31, 23)).label
    '2026-12'
    """
    return parse_period(moment.strftime("%Y-%m").rjust(7, "0"))


def parse_day(text: str) -> datetime:
    """A day as named on the command line, `2026-10-05`, as the midnight UTC at which it begins."""
    try:
        if _DAY.fullmatch(text):
            return parse_instant(f"{text}T00:00:00Z")
    except ValueError:
        pass
    raise UserError(f"{text!r} is not a day such as 2026-10-05")
