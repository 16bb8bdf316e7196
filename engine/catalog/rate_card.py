"""Rate cards and their rates: list prices in force from one hour to another (spec/rating.md §3, §4)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, ClassVar

from engine.catalog.billing_frequency import BillingFrequency
from engine.catalog.credit_type import USD_CENTS
from engine.catalog.fields import (
    RESPONSE_KEYS,
    AnyCase,
    CatalogObject,
    Finding,
    Flag,
    Hour,
    Instant,
    Name,
    Number,
    TextMap,
    interval_findings,
)
from engine.values.ids import derived_id
from engine.values.period import format_instant


class RateType(StrEnum):
    """How a price is read; SUBSCRIPTION is the old spelling of a FLAT rate of a SUBSCRIPTION product."""

    FLAT = "FLAT"
    TIERED = "TIERED"
    PERCENTAGE = "PERCENTAGE"
    TIERED_PERCENTAGE = "TIERED_PERCENTAGE"
    SUBSCRIPTION = "SUBSCRIPTION"

    @property
    def is_tiered(self) -> bool:
        return self in (RateType.TIERED, RateType.TIERED_PERCENTAGE)

    @property
    def is_percentage(self) -> bool:
        return self in (RateType.PERCENTAGE, RateType.TIERED_PERCENTAGE)


#: Rate types that Metronome has and duckbill does not bill yet.
LATER_RATE_TYPES = ("CUSTOM",)


class Tier(CatalogObject):
    """A price for the next `size` units; without `size`, for all that follow."""

    size: Number | None = None
    price: Number

    def findings(self) -> Iterator[Finding]:
        yield from size_findings(self.size)
        if self.price < 0:
            yield Finding(("price",), f"price {self.price} is negative", "a price is 0 or more")


def size_findings(size: Number | None) -> Iterator[Finding]:
    """A tier of no width."""
    if size is not None and size <= 0:
        yield Finding(("size",), "a tier's size must be greater than 0", "size is the width of the tier")


def only_last_is_open(sizes: tuple[Number | None, ...]) -> Iterator[Finding]:
    """Tiers that follow an endless one are never reached."""
    for position, size in enumerate(sizes[:-1]):
        if size is None:
            yield Finding(("tiers", position), "only the last tier may leave out its size", "give this tier a size")


class MinimumConfig(CatalogObject):
    """The least that a percentage comes to in a statement period, in the credit type of what it is taken of."""

    minimum: Number

    def findings(self) -> Iterator[Finding]:
        if self.minimum < 0:
            yield Finding(("minimum",), f"minimum {self.minimum} is negative", "a minimum is 0 or more")


class Price(CatalogObject):
    """What a rate, or an overwrite in its place, charges.

    FLAT: `price` per unit of quantity. TIERED: that of `tiers`. PERCENTAGE and TIERED_PERCENTAGE: fractions of
    the spend on a composite product's members (0.1 is 10 percent), the sizes of tiers being amounts of spend.
    """

    references: ClassVar[Mapping[str, str]] = {"credit_type_id": "pricing_units"}
    later = frozenset({"custom_rate", "use_list_prices"})

    rate_type: Annotated[RateType, AnyCase(later=LATER_RATE_TYPES)]
    price: Number | None = None
    tiers: tuple[Tier, ...] = ()
    credit_type_id: Name | None = None
    minimum_config: MinimumConfig | None = None
    quantity: Number | None = None
    is_prorated: Flag | None = None

    def findings(self) -> Iterator[Finding]:
        kind = self.rate_type
        if self.price is not None and self.price < 0:
            remedy = "a fraction is 0 or more: 0.1 is 10 percent" if kind.is_percentage else "a price is 0 or more"
            yield Finding(("price",), f"price {self.price} is negative", remedy)
        yield from self._tier_findings() if kind.is_tiered else self._one_price_findings()
        if self.minimum_config is not None and not kind.is_percentage:
            yield Finding(("minimum_config",), f"a {kind} rate takes no minimum_config", "only a percentage does")
        if kind is not RateType.SUBSCRIPTION:
            for field in ("quantity", "is_prorated"):
                if getattr(self, field) is not None:
                    yield Finding((field,), f"a {kind} rate takes no {field}", "remove it")
            return
        if self.quantity not in (None, 1):
            yield Finding(("quantity",), f"quantity {self.quantity} of a SUBSCRIPTION rate is not 1", "remove it")
        if self.is_prorated is False:
            what = "is_prorated must be true for a SUBSCRIPTION rate"
            yield Finding(("is_prorated",), what, "remove it, and set proration.is_prorated on the subscription")

    def _one_price_findings(self) -> Iterator[Finding]:
        if self.price is None:
            yield Finding((), f"a {self.rate_type} rate needs a price")
        if self.tiers:
            tiered = RateType.TIERED_PERCENTAGE if self.rate_type.is_percentage else RateType.TIERED
            remedy = "remove them"
            if self.rate_type is not RateType.SUBSCRIPTION:
                remedy += f", or set rate_type: {tiered}"
            yield Finding(("tiers",), f"a {self.rate_type} rate takes no tiers", remedy)

    def _tier_findings(self) -> Iterator[Finding]:
        if self.price is not None:
            yield Finding(("price",), f"a {self.rate_type} rate takes its prices from tiers", "remove price")
        if not self.tiers:
            yield Finding((), f"a {self.rate_type} rate needs tiers")
        yield from only_last_is_open(tuple(tier.size for tier in self.tiers))


class CommitRate(Price):
    """The price of the usage that a balance with rate type COMMIT_RATE covers, in the credit type of the list price."""

    def findings(self) -> Iterator[Finding]:
        if self.rate_type not in (RateType.FLAT, RateType.TIERED):
            what = f"a commit rate prices usage, and a {self.rate_type} rate does not"
            yield Finding(("rate_type",), what, "use FLAT or TIERED")
        else:
            yield from super().findings()


class RateCardAlias(CatalogObject):
    """Another name of a rate card, in force for an interval; contracts resolve it as of their start."""

    name: Name
    starting_at: Instant | None = None
    ending_before: Instant | None = None

    def findings(self) -> Iterator[Finding]:
        return interval_findings(self.starting_at, self.ending_before)


class CreditTypeConversion(CatalogObject):
    """What one custom pricing unit costs in the rate card's currency, in that currency's units."""

    references: ClassVar[Mapping[str, str]] = {"custom_credit_type_id": "pricing_units"}

    custom_credit_type_id: Name
    fiat_per_custom_credit: Number

    def findings(self) -> Iterator[Finding]:
        if self.fiat_per_custom_credit < 0:
            what = f"fiat_per_custom_credit {self.fiat_per_custom_credit} is negative"
            yield Finding(("fiat_per_custom_credit",), what, "a price is 0 or more")


class RateCard(CatalogObject):
    """A price list in one currency, `fiat_credit_type_id` (US cents unless said).

    Invoice lines stand in the order of `product_order`, a list of product ids; products that it leaves out
    come after those that it names.
    """

    references: ClassVar[Mapping[str, str]] = {"fiat_credit_type_id": "pricing_units"}
    reference_lists: ClassVar[Mapping[str, str]] = {"product_order": "products"}
    accepted = RESPONSE_KEYS
    later = frozenset({"archived_at"})

    id: Name
    name: Name
    description: str | None = None
    fiat_credit_type_id: Name = USD_CENTS
    credit_type_conversions: tuple[CreditTypeConversion, ...] = ()
    product_order: tuple[Name, ...] = ()
    aliases: tuple[RateCardAlias, ...] = ()
    custom_fields: TextMap = ()


class Rate(Price):
    """A list price of one product for `starting_at <= t < ending_before`.

    `pricing_group_values` holds all of the product's pricing keys, or none: then it is the default rate. A
    SUBSCRIPTION product has a rate for each `billing_frequency`. Without a `credit_type_id` the price is in the
    rate card's currency; a percentage is in the credit type of the spend that it is taken of.
    """

    references: ClassVar[Mapping[str, str]] = {
        **Price.references,
        "rate_card_id": "rate_cards",
        "product_id": "products",
    }
    accepted = RESPONSE_KEYS

    id: Name
    rate_card_id: Name
    product_id: Name
    starting_at: Hour
    ending_before: Hour | None = None
    entitled: Flag
    pricing_group_values: TextMap = ()
    billing_frequency: Annotated[BillingFrequency, AnyCase()] | None = None
    commit_rate: CommitRate | None = None

    def findings(self) -> Iterator[Finding]:
        yield from interval_findings(self.starting_at, self.ending_before)
        yield from super().findings()
        if self.billing_frequency is None and self.rate_type is RateType.SUBSCRIPTION:
            yield Finding((), "a SUBSCRIPTION rate needs a billing_frequency", "MONTHLY, QUARTERLY, ANNUAL or WEEKLY")
        elif self.billing_frequency and self.rate_type not in (RateType.FLAT, RateType.SUBSCRIPTION):
            what = f"a {self.rate_type} rate takes no billing_frequency"
            yield Finding(("billing_frequency",), what, "only a rate of a SUBSCRIPTION product does")

    def natural_id(self) -> str:
        """The id of a rate that was given none: of the card, product, start, values and billing frequency."""
        values = json.dumps(dict(self.pricing_group_values), sort_keys=True)
        frequency = () if self.billing_frequency is None else (str(self.billing_frequency),)
        start = format_instant(self.starting_at)
        return derived_id("rate", self.rate_card_id, self.product_id, start, values, *frequency)
