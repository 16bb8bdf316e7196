"""Rate cards and their rates: list prices in force from one hour to another (spec/rating.md §3, §4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar

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

#: The credit type of amounts in US cents.
USD_CENTS = "2714e483-4ff1-48e4-9e25-ac732e8f24f2"


class RateType(StrEnum):
    FLAT = "FLAT"
    TIERED = "TIERED"


#: Rate types that Metronome has and duckbill does not bill yet.
LATER_RATE_TYPES = ("PERCENTAGE", "SUBSCRIPTION", "TIERED_PERCENTAGE", "CUSTOM")


class Tier(CatalogObject):
    """A price for the next `size` units; without `size`, for all that follow."""

    size: Number | None = None
    price: Number

    def findings(self) -> Iterator[Finding]:
        if self.size is not None and self.size <= 0:
            yield Finding(("size",), "a tier's size must be greater than 0", "size is the width of the tier")
        if self.price < 0:
            yield Finding(("price",), f"price {self.price} is negative", "a price is 0 or more")


def price_findings(rate_type: RateType, price: Decimal | None, tiers: tuple[Tier, ...]) -> Iterator[Finding]:
    """FLAT has a price and no tiers, TIERED has tiers and no price; only the last tier may be endless."""
    if price is not None and price < 0:
        yield Finding(("price",), f"price {price} is negative", "a price is 0 or more")
    if rate_type is RateType.FLAT:
        if price is None:
            yield Finding((), "a FLAT rate needs a price")
        if tiers:
            yield Finding(("tiers",), "a FLAT rate takes no tiers", "remove them, or set rate_type: TIERED")
        return
    if price is not None:
        yield Finding(("price",), "a TIERED rate takes its prices from tiers", "remove price")
    if not tiers:
        yield Finding((), "a TIERED rate needs tiers")
    for position, tier in enumerate(tiers[:-1]):
        if tier.size is None:
            yield Finding(("tiers", position), "only the last tier may leave out its size", "give this tier a size")


class RateCardAlias(CatalogObject):
    """Another name of a rate card, in force for an interval; contracts resolve it as of their start."""

    name: Name
    starting_at: Instant | None = None
    ending_before: Instant | None = None

    def findings(self) -> Iterator[Finding]:
        return interval_findings(self.starting_at, self.ending_before)


class RateCard(CatalogObject):
    """A price list in one currency; `fiat_credit_type_id` names it (US cents unless said)."""

    accepted = RESPONSE_KEYS
    later = frozenset({"credit_type_conversions", "archived_at"})

    id: Name
    name: Name
    description: str | None = None
    fiat_credit_type_id: Name = USD_CENTS
    aliases: tuple[RateCardAlias, ...] = ()
    custom_fields: TextMap = ()


class Rate(CatalogObject):
    """A list price of one product for `starting_at <= t < ending_before`.

    `pricing_group_values` holds all of the product's pricing keys, or none: then it is the default rate.
    Prices are in units of the rate card's currency per unit of quantity.
    """

    references: ClassVar[Mapping[str, str]] = {"rate_card_id": "rate_cards", "product_id": "products"}
    accepted = RESPONSE_KEYS
    later = frozenset(
        {
            "billing_frequency",
            "commit_rate",
            "custom_rate",
            "is_prorated",
            "minimum_config",
            "quantity",
            "use_list_prices",
        }
    )

    id: Name
    rate_card_id: Name
    product_id: Name
    starting_at: Hour
    ending_before: Hour | None = None
    entitled: Flag
    rate_type: Annotated[RateType, AnyCase(later=LATER_RATE_TYPES)]
    price: Number | None = None
    tiers: tuple[Tier, ...] = ()
    pricing_group_values: TextMap = ()
    credit_type_id: Name | None = None

    def findings(self) -> Iterator[Finding]:
        yield from interval_findings(self.starting_at, self.ending_before)
        yield from price_findings(self.rate_type, self.price, self.tiers)
