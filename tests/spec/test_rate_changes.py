"""Prices that change: usage is billed at the price in force when it happened."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named

SHARED = """
billable_metrics:
  - name: latest level
    aggregation_type: LATEST
    aggregation_key: level
    event_type_filter: { in_values: [level] }
    property_filters: [{ name: level, exists: true }]
  - name: units
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [use] }
    property_filters: [{ name: units, exists: true }]

products:
  - { name: Level, type: USAGE, billable_metric: latest level }
  - { name: Units, type: USAGE, billable_metric: units }

rate_cards:
  - name: $3 and from 17 March $4
    rates:
      - { product: Level, starting_at: "2026-01-01T00:00:00Z", ending_before: "2026-03-17T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 300 }
      - { product: Level, starting_at: "2026-03-17T00:00:00Z", entitled: true, rate_type: FLAT, price: 400 }
  # Without an end: the later start supersedes.
  - name: 10 cents and from 1 March 20
    rates:
      - { product: Units, starting_at: "2026-03-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 20 }
      - { product: Units, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  # Nothing is in force from the 10th to the 20th.
  - name: gap
    rates:
      - { product: Units, starting_at: "2026-01-01T00:00:00Z", ending_before: "2026-03-10T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 10 }
      - { product: Units, starting_at: "2026-03-20T00:00:00Z", entitled: true, rate_type: FLAT, price: 30 }
  # For two days another price; then the first one is in force again.
  - name: two cheap days
    rates:
      - { product: Units, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Units, starting_at: "2026-03-10T00:00:00Z", ending_before: "2026-03-12T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 1 }
"""

EXAMPLES = (
    Example(
        "rating.md §15 T-05a, metering.md §8.3 rising price, §16 latest-rate-up",
        "7 at $3, then 9 at $4: 21 + 8 = $29",
        customer="t05a",
        contract="rate_card: $3 and from 17 March $4",
        events="""
| time       | type  | level |
|------------|-------|-------|
| 2026-03-01 | level | 7     |
| 2026-03-18 | level | 9     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Level   | 2026-03-01 | 2026-03-17 | 7        | 300        | 2100  |
| Level   | 2026-03-17 | 2026-04-01 | 2        | 400        | 800   |
""",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| t05a     | 2026-03-01 | 2026-04-01 | 2900  |
""",
        periods=("2026-03",),
    ),
    Example(
        "rating.md §15 T-05b, metering.md §8.3 falling level, §16 latest-rate-drop",
        "40 at $3, then ten less at $4: 120 - 40 = $80",
        customer="t05b",
        contract="rate_card: $3 and from 17 March $4",
        events="""
| time                | type  | level |
|---------------------|-------|-------|
| 2026-03-01          | level | 25    |
| 2026-03-10          | level | 40    |
| 2026-03-17          | level | 38    |
| 2026-03-31 23:59:59 | level | 30    |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Level   | 2026-03-01 | 2026-03-17 | 40       | 300        | 12000 |
| Level   | 2026-03-17 | 2026-04-01 | -10      | 400        | -4000 |
""",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| t05b     | 2026-03-01 | 2026-04-01 | 8000  |
""",
        periods=("2026-03",),
    ),
    Example(
        "rating.md §3.2",
        "starting_at is inclusive and ending_before exclusive, to the second",
        customer="edge",
        contract="rate_card: $3 and from 17 March $4",
        events="""
| time                | type  | level |
|---------------------|-------|-------|
| 2026-03-16 23:59:59 | level | 5     |
| 2026-03-17          | level | 8     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Level   | 2026-03-01 | 2026-03-17 | 5        | 300        | 1500  |
| Level   | 2026-03-17 | 2026-04-01 | 3        | 400        | 1200  |
""",
        periods=("2026-03",),
    ),
    Example(
        "rating.md §3.2",
        "the rate with the latest start is in force, wherever it stands",
        customer="latest",
        contract="rate_card: 10 cents and from 1 March 20",
        events="""
| time                | type | units |
|---------------------|------|-------|
| 2026-02-28 23:59:59 | use  | 7     |
| 2026-03-01          | use  | 5     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Units   | 2026-02-01 | 2026-03-01 | 7        | 10         | 70    |
| Units   | 2026-03-01 | 2026-04-01 | 5        | 20         | 100   |
""",
        periods=("2026-02", "2026-03"),
    ),
    Example(
        "rating.md §17 Q4",
        "usage while no rate is in force is unrated, and on no line",
        customer="gap",
        contract="rate_card: gap",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-03-05 | use  | 5     |
| 2026-03-15 | use  | 7     |
| 2026-03-25 | use  | 11    |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Units   | 2026-03-01 | 2026-03-10 | 5        | 10         | 50    |
| Units   | 2026-03-20 | 2026-04-01 | 11       | 30         | 330   |
""",
        unrated="""
| product | from       | to         | quantity |
|---------|------------|------------|----------|
| Units   | 2026-03-10 | 2026-03-20 | 7        |
""",
        periods=("2026-03",),
    ),
    Example(
        "rating.md §3.2",
        "when a dated rate ends the earlier one is in force again",
        customer="cheap",
        contract="rate_card: two cheap days",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-03-09 | use  | 5     |
| 2026-03-10 | use  | 7     |
| 2026-03-12 | use  | 11    |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Units   | 2026-03-01 | 2026-03-10 | 5        | 10         | 50    |
| Units   | 2026-03-10 | 2026-03-12 | 7        | 1          | 7     |
| Units   | 2026-03-12 | 2026-04-01 | 11       | 10         | 110   |
""",
        periods=("2026-03",),
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)
