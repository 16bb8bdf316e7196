"""Vacuum removes what nothing refers to and nobody needed for a while, and never anything else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.errors import CorruptFileError, UserError, WorkspaceBusyError
from engine.events.table import EventTable
from engine.leftovers import leftovers
from engine.lock import exclusive
from engine.vacuum import Vacuum
from engine.workspace import Workspace
from tests.cli.command import duckbill
from tests.nights.shop import send, shop

RUN_AT = "2026-10-05T02:00:00Z"
#: Long after everything in these tests was written, by the clock of the machine.
LATER = "2100-01-01T00:00:00Z"
AGO = timedelta(days=8).total_seconds()
HASH = "0" * 64


@pytest.fixture(scope="module")
def billed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """September run after each of two landings; not to be written to."""
    workspace = shop(tmp_path_factory.mktemp("billed") / "workspace")
    for hour in (10, 11):
        send(workspace, "acme", f"2026-09-10T{hour}", 200)
        workspace.run("2026-09", now=RUN_AT)
    return workspace.root


@pytest.fixture
def workspace(billed: Path, tmp_path: Path) -> Workspace:
    """A copy of the test's own; its files are as old as the original's."""
    return Workspace(shutil.copytree(billed, tmp_path / "workspace"))


def removed(done: Vacuum) -> list[str]:
    return sorted(str(each.path) for each in done.removed)


def files(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file()}


def aged(paths: Iterable[Path]) -> None:
    """Makes files and folders a little more than a week old."""
    now = datetime.now(UTC).timestamp()
    for path in sorted(paths, reverse=True):
        os.utime(path, (now - AGO, now - AGO))


def put(root: Path, *names: str) -> list[Path]:
    """New files with these names in a workspace."""
    paths = [root / name for name in names]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"some bytes")
    return paths


#: What killed processes leave, by place and name.
LEFT = (
    "lake/.staging/2026-09-10.parquet",
    "lake/.staged-late_usage_seen.json",
    "lake/.spill-doctor-0123/probe",
    "lake/events/.unfinished-checkpoint/_delta_log/00000000000000000000.json",
    f"lake/events/date=2026-09-10/{HASH}.parquet",
    f"lake/events/date=2026-08-01/{HASH}.parquet",
    "lake/invoices/billing_period=2026-09/run_id=0123456789abcdef/.staged-invoices.parquet",
    "lake/invoices/billing_period=2026-09/run_id=0123456789abcdef/tmp_.staged-invoices.parquet",
    f"lake/ledger/billing_period=2026-09/run_id=0123456789abcdef/{HASH}.parquet",
    "runs/.staging-0123456789abcdef/sql/metric.sql",
    "runs/.spill-0123456789abcdef/duckdb_temp_storage_DEFAULT-0.tmp",
    ".spill-0a1b2c3d/duckdb_temp_storage_DEFAULT-0.tmp",
    ".diff-abcdefg_/compared/x",
    ".reproduce-abcdefgh/lake/invoices/x.parquet",
    ".simulate-abcdefgh/x",
    ".export-abcdefgh/x",
    f"cache/readings/2026-09.{HASH}.parquet",
    "cache/readings/.2026-09.140012345678.parquet",
)

#: What is not ours, however much it looks like it.
FOREIGN = (
    "notes.txt",
    ".env",
    ".spill-mine/x",
    ".spill-ABCDEFGH/x",
    "catalog/.staging/x.yml",
    "events/.staged-x",
    "lake/README",
    f"lake/{HASH}.parquet",
    f"lake/events/{HASH}.parquet",
    f"lake/events/date=2026-09/{HASH}.parquet",
    "lake/events/date=2026-09-10/mine.parquet",
    f"lake/events/date=2026-09-10/{HASH[:-1]}.parquet",
    f"lake/events/date=2026-09-10/{HASH}.parquet.bak",
    f"lake/mine/billing_period=2026-09/run_id=0123456789abcdef/{HASH}.parquet",
    f"lake/invoices/billing_period=2026-09/{HASH}.parquet",
    "lake/invoices/billing_period=2026-09/run_id=0123456789abcdef/notes.parquet",
    "runs/.staging-mine/x",
    "runs/mine/notes.txt",
    "cache/readings/2026-09.parquet",
    f"cache/readings/{HASH}.parquet",
    "cache/mine.parquet",
)


def test_what_killed_processes_left_goes_and_what_is_not_ours_stays(workspace: Workspace) -> None:
    before = files(workspace.root)
    left = put(workspace.root, *LEFT)
    foreign = put(workspace.root, *FOREIGN)
    ours = [path for path in (workspace.root / "cache" / "readings").iterdir() if path not in (*left, *foreign)]
    aged(path for path in workspace.root.rglob("*") if path not in before)
    told = workspace.vacuum(dry_run=True)
    assert told.dry_run and files(workspace.root) >= {*before, *left, *foreign}
    done = workspace.vacuum()
    assert (done.removed, done.bytes_freed) == (told.removed, told.bytes_freed)
    assert files(workspace.root) == (before | set(foreign)) and set(ours) <= before
    assert done.bytes_freed == 10 * len(LEFT) and len(done.removed) == len(LEFT)
    assert workspace.vacuum().removed == ()
    for folder in ("lake/.staging", "lake/events/date=2026-08-01", "runs/.staging-0123456789abcdef", ".diff-abcdefg_"):
        assert not (workspace.root / folder).exists()
    assert [finding.kind for finding in workspace.verify() if finding.path not in foreign] == []


def test_what_is_younger_stays(workspace: Workspace) -> None:
    put(workspace.root, *LEFT)
    before = files(workspace.root)
    assert workspace.vacuum().removed == ()
    # A folder is as young as the youngest of what is in it.
    staging = workspace.root / "runs" / ".staging-0123456789abcdef"
    aged([staging, staging / "sql"])
    assert workspace.vacuum().removed == () and files(workspace.root) == before
    assert removed(workspace.vacuum(timedelta(0), dry_run=True)) == removed(workspace.vacuum(now=LATER, dry_run=True))
    assert len(workspace.vacuum(timedelta(0)).removed) == len(LEFT) + 1, "and the readings of the run itself"


def test_a_record_that_was_set_aside_stays_until_another_is_in_its_place(workspace: Workspace) -> None:
    (first, *_) = sorted(path for path in (workspace.root / "runs").iterdir())
    aside = first.with_name(f".replaced-{first.name}")
    first.rename(aside)
    assert not [each for each in workspace.vacuum(now=LATER).removed if each.path.parts[0] == "runs"]
    shutil.copytree(aside, first)
    assert f"runs/{aside.name}" in removed(workspace.vacuum(now=LATER)) and first.exists()


def test_files_that_two_names_stand_for_are_freed_with_the_last(workspace: Workspace) -> None:
    folder = workspace.lake / "ledger" / "billing_period=2026-09"
    (one,) = put(folder, f"run_id=0123456789abcdef/{HASH}.parquet")
    (folder / "run_id=fedcba9876543210").mkdir()
    (folder / "run_id=fedcba9876543210" / one.name).hardlink_to(one)
    freed = {str(each.path.parent.name): each.bytes for each in workspace.vacuum(now=LATER).removed}
    assert (freed["run_id=0123456789abcdef"], freed["run_id=fedcba9876543210"]) == (0, 10)


def test_every_recorded_run_is_kept_whole(workspace: Workspace) -> None:
    runs = sorted(path.name for path in (workspace.root / "runs").iterdir())
    assert len(runs) == 2
    workspace.compact(min_files=2)
    before = {path for path in files(workspace.lake) if "date=" not in str(path)}
    done = workspace.vacuum(now=LATER)
    # The first run saw one of two events: its file stays although the newest version has another in its place.
    assert done.summary()["kinds"] == {"events": 1, "kept_readings": 1}
    assert {path for path in files(workspace.lake) if "date=" not in str(path)} == before
    for run_id in runs:
        assert workspace.reproduce(run_id).differing == ()
    assert workspace.verify() == []
    assert workspace.run("2026-09", now=RUN_AT).unchanged


def test_a_version_that_no_run_recorded_is_gone_and_that_is_told(workspace: Workspace) -> None:
    for hour in (12, 13):
        send(workspace, "acme", f"2026-09-10T{hour}", 1)
    table = EventTable(workspace.lake)
    versions = [version for version in range(9) if _has(table, version)]
    workspace.compact(min_files=2)
    workspace.vacuum(now=LATER)
    third = table.snapshot(versions[2])
    assert third is not None and len(third.files) == 3
    with pytest.raises(CorruptFileError, match=f"{third.files[0].path.name[:8]}.* missing"):
        third.check_files()
    for version in (versions[0], versions[1], versions[3]):
        snapshot = table.snapshot(version)
        assert snapshot is not None
        snapshot.check_files()


def _has(table: EventTable, version: int) -> bool:
    try:
        return table.snapshot(version) is not None
    except UserError:
        return False


def test_files_are_needed_until_they_are_replaced_however_old_they_are(workspace: Workspace) -> None:
    aged(path for path in workspace.lake.rglob("*.parquet"))
    workspace.compact(min_files=2)
    assert not [each for each in workspace.vacuum().removed if each.kind == "events"]
    (replaced,) = (each for each in leftovers(workspace.root) if each.kind == "events")
    assert datetime.now(UTC).replace(tzinfo=None) - replaced.needed_until < timedelta(hours=1)
    aged((workspace.lake / "events" / "_delta_log").iterdir())
    assert [each.kind for each in workspace.vacuum().removed if each.kind == "events"] == ["events"]


def test_outputs_of_runs_without_a_record_go_unless_they_are_published(workspace: Workspace) -> None:
    standing = workspace.outputs.published_run("2026-09")
    runs = workspace.root / "runs"
    for folder in list(runs.iterdir()):
        shutil.rmtree(folder)
    done = [each for each in workspace.vacuum(now=LATER).removed if each.kind == "outputs"]
    assert len(done) > 5 and not [each for each in done if f"run_id={standing}" in str(each.path)]
    assert {path.parent.name for path in workspace.lake.rglob("run_id=*/*.parquet")} == {f"run_id={standing}"}
    assert len(workspace.invoices("2026-09")) > 0


@pytest.mark.parametrize("damage", ["log", "manifest", "no manifest", "event file", "newer version", "marks"])
def test_nothing_is_removed_while_nobody_can_say_what_is_in_use(workspace: Workspace, damage: str) -> None:
    put(workspace.root, *LEFT)
    (manifest, *_) = sorted((workspace.root / "runs").glob("*/manifest.json"))
    (file, *_) = sorted((workspace.lake / "events").rglob("date=2026-09-10/[1-9a-f]*.parquet"))
    log = sorted((workspace.lake / "events" / "_delta_log").glob("*.json"))
    match damage:
        case "log":
            log[0].write_bytes(log[0].read_bytes().replace(b"2026-09-10", b"2026-09-11"))
            culprit = log[0].name
        case "manifest":
            manifest.write_bytes(manifest.read_bytes().replace(b"2026-09", b"2026-08"))
            culprit = str(manifest)
        case "no manifest":
            manifest.unlink()
            culprit = str(manifest)
        case "event file":
            file.unlink()
            culprit = file.name
        case "newer version":
            # The newest landing is cut off the log, which a head that is gone as well cannot tell.
            (workspace.lake / "events" / "_delta_log" / "_head.json").unlink()
            log[1].unlink()
            culprit = "lake/events"
        case _:
            (workspace.lake / "late_usage_seen.json").write_text("{")
            culprit = "late_usage_seen.json"
    before = files(workspace.root)
    with pytest.raises(CorruptFileError, match=culprit):
        workspace.vacuum(now=LATER)
    assert files(workspace.root) - {workspace.lake / ".lock", workspace.lake / ".lock.next"} == before - {
        workspace.lake / ".lock",
        workspace.lake / ".lock.next",
    }


def test_another_process_that_writes(workspace: Workspace) -> None:
    with exclusive(workspace.lake):
        with pytest.raises(WorkspaceBusyError):
            workspace.vacuum()
        with pytest.raises(WorkspaceBusyError):
            workspace.compact()


def test_times_that_make_no_sense(workspace: Workspace) -> None:
    with pytest.raises(UserError, match="below zero"):
        workspace.vacuum(timedelta(days=-1))
    with pytest.raises(UserError, match="so long ago"):
        workspace.vacuum(timedelta(days=999_999))


def test_an_empty_workspace(tmp_path: Path) -> None:
    workspace = shop(tmp_path / "workspace")
    assert workspace.vacuum().removed == () and workspace.compact().days == ()


def test_the_command(workspace: Workspace) -> None:
    put(workspace.root, "lake/.staging/x")
    here = ("-w", workspace.root, "--now", LATER)
    told = duckbill("vacuum", *here, "--dry-run", "--older-than", "24h")
    assert told.code == 0 and "lake/.staging" in told.text and "2 leftovers would be removed" in told.stderr
    assert duckbill("vacuum", *here, "--dry-run", "-o", "json").json()["status"] == "dry_run"
    done = duckbill("vacuum", *here, "-o", "json").json()
    assert (done["status"], done["removed"], done["kinds"]) == (
        "vacuumed",
        2,
        {"kept_readings": 1, "unfinished": 1},
    )
    again = duckbill("vacuum", *here, "-o", "json").json()
    assert (again["status"], again["removed"], again["bytes_freed"]) == ("unchanged", 0, 0)
    for age in ("7", "d", "7w", "-1d", "1.5h", "٧d"):
        assert duckbill("vacuum", *here, "--older-than", age).code == 2, age


def test_the_compact_command(workspace: Workspace) -> None:
    here = ("compact", "-w", workspace.root)
    assert "no day has 8 files or more" in duckbill(*here).stderr
    assert duckbill(*here, "-o", "json").json()["status"] == "unchanged"
    for where in (("--period", "2026-10"), ("--date", "2026-09-11"), ("--min-files", "3")):
        assert duckbill(*here, "--min-files", "2", *where, "-o", "json").json()["days"] == [], where
    done = duckbill(*here, "--min-files", "2", "--period", "2026-09", "-o", "json").json()
    assert (done["days"], done["files_before"], done["files_after"], done["events"]) == (["2026-09-10"], 2, 1, 2)
    send(workspace, "acme", "2026-09-10T12", 1)
    shown = duckbill(*here, "--min-files", "2", "--date", "2026-09-10")
    assert shown.text.split()[:7] == ["date", "files", "events", "bytes_before", "bytes_after", "2026-09-10", "2"]
    assert "2 files became 1" in shown.stderr
    for wrong in (("--min-files", "1"), ("--date", "x"), ("--period", "x"), ("--date", "2026-09-10", "-p", "2026-09")):
        assert duckbill(*here, *wrong).code == 2, wrong
