"""A whole examination: every check of a workspace that is well, one that is ill, and a folder that is none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from unittest.mock import patch

import pytest

from engine.doctor import examine
from engine.doctor.diagnosis import Status
from engine.doctoring import Doctoring, doctor
from engine.errors import UserError
from tests.cli.command import duckbill
from tests.doctor.conftest import NOW


@pytest.mark.parametrize("full", [False, True], ids=["quick", "full"])
def test_everything_is_well(root: Path, full: bool) -> None:
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}
    found = Doctoring(root).doctor(now=NOW, full=full)
    assert [row["name"] for row in found] == list(examine.CHECKS)
    assert {row["name"]: row for row in found if row["status"] != "ok"} == {}
    assert all(row["found"] and row["remedy"] is None for row in found)
    assert found.status is Status.OK and not found.failed
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()} == before


def test_a_new_workspace_is_well(root: Path) -> None:
    for folder in ("lake", "runs", "cache"):
        shutil.rmtree(root / folder)
    assert {row["name"]: row for row in doctor(root, now=NOW) if row["status"] != "ok"} == {}
    assert not list(root.glob(".spill-*"))


def test_a_check_that_raises_has_failed_and_no_other(root: Path) -> None:
    with patch.dict(examine.CHECKS, {"clock": lambda patient: 1 // 0}):
        found = doctor(root, now=NOW)
    assert found.failed == ("clock",)
    (row,) = (row for row in found if row["name"] == "clock")
    assert str(row["found"]).startswith("ZeroDivisionError: ")


def test_a_workspace_that_is_broken_in_every_way_is_examined(root: Path) -> None:
    (root / "duckbill.toml").write_text("[workspace\n")
    (root / "catalog" / "catalog.yml").write_text("customers: {")
    for log in (root / "lake").glob("*/_delta_log"):
        for path in log.iterdir():
            path.write_bytes(b"\x00" + path.read_bytes()[1:])
    found = doctor(root, now=NOW)
    assert {"configuration", "catalog", "delta_logs", "files", "clock"} <= set(found.failed)
    assert not {"python", "file_system", "memory", "time_zones"} & set(found.failed)
    assert not any("Traceback" in str(row["found"]) for row in found)


@pytest.mark.parametrize("name", ["nowhere", "empty", "file"])
def test_a_folder_that_is_no_workspace_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is not a workspace"):
        doctor(tmp_path / name)
    assert duckbill("doctor", "-w", tmp_path / name).code == 2


def test_the_command_tells_each_check_and_ends_with_one_only_for_a_failure(root: Path) -> None:
    well = duckbill("doctor", "-w", root, "--now", NOW)
    assert well.code == 0
    assert all(name in well.text for name in examine.CHECKS)
    assert "nothing is broken" in well.stderr
    # A clock that stands before the last landing is worth a look, and no more.
    assert duckbill("doctor", "-w", root, "--now", "2026-10-31").code == 0
    (root / "duckbill.toml").write_text("[workspace\n")
    ill = duckbill("doctor", "-w", root, "--now", NOW)
    assert ill.code == 1
    assert "1 check failed" in ill.stderr


def test_the_summary_is_one_line_of_json(root: Path) -> None:
    summary = duckbill("doctor", "-w", root, "--now", NOW, "-o", "json").json()
    assert (summary["schema_version"], summary["command"], summary["status"]) == (1, "doctor", "ok")
    checks = summary["checks"]
    assert isinstance(checks, list)
    assert [each["name"] for each in checks] == list(examine.CHECKS)
    assert all(each.keys() == {"name", "status", "found", "remedy"} for each in checks)
    assert json.dumps(summary)
