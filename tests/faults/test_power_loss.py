"""Whatever a power cut leaves on the disk: what was promised is there, and what was not is not there by halves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import programs
from tests.faults.disk import Disk, Remains
from tests.faults.forked import Forked
from tests.faults.power import cuts, power, record
from tests.faults.programs import CONTENT

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def forked() -> Iterator[Forked]:
    """Children that have the fault library."""
    with Forked() as server:
        yield server


@pytest.mark.parametrize(
    ("program", "is_caught"),
    [
        ("careful", False),
        ("content_forgotten", True),
        ("name_forgotten", True),
        ("folder_forgotten", True),
        ("promised_too_early", True),
    ],
)
def test_a_program_that_forgets_a_sync_is_caught(program: str, is_caught: bool, forked: Forked, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    disk = Disk(root)
    calls = record(f"{programs.__name__}:{program}", root, tmp_path, forked)
    broken = [cut for cut in cuts(disk, calls, seed=1) if cut.promised and _bill(cut.remains) != CONTENT]
    assert bool(broken) is is_caught
    assert all(cut.lost != "nothing" for cut in broken)


def test_the_record_leads_to_the_files_that_are_there(forked: Forked, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    disk = Disk(root)
    for call in record(f"{programs.__name__}:many_calls", root, tmp_path, forked):
        disk.follow(call)
    remains = tmp_path / "remains"
    disk.after_nothing_lost().write(remains)
    assert _listed(remains) == _listed(root)
    assert os.path.samefile(remains / "kept", remains / "deep" / "linked")


@pytest.mark.parametrize(("work", "points", "further"), [("land", 60, 6), ("run", 12, 1)])
def test_nothing_promised_is_lost_and_nothing_is_half_there(work: str, points: int, further: int) -> None:
    (found,) = power(seed=8, count=points, names=[work], go_on_from=further)
    print(found)
    assert not found.failures, "\n".join(found.failures)
    assert found.states > points / 2 and found.redone == further


def _bill(remains: Remains) -> bytes | None:
    """The content of the bill that is left, None when it is not."""
    number = remains.top
    for name in ("new", "folder", "bill"):
        if name not in remains.names.get(number, {}):
            return None
        number = remains.names[number][name]
    return remains.contents[number]


def _listed(folder: Path) -> dict[str, bytes | None]:
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}
