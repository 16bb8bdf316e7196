"""Tiers: graduated by the quantity used in the period, for every group of its own."""

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
  - name: units by project
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [use] }
    property_filters: [{ name: units, exists: true }, { name: project_id, exists: true }]
    group_keys: [[project_id]]
  - name: latest level
    aggregation_type: LATEST
    aggregation_key: level
    event_type_filter: { in_values: [level] }
    property_filters: [{ name: level, exists: true }]

products:
  - { name: Units, type: USAGE, billable_metric: units }
  - { name: Units by project, type: USAGE, billable_metric: units by project, presentation_group_key: [project_id] }
  - { name: Level, type: USAGE, billable_metric: latest level }

rate_cards:
  - name: five free then five at $1 then $1.50
    rates:
      - product: Units
        starting_at: "2026-01-01T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 5, price: 0 }, { size: 5, price: 100 }, { price: 150 }]
  - name: the same by project
    rates:
      - product: Units by project
        starting_at: "2026-01-01T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 5, price: 0 }, { size: 5, price: 100 }, { price: 150 }]
  - name: ten thousand at 1 cent then half a cent
    rates:
      - product: Units
        starting_at: "2026-01-01T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 10000, price: 1 }, { price: 0.5 }]
  - name: two tiers of ten
    rates:
      - product: Units
        starting_at: "2026-01-01T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 10, price: 5 }, { size: 10, price: 4 }]
"""

EXAMPLES = (
    Example(
        "rating.md §15 T-08",
        "5 units cost $0",
        customer="t08-5",
        contract="rate_card: five free then five at $1 then $1.50",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 5     |
""",
        lines="""
| product | tier | quantity | unit price | total |
|---------|------|----------|------------|-------|
| Units   | 1    | 5        | 0          | 0     |
""",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| t08-5    | 2026-10-01 | 2026-11-01 | 0     |
""",
    ),
    Example(
        "rating.md §15 T-08",
        "6 units cost $1",
        customer="t08-6",
        contract="rate_card: five free then five at $1 then $1.50",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 6     |
""",
        lines="""
| product | tier | quantity | unit price | total |
|---------|------|----------|------------|-------|
| Units   | 1    | 5        | 0          | 0     |
| Units   | 2    | 1        | 100        | 100   |
""",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| t08-6    | 2026-10-01 | 2026-11-01 | 100   |
""",
    ),
    Example(
        "rating.md §15 T-08",
        "10 units cost $5",
        customer="t08-10",
        contract="rate_card: five free then five at $1 then $1.50",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 10    |
""",
        lines="""
| product | tier | quantity | unit price | total |
|---------|------|----------|------------|-------|
| Units   | 1    | 5        | 0          | 0     |
| Units   | 2    | 5        | 100        | 500   |
""",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| t08-10   | 2026-10-01 | 2026-11-01 | 500   |
""",
    ),
    Example(
        "rating.md §15 T-08",
        "11 units cost $6.5",
        customer="t08-11",
        contract="rate_card: five free then five at $1 then $1.50",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 11    |
""",
        lines="""
| product | tier | quantity | unit price | total |
|---------|------|----------|------------|-------|
| Units   | 1    | 5        | 0          | 0     |
| Units   | 2    | 5        | 100        | 500   |
| Units   | 3    | 1        | 150        | 150   |
""",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| t08-11   | 2026-10-01 | 2026-11-01 | 650   |
""",
    ),
    Example(
        "rating.md §15 T-08",
        "20 units cost $20",
        customer="t08-20",
        contract="rate_card: five free then five at $1 then $1.50",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 20    |
""",
        lines="""
| product | tier | quantity | unit price | total |
|---------|------|----------|------------|-------|
| Units   | 1    | 5        | 0          | 0     |
| Units   | 2    | 5        | 100        | 500   |
| Units   | 3    | 10       | 150        | 1500  |
""",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| t08-20   | 2026-10-01 | 2026-11-01 | 2000  |
""",
    ),
    Example(
        "rating.md §4",
        "a tier's maximum belongs to it and its minimum to the one before: 5.000001 is over",
        customer="t08-bit",
        contract="rate_card: five free then five at $1 then $1.50",
        events="""
| time       | type | units    |
|------------|------|----------|
| 2026-10-05 | use  | 5.000001 |
""",
        lines="""
| product | tier | quantity | unit price | total  |
|---------|------|----------|------------|--------|
| Units   | 1    | 5        | 0          | 0      |
| Units   | 2    | 0.000001 | 100        | 0.0001 |
""",
    ),
    Example(
        "rating.md §15 T-08b",
        "15,000 calls: 10,000 at 1 cent and 5,000 at half a cent, $125.00 on two lines",
        customer="t08b",
        contract="rate_card: ten thousand at 1 cent then half a cent",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 15000 |
""",
        lines="""
| product | tier | quantity | unit price | total |
|---------|------|----------|------------|-------|
| Units   | 1    | 10000    | 1          | 10000 |
| Units   | 2    | 5000     | 0.5        | 2500  |
""",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| t08b     | 2026-10-01 | 2026-11-01 | 12500 |
""",
    ),
    Example(
        "rating.md §15 T-08d",
        "every project has its own tiers: A 6 and B 6 cost $1 + $1, not $8",
        customer="t08d",
        contract="rate_card: the same by project",
        events="""
| time       | type | units | project_id |
|------------|------|-------|------------|
| 2026-10-05 | use  | 6     | A          |
| 2026-10-06 | use  | 2     | B          |
| 2026-10-07 | use  | 4     | B          |
""",
        lines="""
| product          | presentation | tier | quantity | unit price | total |
|------------------|--------------|------|----------|------------|-------|
| Units by project | project_id=A | 1    | 5        | 0          | 0     |
| Units by project | project_id=A | 2    | 1        | 100        | 100   |
| Units by project | project_id=B | 1    | 5        | 0          | 0     |
| Units by project | project_id=B | 2    | 1        | 100        | 100   |
""",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| t08d     | 2026-10-01 | 2026-11-01 | 200   |
""",
    ),
    Example(
        "rating.md §4",
        "the last tier goes on even when it has a size",
        customer="goes-on",
        contract="rate_card: two tiers of ten",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 25    |
""",
        lines="""
| product | tier | quantity | unit price | total |
|---------|------|----------|------------|-------|
| Units   | 1    | 10       | 5          | 50    |
| Units   | 2    | 15       | 4          | 60    |
""",
    ),
    Example(
        "rating.md §5.1",
        "a multiplier applies to the price of every tier",
        customer="tier-discount",
        contract="""
rate_card: five free then five at $1 then $1.50
overrides: [{ starting_at: "2026-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.9 }]
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 11    |
""",
        lines="""
| product | tier | quantity | unit price | total |
|---------|------|----------|------------|-------|
| Units   | 1    | 5        | 0          | 0     |
| Units   | 2    | 5        | 90         | 450   |
| Units   | 3    | 1        | 135        | 135   |
""",
    ),
    Example(
        "rating.md §4",
        "below zero the first tier still counts",
        customer="below",
        contract="rate_card: ten thousand at 1 cent then half a cent",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | -3    |
""",
        lines="""
| product | tier | quantity | unit price | total |
|---------|------|----------|------------|-------|
| Units   | 1    | -3       | 1          | -3    |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)
