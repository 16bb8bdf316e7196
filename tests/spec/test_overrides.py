"""Overrides: exactly one prices a line; which one, what it is aimed at, and from when to when."""

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
  - name: units by place
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [place] }
    property_filters:
      - { name: units, exists: true }
      - { name: region, exists: true }
      - { name: hardware, exists: true }
    group_keys: [[region, hardware]]
  - name: units by project
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [project] }
    property_filters: [{ name: units, exists: true }, { name: project_id, exists: true }]
    group_keys: [[project_id]]

products:
  - { name: Units, type: USAGE, billable_metric: units, tags: [plain, ai] }
  - { name: More units, type: USAGE, billable_metric: units, tags: [ai] }
  - { name: Compute, type: USAGE, billable_metric: units by place, pricing_group_key: [region, hardware] }
  - { name: Projects, type: USAGE, billable_metric: units by project, presentation_group_key: [project_id] }
  - { name: Disks, type: USAGE, billable_metric: units, tags: [storage] }

rate_cards:
  - name: units at 10 cents
    rates:
      - { product: Units, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: both at 10 cents
    rates:
      - { product: Units, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: More units, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: 10 cents and from the 15th 20
    rates:
      - { product: Units, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Units, starting_at: "2026-10-15T00:00:00Z", entitled: true, rate_type: FLAT, price: 20 }
  - name: compute
    rates:
      - { product: Compute, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 100, pricing_group_values: { region: af-south-1, hardware: gpu } }
      - { product: Compute, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10, pricing_group_values: { region: af-south-1, hardware: cpu } }
      - { product: Compute, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 200, pricing_group_values: { region: uaenorth, hardware: gpu } }
      - { product: Compute, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 50, pricing_group_values: { region: us-east-1, hardware: gpu } }
  - name: projects at 10 cents
    rates:
      - { product: Projects, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
"""

EXAMPLES = (
    Example(
        "rating.md §15 T-14",
        "70 % in two regions for any hardware, list elsewhere",
        catalog="""
customers: [{ id: t14, name: t14 }]
contracts:
  - customer_id: t14
    rate_card: compute
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - starting_at: "2024-01-01T00:00:00Z"
        type: MULTIPLIER
        multiplier: 0.7
        override_specifiers:
          - { product: Compute, pricing_group_values: { region: af-south-1 } }
          - { product: Compute, pricing_group_values: { region: uaenorth } }
""",
        events="""
| time       | type  | units | region     | hardware |
|------------|-------|-------|------------|----------|
| 2026-10-05 | place | 1     | af-south-1 | gpu      |
| 2026-10-05 | place | 2     | af-south-1 | cpu      |
| 2026-10-05 | place | 3     | uaenorth   | gpu      |
| 2026-10-05 | place | 4     | us-east-1  | gpu      |
""",
        lines="""
| product | pricing                         | quantity | unit price | total |
|---------|---------------------------------|----------|------------|-------|
| Compute | region=af-south-1, hardware=cpu | 2        | 7          | 14    |
| Compute | region=af-south-1, hardware=gpu | 1        | 70         | 70    |
| Compute | region=uaenorth, hardware=gpu   | 3        | 140        | 420   |
| Compute | region=us-east-1, hardware=gpu  | 4        | 50         | 200   |
""",
    ),
    Example(
        "rating.md §15 T-18b",
        "0.9 for ever and 0.8 from 2025: 0.9 in 2024, then 0.8, never 0.72",
        catalog="""
customers: [{ id: t18b, name: t18b }]
contracts:
  - customer_id: t18b
    rate_card: units at 10 cents
    starting_at: "2024-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.9 }
      - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.8 }
""",
        events="""
| time                | type | units |
|---------------------|------|-------|
| 2024-12-31 23:59:59 | use  | 100   |
| 2025-01-01          | use  | 50    |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Units   | 2024-12-01 | 2025-01-01 | 100      | 9          | 900   |
| Units   | 2025-01-01 | 2025-02-01 | 50       | 8          | 400   |
""",
        periods=("2024-12", "2025-01"),
    ),
    Example(
        "rating.md §5.2 (LOWEST_MULTIPLIER)",
        "the lowest multiplier wins, wherever it stands",
        catalog="""
customers: [{ id: lowest, name: lowest }]
contracts:
  - customer_id: lowest
    rate_card: units at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.8 }
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.6 }
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.7 }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 100   |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 100      | 6          | 600   |
""",
    ),
    Example(
        "rating.md §5.2",
        "a multiplier over 1 makes it dearer",
        catalog="""
customers: [{ id: dearer, name: dearer }]
contracts:
  - customer_id: dearer
    rate_card: units at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 1.25 }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 100   |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 100      | 12.5       | 1250  |
""",
    ),
    Example(
        "rating.md §5.2",
        "an overwrite goes before any multiplier, at a higher price too",
        catalog="""
customers: [{ id: overwrite, name: overwrite }]
contracts:
  - customer_id: overwrite
    rate_card: units at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 15 } }
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5 }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 100   |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 100      | 15         | 1500  |
""",
    ),
    Example(
        "rating.md §5.2",
        "of several overwrites the last added applies",
        catalog="""
customers: [{ id: last-overwrite, name: last-overwrite }]
contracts:
  - customer_id: last-overwrite
    rate_card: units at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 3 } }
      - { starting_at: "2024-01-01T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 9 } }
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.1 }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 100   |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 100      | 9          | 900   |
""",
    ),
    Example(
        "rating.md §5.2 (EXPLICIT)",
        "by explicit priority the smallest number wins, not the lowest price",
        catalog="""
customers: [{ id: explicit, name: explicit }]
contracts:
  - customer_id: explicit
    rate_card: units at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    multiplier_override_prioritization: EXPLICIT
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, priority: 2 }
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.95, priority: 1 }
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.7, priority: 3 }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 100   |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 100      | 9.5        | 950   |
""",
    ),
    Example(
        "rating.md §17 Q8 (EXPLICIT)",
        "at equal priority the lowest multiplier wins",
        catalog="""
customers: [{ id: explicit-tie, name: explicit-tie }]
contracts:
  - customer_id: explicit-tie
    rate_card: units at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    multiplier_override_prioritization: EXPLICIT
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, priority: 2 }
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.9, priority: 1 }
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.8, priority: 1 }
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.95, priority: 1 }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 100   |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 100      | 8          | 800   |
""",
    ),
    Example(
        "rating.md §5.2 (EXPLICIT)",
        "an overwrite goes before priorities",
        catalog="""
customers: [{ id: explicit-overwrite, name: explicit-overwrite }]
contracts:
  - customer_id: explicit-overwrite
    rate_card: units at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    multiplier_override_prioritization: EXPLICIT
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 15 } }
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, priority: 1 }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 100   |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 100      | 15         | 1500  |
""",
    ),
    Example(
        "rating.md §5.1",
        "an override that is over, or has not begun, does nothing",
        catalog="""
customers: [{ id: over, name: over }]
contracts:
  - customer_id: over
    rate_card: units at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", ending_before: "2026-10-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.1 }
      - { starting_at: "2026-11-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.2 }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 100   |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 100      | 10         | 1000  |
""",
    ),
    Example(
        "rating.md §5.1",
        "an override of another product does nothing",
        catalog="""
customers: [{ id: other-product, name: other-product }]
contracts:
  - customer_id: other-product
    rate_card: units at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, applicable_product_tags: [storage] }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 100   |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 100      | 10         | 1000  |
""",
    ),
    Example(
        "rating.md §5.1",
        "an override's window cuts the line",
        catalog="""
customers: [{ id: window, name: window }]
contracts:
  - customer_id: window
    rate_card: units at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2026-10-10T06:00:00Z", ending_before: "2026-10-15T00:00:00Z", type: MULTIPLIER, multiplier: 0.5 }
""",
        events="""
| time                | type | units |
|---------------------|------|-------|
| 2026-10-10 05:59:59 | use  | 1     |
| 2026-10-10 06:00    | use  | 2     |
| 2026-10-15          | use  | 4     |
""",
        lines="""
| product | from             | to               | quantity | unit price | total |
|---------|------------------|------------------|----------|------------|-------|
| Units   | 2026-10-01       | 2026-10-10 06:00 | 1        | 10         | 10    |
| Units   | 2026-10-10 06:00 | 2026-10-15       | 2        | 5          | 10    |
| Units   | 2026-10-15       | 2026-11-01       | 4        | 10         | 40    |
""",
    ),
    Example(
        "rating.md §17 Q16",
        "a cut that changes nothing for a product does not split its line",
        catalog="""
customers: [{ id: no-split, name: no-split }]
contracts:
  - customer_id: no-split
    rate_card: both at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2026-10-15T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, product: More units }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 1     |
| 2026-10-25 | use  | 2     |
""",
        lines="""
| product    | from       | to         | quantity | unit price | total |
|------------|------------|------------|----------|------------|-------|
| Units      | 2026-10-01 | 2026-11-01 | 3        | 10         | 30    |
| More units | 2026-10-01 | 2026-10-15 | 1        | 10         | 10    |
| More units | 2026-10-15 | 2026-11-01 | 2        | 5          | 10    |
""",
    ),
    Example(
        "rating.md §5.2",
        "a better discount that begins later replaces the first, which may then end unnoticed",
        catalog="""
customers: [{ id: two, name: two }]
contracts:
  - customer_id: two
    rate_card: units at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2026-10-10T00:00:00Z", ending_before: "2026-10-20T00:00:00Z", type: MULTIPLIER, multiplier: 0.9 }
      - { starting_at: "2026-10-15T00:00:00Z", type: MULTIPLIER, multiplier: 0.8 }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 1     |
| 2026-10-12 | use  | 2     |
| 2026-10-17 | use  | 4     |
| 2026-10-22 | use  | 8     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Units   | 2026-10-01 | 2026-10-10 | 1        | 10         | 10    |
| Units   | 2026-10-10 | 2026-10-15 | 2        | 9          | 18    |
| Units   | 2026-10-15 | 2026-11-01 | 12       | 8          | 96    |
""",
    ),
    Example(
        "rating.md §5.1",
        "applicable_product_tags asks for any tag",
        catalog="""
customers: [{ id: any-tag, name: any-tag }]
contracts:
  - customer_id: any-tag
    rate_card: both at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, applicable_product_tags: [plain, storage] }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 100   |
""",
        lines="""
| product    | quantity | unit price | total |
|------------|----------|------------|-------|
| Units      | 100      | 5          | 500   |
| More units | 100      | 10         | 1000  |
""",
    ),
    Example(
        "rating.md §5.1",
        "product_tags of a specifier asks for all tags, and several specifiers for any",
        catalog="""
customers: [{ id: all-tags, name: all-tags }]
contracts:
  - customer_id: all-tags
    rate_card: both at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, override_specifiers: [{ product_tags: [ai, plain] }, { product_tags: [ai, storage] }] }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 100   |
""",
        lines="""
| product    | quantity | unit price | total |
|------------|----------|------------|-------|
| Units      | 100      | 5          | 500   |
| More units | 100      | 10         | 1000  |
""",
    ),
    Example(
        "rating.md §5.1",
        "without a target it applies to every product",
        catalog="""
customers: [{ id: everything, name: everything }]
contracts:
  - customer_id: everything
    rate_card: both at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5 }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 100   |
""",
        lines="""
| product    | quantity | unit price | total |
|------------|----------|------------|-------|
| Units      | 100      | 5          | 500   |
| More units | 100      | 5          | 500   |
""",
    ),
    Example(
        "rating.md §5.1, §2",
        "presentation values can be aimed at",
        catalog="""
customers: [{ id: project-a, name: project-a }]
contracts:
  - customer_id: project-a
    rate_card: projects at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, override_specifiers: [{ presentation_group_values: { project_id: a } }] }
""",
        events="""
| time       | type    | units | project_id |
|------------|---------|-------|------------|
| 2026-10-05 | project | 3     | a          |
| 2026-10-05 | project | 4     | b          |
""",
        lines="""
| product  | presentation | quantity | unit price | total |
|----------|--------------|----------|------------|-------|
| Projects | project_id=a | 3        | 5          | 15    |
| Projects | project_id=b | 4        | 10         | 40    |
""",
    ),
    Example(
        "rating.md §3.2, §5.1",
        "a multiplier follows the list price",
        catalog="""
customers: [{ id: follows, name: follows }]
contracts:
  - customer_id: follows
    rate_card: 10 cents and from the 15th 20
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5 }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 1     |
| 2026-10-25 | use  | 2     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Units   | 2026-10-01 | 2026-10-15 | 1        | 5          | 5     |
| Units   | 2026-10-15 | 2026-11-01 | 2        | 10         | 20    |
""",
    ),
    Example(
        "rating.md §5.1",
        "an overwrite stays, whatever happens to the list price",
        catalog="""
customers: [{ id: stays, name: stays }]
contracts:
  - customer_id: stays
    rate_card: 10 cents and from the 15th 20
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 7 } }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 1     |
| 2026-10-25 | use  | 2     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Units   | 2026-10-01 | 2026-10-15 | 1        | 7          | 7     |
| Units   | 2026-10-15 | 2026-11-01 | 2        | 7          | 14    |
""",
    ),
    Example(
        "rating.md §5.1",
        "an overwrite may have tiers",
        catalog="""
customers: [{ id: tiers, name: tiers }]
contracts:
  - customer_id: tiers
    rate_card: units at 10 cents
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: TIERED, tiers: [{ size: 40, price: 8 }, { price: 6.5 }] } }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 100   |
""",
        lines="""
| product | tier | quantity | unit price | total |
|---------|------|----------|------------|-------|
| Units   | 1    | 40       | 8          | 320   |
| Units   | 2    | 60       | 6.5        | 390   |
""",
    ),
    Example(
        "rating.md §3.3, §17 Q4",
        "an overwrite prices what the list does not; a multiplier of nothing is nothing",
        catalog="""
customers: [{ id: no-list, name: no-list }]
contracts:
  - customer_id: no-list
    rate_card: compute
    starting_at: "2026-01-01T00:00:00Z"
    overrides:
      - { starting_at: "2024-01-01T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 30 }, override_specifiers: [{ product: Compute, pricing_group_values: { region: mars, hardware: gpu } }] }
      - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5 }
""",
        events="""
| time       | type  | units | region    | hardware |
|------------|-------|-------|-----------|----------|
| 2026-10-05 | place | 1     | mars      | gpu      |
| 2026-10-05 | place | 2     | mars      | cpu      |
| 2026-10-05 | place | 4     | us-east-1 | gpu      |
""",
        lines="""
| product | pricing                        | quantity | unit price | total |
|---------|--------------------------------|----------|------------|-------|
| Compute | region=mars, hardware=gpu      | 1        | 30         | 30    |
| Compute | region=us-east-1, hardware=gpu | 4        | 25         | 100   |
""",
        unrated="""
| product | pricing                   | quantity |
|---------|---------------------------|----------|
| Compute | region=mars, hardware=cpu | 2        |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)
