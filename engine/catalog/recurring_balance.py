"""Recurring commits and credits: a balance of its own granted every so often (spec/rating.md §6.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, ClassVar

from engine.catalog.balance import (
    AMOUNT_LIMIT,
    AccessType,
    Applicable,
    BalanceHierarchy,
    BalanceRateType,
    amount_findings,
    rollover_findings,
)
from engine.catalog.duration import LONGEST_DAYS
from engine.catalog.exact import EXACT, decimal_places
from engine.catalog.fields import (
    RESPONSE_KEYS,
    AnyCase,
    CatalogObject,
    Finding,
    Flag,
    Hour,
    Name,
    Number,
    TextMap,
    Whole,
    interval_findings,
)
from engine.catalog.scheduled_charge import AMOUNT_PLACES
from engine.catalog.subscription import QUANTITY_PLACES, ProrationRounding
from engine.values.numbers import QUOTIENT_PLACES


class RecurrenceFrequency(StrEnum):
    MONTHLY = "MONTHLY"
    QUARTERLY = "QUARTERLY"
    ANNUAL = "ANNUAL"
    WEEKLY = "WEEKLY"
    DAILY = "DAILY"


#: The most days of one period; without a frequency, of a statement period.
_DAYS: Mapping[RecurrenceFrequency | None, int] = {
    RecurrenceFrequency.DAILY: 1,
    RecurrenceFrequency.WEEKLY: 7,
    RecurrenceFrequency.MONTHLY: 31,
    RecurrenceFrequency.QUARTERLY: 92,
    RecurrenceFrequency.ANNUAL: 366,
    None: 366,
}


class BalanceProration(StrEnum):
    """Which of the grants are smaller when their period is cut."""

    NONE = "NONE"
    FIRST = "FIRST"
    LAST = "LAST"
    FIRST_AND_LAST = "FIRST_AND_LAST"


class PeriodUnit(StrEnum):
    PERIODS = "PERIODS"


class SeatAllocation(StrEnum):
    """POOLED: one balance for all seats. INDIVIDUAL: one for each assigned seat, used by that seat alone."""

    POOLED = "POOLED"
    INDIVIDUAL = "INDIVIDUAL"


class _Amount(CatalogObject):
    references: ClassVar[Mapping[str, str]] = {"credit_type_id": "pricing_units"}

    unit_price: Number
    quantity: Number | None = None
    credit_type_id: Name | None = None

    def findings(self) -> Iterator[Finding]:
        yield from amount_findings(("unit_price",), self.unit_price)
        if self.quantity is not None and self.quantity < 0:
            yield Finding(("quantity",), f"quantity {self.quantity} is negative", "a quantity is 0 or more")
        elif self.quantity is not None and 0 <= self.unit_price < AMOUNT_LIMIT:
            total = EXACT.multiply(self.unit_price, self.quantity)
            if total >= AMOUNT_LIMIT:
                what = f"unit_price x quantity is {total:f}, which is too large"
                yield Finding(("quantity",), what, f"a balance is below {AMOUNT_LIMIT:,}")
        if self.places > AMOUNT_PLACES:
            what = f"unit_price x quantity has {self.places} decimal places"
            yield Finding(("quantity",), what, f"at most {AMOUNT_PLACES}")

    @property
    def places(self) -> int:
        """The most decimal places that `unit_price x quantity` needs, whatever quantity a subscription may have."""
        of_quantity = QUANTITY_PLACES if self.quantity is None else decimal_places(self.quantity)
        return decimal_places(self.unit_price) + of_quantity


class AccessAmount(_Amount):
    """What one grant adds: `unit_price x quantity`, the quantity being a linked subscription's if there is one."""

    access_type: Annotated[AccessType, AnyCase()] = AccessType.SPEND

    def findings(self) -> Iterator[Finding]:
        yield from super().findings()
        if self.access_type is AccessType.QUANTITY and self.credit_type_id is not None:
            what = "access_type QUANTITY counts units, which are in no credit type"
            yield Finding(("credit_type_id",), what, "remove it, or set access_type: SPEND")


class InvoiceAmount(_Amount):
    """What one grant costs, in the currency of the rate card; quantity 1 unless said or a subscription's."""


class CommitDuration(CatalogObject):
    """For how many periods a grant can be used."""

    value: Whole
    unit: Annotated[PeriodUnit, AnyCase()] = PeriodUnit.PERIODS

    def findings(self) -> Iterator[Finding]:
        if self.value < 1:
            yield Finding(("value",), f"value {self.value} is less than 1", "a grant can be used for 1 period or more")


class ProrationRoundings(CatalogObject):
    """How the amounts of prorated grants, and of their invoices, are rounded."""

    access: ProrationRounding | None = None
    invoice: ProrationRounding | None = None


class SeatIncrease(CatalogObject):
    """Whether seats that come inside a period bring a part of the amount, or all of it."""

    is_prorated: Flag


class SeatLink(CatalogObject):
    """The subscription of the same contract that says how many times the amount is granted."""

    references: ClassVar[Mapping[str, str]] = {"subscription_id": "subscriptions"}

    subscription_id: Name
    allocation: Annotated[SeatAllocation, AnyCase()] = SeatAllocation.POOLED
    apply_seat_increase_config: SeatIncrease


class RecurringBalance(Applicable):
    """A balance granted every period of `starting_at <= t < ending_before`, each grant with a ledger of its own.

    Without a `recurrence_frequency` the periods are the contract's statement periods, else they are counted from
    `starting_at`.
    """

    references: ClassVar[Mapping[str, str]] = {**Applicable.references, "product_id": "products"}
    accepted = RESPONSE_KEYS | {"netsuite_sales_order_id"}
    later = frozenset({"archived_at"})

    id: Name
    temporary_id: Name | None = None
    name: str | None = None
    description: str | None = None
    product_id: Name
    access_amount: AccessAmount
    commit_duration: CommitDuration
    priority: Number | None = None
    rate_type: Annotated[BalanceRateType, AnyCase()] = BalanceRateType.LIST_RATE
    proration: Annotated[BalanceProration, AnyCase()] = BalanceProration.FIRST_AND_LAST
    proration_rounding: ProrationRoundings | None = None
    recurrence_frequency: Annotated[RecurrenceFrequency, AnyCase()] | None = None
    starting_at: Hour
    ending_before: Hour | None = None
    rollover_fraction: Number | None = None
    hierarchy_configuration: BalanceHierarchy | None = None
    subscription_config: SeatLink | None = None
    custom_fields: TextMap = ()

    def findings(self) -> Iterator[Finding]:
        yield from interval_findings(self.starting_at, self.ending_before)
        yield from super().findings()
        yield from self._quantity_findings()
        days = _DAYS[self.recurrence_frequency]
        if self.commit_duration.value * days > LONGEST_DAYS:
            what = f"{self.commit_duration.value} PERIODS are longer than any contract"
            yield Finding(("commit_duration", "value"), what, "shorten it")
        yield from self._rollover_findings()

    def _quantity_findings(self) -> Iterator[Finding]:
        """Either the amount says how many, or a subscription does."""
        link, quantity = self.subscription_config, self.access_amount.quantity
        if link is None and quantity is None:
            what = "access_amount needs a quantity, or a subscription that says how many"
            yield Finding(("access_amount",), what, "add quantity, or subscription_config")
        elif link is not None and quantity is not None:
            what = "quantity and subscription_config both say how many"
            yield Finding(("access_amount", "quantity"), what, "remove one of them")
        if link is not None and self.recurrence_frequency is RecurrenceFrequency.DAILY:
            what = "recurrence_frequency DAILY takes no subscription_config"
            yield Finding(("subscription_config",), what, "use WEEKLY, MONTHLY, QUARTERLY or ANNUAL")

    def _rollover_findings(self) -> Iterator[Finding]:
        refused = tuple(rollover_findings(self.rollover_fraction))
        yield from refused
        if self.rollover_fraction is None or refused:
            return
        # A part of a period has a quotient's places, unless it is rounded.
        amount = max(self.access_amount.places, QUOTIENT_PLACES)
        places = amount + decimal_places(self.rollover_fraction)
        if places > AMOUNT_PLACES:
            what = f"rollover_fraction x the amount may have {places} decimal places"
            yield Finding(("rollover_fraction",), what, f"at most {AMOUNT_PLACES}, and the amount needs {amount}")


class RecurringCommit(RecurringBalance):
    """Prepaid: each grant may be invoiced when it begins."""

    invoice_amount: InvoiceAmount | None = None

    def findings(self) -> Iterator[Finding]:
        yield from super().findings()
        quantity = None if self.invoice_amount is None else self.invoice_amount.quantity
        if self.subscription_config is not None and quantity not in (None, 1):
            what = f"the invoice's quantity {quantity} and subscription_config both say how many"
            yield Finding(("invoice_amount", "quantity"), what, "remove it: each seat costs the unit_price")


class RecurringCredit(RecurringBalance):
    """Free: no grant is invoiced."""

    def findings(self) -> Iterator[Finding]:
        yield from super().findings()
        if self.proration_rounding is not None and self.proration_rounding.invoice is not None:
            what = "a recurring credit is not invoiced"
            yield Finding(("proration_rounding", "invoice"), what, "remove it")
