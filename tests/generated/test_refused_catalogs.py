"""Catalogs with one thing wrong in metric swaps, usage filters or `effective_from` are refused, at the place of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import engine
from engine.errors import CatalogError
from tests.generated.refused import FAULTS, refused

SEEDS = range(5000, 5003)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_catalog_without_a_fault_is_accepted(seed: int, tmp_path: Path) -> None:
    refused("sound", seed, tmp_path / "workspace")
    assert engine.open(tmp_path / "workspace").validate() == ()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_fault_is_refused(seed: int, fault: str, tmp_path: Path) -> None:
    refused(fault, seed, tmp_path / "workspace")
    workspace = engine.open(tmp_path / "workspace")
    problems = workspace.validate()
    assert {problem.file for problem in problems} == {"catalog/extra.yml"}
    assert all(problem.line > 0 and problem.what and problem.remedy for problem in problems), problems
    with pytest.raises(CatalogError):
        assert workspace.catalog
