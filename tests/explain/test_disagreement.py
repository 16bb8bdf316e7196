"""An explanation is never wrong in silence: whatever is changed of what it is read from, it is refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import engine
from engine.errors import CorruptFileError, DuckbillError, UserError
from engine.invoices.publish import Outputs
from engine.workspace import Workspace
from tests.explain.lines import Row, line
from tests.runs.records import rerecord

Change = Callable[[Any], Any]


def more(number: Decimal) -> Decimal:
    return number + Decimal("0.5")


def other(_: object) -> str:
    return "another"


def with_change(monkeypatch: pytest.MonkeyPatch, output: str, row_id: str, column: str, change: Change) -> None:
    """From now on an output is read with one value changed."""
    read = Outputs.published

    def changed(outputs: Any, name: str, billing_period: str, columns: Any = None) -> pa.Table:
        table: pa.Table = read(outputs, name, billing_period, columns)
        if name != output or column not in table.column_names:
            return table
        rows = [{**row, column: change(row[column])} if row["id"] == row_id else row for row in table.to_pylist()]
        return pa.Table.from_pylist(rows, schema=table.schema)

    monkeypatch.setattr(Outputs, "published", changed)


def refused(workspace: Workspace, row: Row) -> None:
    with pytest.raises(DuckbillError, match="cannot be explained"):
        workspace.explain(row["id"])


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("quantity", more),
        ("unit_price", more),
        ("total", more),
        ("metric_value_before", more),
        ("metric_value_after", more),
        ("quantity_before", more),
        ("quantity_after", more),
        ("list_unit_price", more),
        ("tier_starting_at", more),
        ("tier_ending_at", more),
        ("tier_level", lambda level: level + 1),
        ("rate_id", other),
        ("override_id", other),
        ("override_reason", lambda _: "lowest multiplier"),
        ("starting_at", lambda moment: moment.replace(day=1)),
    ],
)
def test_a_changed_line(column: str, change: Change, agreements: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    found = line(agreements, total=Decimal(6400), type="usage")
    with_change(monkeypatch, "line_items", found["id"], column, change)
    refused(agreements, found)


@pytest.mark.parametrize("column", ["total", "payable", "rounding_residual"])
def test_a_changed_invoice(column: str, agreements: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    found = line(agreements, total=Decimal(6400), type="usage")
    with_change(monkeypatch, "invoices", found["invoice_id"], column, more)
    refused(agreements, found)


@pytest.mark.parametrize("wanted", [{"total": Decimal(2420)}, {"total": Decimal(2580)}, {"type": "cpu_conversion"}])
def test_another_line_changed(
    wanted: dict[str, object], agreements: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a percentage, its minimum and a conversion are taken of stands on other lines."""
    source = {"total": Decimal(1500), "currency": "AI credits"} if "type" in wanted else {"total": Decimal(6400)}
    if wanted == {"total": Decimal(2580)}:
        source = {"total": Decimal(2420)}
    found = line(agreements, **wanted)
    with_change(monkeypatch, "line_items", line(agreements, **source)["id"], "total", more)
    refused(agreements, found)


@pytest.mark.parametrize(
    ("column", "change"), [("quantity", more), ("unit_price", more), ("ending_before", lambda at: at.replace(day=30))]
)
def test_a_changed_subscription(
    column: str, change: Change, agreements: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = line(agreements, type="subscription", starting_at="2026-10-17")
    with_change(monkeypatch, "line_items", found["id"], column, change)
    refused(agreements, found)


@pytest.mark.parametrize("column", ["amount", "balance_after"])
def test_a_changed_ledger(column: str, widgets: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    found = line(widgets, total=Decimal(6200))
    (entry,) = [
        each
        for each in widgets.ledger("2025-02").dicts()
        if each["invoice_id"] == found["invoice_id"] and each["segment_id"] == found["commit_segment_id"]
    ]
    with_change(monkeypatch, "ledger", str(entry["id"]), column, more)
    refused(widgets, found)


@pytest.fixture
def copied(agreements: Workspace, tmp_path: Path) -> Workspace:
    return engine.open(shutil.copytree(agreements.root, tmp_path / "workspace"))


def recorded_catalog(workspace: Workspace) -> Path:
    run_id = workspace.outputs.published_run("2026-10")
    assert run_id is not None
    return workspace.root / "runs" / run_id / "catalog.json"


def test_a_changed_catalog(copied: Workspace) -> None:
    found = line(copied, total=Decimal(6400), type="usage")
    path = recorded_catalog(copied)
    catalog = json.loads(path.read_text(encoding="utf-8"))
    for rate in catalog["rates"]:
        for tier in rate.get("tiers", ()):
            tier["price"] = "41"
    path.write_text(json.dumps(catalog), encoding="utf-8")
    with pytest.raises(CorruptFileError, match=r"catalog\.json: is not what the run wrote"):
        copied.explain(found["id"])
    rerecord(path.parent)
    refused(copied, found)


def test_the_catalog_of_the_run_counts_and_not_the_one_of_today(copied: Workspace) -> None:
    found = line(copied, total=Decimal(6400), type="usage")
    before = copied.explain(found["id"]).text()
    for path in (copied.root / "catalog").iterdir():
        path.unlink()
    assert copied.explain(found["id"]).text() == before


def test_without_the_record_of_the_run(copied: Workspace) -> None:
    found = line(copied, total=Decimal(6400), type="usage")
    shutil.rmtree(recorded_catalog(copied).parent)
    with pytest.raises(UserError, match="is gone"):
        copied.explain(found["id"])


def test_without_the_events(copied: Workspace) -> None:
    found = line(copied, total=Decimal(6400), type="usage")
    for path in (copied.lake / "events").glob("date=*/*.parquet"):
        path.unlink()
    steps = copied.explain(found["id"]).steps.dicts()
    assert any("no longer there" in str(each["what"]) for each in steps)
    with pytest.raises(UserError, match="no longer there"):
        copied.explain_events(found["id"])
