"""What the tables about contracts and prices have in common."""

from __future__ import annotations

import pyarrow as pa

from engine.metronome.schema import JSON, QUANTITY, TEXT, WHOLE, ExportTable

#: Numbers of the catalog: prices, factors, fractions, thresholds.
NUMBER = QUANTITY

#: Columns that not every export has.
_SELDOM = frozenset(
    {
        *("amendment_id", "amount", "archived_at", "billing_provider", "child_info", "cost_basis", "created_at"),
        *("created_by", "delivery_method", "description", "include_composite_spend", "is_refundable", "metadata"),
        *("package_id", "payment_gate_type", "recurring_commit_id", "rolled_over_from_commit_id"),
        *("rolled_over_from_contract_id", "stripe_payment_type", "tax_type", "tiered_override"),
        *("commit_duration_value", "commit_duration_unit", "commit_rollover_fraction", "commit_rate_type"),
    }
)

#: How most tables begin.
IDENTITY: dict[str, pa.DataType] = {"id": TEXT, "environment_type": TEXT, "snapshot_id": TEXT}
#: How most tables end.
OWN: dict[str, pa.DataType] = {"duckbill_position": WHOLE, "duckbill_terms": JSON}


def snapshot_table(name: str, columns: dict[str, pa.DataType], *, key: tuple[str, ...] = ("id",)) -> ExportTable:
    """A table that every transfer brings anew."""
    return ExportTable(name, columns, key, "snapshot_id", _SELDOM & columns.keys())
