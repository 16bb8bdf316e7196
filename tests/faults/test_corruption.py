"""Damage anywhere in the lake or in a run's folder is found before an invoice is published."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.faults.corruption import KINDS, corrupt

SEED = 8
TRIALS = 200
#: After how many of them the next file is landed, run and finalized; the long run does so after each.
PUBLICATIONS = 6

pytestmark = pytest.mark.long


def test_every_damage_is_found_and_none_is_published(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR, "duckbill")
    counts = corrupt(SEED, TRIALS, PUBLICATIONS, tmp_path)
    print(counts)
    assert counts.problems == []
    assert counts.found == counts.trials == TRIALS
    assert set(counts.by_kind) == set(KINDS)
    assert set(counts.by_how) == {"flipped", "truncated", "deleted", "replaced", "foreign"}
    assert counts.refused + counts.identical == counts.publications == PUBLICATIONS
    # Both happen: what a run needs is refused, what it does not need, or makes again, changes nothing.
    assert counts.refused and counts.identical
    assert counts.parquet_flips > counts.unnoticed_by_duckdb > 0, "DuckDB alone would have answered from damaged files"
