"""Which drafts become final, asked of invoices that are written as tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from engine.executors.connection import EngineSettings, connect
from engine.invoices.eligible import EARLIER_COLUMNS, Asked, Found, decide
from engine.invoices.families import kin
from tests.spec.tables import read_table

_TEXT, _TIME, _AMOUNT = pa.string(), pa.timestamp("us"), pa.decimal128(38, 26)
INVOICES = pa.schema(
    [
        *((name, _TEXT) for name in ("id", "customer_id", "customer_name", "contract_id", "type", "status")),
        *((name, _TIME) for name in ("ending_before", "issued_at", "finalizes_at")),
        ("total", _AMOUNT),
        ("constituent_invoices", _TEXT),
        ("regenerated_from_invoice_id", _TEXT),
        ("regenerated_as_invoice_id", _TEXT),
    ]
)
LEDGER = pa.schema([(name, _TEXT) for name in ("balance_id", "type", "invoice_id")])
LINES = pa.schema([("invoice_id", _TEXT), ("quantity", pa.decimal128(38, 18))])
PARKED = pa.schema([("contract_id", _TEXT)])
PURCHASES = pa.schema([("invoice_id", _TEXT)])
CONSOLIDATING = pa.schema([("contract_id", _TEXT), ("parent_contract_id", _TEXT)])

#: The month that the invoices without a period are of.
MONTH = "2026-10"


def tables(text: str, more: dict[str, str] | None = None) -> tuple[dict[str, pa.Table], pa.Table]:
    """The outputs of October, and the invoices of months before, from a table of invoices.

    Columns: id, and if need be type (USAGE), status (DRAFT), customer (the first letter of the id), contract (the
    customer's), period, ends, issued (two days after), due (when issued), total, repeats (ids between spaces). `more`
    has the ledger (balance, type, invoice), lines (invoice, quantity), parked and purchases as tables.
    """
    rows = [_invoice(row) for row in read_table(text)]
    more = more or {}
    now = [row for row in rows if row["billing_period"] == MONTH]
    earlier = [row for row in rows if row["billing_period"] != MONTH]
    published = {
        "invoices": pa.Table.from_pylist(now, INVOICES),
        "ledger": _table(more.get("ledger", ""), LEDGER, {"balance": "balance_id", "invoice": "invoice_id"}),
        "line_items": _table(more.get("lines", ""), LINES, {"invoice": "invoice_id"}),
        "parked": _table(more.get("parked", ""), PARKED, {"contract": "contract_id"}),
        "threshold_commits": _table(more.get("purchases", ""), PURCHASES, {"invoice": "invoice_id"}),
    }
    schema = pa.schema([*(INVOICES.field(name) for name in EARLIER_COLUMNS), pa.field("billing_period", _TEXT)])
    return published, pa.Table.from_pylist(earlier, schema)


@contextmanager
def connected() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection as a workspace opens one."""
    with TemporaryDirectory() as spill, closing(connect(EngineSettings(threads=1), Path(spill))) as connection:
        yield connection


def decided(
    invoices: str, asked: Asked, more: dict[str, str] | None = None, consolidating: str = ""
) -> dict[str, tuple[str, str | None]]:
    """What becomes of each draft that is asked for, by id: `final`, or the reason and detail for which it is held."""
    published, earlier = tables(invoices, more)
    parents = _table(consolidating, CONSOLIDATING, {"contract": "contract_id", "parent": "parent_contract_id"})
    with connected() as connection:
        found = Found(MONTH, published, kin(connection, published), earlier, parents)
        decision = decide(connection, found, asked)
    held = {row["invoice_id"]: (row["reason"], row["detail"]) for row in decision.held.to_pylist()}
    return held | dict.fromkeys(decision.final.to_pylist(), ("final", None))


def _invoice(row: dict[str, str]) -> dict[str, object]:
    customer = row.get("customer") or row["id"][0]
    ends = _moment(row.get("ends", ""))
    issued = _moment(row.get("issued", "")) or ends
    return {
        "id": row["id"],
        "customer_id": customer,
        "customer_name": customer.title(),
        "contract_id": row.get("contract") or customer,
        "type": row.get("type") or "USAGE",
        "status": row.get("status") or "DRAFT",
        "ending_before": ends,
        "issued_at": issued,
        "finalizes_at": _moment(row.get("due", "")) or issued,
        "total": Decimal(row.get("total") or 0),
        "constituent_invoices": json.dumps(row["repeats"].split()) if row.get("repeats") else None,
        "regenerated_as_invoice_id": row.get("anew") or None,
        "regenerated_from_invoice_id": None,
        "billing_period": row.get("period") or MONTH,
    }


def _table(text: str, schema: pa.Schema, names: dict[str, str]) -> pa.Table:
    rows = [{names.get(key, key): value for key, value in row.items()} for row in read_table(text)]
    return pa.Table.from_pylist(rows, pa.schema([(name, _TEXT) for name in schema.names])).cast(schema)


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
