"""A published line with all that its explanation is read from."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.product import Product, ProductType, SqlBreakdownGranularity
from engine.reports.explain.rates import PricedAs
from engine.reports.explain.steps import Row

APPLIED = "applied_commit_or_credit"

#: Why a line that a balance covers has another price than its charge.
SPECIAL_REASONS = frozenset({"commit rate", "commit-specific override"})

_MICROSECOND = timedelta(microseconds=1)

#: What tells the lines of one charge from those of others, besides the tier that a part of it lies in.
_PIECE = (
    "product_id",
    "pricing_group_values",
    "presentation_group_values",
    "starting_at",
    "ending_before",
    "subscription_id",
)


@dataclass(frozen=True)
class BilledLine:
    """A line, the lines of its invoice in their order, and the catalog and settings it was computed by.

    `read` gives an output of the billing period in which the invoice is published. A consolidated copy is not one of
    these, but the line that it repeats is.
    """

    row: Row
    lines: tuple[Row, ...]
    invoice: Row
    billing_period: str
    catalog: Catalog
    sql_granularity: SqlBreakdownGranularity
    read: Callable[[str], pa.Table]

    @property
    def id(self) -> str:
        return str(self.row["id"])

    @property
    def contract(self) -> Contract:
        return self.catalog.contract(self.row["contract_id"])

    @property
    def product(self) -> Product:
        return self.catalog.product(self.row["product_id"])

    @property
    def is_covered(self) -> bool:
        """Whether a balance covers this line, or it is what takes the balance's part off."""
        return self.row["commit_segment_id"] is not None

    @property
    def is_usage(self) -> bool:
        return is_metered(self.row)

    @property
    def is_composite(self) -> bool:
        return bool(self.row["type"] == "usage" and self.product.type is ProductType.COMPOSITE)

    @cached_property
    def charged(self) -> BilledLine:
        """The line itself, or for what takes a balance's part off the line that it follows."""
        return replace(self, row=self._partner) if self.row["type"] == APPLIED else self

    @cached_property
    def applied(self) -> Row:
        """The line that takes off what a balance covers of this one."""
        return self.row if self.row["type"] == APPLIED else self._partner

    @property
    def _partner(self) -> Row:
        """Of a covered line and the one that takes it off again, the other; they stand next to each other."""
        is_applied = self.row["type"] == APPLIED
        columns = (*_PIECE, "commit_segment_id", "tier_level", "override_tier_level")
        wanted = {**{name: self.row[name] for name in columns}, "total": self.row["total"].copy_negate()}
        found = [
            (position, row)
            for position, row in enumerate(self.lines)
            if (row["type"] == APPLIED) != is_applied and all(row[name] == value for name, value in wanted.items())
        ]
        own = next(position for position, row in enumerate(self.lines) if row["id"] == self.row["id"])
        return min(found, key=lambda each: abs(each[0] - own))[1]

    def piece(self) -> list[Row]:
        """The lines of the same usage, subscription or charge in the same stretch of time, whatever covers them."""
        return [row for row in self.lines if _is_piece(row, self.charged.row)]


def is_metered(row: Row) -> bool:
    """Whether a line is of metered usage."""
    return row["billable_metric_id"] is not None


def _is_piece(row: Row, of: Row) -> bool:
    return bool(
        row["type"] == of["type"] and row["name"] == of["name"] and all(row[name] == of[name] for name in _PIECE)
    )


def is_special(row: Row) -> bool:
    """Whether a balance has a price of its own for a line."""
    return row["commit_segment_id"] is not None and row["override_reason"] in SPECIAL_REASONS


def priced_as(line: BilledLine, row: Row) -> PricedAs:
    """What the price of a line of metered usage on the same invoice is asked for.

    What is metered once for its whole service period is priced as of its last instant.
    """
    product = line.catalog.product(row["product_id"])
    metric = line.catalog.metric(row["billable_metric_id"])
    at = row["starting_at"]
    granularity = product.sql_breakdown_granularity or line.sql_granularity
    if metric.sql is not None and granularity is SqlBreakdownGranularity.SERVICE_PERIOD:
        at = last_instant(row["period_ending_before"])
    return PricedAs(
        line.catalog.contract(row["contract_id"]).rate_card_id,
        product.id,
        at,
        group_values(row, "pricing_group_values"),
        group_values(row, "presentation_group_values"),
    )


def last_instant(ending_before: datetime) -> datetime:
    return ending_before - _MICROSECOND


def group_values(row: Row, column: str) -> Mapping[str, str | None]:
    """The group values of a line by key."""
    found: dict[str, str | None] = json.loads(row[column])
    return found


def amount(row: Row) -> Decimal:
    """What a line comes to."""
    total: Decimal = row["total"]
    return total
