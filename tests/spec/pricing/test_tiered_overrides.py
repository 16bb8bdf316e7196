"""Tiered overrides: a factor on the list price for each range of quantity."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Requests, type: USAGE, billable_metric: use, tags: [requests] }
  - { name: Regional requests, type: USAGE, billable_metric: place, presentation_group_key: [region] }
  - { name: Request seats, type: SUBSCRIPTION }
  - { name: Request support, type: COMPOSITE, composite_products: [Requests] }

rate_cards:
  - name: requests at a dollar
    rates:
      - { product: Requests, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 100 }
  - name: requests that get dearer
    rates:
      - { product: Requests, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 100 }
      - { product: Requests, starting_at: "2025-07-15T00:00:00Z", entitled: true, rate_type: FLAT, price: 200 }
  - name: requests from the 15th
    rates:
      - { product: Requests, starting_at: "2025-07-15T00:00:00Z", entitled: true, rate_type: FLAT, price: 100 }
  - name: requests in tiers
    rates:
      - { product: Requests, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: TIERED, tiers: [{ size: 15, price: 10 }, { price: 6 }] }
  - name: regional requests
    rates:
      - { product: Regional requests, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 100 }
  - name: requests with seats
    rates:
      - { product: Requests, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 100 }
      - { product: Request seats, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 1000, billing_frequency: MONTHLY }
      - { product: Request support, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1 }
"""

#: 25 requests at once.
REQUESTS = """
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 25    |
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §15 T-15",
        "ten at 0.8, ten at 0.7, the rest at the list price: 8 + 7 + 5 dollars",
        customer="t15",
        contract="""
rate_card: requests at a dollar
multiplier_override_prioritization: EXPLICIT
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: TIERED
    priority: 1
    tiers: [{ size: 10, multiplier: 0.8 }, { size: 10, multiplier: 0.7 }]
""",
        events=REQUESTS,
        lines="""
| product  | quantity | unit price | total |
|----------|----------|------------|-------|
| Requests | 10       | 80         | 800   |
| Requests | 10       | 70         | 700   |
| Requests | 5        | 100        | 500   |
""",
        invoices="""
| total |
|-------|
| 2000  |
""",
    ),
    PricingExample(
        "rating.md §15 T-15",
        "exactly the tenth and the twentieth are still in their tiers",
        customer="t15-bounds",
        contract="""
rate_card: requests at a dollar
multiplier_override_prioritization: EXPLICIT
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: TIERED
    priority: 1
    tiers: [{ size: 10, multiplier: 0.8 }, { size: 10, multiplier: 0.7 }]
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 20    |
""",
        lines="""
| product  | override tier | override | quantity | unit price | total |
|----------|---------------|----------|----------|------------|-------|
| Requests | 1             | TIERED   | 10       | 80         | 800   |
| Requests | 2             | TIERED   | 10       | 70         | 700   |
""",
    ),
    PricingExample(
        "rating.md §5.1",
        "a last tier without a size has no end",
        customer="tiered-open",
        contract="""
rate_card: requests at a dollar
multiplier_override_prioritization: EXPLICIT
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: TIERED
    priority: 1
    tiers: [{ size: 10, multiplier: 0.8 }, { multiplier: 1.1 }]
""",
        events=REQUESTS,
        lines="""
| product  | override tier | override | quantity | unit price | total |
|----------|---------------|----------|----------|------------|-------|
| Requests | 1             | TIERED   | 10       | 80         | 800   |
| Requests | 2             | TIERED   | 15       | 110        | 1650  |
""",
    ),
    PricingExample(
        "rating.md §4, §5.1",
        "on a list with tiers there is a line wherever either of them changes",
        customer="tiered-on-tiers",
        contract="""
rate_card: requests in tiers
multiplier_override_prioritization: EXPLICIT
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: TIERED
    priority: 1
    tiers: [{ size: 10, multiplier: 0.8 }, { size: 10, multiplier: 0.5 }]
""",
        events=REQUESTS,
        # The list changes at 15, the override at 10 and 20: 10 x 0.8, 10 x 0.5, 6 x 0.5, and 6 as listed.
        lines="""
| product  | tier | quantity | unit price | total |
|----------|------|----------|------------|-------|
| Requests | 1    | 10       | 8          | 80    |
| Requests | 1    | 5        | 5          | 25    |
| Requests | 2    | 5        | 3          | 15    |
| Requests | 2    | 5        | 6          | 30    |
""",
    ),
    PricingExample(
        "rating.md §4, §17 Q5",
        "from the 15th on, the tiers go by what was used since the 1st: 2 are left of the first one",
        customer="tiered-later",
        contract="""
rate_card: requests at a dollar
multiplier_override_prioritization: EXPLICIT
overrides:
  - starting_at: "2025-07-15T00:00:00Z"
    type: TIERED
    priority: 1
    tiers: [{ size: 10, multiplier: 0.8 }, { size: 10, multiplier: 0.7 }]
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 8     |
| 2025-07-20 | use  | 8     |
""",
        lines="""
| product  | from       | to         | override tier | quantity | unit price | total |
|----------|------------|------------|---------------|----------|------------|-------|
| Requests | 2025-07-01 | 2025-07-15 |               | 8        | 100        | 800   |
| Requests | 2025-07-15 | 2025-08-01 | 1             | 2        | 80         | 160   |
| Requests | 2025-07-15 | 2025-08-01 | 2             | 6        | 70         | 420   |
""",
    ),
    PricingExample(
        "rating.md §4",
        "each presentation value fills the override's tiers by itself",
        customer="tiered-presentation",
        contract="""
rate_card: regional requests
multiplier_override_prioritization: EXPLICIT
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: TIERED
    priority: 1
    tiers: [{ size: 10, multiplier: 0.8 }, { multiplier: 0.7 }]
""",
        events="""
| time       | type  | units | region |
|------------|-------|-------|--------|
| 2025-07-05 | place | 12    | eu     |
| 2025-07-06 | place | 9     | us     |
""",
        lines="""
| product           | presentation | override tier | quantity | unit price | total |
|-------------------|--------------|---------------|----------|------------|-------|
| Regional requests | region=eu    | 1             | 10       | 80         | 800   |
| Regional requests | region=eu    | 2             | 2        | 70         | 140   |
| Regional requests | region=us    | 1             | 9        | 80         | 720   |
""",
    ),
    PricingExample(
        "rating.md §5.1 (EXPLICIT)",
        "the smaller priority wins, however small the multiplier of the other",
        customer="tiered-first",
        contract="""
rate_card: requests at a dollar
multiplier_override_prioritization: EXPLICIT
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, priority: 2, multiplier: 0.1 }
  - { starting_at: "2025-01-01T00:00:00Z", type: TIERED, priority: 1, tiers: [{ multiplier: 0.8 }] }
""",
        events=REQUESTS,
        lines="""
| product  | override | reason            | quantity | unit price | total |
|----------|----------|-------------------|----------|------------|-------|
| Requests | TIERED   | smallest priority | 25       | 80         | 2000  |
""",
    ),
    PricingExample(
        "rating.md §5.1 (EXPLICIT)",
        "a tiered override of a larger priority gives way",
        customer="tiered-second",
        contract="""
rate_card: requests at a dollar
multiplier_override_prioritization: EXPLICIT
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: TIERED, priority: 2, tiers: [{ multiplier: 0.8 }] }
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, priority: 1, multiplier: 0.9 }
""",
        events=REQUESTS,
        lines="""
| product  | override   | multiplier | reason            | quantity | unit price | total |
|----------|------------|------------|-------------------|----------|------------|-------|
| Requests | MULTIPLIER | 0.9        | smallest priority | 25       | 90         | 2250  |
""",
    ),
    PricingExample(
        "rating.md §17 Q8 (EXPLICIT)",
        "of two tiered ones of one priority the last added wins",
        customer="tiered-tie",
        contract="""
rate_card: requests at a dollar
multiplier_override_prioritization: EXPLICIT
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: TIERED, priority: 1, tiers: [{ multiplier: 0.6 }] }
  - { starting_at: "2025-01-01T00:00:00Z", type: TIERED, priority: 1, tiers: [{ multiplier: 0.8 }] }
""",
        events=REQUESTS,
        lines="""
| product  | override | reason            | quantity | unit price | total |
|----------|----------|-------------------|----------|------------|-------|
| Requests | TIERED   | smallest priority | 25       | 80         | 2000  |
""",
    ),
    PricingExample(
        "rating.md §5.1 (EXPLICIT)",
        "an overwrite goes before a tiered override of any priority",
        customer="tiered-overwritten",
        contract="""
rate_card: requests at a dollar
multiplier_override_prioritization: EXPLICIT
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 120 },
      product: Requests, priority: 9 }
  - { starting_at: "2025-01-01T00:00:00Z", type: TIERED, priority: 1, tiers: [{ multiplier: 0.8 }] }
""",
        events=REQUESTS,
        lines="""
| product  | override  | reason                      | quantity | unit price | total |
|----------|-----------|-----------------------------|----------|------------|-------|
| Requests | OVERWRITE | overwrite before multiplier | 25       | 120        | 3000  |
""",
    ),
    PricingExample(
        "rating.md §5.1",
        "a tiered override of everything is one of usage: seats and support have their list prices",
        customer="tiered-usage-only",
        contract="""
rate_card: requests with seats
multiplier_override_prioritization: EXPLICIT
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: TIERED, priority: 1, tiers: [{ multiplier: 0.5 }] }
subscriptions:
  - { subscription_rate: { product: Request seats, billing_frequency: MONTHLY }, collection_schedule: ARREARS }
""",
        events=REQUESTS,
        # 25 x 50; 10% of that.
        lines="""
| product         | type         | from       | to         | quantity | unit price | total |
|-----------------|--------------|------------|------------|----------|------------|-------|
| Requests        | usage        | 2025-07-01 | 2025-08-01 | 25       | 50         | 1250  |
| Request support | usage        | 2025-07-01 | 2025-08-01 | 1250     | 0.1        | 125   |
| Request seats   | subscription | 2025-07-01 | 2025-08-01 | 1        | 1000       | 1000  |
""",
    ),
    PricingExample(
        "rating.md §4",
        "what is taken back walks back through the tiers, at the list price of the time",
        customer="tiered-back",
        contract="""
rate_card: requests that get dearer
multiplier_override_prioritization: EXPLICIT
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: TIERED
    priority: 1
    tiers: [{ size: 10, multiplier: 0.8 }, { size: 10, multiplier: 0.7 }]
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 15    |
| 2025-07-20 | use  | -8    |
""",
        # From 15 back to 7: 5 of the second tier, 3 of the first, of 200.
        lines="""
| product  | from       | to         | override tier | quantity | unit price | total |
|----------|------------|------------|---------------|----------|------------|-------|
| Requests | 2025-07-01 | 2025-07-15 | 1             | 10       | 80         | 800   |
| Requests | 2025-07-01 | 2025-07-15 | 2             | 5        | 70         | 350   |
| Requests | 2025-07-15 | 2025-08-01 | 2             | -5       | 140        | -700  |
| Requests | 2025-07-15 | 2025-08-01 | 1             | -3       | 160        | -480  |
""",
    ),
    PricingExample(
        "rating.md §17 Q8 (EXPLICIT)",
        "a tiered override and a multiplier of one priority, the tiered one added last",
        customer="tiered-tie-multiplier",
        contract="""
rate_card: requests at a dollar
multiplier_override_prioritization: EXPLICIT
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, priority: 1, multiplier: 0.6 }
  - { starting_at: "2025-01-01T00:00:00Z", type: TIERED, priority: 1, tiers: [{ multiplier: 0.8 }] }
""",
        events=REQUESTS,
        lines="""
| product  | override | reason            | quantity | unit price | total |
|----------|----------|-------------------|----------|------------|-------|
| Requests | TIERED   | smallest priority | 25       | 80         | 2000  |
""",
    ),
    PricingExample(
        "rating.md §5.1",
        "without a list price there is nothing to multiply",
        customer="tiered-unrated",
        contract="""
rate_card: requests from the 15th
multiplier_override_prioritization: EXPLICIT
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: TIERED, priority: 1, tiers: [{ multiplier: 0.8 }] }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 4     |
| 2025-07-20 | use  | 6     |
""",
        lines="""
| product  | from       | to         | override | quantity | unit price | total |
|----------|------------|------------|----------|----------|------------|-------|
| Requests | 2025-07-15 | 2025-08-01 | TIERED   | 6        | 80         | 480   |
""",
        unrated="""
| product  | from       | to         | quantity |
|----------|------------|------------|----------|
| Requests | 2025-07-01 | 2025-07-15 | 4        |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
