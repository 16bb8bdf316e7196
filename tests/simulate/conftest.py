"""A landed workspace that all tests share, which none of them may write to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulate import shop


@pytest.fixture(scope="session")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Events of everybody, nothing billed."""
    return shop.landed(tmp_path_factory.mktemp("simulate") / "landed")
