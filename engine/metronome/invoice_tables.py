"""Invoices, their lines, breakdowns and alerts as the tables of an export."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pyarrow as pa
from sqlglot import exp

from engine.catalog.catalog import Catalog
from engine.errors import CorruptFileError
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_query, fixed_sql
from engine.metronome.core_schema import (
    BREAKDOWNS_DRAFT_INVOICES,
    BREAKDOWNS_DRAFT_LINE_ITEMS,
    BREAKDOWNS_INVOICES,
    BREAKDOWNS_LINE_ITEMS,
    CUSTOMER_ALERT_HISTORY,
    DRAFT_INVOICE,
    DRAFT_LINE_ITEM,
    INVOICE,
    LINE_ITEM,
)
from engine.metronome.executors import Executors
from engine.metronome.published import Published
from engine.metronome.schema import INSTANT, TEXT, ExportTable

_PACKAGE = "engine.metronome"
_FINAL = ("FINALIZED", "VOID")
_DRAFT = ("DRAFT", "DRAFT_INCOMPLETE")


def invoice_tables(
    catalog: Catalog,
    published: Published,
    incomplete: pa.Table,
    breakdown: Callable[[str], pa.Table] | None,
    executors: Executors,
    now: datetime,
) -> dict[str, pa.Table]:
    """The tables of finalized, void and draft invoices, of their lines, of breakdowns and of who crossed alerts.

    `incomplete` are the invoices of parked contracts. Void invoices have no breakdown, nor have consolidated ones,
    which repeat others. Raises CorruptFileError when a breakdown does not add up to its invoice.
    """
    invoices = published.of_periods("invoices")
    days = [] if breakdown is None else [breakdown(label) for label in published.periods]
    pieces = pa.concat_tables(days, promote_options="permissive") if days else None
    with executors() as executor:
        executor.connection.execute(fixed_sql(_PACKAGE, "sql/macros"))
        executor.load("transfer", pa.table({"now": pa.array([now], INSTANT)}))
        executor.load("exported_invoices", invoices)
        executor.load("incomplete_invoices", incomplete)
        executor.load("exported_lines", published.of_periods("line_items"))
        executor.load("exported_alerts", published.of_periods("alerts"))
        executor.load("exported_products", _product_types(catalog))
        executor.create("invoice_rows", fixed_query(_PACKAGE, "sql/invoice_rows"))
        executor.create("line_rows", fixed_query(_PACKAGE, "sql/line_rows"))
        tables = {
            INVOICE.name: _rows(executor, "invoice_rows", INVOICE, _FINAL),
            DRAFT_INVOICE.name: _rows(executor, "invoice_rows", DRAFT_INVOICE, _DRAFT),
            LINE_ITEM.name: _rows(executor, "line_rows", LINE_ITEM, _FINAL),
            DRAFT_LINE_ITEM.name: _rows(executor, "line_rows", DRAFT_LINE_ITEM, _DRAFT),
            CUSTOMER_ALERT_HISTORY.name: executor.rows(fixed_query(_PACKAGE, "sql/alert_history")),
        }
        return {**tables, **_breakdown_tables(executor, pieces)}


def _breakdown_tables(executor: DuckDBExecutor, pieces: pa.Table | None) -> dict[str, pa.Table]:
    of_lines = (BREAKDOWNS_LINE_ITEMS, _FINAL), (BREAKDOWNS_DRAFT_LINE_ITEMS, _DRAFT)
    of_invoices = (BREAKDOWNS_INVOICES, _FINAL), (BREAKDOWNS_DRAFT_INVOICES, _DRAFT)
    if pieces is None:
        return {table.name: table.of(()) for table, _ in (*of_lines, *of_invoices)}
    executor.load("exported_breakdowns", pieces)
    executor.create("breakdown_rows", fixed_query(_PACKAGE, "sql/breakdown_rows"))
    executor.create("breakdown_invoices", fixed_query(_PACKAGE, "sql/breakdown_invoices"))
    for row in executor.rows(fixed_query(_PACKAGE, "sql/unlike_breakdowns")).to_pylist():
        raise CorruptFileError(
            f"the days of invoice {row['id']} come to {row['broken_down']}, and the invoice to {row['total']}; "
            "export without breakdowns"
        )
    return {
        **{table.name: _rows(executor, "breakdown_rows", table, statuses) for table, statuses in of_lines},
        **{table.name: _rows(executor, "breakdown_invoices", table, statuses) for table, statuses in of_invoices},
    }


def _rows(executor: DuckDBExecutor, name: str, table: ExportTable, statuses: tuple[str, ...]) -> pa.Table:
    """The rows of invoices with one of these statuses, in the columns of a table; those that are not there are NULL."""
    known = executor.rows(exp.select("*").from_(name).limit(0)).column_names
    columns = [
        exp.column(column) if column in known else exp.alias_(exp.null(), column, quoted=True)
        for column in table.columns
    ]
    found = exp.column("status").isin(*statuses)
    return executor.rows(exp.select(*columns).from_(name).where(found)).cast(table.schema)


def _product_types(catalog: Catalog) -> pa.Table:
    return pa.table(
        {
            "product_id": pa.array([each.id for each in catalog.products], TEXT),
            "product_type": pa.array([each.type.value for each in catalog.products], TEXT),
        }
    )
