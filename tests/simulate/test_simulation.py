"""A simulation gives what billing everybody by both catalogs, in two workspaces that know nothing of it, differs by."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

import engine.simulating
from engine.catalog.touched import touched_customers
from engine.cli import app
from engine.errors import CatalogError, UserError
from engine.rebilling.rebill import rebill
from engine.rebilling.standing_bills import StandingBills
from engine.runs import RunInputs
from engine.simulating import Simulation
from engine.workspace import Workspace
from tests.simulate import shop
from tests.simulate.shop import MONTHS, Sections

#: Month, customer, product, currency.
Key = tuple[str, str, str, str]

TOUCHED = {"ann", "bob", "sam", "zed"}
USERS_OF_TWO = shop.USERS.replace("count(DISTINCT properties.user)", "2 * count(DISTINCT properties.user)")


def dearer(sections: Sections) -> None:
    """Uses cost more, the commit is smaller, a SQL metric counts double, and Zed's amounts get too large to bill."""
    shop.rate(sections, "standard", "Uses")["price"] = 4
    (commit,) = shop.named(sections["contracts"], "anns")["commits"]
    commit["access_schedule"]["schedule_items"][0]["amount"] = 60
    shop.named(sections["billable_metrics"], "users")["sql"] = USERS_OF_TWO
    shop.rate(sections, "wild", "Units")["price"] = 499_999_999_999


def without_price(sections: Sections) -> None:
    """Zed's usage has no price from December on."""
    shop.rate(sections, "wild", "Units")["ending_before"] = "2026-12-01T00:00:00Z"
    shop.rate(sections, "standard", "Uses")["price"] = 2


@dataclass(frozen=True)
class Billed:
    """Everybody billed in full by the present catalog and by another, and the first workspace's simulation of that."""

    present: Workspace
    new: Workspace
    found: Simulation
    out: Path
    files_changed: dict[str, tuple[str | None, str | None]]


@pytest.fixture(scope="module")
def billed(landed: Path, tmp_path_factory: pytest.TempPathFactory) -> Billed:
    folder = tmp_path_factory.mktemp("simulated")
    present = shop.billed_in_full(landed, folder / "present", shop.SECTIONS)
    new = shop.billed_in_full(landed, folder / "new", shop.edited(dearer))
    before = files(present.root)
    found = present.simulate(new.root, "2026-10..2026-12", out=folder / "out")
    after = files(present.root)
    changed = {path: (before.get(path), after.get(path)) for path in before.keys() | after.keys()}
    return Billed(
        present, new, found, folder / "out", {path: each for path, each in changed.items() if len({*each}) > 1}
    )


def test_the_changes_are_those_of_two_full_runs(billed: Billed) -> None:
    before, after = owed(billed.present), owed(billed.new)
    set_aside = {("2026-10", "zed"), ("2026-11", "zed"), ("2026-12", "zed")}
    expected = {
        key: (before[key], after[key])
        for key in before.keys() | after.keys()
        if before[key] != after[key] and key[:2] not in set_aside
    }
    assert len(expected) > 9
    assert {key[0] for key in expected} == set(MONTHS)
    assert changes(billed.found) == expected
    rows = billed.found.changes.arrow().to_pylist()
    assert all(row["difference"] == row["after"] - row["before"] for row in rows)


def test_who_is_untouched_is_billed_the_same_in_full(billed: Billed) -> None:
    everybody = {each["id"] for each in shop.SECTIONS["customers"]}
    touched = touched_customers(billed.present.catalog, billed.new.catalog)
    assert touched == TOUCHED
    assert (billed.found.billed, billed.found.untouched) == (len(TOUCHED), len(everybody - TOUCHED))
    for customer in everybody:
        same = rows_of(billed.present, customer) == rows_of(billed.new, customer)
        assert same == (customer not in TOUCHED), customer


def test_customers_products_and_months_add_the_changes_up(billed: Billed) -> None:
    found = billed.found
    of_full = {key: amounts for key, amounts in both(billed).items() if key[1] in TOUCHED - {"zed"}}
    for table, at in ((found.customers, 1), (found.months, 0)):
        name = ("month", "customer_id")[at]
        sums = added(of_full, at)
        assert {(row[name], row["currency"]): (row["before"], row["after"]) for row in table.dicts()} == sums
    differences = [decimal(row["difference"]) for row in found.customers.dicts()]
    assert differences == sorted(differences, reverse=True)
    by_product: dict[str, Decimal] = defaultdict(Decimal)
    for row in found.changes.dicts():
        by_product[str(row["product_name"])] += decimal(row["difference"])
    assert {row["product_name"]: row["difference"] for row in found.products.dicts() if row["difference"]} == by_product
    (sam,) = (row for row in found.customers.dicts() if row["customer_id"] == "sam")
    assert (sam["before"], sam["after"], sam["percent"]) == (600, 1200, 100)


def test_balances_go_on_from_month_to_month(billed: Billed) -> None:
    # What is left of Ann's commit; it lasts into December by the present catalog, and into November by the other.
    left = [
        [
            decimal(row["closing"])
            for row in published(workspace, "segment_balances", month)
            if row["balance_id"] == "advance"
        ]
        for workspace in (billed.present, billed.new)
        for month in MONTHS
    ]
    assert [len(each) for each in left] == [1] * 6
    assert left[0][0] > left[1][0] > left[2][0] == 0
    assert left[3][0] > left[4][0] == left[5][0] == 0
    ann = {row["month"] for row in billed.found.changes.dicts() if row["customer_id"] == "ann"}
    assert ann == {"2026-11", "2026-12"}


def test_a_contract_that_the_new_catalog_cannot_bill_is_named_and_in_no_amount(billed: Billed) -> None:
    full = owed(billed.present)
    rows = [row for row in billed.found.parked.dicts() if row["customer_id"] == "zed"]
    assert [(row["month"], row["catalog"], row["contract_id"]) for row in rows] == [
        (each, "new", "zeds") for each in MONTHS
    ]
    assert all(str(row["reason"]).startswith("beyond_exact_range: ") for row in rows)
    expected = [sum(amount for key, amount in full.items() if key[:2] == (month, "zed")) for month in MONTHS]
    assert [row["other_amount"] for row in rows] == expected
    assert len(billed.found.parked) == len(rows)
    assert "zed" not in {row["customer_id"] for row in billed.found.customers.dicts()}


def test_nothing_but_kept_readings_is_touched(billed: Billed) -> None:
    assert {path.split("/")[0] for path in billed.files_changed} == {"cache"}


def test_the_folder_holds_the_tables_and_a_page_without_scripts(billed: Billed) -> None:
    assert {path.name for path in billed.out.iterdir()} == {"index.html", *(f"{name}.parquet" for name in TABLES)}
    for name, frame in billed.found.frames.items():
        assert pl.read_parquet(billed.out / f"{name}.parquet").equals(frame)
    page = (billed.out / "index.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 3 and "<script" not in page and "://" not in page
    for said in ("2026-10 to 2026-12", "Ann", "Sam", "Not compared", "Zed"):
        assert said in page, said


def test_the_summary_is_json(billed: Billed) -> None:
    summary = json.loads(json.dumps(billed.found.summary()))
    totals = summary["totals"]["USD (cents)"]
    assert Decimal(totals["after"]) - Decimal(totals["before"]) == Decimal(totals["difference"])
    assert (summary["status"], summary["customers_billed"], summary["parked"]) == ("different", len(TOUCHED), 3)


def test_both_sides_go_on_from_what_is_published(billed: Billed, tmp_path: Path) -> None:
    # October and November stand as they were billed, with what they drew of Ann's commit.
    shutil.copytree(billed.present.root, tmp_path / "half")
    half = shop.written(tmp_path / "half", shop.edited(without_price))
    Workspace(half).run("2026-12", now=shop.NOW)
    found = billed.present.simulate(half, "2026-12")
    before, after = (owed(each, ("2026-12",)) for each in (billed.present, Workspace(half)))
    expected = {key: (before[key], after[key]) for key in before.keys() | after.keys() if before[key] != after[key]}
    assert "ann" in {key[1] for key in expected}
    assert changes(found) == expected
    (unbilled,) = found.unbilled.dicts()
    assert (unbilled["customer_id"], unbilled["outcome"], unbilled["before"]) == ("zed", "unrated", 0)
    assert decimal(unbilled["after"]) == 21


TABLES = ("changes", "customers", "products", "months", "parked", "unbilled")


def test_a_catalog_that_changes_nothing_bills_nobody(landed: Path, tmp_path: Path) -> None:
    steps: list[str] = []
    found = Workspace(landed).simulate(
        shop.written(tmp_path, shop.SECTIONS), "2026-10..2026-12", progress=lambda step, done, total: steps.append(step)
    )
    assert not steps
    assert (found.billed, found.untouched) == (0, len(shop.SECTIONS["customers"]))
    assert [len(found.tables[name]) for name in TABLES] == [0] * len(TABLES)
    assert found.summary()["status"] == "same"


def test_a_selection_bills_only_who_is_touched_too(landed: Path, tmp_path: Path) -> None:
    new = shop.written(tmp_path / "new", shop.edited(dearer))
    found = Workspace(landed).simulate(new, "2026-10", select="customer:Cat,customer:Kid")
    assert (found.billed, found.untouched) == (0, len(shop.SECTIONS["customers"]))


def test_the_command_shows_who_pays_more(landed: Path, tmp_path: Path) -> None:
    new = shop.written(tmp_path / "new", shop.edited(dearer))
    asked = ["simulate", "-w", str(landed), "--catalog", str(new), "--period", "2026-10", "--select", "customer:Sam"]
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 0, shown.output
    assert ["Sam", "USD", "(cents)", "200", "400", "200", "100"] in [line.split() for line in shown.stdout.splitlines()]
    assert "1 customer billed, 7 whom the change cannot touch" in shown.stderr
    same = CliRunner().invoke(app, [*asked[:-1], "customer:Cat", "-o", "json"])
    summary = json.loads(same.stdout)
    assert (summary["command"], summary["status"], summary["customers_billed"]) == ("simulate", "same", 0)


def test_what_cannot_be_simulated_is_told(landed: Path, tmp_path: Path) -> None:
    simulated = Workspace(landed)
    new = shop.written(tmp_path / "new", shop.edited(dearer))
    with pytest.raises(UserError, match="unknown period"):
        simulated.simulate(new, "2026")
    with pytest.raises(UserError, match="before the first"):
        simulated.simulate(new, "2026-11..2026-10")
    with pytest.raises(UserError, match="catalog"):
        simulated.simulate(tmp_path / "nowhere", "2026-10")
    with pytest.raises(UserError, match="did you mean"):
        simulated.simulate(new, "2026-10", select="customer:Anne")
    with pytest.raises(UserError, match="holds something else than a simulation"):
        simulated.simulate(new, "2026-10", out=new)
    (new / "catalog" / "catalog.json").write_text('{"products": [{"name": "x"}]}', encoding="utf-8")
    with pytest.raises(CatalogError):
        simulated.simulate(new, "2026-10")


def test_what_is_published_is_billed_again_only_where_it_would_be_another_bill(
    billed: Billed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    months: list[tuple[str, str]] = []

    def noted(inputs: RunInputs, *others: Any) -> None:
        months.append((inputs.root.name, inputs.period.label))
        rebill(inputs, *others)

    monkeypatch.setattr(engine.simulating, "rebill", noted)
    workspace = Workspace(shutil.copytree(billed.present.root, tmp_path / "workspace"))
    workspace.finalize("2026-10", now=shop.NOW)
    assert (
        workspace.simulate(billed.new.root, "2026-10..2026-11")
        .frames["changes"]
        .equals(billed.found.frames["changes"].filter(pl.col("month") < "2026-12"))
    )
    assert months == [("new", "2026-10"), ("new", "2026-11")]

    # Late usage in November makes that another bill, and December with it, which goes on from it.
    months.clear()
    late = {"transaction_id": "late", "customer_id": "bob", "event_type": "use", "timestamp": "2026-11-30T12:00:00Z"}
    assert workspace.land([{**late, "properties": {"n": "1"}}], now=shop.NOW).accepted == 1
    found = workspace.simulate(billed.new.root, "2026-11..2026-12")
    assert [month for side, month in months if side == "present"] == ["2026-11", "2026-12"]
    monkeypatch.setattr(StandingBills, "of", lambda *asked: None)
    again = workspace.simulate(billed.new.root, "2026-11..2026-12")
    assert [name for name in TABLES if not again.frames[name].equals(found.frames[name])] == []


def test_a_commit_below_what_is_used_of_it_is_refused(billed: Billed, tmp_path: Path) -> None:
    def smaller(sections: Sections) -> None:
        (commit,) = shop.named(sections["contracts"], "anns")["commits"]
        commit["access_schedule"]["schedule_items"][0]["amount"] = 1

    new = shop.written(tmp_path / "new", shop.edited(smaller))
    with pytest.raises(UserError, match="2026-11 cannot be billed by the new catalog"):
        billed.present.simulate(new, "2026-11")
    assert not list(billed.present.root.glob(".simulate-*"))


def owed(workspace: Workspace, months: Iterable[str] = MONTHS) -> dict[Key, Decimal]:
    """What is owed, added up line by line from what was published; 0 where there is nothing."""
    found: dict[Key, Decimal] = defaultdict(Decimal)
    for month in months:
        kinds = {row["id"]: row["type"] for row in workspace.invoices(month).dicts()}
        for line in workspace.line_items(month).dicts():
            if line["in_total"] and kinds[line["invoice_id"]] != "USAGE_CONSOLIDATED":
                key = (month, str(line["customer_id"]), str(line["product_id"]), str(line["currency"]))
                found[key] += decimal(line["total"])
    return found


def both(billed: Billed) -> dict[Key, tuple[Decimal, Decimal]]:
    before, after = owed(billed.present), owed(billed.new)
    return {key: (before[key], after[key]) for key in {**before, **after}}


def added(amounts: Mapping[Key, tuple[Decimal, Decimal]], at: int) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    sums: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    for key, (before, after) in amounts.items():
        held = sums.get((key[at], key[3]), (Decimal(0), Decimal(0)))
        sums[key[at], key[3]] = (held[0] + before, held[1] + after)
    return sums


def changes(found: Simulation) -> dict[Key, tuple[Decimal, Decimal]]:
    return {
        (row["month"], row["customer_id"], row["product_id"], row["currency"]): (row["before"], row["after"])
        for row in found.changes.arrow().to_pylist()
    }


def rows_of(workspace: Workspace, customer: str) -> list[dict[str, Any]]:
    """Everything that was published of a customer."""
    return [
        row
        for month in MONTHS
        for output in ("invoices", "line_items", "ledger", "metered_usage")
        for row in published(workspace, output, month)
        if row["customer_id"] == customer
    ]


@cache
def published(workspace: Workspace, output: str, month: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = workspace.outputs.published(output, month).to_pylist()
    return rows


def files(root: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder."""
    paths = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def decimal(value: object) -> Decimal:
    assert isinstance(value, Decimal)
    return value
