"""How the tests are shared out among processes, and what none of them waits for."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests begin first, so that no process is left with one at the end; what a file sets up is set up once.

    With `--dist loadgroup` a file's tests stay together, but for a test marked `long` by itself, which goes alone.
    """
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    for item in items:
        alone = any(mark.name == "long" for mark in item.own_markers)
        item.add_marker(pytest.mark.xdist_group(item.nodeid if alone else item.location[0]))


@pytest.fixture(autouse=True, scope="session")
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Files that nobody reads after a power cut need not be on the disk; nothing that is tested can tell."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield
