"""Periods counted from an anchor in whole months or days, without drift (spec/rating.md §17 Q18)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.catalog.contract import Contract, StatementFrequency
from engine.catalog.duration import months_after
from engine.catalog.recurring_balance import RecurrenceFrequency, RecurringBalance
from engine.values.period import ALWAYS

_MONTHS: dict[str, int] = {"MONTHLY": 1, "QUARTERLY": 3, "ANNUAL": 12}
_DAYS: dict[str, int] = {"DAILY": 1, "WEEKLY": 7}


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Boundaries at `anchor` plus any whole number of steps; a step is so many months, or else so many days."""

    anchor: datetime
    months: int
    days: int

    def boundary(self, index: int) -> datetime:
        """The boundary so many steps after the anchor; the end of the calendar where it would lie past that.

        >>> Recurrence(datetime(2026, 1, 31), 1, 0).boundary(1)
        datetime.datetime(2026, 2, 28, 0, 0)
        """
        try:
            if self.months:
                return months_after(self.anchor, index * self.months)
            return self.anchor + timedelta(days=index * self.days)
        except OverflowError:
            return ALWAYS.ending_before if index > 0 else ALWAYS.starting_at

    def index_at(self, moment: datetime) -> int:
        """The number of the last boundary that is not after `moment`."""
        if not self.months:
            return (moment - self.anchor) // timedelta(days=self.days)
        apart = 12 * (moment.year - self.anchor.year) + moment.month - self.anchor.month
        index = apart // self.months
        # The boundary `index` lies in the month of `moment` or before it, the next one after that month.
        return index - (self.boundary(index) > moment)


def statement_periods(contract: Contract) -> Recurrence:
    """The boundaries between a contract's statement periods, whether or not it has begun or ended."""
    return _counted(contract.statement_anchor, contract.usage_statement_schedule.frequency)


def recurrence_of(contract: Contract, recurring: RecurringBalance) -> Recurrence:
    """The periods of a recurring balance: counted from its start, or the contract's statement periods."""
    if recurring.recurrence_frequency is None:
        return statement_periods(contract)
    return _counted(recurring.starting_at, recurring.recurrence_frequency)


def _counted(anchor: datetime, frequency: RecurrenceFrequency | StatementFrequency) -> Recurrence:
    return Recurrence(anchor, _MONTHS.get(frequency.value, 0), _DAYS.get(frequency.value, 0))
