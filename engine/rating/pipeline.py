"""The rating stages in the order they run, each a SELECT in a file of its own (DESIGN §7).

Every stage reads tables that earlier stages or the inputs made, and promises a grain: the columns that tell its rows
apart. The order below is the only place where the order is written down; a test reads the dependencies out of the
SQL with sqlglot and checks that it is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

from sqlglot import exp, parse_one

#: The tables the stages start from; `engine.rating.inputs` makes all but the last, which metering fills.
INPUTS = (
    "billing_period",
    "breakdown_windows",
    "contracts",
    "customers",
    "override_boundaries",
    "override_targets",
    "overrides",
    "meters",
    "price_tiers",
    "product_meters",
    "rate_boundaries",
    "rate_card_products",
    "rate_cards",
    "product_terms",
    "rates",
    "metered",
)


@dataclass(frozen=True)
class Stage:
    """One named, set-based step: a SELECT that becomes the table `name`, with at most one row for each `grain`."""

    name: str
    grain: tuple[str, ...]

    @cached_property
    def sql(self) -> str:
        return files("engine.rating").joinpath("stages", f"{self.name}.sql").read_text(encoding="utf-8")

    @property
    def reads(self) -> frozenset[str]:
        """The tables this stage reads, other than its own common table expressions."""
        tree = parse_one(self.sql, read="duckdb")
        own = {cte.alias for cte in tree.find_all(exp.CTE)}
        return frozenset(table.name for table in tree.find_all(exp.Table)) - own


_GROUP_SEGMENT = (
    "contract_id",
    "product_id",
    "period_starting_at",
    "pricing_values",
    "presentation_values",
    "starting_at",
)

_UNBILLED = ("contract_id", "product_id", "pricing_group_values", "presentation_group_values", "starting_at")

#: The first stage needs nothing but contracts, and tells which days of events matter.
STATEMENTS = Stage("statement_periods", ("contract_id", "period_starting_at"))

#: What has to be known before events are read: which windows of which customers.
SCHEDULING = (
    Stage("usage_products", ("product_id",)),
    Stage("override_reach", ("override_no", "target_no", "product_id")),
    # Numbers for what the stages up to usage group by, given once.
    Stage("product_periods", ("product_period_no",)),
    Stage("segments", ("product_period_no", "segment_no")),
    # Before and after a swap a product has two meters, and each is read up to every cut.
    Stage("segment_readings", ("product_period_no", "segment_no", "meter_id")),
    Stage("meter_windows", ("meter_id", "window_id")),
    Stage("shared_windows", ("meter_id",)),
)

#: What follows once `metered` holds the value of every meter in every window.
RATING = (
    # Quantities before prices: tiers are chosen by the converted, rounded quantity.
    Stage("cut_values", ("product_period_no", "segment_no", "key_values")),
    Stage("usage", ("contract_id", "product_id", "period_starting_at", "key_values", "segment_no")),
    Stage("convert_and_round", _GROUP_SEGMENT),
    # The list price before overrides, because a multiplier multiplies it.
    Stage("match_rates", ("rate_card_id", "product_id", "pricing_values", "priced_at")),
    Stage(
        "choose_overrides",
        ("contract_id", "product_id", "pricing_values", "presentation_values", "priced_at"),
    ),
    # Merged before pricing, so that a cut which changes nothing for a group leaves no trace on its invoice.
    Stage("settle", _GROUP_SEGMENT),
    Stage("price", (*_GROUP_SEGMENT, "tier_level")),
    # Nothing is published for a contract that has even one amount outside the exact range.
    Stage("parked", ("contract_id", "product_id", "detail")),
    Stage("line_items", ("id",)),
    Stage("invoices", ("id",)),
    Stage("unbilled", _UNBILLED),
    Stage("unrated", _UNBILLED),
    Stage("not_entitled", _UNBILLED),
)

STAGES = (STATEMENTS, *SCHEDULING, *RATING)

#: Queries over the finished tables that must return no row; each row returned is a violation (DESIGN §8).
CHECKS = (
    "amounts_are_products",
    "invoices_are_sums",
    "lines_do_not_overlap",
    "lines_lie_in_their_invoice",
    "quantities_are_conserved",
)


def check_sql(name: str) -> str:
    """The text of one check: a SELECT of offending rows."""
    return files("engine.rating").joinpath("checks", f"{name}.sql").read_text(encoding="utf-8")


def macros_sql() -> str:
    """The macros that the stages use, as statements to run once on a connection."""
    return files("engine.rating").joinpath("macros.sql").read_text(encoding="utf-8")
