"""The order of an invoice's lines."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
pricing_units:
  - { name: points }

products:
  - { name: Order a, type: USAGE, billable_metric: use }
  - { name: Order b, type: USAGE, billable_metric: place, presentation_group_key: [region] }
  - { name: Order c, type: USAGE, billable_metric: use }
  - { name: Order d, type: USAGE, billable_metric: more }
  - { name: Order share, type: COMPOSITE, composite_products: [Order a] }
  - { name: Order seats, type: SUBSCRIPTION }
  - { name: Order setup, type: FIXED }

rate_cards:
  - name: in order of the catalog
    rates:
      - { product: Order c, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 1 }
      - { product: Order a, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 1 }
  - name: c before a
    product_order: [Order c, Order b]
    rates:
      - { product: Order a, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 1 }
      - { product: Order b, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: TIERED, tiers: [{ size: 1, price: 2 }, { price: 1 }] }
      - { product: Order c, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 1 }
      - { product: Order c, starting_at: "2025-07-15T00:00:00Z", entitled: true, rate_type: FLAT, price: 2 }
  - name: of every type
    credit_type_conversions: [{ custom_credit_type: points, fiat_per_custom_credit: 1 }]
    product_order: [Order setup, Order seats, Order share, Order d, Order a]
    rates:
      - { product: Order a, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 1 }
      - { product: Order d, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 1, credit_type: points }
      - { product: Order share, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.5 }
      - { product: Order seats, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 1, billing_frequency: MONTHLY }
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §1.6",
        "without an order, that of the catalog",
        customer="order-catalog",
        contract="{ rate_card: in order of the catalog }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 1     |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Order a | 1        | 1          | 1     |
| Order c | 1        | 1          | 1     |
""",
    ),
    PricingExample(
        "rating.md §1.6",
        "the order of the card, and what is not in it last; of one product values before times, and then tiers",
        customer="order-card",
        contract="{ rate_card: c before a }",
        events="""
| time       | type  | units | region |
|------------|-------|-------|--------|
| 2025-07-05 | use   | 1     |        |
| 2025-07-06 | place | 1     | us     |
| 2025-07-07 | place | 3     | eu     |
""",
        lines="""
| product | presentation | from       | to         | tier | quantity | unit price | total |
|---------|--------------|------------|------------|------|----------|------------|-------|
| Order c |              | 2025-07-01 | 2025-07-15 |      | 1        | 1          | 1     |
| Order c |              | 2025-07-15 | 2025-08-01 |      | 0        | 2          | 0     |
| Order b | region=eu    | 2025-07-01 | 2025-08-01 | 1    | 1        | 2          | 2     |
| Order b | region=eu    | 2025-07-01 | 2025-08-01 | 2    | 2        | 1          | 2     |
| Order b | region=us    | 2025-07-01 | 2025-08-01 | 1    | 1        | 2          | 2     |
| Order a |              | 2025-07-01 | 2025-08-01 |      | 1        | 1          | 1     |
""",
    ),
    PricingExample(
        "rating.md §1.6",
        "the card's order holds across usage, shares, subscriptions and charges; conversions come last",
        customer="order-types",
        contract="""
rate_card: of every type
scheduled_charges_on_usage_invoices: ALL
subscriptions:
  - { subscription_rate: { product: Order seats, billing_frequency: MONTHLY }, collection_schedule: ARREARS }
scheduled_charges:
  - { product: Order setup, schedule: { schedule_items: [{ timestamp: "2025-08-01T00:00:00Z", amount: 1 }] } }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 2     |
| 2025-07-06 | more | 3     |
""",
        lines="""
| name                  | type           | currency    | from       | to         | quantity | unit price | total |
|-----------------------|----------------|-------------|------------|------------|----------|------------|-------|
| Order setup           | scheduled      | USD (cents) | 2025-08-01 |            | 1        | 1          | 1     |
| Order seats           | subscription   | USD (cents) | 2025-07-01 | 2025-08-01 | 1        | 1          | 1     |
| Order share           | usage          | USD (cents) | 2025-07-01 | 2025-08-01 | 2        | 0.5        | 1     |
| Order d               | usage          | points      | 2025-07-01 | 2025-08-01 | 3        | 1          | 3     |
| Order a               | usage          | USD (cents) | 2025-07-01 | 2025-08-01 | 2        | 1          | 2     |
| points to USD (cents) | cpu_conversion | USD (cents) | 2025-07-01 | 2025-08-01 | 3        | 1          | 3     |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_order(ledger: Ledger, example: Example) -> None:
    ledger.check_order(example)
