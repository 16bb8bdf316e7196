"""Revenue and the standard reports of what has been published (spec/rating.md §14.3, §14.4)."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.errors import DuckbillError
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_query

#: By the name of its file, which says columns and grain: each report that is a query over published rows.
_QUERIED = ("revenue", "commit_expirations", "true_up_invoices", "commits_and_credits", "invoices")

_INSTANT = pa.timestamp("us")


def load_revenue_lines(executor: DuckDBExecutor) -> None:
    """The table of `revenue_lines.sql`; `billed_lines` stand on the executor.

    Raises DuckbillError when they do not add up to the invoices, which would be a fault of duckbill.
    """
    for row in executor.rows(fixed_query(__package__, "untied_invoices")).to_pylist():
        raise DuckbillError(
            f"revenue of invoice {row['invoice_id']} is {row['invoiced']}, and {row['payable']} is payable"
        )
    executor.create("revenue_lines", fixed_query(__package__, "revenue_lines"))


def revenue_reports(catalog: Catalog, executor: DuckDBExecutor) -> dict[str, pa.Table]:
    """Every report by name; `revenue_lines` stand on the executor."""
    executor.load("customers", customers(catalog).rename_columns({"id": "customer_id", "name": "customer_name"}))
    reports = {name: executor.rows(fixed_query(__package__, name)) for name in _QUERIED}
    return {**reports, "customers": customers(catalog), "contracts": contracts(catalog)}


def customers(catalog: Catalog) -> pa.Table:
    """id, name and ingest_aliases of every customer, in the order of the catalog. Grain: id."""
    return pa.table(
        {
            "id": _texts(each.id for each in catalog.customers),
            "name": _texts(each.name for each in catalog.customers),
            "ingest_aliases": pa.array(
                [list(each.ingest_aliases) for each in catalog.customers], pa.list_(pa.string())
            ),
        }
    )


def contracts(catalog: Catalog) -> pa.Table:
    """Every contract with its customer, rate card and times, by when it starts. Grain: id."""
    known = sorted(catalog.contracts, key=lambda each: (each.starting_at, each.id))
    return pa.table(
        {
            "id": _texts(each.id for each in known),
            "name": _texts(each.name for each in known),
            "customer_id": _texts(each.customer_id for each in known),
            "customer_name": _texts(catalog.customer(each.customer_id).name for each in known),
            "rate_card_id": _texts(each.rate_card_id for each in known),
            "rate_card_name": _texts(catalog.rate_card(each.rate_card_id).name for each in known),
            "package_id": _texts(each.package_id for each in known),
            "starting_at": pa.array([each.starting_at for each in known], _INSTANT),
            "ending_before": pa.array([each.ending_before for each in known], _INSTANT),
            "statement_frequency": _texts(each.usage_statement_schedule.frequency.value for each in known),
            "net_payment_terms_days": pa.array([each.net_payment_terms_days for each in known], pa.int64()),
        }
    )


def _texts(values: Iterable[str | None]) -> pa.Array:
    return pa.array(list(values), pa.string())
