"""Workspaces that are billed once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.workspace import Workspace
from tests.invoice_life.shop import ANN_AND_BOB, shop, use

#: What ends an October of which every test has the drafts.
MORNING = "2026-11-01T06:00:00Z"

Billed = Callable[..., Workspace]


@pytest.fixture(scope="session")
def _billed_once(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Path]:
    return {}


@pytest.fixture
def billed(
    _billed_once: dict[tuple[str, ...], Path], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Billed:
    """Makes a workspace of the test's own with events landed and months billed, as drafts."""

    def make(
        events: str, who: str = ANN_AND_BOB, settings: str = "", first: str = "2026-10", last: str = "2026-10"
    ) -> Workspace:
        key = (events, who, settings, first, last)
        if key not in _billed_once:
            folder = tmp_path_factory.mktemp("billed") / "workspace"
            workspace = shop(folder, who, settings)
            use(workspace, events)
            workspace.run_through(first, last, now=MORNING)
            _billed_once[key] = folder
        return Workspace(shutil.copytree(_billed_once[key], tmp_path / "workspace"))

    return make
