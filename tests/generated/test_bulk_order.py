"""Neither the order in which things are written nor the machine changes a bill."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from engine.runs import Run
from tests.generated.bulk.billed import run
from tests.generated.bulk.shuffled import shuffle
from tests.generated.bulk.workspace import bulk

SEEDS = range(6000, 6000 + int(os.environ.get("DUCKBILL_BULK_ORDER", "1")))
_MARKETS = tuple(range(10))
_OUTPUTS = ("line_items", "invoices", "unrated", "not_entitled", "parked")


def rows(finished: Run) -> dict[str, Counter[tuple[Any, ...]]]:
    """Every row of every output with all of its columns, ids included, whatever the order."""
    found: dict[str, Counter[tuple[Any, ...]]] = {}
    for name in _OUTPUTS:
        frame = getattr(finished, name).pl()
        found[name] = Counter(tuple(row.items()) for row in frame.to_dicts())
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_shuffled_files_give_the_same_rows(seed: int, tmp_path: Path) -> None:
    made = bulk(seed, tmp_path / "written", _MARKETS)
    other = bulk(seed, tmp_path / "shuffled", _MARKETS)
    shuffle(other, seed)
    files = [sorted(each.name for each in (one.folder / "catalog").rglob("*.json")) for one in (made, other)]
    assert files[0] != files[1]
    assert made.events.read_bytes() != other.events.read_bytes()
    wanted, found = rows(run(made)), rows(run(other))
    for name in _OUTPUTS:
        assert wanted[name], f"seed {seed} has no {name}"
        assert found[name] - wanted[name] == Counter(), f"seed {seed}, {name}"
        assert wanted[name] - found[name] == Counter(), f"seed {seed}, {name}"


@pytest.mark.parametrize("seed", SEEDS)
def test_threads_and_time_zone_change_no_byte(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    published = []
    for threads, zone in ((1, "UTC"), (8, "Asia/Kolkata")):
        made = bulk(seed, tmp_path / str(threads), _MARKETS[:3])
        settings = made.folder / "duckbill.toml"
        settings.write_text(f"{settings.read_text()}\n[engine]\nthreads = {threads}\n")
        with monkeypatch.context() as process:
            process.setenv("TZ", zone)
            time.tzset()
            run(made)
        time.tzset()
        # A published file is named by what is in it.
        files = (path for name in _OUTPUTS for path in (made.folder / "lake" / name).rglob("*.parquet"))
        published.append(sorted(path.name for path in files))
    assert len(published[0]) == len(_OUTPUTS)
    assert published[0] == published[1]
