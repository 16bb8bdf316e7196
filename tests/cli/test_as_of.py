"""`--as-of`: only events that had arrived by then exist for a run, a preview or usage (spec/metering.md §17.23)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from engine.workspace import Workspace
from tests.cli.command import NOW, duckbill
from tests.spec.workspaces import land, workspace

CATALOG = """
billable_metrics:
  - name: units
    aggregation_type: SUM
    aggregation_key: units
    property_filters: [{ name: units, exists: true }]
  - name: average
    sql: SELECT AVG(properties.units) AS value FROM events
products:
  - { name: Units, type: USAGE, billable_metric: units }
  - { name: Average, type: USAGE, billable_metric: average }
rate_cards:
  - name: card
    rates:
      - { product: Units, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 1 }
      - { product: Average, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 1 }
customers:
  - { id: one, name: One }
  - { id: idle, name: Idle }
contracts:
  - { customer: One, rate_card: card, starting_at: 2026-01-01T00:00:00Z }
"""

EVENTS = """
| time             | arrived                    | customer | type | units |
|------------------|----------------------------|----------|------|-------|
| 2026-10-01       | 2026-10-02                 | one      | unit | 1     |
| 2026-10-05       | 2026-10-05 12:00           | one      | unit | 10    |
| 2026-10-05       | 2026-10-05 12:00:00.000001 | one      | unit | 100   |
| 2026-10-06       | 2026-10-06                 | nobody   | unit | 1     |
| 2026-10-06       | 2026-10-06                 | idle     | unit | 1     |
| 2026-10-31 23:00 | 2026-11-02                 | one      | unit | 1000  |
"""

CUT = "2026-10-05T12:00:00Z"


@pytest.fixture
def late(tmp_path: Path) -> Workspace:
    """Events that arrive before, at, just after and long after noon on 5 October, and nothing billed."""
    made = workspace(tmp_path / "workspace", CATALOG)
    land(made, EVENTS)
    return made


def run(late: Workspace, *arguments: str) -> dict[str, object]:
    outcome = duckbill("run", "-p", "2026-10", "--now", NOW, "-w", late.root, "-o", "json", *arguments)
    assert outcome.code == 0 and outcome.stderr == ""
    return outcome.json()


def nonzero(summary: dict[str, object]) -> dict[str, int]:
    """The buckets of a run that hold events."""
    events = summary["events"]
    assert isinstance(events, dict) and "arrived_later" in events
    return {bucket: count for bucket, count in events.items() if count}


def total(late: Workspace) -> Decimal:
    (row,) = late.invoices("2026-10").dicts()
    return Decimal(str(row["total"]))


def test_a_run_as_of_then_bills_what_had_arrived_and_a_run_without_bills_it_all(late: Workspace) -> None:
    then = run(late, "--as-of", CUT)
    assert total(late) == 11 + Decimal("5.5")
    assert nonzero(then) == {"metered": 2, "arrived_later": 4}
    now = run(late)
    assert total(late) == 1111 + Decimal("277.75")
    assert nonzero(now) == {"metered": 4, "no_statement_period": 1, "unknown_customer": 1}
    assert now["run_id"] != then["run_id"] and now["status"] == "published"
    manifests = [
        json.loads((late.root / "runs" / str(each["run_id"]) / "manifest.json").read_text()) for each in (then, now)
    ]
    assert [manifest["inputs"].get("as_of") for manifest in manifests] == [CUT, None]
    assert {**manifests[0]["inputs"], "as_of": None} == {**manifests[1]["inputs"], "as_of": None}


def test_the_buckets_add_up_whatever_the_cut(late: Workspace) -> None:
    for as_of, arrived_later in {
        "2026-10-01": 6,
        "2026-10-05T11:59:59.999999Z": 5,
        "2026-10-05T12:00:00.000001Z": 3,
        "2026-11-02": 0,
    }.items():
        events = run(late, "--as-of", as_of)["events"]
        assert isinstance(events, dict)
        assert (events["arrived_later"], sum(events.values())) == (arrived_later, 6), as_of


def test_one_cut_written_in_two_ways_is_one_run(late: Workspace) -> None:
    first = run(late, "--as-of", "2026-10-06")
    again = run(late, "--as-of", "2026-10-06T02:00:00+02:00")
    assert (again["run_id"], again["status"]) == (first["run_id"], "unchanged")
    other = run(late, "--as-of", "2026-10-06T00:00:00.000001Z")
    assert other["run_id"] != first["run_id"] and other["status"] == "published"


def test_an_event_that_lands_later_changes_nothing_of_what_was_before(late: Workspace) -> None:
    """The run is another one, because the table of events is, and it publishes the same amounts."""
    run(late, "--as-of", CUT)
    lines = late.line_items("2026-10").arrow()
    land(late, "| time | arrived | customer | type | units |\n| 2026-10-02 | 2026-11-03 | one | unit | 9 |")
    events = run(late, "--as-of", CUT)["events"]
    assert isinstance(events, dict) and events["arrived_later"] == 5
    assert late.line_items("2026-10").arrow().equals(lines)


@pytest.mark.parametrize(
    ("metric", "then", "now"), [("units", "11", "1111"), ("average", "5.5", "277.75")], ids=["streaming", "SQL"]
)
def test_preview_and_usage(late: Workspace, metric: str, then: str, now: str) -> None:
    for command in ("preview", "usage"):
        arguments = (command, metric, "-p", "2026-10", "--customer", "One", "-w", late.root, "-o", "json")
        assert duckbill(*arguments).json()["value"] == now
        assert duckbill(*arguments, "--as-of", CUT).json()["value"] == then
        assert duckbill(*arguments, "--as-of", "2026-10-05T14:00:00+02:00").json()["value"] == then


def test_before_anything_had_arrived(late: Workspace) -> None:
    assert run(late, "--as-of", "2026-10-01")["totals"] == {"USD (cents)": "0"}
    for command in ("preview", "usage"):
        outcome = duckbill(command, "units", "-p", "2026-10", "-w", late.root, "-o", "json", "--as-of", "2026-10-01")
        assert outcome.code == 0
        values = [json.loads(line)["value"] for line in outcome.text.splitlines()]
        assert values == [None, None]


@pytest.mark.parametrize("command", ["run", "preview", "usage"])
def test_what_is_no_time(late: Workspace, command: str) -> None:
    metric = () if command == "run" else ("units",)
    outcome = duckbill(command, *metric, "-p", "2026-10", "-w", late.root, "--as-of", "2026-10-05 12:00")
    assert (outcome.code, outcome.stdout) == (2, b"")
    assert outcome.stderr == (
        "duckbill: '2026-10-05 12:00' is not an RFC 3339 timestamp such as 2026-10-01T00:00:00Z\n"
    )
    assert not (late.root / "runs").exists() or not list((late.root / "runs").iterdir())
