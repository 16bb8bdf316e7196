"""Drafts that become final: their rows as they stand from then on, and those that are held back."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from engine.executors.fixed_sql import fixed_sql
from engine.invoices.content_hash import content_hashes


def finalized_invoices(
    connection: duckdb.DuckDBPyConnection,
    invoices: pa.Table,
    line_items: pa.Table,
    final: pa.Array,
    now: datetime,
    computed_by: str,
) -> pa.Table:
    """The `invoices` of a billing period once those with the ids `final` are finalized; every column, the same order.

    `line_items` is the output of the same run, whose id is `computed_by`.
    """
    becoming = invoices.filter(pc.is_in(invoices["id"], final))
    tables = {"invoices": _placed(invoices), "hashes": content_hashes(connection, becoming, line_items)}
    values = {"now": now, "computed_by": computed_by}
    return _answer(connection, "finalized", tables, values).select(invoices.column_names).cast(invoices.schema)


def held_back(connection: duckdb.DuckDBPyConnection, invoices: pa.Table, reasons: pa.Table) -> pa.Table:
    """Invoices that are held back: invoice_id, customer_name, type, total, currency, reason, detail; see `held.sql`."""
    return _answer(connection, "held", {"invoices": _placed(invoices), "reasons": reasons}, {})


def _placed(invoices: pa.Table) -> pa.Table:
    return invoices.append_column("position", pa.array(range(invoices.num_rows), pa.int64()))


def _answer(
    connection: duckdb.DuckDBPyConnection, name: str, tables: dict[str, pa.Table], values: dict[str, object]
) -> pa.Table:
    for table, rows in tables.items():
        connection.register(table, rows)
    try:
        return connection.sql(fixed_sql("engine.invoices", name), params=values or None).to_arrow_table()
    finally:
        for table in tables:
            connection.unregister(table)
