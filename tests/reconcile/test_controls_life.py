"""Controls hold through the life of invoices: as drafts, final, void, billed anew, and final again."""

from __future__ import annotations

import pytest

from engine.workspace import Workspace
from tests.reconcile.reconciled import Billed

NOW = "2026-12-05T00:00:00Z"


@pytest.mark.parametrize("name", ["agreements", "widgets-express"])
def test_controls_hold_whatever_becomes_of_invoices(name: str, billed: Billed) -> None:
    workspace, month = billed(name)
    for label in workspace.outputs.billing_periods():
        finalized = workspace.finalize(label, now=NOW)
        assert (finalized.failed_controls, len(finalized.held)) == ((), 0)
    told = warnings(workspace, month)
    invoices = [str(row["id"]) for row in workspace.invoices(month) if row["type"] == "USAGE"][:1]
    workspace.void(invoices, reason="to see", now=NOW)
    assert warnings(workspace, month) >= {"C10 standing invoices"}
    workspace.regenerate(invoices, now=NOW)
    assert warnings(workspace, month) == told
    workspace.finalize(month, now=NOW)
    assert warnings(workspace, month) == told


def warnings(workspace: Workspace, month: str) -> set[str]:
    """What is told of; nothing may fail."""
    found = workspace.reconcile(month)
    assert found.failed == ()
    return {f"{row['check_id']} {row['scope']}" for row in found.controls if row["status"] == "WARN"}
