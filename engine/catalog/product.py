"""Products: what an invoice line sells, and how a metered quantity is converted (spec/rating.md §1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, ClassVar

from engine.catalog.fields import (
    FRACTION_DIGITS,
    RESPONSE_KEYS,
    AnyCase,
    CatalogObject,
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


class ProductUpdate(CatalogObject):
    """From `starting_at` on the product is metered by another billable metric (spec/metering.md §8.2)."""

    references: ClassVar[Mapping[str, str]] = {"billable_metric_id": "billable_metrics"}
    accepted = RESPONSE_KEYS
    later = frozenset(
        {
            "composite_product_ids",
            "composite_tags",
            "name",
            "presentation_group_key",
            "pricing_group_key",
            "quantity_conversion",
            "quantity_rounding",
            "tags",
        }
    )

    starting_at: Hour
    billable_metric_id: Name


class Product(CatalogObject):
    """Only USAGE products are rated; the other types may exist and be referred to."""

    references: ClassVar[Mapping[str, str]] = {"billable_metric_id": "billable_metrics"}
    accepted = RESPONSE_KEYS | {
        "is_refundable",
        "netsuite_internal_item_id",
        "netsuite_overage_item_id",
        "starting_at",
        "exclude_free_usage",
    }
    later = frozenset({"archived_at"})

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
    updates: tuple[ProductUpdate, ...] = ()
    custom_fields: TextMap = ()

    def findings(self) -> Iterator[Finding]:
        for field in ("pricing_group_key", "presentation_group_key"):
            key = getattr(self, field)
            if len(set(key)) < len(key):
                yield Finding((field,), f"{field} names a property twice", "name it once")
        if self.type is ProductType.USAGE:
            if self.billable_metric_id is None:
                yield Finding((), "a USAGE product needs a metric", "give billable_metric or billable_metric_id")
            for field in ("composite_product_ids", "composite_tags"):
                if getattr(self, field):
                    yield Finding((field,), f"only a COMPOSITE product takes {field}", "remove it")
            yield from self._updates_follow_one_another()
            return
        for field in (
            "billable_metric_id",
            "quantity_conversion",
            "quantity_rounding",
            "sql_breakdown_granularity",
        ):
            if getattr(self, field) is not None:
                yield Finding((field,), f"only a USAGE product takes {field}", "remove it")
        if self.updates:
            yield Finding(("updates",), "only a USAGE product takes updates", "remove them")

    def _updates_follow_one_another(self) -> Iterator[Finding]:
        for position, (earlier, later) in enumerate(pairwise(self.updates), start=1):
            if later.starting_at <= earlier.starting_at:
                yield Finding(
                    ("updates", position, "starting_at"),
                    f"{format_instant(later.starting_at)} does not come after the update before it",
                    "give the updates in the order of their times",
                )

    @property
    def grouped_by(self) -> tuple[str, ...]:
        """Pricing keys, then the presentation keys that are not also pricing keys."""
        return tuple(dict.fromkeys(self.pricing_group_key + self.presentation_group_key))

    @property
    def billable_metric_ids(self) -> frozenset[str]:
        """Every billable metric that meters this product at some time."""
        ids = (self.billable_metric_id, *(each.billable_metric_id for each in self.updates))
        return frozenset(each for each in ids if each is not None)

    def metrics_over_time(self) -> tuple[tuple[str, datetime | None, datetime | None], ...]:
        """(billable metric id, starting_at, ending_before) in order; the first has no start, the last no end."""
        assert self.billable_metric_id is not None
        metrics = [self.billable_metric_id, *(each.billable_metric_id for each in self.updates)]
        starts = [None, *(each.starting_at for each in self.updates)]
        return tuple(zip(metrics, starts, [*starts[1:], None], strict=True))
