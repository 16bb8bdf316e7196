"""What controls need that is in no published file: it is computed once and kept beside them, as Parquet."""

from __future__ import annotations

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.executors.duckdb import DuckDBExecutor
from engine.rating.closed import NOTHING_CLOSED, closed_inputs
from engine.rating.pipeline import STATEMENTS
from engine.rating.schedule import schedule_inputs
from engine.values.period import Period


def customer_aliases(catalog: Catalog) -> pa.Table:
    """Every id that events may carry, and whose it is. Columns: alias, customer_id. Grain: alias."""
    rows = [(each.id, each.id) for each in catalog.customers]
    rows += [(alias, each.id) for each in catalog.customers for alias in each.ingest_aliases]
    rows.sort()
    return pa.table(
        {
            "alias": pa.array([alias for alias, _ in rows], pa.string()),
            "customer_id": pa.array([customer_id for _, customer_id in rows], pa.string()),
        }
    )


def statements_due(catalog: Catalog, period: Period, executor: DuckDBExecutor) -> pa.Table:
    """The statement periods that the catalog ends in a billing period, as if nothing had been billed.

    Columns: contract_id, customer_id, starting_at, ending_before. Grain: contract_id, starting_at.
    """
    for name, table in {**schedule_inputs(catalog, period), **closed_inputs(NOTHING_CLOSED)}.items():
        executor.load(name, table)
    for stage in STATEMENTS:
        executor.run_stage(stage)
    due = executor.table("statement_periods").select(
        ["contract_id", "customer_id", "period_starting_at", "period_ending_before"]
    )
    return due.rename_columns(["contract_id", "customer_id", "starting_at", "ending_before"]).sort_by(
        [("contract_id", "ascending"), ("starting_at", "ascending")]
    )
