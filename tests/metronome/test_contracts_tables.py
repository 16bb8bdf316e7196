"""The tables about contracts: one row for each term, with the ledger of each balance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from engine.catalog.catalog import Catalog
from engine.catalog.load import load_catalog
from engine.metronome.contracts_schema import CONTRACTS_TABLES
from engine.metronome.contracts_tables import contracts_tables
from engine.metronome.json_text import json_value
from engine.metronome.published import Published
from engine.workspace import Workspace
from tests.catalog.every_balance import EVERY_BALANCE
from tests.catalog.every_grant import EVERY_GRANT
from tests.catalog.every_term import EVERY_TERM
from tests.catalog.written import write
from tests.metronome.terms_shop import NOW, as_others_write, billed, comparable, exported, imported

Row = Mapping[str, Any]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return billed(tmp_path_factory.mktemp("terms") / "shop")


@pytest.fixture(scope="module")
def tables(shop: Workspace) -> Mapping[str, pa.Table]:
    return contracts_tables(shop.catalog, Published(shop.outputs, ("2026-10",), shop.root), NOW)


def of_text(root: Path, text: str) -> tuple[Catalog, dict[str, pa.Table]]:
    catalog = load_catalog(write(root, {"catalog/catalog.yml": text}))
    return catalog, exported(catalog)


def row_of(table: pa.Table, row_id: str) -> Row:
    (row,) = (row for row in table.to_pylist() if row["id"] == row_id)
    return dict(row)


def test_every_table_is_there_in_its_schema_even_without_rows(tables: Mapping[str, pa.Table]) -> None:
    assert list(tables) == [each.name for each in CONTRACTS_TABLES]
    for each in CONTRACTS_TABLES:
        assert tables[each.name].schema == each.schema, each.name
        own = [name for name in each.columns if name.startswith("duckbill_")]
        assert list(each.columns)[len(each.columns) - len(own) :] == own
    assert tables["contracts_edits"].num_rows == tables["payment"].num_rows == 0


def test_rows_are_of_one_snapshot_in_the_order_of_the_catalog(tables: Mapping[str, pa.Table]) -> None:
    contracts = tables["contracts_contracts"]
    assert contracts["id"].to_pylist() == ["old", "new", "bobs"]
    assert contracts["duckbill_position"].to_pylist() == [0, 1, 2]
    for name, table in tables.items():
        if "snapshot_id" in table.column_names and table.num_rows:
            assert set(table["snapshot_id"].to_pylist()) == {"2026-11-01T06:00:00Z"}, name
            assert set(table["updated_at"].to_pylist()) == {NOW}, name
            assert set(table["environment_type"].to_pylist()) == {"PRODUCTION"}, name


def test_every_published_ledger_is_the_one_of_a_row(shop: Workspace, tables: Mapping[str, pa.Table]) -> None:
    published: dict[str, list[tuple[str, Decimal]]] = {}
    for period in ("2026-09", "2026-10"):
        for entry in shop.outputs.published("ledger", period, None).to_pylist():
            published.setdefault(entry["balance_id"], []).append((entry["segment_id"], entry["amount"]))
    assert len(published) == 6
    for row in tables["contracts_balances"].to_pylist():
        ledger = [(each["segment_id"], Decimal(each["amount"])) for each in json_value(row["ledger"])]
        assert sorted(ledger) == sorted(published.pop(row["id"], [])), row["id"]
    assert not published


def test_what_is_left_is_what_balances_say(shop: Workspace, tables: Mapping[str, pa.Table]) -> None:
    left: dict[str, Decimal] = {}
    for row in shop.balances(at=NOW).dicts():
        amount = row["balance"]
        assert isinstance(amount, Decimal)
        left[str(row["balance_id"])] = left.get(str(row["balance_id"]), Decimal(0)) + amount
    # Metronome counts corrections of later times as well, where the segment is in force.
    left["gift"] += Decimal("0.5")
    found = {row["id"]: row["balance"] for row in tables["contracts_balances"].to_pylist()}
    assert {key: amount for key, amount in found.items() if amount} == left


def test_entries_have_the_names_that_exports_give_them(tables: Mapping[str, pa.Table]) -> None:
    reserve = row_of(tables["contracts_balances"], "reserve")
    entries = [(each["type"], each["amount"]) for each in json_value(reserve["ledger"])]
    assert entries == [
        ("prepaid_segment_start", 100),
        ("prepaid_automated_invoice_deduction", -30),
        ("prepaid_rollover", -50),
        ("prepaid_segment_expiration", -20),
    ]
    assert json_value(reserve["ledger"])[2]["new_contract_id"] == "new"
    assert reserve["cost_basis"] == Decimal("0.6")
    pledge = row_of(tables["contracts_balances"], "pledge")
    assert [each["type"] for each in json_value(pledge["ledger"])] == [
        "postpaid_initial_balance",
        "postpaid_automated_invoice_deduction",
        "postpaid_trueup",
    ]
    (manual,) = (
        each
        for each in json_value(row_of(tables["contracts_balances"], "gift")["ledger"])
        if each["type"] == "credit_manual"
    )
    assert manual == {
        "type": "credit_manual",
        "timestamp": "2026-09-01T00:00:00Z",
        "amount": -1,
        "segment_id": "early",
        "reason": 'A "mistake"',
    }


def test_balances_that_no_file_wrote_say_what_made_them(tables: Mapping[str, pa.Table]) -> None:
    made = [
        (
            row["type"],
            row["recurring_commit_id"],
            row["rolled_over_from_commit_id"],
            row["rolled_over_from_contract_id"],
            row["duckbill_terms"],
        )
        for row in tables["contracts_balances"].to_pylist()
        if row["id"] not in ("reserve", "pledge", "gift")
    ]
    assert made == [
        ("credit", "monthly", None, None, None),
        ("credit", "monthly", None, None, None),
        ("prepaid", None, "reserve", "old", None),
        ("prepaid", None, None, None, '{"released_by":"SPEND"}'),
    ]


def test_commits_are_the_balances_of_contracts_that_are_no_credits(tables: Mapping[str, pa.Table]) -> None:
    commits, balances = tables["contracts_commits"], tables["contracts_balances"]
    shared = [name for name in commits.column_names if name in balances.column_names]
    wanted = balances.filter(pc.and_(pc.not_equal(balances["type"], "credit"), pc.is_valid(balances["contract_id"])))
    assert commits.select(shared).to_pylist() == wanted.select(shared).to_pylist()
    assert commits.num_rows == 4


def test_a_catalog_comes_back_whatever_was_published(
    shop: Workspace, tables: Mapping[str, pa.Table], tmp_path: Path
) -> None:
    back, notes = imported({**exported(shop.catalog), **tables}, tmp_path / "back")
    assert comparable(back) == comparable(shop.catalog)
    assert notes == []
    others, notes = imported(as_others_write({**exported(shop.catalog), **tables}), tmp_path / "others")
    assert {each.id for one in others.contracts for each in one.commits} == {"reserve", "pledge"}
    (entry,) = others.manual_balance_entries
    assert (entry.amount, entry.reason) == (Decimal(-1), 'A "mistake"')
    assert any("released" in note for note in notes)


def test_a_quantity_has_steps_and_a_discount_is_a_negative_charge(tmp_path: Path) -> None:
    catalog, tables = of_text(tmp_path, EVERY_TERM)
    subscription = next(each for one in catalog.contracts for each in one.subscriptions if each.quantity_updates)
    steps = json_value(row_of(tables["contracts_subscriptions"], subscription.id)["quantity_schedule"])
    start = datetime.fromisoformat(steps[0]["starting_at"]).replace(tzinfo=None)
    assert [each["quantity"] for each in steps] == [amount for _, amount in subscription.quantities(start)]
    assert [each["ending_before"] for each in steps[:-1]] == [each["starting_at"] for each in steps[1:]]
    discount = next(each for one in catalog.contracts for each in one.discounts)
    schedule = json_value(row_of(tables["contracts_scheduled_charges"], discount.id)["schedule"])
    assert all(each["amount"] <= 0 for each in schedule["schedule_items"])


def test_a_product_has_a_row_for_each_version(tmp_path: Path) -> None:
    catalog, tables = of_text(tmp_path, EVERY_TERM)
    rows = tables["contracts_product_list_item_versions"].to_pylist()
    assert len(rows) == sum(len(each.versions()) for each in catalog.products)
    assert len({row["id"] for row in rows}) == len(rows)


def test_thresholds_parents_and_filters_have_rows_of_their_own(tmp_path: Path) -> None:
    catalog, tables = of_text(tmp_path / "grants", EVERY_GRANT)
    prepaid = [each for each in catalog.contracts if each.prepaid_balance_threshold_configuration is not None]
    rows = tables["contracts_prepaid_balance_threshold_configurations"]
    assert rows["id"].to_pylist() == rows["contract_id"].to_pylist() == [each.id for each in prepaid]
    catalog, tables = of_text(tmp_path / "balances", EVERY_BALANCE)
    (child,) = (
        each
        for each in catalog.contracts
        if each.hierarchy_configuration is not None and each.hierarchy_configuration.parent is not None
    )
    hierarchy = child.hierarchy_configuration
    assert hierarchy is not None and hierarchy.parent is not None
    parent = row_of(tables["contract_hierarchy_configurations"], hierarchy.parent.contract_id)
    assert json_value(parent["child_info"]) == [{"contract_id": child.id, "customer_id": child.customer_id}]
