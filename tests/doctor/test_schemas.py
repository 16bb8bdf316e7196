"""Schema versions: what is older can be migrated, what is newer is not read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.events.delta_log import HEAD, log_of
from engine.migrating import Migrating
from tests.doctor.conftest import Checked
from tests.versions.newer import table_of_version
from tests.versions.unpacked import unpack


def test_an_old_workspace_is_worth_a_look_until_it_is_migrated(root: Path, checked: Checked) -> None:
    unpack("version1", root)
    row = checked("schema_versions")
    assert (row["status"], row["remedy"]) == ("warn", f"duckbill migrate -w {root}")
    assert str(row["found"]).startswith("of an older duckbill: lake/alerts (1), lake/events (1), ")
    Migrating(root).migrate()
    row = checked("schema_versions")
    assert row["status"] == "ok"


@pytest.mark.parametrize("table", ["events", "line_items"])
def test_a_newer_table_fails(root: Path, checked: Checked, table: str) -> None:
    table_of_version(root / "lake" / table, 3)
    row = checked("schema_versions")
    assert (row["status"], row["remedy"]) == ("fail", "install a newer duckbill")
    assert row["found"] == f"lake/{table} has 3, where 1 and 2 can be read"


@pytest.mark.parametrize("name", ["lake/metric_definitions.json", "lake/invoices/_delta_log/_head.json"])
def test_a_newer_file_fails(root: Path, checked: Checked, name: str) -> None:
    path = root / name
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": 9}))
    assert "has 9, where 1 and 2 can be read" in str(checked("schema_versions")["found"])


def test_a_newer_record_of_a_run_fails(root: Path, checked: Checked) -> None:
    (path,) = (root / "runs").glob("*/manifest.json")
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": 3}))
    assert f"runs/{path.parent.name} has 3, where 1 and 2 can be read" in str(checked("schema_versions")["found"])


def test_what_cannot_be_read_is_told_by_other_checks(root: Path, checked: Checked) -> None:
    (log_of(root / "lake" / "events") / HEAD).write_text("{")
    assert checked("schema_versions")["status"] == "ok"
    assert checked("delta_logs")["status"] == "fail"
