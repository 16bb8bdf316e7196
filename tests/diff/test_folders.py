"""What two catalogs bill over the same events."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import engine
from engine.errors import CatalogError, UserError
from tests.cli.command import duckbill
from tests.diff.shop import OCTOBER, Sections, change, contract
from tests.spec.workspaces import check


def test_a_folder_with_another_catalog(october: Path, tmp_path: Path) -> None:
    """Over the events and balances of the workspace; nobody else's bills change, and nothing is published."""
    other = tmp_path / "cheaper"
    shutil.copytree(october / "catalog", other / "catalog")

    def cheaper(sections: Sections) -> None:
        contract(sections, "bobs")["overrides"][0]["multiplier"] = 0.5

    change(other, cheaper)
    before = sorted(october.rglob("*"))
    found = engine.open(october).diff(october, other, period=OCTOBER)
    assert sorted(october.rglob("*")) == before
    check(
        """
        | customer name | line name | cause    | amount before | amount after | difference |
        | Bob           | Words     | override | 160           | 100          | -60        |
        """,
        found.changes,
    )
    assert (found.before, found.after, found.period) == (str(october), str(other), OCTOBER)


def test_folders_that_hold_no_catalog(october: Path, tmp_path: Path) -> None:
    workspace = engine.open(october)
    with pytest.raises(
        UserError, match="empty holds no folder named catalog; name a workspace, or a folder that holds"
    ):
        (tmp_path / "empty").mkdir()
        workspace.diff(october, tmp_path / "empty", period=OCTOBER)
    with pytest.raises(UserError, match="nowhere is no folder"):
        workspace.diff(october, tmp_path / "nowhere", period=OCTOBER)
    with pytest.raises(UserError, match=f"name the folder that it is in: {october}"):
        workspace.diff(october, october / "catalog", period=OCTOBER)
    (tmp_path / "wrong" / "catalog").mkdir(parents=True)
    (tmp_path / "wrong" / "catalog" / "shop.yml").write_text("custmers: []\n", encoding="utf-8")
    with pytest.raises(CatalogError, match=f"{tmp_path}/wrong/catalog/shop.yml:1:1: .*did you mean 'customers'"):
        workspace.diff(october, tmp_path / "wrong", period=OCTOBER)


def test_folders_without_a_period(october: Path) -> None:
    failed = duckbill("diff", october, october, "-w", october)
    assert (failed.code, failed.text) == (2, "")
    assert failed.stderr == f"duckbill: {october} is a folder; to compare what two catalogs bill, name a --period\n"
