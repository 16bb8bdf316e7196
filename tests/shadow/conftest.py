"""Scenarios that are billed and exported once, for the tests that only read them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.shadow.exported import Exported, exported_scenario


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Exported]:
    """Gives a bundled scenario, billed in a workspace, and its export."""

    @cache
    def made(name: str) -> Exported:
        folder: Path = tmp_path_factory.mktemp("exported")
        return exported_scenario(name, folder)

    return made
