"""What a stretch of a period is billed: the running value at its end less the one at its start."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.workspace import Workspace
from tests.spec.examples import Example, Ledger, named
from tests.spec.workspaces import check, land, workspace

SHARED = """
billable_metrics:
  - name: latest level
    aggregation_type: LATEST
    aggregation_key: level
    event_type_filter: { in_values: [level] }
    property_filters: [{ name: level, exists: true }]
  - name: highest level
    aggregation_type: MAX
    aggregation_key: level
    event_type_filter: { in_values: [level] }
    property_filters: [{ name: level, exists: true }]
  - name: sum of levels
    aggregation_type: SUM
    aggregation_key: level
    event_type_filter: { in_values: [level] }
    property_filters: [{ name: level, exists: true }]
  - name: people
    aggregation_type: UNIQUE
    aggregation_key: person
    event_type_filter: { in_values: [visit] }
    property_filters: [{ name: person }]
  - name: visits
    aggregation_type: COUNT
    event_type_filter: { in_values: [visit] }

products:
  - { name: Latest, type: USAGE, billable_metric: latest level }
  - { name: Highest, type: USAGE, billable_metric: highest level }
  - { name: Sum, type: USAGE, billable_metric: sum of levels }
  - { name: People, type: USAGE, billable_metric: people }
  - { name: Visits, type: USAGE, billable_metric: visits }

rate_cards:
  - name: one price
    rates:
      - { product: Latest, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 300 }
  # A new price every day, so that the lines show the quantity of every day.
  - name: latest by day
    rates:
      - { product: Latest, starting_at: "2026-10-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 3 }
      - { product: Latest, starting_at: "2026-10-02T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: Latest, starting_at: "2026-10-03T00:00:00Z", entitled: true, rate_type: FLAT, price: 5 }
      - { product: Latest, starting_at: "2026-10-04T00:00:00Z", entitled: true, rate_type: FLAT, price: 6 }
  # A new price every day, so that the lines show the quantity of every day.
  - name: highest by day
    rates:
      - { product: Highest, starting_at: "2026-10-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 3 }
      - { product: Highest, starting_at: "2026-10-02T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: Highest, starting_at: "2026-10-03T00:00:00Z", entitled: true, rate_type: FLAT, price: 5 }
      - { product: Highest, starting_at: "2026-10-04T00:00:00Z", entitled: true, rate_type: FLAT, price: 6 }
  # A new price every day, so that the lines show the quantity of every day.
  - name: sum by day
    rates:
      - { product: Sum, starting_at: "2026-10-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 3 }
      - { product: Sum, starting_at: "2026-10-02T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: Sum, starting_at: "2026-10-03T00:00:00Z", entitled: true, rate_type: FLAT, price: 5 }
      - { product: Sum, starting_at: "2026-10-04T00:00:00Z", entitled: true, rate_type: FLAT, price: 6 }
  - name: people and visits by day
    rates:
      - { product: People, starting_at: "2026-10-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 3 }
      - { product: People, starting_at: "2026-10-02T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: People, starting_at: "2026-10-03T00:00:00Z", entitled: true, rate_type: FLAT, price: 5 }
      - { product: Visits, starting_at: "2026-10-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 3 }
      - { product: Visits, starting_at: "2026-10-02T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: Visits, starting_at: "2026-10-03T00:00:00Z", entitled: true, rate_type: FLAT, price: 5 }
"""

EXAMPLES = (
    Example(
        "rating.md §15 T-04, metering.md §8.3 increments, §16 latest-increments",
        "latest 7, 9, 10, 5 bills 7, 2, 1, -5",
        customer="t04",
        contract="rate_card: latest by day",
        events="""
| time       | type  | level |
|------------|-------|-------|
| 2026-10-01 | level | 7     |
| 2026-10-02 | level | 9     |
| 2026-10-03 | level | 10    |
| 2026-10-04 | level | 5     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Latest  | 2026-10-01 | 2026-10-02 | 7        | 3          | 21    |
| Latest  | 2026-10-02 | 2026-10-03 | 2        | 4          | 8     |
| Latest  | 2026-10-03 | 2026-10-04 | 1        | 5          | 5     |
| Latest  | 2026-10-04 | 2026-11-01 | -5       | 6          | -30   |
""",
    ),
    Example(
        "rating.md §15 T-04",
        "latest 7, 8, 9 without a breakdown is 9",
        customer="t04-whole",
        contract="rate_card: one price",
        events="""
| time       | type  | level |
|------------|-------|-------|
| 2026-10-01 | level | 7     |
| 2026-10-02 | level | 8     |
| 2026-10-03 | level | 9     |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Latest  | 9        | 300        | 2700  |
""",
    ),
    Example(
        "rating.md §17 Q23",
        "the latest value starts afresh in every period",
        customer="afresh",
        contract="rate_card: one price",
        events="""
| time             | type  | level |
|------------------|-------|-------|
| 2026-08-20       | level | 12    |
| 2026-10-31 23:59 | level | 5     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Latest  | 2026-09-01 | 2026-10-01 | 0        | 300        | 0     |
| Latest  | 2026-10-01 | 2026-11-01 | 5        | 300        | 1500  |
""",
        periods=("2026-09", "2026-10"),
    ),
    Example(
        "metering.md §17.5, §17.7",
        "the latest value is the one that happened last and is a number",
        customer="order",
        contract="rate_card: one price",
        events="""
| time             | type  | level |
|------------------|-------|-------|
| 2026-10-20       | level | many  |
| 2026-10-09 00:01 | level | 9     |
| 2026-10-09       | level | 8     |
| 2026-10-03       | level | 70    |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Latest  | 9        | 300        | 2700  |
""",
    ),
    Example(
        "rating.md §0.4",
        "a maximum of 7, 9, 10, 5 bills 7, 2, 1 and nothing",
        customer="maximum",
        contract="rate_card: highest by day",
        events="""
| time       | type  | level |
|------------|-------|-------|
| 2026-10-01 | level | 7     |
| 2026-10-02 | level | 9     |
| 2026-10-03 | level | 10    |
| 2026-10-04 | level | 5     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Highest | 2026-10-01 | 2026-10-02 | 7        | 3          | 21    |
| Highest | 2026-10-02 | 2026-10-03 | 2        | 4          | 8     |
| Highest | 2026-10-03 | 2026-10-04 | 1        | 5          | 5     |
| Highest | 2026-10-04 | 2026-11-01 | 0        | 6          | 0     |
""",
    ),
    Example(
        "metering.md §16 sum-correction",
        "a correction is an event with a negative value",
        customer="correction",
        contract="rate_card: sum by day",
        events="""
| time       | type  | level  |
|------------|-------|--------|
| 2026-10-01 | level | 80.5   |
| 2026-10-01 | level | -30.25 |
| 2026-10-03 | level | -50    |
| 2026-10-04 | level | 1.5e2  |
""",
        lines="""
| product | from       | to         | quantity | unit price | total  |
|---------|------------|------------|----------|------------|--------|
| Sum     | 2026-10-01 | 2026-10-02 | 50.25    | 3          | 150.75 |
| Sum     | 2026-10-02 | 2026-10-03 | 0        | 4          | 0      |
| Sum     | 2026-10-03 | 2026-10-04 | -50      | 5          | -250   |
| Sum     | 2026-10-04 | 2026-11-01 | 150      | 6          | 900    |
""",
    ),
    Example(
        "rating.md §0.4, metering.md §17.28",
        "somebody counts where first seen in the period, a visit every time",
        customer="unique",
        contract="rate_card: people and visits by day",
        events="""
| time             | type  | person |
|------------------|-------|--------|
| 2026-10-01 08:00 | visit | ann    |
| 2026-10-01 09:00 | visit | ann    |
| 2026-10-02 08:00 | visit | ann    |
| 2026-10-02 09:00 | visit | ben    |
| 2026-10-02 10:00 | visit |        |
| 2026-10-03 08:00 | visit | Ann    |
| 2026-10-30 08:00 | visit | ben    |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| People  | 2026-10-01 | 2026-10-02 | 1        | 3          | 3     |
| People  | 2026-10-02 | 2026-10-03 | 1        | 4          | 4     |
| People  | 2026-10-03 | 2026-11-01 | 1        | 5          | 5     |
| Visits  | 2026-10-01 | 2026-10-02 | 2        | 3          | 6     |
| Visits  | 2026-10-02 | 2026-10-03 | 3        | 4          | 12    |
| Visits  | 2026-10-03 | 2026-11-01 | 2        | 5          | 10    |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)


WINDOWS = (
    SHARED
    + """
customers: [{ id: c, name: Customer }]
contracts:
  - { customer_id: c, rate_card: one price, starting_at: "2026-01-01T00:00:00Z" }
  - { customer_id: c, rate_card: highest by day, starting_at: "2026-01-01T00:00:00Z" }
  - { customer_id: c, rate_card: people and visits by day, starting_at: "2026-01-01T00:00:00Z" }
"""
)


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Levels of 7, 9, 10 and 5 on four days, and visits."""
    made = workspace(tmp_path_factory.mktemp("windows") / "workspace", WINDOWS)
    land(
        made,
        """
| time             | type  | customer | level | person |
|------------------|-------|----------|-------|--------|
| 2026-10-01 10:00 | level | c        | 7     |        |
| 2026-10-02       | level | c        | 9     |        |
| 2026-10-03 23:59 | level | c        | 10    |        |
| 2026-10-04 01:00 | level | c        | 5     |        |
| 2026-10-01 08:00 | visit | c        |       | ann    |
| 2026-10-01 09:00 | visit | c        |       | ann    |
| 2026-10-02 08:00 | visit | c        |       | ann    |
| 2026-10-02 08:30 | visit | c        |       | ben    |
""",
    )
    return made


@pytest.mark.parametrize(
    ("metric", "values"),
    [
        ("latest level", ["7", "9", "10", "5", "null"]),
        ("highest level", ["7", "9", "10", "5", "null"]),
        ("sum of levels", ["7", "9", "10", "5", "null"]),
        ("people", ["1", "2", "null", "null", "null"]),
        ("visits", ["2", "2", "null", "null", "null"]),
    ],
)
def test_usage_of_a_day_is_of_its_events_alone(reports: Workspace, metric: str, values: list[str]) -> None:
    """metering.md §8.3, §17.4, §17.6: absolute values, null where nothing matched."""
    rows = reports.usage(metric, starting_on="2026-10-01", ending_before="2026-10-06", window="day")
    days = "\n".join(f"| 2026-10-0{day} | 2026-10-0{day + 1} | {value} |" for day, value in enumerate(values, start=1))
    check(f"| starting at | ending before | value |\n{days}", rows.dicts())


@pytest.mark.parametrize(
    ("metric", "value"),
    [("latest level", "5"), ("highest level", "10"), ("sum of levels", "31"), ("people", "2"), ("visits", "4")],
)
def test_usage_of_the_whole_span(reports: Workspace, metric: str, value: str) -> None:
    rows = reports.usage(metric, starting_on="2026-10-01", ending_before="2026-10-06", window="none")
    check(f"| starting at | ending before | value |\n| 2026-10-01 | 2026-10-06 | {value} |", rows.dicts())


def test_usage_of_each_day_and_of_all_of_them(tmp_path: Path) -> None:
    """metering.md §8.3 usage, §16 latest-usage-api: reports of 7, 8, 9 are 7, 8, 9 by the day and 9 for the span."""
    made = workspace(tmp_path / "workspace", WINDOWS)
    land(
        made,
        """
| time       | type  | customer | level |
|------------|-------|----------|-------|
| 2026-10-01 | level | c        | 7     |
| 2026-10-02 | level | c        | 8     |
| 2026-10-03 | level | c        | 9     |
""",
    )
    daily = """
| starting at | ending before | value |
|-------------|---------------|-------|
| 2026-10-01  | 2026-10-02    | 7     |
| 2026-10-02  | 2026-10-03    | 8     |
| 2026-10-03  | 2026-10-04    | 9     |
"""
    whole = "| starting at | ending before | value |\n| 2026-10-01 | 2026-10-04 | 9 |"
    for window, expected in (("day", daily), ("none", whole)):
        rows = made.usage("latest level", starting_on="2026-10-01", ending_before="2026-10-04", window=window)
        check(expected, rows.dicts())


def test_a_daily_breakdown_shows_increments(reports: Workspace) -> None:
    """metering.md §8.3 breakdown, §10.3: also the negative one; a window without a change has no usage to show."""
    expected = """
| product name | starting at | ending before | quantity | unit price | total |
|--------------|-------------|---------------|----------|------------|-------|
| Latest       | 2026-10-01  | 2026-10-02    | 7        | 300        | 2100  |
| Latest       | 2026-10-02  | 2026-10-03    | 2        | 300        | 600   |
| Latest       | 2026-10-03  | 2026-10-04    | 1        | 300        | 300   |
| Latest       | 2026-10-04  | 2026-10-05    | -5       | 300        | -1500 |
| Highest      | 2026-10-01  | 2026-10-02    | 7        | 3          | 21    |
| Highest      | 2026-10-02  | 2026-10-03    | 2        | 4          | 8     |
| Highest      | 2026-10-03  | 2026-10-04    | 1        | 5          | 5     |
| People       | 2026-10-01  | 2026-10-02    | 1        | 3          | 3     |
| People       | 2026-10-02  | 2026-10-03    | 1        | 4          | 4     |
| Visits       | 2026-10-01  | 2026-10-02    | 2        | 3          | 6     |
| Visits       | 2026-10-02  | 2026-10-03    | 2        | 4          | 8     |
"""
    rows = reports.breakdown("2026-10", window="day").dicts()
    check(expected, [row for row in rows if row["quantity"]])


def test_an_hourly_breakdown_has_the_hour_of_every_change(reports: Workspace) -> None:
    expected = """
| product name | window starting at | window ending before | quantity |
|--------------|------------------|------------------|----------|
| Latest       | 2026-10-01 10:00 | 2026-10-01 11:00 | 7        |
| Latest       | 2026-10-02       | 2026-10-02 01:00 | 2        |
| Latest       | 2026-10-03 23:00 | 2026-10-04       | 1        |
| Latest       | 2026-10-04 01:00 | 2026-10-04 02:00 | -5       |
"""
    rows = reports.breakdown("2026-10", window="hour", customer="c").dicts()
    check(expected, [row for row in rows if row["quantity"] and row["product_name"] == "Latest"])


AVERAGES = """
billable_metrics:
  - name: average
    sql: SELECT AVG(properties.value) AS value FROM events
products:
  - { name: By the hour, type: USAGE, billable_metric: average, sql_breakdown_granularity: HOUR }
  - { name: Of the period, type: USAGE, billable_metric: average, sql_breakdown_granularity: SERVICE_PERIOD }
rate_cards:
  - name: card
    rates:
      - { product: By the hour, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Of the period, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
customers: [{ id: c, name: Customer }]
contracts: [{ customer_id: c, rate_card: card, starting_at: "2026-01-01T00:00:00Z" }]
"""


def test_a_breakdown_of_sql_metrics(tmp_path: Path) -> None:
    """metering.md §8.1 average: by the hour the change of each day, for the period everything in its last window."""
    made = workspace(tmp_path / "workspace", AVERAGES)
    land(
        made,
        """
| time       | type   | customer | value |
|------------|--------|----------|-------|
| 2026-10-01 | report | c        | 4     |
| 2026-10-02 | report | c        | 6     |
""",
    )
    expected = """
| product name  | window starting at | window ending before | quantity |
|---------------|-------------|---------------|----------|
| By the hour   | 2026-10-01  | 2026-10-02    | 4        |
| By the hour   | 2026-10-02  | 2026-10-03    | 1        |
| Of the period | 2026-10-31  | 2026-11-01    | 5        |
"""
    rows = made.breakdown("2026-10", window="day").dicts()
    check(expected, [row for row in rows if row["quantity"]])
