"""Landing and billing in less memory than the events take: they spill, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.memory import memory

pytestmark = pytest.mark.long

EVENTS = 600_000
LIMIT = "128MiB"
#: What a process may hold: the limit, and some 400 MiB of libraries and of chunks on their way that nobody counts.
MOST_MIB = 600


def test_more_events_than_memory_land_and_are_billed(tmp_path: Path) -> None:
    found = memory(tmp_path, events=EVENTS, files=1, limit=LIMIT, customers=200)
    print(found)
    assert found.accepted == EVENTS
    assert found.billed == found.expected
    assert len(found.expected) == 4
    assert found.landing.spilled_mib > 20
    assert found.landing.peak_mib <= MOST_MIB
    assert found.billing.peak_mib <= MOST_MIB
    assert not found.debris
