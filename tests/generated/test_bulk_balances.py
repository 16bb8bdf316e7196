"""The engine against the oracle on thousands of small contracts with commits and credits, over two months each.

Eight workspaces of five hundred contracts by default; `DUCKBILL_BALANCES=1000` bills that many, and
`DUCKBILL_BALANCES=812:813` those seeds. A failure names the seed, each contract and the rows that differ, and prints
the first of these accounts as a catalog with its events. `python -m tests.generated.bulk_balances.one 812 7 --shrink`
bills market 7 of a seed alone (contracts called `m07-...`) and takes away what makes no difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.generated.bulk_balances.billed import check
from tests.generated.bulk_balances.workspace import bulk


def seeds() -> range:
    first, _, last = os.environ.get("DUCKBILL_BALANCES", "8").rpartition(":")
    return range(int(first or 0), int(last))


@pytest.mark.long
@pytest.mark.parametrize("seed", seeds())
def test_engine_equals_oracle_on_balances(seed: int, tmp_path: Path) -> None:
    check(bulk(seed, tmp_path))
