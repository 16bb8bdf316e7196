"""Breakdowns and usage over time of random workspaces, by the engine and by the oracle."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest

from engine.workspace import Workspace
from tests.generated.billed import land, opened
from tests.generated.compare import COLUMNS, Expected, Rows, compare, expected, named, plain, rows_of
from tests.generated.scenarios import Scenario, scenario
from tests.oracle.catalog import read_catalog
from tests.oracle.rating import bill
from tests.oracle.sql_metrics import ALL as SQL_METRICS
from tests.oracle.usage import usage

SEEDS = int(os.environ.get("DUCKBILL_WINDOWS", "2"))
_BREAKDOWN = ("window_starting_at", "window_ending_before", *COLUMNS["line_items"])
_USAGE = ("customer_id", "starting_at", "ending_before", "group", "value")


def landed(seed: int, folder: Path) -> tuple[Scenario, Expected, Workspace]:
    made = scenario(seed, folder / "workspace")
    wanted = expected(made)
    workspace = opened(made)
    land(made, wanted, workspace)
    return made, wanted, workspace


def wide(seed: int, folder: Path) -> bool:
    """Whether a scenario has numbers of 30 digits, for which contracts may be set aside."""
    return bool(scenario(seed, folder / "look").features["values of 30 digits"])


@pytest.mark.parametrize("window", ["day", "hour"])
@pytest.mark.parametrize("seed", range(1000, 1000 + SEEDS))
def test_a_breakdown_is_the_oracles(seed: int, window: str, tmp_path: Path) -> None:
    if wide(seed, tmp_path):
        return
    made, wanted, workspace = landed(seed, tmp_path)
    customers = read_catalog(made.workspace)["customers"] if window == "hour" else (None,)
    rows = [
        row
        for customer in customers
        for row in workspace.breakdown(made.period, window=window, customer=customer).dicts()
    ]
    found = {"line_items": [plain(row, _BREAKDOWN) for row in rows]}
    lines = bill(made.workspace, wanted.events, made.period, window=window).lines
    cut = {"line_items": [named(line, _BREAKDOWN) for line in lines]}
    difference = compare(found, cut, {"line_items": _BREAKDOWN})
    assert not difference, f"seed {seed}, by the {window}\n{difference}"
    whole = rows_of(bill(made.workspace, wanted.events, made.period))
    assert sums(found) == sums(whole), f"seed {seed}: the windows do not add up to the lines"


def sums(rows: Rows) -> Counter[tuple[Any, ...]]:
    """Quantities and totals by everything that a line has besides its time."""
    added: Counter[tuple[Any, ...]] = Counter()
    for row in rows["line_items"]:
        group = tuple(row[name] for name in COLUMNS["line_items"][:6]) + tuple(
            row[name]
            for name in ("billable_metric_id", "pricing_group_values", "presentation_group_values", "tier_level")
        )
        added[*group, "quantity"] += row["quantity"]
        added[*group, "total"] += row["total"]
    return Counter({key: value for key, value in added.items() if value != 0})


@pytest.mark.parametrize("seed", range(2000, 2000 + SEEDS))
def test_usage_is_the_oracles(seed: int, tmp_path: Path) -> None:
    made, wanted, workspace = landed(seed, tmp_path)
    random = Random(seed)
    events = [event for event in wanted.events if made.as_of is None or event["ingested_at"] <= made.as_of]
    for metric in read_catalog(made.workspace)["metrics"].values():
        for window in ("none", "day", "hour"):
            keys = a_group_key(random, metric)
            compare_usage(made, workspace, events, metric["name"], window, keys)


def a_group_key(random: Random, metric: dict[str, Any]) -> list[str]:
    """No key, a declared one in any order, or some of the columns of a SQL metric."""
    if metric["sql"] is None:
        declared = [*metric["group_keys"], []]
        keys = list(random.choice(declared))
    else:
        (columns,) = [list(each.columns) for each in SQL_METRICS if each.name == metric["name"]]
        keys = random.sample(columns, random.randint(0, len(columns)))
    random.shuffle(keys)
    return keys


def compare_usage(
    made: Scenario, workspace: Workspace, events: list[dict[str, Any]], metric: str, window: str, keys: list[str]
) -> None:
    start, end = made.span
    rows = workspace.usage(
        metric,
        starting_on=start.date().isoformat(),
        ending_before=end.date().isoformat(),
        window=window,
        group_by=keys,
        as_of=made.as_of,
    ).dicts()
    found = [{**plain(row, (*_USAGE[:3], "value")), "group": tuple(row[key] for key in keys)} for row in rows]
    wanted = [
        {**row, "customer_id": row["customer"]}
        for row in usage(made.workspace, events, metric, made.span, window, keys)
    ]
    difference = compare({"usage": found}, {"usage": wanted}, {"usage": _USAGE})
    assert not difference, f"seed {made.seed}, {metric} by {keys}, window {window}\n{difference}"
