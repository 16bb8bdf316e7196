"""How finely a SQL metric is billed, and over which keys a metric is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.workspaces import check, land, workspace

SHARED = """
billable_metrics:
  - name: total in SQL
    sql: |
      SELECT SUM(properties.units) AS value FROM events WHERE event_type = 'use'
  - name: average in SQL
    sql: |
      SELECT AVG(properties.units) AS value FROM events WHERE event_type = 'use'
  - name: highest by user in SQL
    sql: |
      SELECT MAX(properties.units) AS value, properties.user_id AS user_id
      FROM events
      WHERE event_type = 'use'
      GROUP BY properties.user_id
  - name: highest by user
    aggregation_type: MAX
    aggregation_key: units
    event_type_filter: { in_values: [use] }
    property_filters: [{ name: units, exists: true }, { name: user_id, exists: true }]
    group_keys: [[user_id]]

products:
  - { name: Total by the hour, type: USAGE, billable_metric: total in SQL, sql_breakdown_granularity: HOUR }
  - { name: Total of the period, type: USAGE, billable_metric: total in SQL,
      sql_breakdown_granularity: SERVICE_PERIOD }
  - { name: Total by default, type: USAGE, billable_metric: total in SQL }
  - { name: Average by the hour, type: USAGE, billable_metric: average in SQL, sql_breakdown_granularity: HOUR }
  - { name: Average of the period, type: USAGE, billable_metric: average in SQL,
      sql_breakdown_granularity: SERVICE_PERIOD }
  - { name: Sum of peaks, type: USAGE, billable_metric: highest by user in SQL }
  - { name: Peak, type: USAGE, billable_metric: highest by user }
  - name: Peak by user in SQL
    type: USAGE
    billable_metric: highest by user in SQL
    presentation_group_key: [user_id]
    sql_breakdown_granularity: HOUR

rate_cards:
  - name: total by the hour
    rates:
      - { product: Total by the hour, starting_at: "2025-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 1000 }
      - { product: Total by the hour, starting_at: "2026-01-15T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 2000 }
  - name: total of the period
    rates:
      - { product: Total of the period, starting_at: "2025-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 1000 }
      - { product: Total of the period, starting_at: "2026-01-15T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 2000 }
  - name: total by default
    rates:
      - { product: Total by default, starting_at: "2025-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 1000 }
      - { product: Total by default, starting_at: "2026-01-15T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 2000 }
  - name: average by the hour
    rates:
      - { product: Average by the hour, starting_at: "2025-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 1000 }
      - { product: Average by the hour, starting_at: "2026-01-15T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 2000 }
  - name: average of the period
    rates:
      - { product: Average of the period, starting_at: "2025-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 1000 }
      - { product: Average of the period, starting_at: "2026-01-15T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 2000 }
  - name: sum of peaks
    rates:
      - { product: Sum of peaks, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 1000 }
      - { product: Sum of peaks, starting_at: "2026-01-15T00:00:00Z", entitled: true, rate_type: FLAT, price: 2000 }
  - name: peak
    rates:
      - { product: Peak, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 1000 }
      - { product: Peak, starting_at: "2026-01-15T00:00:00Z", entitled: true, rate_type: FLAT, price: 2000 }
  - name: peak by user
    rates:
      - { product: Peak by user in SQL, starting_at: "2025-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 1000 }
      - { product: Peak by user in SQL, starting_at: "2026-01-15T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 2000 }
"""

EXAMPLES = (
    Example(
        "rating.md §15 T-06, metering.md §8.1 hourly price, §16 sql-sum-hour",
        "by the hour 5 + 10 + 15 are billed at $10 when they happen: $300",
        customer="t06-hour",
        contract="""
rate_card: total by the hour
starting_at: "2025-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-01-01 | use  | 5     |
| 2026-01-02 | use  | 10    |
| 2026-01-03 | use  | 15    |
""",
        lines="""
| product           | from       | to         | quantity | unit price | total |
|-------------------|------------|------------|----------|------------|-------|
| Total by the hour | 2026-01-01 | 2026-01-15 | 30       | 1000       | 30000 |
| Total by the hour | 2026-01-15 | 2026-02-01 | 0        | 2000       | 0     |
""",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| t06-hour | 2026-01-01 | 2026-02-01 | 30000 |
""",
        periods=("2026-01",),
    ),
    Example(
        "rating.md §15 T-06, metering.md §8.1 period price, §16 sql-sum-period",
        "for the period 30 are billed at $20, the price of its last instant: $600",
        customer="t06-period",
        contract="""
rate_card: total of the period
starting_at: "2025-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-01-01 | use  | 5     |
| 2026-01-02 | use  | 10    |
| 2026-01-03 | use  | 15    |
""",
        lines="""
| product             | quantity | unit price | total |
|---------------------|----------|------------|-------|
| Total of the period | 30       | 2000       | 60000 |
""",
        invoices="""
| customer   | from       | to         | total |
|------------|------------|------------|-------|
| t06-period | 2026-01-01 | 2026-02-01 | 60000 |
""",
        periods=("2026-01",),
    ),
    Example(
        "metering.md §17.2",
        "a product that does not say is billed for the period",
        customer="t06-default",
        contract="""
rate_card: total by default
starting_at: "2025-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-01-01 | use  | 5     |
| 2026-01-02 | use  | 10    |
| 2026-01-03 | use  | 15    |
""",
        lines="""
| product          | quantity | unit price | total |
|------------------|----------|------------|-------|
| Total by default | 30       | 2000       | 60000 |
""",
        periods=("2026-01",),
    ),
    Example(
        "metering.md §17.3",
        "the last instant is before the end: what begins there does not count, what ends there does",
        customer="last-instant",
        contract="""
rate_card: total of the period
starting_at: "2025-01-01T00:00:00Z"
overrides:
  - { starting_at: "2026-01-31T23:00:00Z", ending_before: "2026-02-01T00:00:00Z", type: MULTIPLIER,
      multiplier: 0.5 }
  - { starting_at: "2026-02-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.1 }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-01-01 | use  | 5     |
| 2026-01-02 | use  | 10    |
| 2026-01-03 | use  | 15    |
""",
        lines="""
| product             | quantity | unit price | total |
|---------------------|----------|------------|-------|
| Total of the period | 30       | 1000       | 30000 |
""",
        periods=("2026-01",),
    ),
    Example(
        "metering.md §8.1",
        "an average of 4 that rises to 6 bills 4, then 2 more",
        customer="avg-hour",
        contract="""
rate_card: average by the hour
starting_at: "2025-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-01-03 | use  | 4     |
| 2026-01-20 | use  | 6     |
| 2026-01-20 | use  | 8     |
""",
        lines="""
| product             | from       | to         | quantity | unit price | total |
|---------------------|------------|------------|----------|------------|-------|
| Average by the hour | 2026-01-01 | 2026-01-15 | 4        | 1000       | 4000  |
| Average by the hour | 2026-01-15 | 2026-02-01 | 2        | 2000       | 4000  |
""",
        periods=("2026-01",),
    ),
    Example(
        "metering.md §8.1 average, §16 sql-avg-hour",
        "an average of 4 then 6 is 5: increments 4 and 1",
        customer="avg-doc",
        contract="""
rate_card: average by the hour
starting_at: "2025-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-01-14 | use  | 4     |
| 2026-01-15 | use  | 6     |
""",
        lines="""
| product             | from       | to         | quantity | unit price | total |
|---------------------|------------|------------|----------|------------|-------|
| Average by the hour | 2026-01-01 | 2026-01-15 | 4        | 1000       | 4000  |
| Average by the hour | 2026-01-15 | 2026-02-01 | 1        | 2000       | 2000  |
""",
        periods=("2026-01",),
    ),
    Example(
        "rating.md §1.5",
        "an average for the period is one line",
        customer="avg-period",
        contract="""
rate_card: average of the period
starting_at: "2025-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-01-03 | use  | 4     |
| 2026-01-20 | use  | 6     |
| 2026-01-20 | use  | 8     |
""",
        lines="""
| product               | quantity | unit price | total |
|-----------------------|----------|------------|-------|
| Average of the period | 6        | 2000       | 12000 |
""",
        periods=("2026-01",),
    ),
    Example(
        "metering.md §16 sql-unused-column",
        "a column that the product does not use is summed away: peaks of 9 and 7 are 16",
        customer="unused-column",
        contract="""
rate_card: sum of peaks
starting_at: "2025-01-01T00:00:00Z"
""",
        events="""
| time       | type | units | user_id |
|------------|------|-------|---------|
| 2026-01-03 | use  | 4     | ann     |
| 2026-01-04 | use  | 7     | ben     |
| 2026-01-20 | use  | 9     | ann     |
| 2026-01-21 | use  | 6     | ben     |
""",
        lines="""
| product      | quantity | unit price | total |
|--------------|----------|------------|-------|
| Sum of peaks | 16       | 2000       | 32000 |
""",
        periods=("2026-01",),
    ),
    Example(
        "metering.md §16 streaming-unused-key",
        "a streaming maximum without the key is the maximum of all: 7, then 2 more",
        customer="unused-key",
        contract="""
rate_card: peak
starting_at: "2025-01-01T00:00:00Z"
""",
        events="""
| time       | type | units | user_id |
|------------|------|-------|---------|
| 2026-01-03 | use  | 4     | ann     |
| 2026-01-04 | use  | 7     | ben     |
| 2026-01-20 | use  | 9     | ann     |
| 2026-01-21 | use  | 6     | ben     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Peak    | 2026-01-01 | 2026-01-15 | 7        | 1000       | 7000  |
| Peak    | 2026-01-15 | 2026-02-01 | 2        | 2000       | 4000  |
""",
        periods=("2026-01",),
    ),
    Example(
        "rating.md §0.4",
        "increments are taken group by group: ann rises from 4 to 9, ben stays at 7",
        customer="by-user",
        contract="""
rate_card: peak by user
starting_at: "2025-01-01T00:00:00Z"
""",
        events="""
| time       | type | units | user_id |
|------------|------|-------|---------|
| 2026-01-03 | use  | 4     | ann     |
| 2026-01-04 | use  | 7     | ben     |
| 2026-01-20 | use  | 9     | ann     |
| 2026-01-21 | use  | 6     | ben     |
""",
        lines="""
| product             | presentation | from       | to         | quantity | unit price | total |
|---------------------|--------------|------------|------------|----------|------------|-------|
| Peak by user in SQL | user_id=ann  | 2026-01-01 | 2026-01-15 | 4        | 1000       | 4000  |
| Peak by user in SQL | user_id=ann  | 2026-01-15 | 2026-02-01 | 5        | 2000       | 10000 |
| Peak by user in SQL | user_id=ben  | 2026-01-01 | 2026-01-15 | 7        | 1000       | 7000  |
""",
        periods=("2026-01",),
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)


BROKEN_DOWN = (
    SHARED
    + """
customers: [{ id: hour, name: Hour }, { id: period, name: Period }]
contracts:
  - { customer_id: hour, rate_card: total by the hour, starting_at: "2026-01-01T00:00:00Z" }
  - { customer_id: period, rate_card: total of the period, starting_at: "2026-01-01T00:00:00Z" }
"""
)


def test_a_breakdown_has_what_is_billed_by_the_hour_where_it_happened(tmp_path: Path) -> None:
    """metering.md §8.1 hourly breakdown, metering.md §8.1 period breakdown: $50, $100 and $150, and $600 at the end."""
    made = workspace(tmp_path / "workspace", BROKEN_DOWN)
    land(
        made,
        """
| time       | type | customer | units |
|------------|------|----------|-------|
| 2026-01-01 | use  | hour     | 5     |
| 2026-01-02 | use  | hour     | 10    |
| 2026-01-03 | use  | hour     | 15    |
| 2026-01-01 | use  | period   | 5     |
| 2026-01-02 | use  | period   | 10    |
| 2026-01-03 | use  | period   | 15    |
""",
    )
    expected = """
| customer name | window starting at | window ending before | quantity | unit price | total |
|---------------|--------------------|----------------------|----------|------------|-------|
| Hour          | 2026-01-01         | 2026-01-02           | 5        | 1000       | 5000  |
| Hour          | 2026-01-02         | 2026-01-03           | 10       | 1000       | 10000 |
| Hour          | 2026-01-03         | 2026-01-04           | 15       | 1000       | 15000 |
| Period        | 2026-01-31         | 2026-02-01           | 30       | 2000       | 60000 |
"""
    rows = made.breakdown("2026-01", window="day").dicts()
    check(expected, [row for row in rows if row["quantity"]])
