"""Naming runs, runs that cannot be compared, and what is no longer there to compare."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import engine
from engine.errors import CorruptFileError, UserError
from engine.workspace import Workspace
from tests.cli.command import duckbill
from tests.diff.conftest import Changed
from tests.diff.shop import OCTOBER, standing
from tests.runs.records import rerecord


@pytest.fixture
def workspace(changed: Changed, tmp_path: Path) -> Workspace:
    """A copy of the test's own."""
    return engine.open(shutil.copytree(changed.workspace.root, tmp_path / "workspace"))


def recorded_as(workspace: Workspace, run_id: str, new_id: str, **inputs: object) -> str:
    """A record of the same run under another id, with other inputs."""
    folder = shutil.copytree(workspace.root / "runs" / run_id, workspace.root / "runs" / new_id)

    def change(manifest: dict[str, Any]) -> None:
        manifest["run_id"] = new_id
        manifest["inputs"] |= inputs

    rerecord(folder, change)
    return new_id


def test_runs_are_named_by_the_beginning_of_their_ids(workspace: Workspace, changed: Changed) -> None:
    twin = recorded_as(workspace, changed.after, f"{changed.after[:6]}{'z' * 10}")
    with pytest.raises(
        UserError, match=f"2 runs begin with '{changed.after[:6]}': {changed.after}, {twin}; write more"
    ):
        workspace.diff(changed.before, changed.after[:6])
    with pytest.raises(UserError, match=f"no run '{changed.after[:-1]}x' is recorded .*did you mean '{changed.after}'"):
        workspace.diff(changed.before, f"{changed.after[:-1]}x")
    with pytest.raises(UserError, match="no run '' is recorded"):
        workspace.diff("", changed.after)


def test_runs_of_different_periods(workspace: Workspace, changed: Changed) -> None:
    september = workspace.outputs.published_runs()["2026-09"]
    what = f"run {changed.after} is of 2026-10 and run {september} of 2026-09; compare runs of the same billing period"
    with pytest.raises(UserError, match=what):
        workspace.diff(changed.after, september)


@pytest.mark.parametrize("output", ["invoices", "line_items", "parked"])
def test_an_output_that_is_gone(output: str, workspace: Workspace, changed: Changed) -> None:
    (path,) = (workspace.lake / output).glob(f"billing_period={OCTOBER}/run_id={changed.before}/*.parquet")
    path.unlink()
    with pytest.raises(CorruptFileError, match=f"{path}: this output of run {changed.before} is gone; restore it"):
        workspace.diff(changed.before, changed.after)


def test_what_a_run_was_computed_from_and_is_gone(workspace: Workspace, changed: Changed) -> None:
    """What Zed drew in September is read from what September published."""
    (workspace.root / "runs" / changed.after / "catalog.json").unlink()
    with pytest.raises(CorruptFileError, match=r"catalog\.json: is missing; restore it"):
        workspace.diff(changed.before, changed.after)
    shutil.copy(
        changed.workspace.root / "runs" / changed.after / "catalog.json", workspace.root / "runs" / changed.after
    )
    (path,) = (workspace.lake / "ledger").glob("billing_period=2026-09/run_id=*/*.parquet")
    path.unlink()
    with pytest.raises(CorruptFileError, match=f"{path}: this output of run .* is gone"):
        workspace.diff(changed.before, changed.after)


def test_an_output_that_has_changed(workspace: Workspace, changed: Changed) -> None:
    (path,) = (workspace.lake / "line_items").glob(f"billing_period={OCTOBER}/run_id={changed.before}/*.parquet")
    pl.read_parquet(path).head(1).write_parquet(path)
    with pytest.raises(CorruptFileError, match="a published file has changed"):
        workspace.diff(changed.before, changed.after)


def test_the_command(workspace: Workspace, changed: Changed, tmp_path: Path) -> None:
    asked = ("diff", changed.before, changed.dans, "-w", workspace.root)
    found = duckbill(*asked, "--out", tmp_path / "out")
    assert found.code == 0
    assert "late_events  26" in found.text and "Dan            USAGE         Words      usage" in found.text
    assert found.stderr == f"2026-10: 1 invoice differs\ninvoices, changes and causes are in {tmp_path / 'out'}\n"
    assert pl.read_parquet(tmp_path / "out" / "changes.parquet")["customer_name"].to_list() == ["Dan"]
    assert duckbill(*asked, "--exit-code").code == 1

    summary = duckbill(*asked, "-o", "json").json()
    assert summary == {
        "schema_version": 1,
        "command": "diff",
        "status": "different",
        "period": OCTOBER,
        "before": changed.before,
        "after": changed.dans,
        "invoices": 1,
        "changes": 1,
        "causes": {"late_events": {"USD (cents)": "26"}},
        "difference": {"USD (cents)": "26"},
    }
    same = duckbill("diff", changed.before, changed.before, "-w", workspace.root, "--exit-code")
    assert (same.code, same.text, same.stderr) == (0, "", "2026-10: every invoice owes the same\n")


def test_a_folder_with_something_else_is_left_alone(workspace: Workspace, changed: Changed) -> None:
    with pytest.raises(UserError, match="holds something else than a difference"):
        workspace.diff(changed.before, changed.dans, out=workspace.root)
    assert standing(workspace) == changed.after
