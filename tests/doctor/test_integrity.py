"""Logs, committed files and records of runs: each made wrong, and found."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.doctor.conftest import Checked, events_of


def flip(path: Path, place: int) -> None:
    """Changes one bit of a file."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("table", ["events", "invoices", "ledger"])
@pytest.mark.parametrize("harm", ["flip", "remove", "add"])
def test_a_log_that_is_not_what_was_written_fails(root: Path, checked: Checked, table: str, harm: str) -> None:
    log = root / "lake" / table / "_delta_log"
    newest = max(log.glob("*.json"), key=lambda path: path.name if path.name[0].isdigit() else "")
    if harm == "flip":
        flip(newest, 40)
    elif harm == "remove":
        newest.unlink()
    else:
        (log / "00000000000000000099.json").write_bytes(newest.read_bytes())
    row = checked("delta_logs")
    assert row["status"] == "fail"
    assert f"lake/{table}/_delta_log/" in str(row["found"])
    assert str(row["remedy"]).endswith(f"duckbill verify -w {root} tells of each")


def test_a_file_that_is_missing_or_cut_off_fails_at_once(root: Path, checked: Checked) -> None:
    path = events_of(root)[0]
    path.write_bytes(path.read_bytes()[:-1])
    row = checked("files")
    assert row["status"] == "fail"
    assert f"{path.relative_to(root)} has " in str(row["found"])
    path.unlink()
    assert f"{path.relative_to(root)} is missing" in str(checked("files")["found"])


def test_a_published_file_that_is_missing_fails(root: Path, checked: Checked) -> None:
    next((root / "lake" / "line_items").glob("*/*/*.parquet")).unlink()
    assert checked("files")["status"] == "fail"


def test_a_flipped_bit_is_found_by_reading_everything(root: Path, checked: Checked) -> None:
    flip(events_of(root)[0], 200)
    row = checked("files")
    assert row["status"] == "ok"
    assert str(row["found"]).endswith(f"duckbill doctor -w {root} --full reads every byte")
    row = checked("files", full=True)
    assert row["status"] == "fail"
    assert f"{events_of(root)[0].relative_to(root)} is changed" in str(row["found"])


@pytest.mark.parametrize("full", [False, True], ids=["quick", "full"])
def test_a_file_that_is_not_ours_is_worth_a_look(root: Path, checked: Checked, full: bool) -> None:
    (root / "lake" / "events" / "notes.txt").write_text("mine")
    row = checked("files", full=full)
    assert (row["status"], row["remedy"]) == ("warn", "take them away")
    assert "lake/events/notes.txt" in str(row["found"])


def test_the_record_of_a_published_run_that_is_gone_or_changed_fails(root: Path, checked: Checked) -> None:
    (folder,) = (path for path in (root / "runs").iterdir() if path.is_dir())
    catalog = folder / "catalog.json"
    whole = catalog.read_bytes()
    flip(catalog, 30)
    row = checked("run_folders")
    assert (row["status"], f"runs/{folder.name}/catalog.json is changed" in str(row["found"])) == ("fail", True)
    catalog.write_bytes(whole)
    assert checked("run_folders")["status"] == "ok"
    shutil.rmtree(folder)
    assert f"runs/{folder.name} is missing" in str(checked("run_folders")["found"])


def test_a_record_of_other_inputs_fails_although_it_is_sealed_by_nobody(root: Path, checked: Checked) -> None:
    """A record of the first version has no seal, but its inputs make its name."""
    (folder,) = (path for path in (root / "runs").iterdir() if path.is_dir())
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest = {name: value for name, value in manifest.items() if name not in ("seal", "files")}
    manifest["schema_version"] = 1
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert checked("run_folders")["status"] == "ok"
    manifest["inputs"]["events_version"] = 7
    (folder / "manifest.json").write_text(json.dumps(manifest))
    row = checked("run_folders")
    assert (row["status"], row["found"]) == ("fail", f"runs/{folder.name} is not the record of what made it")
