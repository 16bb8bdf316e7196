"""Workspaces that the tests of the command line share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.command import NOW, duckbill


@pytest.fixture(scope="session")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace as `duckbill init` makes it; not to be written to."""
    folder = tmp_path_factory.mktemp("starter") / "workspace"
    assert duckbill("init", folder).code == 0
    return folder


@pytest.fixture(scope="session")
def billed(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter workspace with its events landed and October billed; not to be written to."""
    folder = tmp_path_factory.mktemp("billed") / "workspace"
    shutil.copytree(starter, folder)
    events = folder / "events" / "events.ndjson"
    assert duckbill("land", events, "-w", folder, "--now", NOW).code == 0
    assert duckbill("run", "-p", "2026-10", "-w", folder, "--now", NOW).code == 0
    return folder


@pytest.fixture
def fresh(starter: Path, tmp_path: Path) -> Path:
    """A starter workspace of the test's own."""
    return Path(shutil.copytree(starter, tmp_path / "workspace"))


@pytest.fixture
def copy(billed: Path, tmp_path: Path) -> Path:
    """A billed workspace of the test's own."""
    return Path(shutil.copytree(billed, tmp_path / "workspace"))
