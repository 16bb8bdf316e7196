"""A workspace with landed events, and copies of it for tests that run billing periods."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.demo import init_workspace
from engine.workspace import Workspace

NOW = "2026-11-01T06:00:00Z"


@pytest.fixture(scope="session")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter workspace with its events; not to be written to."""
    folder = tmp_path_factory.mktemp("landed") / "workspace"
    init_workspace(folder)
    Workspace(folder).land(folder / "events" / "events.ndjson", now=NOW)
    return folder


@pytest.fixture
def workspace(landed: Path, tmp_path: Path) -> Workspace:
    """A landed workspace of the test's own, with nothing billed."""
    return Workspace(shutil.copytree(landed, tmp_path / "workspace"))
