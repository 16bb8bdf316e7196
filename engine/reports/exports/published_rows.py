"""The rows of published outputs that exports are made of, of several billing periods together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import pyarrow as pa

from engine.executors.duckdb import DuckDBExecutor
from engine.invoices.publish import Outputs

#: What exports read of each output.
_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "invoices": (
            *("id", "customer_id", "customer_name", "contract_id", "status", "type"),
            *("starting_at", "ending_before", "issued_at", "finalized_at", "voided_at", "net_payment_terms_days"),
            *("credit_type_id", "currency", "line_items", "total", "payable", "rounding_residual"),
        ),
        "line_items": (
            *("id", "invoice_id", "customer_id", "contract_id", "product_id", "product_name", "name", "type"),
            *("metric_name", "pricing_group_values", "presentation_group_values"),
            *("starting_at", "ending_before", "quantity", "unit_price", "total", "credit_type_id", "currency"),
            *("tier_level", "override_tier_level", "rate_id", "list_unit_price", "override_id"),
            *("subscription_id", "discount_id", "commit_id", "commit_segment_id", "applied_balance_type", "in_total"),
            *("product_custom_fields", "origin_line_item_id"),
        ),
        "ledger": (
            *("id", "customer_id", "contract_id", "balance_id", "segment_id", "type", "timestamp", "amount"),
            *("credit_type_id", "currency"),
        ),
        "segment_balances": (
            *("customer_id", "contract_id", "balance_id", "balance_name", "kind", "segment_id", "access_type"),
            *("credit_type_id", "currency", "starting_at", "ending_before"),
            *("opening", "granted", "manual", "drawn", "rolled_over", "expired", "trued_up", "closing"),
        ),
    }
)


def load_published(outputs: Outputs, labels: Sequence[str], executor: DuckDBExecutor) -> None:
    """The tables published_invoices, published_line_items, published_ledger and published_segment_balances.

    Each has the columns of `_COLUMNS`, with billing_period, run_id and row_no, the place of the row in its period.
    """
    runs = outputs.published_runs()
    for output, columns in _COLUMNS.items():
        tables = []
        for label in labels:
            table = outputs.published(output, label, columns)
            count = table.num_rows
            table = table.append_column("billing_period", pa.array([label] * count, pa.string()))
            table = table.append_column("run_id", pa.array([runs.get(label)] * count, pa.string()))
            tables.append(table.append_column("row_no", pa.array(range(count), pa.int64())))
        executor.load(f"published_{output}", pa.concat_tables(tables, promote_options="default"))
