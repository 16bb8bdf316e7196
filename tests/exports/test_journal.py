"""The journal: debits are credits, what is receivable is what is payable, and nothing goes unmapped."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest

from engine.errors import UserError
from engine.exporting import Export, Exporting, write_accounts_template
from engine.reports.exports.journal.accounts import TEMPLATE, Accounts, Mapped, read_accounts
from tests.exports.books import BOTH, OCTOBER


@pytest.fixture(scope="module")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The accounts that a new file begins with."""
    path = tmp_path_factory.mktemp("accounts") / "accounts.csv"
    write_accounts_template(path)
    return path


@pytest.fixture(scope="module")
def journal(booked: Exporting, chart: Path, tmp_path_factory: pytest.TempPathFactory) -> Export:
    return booked.export_journal(BOTH, accounts=chart, out=tmp_path_factory.mktemp("journal") / "written")


def written(folder: Path, *rows: str) -> Path:
    path = folder / "accounts.csv"
    path.write_text("\n".join(("category,product,debit,credit", *rows)) + "\n", encoding="utf-8")
    return path


def test_every_entry_is_as_much_on_either_side(journal: Export) -> None:
    frame = journal.frames["journal"]
    entries = frame.group_by("entry").agg(pl.col("debit", "credit").sum(), pl.len())
    assert entries["debit"].to_list() == entries["credit"].to_list()
    assert set(entries["len"]) == {2}
    assert frame.select(pl.min_horizontal(pl.col("debit", "credit")).min()).item() == 0


def test_what_is_receivable_is_what_is_payable(journal: Export, revenue: Export) -> None:
    sums = (
        journal.frames["journal"].group_by("account").agg((pl.col("debit").sum() - pl.col("credit").sum()).alias("net"))
    )
    net = dict(sums.rows())
    owed = revenue.frames["invoices"].filter(pl.col("status") != "VOID")["payable"].sum()
    # 3.50 of commits were sold; 4.00 were used and 0.70 expired, at what they are worth in use.
    assert net == {
        "Accounts receivable": owed,
        "Credits granted": Decimal("0.5"),
        "Deferred revenue": Decimal(4) + Decimal("0.7") - Decimal("3.5"),
        "Usage revenue": -Decimal("10.64"),
        "Expired commit revenue": -Decimal("0.7"),
        "True-up revenue": -Decimal("7.5"),
    }
    assert sum(net.values()) == 0


def test_months_and_states(journal: Export) -> None:
    said = journal.frames["journal"].filter(pl.col("product_name") == "Peak").filter(pl.col("side") == "debit")
    rows = said.select("month", "service_month", "state", "account", "debit").rows()
    amount = Decimal("0.07")
    assert rows == [
        ("2026-10", "2026-10", "recognized", "Accounts receivable", amount),
        ("2026-11", "2026-10", "accrued", "Accounts receivable", amount),
    ]


def test_what_is_below_zero_changes_sides(agreed: Exporting, chart: Path) -> None:
    frame = agreed.export_journal(OCTOBER, accounts=chart).frames["journal"]
    discount = frame.filter(pl.col("product_name") == "Loyalty discount").select("side", "account", "debit", "credit")
    half = Decimal("0.5")
    assert discount.rows() == [("debit", "Accounts receivable", 0, half), ("credit", "Other revenue", half, 0)]


def test_it_is_read_back_the_same_by_everybody(journal: Export) -> None:
    assert journal.folder is not None
    path = journal.folder / "journal.parquet"
    assert pq.read_table(path) == journal.tables["journal"].arrow()
    assert pl.read_parquet(path).equals(journal.frames["journal"])
    with duckdb.connect() as connection:
        assert connection.read_parquet(str(path)).fetchall() == journal.frames["journal"].rows()


def test_the_most_specific_row_counts(chart: Path) -> None:
    rows = [
        Mapped(2, "scheduled", "*", "a", "any"),
        Mapped(3, "scheduled", "tag:fees", "a", "tag"),
        Mapped(4, "scheduled", "Setup", "a", "name"),
        Mapped(5, "scheduled", "p-1", "a", "id"),
        Mapped(6, "subscription", "Setup", "a", "other"),
    ]
    accounts = Accounts(chart, tuple(rows))
    assert accounts.of("scheduled", "p-1", "Setup", ("fees",)).credit == "id"
    assert accounts.of("scheduled", "p-2", "Setup", ("fees",)).credit == "name"
    assert accounts.of("scheduled", "p-2", "Other", ("new", "fees")).credit == "tag"
    assert accounts.of("scheduled", None, "Other", ("fee",)).credit == "any"


def test_products_and_tags_have_accounts_of_their_own(agreed: Exporting, chart: Path, tmp_path: Path) -> None:
    rows = [",".join((category, "*", *accounts)) for category, accounts in TEMPLATE.items()]
    own = [
        "on_demand_usage,tag:platform,Accounts receivable,Platform",
        "scheduled,Onboarding,Accounts receivable,Setup",
    ]
    frame = agreed.export_journal(OCTOBER, accounts=written(tmp_path, *rows, *own)).frames["journal"]
    credited = dict(frame.filter(pl.col("side") == "credit").select("product_name", "account").rows())
    assert credited["API calls (thousands)"] == "Platform"
    assert credited["GPU seconds"] == "Usage revenue"
    assert (credited["Onboarding"], credited["Loyalty discount"]) == ("Setup", "Other revenue")


def test_revenue_without_accounts_is_an_error_with_the_nearest_row(agreed: Exporting, tmp_path: Path) -> None:
    rows = [",".join((category, "*", *accounts)) for category, accounts in TEMPLATE.items() if category != "scheduled"]
    path = written(tmp_path, *rows, "scheduled,Onboarding,Accounts receivable,Setup")
    with pytest.raises(UserError) as caught:
        agreed.export_journal(OCTOBER, accounts=path)
    assert str(caught.value) == (
        f"{path} maps no accounts to scheduled of 'Loyalty discount'; known: 'Onboarding'; "
        "add a row such as scheduled,*,Accounts receivable,Other revenue"
    )


def test_every_mistake_in_the_file_is_told_with_its_line(agreed: Exporting, tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "on_demand_usag,*,a,b",
        "scheduled,Onbording,a,b",
        "scheduled,tag:platfrom,a,b",
        "rounding,*,,b",
        "rounding,*,a,b",
    )
    with pytest.raises(UserError) as caught:
        read_accounts(path, agreed.catalog)
    assert str(caught.value).splitlines() == [
        f"{path}:2:1: unknown category 'on_demand_usag'; did you mean 'on_demand_usage'?",
        f"{path}:3:1: unknown product 'Onbording'; did you mean 'Onboarding'?",
        f"{path}:4:1: unknown product 'tag:platfrom'; did you mean 'tag:platform'?",
        f"{path}:5:1: no debit account; name one",
        f"{path}:6:1: rounding of * is mapped in line 5; keep one of the two",
    ]


def test_a_file_without_a_column_or_no_file(agreed: Exporting, tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match="there is no file of accounts; write one to begin with: duckbill export journal"
    ):
        agreed.export_journal(OCTOBER)
    path = tmp_path / "accounts.csv"
    path.write_text("category,product,debit\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"accounts\.csv:1: column credit is missing"):
        read_accounts(path, agreed.catalog)


def test_the_file_to_begin_with_maps_everything(chart: Path) -> None:
    with chart.open(encoding="utf-8", newline="") as file:
        assert [row["category"] for row in csv.DictReader(file)] == list(TEMPLATE)
    with pytest.raises(UserError, match="is there already; name a new file"):
        write_accounts_template(chart)
