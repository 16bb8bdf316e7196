"""Published balances written by hand, as runs leave them in a lake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from engine.invoices.publish import Outputs

#: A row of each output, with every column that it has.
Entry = dict[str, object]

_AMOUNT = pa.decimal128(38, 26)
_TIME = pa.timestamp("us")

SCHEMAS = {
    "ledger": pa.schema(
        [
            *((name, pa.string()) for name in ("id", "customer_id", "contract_id", "balance_id", "segment_id", "type")),
            ("timestamp", _TIME),
            ("amount", _AMOUNT),
            *((name, pa.string()) for name in ("credit_type_id", "currency", "invoice_id", "invoice_contract_id")),
            *((name, pa.string()) for name in ("line_item_ids", "new_contract_id", "new_balance_id", "reason")),
            ("balance_after", _AMOUNT),
        ]
    ),
    "segment_balances": pa.schema(
        [
            *((name, pa.string()) for name in ("customer_id", "contract_id", "balance_id", "balance_name", "kind")),
            *((name, pa.string()) for name in ("segment_id", "access_type", "credit_type_id", "currency")),
            *((name, _TIME) for name in ("starting_at", "ending_before")),
            *((name, _AMOUNT) for name in ("opening", "granted", "manual", "drawn", "rolled_over", "expired")),
            *((name, _AMOUNT) for name in ("trued_up", "closing")),
        ]
    ),
    "threshold_commits": pa.schema(
        [
            *((name, pa.string()) for name in ("kind", "balance_id", "balance_name", "product_id", "customer_id")),
            *((name, pa.string()) for name in ("contract_id", "segment_id")),
            ("amount", _AMOUNT),
            *((name, _TIME) for name in ("starting_at", "ending_before", "written_ending_before")),
            ("credit_type_id", pa.string()),
            ("priority", pa.decimal128(38, 18)),
            *((name, pa.string()) for name in ("rate_type", "invoice_id")),
        ]
    ),
    "alerts": pa.schema(
        [
            *((name, pa.string()) for name in ("alert_id", "alert_name", "alert_type", "customer_id")),
            *((name, pa.string()) for name in ("customer_name", "credit_type_id", "currency")),
            ("threshold", pa.decimal128(38, 18)),
            *((name, _AMOUNT) for name in ("threshold_amount", "value")),
            ("crossed_at", _TIME),
        ]
    ),
    "invoices": pa.schema(
        [*((name, pa.string()) for name in ("id", "contract_id", "type", "status")), ("ending_before", _TIME)]
    ),
}


def publish(lake: Path, period: str, run_id: str, **outputs: Sequence[Entry]) -> None:
    """Publishes these rows as the run of a billing period; columns that a row leaves out are NULL."""
    with duckdb.connect() as connection:
        for name, schema in SCHEMAS.items():
            rows = [{field: row.get(field) for field in schema.names} for row in outputs.get(name, ())]
            connection.register("incoming", pa.Table.from_pylist(rows, schema))
            connection.execute(f"CREATE TABLE {name} AS FROM incoming")
            connection.unregister("incoming")
        written = Outputs(lake)
        written.commit(written.write(connection, SCHEMAS, period, run_id), period, run_id)


def entry(segment_id: str, event: str, amount: object, moment: str, **more: object) -> Entry:
    """A ledger entry of a credit."""
    return {
        "id": f"{segment_id} {event} {moment}",
        "segment_id": segment_id,
        "type": f"CREDIT_{event}",
        "amount": Decimal(str(amount)),
        "timestamp": datetime.fromisoformat(moment),
        **more,
    }


def deduction(segment_id: str, amount: object, moment: str, **more: object) -> Entry:
    """What an invoice drew; the amount as the ledger has it, below zero."""
    return entry(segment_id, "AUTOMATED_INVOICE_DEDUCTION", amount, moment, **more)


def account(segment_id: str, opening: object, drawn: object, **more: object) -> Entry:
    """A row of `segment_balances`, of a segment that was granted before, unless said."""
    moved = {"granted": 0, "manual": 0, "rolled_over": 0, "expired": 0, "trued_up": 0, "closing": 0}
    numbers = {"opening": opening, "drawn": drawn, **moved} | {key: more.pop(key) for key in (*moved,) if key in more}
    return {
        "segment_id": segment_id,
        "customer_id": "acme",
        "balance_id": f"balance of {segment_id}",
        "balance_name": "Prepaid",
        "currency": "USD (cents)",
        "ending_before": datetime(2026, 1, 1),
        **{key: Decimal(str(number)) for key, number in numbers.items()},
        **more,
    }
