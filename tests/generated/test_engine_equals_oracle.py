"""The engine against the oracle on random workspaces: landing counts, line items, invoices and reports, exactly.

Twelve scenarios by default; `DUCKBILL_SCENARIOS=1000` runs that many, and `DUCKBILL_SCENARIOS=812:813` those seeds.
A failing seed can be looked at with `scenario(seed, directory)` from `tests.generated.scenarios`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.generated.billed import check, land, opened, run
from tests.generated.compare import expected
from tests.generated.scenarios import scenario


def seeds() -> range:
    first, _, last = os.environ.get("DUCKBILL_SCENARIOS", "12").rpartition(":")
    return range(int(first or 0), int(last))


@pytest.mark.long
@pytest.mark.parametrize("seed", seeds())
def test_engine_equals_oracle(seed: int, tmp_path: Path) -> None:
    made = scenario(seed, tmp_path / "workspace")
    wanted = expected(made)
    workspace = opened(made)
    land(made, wanted, workspace)
    check(made, wanted, run(made, workspace))
