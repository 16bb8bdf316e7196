"""Billed workspaces that the tests of explanations share; not to be written to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import engine
from engine.workspace import Workspace
from tests.fixtures.scenario import FIXTURES


def billed(scenario: str, folder: Path, last: str | None = None) -> Workspace:
    """A bundled scenario, landed and billed in `folder`, only until the month `last` when that is given."""
    shutil.copytree(FIXTURES / scenario, folder)
    workspace = engine.open(folder)
    planned = workspace.config.demo
    assert planned is not None
    workspace.land_files([str(path) for path in sorted((folder / "events").iterdir())], now=planned.now)
    workspace.run_through(planned.period, last or planned.through or planned.period, now=planned.now)
    return workspace


@pytest.fixture(scope="session")
def agreements(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """One of everything that a contract can hold, without balances."""
    return billed("agreements", tmp_path_factory.mktemp("agreements") / "workspace")


@pytest.fixture(scope="session")
def widgets(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Four months of three contracts with commits and credits."""
    return billed("widgets-express", tmp_path_factory.mktemp("widgets") / "workspace", "2025-02")


@pytest.fixture(scope="session")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Prices by model and region, quantities that are converted, a SQL metric."""
    return billed("api-quickstart", tmp_path_factory.mktemp("quickstart") / "workspace")
