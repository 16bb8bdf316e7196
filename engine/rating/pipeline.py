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

#: The tables the stages start from; `engine.rating` makes all but the last, which metering fills.
INPUTS = (
    "billing_period",
    "breakdown_windows",
    "contracts",
    "credit_types",
    "customers",
    "meters",
    "minimums",
    "override_targets",
    "override_tiers",
    "overrides",
    "price_tiers",
    "product_meters",
    "product_orders",
    "product_stretches",
    "product_taggings",
    "product_terms",
    "products",
    "quantity_boundaries",
    "rate_boundaries",
    "rate_card_products",
    "rate_cards",
    "rate_values",
    "rates",
    "scheduled_charges",
    "subscription_quantities",
    "subscriptions",
    "unit_conversions",
    "metered",
)


@dataclass(frozen=True)
class Stage:
    """One named, set-based step: a SELECT that becomes the table `name`, with at most one row for each `grain`.

    A stage that is only ever read through becomes a view instead: its rows are wide, and stay where they come from;
    so its grain is that of what it reads. `frees` names the tables that nothing reads after this stage.
    """

    name: str
    grain: tuple[str, ...]
    is_view: bool = False
    frees: tuple[str, ...] = ()

    @cached_property
    def sql(self) -> str:
        return files("engine.rating").joinpath("stages", f"{self.name}.sql").read_text(encoding="utf-8")

    @property
    def reads(self) -> frozenset[str]:
        """The tables this stage reads, other than its own common table expressions."""
        tree = parse_one(self.sql, read="duckdb")
        own = {cte.alias for cte in tree.find_all(exp.CTE)}
        return frozenset(table.name for table in tree.find_all(exp.Table)) - own


_GROUP = ("product_period_no", "values_no", "starting_at")

_UNBILLED = (
    "contract_id",
    "product_id",
    "pricing_group_values",
    "presentation_group_values",
    "starting_at",
    "subscription_id",
)

_LINE = (
    "invoice_id",
    "type",
    "product_id",
    "line_key",
    "values_no",
    "starting_at",
    "tier_level",
    "override_tier_level",
)

#: The first stages need nothing but contracts, and tell which days of events matter.
STATEMENTS = (
    Stage("statement_windows", ("contract_id", "period_starting_at")),
    Stage("statement_periods", ("contract_id", "period_starting_at")),
)

#: What has to be known before events are read: which windows of which customers.
SCHEDULING = (
    Stage("product_versions", ("product_id", "version_no")),
    Stage("override_reach", ("override_no", "target_no", "product_id", "tagging_no")),
    # Composite charges cut the lines of their members, so their own cuts come first.
    Stage("composite_members", ("composite_id", "product_id", "starting_at")),
    Stage("composite_segments", ("contract_id", "product_id", "period_starting_at", "segment_no")),
    # Numbers for what the stages up to price group by, given once.
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
    Stage("cut_values", ("product_period_no", "segment_no", "key_values"), frees=("meter_windows", "shared_windows")),
    Stage(
        "usage",
        ("product_period_no", "key_values", "segment_no"),
        frees=("metered", "segment_readings", "cut_values"),
    ),
    # Numbers for combinations of texts, given once.
    Stage("group_values", ("product_id", "stretch_no", "key_values")),
    Stage("convert_and_round", _GROUP, frees=("usage",)),
    Stage("subscription_parts", ("subscription_no", "priced_at", "starting_at")),
    # Usage, composite charges and subscriptions are priced by the same two stages.
    Stage("priced_groups", ("usage_no", "contract_id", "product_id", "billing_frequency", "priced_at")),
    # The list price before overrides, because a multiplier multiplies it.
    Stage("match_rates", ("rate_card_id", "product_id", "billing_frequency", "values_no", "priced_at")),
    Stage("choose_overrides", ("priced_no",), frees=("override_reach",)),
    Stage("prices_in_force", ("priced_no",), frees=("priced_groups", "match_rates", "choose_overrides")),
    # A line belongs to one piece of every composite charge that it counts towards.
    Stage("composite_pieces", ("contract_id", "product_id", "period_starting_at", "segment_no")),
    Stage("composite_shares", ("product_period_no", "segment_no"), frees=("segments",)),
    # Merged before pricing, so that a cut which changes nothing for a group leaves no trace on its invoice.
    Stage("settle", _GROUP),
    Stage("price", (*_GROUP, "tier_level", "override_tier_level")),
    # Before usage is added up for a share of it, what cannot be added up exactly is set aside.
    Stage("parked_usage", ("contract_id", "product_id", "detail")),
    Stage("composite_settle", ("contract_id", "product_id", "period_starting_at", "starting_at")),
    Stage("composite_lines", ("invoice_id", "product_id", "line_key")),
    Stage("subscription_lines", ("invoice_id", "line_key")),
    Stage(
        "subscription_unbilled",
        ("contract_id", "product_id", "starting_at", "ending_before", "subscription_no"),
        frees=("prices_in_force",),
    ),
    Stage("scheduled_lines", ("invoice_id", "line_key")),
    Stage("scheduled_invoices", ("invoice_id",)),
    # All that is charged, before what custom pricing units add up to is turned into money.
    Stage("charges", _LINE, is_view=True),
    Stage("conversion_lines", ("invoice_id", "converted_credit_type_id")),
    # Nothing is published for a contract that has even one amount outside the exact range.
    Stage("parked", ("contract_id", "product_id", "detail")),
    Stage("consolidations", ("invoice_id", "source_invoice_id")),
    Stage("line_items", ("id",), frees=("price",)),
    Stage("invoices", ("id",)),
    Stage("unbilled", _UNBILLED),
    Stage("unrated", _UNBILLED),
    Stage("not_entitled", _UNBILLED),
)

STAGES = (*STATEMENTS, *SCHEDULING, *RATING)

#: Queries over the finished tables that must return no row; each row returned is a violation (DESIGN §8).
CHECKS = (
    "amounts_are_products",
    "composites_account_for_spend",
    "consolidations_are_sums",
    "invoices_are_sums",
    "lines_do_not_overlap",
    "lines_lie_in_their_invoice",
    "quantities_are_conserved",
    "subscriptions_are_accounted_for",
    "units_are_converted",
)


def check_sql(name: str) -> str:
    """The text of one check: a SELECT of offending rows."""
    return files("engine.rating").joinpath("checks", f"{name}.sql").read_text(encoding="utf-8")


def macros_sql() -> str:
    """The macros that the stages use, as statements to run once on a connection."""
    return files("engine.rating").joinpath("macros.sql").read_text(encoding="utf-8")
