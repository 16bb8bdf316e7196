"""Making the FOCUS dataset of what has been published."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.fixed_sql import fixed_query
from engine.reports.exports.focus.columns import FOCUS, FOCUS_INVOICES
from engine.reports.exports.focus.rules import FOCUS_FILE, INVOICES_FILE
from engine.reports.exports.focus.service_category import check_service_categories


@dataclass(frozen=True, slots=True)
class FocusQuestion:
    """Who issues the invoices, and the group key whose values are sub accounts, if any is."""

    issuer: str
    sub_account_key: str | None = None


def focus_tables(catalog: Catalog, question: FocusQuestion, executor: DuckDBExecutor) -> dict[str, pa.Table]:
    """The rows and the invoices that they must add up to, by file; `billed_lines` stand on the executor.

    Raises UserError for a product with a service category that FOCUS does not have.
    """
    check_service_categories(catalog)
    executor.load(
        "focus_question",
        pa.table(
            {
                "issuer": pa.array([question.issuer], pa.string()),
                "sub_account_key": pa.array([question.sub_account_key], pa.string()),
            }
        ),
    )
    return {
        FOCUS_FILE: executor.rows(fixed_query(__package__, "focus")).cast(FOCUS),
        INVOICES_FILE: executor.rows(fixed_query(__package__, "focus_invoices")).cast(FOCUS_INVOICES),
    }
