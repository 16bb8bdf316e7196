"""A compacted workspace gives every answer that it gave before, and publishes the same bytes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from engine.events.table import EventTable
from engine.late_marks import LateMarks
from engine.standing import Standings
from engine.values.period import parse_period
from engine.workspace import Workspace
from tests.maintenance.story import AS_OF, LANDINGS, RUN_AT, answers, land, landed, lines
from tests.nights.shop import send

pytestmark = pytest.mark.long

OCTOBER = parse_period("2026-10")


@dataclass(frozen=True)
class Billed:
    """A workspace in which October was run, first of what had arrived by a time; not to be written to."""

    root: Path
    runs: tuple[str, str]
    answers: Mapping[str, object]


@pytest.fixture(scope="module")
def billed(tmp_path_factory: pytest.TempPathFactory) -> Billed:
    workspace = landed(tmp_path_factory.mktemp("billed") / "workspace")
    runs = (
        workspace.run("2026-10", now=RUN_AT, as_of=AS_OF).run_id,
        workspace.run("2026-10", now=RUN_AT).run_id,
    )
    return Billed(workspace.root, runs, answers(workspace, runs))


@pytest.fixture
def workspace(billed: Billed, tmp_path: Path) -> Workspace:
    """A copy of the test's own."""
    return Workspace(shutil.copytree(billed.root, tmp_path / "workspace"))


def outputs(workspace: Workspace, run_id: str) -> dict[str, str]:
    """The SHA-256 of each output of a run."""
    manifest = json.loads((workspace.root / "runs" / run_id / "manifest.json").read_text())
    found: dict[str, str] = manifest["outputs"]
    return found


def files(workspace: Workspace) -> int:
    """How many files the events lie in."""
    snapshot = EventTable(workspace.lake).snapshot()
    assert snapshot is not None
    return len(snapshot.files)


def test_every_answer_is_the_same(billed: Billed, workspace: Workspace) -> None:
    assert workspace.compact(min_files=2).files_before == 2 * LANDINGS and files(workspace) == 2
    # What is left of the files of before is needed for nothing.
    assert workspace.vacuum(now="2100-01-01").summary()["kinds"] == {"events": 2 * LANDINGS, "kept_readings": 1}
    again = workspace.run("2026-10", now=RUN_AT)
    assert (again.run_id, again.unchanged) == (billed.runs[1], True)
    found = answers(workspace, billed.runs)
    assert found.keys() == billed.answers.keys()
    assert {name for name in found if found[name] != billed.answers[name]} == set()
    assert all(found[name] for name in found if name != "late usage"), "every answer says something"
    assert workspace.reproduce(billed.runs[0]).differing == ()


def test_a_run_over_compacted_files_publishes_the_same_bytes(tmp_path: Path, billed: Billed) -> None:
    workspace = landed(tmp_path / "workspace")
    workspace.compact(min_files=2)
    assert workspace.run("2026-10", now=RUN_AT).run_id == billed.runs[1]
    assert outputs(workspace, billed.runs[1]) == outputs(Workspace(billed.root), billed.runs[1])


def test_runs_before_a_landing_and_a_compaction_are_reproduced_from_the_files_that_they_read(
    billed: Billed, workspace: Workspace
) -> None:
    workspace.compact(min_files=2)
    send(workspace, "acme", "2026-10-20T23", 400, arrived="2026-10-30T00")
    newer = workspace.run("2026-10", now=RUN_AT)
    assert newer.run_id not in billed.runs
    send(workspace, "acme", "2026-10-21T23", 2, arrived="2026-10-30T00")
    workspace.compact(min_files=2)
    workspace.vacuum(now="2100-01-01")
    assert files(workspace) == 2
    for run_id in (billed.runs[1], newer.run_id):
        assert workspace.reproduce(run_id).differing == ()
    assert {row["cause"] for row in workspace.diff(billed.runs[1], newer.run_id).causes} == {"late_events"}


def test_usage_that_is_late_for_final_invoices_is_the_same(workspace: Workspace) -> None:
    """Whatever was rewritten before or after it arrived: no other event is taken to be late."""
    marks = LateMarks(workspace.lake, workspace.config.invoices.late_usage)
    table = EventTable(workspace.lake)

    def night_looks() -> bool:
        """Whether a night would look for late usage of October."""
        snapshot = table.snapshot()
        assert snapshot is not None
        return Standings(workspace.root, workspace.catalog, snapshot, marks).of(OCTOBER).has_late_events

    assert len(workspace.finalize("2026-10", now="2026-11-05T00:00:00Z").finalized) == 3
    workspace.compact(min_files=2)
    assert list(workspace.late_usage()) == [] and not night_looks()
    send(workspace, "acme", "2026-10-20T22", 40, arrived="2026-11-06T00")
    workspace.compact(min_files=2)
    late = {
        (row["customer_name"], row["product_name"]): (row["late_events"], row["late_quantity"], row["late_amount"])
        for row in workspace.late_usage()
    }
    assert late == {("Acme", "Calls"): (1, Decimal(40), Decimal(400))} and night_looks()
    snapshot = table.snapshot()
    assert snapshot is not None
    marks.set("2026-10", snapshot.version)
    assert not night_looks()
    land(workspace, LANDINGS)
    marks.set("2026-10", snapshot.version + 1)
    workspace.compact(min_files=2)
    assert files(workspace) == 2 and night_looks()


def test_landing_goes_on_after_a_compaction(workspace: Workspace) -> None:
    workspace.compact(min_files=2)
    once = [each for n in range(LANDINGS) for each in lines(n) if not str(each["transaction_id"]).startswith("bad")]
    again = workspace.land(once, now="2026-10-28T00:00:00Z")
    assert (again.accepted, again.duplicate) == (0, again.read)
    land(workspace, LANDINGS)
    assert files(workspace) == 4
    workspace.compact(min_files=2)
    assert files(workspace) == 2
