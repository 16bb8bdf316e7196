"""Lines of invoices that are final, void or billed anew are explained as what they were when they were computed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.workspace import Workspace
from tests.explain.conftest import billed

PERIOD, NOW = "2024-11", "2026-01-01T06:00:00Z"


def covered(workspace: Workspace) -> list[Mapping[str, object]]:
    """The lines on which the prepaid commit is drawn."""
    return [row for row in workspace.line_items(PERIOD).dicts() if row["applied_balance_type"] == "PREPAID"]


def texts(workspace: Workspace) -> dict[str, str]:
    return {str(row["id"]): workspace.explain(str(row["id"])).text() for row in covered(workspace)}


def test_finalized_void_and_billed_anew(tmp_path: Path) -> None:
    workspace = billed("widgets-express", tmp_path / "workspace", PERIOD)
    drafts = texts(workspace)
    workspace.finalize(PERIOD, now=NOW)
    assert texts(workspace) == {name: text.replace("DRAFT", "FINALIZED") for name, text in drafts.items()}
    invoice_id = str(covered(workspace)[0]["invoice_id"])
    workspace.void([invoice_id], reason="wrong price", now=NOW)
    for told in texts(workspace).values():
        assert "void since 2026-01-01T06:00:00Z: wrong price" in told
        assert "the invoice is void, so what it took was given back" in told
    workspace.regenerate([invoice_id], reason="billed anew", now=NOW)
    assert len(texts(workspace)) == 2 * len(drafts)
