"""A product that changes in mid-period: conversion, rounding, keys, tags and name."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
billable_metrics:
  - name: highest
    aggregation_type: MAX
    aggregation_key: level
    event_type_filter: { in_values: [level] }
    property_filters: [{ name: level, exists: true }, { name: region, exists: true }]
    group_keys: [[region]]

products:
  - name: Sum of the period
    type: USAGE
    billable_metric: sum of use
    sql_breakdown_granularity: SERVICE_PERIOD
    quantity_conversion: { conversion_factor: 1000, operation: DIVIDE }
    updates:
      - { starting_at: "2025-07-15T00:00:00Z", quantity_conversion: { conversion_factor: 500, operation: DIVIDE } }
  - name: Tagged at length
    type: USAGE
    billable_metric: sum of use
    sql_breakdown_granularity: SERVICE_PERIOD
    updates: [{ starting_at: "2025-07-15T00:00:00Z", tags: [late] }]
  - name: Storage in thousands
    type: USAGE
    billable_metric: use
    quantity_conversion: { conversion_factor: 1000, operation: DIVIDE }
    updates:
      - { starting_at: "2025-07-15T00:00:00Z", quantity_conversion: { conversion_factor: 500, operation: DIVIDE } }
  - name: Storage rounded up
    type: USAGE
    billable_metric: use
    quantity_rounding: { rounding_method: ROUND_UP, decimal_places: 0 }
    updates:
      - { starting_at: "2025-07-15T00:00:00Z", quantity_rounding: none }
  - name: Storage rounded both ways
    type: USAGE
    billable_metric: use
    quantity_rounding: { rounding_method: ROUND_UP, decimal_places: 0 }
    updates:
      - starting_at: "2025-07-15T00:00:00Z"
        quantity_rounding: { rounding_method: ROUND_DOWN, decimal_places: 0 }
  - name: Machines
    type: USAGE
    billable_metric: place
    updates: [{ starting_at: "2025-07-15T00:00:00Z", pricing_group_key: [region] }]
  - name: Machines by region
    type: USAGE
    billable_metric: place
    presentation_group_key: [region]
    updates: [{ starting_at: "2025-07-15T00:00:00Z", presentation_group_key: [] }]
  - name: Levels
    type: USAGE
    billable_metric: highest
    updates: [{ starting_at: "2025-07-15T00:00:00Z", presentation_group_key: [region] }]
  - name: Tagged later
    type: USAGE
    billable_metric: use
    updates: [{ starting_at: "2025-07-15T00:00:00Z", tags: [core] }]
  - name: Tagged until
    type: USAGE
    billable_metric: use
    tags: [core]
    updates: [{ starting_at: "2025-07-15T00:00:00Z", tags: [] }]
  - name: Beta search
    type: USAGE
    billable_metric: use
    updates:
      - { starting_at: "2025-07-15T00:00:00Z", name: Search }
      - { starting_at: "2025-08-01T00:00:00Z", name: Find }
  - name: Several changes
    type: USAGE
    billable_metric: use
    quantity_conversion: { conversion_factor: 10, operation: DIVIDE }
    updates:
      - { starting_at: "2025-07-10T00:00:00Z", quantity_rounding: { rounding_method: ROUND_UP, decimal_places: 0 } }
      - { starting_at: "2025-07-20T00:00:00Z", quantity_conversion: { conversion_factor: 5, operation: DIVIDE } }

rate_cards:
  - name: sums of the period
    rates:
      - { product: Sum of the period, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 10 }
      - { product: Sum of the period, starting_at: "2025-07-10T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 20 }
  - name: tagged sums of the period
    rates:
      - { product: Tagged at length, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 10 }
  - name: thousands
    rates:
      - { product: Storage in thousands, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 10 }
  - name: rounded up
    rates:
      - { product: Storage rounded up, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: TIERED, tiers: [{ size: 3, price: 10 }, { price: 5 }] }
  - name: rounded both ways
    rates:
      - { product: Storage rounded both ways, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 10 }
  - name: machines
    rates:
      - { product: Machines, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Machines, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 20, pricing_group_values: { region: eu } }
      - { product: Machines, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 30, pricing_group_values: { region: us } }
  - name: machines by region
    rates:
      - { product: Machines by region, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: TIERED, tiers: [{ size: 5, price: 10 }, { price: 6 }] }
  - name: levels
    rates:
      - { product: Levels, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: tagged
    rates:
      - { product: Tagged later, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Tagged until, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: search
    rates:
      - { product: Beta search, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: several
    rates:
      - { product: Several changes, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §1.2, §1.4",
        "thousands, then five hundreds: 3,000 are 3, and 2,000 more are 10 - 6",
        customer="versions-conversion",
        contract="{ rate_card: thousands }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 3000  |
| 2025-07-20 | use  | 2000  |
""",
        # After the change: (3000 + 2000) / 500 - 3000 / 500.
        lines="""
| product              | from       | to         | quantity | unit price | total |
|----------------------|------------|------------|----------|------------|-------|
| Storage in thousands | 2025-07-01 | 2025-07-15 | 3        | 10         | 30    |
| Storage in thousands | 2025-07-15 | 2025-08-01 | 4        | 10         | 40    |
""",
    ),
    PricingExample(
        "rating.md §1.2, §17 Q2, Q5",
        "rounded up to 3, then as it is: the 3 fill the first tier, the 1.2 more are beyond it",
        customer="versions-unrounded",
        contract="{ rate_card: rounded up }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 2.5   |
| 2025-07-20 | use  | 1.2   |
""",
        # 3.7 - 2.5 without rounding; the tiers go by what was billed, 3, and not by the 2.5 that were used.
        lines="""
| product            | from       | to         | tier | quantity | unit price | total |
|--------------------|------------|------------|------|----------|------------|-------|
| Storage rounded up | 2025-07-01 | 2025-07-15 | 1    | 3        | 10         | 30    |
| Storage rounded up | 2025-07-15 | 2025-08-01 | 2    | 1.2      | 5          | 6     |
""",
    ),
    PricingExample(
        "rating.md §1.2, §17 Q2",
        "up, then down: 2.5 are 3, and 0.7 more are 3 - 2",
        customer="versions-rounding",
        contract="{ rate_card: rounded both ways }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 2.5   |
| 2025-07-20 | use  | 0.7   |
""",
        lines="""
| product                   | from       | to         | quantity | unit price | total |
|---------------------------|------------|------------|----------|------------|-------|
| Storage rounded both ways | 2025-07-01 | 2025-07-15 | 3        | 10         | 30    |
| Storage rounded both ways | 2025-07-15 | 2025-08-01 | 1        | 10         | 10    |
""",
    ),
    PricingExample(
        "rating.md §1.2, §17 Q2",
        "tens, from the 10th whole tens, from the 20th whole fives: 0.4, 2 - 1, 7 - 4",
        customer="versions-several",
        contract="{ rate_card: several }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 4     |
| 2025-07-15 | use  | 14    |
| 2025-07-25 | use  | 13    |
""",
        # 4 / 10; up(18 / 10) - up(4 / 10) = 2 - 1; up(31 / 5) - up(18 / 5) = 7 - 4.
        lines="""
| product         | from       | to         | quantity | unit price | total |
|-----------------|------------|------------|----------|------------|-------|
| Several changes | 2025-07-01 | 2025-07-10 | 0.4      | 10         | 4     |
| Several changes | 2025-07-10 | 2025-07-20 | 1        | 10         | 10    |
| Several changes | 2025-07-20 | 2025-08-01 | 3        | 10         | 30    |
""",
    ),
    PricingExample(
        "rating.md §1.2, §3.3",
        "priced as a whole, then by region: the price without values, then those of the regions",
        customer="versions-pricing-key",
        contract="{ rate_card: machines }",
        events="""
| time       | type  | units | region |
|------------|-------|-------|--------|
| 2025-07-05 | place | 4     | eu     |
| 2025-07-06 | place | 6     | us     |
| 2025-07-20 | place | 1     | eu     |
| 2025-07-21 | place | 2     | us     |
| 2025-07-22 | place | 3     | asia   |
""",
        lines="""
| product  | pricing     | from       | to         | quantity | unit price | total |
|----------|-------------|------------|------------|----------|------------|-------|
| Machines |             | 2025-07-01 | 2025-07-15 | 10       | 10         | 100   |
| Machines | region=eu   | 2025-07-15 | 2025-08-01 | 1        | 20         | 20    |
| Machines | region=us   | 2025-07-15 | 2025-08-01 | 2        | 30         | 60    |
| Machines | region=asia | 2025-07-15 | 2025-08-01 | 3        | 10         | 30    |
""",
    ),
    PricingExample(
        "rating.md §1.2, §4",
        "shown by region, then as a whole: the tiers are those of the region, and start anew for the whole",
        customer="versions-presentation-key",
        contract="{ rate_card: machines by region }",
        events="""
| time       | type  | units | region |
|------------|-------|-------|--------|
| 2025-07-05 | place | 7     | eu     |
| 2025-07-06 | place | 4     | us     |
| 2025-07-20 | place | 4     | eu     |
| 2025-07-21 | place | 2     | us     |
""",
        lines="""
| product            | presentation | from       | to         | tier | quantity | unit price | total |
|--------------------|--------------|------------|------------|------|----------|------------|-------|
| Machines by region | region=eu    | 2025-07-01 | 2025-07-15 | 1    | 5        | 10         | 50    |
| Machines by region | region=eu    | 2025-07-01 | 2025-07-15 | 2    | 2        | 6          | 12    |
| Machines by region | region=us    | 2025-07-01 | 2025-07-15 | 1    | 4        | 10         | 40    |
| Machines by region |              | 2025-07-15 | 2025-08-01 | 1    | 5        | 10         | 50    |
| Machines by region |              | 2025-07-15 | 2025-08-01 | 2    | 1        | 6          | 6     |
""",
    ),
    PricingExample(
        "rating.md §1.2, §0.4",
        "a maximum by region from the 15th bills how far each region rises over what it was since the 1st",
        customer="versions-maximum",
        contract="{ rate_card: levels }",
        events="""
| time       | type  | level | region |
|------------|-------|-------|--------|
| 2025-07-05 | level | 8     | eu     |
| 2025-07-06 | level | 5     | us     |
| 2025-07-20 | level | 9     | eu     |
| 2025-07-21 | level | 7     | us     |
""",
        # As a whole 8; then 9 - 8 and 7 - 5.
        lines="""
| product | presentation | from       | to         | quantity | unit price | total |
|---------|--------------|------------|------------|----------|------------|-------|
| Levels  |              | 2025-07-01 | 2025-07-15 | 8        | 10         | 80    |
| Levels  | region=eu    | 2025-07-15 | 2025-08-01 | 1        | 10         | 10    |
| Levels  | region=us    | 2025-07-15 | 2025-08-01 | 2        | 10         | 20    |
""",
    ),
    PricingExample(
        "rating.md §1.2, §17 Q30",
        "an override by tag reaches a product for as long as it has the tag",
        customer="versions-tags",
        contract="""
rate_card: tagged
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, applicable_product_tags: [core] }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 10    |
| 2025-07-20 | use  | 20    |
""",
        lines="""
| product      | from       | to         | quantity | unit price | total |
|--------------|------------|------------|----------|------------|-------|
| Tagged later | 2025-07-01 | 2025-07-15 | 10       | 10         | 100   |
| Tagged later | 2025-07-15 | 2025-08-01 | 20       | 5          | 100   |
| Tagged until | 2025-07-01 | 2025-07-15 | 10       | 5          | 50    |
| Tagged until | 2025-07-15 | 2025-08-01 | 20       | 10         | 200   |
""",
    ),
    PricingExample(
        "rating.md §1.2, §17 Q16",
        "a change of tags that no override asks for splits no line",
        customer="versions-idle-tags",
        contract="{ rate_card: tagged }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 10    |
| 2025-07-20 | use  | 20    |
""",
        lines="""
| product      | quantity | unit price | total |
|--------------|----------|------------|-------|
| Tagged later | 30       | 10         | 300   |
| Tagged until | 30       | 10         | 300   |
""",
    ),
    PricingExample(
        "rating.md §1.2",
        "a line has the name of the end of its period, and a new name splits no line",
        customer="versions-name",
        contract="{ rate_card: search }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-06-05 | use  | 1     |
| 2025-07-05 | use  | 2     |
| 2025-07-20 | use  | 3     |
| 2025-08-05 | use  | 4     |
""",
        # The name of 1 August is not yet July's.
        lines="""
| product     | from       | to         | quantity | unit price | total |
|-------------|------------|------------|----------|------------|-------|
| Beta search | 2025-06-01 | 2025-07-01 | 1        | 10         | 10    |
| Search      | 2025-07-01 | 2025-08-01 | 5        | 10         | 50    |
| Find        | 2025-08-01 | 2025-09-01 | 4        | 10         | 40    |
""",
        periods=("2025-06", "2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §1.2, §1.5",
        "a quantity of the whole period has a line for each conversion, both at the price of the last instant",
        customer="versions-service-period",
        contract="{ rate_card: sums of the period }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 3000  |
| 2025-07-20 | use  | 2000  |
""",
        lines="""
| product           | from       | to         | quantity | unit price | total |
|-------------------|------------|------------|----------|------------|-------|
| Sum of the period | 2025-07-01 | 2025-07-15 | 3        | 20         | 60    |
| Sum of the period | 2025-07-15 | 2025-08-01 | 4        | 20         | 80    |
""",
    ),
    PricingExample(
        "rating.md §1.2, §1.5, §17 Q30",
        "a quantity of the whole period is reached by the tags of its last instant, and not split by them",
        customer="versions-service-period-tags",
        contract="""
rate_card: tagged sums of the period
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, applicable_product_tags: [late] }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 3000  |
| 2025-07-20 | use  | 2000  |
""",
        lines="""
| product          | quantity | unit price | total |
|------------------|----------|------------|-------|
| Tagged at length | 5000     | 5          | 25000 |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
