"""Rows with balances, the ledger and the balances of one month, from the oracle and from the engine in one form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from tests.generated.bulk import compare as without_balances
from tests.generated.bulk.compare import Row, Tables, of_engine, of_oracle

#: What a line says of the balance that covers it, by the engine's name and by the oracle's.
_COVERED = {
    "commit_id": "commit",
    "commit_segment_id": "commit_segment",
    "commit_type": "commit_type",
    "applied_balance_type": "applied_balance_type",
    "access_type": "access_type",
    "quantity_consumed": "quantity_consumed",
    "in_total": "in_total",
}
_INVOICED: without_balances.Columns = {
    **without_balances.COLUMNS,
    "line_items": {**without_balances.COLUMNS["line_items"], **_COVERED},
}
_HEAD = {
    "customer_id": "customer",
    "balance_id": "balance",
    "segment_id": "segment",
    "credit_type_id": "credit_type_id",
    "currency": "currency",
}
_ENTRY = {
    **_HEAD,
    "type": "type",
    "timestamp": "timestamp",
    "amount": "amount",
    "invoice": "invoice",
    "invoice_contract_id": "invoice_contract",
    "applied_lines": "applied_lines",
    "new_contract_id": "new_contract",
    "new_balance_id": "new_balance",
    "reason": "reason",
    "balance_after": "balance_after",
}
_BALANCE = {
    **_HEAD,
    **{
        name: name
        for name in (
            *("balance_name", "kind", "access_type", "starting_at", "ending_before", "opening", "granted", "manual"),
            *("drawn", "rolled_over", "expired", "trued_up", "closing"),
        )
    },
}
#: The oracle's name of each compared column, by table and by the engine's name.
COLUMNS: without_balances.Columns = {**_INVOICED, "ledger": _ENTRY, "balances": _BALANCE}


def wanted_tables(bill: Any) -> dict[str, list[Row]]:
    """The oracle's bill of one month of one market under the engine's names."""
    tables = {
        "line_items": bill.lines,
        "invoices": bill.invoices,
        "unrated": bill.unrated,
        "not_entitled": bill.not_entitled,
    }
    made = {table: of_oracle(rows, table, frozenset(), _INVOICED) for table, rows in tables.items()}
    for table, rows in (("ledger", bill.ledger), ("balances", bill.balances)):
        made[table] = [
            {"contract_id": owner(row["contract"], row["customer"])}
            | {name: row[known] for name, known in COLUMNS[table].items()}
            for row in rows
        ]
    return made


def found_tables(frames: Mapping[str, Any]) -> dict[str, list[Row]]:
    """The same of the engine's Polars frames; an invoice in the ledger is named by what it is, not by its id."""
    made = of_engine(frames, frozenset(), _INVOICED)
    invoices = {row["id"]: row for row in frames["invoices"].to_dicts()}
    for table in ("ledger", "balances"):
        made[table] = []
        for row in frames[table].to_dicts():
            plain = dict(row)
            if table == "ledger":
                plain["invoice"] = _invoice(invoices.get(row["invoice_id"]))
                plain["applied_lines"] = len(json.loads(row["line_item_ids"] or "[]"))
            kept = {name: exact(plain[name]) for name in COLUMNS[table]}
            made[table].append({"contract_id": owner(row["contract_id"], row["customer_id"]), **kept})
    return made


def owner(contract: str | None, customer: str) -> str:
    """Under what a row is reported: its contract, or the customer whose contracts share a balance."""
    return contract or f"customer {customer}"


def exact(value: Any) -> Any:
    assert not isinstance(value, float)
    return Fraction(value) if hasattr(value, "as_tuple") else value


def _invoice(row: Row | None) -> tuple[Any, ...] | None:
    """An invoice as the oracle names it."""
    if row is None:
        return None
    return tuple(row[name] for name in ("contract_id", "type", "starting_at", "ending_before", "issued_at"))


def without(tables: Tables, contracts: Iterable[str], customers: Iterable[str]) -> dict[str, list[Row]]:
    """The rows of all other contracts and customers."""
    left_out = {*contracts, *(f"customer {customer}" for customer in customers)}
    return {table: [row for row in rows if row["contract_id"] not in left_out] for table, rows in tables.items()}
