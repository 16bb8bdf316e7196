"""A workspace that is well, and copies of it to be made ill."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from engine.demo import init_workspace
from engine.doctor import examine
from engine.doctoring import doctor
from engine.workspace import Workspace

#: When the events of the workspace arrive, and when it is examined.
NOW = "2026-11-01T06:00:00Z"

#: Examines a workspace: the row of one check.
Checked = Callable[..., dict[str, object]]


@pytest.fixture(scope="session")
def _well(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("well") / "workspace"
    init_workspace(folder)
    workspace = Workspace(folder)
    workspace.land(folder / "events" / "events.ndjson", now=NOW)
    workspace.run("2026-10", now=NOW)
    return folder


@pytest.fixture
def root(_well: Path, tmp_path: Path) -> Path:
    """A workspace of the test's own, with a month landed and billed."""
    return Path(shutil.copytree(_well, tmp_path / "workspace"))


@pytest.fixture
def checked(root: Path) -> Checked:
    """Examines the test's workspace for one check."""

    def check(name: str, *, full: bool = False, now: str = NOW) -> dict[str, object]:
        with patch.dict(examine.CHECKS, {name: examine.CHECKS[name]}, clear=True):
            (row,) = doctor(root, full=full, now=now)
        return row

    return check


def events_of(root: Path) -> list[Path]:
    """The files of events."""
    return sorted((root / "lake" / "events").glob("date=*/*.parquet"))
