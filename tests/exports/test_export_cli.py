"""`duckbill export`: tables in a folder, a summary, and exit code 1 when a rule of the format is broken."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

import engine.exporting
from engine.commands.export import export_app
from engine.errors import UserError
from engine.exporting import Exporting
from engine.reports.exports.focus.rules import Rule, check
from tests.exports.books import OCTOBER


def called(workspace: Exporting, command: str, *arguments: object) -> Result:
    return CliRunner().invoke(export_app, [command, "-w", str(workspace.root), *map(str, arguments)])


def test_focus_prints_its_tables_and_says_where_they_are(agreed: Exporting, tmp_path: Path) -> None:
    out = tmp_path / "focus"
    result = called(agreed, "focus", "--period", OCTOBER, "--out", out, "--issuer", "Duck", "--sub-account", "region")
    assert result.exit_code == 0, result.output
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["table", "rows"],
        ["focus", "26"],
        ["focus_invoices", "8"],
        ["focus_checks", "25"],
    ]
    assert f"3 tables written to {out}" in result.stderr
    assert set(pq.read_table(out / "focus.parquet")["ProviderName"].to_pylist()) == {"Duck"}


def test_a_broken_rule_is_exit_code_1(agreed: Exporting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    never = Rule("never", "There must be no rows.", "FROM 'focus.parquet'")
    monkeypatch.setattr(engine.exporting, "check", partial(check, asked=(never,)))
    result = called(agreed, "focus", "--period", OCTOBER, "--out", tmp_path / "focus", "-o", "json")
    assert result.exit_code == 1
    summary = json.loads(result.stdout)
    assert (summary["command"], summary["status"], summary["failed"]) == ("export focus", "failed", ["never"])
    assert summary["periods"] == [OCTOBER]
    checks = pq.read_table(tmp_path / "focus" / "focus_checks.parquet")
    assert checks["violations"].to_pylist() == [summary["tables"]["focus"]]


def test_revenue_and_a_journal_with_a_file_of_accounts(agreed: Exporting, tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.csv"
    assert called(agreed, "journal", "--accounts-template", accounts).exit_code == 0
    out = tmp_path / "journal"
    result = called(agreed, "journal", "--period", OCTOBER, "--out", out, "--accounts", accounts, "-o", "json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["tables"] == {"journal": pq.read_metadata(out / "journal.parquet").num_rows}
    result = called(agreed, "revenue", "--period", OCTOBER, "--out", tmp_path / "revenue", "-o", "json")
    tables = json.loads(result.stdout)["tables"]
    assert sorted(path.stem for path in (tmp_path / "revenue").iterdir()) == sorted(tables)


def test_metronome_adds_the_files_of_a_transfer(agreed: Exporting, tmp_path: Path) -> None:
    out = tmp_path / "metronome"
    options = ("--period", OCTOBER, "--out", out, "--now", "2026-11-02T06:00:00Z", "--no-breakdowns", "-o", "json")
    result = called(agreed, "metronome", *options)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["tables"]["draft_invoice"] == 9
    assert [path.name for path in (out / "draft_invoice" / "dt=2026-11-02").iterdir()] == ["0_20261102060000.parquet"]


def test_a_journal_needs_a_period_and_a_folder(agreed: Exporting) -> None:
    result = called(agreed, "journal", "--period", OCTOBER)
    assert result.exit_code == 2
    assert "--out" in result.output


def test_somebody_elses_folder_is_refused(agreed: Exporting, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all of it")
    for command in ("focus", "revenue"):
        result = called(agreed, command, "--period", OCTOBER, "--out", tmp_path)
        assert isinstance(result.exception, UserError)
        assert "holds something else than" in str(result.exception)
