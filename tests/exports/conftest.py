"""Workspaces that are billed once; exports change nothing in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.exporting import Export, Exporting
from tests.exports.books import BOTH, books, exporting
from tests.reconcile.reconciled import bill


@pytest.fixture(scope="session")
def booked(tmp_path_factory: pytest.TempPathFactory) -> Exporting:
    """The workspace of `books`."""
    return exporting(books(tmp_path_factory.mktemp("books") / "workspace"))


@pytest.fixture(scope="session")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Exporting:
    """The scenario `agreements`: tiers, overrides, shares, seats, discounts, pricing units, parents and children."""
    return exporting(bill("agreements", tmp_path_factory.mktemp("agreements") / "workspace"))


@pytest.fixture(scope="session")
def focus(booked: Exporting, tmp_path_factory: pytest.TempPathFactory) -> Export:
    """A FOCUS export of the books of both months, in a folder that is not to be written to."""
    return booked.export_focus(BOTH, out=tmp_path_factory.mktemp("focus") / "written", sub_account="region")


@pytest.fixture(scope="session")
def focus_folder(focus: Export) -> Path:
    """Where that is."""
    assert focus.folder is not None
    return focus.folder


@pytest.fixture(scope="session")
def agreed_focus(agreed: Exporting) -> Export:
    """The scenario as FOCUS, in memory alone, with regions as sub accounts."""
    return agreed.export_focus("2026-10", sub_account="region", issuer="Duck Ltd")


@pytest.fixture(scope="session")
def revenue(booked: Exporting, tmp_path_factory: pytest.TempPathFactory) -> Export:
    """The revenue of the books of both months, in a folder."""
    return booked.export_revenue(BOTH, out=tmp_path_factory.mktemp("revenue") / "written")
