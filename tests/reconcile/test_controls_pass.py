"""The bundled scenarios reconcile, and every row of controls can be had again by its query in the workspace folder."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from engine.reports.reconcile.model import ReconciliationModel
from tests.reconcile.reconciled import Billed

#: What finance is told of in each scenario; everything else that could be asked passes.
TOLD = {
    "starter": {"C01 days WARN 31 10"},
    "ai-saas": {
        "C03 events WARN 2767 2761",
        "C04 matched events WARN 2761 2466",
        "C06 entitled groups WARN 369 364",
        "C06 metric Input tokens WARN 15.53885 15.454133",
    },
    "agreements": {"C01 days WARN 31 8"},
    # The month before charged for the year's commits.
    "widgets-express": {
        "C01 days WARN 31 11",
        "C13 USD (cents) WARN 75586.8 1165939.2",
        "C13 customers with a steady total WARN 1 0",
    },
}

#: What cannot be asked without an earlier month, another system's file or a bill by days.
NEVER_ASKED = {"C09 breakdowns", "C14 tie out"}
FIRST_MONTH = {"C08 openings", "C13 totals", "C13 customers"}


@pytest.mark.parametrize("name", TOLD)
def test_a_scenario_reconciles_and_every_row_can_be_had_again(
    name: str, billed: Billed, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace, month = billed(name)
    found = workspace.reconcile(month)
    assert found.failed == ()
    rows = found.controls.dicts()
    told = {
        f"{row['check_id']} {row['scope']} {row['status']} {row['left']} {row['right']}"
        for row in rows
        if row["status"] in ("WARN", "FAIL")
    }
    assert told == TOLD[name]
    skipped = {f"{row['check_id']} {row['scope']}" for row in rows if row["status"] == "SKIPPED"}
    assert skipped == NEVER_ASKED | (set() if name == "widgets-express" else FIRST_MONTH)
    assert {row["check_id"] for row in rows} == {f"C{number:02d}" for number in range(1, 16)}
    assert len({(row["check_id"], row["scope"]) for row in rows}) == len(rows)
    assert rows == sorted(rows, key=lambda row: (row["check_id"], row["scope"]))
    monkeypatch.chdir(workspace.root)
    for row in rows:
        if row["query"] is not None:
            with duckdb.connect() as connection:
                asked = connection.sql(str(row["query"]))
                assert asked.columns == ["left", "right"]
                ((left, right),) = asked.fetchall()
            assert (Decimal(str(left)), Decimal(str(right))) == (Decimal(str(row["left"])), Decimal(str(row["right"])))
            assert str(workspace.root) not in str(row["query"])


def test_days_add_up_to_drafts_when_asked_for(billed: Billed, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, month = billed("agreements")
    rows = {row["check_id"]: row for row in workspace.reconcile(month, breakdowns=True).controls}
    assert (rows["C09"]["status"], rows["C09"]["left"], rows["C09"]["right"]) == ("PASS", "8", "8")
    monkeypatch.chdir(workspace.root)
    with duckdb.connect() as connection:
        assert connection.sql(str(rows["C09"]["query"])).fetchall() == [(8, 8)]


def test_the_folder_has_every_table_and_the_same_bytes_again(billed: Billed) -> None:
    workspace, month = billed("starter")
    found = workspace.reconcile(month)
    assert found.folder == workspace.root / "reconciliation" / month
    first = contents(found.folder)
    assert {Path(name).stem for name in first} >= {"controls", *found.details}
    details = {row["detail"] for row in found.controls if row["detail"] is not None}
    assert details <= set(found.details)
    assert pq.read_table(found.folder / "controls.parquet").equals(found.controls.arrow())
    assert "unknown_customers.parquet" in first
    assert contents(workspace.reconcile(month).folder) == first


def test_without_its_extra_nothing_is_drawn(billed: Billed, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, month = billed("starter")
    monkeypatch.setattr("engine.reconciling._can_render", lambda: False)
    found = workspace.reconcile(month)
    assert not found.is_rendered
    assert {path.suffix for path in found.folder.iterdir() if path.is_file()} == {".parquet"}


def test_what_is_drawn_is_the_model(billed: Billed, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace, month = billed("widgets-express")
    models: list[ReconciliationModel] = []
    monkeypatch.setattr("engine.reconciling._can_render", lambda: True)
    for name in ("write_page", "write_workbook"):
        monkeypatch.setattr(f"engine.reconciling.{name}", lambda model, path: models.append(model))
    found = workspace.reconcile(month)
    model, again = models
    assert model is again
    assert (model.workspace, model.period, model.run_id) == ("widgets-express", month, found.run_id)
    assert model.controls.to_pylist() == found.controls.dicts()
    figures = {name: table.to_pylist() for name, table in model.figures.items()}
    owed = sum(row["total"] for row in workspace.invoices(month).arrow().to_pylist())
    assert sum(row["amount"] for row in figures["revenue_by_product"]) == owed
    assert sum(row["total"] for row in figures["invoices_by_status"]) == owed
    assert sum(row["events"] for row in figures["events_per_day"]) == 23
    before = sum(row["total"] for row in workspace.invoices("2024-11").arrow().to_pylist())
    assert sum(row["change"] for row in figures["variance_by_customer"]) == owed - before


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
