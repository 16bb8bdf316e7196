"""Tiers when prices change or quantities fall: the position reached in the period counts."""

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
  - name: a hundred free, dearer from the 15th
    rates:
      - product: Units
        starting_at: "2026-01-01T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 100, price: 0 }, { price: 10 }]
      - product: Units
        starting_at: "2026-10-15T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 100, price: 0 }, { price: 25 }]
  - name: flat, from the 15th in tiers
    rates:
      - { product: Units, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 7 }
      - product: Units
        starting_at: "2026-10-15T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 10, price: 5 }, { size: 10, price: 4 }, { price: 3 }]
  - name: level in tiers, dearer from the 15th
    rates:
      - product: Level
        starting_at: "2026-01-01T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 5, price: 0 }, { size: 5, price: 100 }, { price: 150 }]
      - product: Level
        starting_at: "2026-10-15T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 5, price: 1 }, { size: 5, price: 200 }, { price: 300 }]
"""

EXAMPLES = (
    Example(
        "rating.md §15 T-08c, §17 Q5, metering.md §16 preview-merge",
        "99 of 100 free ones used, then the price changes: of 5 more one is free, four are billed",
        customer="t08c",
        contract="rate_card: a hundred free, dearer from the 15th",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 60    |
| 2026-10-06 | use  | 39    |
| 2026-10-15 | use  | 5     |
""",
        lines="""
| product | from       | to         | tier | quantity | unit price | total |
|---------|------------|------------|------|----------|------------|-------|
| Units   | 2026-10-01 | 2026-10-15 | 1    | 99       | 0          | 0     |
| Units   | 2026-10-15 | 2026-11-01 | 1    | 1        | 0          | 0     |
| Units   | 2026-10-15 | 2026-11-01 | 2    | 4        | 25         | 100   |
""",
    ),
    Example(
        "rating.md §17 Q5",
        "new tiers take over at the position that the period has reached",
        customer="takes-over",
        contract="rate_card: flat, from the 15th in tiers",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 8     |
| 2026-10-20 | use  | 15    |
""",
        lines="""
| product | from       | to         | tier | quantity | unit price | total |
|---------|------------|------------|------|----------|------------|-------|
| Units   | 2026-10-01 | 2026-10-15 |      | 8        | 7          | 56    |
| Units   | 2026-10-15 | 2026-11-01 | 1    | 2        | 5          | 10    |
| Units   | 2026-10-15 | 2026-11-01 | 2    | 10       | 4          | 40    |
| Units   | 2026-10-15 | 2026-11-01 | 3    | 3        | 3          | 9     |
""",
    ),
    Example(
        "rating.md §17 Q5",
        "a falling quantity walks back down the tiers in force",
        customer="walks-back",
        contract="rate_card: level in tiers, dearer from the 15th",
        events="""
| time       | type  | level |
|------------|-------|-------|
| 2026-10-05 | level | 12    |
| 2026-10-20 | level | 4     |
""",
        lines="""
| product | from       | to         | tier | quantity | unit price | total |
|---------|------------|------------|------|----------|------------|-------|
| Level   | 2026-10-01 | 2026-10-15 | 1    | 5        | 0          | 0     |
| Level   | 2026-10-01 | 2026-10-15 | 2    | 5        | 100        | 500   |
| Level   | 2026-10-01 | 2026-10-15 | 3    | 2        | 150        | 300   |
| Level   | 2026-10-15 | 2026-11-01 | 1    | -1       | 1          | -1    |
| Level   | 2026-10-15 | 2026-11-01 | 2    | -5       | 200        | -1000 |
| Level   | 2026-10-15 | 2026-11-01 | 3    | -2       | 300        | -600  |
""",
    ),
    Example(
        "rating.md §4",
        "a new statement period starts at the first tier",
        customer="resets",
        contract="rate_card: five free then five at $1 then $1.50",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-09-05 | use  | 7     |
| 2026-10-05 | use  | 6     |
""",
        lines="""
| product | from       | to         | tier | quantity | unit price | total |
|---------|------------|------------|------|----------|------------|-------|
| Units   | 2026-09-01 | 2026-10-01 | 1    | 5        | 0          | 0     |
| Units   | 2026-09-01 | 2026-10-01 | 2    | 2        | 100        | 200   |
| Units   | 2026-10-01 | 2026-11-01 | 1    | 5        | 0          | 0     |
| Units   | 2026-10-01 | 2026-11-01 | 2    | 1        | 100        | 100   |
""",
        periods=("2026-09", "2026-10"),
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)
