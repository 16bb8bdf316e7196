"""`duckbill reconcile`: a table or one line of JSON, and exit code 1 when a control fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from engine.commands.reconcile import reconcile
from engine.errors import UserError
from engine.workspace import Workspace
from tests.reconcile.reconciled import Billed, published, rewrite


def called(workspace: Workspace, *arguments: object) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(reconcile)
    return CliRunner().invoke(app, ["-w", str(workspace.root), *map(str, arguments)])


def test_it_prints_the_controls_and_says_where_the_files_are(billed: Billed) -> None:
    workspace, month = billed("starter")
    result = called(workspace, "--period", month)
    assert result.exit_code == 0
    header, *rows = result.stdout.splitlines()
    assert header.split()[:3] == ["check_id", "name", "scope"]
    assert len(rows) == len(workspace.reconcile(month).controls)
    assert str(workspace.root / "reconciliation" / month) in result.stderr


def test_one_line_of_json_and_exit_code_1(billed: Billed, tmp_path: Path) -> None:
    workspace, month = billed("starter")
    rewrite(published(workspace, month, "line_items"), "SELECT * FROM rows WHERE rowid > 0")
    result = called(workspace, "--period", month, "-o", "json", "--out", tmp_path / "here")
    assert result.exit_code == 1
    summary = json.loads(result.stdout)
    assert (summary["command"], summary["period"], summary["status"]) == ("reconcile", month, "failed")
    assert summary["failed"] == ["C01", "C06", "C07"]
    assert summary["controls"]["FAIL"] >= 4
    assert summary["folder"] == str(tmp_path / "here")
    assert (tmp_path / "here" / "controls.parquet").is_file()
    assert not (workspace.root / "reconciliation").exists()


def test_queries_of_another_folder_run_from_the_workspace_too(billed: Billed, tmp_path: Path) -> None:
    workspace, month = billed("starter")
    found = workspace.reconcile(month, out=tmp_path / "elsewhere")
    (query,) = (row["query"] for row in found.controls if row["check_id"] == "C03")
    assert "'../elsewhere/evidence/customer_aliases.parquet'" in str(query)


def test_a_folder_of_something_else_is_left_alone(billed: Billed, tmp_path: Path) -> None:
    workspace, month = billed("starter")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(UserError, match="holds something else than a reconciliation"):
        workspace.reconcile(month, out=tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_a_month_that_is_not_published(billed: Billed) -> None:
    workspace, _ = billed("starter")
    with pytest.raises(UserError, match="2026-09 has not been published"):
        workspace.reconcile("2026-09")
