"""Workspaces that earlier versions of duckbill have left are opened, gone on with, and migrated; newer ones refused."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import patch

import pytest
from deltalake import DeltaTable

from engine import migrating
from engine.doctoring import doctor
from engine.errors import UserError
from engine.events.delta_check import check_log
from engine.events.delta_log import read_head
from engine.events.table import EventTable
from engine.migrating import Migrating
from engine.run_folder import recorded_inputs
from engine.stored_versions import tables_of
from engine.values.schema_versions import TABLES, SchemaVersions
from engine.version import VERSION
from engine.workspace import Workspace
from tests.cli.command import duckbill
from tests.versions.make_workspace import BILLED, BILLED_LATER, go_on, published_text
from tests.versions.newer import table_of_version
from tests.versions.unpacked import HERE, expected_text, unpack

VERSIONS = sorted(path.name.removesuffix(".tar.gz") for path in HERE.glob("*.tar.gz"))

#: When the workspaces were left.
LEFT = "2026-11-01T07:00:00Z"


@pytest.fixture(params=VERSIONS)
def name(request: pytest.FixtureRequest) -> str:
    """Each version of which a workspace is kept."""
    return str(request.param)


@pytest.fixture
def old(name: str, tmp_path: Path) -> Workspace:
    """The workspace that this version has left."""
    return unpack(name, tmp_path / "workspace")


def migrated(old: Workspace) -> Migrating:
    workspace = Migrating(old.root)
    workspace.migrate()
    return workspace


def engine_of(workspace: Workspace, period: str) -> str:
    """The version of duckbill that computed what is published of a billing period."""
    inputs = recorded_inputs(workspace.root / "runs" / workspace.outputs.published_runs()[period])
    assert inputs is not None
    return str(inputs["engine"])


def texts_of_files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_workspace_of_every_schema_version_is_kept() -> None:
    assert [f"version{number}" for number in range(TABLES.oldest, TABLES.current + 1)] == VERSIONS


def test_the_archives_are_small() -> None:
    assert all((HERE / f"{name}.tar.gz").stat().st_size <= 300 * 1024 for name in VERSIONS)


def test_it_is_sound(old: Workspace) -> None:
    assert [finding for finding in old.verify() if finding.kind != "orphan"] == []
    found = doctor(old.root, now=LEFT, full=True)
    assert found.failed == ()
    assert {row["name"] for row in found if row["status"] == "warn"} <= {"schema_versions"}


def test_what_is_published_is_read_to_the_last_digit(name: str, old: Workspace) -> None:
    assert published_text(old.root, BILLED) == expected_text(name)


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "first"), [*((name, "as it is") for name in VERSIONS), *((name, "migrated") for name in VERSIONS[:-1])]
)
def test_it_is_gone_on_with_as_its_own_version_would(name: str, tmp_path: Path, first: str) -> None:
    """More events and a duplicate of an old one, balances that go on, drafts that become final."""
    old = unpack(name, tmp_path / "workspace")
    if first == "migrated":
        migrated(old)
    go_on(old.root)
    runs, found = published_text(old.root, BILLED_LATER).split("\n", 1)
    expected_runs, expected = expected_text(f"{name}-later").split("\n", 1)
    assert found == expected
    # The version of the events is part of a run's id, and migrating has made one.
    if first == "as it is":
        assert (runs == expected_runs) == (engine_of(old, "2026-10") == VERSION)
    assert [finding for finding in old.verify() if finding.kind != "orphan"] == []
    # What is written is of the present version: its log is sealed from there on.
    for table in ("events", "rejected_events", "invoices", "line_items"):
        assert read_head(old.lake / table) is not None


def test_running_it_again_does_nothing(old: Workspace) -> None:
    before = texts_of_files(old.root)
    assert old.run("2026-10", now=LEFT).unchanged == (engine_of(old, "2026-10") == VERSION)
    changed = {path for path, text in texts_of_files(old.root).items() if before.get(path) != text}
    assert changed <= {"lake/.lock", "lake/.lock.next", "lake/metric_definitions.json"}


def test_migrating_changes_no_run_and_no_digit(name: str, old: Workspace) -> None:
    versions = EventTable(old.lake).snapshot()
    records = {path: text for path, text in texts_of_files(old.root).items() if path.startswith("runs/")}
    workspace = Migrating(old.root)
    done = {row["name"]: (row["before"], row["after"]) for row in workspace.migrate().migrated}
    of_old_shape = {f"lake/{table.name}" for table in tables_of(old.lake)} | {
        "lake/metric_definitions.json",
        "lake/late_usage_seen.json",
    }
    assert done == (dict.fromkeys(of_old_shape, (1, 2)) if name == "version1" else {})
    assert published_text(old.root, BILLED) == expected_text(name)
    assert EventTable(old.lake).snapshot() == versions
    assert {path: text for path, text in texts_of_files(old.root).items() if path.startswith("runs/")} == records
    assert old.run("2026-10", now=LEFT).unchanged == (engine_of(old, "2026-10") == VERSION)
    before = texts_of_files(old.root)
    assert workspace.migrate().summary["status"] == "unchanged"
    assert texts_of_files(old.root) == before


def test_every_log_is_sealed_by_migrating(old: Workspace) -> None:
    workspace = migrated(old)
    for table in tables_of(workspace.lake):
        head = read_head(table)
        assert head is not None and head.schema_version == TABLES.current
        assert check_log(table) == []
        newest = max((table / "_delta_log").glob("0*.json"))
        newest.write_bytes(newest.read_bytes().replace(b"duckbill", b"duckbi11", 1))
        assert check_log(table) != []


@pytest.mark.parametrize("done", [0, 1, 6, 12])
def test_a_migration_that_was_cut_short_is_finished_by_doing_it_again(tmp_path: Path, done: int) -> None:
    """Ended between any two tables, the workspace is sound, and read as before."""
    old = unpack("version1", tmp_path / "workspace")
    tables = len(tables_of(old.lake))
    invoices = [old.invoices(period).arrow() for period in BILLED]
    known, left = migrating._migrate_table, [None] * done

    def cut_short(table: Path, delta: DeltaTable) -> None:
        left.pop()
        known(table, delta)

    with patch.object(migrating, "_migrate_table", cut_short), pytest.raises(IndexError):
        Migrating(old.root).migrate()
    assert doctor(old.root, now=LEFT).failed == ()
    assert [old.invoices(period).arrow() for period in BILLED] == invoices
    assert len(Migrating(old.root).migrate().migrated) == tables - done + 2
    assert [old.invoices(period).arrow() for period in BILLED] == invoices


@pytest.mark.parametrize("table", ["events", "rejected_events", "invoices", "ledger"])
@pytest.mark.parametrize("in_head", [True, False], ids=["told by the head", "told by the table alone"])
def test_a_newer_workspace_is_refused_and_stays_as_it_is(tmp_path: Path, table: str, in_head: bool) -> None:
    root = unpack(VERSIONS[-1], tmp_path / "workspace").root
    (root / "more.ndjson").write_text(json.dumps({"customer_id": "ann"}))
    table_of_version(root / "lake" / table, 3, in_head=in_head)
    before = texts_of_files(root)
    told = f"lake/{table} has schema version 3; this duckbill reads 1 and 2: install a newer duckbill"
    with pytest.raises(UserError) as refused:
        workspace = Workspace(root)
        # Whoever only needs other tables does not meet this one until it is opened.
        workspace.land(root / "more.ndjson", now=LEFT)
        workspace.run("2026-11", now=LEFT)
    assert str(refused.value).endswith(told)
    if in_head:
        assert texts_of_files(root) == before


@pytest.mark.parametrize(
    "name", ["lake/metric_definitions.json", "lake/late_usage_seen.json", "lake/events/_delta_log/_head.json"]
)
def test_newer_files_are_refused_when_the_workspace_is_opened(tmp_path: Path, name: str) -> None:
    root = migrated(unpack("version1", tmp_path / "workspace")).root
    path = root / name
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": 3}))
    with pytest.raises(UserError, match=r"has schema version 3; this duckbill reads 1 and 2: install a newer duckbill"):
        Workspace(root)


def test_the_command_tells_what_it_migrated(tmp_path: Path) -> None:
    root = unpack("version1", tmp_path / "workspace").root
    told = duckbill("migrate", "-w", root, "-o", "json").json()
    assert (told["schema_version"], told["command"], told["status"]) == (1, "migrate", "migrated")
    assert {"name": "lake/events", "before": 1, "after": 2} in list(told["migrated"])  # type: ignore[call-overload]
    again = duckbill("migrate", "-w", root)
    assert (again.code, again.text, again.stderr) == (0, "", "nothing is of an older duckbill\n")
    table_of_version(root / "lake" / "events", 3)
    refused = duckbill("migrate", "-w", root)
    assert (refused.code, "install a newer duckbill" in refused.stderr) == (2, True)


def test_the_last_run_of_it_is_computed_again_to_the_last_byte(old: Workspace) -> None:
    assert old.reproduce(old.outputs.published_runs()["2026-10"]).differing == ()


@pytest.mark.slow
def test_all_runs_of_the_oldest_are_computed_again_to_the_last_byte(tmp_path: Path) -> None:
    old = unpack(VERSIONS[0], tmp_path / "workspace")
    runs = [path.name for path in sorted((old.root / "runs").iterdir()) if path.is_dir()]
    assert len(runs) > len(BILLED)
    for run_id in runs:
        assert old.reproduce(run_id).differing == (), run_id


@pytest.mark.parametrize(
    ("reads", "said"),
    [(SchemaVersions(1, 1), "1"), (SchemaVersions(1, 2), "1 and 2"), (SchemaVersions(2, 4), "2, 3 and 4")],
)
def test_what_is_read_is_told_in_words(reads: SchemaVersions, said: str) -> None:
    assert str(reads) == said
    with pytest.raises(
        UserError, match=f"x has schema version 7; this duckbill reads {said}: install a newer duckbill"
    ):
        reads.check(7, "x")
    with pytest.raises(UserError, match=r"x has schema version 0.*it was never written by any duckbill"):
        reads.check(0, "x")
