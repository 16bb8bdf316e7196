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

#: All of them change a bill; the last sells every SQL metric.
SEEDS = (4001, 4006)
EVERY_SQL_METRIC = 5110


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


def made_of(seed: int, folder: Path) -> Scenario:
    return scenario(seed, folder, every_sql_metric=seed == EVERY_SQL_METRIC)


@pytest.mark.parametrize("seed", [*SEEDS, EVERY_SQL_METRIC])
def test_a_second_run_bills_by_the_new_aliases(seed: int, tmp_path: Path) -> None:
    made = made_of(seed, tmp_path / "workspace")
    before = expected(made)
    workspace = opened(made)
    land(made, before, workspace)
    check(made, before, run(made, workspace))
    if not move_aliases(made):
        return
    after = replace(expected(made), landings=before.landings)
    check(made, after, run(made, workspace))


def test_moving_aliases_changes_some_bills(tmp_path: Path) -> None:
    changed = set()
    for seed in (*SEEDS, EVERY_SQL_METRIC):
        made = made_of(seed, tmp_path / str(seed))
        before = expected(made).rows
        if move_aliases(made) and expected(made).rows != before:
            changed.add(seed)
    assert changed == {*SEEDS, EVERY_SQL_METRIC}
