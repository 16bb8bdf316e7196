"""Lengths of time in calendar units, and where they lead from an instant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import MAXYEAR, datetime, timedelta
from enum import StrEnum
from typing import Annotated

from engine.catalog.fields import AnyCase, CatalogObject, Finding, Whole


class DurationUnit(StrEnum):
    DAYS = "DAYS"
    WEEKS = "WEEKS"
    MONTHS = "MONTHS"
    YEARS = "YEARS"


#: Longer than any contract: no instant that a catalog may name is left behind by it.
LONGEST_DAYS = 365_250


class Duration(CatalogObject):
    """So many calendar units; months and years keep the day of the month, or take the last one there is."""

    unit: Annotated[DurationUnit, AnyCase()]
    value: Whole

    def findings(self) -> Iterator[Finding]:
        days = {DurationUnit.DAYS: 1, DurationUnit.WEEKS: 7, DurationUnit.MONTHS: 31, DurationUnit.YEARS: 366}
        if self.value < 0:
            yield Finding(("value",), f"value {self.value} is negative", "count from the start on")
        elif self.value * days[self.unit] > LONGEST_DAYS:
            yield Finding(("value",), f"{self.value} {self.unit} are longer than any contract", "shorten it")

    def after(self, moment: datetime) -> datetime:
        """The instant this long after `moment`; raises OverflowError past the year 9999."""
        match self.unit:
            case DurationUnit.DAYS:
                return moment + timedelta(days=self.value)
            case DurationUnit.WEEKS:
                return moment + timedelta(weeks=self.value)
            case DurationUnit.MONTHS:
                return months_after(moment, self.value)
            case DurationUnit.YEARS:
                return months_after(moment, 12 * self.value)


def months_after(anchor: datetime, months: int) -> datetime:
    """The same day and time so many months later; where the month is too short, its last day.

    Raises OverflowError outside the years 1 to 9999.

    >>> months_after(datetime(2026, 1, 31), 1)
    datetime.datetime(2026, 2, 28, 0, 0)
    """
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    if not 1 <= year <= MAXYEAR:
        raise OverflowError(f"{months} months after {anchor} is outside the calendar")
    return anchor.replace(year=year, month=month + 1, day=min(anchor.day, _days_in(year, month + 1)))


def _days_in(year: int, month: int) -> int:
    if month == 2:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        return 29 if leap else 28
    return 30 if month in (4, 6, 9, 11) else 31
