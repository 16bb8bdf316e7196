"""The engine against the oracle on thousands of small contracts, five hundred in one workspace.

Two workspaces by default; `DUCKBILL_BULK=1000` bills that many, and `DUCKBILL_BULK=812:813` those seeds. A failure
names the seed, each contract and the rows that differ. `bulk(812, directory, (7,))` writes market 7 of that seed
alone, which is where contracts called `m07-...` are.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.generated.bulk.billed import bills, check, expected, run
from tests.generated.bulk.workspace import bulk


def seeds() -> range:
    first, _, last = os.environ.get("DUCKBILL_BULK", "2").rpartition(":")
    return range(int(first or 0), int(last))


@pytest.mark.long
@pytest.mark.parametrize("seed", seeds())
def test_engine_equals_oracle_in_bulk(seed: int, tmp_path: Path) -> None:
    made = bulk(seed, tmp_path)
    check(made, expected(made, bills(made)), run(made))
