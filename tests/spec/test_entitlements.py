"""Entitlements: what a contract may use, said by the rate card and changed by overrides."""

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
  - { name: Units, type: USAGE, billable_metric: units, tags: [core] }
  - { name: Extras, type: USAGE, billable_metric: units, tags: [extra] }
  - { name: Regional, type: USAGE, billable_metric: units by region, pricing_group_key: [region] }

rate_cards:
  - name: extras on request
    rates:
      - { product: Units, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Extras, starting_at: "2024-01-01T00:00:00Z", entitled: false, rate_type: FLAT, price: 5 }
  - name: both included
    rates:
      - { product: Units, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Extras, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 5 }
  - name: extras included until the 15th
    rates:
      - { product: Extras, starting_at: "2024-01-01T00:00:00Z", ending_before: "2026-10-15T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 5 }
      - { product: Extras, starting_at: "2026-10-15T00:00:00Z", entitled: false, rate_type: FLAT, price: 5 }
  - name: only in europe
    rates:
      - { product: Regional, starting_at: "2024-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 10, pricing_group_values: { region: eu } }
"""

EXAMPLES = (
    Example(
        "rating.md §3.2",
        "what is not entitled makes no line, not even one of zero, and is reported",
        customer="list",
        contract="rate_card: extras on request",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 3     |
| 2026-10-25 | use  | 4     |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 7        | 10         | 70    |
""",
        not_entitled="""
| product | from       | to         | quantity |
|---------|------------|------------|----------|
| Extras  | 2026-10-01 | 2026-11-01 | 7        |
""",
    ),
    Example(
        "rating.md §3.2",
        "without usage there is nothing to report",
        customer="no-usage",
        contract="rate_card: extras on request",
        events="",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 0        | 10         | 0     |
""",
    ),
    Example(
        "rating.md §5.1",
        "an override without a type entitles, from its start on",
        customer="from",
        contract="""
rate_card: extras on request
overrides:
  - { product: Extras, entitled: true, starting_at: "2026-10-15T00:00:00Z" }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 3     |
| 2026-10-25 | use  | 4     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Units   | 2026-10-01 | 2026-11-01 | 7        | 10         | 70    |
| Extras  | 2026-10-15 | 2026-11-01 | 4        | 5          | 20    |
""",
        not_entitled="""
| product | from       | to         | quantity |
|---------|------------|------------|----------|
| Extras  | 2026-10-01 | 2026-10-15 | 3        |
""",
    ),
    Example(
        "rating.md §5.1",
        "an override of entitlement and price does both",
        customer="both",
        contract="""
rate_card: extras on request
overrides:
  - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, product: Extras, entitled: true }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 3     |
| 2026-10-25 | use  | 4     |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 7        | 10         | 70    |
| Extras  | 7        | 2.5        | 17.5  |
""",
    ),
    Example(
        "rating.md §5.1",
        "an override takes away what the list includes",
        customer="taken",
        contract="""
rate_card: both included
overrides:
  - { product: Extras, entitled: false, starting_at: "2026-10-15T00:00:00Z" }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 3     |
| 2026-10-25 | use  | 4     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Units   | 2026-10-01 | 2026-11-01 | 7        | 10         | 70    |
| Extras  | 2026-10-01 | 2026-10-15 | 3        | 5          | 15    |
""",
        not_entitled="""
| product | from       | to         | quantity |
|---------|------------|------------|----------|
| Extras  | 2026-10-15 | 2026-11-01 | 4        |
""",
    ),
    Example(
        "rating.md §17 Q9",
        "the last added override that speaks of entitlement decides; one that is silent does not count",
        customer="last",
        contract="""
rate_card: both included
overrides:
  - { starting_at: "2024-01-01T00:00:00Z", product: Extras, entitled: true }
  - { starting_at: "2024-01-01T00:00:00Z", product: Extras, entitled: false }
  - { starting_at: "2024-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5 }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 3     |
| 2026-10-25 | use  | 4     |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 7        | 5          | 35    |
""",
        not_entitled="""
| product | from       | to         | quantity |
|---------|------------|------------|----------|
| Extras  | 2026-10-01 | 2026-11-01 | 7        |
""",
    ),
    Example(
        "rating.md §17 Q9",
        "entitlement and price may come from different overrides",
        customer="apart",
        contract="""
rate_card: extras on request
overrides:
  - { starting_at: "2024-01-01T00:00:00Z", product: Extras, entitled: true }
  - { starting_at: "2024-01-01T00:00:00Z", type: OVERWRITE,
      overwrite_rate: { rate_type: FLAT, price: 8 }, product: Extras }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 3     |
| 2026-10-25 | use  | 4     |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 7        | 10         | 70    |
| Extras  | 7        | 8          | 56    |
""",
    ),
    Example(
        "rating.md §3.2",
        "a rate may end an entitlement",
        customer="ends",
        contract="rate_card: extras included until the 15th",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 3     |
| 2026-10-25 | use  | 4     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Extras  | 2026-10-01 | 2026-10-15 | 3        | 5          | 15    |
""",
        not_entitled="""
| product | from       | to         | quantity |
|---------|------------|------------|----------|
| Extras  | 2026-10-15 | 2026-11-01 | 4        |
""",
    ),
    Example(
        "rating.md §17 Q4",
        "what has no price is unrated, entitled or not",
        customer="unrated",
        contract="""
rate_card: only in europe
overrides:
  - { starting_at: "2024-01-01T00:00:00Z", product: Regional, entitled: false }
""",
        events="""
| time       | type     | units | region |
|------------|----------|-------|--------|
| 2026-10-05 | regional | 3     | eu     |
| 2026-10-05 | regional | 4     | us     |
""",
        lines="",
        not_entitled="""
| product  | pricing   | quantity |
|----------|-----------|----------|
| Regional | region=eu | 3        |
""",
        unrated="""
| product  | pricing   | quantity |
|----------|-----------|----------|
| Regional | region=us | 4        |
""",
    ),
    Example(
        "rating.md §5.1",
        "an overwrite of what the list does not price entitles by itself",
        customer="by-itself",
        contract="""
rate_card: only in europe
overrides:
  - { starting_at: "2024-01-01T00:00:00Z", type: OVERWRITE,
      overwrite_rate: { rate_type: FLAT, price: 8 },
      override_specifiers: [{ product: Regional, pricing_group_values: { region: us } }] }
""",
        events="""
| time       | type     | units | region |
|------------|----------|-------|--------|
| 2026-10-05 | regional | 4     | us     |
""",
        lines="""
| product  | pricing   | quantity | unit price | total |
|----------|-----------|----------|------------|-------|
| Regional | region=us | 4        | 8          | 32    |
""",
    ),
    Example(
        "rating.md §15 T-32",
        "a free first week of one product, the others held back until it is over",
        customer="t32",
        contract="""
rate_card: both included
starting_at: "2024-09-01T00:00:00Z"
overrides:
  - { starting_at: "2024-09-01T00:00:00Z", ending_before: "2024-09-08T00:00:00Z", type: MULTIPLIER,
      multiplier: 0, applicable_product_tags: [core] }
  - { applicable_product_tags: [extra], entitled: false, starting_at: "2024-09-01T00:00:00Z",
      ending_before: "2024-09-08T00:00:00Z" }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2024-09-03 | use  | 3     |
| 2024-09-08 | use  | 4     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Units   | 2024-09-01 | 2024-09-08 | 3        | 0          | 0     |
| Units   | 2024-09-08 | 2024-10-01 | 4        | 10         | 40    |
| Extras  | 2024-09-08 | 2024-10-01 | 4        | 5          | 20    |
""",
        not_entitled="""
| product | from       | to         | quantity |
|---------|------------|------------|----------|
| Extras  | 2024-09-01 | 2024-09-08 | 3        |
""",
        periods=("2024-09",),
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)
