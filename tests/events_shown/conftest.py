"""Shops that tests look at, and shops of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.workspace import Workspace
from tests.events_shown.shop import make_shop


@pytest.fixture
def shop(tmp_path: Path) -> Workspace:
    """A workspace of the test's own in which nothing has landed."""
    return make_shop(tmp_path / "shop")
