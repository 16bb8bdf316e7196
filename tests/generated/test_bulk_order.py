"""The order in which things are written does not change a bill, where order has no meaning."""

from __future__ import annotations

import os
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
