"""What finalized invoices would be now, from all events, and what that differs by (spec/metering.md §2.3, §17.23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_query

_QUANTITY = pa.decimal128(38, 18)
_AMOUNT = pa.decimal128(38, 26)
_TIME = pa.timestamp("us")

#: The columns of the report; see `late_usage.sql`.
LATE_USAGE = pa.schema(
    [
        *((name, pa.string()) for name in ("billing_period", "customer_id", "customer_name", "contract_id")),
        *((name, pa.string()) for name in ("invoice_id", "invoice_type")),
        *((name, _TIME) for name in ("issued_at", "finalized_at")),
        *((name, pa.string()) for name in ("product_id", "product_name")),
        *((name, pa.string()) for name in ("pricing_group_values", "presentation_group_values")),
        *((name, _TIME) for name in ("period_starting_at", "period_ending_before")),
        ("late_events", pa.int64()),
        ("outcome", pa.string()),
        *((name, _QUANTITY) for name in ("quantity_finalized", "quantity_now", "late_quantity")),
        *((name, _AMOUNT) for name in ("amount_finalized", "amount_now", "late_amount", "corrected_amount")),
        *((name, pa.string()) for name in ("reason", "credit_type_id", "currency")),
    ]
)

#: What the report reads of each published output of the billing period.
PUBLISHED = {
    "invoices": (
        *("id", "customer_id", "customer_name", "contract_id", "status", "type"),
        *("starting_at", "ending_before", "issued_at", "finalized_at"),
    ),
    "line_items": (
        *("invoice_id", "product_id", "product_name", "type", "pricing_group_values", "presentation_group_values"),
        *("quantity", "total", "credit_type_id", "currency", "commit_id", "origin_line_item_id"),
    ),
    "unrated": (
        *("statement_invoice_id", "product_id", "product_name"),
        *("pricing_group_values", "presentation_group_values", "quantity"),
    ),
    "not_entitled": (
        *("statement_invoice_id", "product_id", "product_name"),
        *("pricing_group_values", "presentation_group_values", "quantity"),
    ),
    "threshold_commits": ("invoice_id",),
}

#: What correction lines bill of a product in a statement. Grain: contract_id, product_id, corrected_from, is_usage,
#: credit_type_id; `is_usage` tells a statement from what was due at an instant.
CORRECTIONS_BILLED = pa.schema(
    [
        *((name, pa.string()) for name in ("contract_id", "product_id", "product_name")),
        ("corrected_from", _TIME),
        ("is_usage", pa.bool_()),
        *((name, pa.string()) for name in ("credit_type_id", "currency")),
        ("amount", _AMOUNT),
    ]
)


@dataclass(frozen=True)
class Closing:
    """What is known of a billing period with finalized invoices, besides what it would be if it were billed now.

    `published` has its outputs with the columns of `PUBLISHED`; `corrections_billed` those of `CORRECTIONS_BILLED`.
    `late_events` counts, by finalized invoice, the events that its run had not seen; one that is not known is missing.
    `open_until` says, by contract id, where the last usage statement ends that a correction can still be billed on.
    """

    billing_period: str
    published: Mapping[str, pa.Table]
    corrections_billed: pa.Table
    late_events: Mapping[str, int]
    open_until: Mapping[str, datetime]


def late_usage(closing: Closing, executor: DuckDBExecutor) -> pa.Table:
    """The rows of `late_usage.sql`, with the columns of `LATE_USAGE`; the bill of now stands on the executor."""
    for name, table in closing.published.items():
        executor.load(f"published_{name}", table.select(list(PUBLISHED[name])))
    executor.load("corrections_billed", closing.corrections_billed)
    late, ends = closing.late_events, closing.open_until
    executor.load("late_events", _by_id("invoice_id", late, "late_events", pa.int64()))
    executor.load("open_until", _by_id("contract_id", ends, "ending_before", _TIME))
    executor.load("late_usage_question", pa.table({"billing_period": pa.array([closing.billing_period], pa.string())}))
    return executor.rows(fixed_query(__package__, "late_usage")).cast(LATE_USAGE)


def count_events(statements: pa.Table, as_of: datetime | None, executor: DuckDBExecutor) -> dict[str, int]:
    """How many of the events in view are in each statement, by invoice id; see `late_events.sql`.

    `statements` has invoice_id, contract_id, starting_at and ending_before; the contracts of a bill stand on the
    executor.
    """
    executor.load("late_statements", statements)
    executor.load("late_events_question", pa.table({"as_of": pa.array([as_of], _TIME)}))
    counted = executor.rows(fixed_query(__package__, "late_events"))
    return dict(zip(counted["invoice_id"].to_pylist(), counted["events"].to_pylist(), strict=True))


def corrections_to_bill(late: pa.Table, executor: DuckDBExecutor) -> pa.Table:
    """What late usage leaves to be corrected, as `rating/corrections.py` has it; see `corrections_to_bill.sql`."""
    executor.load("late_usage", late)
    return executor.rows(fixed_query(__package__, "corrections_to_bill"))


def corrections_billed(lines: pa.Table, executor: DuckDBExecutor) -> pa.Table:
    """What these correction lines, of any billing periods, come to; see `corrections_billed.sql`."""
    executor.load("correction_line_items", lines)
    return executor.rows(fixed_query(__package__, "corrections_billed")).cast(CORRECTIONS_BILLED)


def _by_id(key: str, values: Mapping[str, object], name: str, kind: pa.DataType) -> pa.Table:
    return pa.table({key: pa.array(values.keys(), pa.string()), name: pa.array(values.values(), kind)})
