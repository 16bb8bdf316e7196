"""Importing and shadow billing as a person does it: files in, workspaces, tables and messages out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

import engine
from engine.commands.shadow import import_workspace, shadow
from engine.errors import UserError
from engine.metronome.write import write_export
from engine.shadowing import import_export
from engine.values.period import as_utc
from engine.workspace import Workspace
from tests.shadow.exported import NOW, Exported

app = typer.Typer()
app.command("import")(import_workspace)
app.command("shadow")(shadow)


@pytest.fixture(scope="module")
def without_an_event(exported: Callable[[str], Exported], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export that lacks one of the five calls that were billed."""
    given = exported("api-quickstart")
    events = given.tables["events"]
    lacking = events.filter(pc.not_equal(events["transaction_id"], "test-013"))
    folder = tmp_path_factory.mktemp("lacking") / "export"
    write_export(folder, {**given.tables, "events": lacking}, as_utc(NOW))
    return folder


def test_a_difference_is_told_and_ends_with_1(without_an_event: Path, tmp_path: Path) -> None:
    out, kept = tmp_path / "out", tmp_path / "kept"
    arguments = [without_an_event, "--out", out, "--workspace", kept, "--now", NOW]
    finished = CliRunner().invoke(app, ["shadow", *map(str, arguments)])
    assert finished.exit_code == 1, finished.output
    assert "as if 1 of the events" not in finished.output
    assert "as if 1 events more were counted there than the 4 that the export has" in finished.output
    assert "missing_events" in finished.output
    _same_by_every_reader(out / "differences.parquet", 1)
    _same_by_every_reader(out / "invoices.parquet", 1)
    _same_by_every_reader(out / "causes.parquet", 1)
    assert engine.open(kept).outputs.billing_periods() == ["2026-03"]


def _same_by_every_reader(path: Path, rows: int) -> None:
    read = pl.read_parquet(path)
    assert read.height == rows
    assert (
        pq.read_table(path).to_pylist()
        == read.to_dicts()
        == duckdb.read_parquet(str(path)).to_arrow_table().to_pylist()
    )


def test_an_import_is_a_workspace_of_its_own(exported: Callable[[str], Exported], tmp_path: Path) -> None:
    given = exported("api-quickstart")
    imported = import_export(given.folder, tmp_path / "new", now=NOW)
    opened = engine.open(tmp_path / "new")
    assert opened.validate() == ()
    assert {str(row["section"]) for row in imported.objects} >= {"customers", "contracts", "rates", "products"}
    landed = imported.landing.summary()
    assert landed["accepted"] == given.tables["events"].num_rows == landed["read"]
    event = opened.event("test-001")
    assert event.text()
    assert imported.frames["objects"].height == len(imported.objects)


def test_what_is_there_already_stays(exported: Callable[[str], Exported], tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty"):
        import_export(exported("api-quickstart").folder, tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["note.txt"]


def test_what_cannot_be_imported_leaves_nothing(
    exported: Callable[[str], Exported], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="no such folder"):
        import_export(tmp_path / "nowhere", tmp_path / "new")
    folder = exported("api-quickstart").folder

    def no_space(*given: object, **options: object) -> None:
        raise UserError("the disk is full")

    monkeypatch.setattr(Workspace, "land", no_space)
    with pytest.raises(UserError, match="disk"):
        import_export(folder, tmp_path / "new")
    assert list(tmp_path.iterdir()) == []


def test_an_import_in_json(exported: Callable[[str], Exported], tmp_path: Path) -> None:
    arguments = ["import", str(exported("api-quickstart").folder), str(tmp_path / "new"), "-o", "json", "--now", NOW]
    finished = CliRunner().invoke(app, arguments)
    assert finished.exit_code == 0, finished.output
    assert '"command": "import", "status": "imported"' in finished.stdout
