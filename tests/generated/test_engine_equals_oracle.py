"""The engine against the oracle on random workspaces: landing counts, line items, invoices and reports, exactly.

Eight scenarios by default, and one that sells every SQL metric; `DUCKBILL_SCENARIOS=1000` runs that many,
`DUCKBILL_SCENARIOS=812:813` those seeds, and `DUCKBILL_SQL_METRICS` does the same for those with every SQL metric.
A failing seed can be looked at with `scenario(seed, directory)` from `tests.generated.scenarios`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.generated.billed import check, land, opened, run
from tests.generated.compare import expected
from tests.generated.scenarios import Scenario, scenario

#: With the one of `test_moved_aliases` it bills each SQL metric, most of them cut in mid-period: see `test_scenarios`.
EVERY_SQL_METRIC = 5046


def seeds(variable: str, default: str) -> range:
    first, _, last = os.environ.get(variable, default).rpartition(":")
    return range(int(first or 0), int(last))


@pytest.mark.long
@pytest.mark.parametrize("seed", seeds("DUCKBILL_SCENARIOS", "151:159"))
def test_engine_equals_oracle(seed: int, tmp_path: Path) -> None:
    same_as_the_oracle(scenario(seed, tmp_path / "workspace"))


@pytest.mark.long
@pytest.mark.parametrize("seed", seeds("DUCKBILL_SQL_METRICS", f"{EVERY_SQL_METRIC}:{EVERY_SQL_METRIC + 1}"))
def test_every_sql_metric_is_the_oracles(seed: int, tmp_path: Path) -> None:
    same_as_the_oracle(scenario(seed, tmp_path / "workspace", every_sql_metric=True))


def same_as_the_oracle(made: Scenario) -> None:
    wanted = expected(made)
    workspace = opened(made)
    land(made, wanted, workspace)
    check(made, wanted, run(made, workspace))
