"""Landings with compactions in between are the same landings without: the same verdicts, the same events."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.events.delta_check import check_log
from engine.events.land import LandingLimits
from engine.events.table import EventTable
from engine.events.verify import verify
from tests.events.conftest import Lake
from tests.maintenance.conftest import compact, rows_of

NOW = datetime(2026, 3, 20)
LIMITS = LandingLimits(past=timedelta(days=400), property_fields=4)

_NAMES = st.sampled_from(["a", "A", "b", "", "_", "a.b", "c", "d", "e"])
_VALUES = st.sampled_from(["", "1", "1.50", "1e3", "x", None, {"deep": [1, "2"]}])
_EVENTS: st.SearchStrategy[dict[str, object]] = st.fixed_dictionaries(
    {
        # Few ids, so that most meet one that has landed before.
        "transaction_id": st.integers(0, 30).map("t{}".format),
        "customer_id": st.sampled_from(["c0", "c1"]),
        "event_type": st.sampled_from(["call", "other"]),
        "timestamp": st.sampled_from(["2026-03-18T23:59:59.999999Z", "2026-03-19T00:00:00Z", "2026-03-19T12:00:00Z"]),
        "properties": st.dictionaries(_NAMES, _VALUES, max_size=3),
    }
)


#: Events, when they are landed, and whether that is followed by a compaction.
Sent = tuple[list[dict[str, object]], datetime, bool]


@st.composite
def landings(draw: st.DrawFn) -> list[Sent]:
    """What is landed at which time, and whether it is compacted then; arrivals lie up to 70 days apart."""
    found: list[Sent] = []
    now = NOW
    for _ in range(draw(st.integers(3, 5))):
        now += timedelta(days=draw(st.sampled_from([0, 1, 20, 34, 35])))
        found.append((draw(st.lists(_EVENTS, min_size=1, max_size=12)), now, draw(st.booleans())))
    return found


@contextmanager
def new_lake(folder: Path, name: str) -> Iterator[Lake]:
    with closing(duckdb.connect(config={"threads": 1})) as connection:
        connection.execute("SET TimeZone='UTC'")
        (folder / name).mkdir()
        yield Lake(folder / name / "lake", connection)


@given(landings())
@settings(max_examples=4, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
def test_compactions_in_between_change_nothing(sent: list[Sent]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with new_lake(folder, "plain") as plain, new_lake(folder, "compacted") as compacted:
            versions = []
            for number, (events, now, then_compacts) in enumerate(sent):
                # What the same bytes gave is told again, so that no two landings may be the same.
                lines = [json.dumps(each) for each in (*events, {"number": number})]
                without, with_ = (each.land_lines(*lines, now=now, limits=LIMITS) for each in (plain, compacted))
                assert (without.accepted, without.duplicates) == (with_.accepted, with_.duplicates)
                assert without.version is not None and with_.version is not None
                versions.append((without.version, with_.version))
                if then_compacts:
                    compact(compacted)
            assert plain.snapshot().profiles() == compacted.snapshot().profiles()
            # A batch is called after the number of the commit that it follows, and there are more of those.
            for one, other in versions:
                assert rows_of(plain, one, with_batch=False) == rows_of(compacted, other, with_batch=False)
            compact(compacted)
            assert len(compacted.snapshot().files) == len({file.date for file in compacted.snapshot().files})
            assert rows_of(plain, with_batch=False) == rows_of(compacted, with_batch=False)
            assert check_log(EventTable(compacted.folder).folder) == []
            assert [each for each in verify(EventTable(compacted.folder)) if each.kind != "orphan"] == []
