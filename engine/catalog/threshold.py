"""Thresholds: balances that are topped up, and spend that is charged, on reaching an amount (spec/rating.md §13).

Both are looked at where a usage statement ends. Payment gates are for whoever collects the money.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, ClassVar

from engine.catalog.balance import Applicable, BalanceRateType, amount_findings, rollover_findings
from engine.catalog.duration import Duration, DurationUnit
from engine.catalog.exact import decimal_places
from engine.catalog.fields import AnyCase, CatalogObject, Finding, Flag, Name, Number
from engine.catalog.scheduled_charge import AMOUNT_PLACES
from engine.values.numbers import QUOTIENT_PLACES

#: The most decimal places of what one unit of a grant costs: with those of the quantity an amount holds them.
PRICE_PLACES = AMOUNT_PLACES - QUOTIENT_PLACES

#: The priority of a commit that a threshold makes, unless it was given one.
THRESHOLD_PRIORITY = Decimal(100)


class SpendThresholdCommit(CatalogObject):
    """The commit that stands for a spend threshold's charge; `product_id` is what is charged."""

    references: ClassVar[Mapping[str, str]] = {"product_id": "products"}

    product_id: Name
    name: str | None = None
    description: str | None = None
    priority: Number = THRESHOLD_PRIORITY


class PrepaidThresholdCommit(Applicable):
    """The commit that tops a balance up: usable for `duration` from the end of the statement that called for it."""

    references: ClassVar[Mapping[str, str]] = {**Applicable.references, "product_id": "products"}

    product_id: Name
    name: str | None = None
    description: str | None = None
    priority: Number = THRESHOLD_PRIORITY
    duration: Duration = Duration(unit=DurationUnit.YEARS, value=1)
    rate_type: Annotated[BalanceRateType, AnyCase()] = BalanceRateType.LIST_RATE
    rollover_fraction: Number | None = None

    def findings(self) -> Iterator[Finding]:
        yield from super().findings()
        if self.duration.value == 0:
            yield Finding(("duration", "value"), "a commit of no duration covers nothing", "give it some")
        yield from rollover_findings(self.rollover_fraction)


class DiscountConfiguration(CatalogObject):
    """The part of what is granted that is paid: 0.85 is a discount of 15 percent."""

    later = frozenset({"cap"})

    payment_fraction: Number

    def findings(self) -> Iterator[Finding]:
        yield from _fraction_findings("payment_fraction", self.payment_fraction)


class DiscountConfig(CatalogObject):
    """The other spelling of a DiscountConfiguration."""

    later = frozenset({"cap"})

    fraction: Number

    def findings(self) -> Iterator[Finding]:
        yield from _fraction_findings("fraction", self.fraction)


def _fraction_findings(field: str, fraction: Decimal) -> Iterator[Finding]:
    """A part that is none, or that no amount can be multiplied with exactly."""
    if not 0 < fraction <= 1:
        what = f"{field} {fraction} is not greater than 0 and at most 1"
        yield Finding((field,), what, "it is the part that is paid: 0.85 is a discount of 15 percent")
    elif decimal_places(fraction) > PRICE_PLACES:
        yield Finding((field,), f"{field} has {decimal_places(fraction)} decimal places", f"at most {PRICE_PLACES}")


class _Threshold(CatalogObject):
    """What both kinds have in common."""

    accepted = frozenset({"payment_gate_config"})

    is_enabled: Flag
    threshold_amount: Number
    discount_configuration: DiscountConfiguration | None = None
    discount_config: DiscountConfig | None = None

    @property
    def payment_fraction(self) -> Decimal:
        """The part of the granted amount that is charged."""
        if self.discount_configuration is not None:
            return self.discount_configuration.payment_fraction
        return Decimal(1) if self.discount_config is None else self.discount_config.fraction

    def findings(self) -> Iterator[Finding]:
        if self.discount_configuration is not None and self.discount_config is not None:
            what = "discount_configuration and discount_config are both given"
            yield Finding(("discount_config",), what, "keep one of them")


class PrepaidBalanceThreshold(_Threshold):
    """Tops the balance up to `recharge_to_amount` when it has fallen to `threshold_amount` or below.

    Amounts are in the rate card's currency, or in `custom_credit_type_id`.
    """

    references: ClassVar[Mapping[str, str]] = {"custom_credit_type_id": "pricing_units"}
    later = frozenset({"threshold_balance_specifiers"})

    commit: PrepaidThresholdCommit
    recharge_to_amount: Number
    custom_credit_type_id: Name | None = None

    def findings(self) -> Iterator[Finding]:
        yield from super().findings()
        yield from amount_findings(("threshold_amount",), self.threshold_amount)
        yield from amount_findings(("recharge_to_amount",), self.recharge_to_amount)
        if self.threshold_amount >= 0 and self.recharge_to_amount <= self.threshold_amount:
            what = f"recharge_to_amount {self.recharge_to_amount} is not above threshold_amount {self.threshold_amount}"
            yield Finding(("recharge_to_amount",), what, "every recharge would call for the next")


class SpendThreshold(_Threshold):
    """Charges what a statement leaves uncovered when that comes to `threshold_amount` or more."""

    commit: SpendThresholdCommit

    def findings(self) -> Iterator[Finding]:
        yield from super().findings()
        if self.threshold_amount <= 0:
            what = f"threshold_amount {self.threshold_amount} is not greater than 0"
            yield Finding(("threshold_amount",), what, "say how much is to be spent before it is charged")
        else:
            yield from amount_findings(("threshold_amount",), self.threshold_amount)
