"""Scenarios that are billed once and copied for each test that damages them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import engine
from tests.reconcile.reconciled import SCENARIOS, Billed, bill


@pytest.fixture(scope="session")
def _billed_scenarios(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {}


@pytest.fixture
def billed(_billed_scenarios: dict[str, Path], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Billed:
    """Gives a workspace of the test's own in which a scenario has been billed, and the last month of it."""

    def copied(name: str) -> tuple[engine.Workspace, str]:
        if name not in _billed_scenarios:
            _billed_scenarios[name] = bill(name, tmp_path_factory.mktemp("billed") / name)
        copy = shutil.copytree(_billed_scenarios[name], tmp_path / name)
        return engine.open(copy), SCENARIOS[name][2]

    return copied
