"""What an override is aimed at: products, tags and group values."""

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
  - name: compute
    rates:
      - { product: Compute, starting_at: "2024-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 100, pricing_group_values: { region: af-south-1, hardware: gpu } }
      - { product: Compute, starting_at: "2024-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 10, pricing_group_values: { region: af-south-1, hardware: cpu } }
      - { product: Compute, starting_at: "2024-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 200, pricing_group_values: { region: uaenorth, hardware: gpu } }
      - { product: Compute, starting_at: "2024-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 50, pricing_group_values: { region: us-east-1, hardware: gpu } }
  - name: projects at 10 cents
    rates:
      - { product: Projects, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
"""

EXAMPLES = (
    Example(
        "rating.md §15 T-14",
        "70 % in two regions for any hardware, list elsewhere",
        customer="t14",
        contract="""
rate_card: compute
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
        "rating.md §5.1",
        "an override of another product does nothing",
        customer="other-product",
        contract="""
rate_card: units at 10 cents
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
        "applicable_product_tags asks for any tag",
        customer="any-tag",
        contract="""
rate_card: both at 10 cents
overrides:
  - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5,
      applicable_product_tags: [plain, storage] }
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
        customer="all-tags",
        contract="""
rate_card: both at 10 cents
overrides:
  - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5,
      override_specifiers: [{ product_tags: [ai, plain] }, { product_tags: [ai, storage] }] }
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
        customer="everything",
        contract="""
rate_card: both at 10 cents
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
        customer="project-a",
        contract="""
rate_card: projects at 10 cents
overrides:
  - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5,
      override_specifiers: [{ presentation_group_values: { project_id: a } }] }
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
        "rating.md §3.3, §17 Q4",
        "an overwrite prices what the list does not; a multiplier of nothing is nothing",
        customer="no-list",
        contract="""
rate_card: compute
overrides:
  - { starting_at: "2024-01-01T00:00:00Z", type: OVERWRITE,
      overwrite_rate: { rate_type: FLAT, price: 30 },
      override_specifiers: [{ product: Compute, pricing_group_values: { region: mars, hardware: gpu } }] }
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
