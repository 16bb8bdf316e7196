"""Catalogs with one thing wrong are refused, at the place of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import engine
from engine.errors import CatalogError
from tests.generated.refused import FAULTS, refused
from tests.generated.refused_terms import TERM_FAULTS, refused_terms

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


def test_the_terms_without_a_fault_are_accepted(tmp_path: Path) -> None:
    refused_terms("sound", 0, tmp_path)
    assert engine.open(tmp_path / "workspace").validate() == ()


@pytest.mark.parametrize("fault", TERM_FAULTS)
def test_a_fault_of_terms_is_refused(fault: str, tmp_path: Path) -> None:
    mark = refused_terms(fault, 0, tmp_path)
    problems = engine.open(tmp_path / "workspace").validate()
    assert problems
    assert {problem.file for problem in problems} == {"catalog/extra.yml"}, problems
    lines = (tmp_path / "workspace" / "catalog" / "extra.yml").read_text(encoding="utf-8").splitlines()
    places = [lines[problem.line - 1] for problem in problems]
    assert any(mark in place for place in places), (mark, places, problems)
    assert all(problem.what and problem.remedy for problem in problems), problems
