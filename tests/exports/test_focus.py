"""FOCUS exports: what each kind of line becomes, read back by three readers, adding up to what is payable."""

from __future__ import annotations

import shutil
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import UserError
from engine.exporting import Export, Exporting
from engine.reports.exports.focus.columns import FOCUS
from engine.reports.exports.focus.rules import rules
from tests.exports.books import BOTH, OCTOBER, exporting
from tests.spec.tables import read_table

#: What is not nothing in the books of both months, in US dollars.
WANTED = """
| who | charge | class | what | billed | effective | list | quantity | unit | priced in | in that | commit |
| Ann | Usage      | | Tokened         | 0    | 3    | 3    | 25 | Units | Tokens | 100  | PREPAID  |
| Ann | Usage      | | Tokened         | 1.8  | 1.8  | 1.8  | 15 | Units | Tokens | 60   |          |
| Ann | Purchase   | | Token pack      | 2    | 0    | 2    | 1  | Units | USD    | 0    | PREPAID  |
| Ben | Purchase   | | Money           | 0.9  | 0    | 0.9  | 1  | Units | USD    | 0    | PREPAID  |
| Ben | Usage      | | Tokened         | 2.4  | 2.4  | 2.4  | 20 | Units | Tokens | 80   |          |
| Ben | Adjustment | | Money applied   | -1   | 0    | -1   |    |       | USD    | 0    | PREPAID  |
| Cyd | Purchase   | | Peak pack       | 0.6  | 0    | 0.6  | 1  | Units | USD    | 0    | PREPAID  |
| Cyd | Usage      | | Flat            | 0.5  | 0.5  | 0.5  | 5  | Hours | USD    | 0.5  | CREDIT   |
| Cyd | Credit     | | Welcome applied | -0.5 | -0.5 | -0.5 |    |       | USD    | -0.5 | CREDIT   |
| Cyd | Usage      | | Flat            | 2.5  | 2.5  | 2.5  | 25 | Hours | USD    | 2.5  | POSTPAID |
| Cyd | Usage      | | Share           | 0.3  | 0.3  | 0.3  | 3  | USD   | USD    | 0.3  |          |
| Dan | Usage      | | Peak            | 0.07 | 0.07 | 0.07 | 1  | Units | USD    | 0.07 |          |
| Cyd | Purchase   | | Pledge true-up  | 7.5  | 7.5  | 7.5  | 1  | Units | USD    | 7.5  | POSTPAID |
| Dan | Usage | Correction | Peak (late usage of 2026-10) | 0.07 | 0.07 | 0.07 | | | USD | 0.07 | |
"""
_NAMES = {
    "who": "BillingAccountName",
    "charge": "ChargeCategory",
    "class": "ChargeClass",
    "what": "ChargeDescription",
    "billed": "BilledCost",
    "effective": "EffectiveCost",
    "list": "ListCost",
    "quantity": "PricingQuantity",
    "unit": "PricingUnit",
    "priced in": "PricingCurrency",
    "in that": "PricingCurrencyEffectiveCost",
    "commit": "x_CommitType",
}


def shown(frame: pl.DataFrame) -> list[tuple[str, ...]]:
    """Rows as they are in `WANTED`, sorted: numbers without needless zeros, nothing for what is not given."""
    return sorted(tuple(_text(row[name]) for name in _NAMES.values()) for row in frame.iter_rows(named=True))


def _text(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    return "" if value is None else str(value)


def test_every_kind_of_line(focus: Export) -> None:
    assert focus.failed == ()
    something = pl.any_horizontal(pl.col("BilledCost", "EffectiveCost") != 0)
    wanted = sorted(tuple(row[name] for name in _NAMES) for row in read_table(WANTED))
    assert shown(focus.frames["focus"].filter(something)) == wanted


def test_it_is_read_back_the_same_by_everybody(focus: Export, focus_folder: Path) -> None:
    path = focus_folder / "focus.parquet"
    table = focus.tables["focus"].arrow()
    assert pq.read_table(path) == table
    assert pl.read_parquet(path).equals(focus.frames["focus"])
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        assert connection.read_parquet(str(path)).to_arrow_table().cast(FOCUS) == table
    assert table.schema.equals(FOCUS)
    own = [name for name in table.column_names if name.startswith("x_")]
    assert table.column_names == [*sorted(set(table.column_names) - set(own)), *own]


def test_invoices_add_up_to_what_is_payable(agreed: Exporting, agreed_focus: Export) -> None:
    # Counted from what is published, in another way: scheduled, discounted, prorated, rounded, in pricing units.
    billed: dict[str, Decimal] = defaultdict(Decimal)
    for row in agreed_focus.tables["focus"]:
        invoice, cost = row["InvoiceId"], row["BilledCost"]
        assert isinstance(invoice, str) and isinstance(cost, Decimal)
        billed[invoice] += cost
    published = agreed.outputs.published("invoices", OCTOBER).to_pylist()
    owed = {row["id"]: row["payable"] / 100 for row in published if row["type"] != "USAGE_CONSOLIDATED"}
    assert dict(billed) == owed
    assert len(owed) == len(published) - 1 and sum(owed.values()) == Decimal("1156.92")


def test_void_invoices_are_not_in_it(booked: Exporting, focus: Export) -> None:
    published = booked.outputs.published("invoices", OCTOBER)
    void = [row["id"] for row in published.to_pylist() if row["status"] == "VOID"]
    frames = focus.frames
    assert len(void) == 1
    assert not set(void) & {*frames["focus"]["InvoiceId"], *frames["focus_invoices"]["InvoiceId"]}
    statuses = frames["focus"].select("x_BillingMonth", "x_InvoiceStatus").unique().sort("x_BillingMonth")
    assert statuses.rows() == [("2026-10", "FINALIZED"), ("2026-11", "DRAFT")]


def test_group_values_are_tags_and_one_of_them_a_sub_account(agreed_focus: Export, focus: Export) -> None:
    frame = agreed_focus.frames["focus"]
    regions = frame.filter(pl.col("ServiceName") == "GPU seconds").select("Tags", "SubAccountId", "SubAccountType")
    assert regions.rows() == [('{"region":"eu"}', "eu", "region"), ('{"region":"us"}', "us", "region")]
    assert frame["SubAccountId"].null_count() == len(frame) - 2
    assert set(frame["InvoiceIssuerName"]) == set(frame["ProviderName"]) == {"Duck Ltd"}
    assert set(focus.frames["focus"]["ProviderName"]) == {"late"}


def test_a_product_says_what_service_it_is(focus: Export) -> None:
    frame = focus.frames["focus"]
    said = dict(frame.select("ServiceName", "ServiceCategory").unique().rows())
    assert (said["Flat"], said["Peak"]) == ("Compute", "Other")


def test_an_unknown_service_category_is_refused(booked: Exporting, tmp_path: Path) -> None:
    copy = shutil.copytree(booked.root, tmp_path / "workspace")
    products = copy / "catalog" / "products.yml"
    products.write_text(products.read_text().replace("Compute", "Computing"))
    with pytest.raises(UserError, match=r"'Computing' is no service category of FOCUS 1\.2; did you mean 'Compute'"):
        exporting(copy).export_focus(OCTOBER)


def test_the_same_invoices_are_the_same_bytes(booked: Exporting, focus_folder: Path, tmp_path: Path) -> None:
    booked.export_focus(BOTH, out=tmp_path / "again", sub_account="region")
    for path in focus_folder.iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


def test_a_month_that_is_not_published_is_refused(booked: Exporting, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="2026-12 has not been published; did you mean '2026-11'"):
        booked.export_focus("2026-11..2026-12", out=tmp_path / "out")
    assert not any(tmp_path.iterdir())


def test_the_checks_are_handed_over_with_their_queries(focus_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = pq.read_table(focus_folder / "focus_checks.parquet")
    assert checks["rule"].to_pylist() == [rule.name for rule in rules()]
    assert set(checks["violations"].to_pylist()) == {0}
    assert checks.schema.field("violations").type == pa.int64()
    monkeypatch.chdir(focus_folder)
    with duckdb.connect() as connection:
        for query in checks["query"].to_pylist():
            assert connection.execute(query).fetchall() == []
