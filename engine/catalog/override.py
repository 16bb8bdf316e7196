"""Overrides: a contract's deviations from the list in price and entitlement (spec/rating.md §5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, ClassVar

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
from engine.catalog.rate_card import LATER_RATE_TYPES, RateType, Tier, price_findings


class OverrideType(StrEnum):
    MULTIPLIER = "MULTIPLIER"
    OVERWRITE = "OVERWRITE"


class OverrideTarget(StrEnum):
    LIST_RATE = "LIST_RATE"


class OverwriteRate(CatalogObject):
    """The price that an OVERWRITE puts in place of the list price, whatever happens to the list."""

    later = frozenset({"custom_rate", "is_prorated", "quantity"})

    rate_type: Annotated[RateType, AnyCase(later=LATER_RATE_TYPES)]
    price: Number | None = None
    tiers: tuple[Tier, ...] = ()
    credit_type_id: Name | None = None

    def findings(self) -> Iterator[Finding]:
        return price_findings(self.rate_type, self.price, self.tiers)


class OverrideSpecifier(CatalogObject):
    """Matches what satisfies all of its fields; `product_tags` asks for a product that has every tag."""

    references: ClassVar[Mapping[str, str]] = {"product_id": "products"}
    later = frozenset(
        {
            "any_commit_or_credit_ids",
            "billing_frequency",
            "commit_ids",
            "recurring_commit_ids",
            "recurring_credit_ids",
            "subscription_ids",
        }
    )

    product_id: Name | None = None
    product_tags: tuple[Name, ...] = ()
    pricing_group_values: TextMap = ()
    presentation_group_values: TextMap = ()

    def findings(self) -> Iterator[Finding]:
        if not (self.product_id or self.product_tags or self.pricing_group_values or self.presentation_group_values):
            yield Finding((), "an override specifier is empty", "say what it applies to")


class Override(CatalogObject):
    """One term in force for `starting_at <= t < ending_before`; with no target it applies to every product.

    Later entries of a contract's list count as added later. An override without `type` changes entitlement
    only.
    """

    references: ClassVar[Mapping[str, str]] = {"product_id": "products"}
    accepted = RESPONSE_KEYS
    later = frozenset({"is_commit_specific", "tiers"})

    id: Name
    starting_at: Hour
    ending_before: Hour | None = None
    type: Annotated[OverrideType, AnyCase(later=("TIERED",))] | None = None
    multiplier: Number | None = None
    overwrite_rate: OverwriteRate | None = None
    target: Annotated[OverrideTarget, AnyCase(later=("COMMIT_RATE",))] = OverrideTarget.LIST_RATE
    entitled: Flag | None = None
    priority: Whole | None = None
    product_id: Name | None = None
    applicable_product_tags: tuple[Name, ...] | None = None
    override_specifiers: tuple[OverrideSpecifier, ...] | None = None

    def findings(self) -> Iterator[Finding]:
        yield from interval_findings(self.starting_at, self.ending_before)
        yield from self._price_rules()
        yield from self._target_rules()
        if self.priority is not None and self.priority <= 0:
            yield Finding(("priority",), f"priority {self.priority} is not greater than 0")

    def _price_rules(self) -> Iterator[Finding]:
        if self.multiplier is not None and self.multiplier < 0:
            yield Finding(("multiplier",), f"multiplier {self.multiplier} is negative", "a multiplier is 0 or more")
        if self.type is OverrideType.MULTIPLIER and self.multiplier is None:
            yield Finding((), "a MULTIPLIER override needs a multiplier")
        if self.type is OverrideType.OVERWRITE and self.overwrite_rate is None:
            yield Finding((), "an OVERWRITE override needs an overwrite_rate")
        owners = {"multiplier": OverrideType.MULTIPLIER, "overwrite_rate": OverrideType.OVERWRITE}
        given = [field for field in owners if getattr(self, field) is not None]
        for field in given:
            if self.type is not owners[field]:
                what = f"{field} belongs to type {owners[field]}, and type is {self.type or 'not given'}"
                yield Finding((field,), what, f"set type: {owners[field]}, or remove {field}")
        if self.type is None and self.entitled is None and not given:
            yield Finding((), "an override changes nothing", "give it a type, or entitled")

    def _target_rules(self) -> Iterator[Finding]:
        given = [
            field
            for field in ("product_id", "applicable_product_tags", "override_specifiers")
            if getattr(self, field) is not None
        ]
        if len(given) > 1:
            yield Finding((given[1],), f"{' and '.join(given)} exclude each other", "keep one of them")
        for field in given:
            if getattr(self, field) == ():
                yield Finding((field,), f"{field} is empty", "leave it out to apply to every product")
