"""Products: what an invoice line sells, and how a metered quantity is converted (spec/rating.md §1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, ClassVar

from engine.catalog.fields import (
    FRACTION_DIGITS,
    RESPONSE_KEYS,
    AnyCase,
    CatalogObject,
    Clearable,
    Cleared,
    Finding,
    Hour,
    Name,
    Number,
    TextMap,
    Whole,
)
from engine.values.period import format_instant


class ProductType(StrEnum):
    USAGE = "USAGE"
    FIXED = "FIXED"
    COMPOSITE = "COMPOSITE"
    SUBSCRIPTION = "SUBSCRIPTION"
    PROFESSIONAL_SERVICE = "PROFESSIONAL_SERVICE"
    PRO_SERVICE = "PRO_SERVICE"


class ConversionOperation(StrEnum):
    MULTIPLY = "MULTIPLY"
    DIVIDE = "DIVIDE"


class RoundingMethod(StrEnum):
    ROUND_UP = "ROUND_UP"
    ROUND_DOWN = "ROUND_DOWN"
    ROUND_HALF_UP = "ROUND_HALF_UP"


class SqlBreakdownGranularity(StrEnum):
    HOUR = "HOUR"
    SERVICE_PERIOD = "SERVICE_PERIOD"


class CompositeScope(StrEnum):
    CONTRACT = "CONTRACT"


class QuantityConversion(CatalogObject):
    """Multiplies or divides the metered quantity, before rounding."""

    conversion_factor: Number
    operation: Annotated[ConversionOperation, AnyCase()]
    name: str | None = None

    def findings(self) -> Iterator[Finding]:
        if self.conversion_factor <= 0:
            yield Finding(("conversion_factor",), "conversion_factor must be greater than 0")


class QuantityRounding(CatalogObject):
    """Rounds the converted quantity of a line group over the statement period."""

    rounding_method: Annotated[RoundingMethod, AnyCase()]
    decimal_places: Whole = 0

    def findings(self) -> Iterator[Finding]:
        if not 0 <= self.decimal_places <= FRACTION_DIGITS:
            yield Finding(("decimal_places",), f"decimal_places must be from 0 to {FRACTION_DIGITS}")


#: Fields that only a product of one type takes.
ONLY_FOR: Mapping[str, ProductType] = {
    "billable_metric_id": ProductType.USAGE,
    "quantity_conversion": ProductType.USAGE,
    "quantity_rounding": ProductType.USAGE,
    "sql_breakdown_granularity": ProductType.USAGE,
    "pricing_group_key": ProductType.USAGE,
    "presentation_group_key": ProductType.USAGE,
    "composite_product_ids": ProductType.COMPOSITE,
    "composite_tags": ProductType.COMPOSITE,
    "composite_scope": ProductType.COMPOSITE,
}

#: Fields that an update may change; the others a product keeps for good.
VERSIONED = (
    "name",
    "tags",
    "billable_metric_id",
    "quantity_conversion",
    "quantity_rounding",
    "pricing_group_key",
    "presentation_group_key",
    "composite_product_ids",
    "composite_tags",
)


@dataclass(frozen=True, slots=True)
class ProductVersion:
    """What a product is for `starting_at <= t < ending_before`; None is without limit (spec/rating.md §1.2)."""

    starting_at: datetime | None
    ending_before: datetime | None
    name: str
    tags: tuple[str, ...]
    billable_metric_id: str | None
    quantity_conversion: QuantityConversion | None
    quantity_rounding: QuantityRounding | None
    pricing_group_key: tuple[str, ...]
    presentation_group_key: tuple[str, ...]
    composite_product_ids: tuple[str, ...]
    composite_tags: tuple[str, ...]

    @property
    def grouped_by(self) -> tuple[str, ...]:
        """Pricing keys, then the presentation keys that are not also pricing keys."""
        return tuple(dict.fromkeys(self.pricing_group_key + self.presentation_group_key))


class ProductUpdate(CatalogObject):
    """From `starting_at` on the product is as said here (spec/rating.md §1.2); what is not said stays.

    An empty list takes tags, keys and members away; {} or the text `none` takes away a conversion or rounding; so does
    null.
    """

    null_means: ClassVar[Mapping[str, object]] = {
        **dict.fromkeys(("quantity_conversion", "quantity_rounding"), "none"),
        **dict.fromkeys(("tags", "pricing_group_key", "presentation_group_key"), ()),
        **dict.fromkeys(("composite_product_ids", "composite_tags"), ()),
    }

    references: ClassVar[Mapping[str, str]] = {"billable_metric_id": "billable_metrics"}
    reference_lists: ClassVar[Mapping[str, str]] = {"composite_product_ids": "products"}
    accepted = RESPONSE_KEYS

    starting_at: Hour
    name: Name | None = None
    tags: tuple[Name, ...] | None = None
    billable_metric_id: Name | None = None
    quantity_conversion: Annotated[QuantityConversion | Cleared | None, Clearable(QuantityConversion)] = None
    quantity_rounding: Annotated[QuantityRounding | Cleared | None, Clearable(QuantityRounding)] = None
    pricing_group_key: tuple[Name, ...] | None = None
    presentation_group_key: tuple[Name, ...] | None = None
    composite_product_ids: tuple[Name, ...] | None = None
    composite_tags: tuple[Name, ...] | None = None

    def findings(self) -> Iterator[Finding]:
        if not self.changes():
            yield Finding((), "an update changes nothing", f"give it one of {', '.join(VERSIONED)}")
        yield from _repeated_keys(self.pricing_group_key or (), self.presentation_group_key or ())

    def changes(self) -> dict[str, Any]:
        """The new value of every field that this update gives; None where it takes the value away."""
        given = {field: getattr(self, field) for field in VERSIONED}
        return {field: None if value is Cleared.NONE else value for field, value in given.items() if value is not None}


class Product(CatalogObject):
    """What is sold: metered usage, a subscription, a share of other products' spend, or a charge by schedule.

    A COMPOSITE product's members are the products of `composite_product_ids` and those with any of
    `composite_tags`.
    """

    references: ClassVar[Mapping[str, str]] = {"billable_metric_id": "billable_metrics"}
    reference_lists: ClassVar[Mapping[str, str]] = {"composite_product_ids": "products"}
    accepted = RESPONSE_KEYS | {
        "is_refundable",
        "netsuite_internal_item_id",
        "netsuite_overage_item_id",
        "starting_at",
        "exclude_free_usage",
    }
    later = frozenset({"archived_at", "include_composite_spend"})

    id: Name
    name: Name
    type: Annotated[ProductType, AnyCase()]
    billable_metric_id: Name | None = None
    pricing_group_key: tuple[Name, ...] = ()
    presentation_group_key: tuple[Name, ...] = ()
    quantity_conversion: QuantityConversion | None = None
    quantity_rounding: QuantityRounding | None = None
    sql_breakdown_granularity: Annotated[SqlBreakdownGranularity, AnyCase()] | None = None
    tags: tuple[Name, ...] = ()
    composite_product_ids: tuple[Name, ...] = ()
    composite_tags: tuple[Name, ...] = ()
    composite_scope: Annotated[CompositeScope, AnyCase(later=("CUSTOMER",))] | None = None
    updates: tuple[ProductUpdate, ...] = ()
    custom_fields: TextMap = ()

    def findings(self) -> Iterator[Finding]:
        yield from _repeated_keys(self.pricing_group_key, self.presentation_group_key)
        if self.type is ProductType.USAGE and self.billable_metric_id is None:
            yield Finding((), "a USAGE product needs a metric", "give billable_metric or billable_metric_id")
        for field, owner in ONLY_FOR.items():
            what = f"only a {owner} product takes {field}"
            if self.type is not owner and getattr(self, field) not in (None, ()):
                yield Finding((field,), what, "remove it")
            for position, update in enumerate(self.updates):
                if self.type is not owner and getattr(update, field, None) is not None:
                    yield Finding(("updates", position, field), what, "remove it")
        yield from self._updates_follow_one_another()
        if self.type is ProductType.COMPOSITE:
            yield from self._always_has_members()

    def _updates_follow_one_another(self) -> Iterator[Finding]:
        for position, (earlier, later) in enumerate(pairwise(self.updates), start=1):
            if later.starting_at <= earlier.starting_at:
                yield Finding(
                    ("updates", position, "starting_at"),
                    f"{format_instant(later.starting_at)} does not come after the update before it",
                    "give the updates in the order of their times",
                )

    def _always_has_members(self) -> Iterator[Finding]:
        for position, version in enumerate(self.versions()):
            if not version.composite_product_ids and not version.composite_tags:
                path = ("updates", position - 1) if position else ()
                yield Finding(path, "a COMPOSITE product needs members", "give composite_products or composite_tags")
                return

    @property
    def grouped_by(self) -> tuple[str, ...]:
        """Pricing keys, then further presentation keys, before any update; of later times see `versions`."""
        return self.versions()[0].grouped_by

    @property
    def billable_metric_ids(self) -> frozenset[str]:
        """Every billable metric that meters this product at some time."""
        return frozenset(each.billable_metric_id for each in self.versions() if each.billable_metric_id is not None)

    def versions(self) -> tuple[ProductVersion, ...]:
        """What the product is at every time, in order; the first has no start, the last no end."""
        return self._versions

    @cached_property
    def _versions(self) -> tuple[ProductVersion, ...]:
        current = ProductVersion(None, None, **{field: getattr(self, field) for field in VERSIONED})
        found = []
        for update in self.updates:
            found.append(replace(current, ending_before=update.starting_at))
            current = replace(current, starting_at=update.starting_at, **update.changes())
        return (*found, current)

    def version_at(self, moment: datetime) -> ProductVersion:
        """The version in force at `moment`."""
        return next(
            each for each in reversed(self.versions()) if each.starting_at is None or each.starting_at <= moment
        )

    def metrics_over_time(self) -> tuple[tuple[str, datetime | None, datetime | None], ...]:
        """(billable metric id, starting_at, ending_before) in order; the first has no start, the last no end.

        An update that names no metric begins no stretch of its own.
        """
        assert self.billable_metric_id is not None
        swaps = [each for each in self.updates if each.billable_metric_id is not None]
        metrics = [self.billable_metric_id, *(each.billable_metric_id or "" for each in swaps)]
        starts = [None, *(each.starting_at for each in swaps)]
        return tuple(zip(metrics, starts, [*starts[1:], None], strict=True))


def _repeated_keys(pricing: tuple[str, ...], presentation: tuple[str, ...]) -> Iterator[Finding]:
    for field, key in (("pricing_group_key", pricing), ("presentation_group_key", presentation)):
        if len(set(key)) < len(key):
            yield Finding((field,), f"{field} names a property twice", "name it once")
