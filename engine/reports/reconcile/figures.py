"""The small tables that pictures are drawn from; see `ReconciliationModel.figures`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from engine.reports.reconcile.controls import Evidence, bound
from engine.reports.reconcile.query_text import fixed_relation, statement
from engine.reports.reconcile.relations import Relations

_AMOUNT = pa.decimal256(76, 26)
_MONEY = ("currency", *("product_id", "product_name"))

#: The columns of each figure, for when there is nothing to draw.
_SCHEMAS = {
    "events_per_day": pa.schema([("day", pa.date32()), ("bucket", pa.string()), ("events", pa.int64())]),
    "revenue_by_product": pa.schema([*((name, pa.string()) for name in _MONEY), ("amount", _AMOUNT)]),
    "invoices_by_status": pa.schema(
        [
            *((name, pa.string()) for name in ("currency", "type", "status")),
            ("invoices", pa.int64()),
            ("total", _AMOUNT),
        ]
    ),
    "variance_by_customer": pa.schema(
        [
            *((name, pa.string()) for name in ("currency", "customer_id", "customer_name")),
            *((name, _AMOUNT) for name in ("previous", "total", "change")),
        ]
    ),
}


def run_figures(
    connection: duckdb.DuckDBPyConnection, root: Path, found: Relations, evidence: Evidence
) -> Mapping[str, pa.Table]:
    """Every figure by name; one whose data is not there or cannot be read has no rows."""
    figures = {}
    with bound(connection, root, evidence) as in_memory:
        for name, schema in _SCHEMAS.items():
            query = statement(fixed_relation(f"figures/{name}"), {**found.texts, **in_memory})
            try:
                rows = connection.sql(query).to_arrow_table().to_pylist()
            except duckdb.Error:
                # What cannot be read is told by the controls; a picture of it is left empty.
                rows = []
            figures[name] = pa.Table.from_pylist([_typed(row, schema) for row in rows], schema=schema)
    return figures


def _typed(row: Mapping[str, object], schema: pa.Schema) -> dict[str, object]:
    """Exact sums come as text, because they can have more digits than DuckDB's decimals."""
    return {
        field.name: Decimal(str(row[field.name]))
        if field.type == _AMOUNT and row[field.name] is not None
        else row[field.name]
        for field in schema
    }
