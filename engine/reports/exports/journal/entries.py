"""The journal of what has been published, by a file of accounts."""

from __future__ import annotations

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_query
from engine.reports.exports.journal.accounts import Accounts

_ASKED = ("category", "product_id", "product_name")


def journal_entries(catalog: Catalog, accounts: Accounts, executor: DuckDBExecutor) -> pa.Table:
    """The rows of `journal.sql`; `revenue_lines` stand on the executor.

    Raises UserError for a category of a product that is mapped to no accounts.
    """
    tags = {each.id: each.versions()[-1].tags for each in catalog.products}
    asked = executor.rows(fixed_query(__package__, "to_map")).to_pylist()
    mapped = [
        accounts.of(row["category"], row["product_id"], row["product_name"], tags.get(row["product_id"], ()))
        for row in asked
    ]
    executor.load(
        "mappings",
        pa.table(
            {
                **{name: pa.array([row[name] for row in asked], pa.string()) for name in _ASKED},
                "row": pa.array([each.row for each in mapped], pa.int64()),
                "debit": pa.array([each.debit for each in mapped], pa.string()),
                "credit": pa.array([each.credit for each in mapped], pa.string()),
            }
        ),
    )
    return executor.rows(fixed_query(__package__, "journal"))
