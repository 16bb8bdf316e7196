"""Scheduled charges and discounts: amounts of a FIXED product at given times (spec/rating.md §10.7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar

from engine.catalog.duration import months_after
from engine.catalog.exact import EXACT, decimal_places
from engine.catalog.fields import (
    FRACTION_DIGITS,
    RESPONSE_KEYS,
    AnyCase,
    CatalogObject,
    Finding,
    Flag,
    Instant,
    Name,
    Number,
    TextMap,
    interval_findings,
)

#: The most decimal places of an amount: of `unit_price x quantity`.
AMOUNT_PLACES = 26

#: One, in units of the last decimal place of a catalog number.
_ONE = 10**FRACTION_DIGITS


class ChargeFrequency(StrEnum):
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    SEMI_ANNUAL = "SEMI_ANNUAL"
    ANNUAL = "ANNUAL"


_MONTHS = {
    ChargeFrequency.MONTHLY: 1,
    ChargeFrequency.QUARTERLY: 3,
    ChargeFrequency.SEMI_ANNUAL: 6,
    ChargeFrequency.ANNUAL: 12,
}


class AmountDistribution(StrEnum):
    EACH = "EACH"
    DIVIDED = "DIVIDED"
    DIVIDED_ROUNDED = "DIVIDED_ROUNDED"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One charge: `quantity` x `unit_price` = `amount`, exactly; not negative, for a discount either."""

    item_id: str | None
    charged_at: datetime
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal


class _Priced(CatalogObject):
    """An `amount`, or a `unit_price` and a `quantity` (1 unless said)."""

    amount: Number | None = None
    unit_price: Number | None = None
    quantity: Number | None = None

    def findings(self) -> Iterator[Finding]:
        given = [field for field in ("amount", "unit_price", "quantity") if getattr(self, field) is not None]
        if "amount" not in given and "unit_price" not in given:
            yield Finding((), "a charge needs an amount, or a unit_price")
        elif given[0] == "amount" and len(given) > 1:
            what = f"amount and {given[1]} are both given"
            yield Finding((given[1],), what, "an amount stands alone; quantity goes with unit_price")
        for field in given:
            if getattr(self, field) < 0:
                what = f"{field} {getattr(self, field)} is negative"
                yield Finding((field,), what, "write it without a sign: discounts are deducted")
        if self.unit_price is not None and self.quantity is not None:
            places = decimal_places(self.unit_price) + decimal_places(self.quantity)
            if places > AMOUNT_PLACES:
                what = f"unit_price x quantity has {places} decimal places"
                yield Finding(("quantity",), what, f"at most {AMOUNT_PLACES}")

    def factors(self) -> tuple[Decimal, Decimal]:
        """Quantity and unit price."""
        if self.unit_price is None:
            assert self.amount is not None, "findings() asks for one of them"
            return Decimal(1), self.amount
        return (Decimal(1) if self.quantity is None else self.quantity), self.unit_price


class ScheduleItem(_Priced):
    """One charge at one time."""

    id: Name | None = None
    timestamp: Instant


class RecurringSchedule(_Priced):
    """Charges every so many months from `starting_at` on, before `ending_before`.

    EACH of them is charged in full, or the whole is DIVIDED among them, exactly or (DIVIDED_ROUNDED) in whole units.
    """

    starting_at: Instant
    ending_before: Instant
    frequency: Annotated[ChargeFrequency, AnyCase(later=("WEEKLY",))]
    amount_distribution: Annotated[AmountDistribution, AnyCase()]

    def findings(self) -> Iterator[Finding]:
        yield from interval_findings(self.starting_at, self.ending_before)
        priced = tuple(super().findings())
        yield from priced
        if not priced and self.amount_distribution is not AmountDistribution.EACH:
            places = decimal_places(EXACT.multiply(*self.factors()))
            if places > FRACTION_DIGITS:
                what = f"the amount to be divided has {places} decimal places"
                field = "amount" if self.unit_price is None else "unit_price"
                yield Finding((field,), what, f"at most {FRACTION_DIGITS}")

    def occurrences(self, first: datetime, last: datetime) -> Iterator[Occurrence]:
        """The charges with `first <= charged_at <= last`, found without going through those before."""
        count = self._how_many(self.ending_before, inclusive=False)
        for index in range(self._how_many(first, inclusive=False), min(count, self._how_many(last, inclusive=True))):
            quantity, unit_price = self._share(index, count)
            amount = EXACT.multiply(quantity, unit_price)
            yield Occurrence(None, self._charged_at(index), quantity, unit_price, amount)

    def _charged_at(self, index: int) -> datetime:
        return months_after(self.starting_at, index * _MONTHS[self.frequency])

    def _how_many(self, moment: datetime, *, inclusive: bool) -> int:
        """How many charges an endless schedule has before `moment`, or until it."""
        if moment < self.starting_at:
            return 0
        months = 12 * (moment.year - self.starting_at.year) + moment.month - self.starting_at.month
        index = months // _MONTHS[self.frequency]
        # The charge `index` lies in the month of `moment` or before it, the next one after that month.
        charged_at = self._charged_at(index)
        return index + (charged_at < moment or (inclusive and charged_at == moment))

    def _share(self, index: int, count: int) -> tuple[Decimal, Decimal]:
        """Quantity and unit price of one charge of `count`."""
        if self.amount_distribution is AmountDistribution.EACH:
            return self.factors()
        whole = int(EXACT.multiply(EXACT.multiply(*self.factors()), Decimal(_ONE)))
        if self.amount_distribution is AmountDistribution.DIVIDED:
            share = _half_up(whole * (index + 1), count) - _half_up(whole * index, count)
        else:
            share = whole // (count * _ONE) * _ONE
            if index == count - 1:
                share = whole - share * (count - 1)
        return Decimal(1), Decimal(share).scaleb(-FRACTION_DIGITS, EXACT)


def _half_up(dividend: int, divisor: int) -> int:
    """The quotient of non-negative numbers as a whole number, halves upwards."""
    return (2 * dividend + divisor) // (2 * divisor)


class ChargeSchedule(CatalogObject):
    """Either single charges or recurring ones, in the currency of the rate card."""

    references: ClassVar[Mapping[str, str]] = {"credit_type_id": "pricing_units"}

    credit_type_id: Name | None = None
    do_not_invoice: Flag = False
    schedule_items: tuple[ScheduleItem, ...] | None = None
    recurring_schedule: RecurringSchedule | None = None

    def findings(self) -> Iterator[Finding]:
        if self.schedule_items is None and self.recurring_schedule is None:
            yield Finding((), "a schedule needs schedule_items, or a recurring_schedule")
        elif self.schedule_items is not None and self.recurring_schedule is not None:
            what = "schedule_items and recurring_schedule are both given"
            yield Finding(("recurring_schedule",), what, "keep one of them")
        seen: set[str] = set()
        for position, item in enumerate(self.schedule_items or ()):
            if item.id is not None and item.id in seen:
                what = f"schedule item id {item.id!r} is already taken"
                yield Finding(("schedule_items", position, "id"), what, "give it another id")
            seen.add(item.id or "")

    @property
    def total(self) -> Decimal:
        """What all charges come to."""
        total = Decimal(0)
        for each in self.occurrences(datetime(1, 1, 1), datetime(MAXYEAR, 12, 31)):
            total = EXACT.add(total, each.amount)
        return total

    def occurrences(self, starting_at: datetime, ending_before: datetime) -> tuple[Occurrence, ...]:
        """The charges with `starting_at <= charged_at <= ending_before`, in order, invoiced or not."""
        if self.recurring_schedule is not None:
            return tuple(self.recurring_schedule.occurrences(starting_at, ending_before))
        found = []
        for item in self.schedule_items or ():
            if starting_at <= item.timestamp <= ending_before:
                quantity, unit_price = item.factors()
                amount = EXACT.multiply(quantity, unit_price)
                found.append(Occurrence(item.id, item.timestamp, quantity, unit_price, amount))
        return tuple(sorted(found, key=lambda each: each.charged_at))


class ScheduledCharge(CatalogObject):
    """A FIXED product charged by a schedule; as one of a contract's `discounts` it is deducted instead."""

    references: ClassVar[Mapping[str, str]] = {"product_id": "products"}
    accepted = RESPONSE_KEYS | {"netsuite_sales_order_id"}

    id: Name
    name: str | None = None
    product_id: Name
    schedule: ChargeSchedule
    custom_fields: TextMap = ()

    def occurrences(self, starting_at: datetime, ending_before: datetime) -> tuple[Occurrence, ...]:
        """The charges with `starting_at <= charged_at <= ending_before`, in order: both ends belong to it.

        A statement period bills what is charged at its end, a scheduled invoice what is charged at its start. A
        schedule that is not invoiced has none.
        """
        return () if self.schedule.do_not_invoice else self.schedule.occurrences(starting_at, ending_before)
