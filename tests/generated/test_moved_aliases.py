"""Aliases that go to another customer between two runs: the current ones hold for all history."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from tests.generated.billed import check, land, opened, run
from tests.generated.compare import expected
from tests.generated.scenarios import Scenario, scenario
from tests.oracle.catalog import read_catalog

#: Most of them change a bill.
SEEDS = (4000, 4001, 4006, 4007, 4008)


def move_aliases(made: Scenario) -> bool:
    """Deal all aliases of a scenario anew to its customers; False when there is nobody to give them to."""
    customers = read_catalog(made.workspace)["customers"]
    aliases = sorted(alias for customer in customers.values() for alias in customer["aliases"])
    if len(customers) < 2 or not aliases:
        return False
    random = Random(made.seed)
    names = sorted(customers)
    written = [{"id": name, "name": customers[name]["name"], "ingest_aliases": list[str]()} for name in names]
    for alias in aliases:
        owner = next(name for name in names if alias in customers[name]["aliases"])
        takers = [customer for customer in written if customer["id"] != owner]
        taker = random.choice(takers)
        taker["ingest_aliases"] = [*taker["ingest_aliases"], alias]
    for path in (made.workspace / "catalog").rglob("*"):
        if path.stem in ("customers", "people") and path.is_file():
            path.unlink()
    text = json.dumps({"customers": written})
    (made.workspace / "catalog" / "moved.json").write_text(text, encoding="utf-8")
    return True


@pytest.mark.parametrize("seed", SEEDS)
def test_a_second_run_bills_by_the_new_aliases(seed: int, tmp_path: Path) -> None:
    made = scenario(seed, tmp_path / "workspace")
    before = expected(made)
    workspace = opened(made)
    land(made, before, workspace)
    check(made, before, run(made, workspace))
    if not move_aliases(made):
        return
    after = replace(expected(made), landings=before.landings)
    check(made, after, run(made, workspace))


def test_moving_aliases_changes_some_bills(tmp_path: Path) -> None:
    changed = 0
    for seed in SEEDS:
        made = scenario(seed, tmp_path / str(seed))
        before = expected(made).rows
        changed += move_aliases(made) and expected(made).rows != before
    assert changed >= 3
