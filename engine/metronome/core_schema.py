"""The tables of an export that are not about contracts: events, customers, metrics, invoices, breakdowns, alerts.

Names, types and order of columns are those of Metronome's database reference (spec/rating.md §14.2).
"""

from __future__ import annotations

import pyarrow as pa

from engine.metronome.schema import AMOUNT, FLAG, INSTANT, JSON, QUANTITY, TEXT, WHOLE, ExportTable

#: Columns that Metronome keeps for its older plans, for payment providers, or for its own transfers.
_SELDOM = frozenset(
    {
        "_metronome_metadata_id",
        "amendment_id",
        "billable_status",
        "billing_provider_customer_id",
        "billing_provider_invoice_created_at",
        "billing_provider_invoice_external_status",
        "billing_provider_invoice_id",
        "billing_provider_type",
        "credit_grant_id",
        "external_invoice",
        "group_values",
        "invoice_label",
        "is_prorated",
        "label",
        "metadata",
        "plan_id",
        "plan_name",
        "salesforce_account_id",
        "seat_filter",
        "subscription_id",
        "subtotal",
        "transfer_id",
        "webhooks_enabled",
    }
)


def _table(
    name: str, columns: dict[str, pa.DataType], *, key: tuple[str, ...] = ("id",), snapshot: str | None = None
) -> ExportTable:
    return ExportTable(name, columns, key, snapshot, _SELDOM & columns.keys())


BILLABLE_METRIC = _table(
    "billable_metric",
    {
        "id": TEXT,
        "environment_type": TEXT,
        "aggregate": TEXT,
        "aggregate_keys": JSON,
        "group_keys": JSON,
        "name": TEXT,
        "created_at": INSTANT,
        "archived_at": INSTANT,
        "updated_at": INSTANT,
        "duckbill_definition": JSON,
    },
)

CREDIT_TYPE = _table(
    "credit_type",
    {
        "_metronome_metadata_id": TEXT,
        "id": TEXT,
        "environment_type": TEXT,
        "name": TEXT,
        "is_currency": FLAG,
        "updated_at": INSTANT,
        "duckbill_definition": JSON,
    },
)

EVENTS = _table(
    "events",
    {
        "transaction_id": TEXT,
        "environment_type": TEXT,
        "customer_id": TEXT,
        "timestamp": INSTANT,
        "event_type": TEXT,
        "properties": JSON,
        "_metronome_metadata_id": TEXT,
        "updated_at": INSTANT,
    },
    key=("transaction_id",),
)

CUSTOMER = _table(
    "customer",
    {
        "id": TEXT,
        "environment_type": TEXT,
        "name": TEXT,
        "ingest_aliases": JSON,
        "salesforce_account_id": TEXT,
        "billing_provider_type": TEXT,
        "billing_provider_customer_id": TEXT,
        "custom_fields": JSON,
        "created_at": INSTANT,
        "updated_at": INSTANT,
        "archived_at": INSTANT,
    },
)

PRODUCT = _table("product", {"id": TEXT, "environment_type": TEXT, "name": TEXT, "updated_at": INSTANT})

#: What Metronome's tables of invoices and lines have no column for.
_OF_INVOICE = {
    "duckbill_invoice_type": TEXT,
    "duckbill_billing_period": TEXT,
    "duckbill_constituent_invoices": JSON,
    "duckbill_regenerated_from_invoice_id": TEXT,
}
_OF_LINE = {
    "duckbill_type": TEXT,
    "duckbill_in_total": FLAG,
    "duckbill_presentation_group_values": JSON,
    "duckbill_commit_segment_id": TEXT,
    "duckbill_origin_line_item_id": TEXT,
}

INVOICE = _table(
    "invoice",
    {
        "id": TEXT,
        "environment_type": TEXT,
        "status": TEXT,
        "total": AMOUNT,
        "credit_type_id": TEXT,
        "credit_type_name": TEXT,
        "customer_id": TEXT,
        "plan_id": TEXT,
        "plan_name": TEXT,
        "contract_id": TEXT,
        "billing_provider_invoice_id": TEXT,
        "billing_provider_type": TEXT,
        "billing_provider_invoice_created_at": INSTANT,
        "billing_provider_invoice_external_status": TEXT,
        "invoice_label": TEXT,
        "metadata": JSON,
        "start_timestamp": INSTANT,
        "end_timestamp": INSTANT,
        "issued_at": INSTANT,
        "updated_at": INSTANT,
        **_OF_INVOICE,
        "duckbill_void_reason": TEXT,
    },
)

_LINE = {
    "invoice_id": TEXT,
    "credit_grant_id": TEXT,
    "credit_type_id": TEXT,
    "credit_type_name": TEXT,
    "name": TEXT,
    "quantity": QUANTITY,
    "total": AMOUNT,
    "commit_id": TEXT,
    "product_id": TEXT,
    "group_key": TEXT,
    "group_value": TEXT,
    "unit_price": QUANTITY,
    "pricing_group_values": JSON,
}
_TIMES = {"starting_at": INSTANT, "ending_before": INSTANT, "updated_at": INSTANT}

LINE_ITEM = _table(
    "line_item",
    {
        "id": TEXT,
        "environment_type": TEXT,
        **_LINE,
        "metadata": JSON,
        "subscription_id": TEXT,
        "is_prorated": FLAG,
        **_TIMES,
        **_OF_LINE,
    },
)

DRAFT_INVOICE = _table(
    "draft_invoice",
    {
        "_metronome_metadata_id": TEXT,
        "id": TEXT,
        "environment_type": TEXT,
        "snapshot_time": INSTANT,
        "status": TEXT,
        "total": AMOUNT,
        "credit_type_id": TEXT,
        "credit_type_name": TEXT,
        "customer_id": TEXT,
        "plan_id": TEXT,
        "plan_name": TEXT,
        "contract_id": TEXT,
        "billable_status": TEXT,
        "billing_provider_invoice_id": TEXT,
        "billing_provider_invoice_created_at": INSTANT,
        "label": TEXT,
        "start_timestamp": INSTANT,
        "end_timestamp": INSTANT,
        "updated_at": INSTANT,
        **_OF_INVOICE,
        "duckbill_issued_at": INSTANT,
        "duckbill_detail": TEXT,
    },
    snapshot="snapshot_time",
)

DRAFT_LINE_ITEM = _table(
    "draft_line_item",
    {
        "_metronome_metadata_id": TEXT,
        "id": TEXT,
        "environment_type": TEXT,
        "snapshot_time": INSTANT,
        **_LINE,
        "subscription_id": TEXT,
        "is_prorated": FLAG,
        "metadata": JSON,
        **_TIMES,
        **_OF_LINE,
    },
    snapshot="snapshot_time",
)

_BREAKDOWN_WINDOW = {
    "breakdown_start_timestamp": INSTANT,
    "breakdown_end_timestamp": INSTANT,
    "updated_at": INSTANT,
}

_BREAKDOWN_INVOICE = {
    "id": TEXT,
    "environment_type": TEXT,
    "snapshot_timestamp": INSTANT,
    "invoice_id": TEXT,
    "customer_id": TEXT,
    "transfer_id": TEXT,
    "credit_type_id": TEXT,
    "net_payment_term_days": WHOLE,
    "credit_type_name": TEXT,
    "subtotal": AMOUNT,
    "total": AMOUNT,
    "type": TEXT,
    "external_invoice": JSON,
    "plan_id": TEXT,
    "contract_id": TEXT,
    "amendment_id": TEXT,
    "custom_fields": JSON,
    "billable_status": TEXT,
    "window_size": TEXT,
    "metadata": JSON,
    "issued_at": INSTANT,
    "invoice_start_timestamp": INSTANT,
    "invoice_end_timestamp": INSTANT,
    **_BREAKDOWN_WINDOW,
}

_BREAKDOWN_LINE = {
    "id": TEXT,
    "environment_type": TEXT,
    "snapshot_timestamp": INSTANT,
    "watermark_timestamp": INSTANT,
    "invoice_breakdown_id": TEXT,
    "name": TEXT,
    "transfer_id": TEXT,
    "group_key": TEXT,
    "group_value": TEXT,
    "quantity": QUANTITY,
    "total": AMOUNT,
    "unit_price": QUANTITY,
    "product_id": TEXT,
    "product_type": TEXT,
    "credit_type_id": TEXT,
    "credit_type_name": TEXT,
    "commit_id": TEXT,
    "commit_segment_id": TEXT,
    "commit_type": TEXT,
    "subscription_id": TEXT,
    "is_prorated": FLAG,
    "line_item_id": TEXT,
    "line_item_type": TEXT,
    "custom_fields": JSON,
    "pricing_group_values": JSON,
    "presentation_group_values": JSON,
    "billable_metric_id": TEXT,
    "metadata": JSON,
    **_BREAKDOWN_WINDOW,
    "duckbill_in_total": FLAG,
}

#: Breakdowns of finalized invoices come once, those of drafts anew with every transfer.
BREAKDOWNS_INVOICES = _table("breakdowns_invoices", _BREAKDOWN_INVOICE)
BREAKDOWNS_LINE_ITEMS = _table("breakdowns_line_items", _BREAKDOWN_LINE)
BREAKDOWNS_DRAFT_INVOICES = _table("breakdowns_draft_invoices", _BREAKDOWN_INVOICE, snapshot="snapshot_timestamp")
BREAKDOWNS_DRAFT_LINE_ITEMS = _table("breakdowns_draft_line_items", _BREAKDOWN_LINE, snapshot="snapshot_timestamp")

ALERT = _table(
    "alert",
    {
        "id": TEXT,
        "name": TEXT,
        "alert_type": TEXT,
        "threshold": QUANTITY,
        "webhooks_enabled": FLAG,
        "environment_type": TEXT,
        "created_at": INSTANT,
        "disabled_at": INSTANT,
        "updated_at": INSTANT,
        "archived_at": INSTANT,
        "group_values": JSON,
        "seat_filter": JSON,
        "customer_id": TEXT,
        "duckbill_credit_type_id": TEXT,
    },
)

CUSTOMER_ALERT_HISTORY = _table(
    "customer_alert_history",
    {
        "id": TEXT,
        "environment_type": TEXT,
        "customer_id": TEXT,
        "alert_id": TEXT,
        "alert_status": TEXT,
        "additional_data": JSON,
        "created_at": INSTANT,
    },
)

CORE_TABLES: tuple[ExportTable, ...] = (
    BILLABLE_METRIC,
    CREDIT_TYPE,
    EVENTS,
    CUSTOMER,
    PRODUCT,
    INVOICE,
    LINE_ITEM,
    DRAFT_INVOICE,
    DRAFT_LINE_ITEM,
    BREAKDOWNS_INVOICES,
    BREAKDOWNS_LINE_ITEMS,
    BREAKDOWNS_DRAFT_INVOICES,
    BREAKDOWNS_DRAFT_LINE_ITEMS,
    ALERT,
    CUSTOMER_ALERT_HISTORY,
)
