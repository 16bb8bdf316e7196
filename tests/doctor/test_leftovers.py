"""What nobody will read, and what is read in too many pieces."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from engine.clock import moment
from engine.doctor import small_files
from engine.maintaining import MIN_FILES
from engine.values.period import format_instant
from engine.workspace import Workspace
from tests.doctor.conftest import NOW, Checked


def test_what_was_left_long_ago_is_worth_a_look_and_vacuum_removes_it(root: Path, checked: Checked) -> None:
    for name in ("lake/.staging/events.parquet", "runs/.staging-0123456789abcdef/log.jsonl", ".spill-abcdefgh/x"):
        path = root / name
        path.parent.mkdir(parents=True)
        path.write_bytes(bytes(1000))
    soon, later = (format_instant(moment(None) + timedelta(days=days)) for days in (6, 8))
    assert "none of it for longer than 7 days" in str(checked("leftovers", now=soon)["found"])
    assert checked("leftovers", now=soon)["status"] == "ok"
    row = checked("leftovers", now=later)
    assert (row["status"], row["remedy"]) == ("warn", f"duckbill vacuum -w {root}")
    assert row["found"] == "3 leftovers (3 of unfinished) of 2 KiB, for longer than 7 days"
    Workspace(root).vacuum(now=later)
    assert checked("leftovers", now=later)["found"] == "nothing is left over"


def test_files_of_no_version_in_use_are_leftovers(root: Path, checked: Checked) -> None:
    workspace = Workspace(root)
    (root / "more.ndjson").write_text(json.dumps(event("2026-10-20", 1)))
    workspace.land(root / "more.ndjson", now=NOW)
    (replaced,) = (root / "lake" / "events").glob("date=2026-10-20/*.parquet")
    workspace.land([event("2026-10-20", 2)], now=NOW)
    workspace.compact(day="2026-10-20", min_files=2)
    assert replaced.exists()
    later = format_instant(moment(None) + timedelta(days=8))
    assert "of events" in str(checked("leftovers", now=later)["found"])


def test_many_small_files_of_a_day_are_worth_a_look_and_compact_removes_them(
    root: Path, checked: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(small_files, "MANY", 2)
    workspace = Workspace(root)
    for number in range(2):
        workspace.land([event("2026-10-20", number)], now=NOW)
    assert checked("small_files")["status"] == "ok"
    workspace.land([event("2026-10-20", 2)], now=NOW)
    row = checked("small_files")
    assert (row["status"], row["remedy"]) == ("warn", f"duckbill compact -w {root}")
    assert row["found"] == "1 day of events with more than 2 files; 2026-10-20 has 3"
    workspace.compact(min_files=2)
    assert checked("small_files")["status"] == "ok"


def test_what_is_worth_a_look_is_what_compact_compacts() -> None:
    assert small_files.MANY >= MIN_FILES


def event(day: str, number: int) -> dict[str, object]:
    return {
        "transaction_id": f"{day}-more-{number}",
        "customer_id": "acme",
        "event_type": "llm_request",
        "timestamp": f"{day}T00:00:{number:02d}Z",
        "properties": {"model": "large"},
    }
