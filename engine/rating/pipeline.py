"""The rating stages in the order they run, each a SELECT in a file of its own (DESIGN §7).

Every stage reads tables that earlier stages or the inputs made, and promises a grain: the columns that tell its rows
apart. The order below is the only place where the order is written down; a test reads the dependencies out of the
SQL with sqlglot and checks that it is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

from sqlglot import exp, parse_one

#: The tables the stages start from; `engine.rating` makes all but the last two, which metering fills.
INPUTS = (
    "alert_rules",
    "balance_contracts",
    "balance_segments",
    "balance_targets",
    "balances",
    "billing_period",
    "breakdown_windows",
    "closed_draws",
    "closed_releases",
    "closed_trueups",
    "commit_tiers",
    "contracts",
    "corrections",
    "credit_types",
    "customers",
    "earlier_releases",
    "earlier_statements",
    "invoice_slots",
    "later_draws",
    "manual_entries",
    "meters",
    "minimums",
    "override_targets",
    "override_tiers",
    "overrides",
    "pools",
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
    "rollovers",
    "scheduled_charges",
    "subscription_quantities",
    "subscriptions",
    "thresholds",
    "trueups",
    "unit_conversions",
    "failed_readings",
    "metered",
)


@dataclass(frozen=True)
class Stage:
    """One named, set-based step: a SELECT that becomes the table `name`, with at most one row for each `grain`.

    A stage that is only ever read through becomes a view instead: its rows are wide, and stay where they come from;
    so its grain is that of what it reads. A stage with `into` adds its rows to the table of an earlier one, whose grain
    they keep. `frees` names the tables that nothing reads after this stage.
    """

    name: str
    grain: tuple[str, ...]
    is_view: bool = False
    frees: tuple[str, ...] = ()
    into: str | None = None

    @cached_property
    def sql(self) -> str:
        return files("engine.rating").joinpath("stages", f"{self.name}.sql").read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> exp.Expr:
        """The SELECT as sqlglot parses it."""
        return parse_one(self.sql, read="duckdb")

    @property
    def reads(self) -> frozenset[str]:
        """The tables this stage reads, other than its own common table expressions."""
        tree = self.tree
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
    Stage("balance_reach", ("segment_no", "contract_id", "target_no", "product_id", "tagging_no")),
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

#: What follows once `metered` holds the value of every meter in every window, up to what balances can cover.
PRICING = (
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
    Stage("choose_overrides", ("priced_no",)),
    Stage("prices_in_force", ("priced_no",), frees=("match_rates", "choose_overrides")),
    # What can cover a line, and at which price, tells where it has to be cut.
    Stage("group_coverage", ("usage_no", "segment_no")),
    Stage("balance_prices", ("usage_no", "segment_no"), frees=("override_reach", "priced_groups")),
    Stage("balance_availability", ("usage_no",)),
    # A line belongs to one piece of every composite charge that it counts towards.
    Stage("composite_pieces", ("contract_id", "product_id", "period_starting_at", "segment_no")),
    Stage("composite_shares", ("product_period_no", "segment_no"), frees=("segments",)),
    # Merged before pricing, so that a cut which changes nothing for a group leaves no trace on its invoice.
    Stage("settle", _GROUP, frees=("balance_availability",)),
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
    Stage("correction_lines", ("invoice_id", "line_key")),
    # All that is charged, before what custom pricing units add up to is turned into money.
    Stage("charges", _LINE, is_view=True),
    # What cannot be billed exactly draws on no balance, and those who share one with it wait.
    Stage("parked_charges", ("contract_id", "product_id", "detail")),
    Stage("parked_pools", ("contract_id", "detail")),
    Stage("drawing_contracts", ("contract_id",)),
    Stage("drawn_invoices", ("invoice_no",)),
    Stage("rollover_limits", ("to_segment_no",)),
    Stage("drawn_charges", ("charge_no",)),
    Stage("balance_tiers", ("charge_no", "segment_no", "part_starting_at", "tier_level", "override_tier_level")),
    Stage("coverable_lines", ("line_no",)),
    Stage("segment_amounts", ("segment_no",)),
    Stage("balance_ranks", ("segment_no",)),
    Stage("coverage", ("line_no", "segment_no"), frees=("group_coverage", "balance_prices")),
    Stage("draws", ("line_no", "segment_no")),
    Stage("coverable_left", ("line_no",), is_view=True),
    Stage("segments_left", ("segment_no",), is_view=True),
)

#: Custom pricing units first cover what is priced in them; what they leave is turned into money.
CONVERSION = (
    Stage("conversion_lines", ("invoice_id", "converted_credit_type_id")),
    Stage("drawable_charges", ("charge_no",), is_view=True),
    Stage("coverable_conversions", ("line_no",), into="coverable_lines"),
    Stage("coverage_of_conversions", ("line_no", "segment_no"), into="coverage"),
)

#: What follows once balances have covered what they can.
INVOICING = (
    # What thresholds charge depends on what is left, and joins what is drawn.
    Stage("spend_threshold_releases", ("invoice_id",)),
    Stage("prepaid_threshold_releases", ("contract_id",)),
    Stage("threshold_releases", ("segment_no",)),
    Stage("threshold_balances", ("balance_no",), into="balances"),
    Stage("threshold_segments", ("segment_no",), into="balance_segments"),
    Stage("threshold_contracts", ("balance_no", "contract_id"), into="balance_contracts"),
    Stage("threshold_amounts", ("segment_no",), into="segment_amounts"),
    Stage("spend_threshold_draws", ("line_no", "segment_no"), into="draws"),
    Stage("threshold_lines", ("invoice_id", "line_key")),
    # Nothing is published for a contract that has even one amount outside the exact range.
    Stage("parked", ("contract_id", "product_id", "detail")),
    Stage("segment_settlement", ("segment_no",)),
    Stage("segment_movements", ("segment_no",)),
    Stage("segment_rollovers", ("from_segment_no", "to_segment_no")),
    Stage("segment_ends", ("segment_no",)),
    Stage("trueup_lines", ("invoice_id", "line_key")),
    Stage("drawn_lines", ("charge_no", "cover_no", "drawn_as"), frees=("coverage",)),
    Stage("billed_lines", _LINE, is_view=True),
    Stage("consolidations", ("invoice_id", "source_invoice_id")),
    Stage("line_items", ("id",), frees=("price",)),
    Stage("invoices", ("id",)),
    Stage(
        "metered_usage",
        (
            "contract_id",
            "product_id",
            "billable_metric_id",
            "pricing_group_values",
            "presentation_group_values",
            "period_starting_at",
        ),
    ),
    Stage("unbilled", _UNBILLED),
    Stage("unrated", _UNBILLED),
    Stage("not_entitled", _UNBILLED),
    # What became of every balance, and what thresholds released for the runs to come.
    Stage("deductions", ("segment_no", "invoice_id")),
    Stage("ledger", ("id",)),
    Stage("segment_balances", ("segment_id",)),
    Stage("threshold_commits", ("segment_id",)),
)

#: What is told of the whole period, once the invoices that this run leaves as they are have joined those that it makes.
WATCHING = (Stage("alerts", ("alert_id", "customer_id", "credit_type_id")),)

RATING = (*PRICING, *CONVERSION, *INVOICING, *WATCHING)
STAGES = (*STATEMENTS, *SCHEDULING, *RATING)

#: Queries over what a run computes that must return no row; each row returned is a violation (DESIGN §8).
CHECKS = (
    "amounts_are_products",
    "balances_roll_forward",
    "balances_stay_in_bounds",
    "composites_account_for_spend",
    "consolidations_are_sums",
    "corrections_are_billed",
    "draws_are_applied",
    "invoices_are_sums",
    "lines_do_not_overlap",
    "lines_lie_in_their_invoice",
    "quantities_are_conserved",
    "splits_are_whole",
    "subscriptions_are_accounted_for",
    "units_are_converted",
)


def check_sql(name: str) -> str:
    """The text of one check: a SELECT of offending rows."""
    return files("engine.rating").joinpath("checks", f"{name}.sql").read_text(encoding="utf-8")


def macros_sql() -> str:
    """The macros that the stages use, as statements to run once on a connection."""
    return files("engine.rating").joinpath("macros.sql").read_text(encoding="utf-8")


@cache
def pass_sql(name: str) -> str:
    """The text of one pass of the drawing: a SELECT of the rows that it adds, with parameters."""
    return files("engine.rating").joinpath("passes", f"{name}.sql").read_text(encoding="utf-8")
