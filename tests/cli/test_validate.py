"""`duckbill validate`: notes on what is right and may not be meant so, and metrics run on made-up events."""

from __future__ import annotations

from pathlib import Path

import pytest

import engine
from engine.demo import fixtures
from engine.errors import DuckbillError, Problem
from tests.cli.command import duckbill
from tests.spec.workspaces import workspace

METRICS = """
billable_metrics:
  - name: calls
    sql: SELECT COUNT(*) AS value FROM events
  - name: swapped in
    sql: SELECT SUM(properties.n) AS value FROM events
  - name: streamed
    aggregation_type: COUNT
    group_keys: [[a], [b], [c], [d], [e], [f]]
    property_filters:
""" + "".join(f"      - {{ name: {name}, exists: true }}\n" for name in "abcdef")
PRODUCTS = (
    METRICS
    + """
products:
  - { name: Silent, type: USAGE, billable_metric: calls }
  - name: Swapped
    type: USAGE
    billable_metric: streamed
    updates: [{ starting_at: "2026-10-10T00:00:00Z", billable_metric: swapped in }]
  - { name: Hourly, type: USAGE, billable_metric: calls, sql_breakdown_granularity: HOUR }
  - { name: At the end, type: USAGE, billable_metric: calls, sql_breakdown_granularity: SERVICE_PERIOD }
  - { name: Streamed, type: USAGE, billable_metric: streamed }
  - { name: Fee, type: FIXED }
"""
)
REMEDY = (
    "write sql_breakdown_granularity: HOUR or SERVICE_PERIOD, or set it for all products in [metering] of duckbill.toml"
)


def unsaid(line: int, product: str, metric: str) -> Problem:
    what = (
        f"product {product!r} does not say how finely SQL metric {metric!r} is billed: all of it is priced at the last "
        "instant of the service period"
    )
    return Problem("catalog/catalog.yml", line, 5, what, REMEDY)


NOTES = (unsaid(19, "Silent", "calls"), unsaid(20, "Swapped", "swapped in"))
KEYS = Problem(
    "catalog/catalog.yml",
    9,
    17,
    "metric 'streamed' has 6 group keys; Metronome takes 5 unless it has raised the limit",
    "remove those that no product or report uses",
)


@pytest.fixture
def made(tmp_path: Path) -> Path:
    return workspace(tmp_path / "workspace", PRODUCTS).root


def configure(root: Path, more: str) -> None:
    path = root / "duckbill.toml"
    path.write_text(path.read_text() + more)


def test_a_product_that_does_not_say_its_granularity_is_noted(made: Path) -> None:
    """metering.md §17.2."""
    outcome = duckbill("validate", "-w", made)
    assert outcome.code == 0
    assert outcome.text == "".join(
        f"catalog/catalog.yml:{each.line}:5: note: {each.what}; {REMEDY}\n" for each in NOTES
    )
    assert outcome.stderr == "no problems, 2 notes\n"
    shown = duckbill("validate", "-w", made, "-o", "json").json()
    assert shown["problems"] == []
    assert shown["notes"] == [
        {"file": each.file, "line": each.line, "column": 5, "what": each.what, "remedy": REMEDY} for each in NOTES
    ]
    found = engine.open(made)
    assert (found.validation().notes, found.validate()) == (NOTES, ())


@pytest.mark.parametrize("granularity", ["HOUR", "SERVICE_PERIOD"])
def test_the_workspace_may_say_it_for_all(made: Path, granularity: str) -> None:
    configure(made, f'\n[metering]\nsql_breakdown_granularity = "{granularity}"\n')
    assert engine.open(made).validation().notes == ()


def test_many_group_keys_are_noted_where_a_catalog_is_to_be_portable(made: Path) -> None:
    """metering.md §17.30."""
    assert KEYS not in engine.open(made).validation().notes
    assert engine.open(made).validation(strict=True).notes == (KEYS, *NOTES)
    assert duckbill("validate", "-w", made, "--strict").stderr == "no problems, 3 notes\n"
    configure(made, "\n[metering]\nstrict = true\n")
    assert engine.open(made).validation().notes == (KEYS, *NOTES)


def test_five_group_keys_are_not_too_many(tmp_path: Path) -> None:
    made = workspace(tmp_path / "workspace", METRICS.replace(", [f]", ""))
    assert made.validation(strict=True).notes == ()


def test_problems_come_before_notes(made: Path) -> None:
    path = made / "catalog" / "catalog.yml"
    path.write_text(PRODUCTS.replace("COUNT(*)", "COUNTT(*)"))
    outcome = duckbill("validate", "-w", made)
    assert outcome.code == 2 and outcome.stderr == "1 problem, 2 notes\n"
    assert [": note: " in line for line in outcome.text.splitlines()] == [False, True, True]
    path.write_text(PRODUCTS.replace("Silent, type: USAGE", "Silent, type: USED"))
    assert duckbill("validate", "-w", made).stderr == "1 problem\n"


def test_bundled_workspaces_are_without_notes() -> None:
    bundled = [path.parent for path in fixtures().rglob("duckbill.toml") if (path.parent / "catalog").exists()]
    validations = {path.name: engine.open(path).validation() for path in bundled}
    assert "api-quickstart" in validations and "starter" in validations
    assert {name: found.notes for name, found in validations.items()} == dict.fromkeys(validations, ())


def test_metrics_are_run_on_made_up_events(made: Path) -> None:
    outcome = duckbill("validate", "-w", made, "--repeatable")
    assert (outcome.code, outcome.stderr) == (0, "no problems, 2 notes\n2 SQL metrics found repeatable\n")
    shown = duckbill("validate", "-w", made, "--repeatable", "-o", "json").json()
    assert (shown["repeatable"], shown["not_judged"]) == (["calls", "swapped in"], [])
    assert "repeatable" not in duckbill("validate", "-w", made, "-o", "json").json()


def test_a_metric_that_fails_on_them_is_not_judged(tmp_path: Path) -> None:
    divided = METRICS.replace("SUM(properties.n)", "SUM(properties.n / 0)")
    made = workspace(tmp_path / "workspace", divided)
    outcome = duckbill("validate", "-w", made.root, "--repeatable")
    assert outcome.code == 0
    assert outcome.stderr == (
        "no problems\n1 SQL metric found repeatable\n"
        "metric 'swapped in' fails on made-up events, or takes too long, and could not be judged\n"
    )
    shown = duckbill("validate", "-w", made.root, "--repeatable", "-o", "json").json()
    assert (shown["repeatable"], shown["not_judged"]) == (["calls"], ["swapped in"])


def test_a_metric_that_takes_too_long_is_not_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.executors.repeatable._SECONDS", 1)
    joined = " ".join(f"JOIN events AS e{number} ON e{number}.event_type = e0.event_type" for number in (1, 2, 3))
    heavy = METRICS.replace(
        "COUNT(*) AS value FROM events", f"SUM(LENGTH(e1.event_type)) AS value FROM events AS e0 {joined}"
    )
    made = workspace(tmp_path / "workspace", heavy)
    assert made.check_repeatable("calls") is False
    assert made.check_repeatable("swapped in") is True


def test_a_metric_that_is_not_repeatable_is_a_fault_of_duckbill(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def differing(*_given: object) -> str:
        return "with 1 thread (1,), with 2 threads (2,)"

    monkeypatch.setattr("engine.executors.repeatable.differing_rows", differing)
    outcome = duckbill("validate", "-w", made, "--repeatable")
    assert outcome.code == DuckbillError.exit_code
    assert "metric 'calls' does not give the same rows each time: with 1 thread (1,)" in outcome.stderr


def test_a_catalog_with_problems_runs_nothing(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_given: object) -> bool:
        raise AssertionError

    monkeypatch.setattr("engine.workspace.check_repeatable", never)
    path = made / "catalog" / "catalog.yml"
    path.write_text(PRODUCTS.replace("COUNT(*)", "COUNTT(*)"))
    outcome = duckbill("validate", "-w", made, "--repeatable")
    assert outcome.code == 2 and outcome.stderr == "1 problem, 2 notes\n"
    shown = duckbill("validate", "-w", made, "--repeatable", "-o", "json").json()
    assert (shown["repeatable"], shown["not_judged"]) == ([], [])
