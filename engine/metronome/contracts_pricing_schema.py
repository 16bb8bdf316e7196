"""The tables of an export that say what is sold and at which prices; packages; payments, of which duckbill has none.

Names, types and order of columns are those of Metronome's database reference (spec/rating.md §14.2).
"""

from __future__ import annotations

from engine.metronome.contracts_columns import IDENTITY, OWN, snapshot_table
from engine.metronome.schema import AMOUNT, FLAG, INSTANT, JSON, TEXT, WHOLE, ExportTable

CONTRACTS_RATE_CARDS = snapshot_table(
    "contracts_rate_cards",
    {
        **IDENTITY,
        "credit_type_conversions": JSON,
        "metadata": JSON,
        "aliases": JSON,
        "fiat_credit_type_id": TEXT,
        "fiat_credit_type_name": TEXT,
        "description": TEXT,
        "name": TEXT,
        "created_by": TEXT,
        "created_at": INSTANT,
        "updated_at": INSTANT,
        "archived_at": INSTANT,
        **OWN,
    },
)

CONTRACTS_RATE_CARD_ENTRIES = snapshot_table(
    "contracts_rate_card_entries",
    {
        "id": TEXT,
        "environment_type": TEXT,
        "rate_card_id": TEXT,
        "product_id": TEXT,
        "version": WHOLE,
        "entitled": FLAG,
        "rate": TEXT,
        "commit_rate": TEXT,
        "product_order": WHOLE,
        "pricing_group_values": JSON,
        "snapshot_id": TEXT,
        "metadata": JSON,
        "credit_type_id": TEXT,
        "credit_type_name": TEXT,
        "billing_frequency": TEXT,
        "starting_at": INSTANT,
        "ending_before": INSTANT,
        "updated_at": INSTANT,
        **OWN,
    },
    key=("id", "version"),
)

CONTRACTS_PRODUCT_LIST_ITEM_VERSIONS = snapshot_table(
    "contracts_product_list_item_versions",
    {
        **IDENTITY,
        "product_list_item_id": TEXT,
        "type": TEXT,
        "version": WHOLE,
        "name": TEXT,
        "is_refundable": FLAG,
        "billable_metric_id": TEXT,
        "composite_product_ids": JSON,
        "composite_scope": TEXT,
        "tags": JSON,
        "composite_tags": JSON,
        "include_composite_spend": FLAG,
        "quantity_conversion": JSON,
        "quantity_rounding": JSON,
        "pricing_group_key": JSON,
        "presentation_group_key": JSON,
        "metadata": JSON,
        "starting_at": INSTANT,
        "created_at": INSTANT,
        "created_by": TEXT,
        "updated_at": INSTANT,
        **OWN,
    },
)

PACKAGES = snapshot_table(
    "packages",
    {
        "id": TEXT,
        "name": TEXT,
        "rate_card_id": TEXT,
        "duration_unit": TEXT,
        "duration_value": WHOLE,
        "multiplier_override_prioritization": TEXT,
        "net_payment_terms_days": WHOLE,
        "usage_statement_schedule_frequency": TEXT,
        "scheduled_charges_on_usage_invoices": TEXT,
        "billing_provider": TEXT,
        "delivery_method": TEXT,
        "aliases": JSON,
        "created_at": INSTANT,
        "created_by": TEXT,
        "archived_at": INSTANT,
        "updated_at": INSTANT,
        "environment_type": TEXT,
        "snapshot_id": TEXT,
        "metadata": JSON,
    },
)

#: Incremental; duckbill collects no money, so it has no rows of it.
PAYMENT = ExportTable(
    "payment",
    {
        "id": TEXT,
        "invoice_id": TEXT,
        "customer_id": TEXT,
        "contract_id": TEXT,
        "environment_type": TEXT,
        "amount": AMOUNT,
        "amount_paid": AMOUNT,
        "credit_type_id": TEXT,
        "credit_type_name": TEXT,
        "status": TEXT,
        "error_message": TEXT,
        "payment_gateway": JSON,
        "created_at": INSTANT,
        "updated_at": INSTANT,
    },
)
