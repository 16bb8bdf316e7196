"""Late and backdated events, and bills as of an earlier time (metering.md §2.3, §17.23)."""

from __future__ import annotations

import pytest

from engine.workspace import Workspace
from tests.spec.workspaces import check, land, workspace

CATALOG = """
billable_metrics:
  - name: units
    aggregation_type: SUM
    aggregation_key: units
    property_filters: [{ name: units, exists: true }]
  - name: level
    aggregation_type: LATEST
    aggregation_key: units
    property_filters: [{ name: units, exists: true }]
  - name: average
    sql: SELECT AVG(properties.units) AS value FROM events
products:
  - { name: Units, type: USAGE, billable_metric: units }
  - { name: Level, type: USAGE, billable_metric: level }
  - { name: Average, type: USAGE, billable_metric: average }
rate_cards:
  - name: card
    rates:
      - { product: Units, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Level, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Average, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
customers: [{ id: ann, name: Ann }]
contracts: [{ customer: ann, rate_card: card, starting_at: "2026-01-01T00:00:00Z" }]
"""
NOW = "2026-12-01T06:00:00Z"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = workspace(tmp_path_factory.mktemp("late") / "workspace", CATALOG)
    land(
        made,
        """
| arrived          | time             | type | customer | units |
|------------------|------------------|------|----------|-------|
| 2026-10-20 06:00 | 2026-10-10       | use  | ann      | 1     |
| 2026-11-01 06:00 | 2026-10-31 23:00 | use  | ann      | 10    |
| 2026-11-15 06:00 | 2026-10-12       | use  | ann      | 100   |
| 2026-11-15 06:00 | 2026-11-02       | use  | ann      | 1000  |
""",
    )
    return made


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        pytest.param(
            None,
            """
| product name | quantity | total |
|--------------|----------|-------|
| Units        | 111      | 1110  |
| Level        | 10       | 100   |
| Average      | 37       | 370   |
""",
            id="a late event counts in the month in which it happened",
        ),
        pytest.param(
            "2026-11-02T00:00:00Z",
            """
| product name | quantity | total |
|--------------|----------|-------|
| Units        | 11       | 110   |
| Level        | 10       | 100   |
| Average      | 5.5      | 55    |
""",
            id="what arrives after the cut-off does not exist",
        ),
        pytest.param(
            "2026-11-01T06:00:00Z",
            """
| product name | quantity | total |
|--------------|----------|-------|
| Units        | 11       | 110   |
| Level        | 10       | 100   |
| Average      | 5.5      | 55    |
""",
            id="what arrives at the cut-off does",
        ),
        pytest.param(
            "2026-11-01T05:59:59.999999Z",
            """
| product name | quantity | total |
|--------------|----------|-------|
| Units        | 1        | 10    |
| Level        | 1        | 10    |
| Average      | 1        | 10    |
""",
            id="a microsecond earlier it does not",
        ),
        pytest.param(
            "2026-11-01T07:00:00+02:00",
            """
| product name | quantity | total |
|--------------|----------|-------|
| Units        | 1        | 10    |
| Level        | 1        | 10    |
| Average      | 1        | 10    |
""",
            id="a cut-off may have an offset",
        ),
    ],
)
def test_a_bill_as_of(made: Workspace, as_of: str | None, expected: str) -> None:
    check(expected, made.run("2026-10", now=NOW, as_of=as_of).line_items.dicts())


def test_a_late_event_changes_no_other_month(made: Workspace) -> None:
    expected = """
| product name | quantity | total |
|--------------|----------|-------|
| Units        | 1000     | 10000 |
| Level        | 1000     | 10000 |
| Average      | 1000     | 10000 |
"""
    check(expected, made.run("2026-11", now=NOW).line_items.dicts())


@pytest.mark.parametrize(
    ("as_of", "value"), [(None, "111"), ("2026-11-01T06:00:00Z", "11"), ("2026-10-20T06:00:00Z", "1")]
)
def test_usage_and_preview_as_of(made: Workspace, as_of: str | None, value: str) -> None:
    rows = made.usage("units", starting_on="2026-10-01", ending_before="2026-11-01", window="none", as_of=as_of)
    check(f"| customer id | value |\n| ann | {value} |", rows.dicts())
    (row,) = made.preview("units", period="2026-10", as_of=as_of).dicts()
    assert value in {str(cell).partition(".")[0] for cell in row.values()}
