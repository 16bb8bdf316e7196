"""Every line of the bundled scenarios, and one of each kind of generated ones, is explained, and its events add up.

An explanation raises when a step does not give what was published, so that having one is the proof.
`DUCKBILL_EXPLAIN=812:820` explains generated workspaces of those seeds instead of one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

import engine
from engine.workspace import Workspace
from tests.explain.arithmetic import check_arithmetic
from tests.explain.lines import Row, all_lines, one_of_each, prove_events, read_once
from tests.generated.bulk.workspace import bulk
from tests.generated.bulk_balances.billed import runs
from tests.generated.bulk_balances.workspace import bulk as bulk_with_balances


def seeds() -> range:
    first, _, last = os.environ.get("DUCKBILL_EXPLAIN", "1").rpartition(":")
    return range(int(first or 0), int(last))


def explain_all(workspace: Workspace, rows: Sequence[Row]) -> None:
    metrics = {each.id: each for each in workspace.catalog.billable_metrics}
    assert rows
    with read_once(workspace):
        for row in rows:
            steps = workspace.explain(row["id"]).steps.dicts()
            assert [each["step_no"] for each in steps] == list(range(1, len(steps) + 1))
            assert steps[-1]["step"] == "payable"
            for each in steps:
                check_arithmetic(each)
            if row["billable_metric_id"] is not None:
                prove_events(workspace, row, metrics[row["billable_metric_id"]])


def test_agreements(agreements: Workspace) -> None:
    explain_all(agreements, all_lines(agreements))


def test_quickstart(quickstart: Workspace) -> None:
    explain_all(quickstart, all_lines(quickstart))


def test_widgets(widgets: Workspace) -> None:
    explain_all(widgets, widgets.line_items("2025-02").dicts())


@pytest.mark.parametrize("seed", seeds())
def test_generated_contracts(seed: int, tmp_path: Path) -> None:
    made = bulk(seed, tmp_path, (0,))
    workspace = engine.open(made.folder)
    workspace.land(made.events, now=made.clock)
    workspace.run(made.period, now=made.clock)
    metrics = {each.id: each for each in workspace.catalog.billable_metrics}
    explain_all(workspace, one_of_each(all_lines(workspace), metrics))


@pytest.mark.parametrize("seed", seeds())
def test_generated_balances(seed: int, tmp_path: Path) -> None:
    made = bulk_with_balances(seed, tmp_path, (0,))
    runs(made)
    workspace = engine.open(made.folder)
    metrics = {each.id: each for each in workspace.catalog.billable_metrics}
    explain_all(workspace, one_of_each(all_lines(workspace), metrics))
