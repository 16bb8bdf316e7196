"""What becomes of invoices between two runs: final, void, and billed anew."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import engine
from tests.diff.shop import LATE, OCTOBER, standing
from tests.invoice_life.shop import invoice
from tests.spec.workspaces import check, land


def test_final_void_and_billed_anew(october: Path, tmp_path: Path) -> None:
    workspace = engine.open(shutil.copytree(october, tmp_path / "workspace"))
    drafts = standing(workspace)
    assert not len(workspace.finalize(OCTOBER, now="2026-11-02T06:00:00Z").held)
    final = standing(workspace)
    land(workspace, LATE)
    found = workspace.diff(drafts, final)
    assert not found.is_different and found.summary()["causes"] == {}
    assert {(row["status_before"], row["status_after"]) for row in found.invoices} == {("DRAFT", "FINALIZED")}
    assert len(found.invoices) == len(workspace.invoices(OCTOBER)) - 1, "all but the one that repeats others"

    # What is final does not see what came late; what is billed anew does.
    anew = workspace.regenerate([invoice(workspace, "dan")], now="2026-11-05T06:00:00Z").run_id
    found = workspace.diff(drafts, anew)
    check("| customer name | cause | difference |\n| Dan | late_events | 26 |", found.changes)
    (dans,) = (row for row in found.invoices if row["customer_id"] == "dan")
    assert dans["invoice_id_before"] == dans["slot_id"] != dans["invoice_id_after"] == invoice(workspace, "dan")
    assert (dans["status_before"], dans["status_after"]) == ("DRAFT", "DRAFT")

    void = workspace.void([invoice(workspace, "eve")], reason="wrong", now="2026-11-06T06:00:00Z").run_id
    for before, after, difference in ((anew, void, -40), (void, anew, 40)):
        found = workspace.diff(before, after)
        (change,) = found.changes
        assert (change["customer_name"], change["cause"]) == ("Eve", "invoice_life")
        assert change["difference"] == Decimal(difference)
        (eves,) = (row for row in found.invoices if row["customer_id"] == "eve")
        assert {eves["status_before"], eves["status_after"]} == {"FINALIZED", "VOID"}
