"""Which statements a contract has, and in which month's run each is billed: the month of its last instant."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named

SHARED = """
billable_metrics:
  - name: units
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [use] }
    property_filters: [{ name: units, exists: true }]
  - name: units by region
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [regional] }
    property_filters: [{ name: units, exists: true }, { name: region, exists: true }]
    group_keys: [[region]]

products:
  - { name: Units, type: USAGE, billable_metric: units }
  # Without usage it has no line, so the examples that use it show bare invoices.
  - { name: Regional, type: USAGE, billable_metric: units by region, pricing_group_key: [region] }

rate_cards:
  - name: units
    rates:
      - { product: Units, starting_at: "2020-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: regional
    rates:
      - { product: Regional, starting_at: "2020-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
"""

EXAMPLES = (
    Example(
        "rating.md §15 T-21",
        "anchored on the 10th before the start: 15 September to 10 October, then from the 10th",
        customer="t21",
        contract="""
rate_card: units
starting_at: "2024-09-15T00:00:00Z"
usage_statement_schedule: { frequency: MONTHLY, day: CUSTOM_DATE, billing_anchor_date: "2024-09-10T00:00:00Z" }
""",
        events="""
| time                | type | units |
|---------------------|------|-------|
| 2024-09-14 23:59:59 | use  | 1     |
| 2024-09-15          | use  | 2     |
| 2024-10-09 23:59:59 | use  | 4     |
| 2024-10-10          | use  | 8     |
| 2024-11-10          | use  | 16    |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Units   | 2024-09-15 | 2024-10-10 | 6        | 10         | 60    |
| Units   | 2024-10-10 | 2024-11-10 | 8        | 10         | 80    |
| Units   | 2024-11-10 | 2024-12-10 | 16       | 10         | 160   |
""",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| t21      | 2024-09-15 | 2024-10-10 | 60    |
| t21      | 2024-10-10 | 2024-11-10 | 80    |
| t21      | 2024-11-10 | 2024-12-10 | 160   |
""",
        periods=("2024-09", "2024-10", "2024-11", "2024-12"),
    ),
    Example(
        "rating.md §9",
        "without a schedule a statement is a calendar month, the first one short",
        customer="default",
        contract="""
rate_card: units
starting_at: "2026-02-10T13:00:00Z"
""",
        events="""
| time                       | type | units |
|----------------------------|------|-------|
| 2026-02-10 12:59:59        | use  | 1     |
| 2026-02-10 13:00           | use  | 2     |
| 2026-03-31 23:59:59.999999 | use  | 4     |
| 2026-04-01                 | use  | 8     |
""",
        lines="""
| product | from             | to         | quantity | unit price | total |
|---------|------------------|------------|----------|------------|-------|
| Units   | 2026-02-10 13:00 | 2026-03-01 | 2        | 10         | 20    |
| Units   | 2026-03-01       | 2026-04-01 | 4        | 10         | 40    |
| Units   | 2026-04-01       | 2026-05-01 | 8        | 10         | 80    |
""",
        periods=("2026-02", "2026-03", "2026-04"),
    ),
    Example(
        "rating.md §9",
        "a contract that ends is billed up to its end, and never again",
        customer="ends",
        contract="""
rate_card: units
ending_before: "2026-03-20T12:00:00Z"
""",
        events="""
| time                | type | units |
|---------------------|------|-------|
| 2026-02-05          | use  | 1     |
| 2026-03-20 11:59:59 | use  | 2     |
| 2026-03-20 12:00    | use  | 4     |
| 2026-04-05          | use  | 8     |
""",
        lines="""
| product | from       | to               | quantity | unit price | total |
|---------|------------|------------------|----------|------------|-------|
| Units   | 2026-02-01 | 2026-03-01       | 1        | 10         | 10    |
| Units   | 2026-03-01 | 2026-03-20 12:00 | 2        | 10         | 20    |
""",
        invoices="""
| customer | from       | to               | total |
|----------|------------|------------------|-------|
| ends     | 2026-02-01 | 2026-03-01       | 10    |
| ends     | 2026-03-01 | 2026-03-20 12:00 | 20    |
""",
        periods=("2026-02", "2026-03", "2026-04"),
    ),
    Example(
        "rating.md §17 Q18",
        "from the 31st: the last day of short months, without drifting",
        customer="jan-31",
        contract="""
rate_card: regional
starting_at: "2026-01-31T00:00:00Z"
usage_statement_schedule: { frequency: MONTHLY, day: CONTRACT_START }
""",
        events="",
        lines="",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| jan-31   | 2026-01-31 | 2026-02-28 | 0     |
| jan-31   | 2026-02-28 | 2026-03-31 | 0     |
| jan-31   | 2026-03-31 | 2026-04-30 | 0     |
""",
        periods=("2026-02", "2026-03", "2026-04"),
    ),
    Example(
        "rating.md §17 Q18",
        "anchored on a 31st long ago: the last day of every month",
        customer="anchor-31",
        contract="""
rate_card: regional
starting_at: "2026-02-10T00:00:00Z"
usage_statement_schedule: { frequency: MONTHLY, day: CUSTOM_DATE, billing_anchor_date: "2025-08-31T00:00:00Z" }
""",
        events="",
        lines="",
        invoices="""
| customer  | from       | to         | total |
|-----------|------------|------------|-------|
| anchor-31 | 2026-02-10 | 2026-02-28 | 0     |
| anchor-31 | 2026-02-28 | 2026-03-31 | 0     |
| anchor-31 | 2026-03-31 | 2026-04-30 | 0     |
""",
        periods=("2026-02", "2026-03", "2026-04"),
    ),
    Example(
        "rating.md §9",
        "an anchor after the start counts backwards too",
        customer="anchor-later",
        contract="""
rate_card: regional
starting_at: "2026-01-20T00:00:00Z"
usage_statement_schedule: { frequency: MONTHLY, day: CUSTOM_DATE, billing_anchor_date: "2026-12-05T00:00:00Z" }
""",
        events="",
        lines="",
        invoices="""
| customer     | from       | to         | total |
|--------------|------------|------------|-------|
| anchor-later | 2026-01-20 | 2026-02-05 | 0     |
| anchor-later | 2026-02-05 | 2026-03-05 | 0     |
| anchor-later | 2026-03-05 | 2026-04-05 | 0     |
""",
        periods=("2026-02", "2026-03", "2026-04"),
    ),
    Example(
        "rating.md §9",
        "CONTRACT_START means the very hour",
        customer="to-the-hour",
        contract="""
rate_card: regional
starting_at: "2026-01-10T13:00:00Z"
usage_statement_schedule: { frequency: MONTHLY, day: CONTRACT_START }
""",
        events="",
        lines="",
        invoices="""
| customer    | from             | to               | total |
|-------------|------------------|------------------|-------|
| to-the-hour | 2026-01-10 13:00 | 2026-02-10 13:00 | 0     |
| to-the-hour | 2026-02-10 13:00 | 2026-03-10 13:00 | 0     |
| to-the-hour | 2026-03-10 13:00 | 2026-04-10 13:00 | 0     |
""",
        periods=("2026-02", "2026-03", "2026-04"),
    ),
    Example(
        "rating.md §17 Q18",
        "in a leap year the 31st is the 29th",
        customer="leap",
        contract="""
rate_card: regional
starting_at: "2024-01-31T00:00:00Z"
usage_statement_schedule: { frequency: MONTHLY, day: CONTRACT_START }
""",
        events="",
        lines="",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| leap     | 2024-01-31 | 2024-02-29 | 0     |
""",
        periods=("2024-02",),
    ),
    Example(
        "rating.md §9",
        "weeks from the start, the last one cut short by the end",
        customer="weekly",
        contract="""
rate_card: regional
starting_at: "2026-02-04T00:00:00Z"
ending_before: "2026-02-20T00:00:00Z"
usage_statement_schedule: { frequency: WEEKLY, day: CONTRACT_START }
""",
        events="",
        lines="",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| weekly   | 2026-02-04 | 2026-02-11 | 0     |
| weekly   | 2026-02-11 | 2026-02-18 | 0     |
| weekly   | 2026-02-18 | 2026-02-20 | 0     |
""",
        periods=("2026-02", "2026-03", "2026-04"),
    ),
    Example(
        "rating.md §9",
        "weeks from the first of the month: the 8th, 15th, 22nd, and on across months",
        customer="weekly-first",
        contract="""
rate_card: regional
starting_at: "2026-03-04T00:00:00Z"
ending_before: "2026-04-07T00:00:00Z"
usage_statement_schedule: { frequency: WEEKLY, day: FIRST_OF_MONTH }
""",
        events="",
        lines="",
        invoices="""
| customer     | from       | to         | total |
|--------------|------------|------------|-------|
| weekly-first | 2026-03-04 | 2026-03-08 | 0     |
| weekly-first | 2026-03-08 | 2026-03-15 | 0     |
| weekly-first | 2026-03-15 | 2026-03-22 | 0     |
| weekly-first | 2026-03-22 | 2026-03-29 | 0     |
| weekly-first | 2026-03-29 | 2026-04-05 | 0     |
| weekly-first | 2026-04-05 | 2026-04-07 | 0     |
""",
        periods=("2026-02", "2026-03", "2026-04"),
    ),
    Example(
        "rating.md §17 Q19",
        "quarters from the first are calendar quarters, the first one short",
        customer="quarter",
        contract="""
rate_card: regional
starting_at: "2026-02-10T00:00:00Z"
usage_statement_schedule: { frequency: QUARTERLY, day: FIRST_OF_MONTH }
""",
        events="",
        lines="",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| quarter  | 2026-02-10 | 2026-04-01 | 0     |
""",
        periods=("2026-02", "2026-03", "2026-04"),
    ),
    Example(
        "rating.md §9, §17 Q18",
        "quarters from 30 November end on the last of February",
        customer="quarter-start",
        contract="""
rate_card: regional
starting_at: "2025-11-30T00:00:00Z"
usage_statement_schedule: { frequency: QUARTERLY, day: CONTRACT_START }
""",
        events="",
        lines="",
        invoices="""
| customer      | from       | to         | total |
|---------------|------------|------------|-------|
| quarter-start | 2025-11-30 | 2026-02-28 | 0     |
""",
        periods=("2026-02", "2026-03", "2026-04"),
    ),
    Example(
        "rating.md §17 Q19",
        "a year from the first of the month in which the contract starts",
        customer="year",
        contract="""
rate_card: regional
starting_at: "2025-03-15T00:00:00Z"
usage_statement_schedule: { frequency: ANNUAL, day: FIRST_OF_MONTH }
""",
        events="",
        lines="",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| year     | 2025-03-15 | 2026-03-01 | 0     |
""",
        periods=("2026-02", "2026-03", "2026-04"),
    ),
    Example(
        "rating.md §9",
        "a year from the start",
        customer="year-start",
        contract="""
rate_card: regional
starting_at: "2025-03-15T00:00:00Z"
usage_statement_schedule: { frequency: ANNUAL, day: CONTRACT_START }
""",
        events="",
        lines="",
        invoices="""
| customer   | from       | to         | total |
|------------|------------|------------|-------|
| year-start | 2025-03-15 | 2026-03-15 | 0     |
""",
        periods=("2026-02", "2026-03", "2026-04"),
    ),
    Example(
        "rating.md §9, §4",
        "a quarter is one period: its usage adds up and is billed when it ends",
        customer="quarter-usage",
        contract="""
rate_card: units
usage_statement_schedule: { frequency: QUARTERLY, day: CONTRACT_START }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-01-05 | use  | 1     |
| 2026-02-05 | use  | 2     |
| 2026-03-05 | use  | 4     |
| 2026-04-05 | use  | 8     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Units   | 2026-01-01 | 2026-04-01 | 7        | 10         | 70    |
""",
        periods=("2026-02", "2026-03", "2026-04"),
    ),
    Example(
        "rating.md §9",
        "a contract that has not begun has no invoice",
        customer="not-yet",
        contract="""
rate_card: regional
starting_at: "2026-05-01T00:00:00Z"
""",
        events="",
        lines="",
        invoices="""
| customer | from | to | total |
|----------|------|----|-------|
""",
        periods=("2026-02", "2026-03", "2026-04"),
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)
