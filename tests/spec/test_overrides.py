"""Overrides: exactly one prices a line; which one, and from when to when."""

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
"""

EXAMPLES = (
    Example(
        "rating.md §15 T-18b",
        "0.9 for ever and 0.8 from 2025: 0.9 in 2024, then 0.8, never 0.72",
        customer="t18b",
        contract="""
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
        customer="lowest",
        contract="""
rate_card: units at 10 cents
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
        customer="dearer",
        contract="""
rate_card: units at 10 cents
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
        customer="overwrite",
        contract="""
rate_card: units at 10 cents
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
        customer="last-overwrite",
        contract="""
rate_card: units at 10 cents
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
        customer="explicit",
        contract="""
rate_card: units at 10 cents
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
        customer="explicit-tie",
        contract="""
rate_card: units at 10 cents
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
        customer="explicit-overwrite",
        contract="""
rate_card: units at 10 cents
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
        customer="over",
        contract="""
rate_card: units at 10 cents
overrides:
  - { starting_at: "2024-01-01T00:00:00Z", ending_before: "2026-10-01T00:00:00Z", type: MULTIPLIER,
      multiplier: 0.1 }
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
        "an override's window cuts the line",
        customer="window",
        contract="""
rate_card: units at 10 cents
overrides:
  - { starting_at: "2026-10-10T06:00:00Z", ending_before: "2026-10-15T00:00:00Z", type: MULTIPLIER,
      multiplier: 0.5 }
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
        customer="no-split",
        contract="""
rate_card: both at 10 cents
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
        customer="two",
        contract="""
rate_card: units at 10 cents
overrides:
  - { starting_at: "2026-10-10T00:00:00Z", ending_before: "2026-10-20T00:00:00Z", type: MULTIPLIER,
      multiplier: 0.9 }
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
        "rating.md §3.2, §5.1",
        "a multiplier follows the list price",
        customer="follows",
        contract="""
rate_card: 10 cents and from the 15th 20
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
        customer="stays",
        contract="""
rate_card: 10 cents and from the 15th 20
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
        customer="tiers",
        contract="""
rate_card: units at 10 cents
overrides:
  - { starting_at: "2024-01-01T00:00:00Z", type: OVERWRITE,
      overwrite_rate: { rate_type: TIERED, tiers: [{ size: 40, price: 8 }, { price: 6.5 }] } }
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
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)
