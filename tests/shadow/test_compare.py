"""What a comparison keeps to, on tables made by hand."""

from __future__ import annotations

from datetime import datetime

import duckdb
import pyarrow as pa
import pytest

from engine.errors import UserError
from engine.executors.fixed_sql import fixed_query, fixed_sql
from engine.reports.shadow.months import billed_months

_INSTANT = pa.timestamp("us")


def _invoices(*rows: tuple[str, datetime | None, datetime | None], issued: str = "issued_at") -> pa.Table:
    """Invoices by status, end and issue."""
    return pa.table(
        {
            "status": pa.array([status for status, _, _ in rows], pa.string()),
            "duckbill_billing_period": pa.nulls(len(rows), pa.string()),
            "end_timestamp": pa.array([end for _, end, _ in rows], _INSTANT),
            issued: pa.array([issue for _, _, issue in rows], _INSTANT),
        }
    )


def test_months_go_from_the_first_invoice_to_the_last_usage() -> None:
    final = _invoices(("FINALIZED", None, datetime(2026, 1, 15)), ("FINALIZED", datetime(2026, 3, 1), None))
    drafts = _invoices(
        ("DRAFT", datetime(2026, 4, 1), None),
        ("DRAFT", None, datetime(2027, 1, 1)),
        ("DRAFT_INCOMPLETE", datetime(2027, 1, 1), None),
        issued="duckbill_issued_at",
    )
    assert billed_months({"invoice": final, "draft_invoice": drafts}) == ["2026-01", "2026-02", "2026-03"]


def test_an_export_without_invoices_cannot_be_compared_with() -> None:
    nothing = {"invoice": _invoices(), "draft_invoice": _invoices(issued="duckbill_issued_at")}
    with pytest.raises(UserError, match="no invoices"):
        billed_months(nothing)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


@pytest.mark.parametrize(("explained", "unbalanced"), [("-2.5", 0), ("-2.4", 1)])
def test_differences_that_do_not_add_up_are_noticed(
    connection: duckdb.DuckDBPyConnection, explained: str, unbalanced: int
) -> None:
    connection.execute(
        "CREATE TABLE invoice_sides AS SELECT 1 AS invoice_no, 'a' AS their_invoice_id, 'b' AS our_invoice_id, "
        "10.5 AS their_total, 8 AS our_total"
    )
    connection.execute(
        "CREATE TABLE causes AS SELECT 1 AS invoice_no, ?::DECIMAL(38, 26) AS invoice_difference", [explained]
    )
    rows = connection.sql(fixed_query("engine.reports.shadow", "unbalanced").sql("duckdb")).fetchall()
    assert len(rows) == unbalanced


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("is_shifted(10000.0, 10.0)", True),
        ("is_shifted(0.0012, 12.0)", True),
        ("is_shifted(120.0, 12.0)", False),
        ("is_shifted(-1000.0, 1.0)", False),
        ("is_rounded(114.0, 113.96)", True),
        ("is_rounded(113.0, 113.96)", True),
        ("is_rounded(0.25, 0.135552)", False),
        ("""values_key('{"b": "2", "a": null}') = values_key('[{"name": "a"}, {"name": "b", "value": "2"}]')""", True),
        ("values_key('{}') = values_key(NULL)", True),
        ("round_ratio(27.0::DECIMAL(38, 26), 24.0::DECIMAL(38, 26)) = 1.125", True),
        ("round_ratio(1.0::DECIMAL(38, 26), 3.0::DECIMAL(38, 26)) IS NULL", True),
    ],
)
def test_what_numbers_and_values_have_in_common(
    connection: duckdb.DuckDBPyConnection, call: str, expected: bool
) -> None:
    for package, name in (
        ("engine.executors", "macros"),
        ("engine.rating", "macros"),
        ("engine.reports.shadow", "macros"),
    ):
        connection.execute(fixed_sql(package, name))
    assert connection.sql("SELECT " + call).fetchall() == [(expected,)]
