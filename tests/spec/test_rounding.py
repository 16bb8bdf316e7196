"""Quantities are rounded after conversion, on the running value of the period, for each group by itself."""

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

products:
  - name: Started minutes
    type: USAGE
    billable_metric: units
    quantity_conversion: { conversion_factor: 60, operation: DIVIDE }
    quantity_rounding: { rounding_method: ROUND_UP, decimal_places: 0 }
  - name: Started minutes by project
    type: USAGE
    billable_metric: units by project
    presentation_group_key: [project_id]
    quantity_conversion: { conversion_factor: 60, operation: DIVIDE }
    quantity_rounding: { rounding_method: ROUND_UP, decimal_places: 0 }
  - name: Up
    type: USAGE
    billable_metric: units
    quantity_rounding: { rounding_method: ROUND_UP, decimal_places: 0 }
  - name: Down
    type: USAGE
    billable_metric: units
    quantity_rounding: { rounding_method: ROUND_DOWN, decimal_places: 0 }
  - name: Half up
    type: USAGE
    billable_metric: units
    quantity_rounding: { rounding_method: ROUND_HALF_UP, decimal_places: 0 }
  - name: Cents
    type: USAGE
    billable_metric: units
    quantity_rounding: { rounding_method: ROUND_HALF_UP, decimal_places: 2 }
  - name: Tenths of thousands
    type: USAGE
    billable_metric: units
    quantity_conversion: { conversion_factor: 1000, operation: DIVIDE }
    quantity_rounding: { rounding_method: ROUND_UP, decimal_places: 1 }

rate_cards:
  - name: minutes
    rates:
      - { product: Started minutes, starting_at: "2024-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 10 }
  - name: minutes dearer from the 15th
    rates:
      - { product: Started minutes, starting_at: "2024-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 10 }
      - { product: Started minutes, starting_at: "2026-10-15T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 20 }
  - name: minutes by project
    rates:
      - { product: Started minutes by project, starting_at: "2024-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 10 }
  - name: three roundings
    rates:
      - { product: Up, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Down, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Half up, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: cents
    rates:
      - { product: Cents, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: tenths in tiers
    rates:
      - product: Tenths of thousands
        starting_at: "2024-01-01T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 1, price: 10 }, { price: 5 }]
"""

EXAMPLES = (
    Example(
        "rating.md §17 Q1",
        "converted first, rounded second: 30 s + 31 s are 2 started minutes, once for the period",
        customer="started",
        contract="rate_card: minutes",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 30    |
| 2026-10-06 | use  | 31    |
""",
        lines="""
| product         | quantity | unit price | total |
|-----------------|----------|------------|-------|
| Started minutes | 2        | 10         | 20    |
""",
    ),
    Example(
        "rating.md §17 Q2",
        "across a price change the running total is rounded: 90 s + 90 s are 2 + 1 minutes, not 2 + 2",
        customer="across",
        contract="rate_card: minutes dearer from the 15th",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 90    |
| 2026-10-20 | use  | 90    |
""",
        lines="""
| product         | from       | to         | quantity | unit price | total |
|-----------------|------------|------------|----------|------------|-------|
| Started minutes | 2026-10-01 | 2026-10-15 | 2        | 10         | 20    |
| Started minutes | 2026-10-15 | 2026-11-01 | 1        | 20         | 20    |
""",
    ),
    Example(
        "rating.md §17 Q2",
        "seconds that fill up a started minute cost nothing more",
        customer="fills-up",
        contract="rate_card: minutes dearer from the 15th",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 61    |
| 2026-10-20 | use  | 59    |
""",
        lines="""
| product         | from       | to         | quantity | unit price | total |
|-----------------|------------|------------|----------|------------|-------|
| Started minutes | 2026-10-01 | 2026-10-15 | 2        | 10         | 20    |
| Started minutes | 2026-10-15 | 2026-11-01 | 0        | 20         | 0     |
""",
    ),
    Example(
        "rating.md §1.4",
        "each presentation group is rounded by itself",
        customer="by-project",
        contract="rate_card: minutes by project",
        events="""
| time       | type | units | project_id |
|------------|------|-------|------------|
| 2026-10-05 | use  | 90    | a          |
| 2026-10-05 | use  | 90    | b          |
""",
        lines="""
| product                    | presentation | quantity | unit price | total |
|----------------------------|--------------|----------|------------|-------|
| Started minutes by project | project_id=a | 2        | 10         | 20    |
| Started minutes by project | project_id=b | 2        | 10         | 20    |
""",
    ),
    Example(
        "rating.md §1.4",
        "2.5 rounds up to 3, down to 2, half up to 3",
        customer="r25",
        contract="rate_card: three roundings",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 2.5   |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Up      | 3        | 10         | 30    |
| Down    | 2        | 10         | 20    |
| Half up | 3        | 10         | 30    |
""",
    ),
    Example(
        "rating.md §1.4",
        "2.49 rounds half up to 2",
        customer="r24",
        contract="rate_card: three roundings",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 2.49  |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Up      | 3        | 10         | 30    |
| Down    | 2        | 10         | 20    |
| Half up | 2        | 10         | 20    |
""",
    ),
    Example(
        "rating.md §1.4",
        "3 stays",
        customer="r30",
        contract="rate_card: three roundings",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 3     |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Up      | 3        | 10         | 30    |
| Down    | 3        | 10         | 30    |
| Half up | 3        | 10         | 30    |
""",
    ),
    Example(
        "rating.md §1.4",
        "-2.5 rounds up to -2, down to -3, half away from zero to -3",
        customer="m25",
        contract="rate_card: three roundings",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | -2.5  |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Up      | -2       | 10         | -20   |
| Down    | -3       | 10         | -30   |
| Half up | -3       | 10         | -30   |
""",
    ),
    Example(
        "rating.md §1.4",
        "to two places: 1.005 is 1.01, as no binary fraction would have it",
        customer="cents",
        contract="rate_card: cents",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 1.005 |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Cents   | 1.01     | 10         | 10.1  |
""",
    ),
    Example(
        "rating.md §17 Q1, §4",
        "tiers count what has been converted and rounded: 1,001 are 1.1 thousands",
        customer="tenths",
        contract="rate_card: tenths in tiers",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 1001  |
""",
        lines="""
| product             | tier | quantity | unit price | total |
|---------------------|------|----------|------------|-------|
| Tenths of thousands | 1    | 1        | 10         | 10    |
| Tenths of thousands | 2    | 0.1      | 5          | 0.5   |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)
