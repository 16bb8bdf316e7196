"""The engine against the oracle on random workspaces: landing counts, line items, invoices and reports, exactly.

Sixty scenarios by default; `DUCKBILL_SCENARIOS=1000` runs that many, and `DUCKBILL_SCENARIOS=812:813` those seeds.
A failing seed can be looked at with `scenario(seed, directory)` from `tests.generated.scenarios`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import engine
from tests.generated.compare import actual, compare, expected
from tests.generated.scenarios import scenario


def seeds() -> range:
    first, _, last = os.environ.get("DUCKBILL_SCENARIOS", "60").rpartition(":")
    return range(int(first or 0), int(last))


@pytest.mark.parametrize("seed", seeds())
def test_engine_equals_oracle(seed: int, tmp_path: Path) -> None:
    made = scenario(seed, tmp_path / "workspace")
    wanted = expected(made.workspace, made.events, made.now, made.period)

    workspace = engine.open(made.workspace)
    landed = workspace.land(made.events, now=made.now)
    assert (landed.read, landed.accepted, landed.duplicate, landed.rejected) == (
        len(wanted.landed.verdicts),
        wanted.landed.count("accepted"),
        wanted.landed.count("duplicate"),
        wanted.landed.count("rejected"),
    )
    assert {reason: count for reason, count in landed.reasons.items() if count} == wanted.landed.reasons

    run = workspace.run(made.period, now=made.now)
    assert run.parked.pl().to_dicts() == [], f"seed {seed}: nothing of this size may be parked"
    frames = {
        "line_items": run.line_items.pl(),
        "invoices": run.invoices.pl(),
        "unrated": run.unrated.pl(),
        "not_entitled": run.not_entitled.pl(),
    }
    difference = compare(actual(frames), wanted.rows)
    assert not difference, f"seed {seed}, period {made.period}\n{difference}"
