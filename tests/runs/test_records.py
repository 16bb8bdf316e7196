"""What a run recorded is read as it was written, or not at all."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest

from engine.errors import CatalogError, CorruptFileError, UserError
from engine.events.sealed_files import sealed_bytes
from engine.invoices.definitions import definitions_file
from engine.run_folder import check_run_folder, read_manifest, recorded_files, recorded_inputs, recorded_text
from engine.runs import Run
from engine.workspace import Workspace
from tests.runs.records import rerecord

NOW = "2026-11-05T00:00:00Z"


@pytest.fixture(scope="module")
def billed(landed: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A workspace with a run of 2026-10, and the run's id."""
    root = shutil.copytree(landed, tmp_path_factory.mktemp("recorded") / "workspace")
    return root, Workspace(root).run("2026-10", now=NOW).run_id


@pytest.fixture
def folder(billed: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of the run's folder, for a test to damage."""
    root, run_id = billed
    return shutil.copytree(root, tmp_path / "workspace") / "runs" / run_id


def test_every_byte_counts(folder: Path) -> None:
    assert check_run_folder(folder) == []
    path = folder / "manifest.json"
    raw = path.read_bytes()
    for cut in (0, 1, len(raw) // 2, len(raw) - 1):
        path.write_bytes(raw[:cut])
        with pytest.raises(CorruptFileError, match=r"manifest\.json: is not what the run wrote; restore it, or run"):
            recorded_inputs(folder)
    for at in (0, raw.index(b"seal") + 1, raw.index(b"schema_version") + 17, len(raw) - 2, len(raw) - 1):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        with pytest.raises(CorruptFileError, match=r"manifest\.json"):
            recorded_inputs(folder)
        assert [(each.kind, each.path) for each in check_run_folder(folder)] == [("changed", path)]


def test_every_file_is_looked_at(folder: Path) -> None:
    for name in ("catalog.json", "log.jsonl", *(f"sql/{each.name}" for each in (folder / "sql").iterdir())):
        raw = (folder / name).read_bytes()
        for damaged in (raw[:-1], raw + b"\n", raw.replace(b"e", b"f", 1)):
            (folder / name).write_bytes(damaged)
            assert [(each.kind, each.path) for each in check_run_folder(folder)] == [("changed", folder / name)]
        (folder / name).unlink()
        assert [(each.kind, each.path) for each in check_run_folder(folder)] == [("missing", folder / name)]
        (folder / name).write_bytes(raw)
    (folder / "sql" / "zzz.sql").write_text("SELECT 1")
    assert [(each.kind, each.path.name) for each in check_run_folder(folder)] == [("foreign", "zzz.sql")]
    assert "sql/zzz.sql" not in recorded_files(folder) and recorded_text(folder, "sql/zzz.sql") is None


def test_the_manifest_of_another_run(folder: Path) -> None:
    other = folder.with_name("0" * 16)
    shutil.copytree(folder, other)
    with pytest.raises(CorruptFileError, match=f"manifest.json: is that of run {folder.name}"):
        read_manifest(other)
    assert read_manifest(folder.with_name("1" * 16)) is None
    (other / "manifest.json").unlink()
    with pytest.raises(CorruptFileError, match=r"manifest\.json: is missing"):
        read_manifest(other)


def test_a_manifest_from_before_there_were_seals(folder: Path) -> None:
    path = folder / "manifest.json"
    content = json.loads(path.read_bytes())
    first = {**{key: value for key, value in content.items() if key not in ("seal", "files")}, "schema_version": 1}
    path.write_text(json.dumps(first, indent=2))
    assert recorded_inputs(folder) == content["inputs"]
    assert check_run_folder(folder) == []
    text = recorded_text(folder, "catalog.json")
    assert text is not None and json.loads(text)
    # One that lists files, or says that it is not of the first version, had a seal.
    for unsealed in ({**first, "files": {}}, {**first, "schema_version": 2}):
        path.write_text(json.dumps(unsealed, indent=2))
        with pytest.raises(CorruptFileError, match="is not what the run wrote"):
            recorded_inputs(folder)


def test_a_manifest_of_a_newer_duckbill(folder: Path) -> None:
    rerecord(folder, lambda manifest: manifest.update(schema_version=3))
    with pytest.raises(UserError, match=r"has schema version 3; .* install a newer duckbill"):
        recorded_inputs(folder)


def test_a_damaged_record_is_made_again_and_named(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A draft month follows from its inputs: its record is made again, byte for byte, and the damage is told."""
    workspace = Workspace(folder.parent.parent)
    for name in ("manifest.json", "catalog.json"):
        raw = (folder / name).read_bytes()
        (folder / name).write_bytes(raw[:100])
        caplog.clear()
        with caplog.at_level(logging.WARNING, "duckbill"):
            run: Run = workspace.run("2026-10", now=NOW)
        assert not run.unchanged and run.folder == folder and (folder / name).read_bytes() == raw
        assert f"{folder / name}: does not hold what was committed; it is made again" in caplog.text
        assert f'"files": ["{name}"]' in (folder / "log.jsonl").read_text()
    assert workspace.run("2026-10", now=NOW).unchanged and workspace.verify() == []


def test_a_damaged_record_is_not_finalized(folder: Path) -> None:
    workspace = Workspace(folder.parent.parent)
    raw = (folder / "catalog.json").read_bytes()
    (folder / "catalog.json").write_bytes(raw.replace(b"e", b"f", 1))
    with pytest.raises(CorruptFileError, match=r"catalog\.json: is not what the run wrote"):
        workspace.finalize("2026-10", now=NOW)
    assert {row["status"] for row in workspace.invoices("2026-10")} == {"DRAFT"}


def test_definitions_that_are_missing_damaged_or_from_before_there_were_seals(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    workspace = Workspace(folder.parent.parent)
    file = definitions_file(workspace.lake)
    raw, entries = file.path.read_bytes(), file.read()
    assert entries and {each["name"] for each in entries.values()} == {"Active users", "Input Tokens"}
    file.path.write_bytes(raw.replace(b"Active", b"Bctive"))
    with pytest.raises(CorruptFileError, match=r"metric_definitions\.json: is not what was written; restore it, or"):
        workspace.run("2026-10", now=NOW)
    file.path.unlink()
    assert [(each.kind, each.path) for each in workspace.verify()] == [("missing", file.path)]
    catalog = workspace.root / "catalog" / "catalog.yml"
    text = catalog.read_text()
    catalog.write_text(text.replace("aggregation_type: SUM", "aggregation_type: MAX"))
    with pytest.raises(CatalogError, match=f"'Input Tokens' changed since run {folder.name}"):
        workspace.run("2026-10", now=NOW)
    catalog.write_text(text)
    assert workspace.run("2026-10", now=NOW).unchanged and "metric_definitions.json: is missing" in caplog.text
    assert file.path.read_bytes() == raw
    file.path.write_text(json.dumps(entries))
    assert file.read() == entries and not file.is_sealed()
    workspace.run("2026-10", now=NOW)
    assert file.path.read_bytes() == raw
    file.path.write_bytes(sealed_bytes({"schema_version": 3, "metrics": {}}))
    with pytest.raises(UserError, match=r"has schema version 3; .* install a newer duckbill"):
        workspace.run("2026-10", now=NOW)
