"""Processes that are killed lose nothing that they were promised, and leave nothing that is in anybody's way."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.workspace import Workspace
from tests.faults.journal import Journal
from tests.faults.kill_checks import Promised, check_end, check_events, check_published, vacuumed
from tests.faults.kills import kills
from tests.faults.offers import Offers
from tests.faults.shop import NOW, PERIOD, make_workspace

KILLS = 50


@pytest.mark.long
def test_kills_at_random_moments_lose_nothing_and_count_nothing_twice(tmp_path: Path) -> None:
    killed = kills(1, KILLS, tmp_path / "kills")
    print(killed)
    assert killed.kills == KILLS == killed.by_kind.total() == killed.by_phase.total()
    assert min(killed.by_kind[kind] for kind in ("land", "compact", "run")) > 0
    assert len(killed.by_way) == 4 and len(killed.by_phase) >= 4
    assert killed.landings > 10 and killed.events > 100 and killed.runs > 0 and killed.vacuumed.total() > 0


def test_what_is_lost_counted_twice_or_half_there_is_noticed(tmp_path: Path) -> None:
    workspace, offers = make_workspace(tmp_path / "workspace"), Offers(1)
    files = [offers.offer(number).written(tmp_path) for number in range(3)]
    landed = [workspace.land(file, now=NOW) for file in files[:2]]
    counts = ("read", "accepted", "duplicate", "rejected", "reasons", "duplicates", "batch_id", "version")
    landings = {n: {name: getattr(result, name) for name in counts} for n, result in enumerate(landed)}
    run_id = workspace.run(PERIOD, now=NOW).run_id
    told = Promised(landings, frozenset([run_id]))
    assert check_events(workspace.root, offers, told) == check_end(workspace.root, offers, told, 1)
    assert check_published(workspace.root) == run_id

    more = {**landings[1], "accepted": landings[1]["accepted"] + 1, "duplicate": landings[1]["duplicate"] - 1}
    for wrong in ({**landings, 2: landings[1]}, {**landings, 1: more}):
        with pytest.raises(AssertionError):
            check_events(workspace.root, offers, Promised(wrong, told.runs))
    with pytest.raises(AssertionError, match="nobody was told"):
        check_end(workspace.root, offers, Promised(landings, frozenset()), 1)
    manifest = workspace.root / "runs" / run_id / "manifest.json"
    manifest.rename(tmp_path / "manifest.json")
    with pytest.raises(AssertionError, match="its folder is not whole"):
        check_published(workspace.root)
    live = max((workspace.lake / "events").glob("date=*/*.parquet"))
    live.write_bytes(live.read_bytes()[::-1])
    with pytest.raises(AssertionError, match="does not hold what was committed"):
        check_events(workspace.root, offers, told)
    with pytest.raises(AssertionError):
        vacuumed(workspace.root)


def test_a_line_of_a_journal_that_was_cut_short_is_as_good_as_none(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.ndjson")
    assert journal.entries() == []
    journal.append({"file": 1})
    with (tmp_path / "journal.ndjson").open("ab") as file:
        file.write(b'{"file": 2')
    assert journal.entries() == [{"file": 1}]
    journal.append({"file": 3})
    assert Journal(tmp_path / "journal.ndjson").entries() == [{"file": 1}, {"file": 3}]


def test_a_lock_file_that_a_killed_process_left_is_in_nobodys_way(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path / "workspace")
    workspace.lake.mkdir()
    (workspace.lake / ".lock").write_text("process 1, since a killed process never said that it was done")
    assert workspace.land(Offers(1).offer(0).written(tmp_path), now=NOW).accepted > 0
    assert (workspace.lake / ".lock").read_text() == ""
    assert Workspace(workspace.root).run(PERIOD, now=NOW).run_id == check_published(workspace.root)
