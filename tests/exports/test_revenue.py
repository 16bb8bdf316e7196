"""Revenue by product and category, and the standard reports."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from engine.errors import DuckbillError, UserError
from engine.exporting import Export, Exporting
from engine.reports.exports.revenue import reports
from tests.exports.books import OCTOBER, exporting
from tests.spec.tables import read_table

#: What is not nothing in the books, in US dollars.
WANTED = """
| month   | service | product   | category                 | recognized | accrued | deferred | invoiced |
| 2026-10 | 2026-10 | Fee       | commit_purchase          | 0          | 0       | 3.5      | 3.5      |
| 2026-10 | 2026-10 | Flat      | credit_drawdown          | 0.5        | 0       | 0        | 0        |
| 2026-10 | 2026-10 | Flat      | postpaid_commit_drawdown | 2.5        | 0       | 0        | 2.5      |
| 2026-10 | 2026-10 | Peak      | on_demand_usage          | 0.07       | 0       | 0        | 0.07     |
| 2026-10 | 2026-10 | Peak pack | prepaid_expiration       | 0.7        | 0       | 0        | 0        |
| 2026-10 | 2026-10 | Share     | on_demand_usage          | 0.3        | 0       | 0        | 0.3      |
| 2026-10 | 2026-10 | Tokened   | on_demand_usage          | 4.2        | 0       | 0        | 4.2      |
| 2026-10 | 2026-10 | Tokened   | prepaid_commit_drawdown  | 3          | 0       | 0        | 0        |
| 2026-10 | 2026-10 | Tokens to USD (cents) | on_demand_usage         | -1 | 0    | 0        | -1       |
| 2026-10 | 2026-10 | Tokens to USD (cents) | prepaid_commit_drawdown | 1  | 0    | 0        | 1        |
| 2026-10 | 2026-10 | Money applied         | prepaid_commit_drawdown | 0  | 0    | 0        | -1       |
| 2026-11 | 2026-10 | Peak      | on_demand_usage          | 0          | 0.07    | 0        | 0.07     |
| 2026-11 | 2026-11 | Fee       | true_up                  | 0          | 7.5     | 0        | 7.5      |
"""
_AMOUNTS = ("recognized", "accrued", "deferred", "invoiced")


def plain(number: Decimal) -> str:
    return f"{number.normalize():f}" if number else "0"


def test_revenue_by_product_and_category(revenue: Export) -> None:
    frame = revenue.frames["revenue"].filter(pl.any_horizontal(pl.col(_AMOUNTS) != 0))
    found = [
        (
            row["month"],
            row["service_month"],
            row["product_name"],
            row["category"],
            *(plain(row[name]) for name in _AMOUNTS),
        )
        for row in frame.iter_rows(named=True)
    ]
    assert sorted(found) == sorted(tuple(row.values()) for row in read_table(WANTED))
    assert set(frame["currency"]) == {"USD"}


def test_what_is_invoiced_is_what_is_payable(agreed: Exporting) -> None:
    frames = agreed.export_revenue(OCTOBER).frames
    owed = frames["invoices"].filter(pl.col("type") != "USAGE_CONSOLIDATED")["payable"].sum()
    assert frames["revenue"]["invoiced"].sum() == owed == Decimal("1156.92")
    by_category = {row["category"]: row["accrued"] for row in frames["revenue"].iter_rows(named=True)}
    # Prorated seats have more places than are payable.
    assert by_category["rounding"] == Decimal("-0.00677419354839")
    # Seats of November, which are in advance.
    advance = frames["revenue"].filter(pl.col("service_month") == "2026-11")
    assert advance.select("category", "accrued").rows() == [("subscription", Decimal(300))]


def test_revenue_that_does_not_add_up_is_not_handed_out(agreed: Exporting) -> None:
    with agreed._billed_lines(OCTOBER) as (_, _, executor):
        reports.load_revenue_lines(executor)
        executor.connection.execute("UPDATE billed_lines SET invoiced = invoiced + 0.01 WHERE discount_id IS NOT NULL")
        with pytest.raises(DuckbillError, match=r"revenue of invoice \S+ is 2\.840*, and 2\.830* is payable"):
            reports.load_revenue_lines(executor)


def test_expirations_and_true_ups(revenue: Export) -> None:
    expired = revenue.frames["commit_expirations"].select("customer_name", "balance_name", "kind", "amount", "currency")
    assert expired.rows() == [("Cyd", "Peak pack", "PREPAID", Decimal("0.7"), "USD")]
    trued = revenue.frames["true_up_invoices"].select("month", "status", "customer_name", "commit_id", "amount")
    assert trued.rows() == [("2026-11", "DRAFT", "Cyd", "cyds-pledge", Decimal("7.5"))]


def test_the_lists(revenue: Export) -> None:
    frames = revenue.frames
    assert frames["customers"]["name"].to_list() == ["Ann", "Ben", "Cyd", "Dan", "Eve"]
    assert set(frames["contracts"]["rate_card_name"]) == {"card"}
    held = frames["commits_and_credits"].filter(pl.col("month") == OCTOBER)
    left = {row["balance_name"]: (row["granted"], row["drawn"], row["closing"]) for row in held.iter_rows(named=True)}
    assert left["Token pack"] == (100, 100, 0)
    assert left["Pledge"] == (Decimal(10), Decimal("2.5"), Decimal("7.5"))
    assert held.filter(pl.col("balance_name") == "Token pack")["currency"].item() == "Tokens"
    statuses = frames["invoices"]["status"].to_list()
    assert statuses == sorted(statuses) and statuses.count("VOID") == 1


def test_it_is_read_back_the_same_by_everybody(revenue: Export) -> None:
    assert revenue.folder is not None
    for name, rows in revenue.tables.items():
        path = revenue.folder / f"{name}.parquet"
        assert pq.read_table(path) == rows.arrow(), name
        assert pl.read_parquet(path).equals(revenue.frames[name]), name
        with duckdb.connect() as connection:
            assert connection.read_parquet(str(path)).to_arrow_table().to_pylist() == rows.dicts(), name


def test_a_unit_whose_worth_is_not_known_is_an_error(booked: Exporting, tmp_path: Path) -> None:
    copy = shutil.copytree(booked.root, tmp_path / "workspace")
    who = copy / "catalog" / "who.yml"
    # Nothing was left to convert in November, so that only a catalog says what Tokens were worth: that of the run.
    who.write_text(who.read_text().replace("id: anns", "id: annes"))
    assert exporting(copy).export_revenue("2026-11").frames["revenue"]["invoiced"].sum() == Decimal("7.57")
    shutil.rmtree(copy / "runs")
    with pytest.raises(
        UserError, match=r"\(Tokened\) has no exact worth in whole units of USD: no catalog that is left"
    ):
        exporting(copy).export_revenue("2026-11")
