"""`duckbill nightly` and `duckbill reproduce` as a scheduler meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import UserError
from engine.workspace import Workspace
from tests.cli.command import duckbill
from tests.nights.shop import CATALOG, send, shop, write
from tests.runs.records import rerecord


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """September has usage; nothing has been run."""
    made = shop(tmp_path / "w")
    send(made, "acme", "2026-09-10T10", 70)
    return made


def test_one_line_a_step_and_a_last_line_for_the_night(workspace: Workspace) -> None:
    asked = ("nightly", "-w", workspace.root, "--now", "2026-09-12T02:00:00Z", "-o", "json")
    first = duckbill(*asked, "--log-format", "json")
    step, night = map(json.loads, first.text.splitlines())
    assert (first.code, step["step"], step["status"], step["invoices"]) == (0, "run", "published", 2)
    assert (night["command"], night["status"], night["periods"]) == ("nightly", "done", ["2026-09"])
    logged = [json.loads(line) for line in first.stderr.splitlines()]
    assert {"time", "level", "message"} <= set.intersection(*(set(line) for line in logged))
    assert [line["message"] for line in logged][-1] == "2026-09: run published" and len(logged) > 5

    second = duckbill(*asked, "--skip-code")
    step, night = map(json.loads, second.text.splitlines())
    assert (second.code, step["status"], night["status"], second.stderr) == (99, "unchanged", "unchanged", "")

    run_id = workspace.outputs.published_runs()["2026-09"]
    found = duckbill("reproduce", run_id, "-w", workspace.root)
    assert found.code == 0 and "every output is identical" in found.stderr and "line_items" in found.text


def test_what_needs_attention_is_on_stderr_and_the_exit_code_is_1(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ("nightly", "-w", workspace.root, "--now", "2026-10-01T02:00:00Z")
    run = Workspace.run
    monkeypatch.setattr(
        Workspace, "run", lambda self, period, **options: run(self, period, **options) if "09" in period else _fail()
    )
    failed = duckbill(*asked)
    assert (failed.code, failed.stderr) == (1, "the disk is full\n")
    assert "2026-09" in failed.text and "published" in failed.text
    again = duckbill(*asked, "-o", "json", "--log-format", "json")
    assert again.code == 1 and json.loads(again.text.splitlines()[-1])["failure"] == "the disk is full"
    assert json.loads(again.stderr.splitlines()[-1])["level"] == "error"


def _fail() -> None:
    raise UserError("the disk is full")


def test_a_broken_catalog_ends_with_2_and_every_problem(workspace: Workspace) -> None:
    write(workspace.root, "products", CATALOG.replace("rate_type", "rate_typ"))
    broken = duckbill("nightly", "-w", workspace.root, "--now", "2026-09-12T02:00:00Z")
    assert (broken.code, broken.stdout) == (2, b"") and "catalog/products.yml:" in broken.stderr
    assert not (workspace.root / "runs").exists()


def test_outputs_that_differ_end_with_1(workspace: Workspace) -> None:
    run = workspace.run("2026-09", now="2026-10-01T02:00:00Z")
    rerecord(run.folder, lambda manifest: manifest["outputs"].update(ledger="0" * 64))
    found = duckbill("reproduce", run.run_id, "-w", workspace.root, "-o", "json")
    assert found.code == 1 and found.json()["status"] == "different" and found.json()["differing"] == ["ledger"]
    unknown = duckbill("reproduce", "0" * 16, "-w", workspace.root)
    assert unknown.code == 2 and f"known: '{run.run_id}'" in unknown.stderr
