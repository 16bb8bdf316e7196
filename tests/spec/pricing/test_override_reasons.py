"""Every line says which override prices it, and why that one."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Queries, type: USAGE, billable_metric: use, tags: [query] }
  - { name: Query seats, type: SUBSCRIPTION, tags: [query] }
  - { name: Query support, type: COMPOSITE, composite_products: [Queries], tags: [query] }

rate_cards:
  - name: queries
    rates:
      - { product: Queries, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 100 }
  - name: queries with seats
    rates:
      - { product: Queries, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 100 }
      - { product: Query seats, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 1000, billing_frequency: MONTHLY }
      - { product: Query support, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1 }
"""

#: Ten queries at a list price of a dollar.
QUERIES = """
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 10    |
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §5.2",
        "no override, no reason",
        customer="reason-none",
        contract="{ rate_card: queries }",
        events=QUERIES,
        lines="""
| product | override | multiplier | reason | quantity | unit price | total |
|---------|----------|------------|--------|----------|------------|-------|
| Queries |          |            |        | 10       | 100        | 1000  |
""",
    ),
    PricingExample(
        "rating.md §5.2",
        "a single override needs no precedence",
        customer="reason-only",
        contract="""
rate_card: queries
overrides: [{ starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.9 }]
""",
        events=QUERIES,
        lines="""
| product | override   | multiplier | reason        | quantity | unit price | total |
|---------|------------|------------|---------------|----------|------------|-------|
| Queries | MULTIPLIER | 0.9        | only override | 10       | 90         | 900   |
""",
    ),
    PricingExample(
        "rating.md §5.1, §5.2",
        "an override of entitlement alone, or of other products or times, is no competitor",
        customer="reason-alone",
        contract="""
rate_card: queries with seats
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.9, product: Queries }
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.1, product: Query seats }
  - { starting_at: "2025-01-01T00:00:00Z", ending_before: "2025-07-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.2 }
  - { starting_at: "2025-01-01T00:00:00Z", entitled: true, product: Queries }
""",
        events=QUERIES,
        lines="""
| product       | override   | multiplier | reason        | quantity | unit price | total |
|---------------|------------|------------|---------------|----------|------------|-------|
| Queries       | MULTIPLIER | 0.9        | only override | 10       | 90         | 900   |
| Query support |            |            |               | 900      | 0.1        | 90    |
""",
    ),
    PricingExample(
        "rating.md §5.2",
        "of several overwrites the last added, cheaper or not",
        customer="reason-overwrites",
        contract="""
rate_card: queries
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 70 },
      product: Queries }
  - { starting_at: "2025-01-01T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 80 },
      product: Queries }
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.1 }
""",
        events=QUERIES,
        lines="""
| product | override  | multiplier | reason               | quantity | unit price | total |
|---------|-----------|------------|----------------------|----------|------------|-------|
| Queries | OVERWRITE |            | last added overwrite | 10       | 80         | 800   |
""",
    ),
    PricingExample(
        "rating.md §5.2",
        "one overwrite goes before every multiplier",
        customer="reason-overwrite",
        contract="""
rate_card: queries
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 120 },
      product: Queries }
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.1 }
""",
        events=QUERIES,
        lines="""
| product | override  | multiplier | reason                      | quantity | unit price | total |
|---------|-----------|------------|-----------------------------|----------|------------|-------|
| Queries | OVERWRITE |            | overwrite before multiplier | 10       | 120        | 1200  |
""",
    ),
    PricingExample(
        "rating.md §5.2 (LOWEST_MULTIPLIER)",
        "of several multipliers the lowest; a priority means nothing here",
        customer="reason-lowest",
        contract="""
rate_card: queries
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.9, priority: 1 }
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.7, priority: 2 }
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.8, priority: 3 }
""",
        events=QUERIES,
        lines="""
| product | override   | multiplier | reason            | quantity | unit price | total |
|---------|------------|------------|-------------------|----------|------------|-------|
| Queries | MULTIPLIER | 0.7        | lowest multiplier | 10       | 70         | 700   |
""",
    ),
    PricingExample(
        "rating.md §5.2 (EXPLICIT)",
        "the smallest priority, whatever the multiplier",
        customer="reason-priority",
        contract="""
rate_card: queries
multiplier_override_prioritization: EXPLICIT
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.7, priority: 2 }
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.9, priority: 1 }
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.8, priority: 3 }
""",
        events=QUERIES,
        lines="""
| product | override   | multiplier | reason            | quantity | unit price | total |
|---------|------------|------------|-------------------|----------|------------|-------|
| Queries | MULTIPLIER | 0.9        | smallest priority | 10       | 90         | 900   |
""",
    ),
    PricingExample(
        "rating.md §17 Q8 (EXPLICIT)",
        "of one priority the lower multiplier",
        customer="reason-tie",
        contract="""
rate_card: queries
multiplier_override_prioritization: EXPLICIT
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.8, priority: 1 }
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.9, priority: 1 }
""",
        events=QUERIES,
        lines="""
| product | override   | multiplier | reason            | quantity | unit price | total |
|---------|------------|------------|-------------------|----------|------------|-------|
| Queries | MULTIPLIER | 0.8        | smallest priority | 10       | 80         | 800   |
""",
    ),
    PricingExample(
        "rating.md §5.2",
        "each part of a month has its own override and reason",
        customer="reason-months",
        contract="""
rate_card: queries
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.9 }
  - { starting_at: "2025-07-10T00:00:00Z", type: MULTIPLIER, multiplier: 0.8 }
  - { starting_at: "2025-07-20T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 50 },
      product: Queries }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 1     |
| 2025-07-15 | use  | 2     |
| 2025-07-25 | use  | 3     |
""",
        lines="""
| product | from       | to         | override   | reason                      | quantity | unit price | total |
|---------|------------|------------|------------|-----------------------------|----------|------------|-------|
| Queries | 2025-07-01 | 2025-07-10 | MULTIPLIER | only override               | 1        | 90         | 90    |
| Queries | 2025-07-10 | 2025-07-20 | MULTIPLIER | lowest multiplier           | 2        | 80         | 160   |
| Queries | 2025-07-20 | 2025-08-01 | OVERWRITE  | overwrite before multiplier | 3        | 50         | 150   |
""",
    ),
    PricingExample(
        "rating.md §5.1",
        "subscriptions and composites are overridden by the same rules",
        customer="reason-all-types",
        contract="""
rate_card: queries with seats
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, applicable_product_tags: [query] }
  - { starting_at: "2025-01-01T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 900 },
      product: Query seats }
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.8, product: Query support }
subscriptions:
  - { subscription_rate: { product: Query seats, billing_frequency: MONTHLY }, collection_schedule: ARREARS,
      initial_quantity: 2 }
""",
        events=QUERIES,
        # 10% of 500 at 0.5, which is lower than 0.8.
        lines="""
| product       | type         | override   | reason                      | quantity | unit price | total |
|---------------|--------------|------------|-----------------------------|----------|------------|-------|
| Queries       | usage        | MULTIPLIER | only override               | 10       | 50         | 500   |
| Query support | usage        | MULTIPLIER | lowest multiplier           | 500      | 0.05       | 25    |
| Query seats   | subscription | OVERWRITE  | overwrite before multiplier | 2        | 900        | 1800  |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
