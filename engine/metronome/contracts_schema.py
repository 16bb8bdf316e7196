"""The tables of an export that are about contracts: terms, balances, prices, products, packages, payments.

Names, types and order of columns are those of Metronome's database reference (spec/rating.md §14.2). What it calls
float is a decimal here. At the end of most tables stand `duckbill_position`, the place among the rows of the table,
and `duckbill_terms`, what the other columns cannot hold (`own_terms.py`).
"""

from __future__ import annotations

import pyarrow as pa

from engine.metronome.contracts_columns import IDENTITY, NUMBER, OWN, snapshot_table
from engine.metronome.contracts_pricing_schema import (
    CONTRACTS_PRODUCT_LIST_ITEM_VERSIONS,
    CONTRACTS_RATE_CARD_ENTRIES,
    CONTRACTS_RATE_CARDS,
    PACKAGES,
    PAYMENT,
)
from engine.metronome.schema import AMOUNT, FLAG, INSTANT, JSON, TEXT, WHOLE, ExportTable

CONTRACTS_CONTRACTS = snapshot_table(
    "contracts_contracts",
    {
        **IDENTITY,
        "name": TEXT,
        "customer_id": TEXT,
        "package_id": TEXT,
        "rate_card_id": TEXT,
        "starting_at": INSTANT,
        "ending_before": INSTANT,
        "archived_at": INSTANT,
        "multiplier_override_prioritization": TEXT,
        "net_payment_terms_days": WHOLE,
        "usage_statement_schedule_frequency": TEXT,
        "scheduled_charges_on_usage_invoices": TEXT,
        "metadata": JSON,
        "created_at": INSTANT,
        "created_by": TEXT,
        "updated_at": INSTANT,
        **OWN,
    },
)

_WHAT_A_BALANCE_IS = {
    "amendment_id": TEXT,
    "type": TEXT,
    "name": TEXT,
    "priority": NUMBER,
    "description": TEXT,
    "product_id": TEXT,
}
_SCHEDULES = {
    "access_schedule": JSON,
    "invoice_schedule": JSON,
    "rollover_fraction": NUMBER,
    "rate_type": TEXT,
    "applicable_product_ids": JSON,
    "applicable_product_tags": JSON,
    "specifiers": JSON,
}
_HISTORY = {
    "ledger": JSON,
    "rolled_over_from_commit_id": TEXT,
    "rolled_over_from_contract_id": TEXT,
    "recurring_commit_id": TEXT,
    "metadata": JSON,
    "balance": AMOUNT,
    "cost_basis": NUMBER,
    "updated_at": INSTANT,
}

CONTRACTS_COMMITS = snapshot_table(
    "contracts_commits",
    {
        **IDENTITY,
        "contract_id": TEXT,
        **_WHAT_A_BALANCE_IS,
        "amount": AMOUNT,
        **_SCHEDULES,
        **_HISTORY,
    },
)

CONTRACTS_BALANCES = snapshot_table(
    "contracts_balances",
    {
        **IDENTITY,
        "customer_id": TEXT,
        "contract_id": TEXT,
        **_WHAT_A_BALANCE_IS,
        **_SCHEDULES,
        "applicable_contract_ids": JSON,
        "invoice_contract_id": TEXT,
        **_HISTORY,
        **OWN,
    },
)

CONTRACTS_RECURRING_COMMITS_AND_CREDITS = snapshot_table(
    "contracts_recurring_commits_and_credits",
    {
        **IDENTITY,
        "contract_id": TEXT,
        "customer_id": TEXT,
        "type": TEXT,
        "name": TEXT,
        "priority": NUMBER,
        "description": TEXT,
        "product_id": TEXT,
        "access_amount": JSON,
        "invoice_amount": JSON,
        "rollover_fraction": NUMBER,
        "rate_type": TEXT,
        "applicable_product_ids": JSON,
        "applicable_product_tags": JSON,
        "specifiers": JSON,
        "commit_duration": JSON,
        "proration": TEXT,
        "proration_rounding": JSON,
        "recurrence_frequency": TEXT,
        "metadata": JSON,
        "subscription_config": JSON,
        "starting_at": INSTANT,
        "ending_before": INSTANT,
        "updated_at": INSTANT,
        **OWN,
    },
)

#: The one table of contracts that is not taken as snapshots.
CONTRACTS_USAGE_FILTER_SCHEDULE = ExportTable(
    "contracts_usage_filter_schedule",
    {
        "id": TEXT,
        "contract_id": TEXT,
        "starting_at": INSTANT,
        "ending_before": INSTANT,
        "group_key": TEXT,
        "group_values": JSON,
        "metadata": JSON,
        "updated_at": INSTANT,
    },
    key=("id", "starting_at"),
    may_lack=frozenset({"metadata"}),
)

CONTRACTS_USAGE_FILTERS = snapshot_table(
    "contracts_usage_filters",
    {
        **IDENTITY,
        "contract_id": TEXT,
        "version": WHOLE,
        "starting_at": INSTANT,
        "group_key": TEXT,
        "group_values": JSON,
        "metadata": JSON,
        "updated_at": INSTANT,
    },
    key=("id", "version"),
)

_THRESHOLD: dict[str, pa.DataType] = {**IDENTITY, "contract_id": TEXT, "enabled": FLAG, "threshold_amount": NUMBER}
_PAYMENT = {
    "payment_gate_type": TEXT,
    "tax_type": TEXT,
    "stripe_payment_type": TEXT,
    "metadata": JSON,
    "updated_at": INSTANT,
}

CONTRACTS_PREPAID_BALANCE_THRESHOLD_CONFIGURATIONS = snapshot_table(
    "contracts_prepaid_balance_threshold_configurations",
    {
        **_THRESHOLD,
        "recharge_to_amount": NUMBER,
        "commit_name": TEXT,
        "commit_description": TEXT,
        "commit_product_id": TEXT,
        "commit_applicable_product_ids": JSON,
        "commit_applicable_product_tags": JSON,
        **_PAYMENT,
        "commit_duration_value": WHOLE,
        "commit_duration_unit": TEXT,
        "commit_rollover_fraction": NUMBER,
        "commit_rate_type": TEXT,
        **OWN,
    },
)

CONTRACTS_SPEND_THRESHOLD_CONFIGURATIONS = snapshot_table(
    "contracts_spend_threshold_configurations",
    {
        **_THRESHOLD,
        "commit_name": TEXT,
        "commit_description": TEXT,
        "commit_product_id": TEXT,
        **_PAYMENT,
        **OWN,
    },
)

CONTRACTS_SUBSCRIPTIONS = snapshot_table(
    "contracts_subscriptions",
    {
        **IDENTITY,
        "customer_id": TEXT,
        "contract_id": TEXT,
        "product_id": TEXT,
        "name": TEXT,
        "description": TEXT,
        "billing_frequency": TEXT,
        "billing_cycle_config": JSON,
        "collection_schedule": TEXT,
        "is_prorated": FLAG,
        "proration_rounding": JSON,
        "invoice_behavior": TEXT,
        "quantity_schedule": JSON,
        "fiat_credit_type_id": TEXT,
        "metadata": JSON,
        "starting_at": INSTANT,
        "ending_before": INSTANT,
        "updated_at": INSTANT,
        **OWN,
    },
)

CONTRACTS_SCHEDULED_CHARGES = snapshot_table(
    "contracts_scheduled_charges",
    {
        **IDENTITY,
        "contract_id": TEXT,
        "amendment_id": TEXT,
        "name": TEXT,
        "description": TEXT,
        "product_id": TEXT,
        "credit_type_id": TEXT,
        "credit_type_name": TEXT,
        "schedule": JSON,
        "metadata": JSON,
        "updated_at": INSTANT,
        **OWN,
    },
)

CONTRACT_HIERARCHY_CONFIGURATIONS = snapshot_table(
    "contract_hierarchy_configurations",
    {
        "id": TEXT,
        "contract_id": TEXT,
        "parent_contract_id": TEXT,
        "parent_customer_id": TEXT,
        "child_info": JSON,
        "updated_at": INSTANT,
        "metadata": JSON,
        "environment_type": TEXT,
        "snapshot_id": TEXT,
        "payer": TEXT,
        "usage_statement_behavior": TEXT,
        "invoice_consolidation_type": TEXT,
    },
)

CONTRACTS_OVERRIDES = snapshot_table(
    "contracts_overrides",
    {
        **IDENTITY,
        "contract_id": TEXT,
        "amendment_id": TEXT,
        "product_id": TEXT,
        "entitled": FLAG,
        "rate_type": TEXT,
        "multiplier": NUMBER,
        "priority": NUMBER,
        "new_rate": JSON,
        "credit_type_id": TEXT,
        "credit_type_name": TEXT,
        "applicable_product_tags": JSON,
        "override_specifiers": JSON,
        "target": TEXT,
        "is_commit_specific": FLAG,
        "metadata": JSON,
        "tiered_override": JSON,
        "starting_at": INSTANT,
        "ending_before": INSTANT,
        "created_at": INSTANT,
        "updated_at": INSTANT,
        **OWN,
    },
)

CONTRACTS_TRANSITIONS = snapshot_table(
    "contracts_transitions",
    {
        **IDENTITY,
        "type": TEXT,
        "contract_id": TEXT,
        "from_contract_id": TEXT,
        "to_contract_id": TEXT,
        "date": INSTANT,
        "metadata": JSON,
        "updated_at": INSTANT,
    },
    key=("id", "contract_id"),
)

CONTRACTS_EDITS = snapshot_table(
    "contracts_edits",
    {
        "id": TEXT,
        "contract_id": TEXT,
        "timestamp": INSTANT,
        "edits": JSON,
        "metadata": JSON,
        "environment_type": TEXT,
        "created_by": TEXT,
        "updated_at": INSTANT,
        "snapshot_id": TEXT,
    },
)

CONTRACTS_AMENDMENTS = snapshot_table(
    "contracts_amendments",
    {
        **IDENTITY,
        "contract_id": TEXT,
        "effective_at": INSTANT,
        "metadata": JSON,
        "created_at": INSTANT,
        "created_by": TEXT,
        "updated_at": INSTANT,
    },
)

CONTRACTS_TABLES: tuple[ExportTable, ...] = (
    CONTRACTS_CONTRACTS,
    CONTRACTS_COMMITS,
    CONTRACTS_BALANCES,
    CONTRACTS_RECURRING_COMMITS_AND_CREDITS,
    CONTRACTS_USAGE_FILTER_SCHEDULE,
    CONTRACTS_USAGE_FILTERS,
    CONTRACTS_PREPAID_BALANCE_THRESHOLD_CONFIGURATIONS,
    CONTRACTS_SPEND_THRESHOLD_CONFIGURATIONS,
    CONTRACTS_SUBSCRIPTIONS,
    CONTRACTS_SCHEDULED_CHARGES,
    CONTRACT_HIERARCHY_CONFIGURATIONS,
    CONTRACTS_OVERRIDES,
    CONTRACTS_TRANSITIONS,
    CONTRACTS_EDITS,
    CONTRACTS_AMENDMENTS,
    CONTRACTS_RATE_CARDS,
    CONTRACTS_RATE_CARD_ENTRIES,
    CONTRACTS_PRODUCT_LIST_ITEM_VERSIONS,
    PACKAGES,
    PAYMENT,
)
