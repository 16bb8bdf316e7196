"""The price of a subscription: that of the first instant of each billing period."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Stools, type: SUBSCRIPTION }
  - { name: Benches, type: SUBSCRIPTION }

rate_cards:
  - name: stools
    rates:
      - { product: Stools, starting_at: "2024-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 3100, billing_frequency: MONTHLY }
  - name: stools of the old spelling
    rates:
      - { product: Stools, starting_at: "2024-01-01T00:00:00Z", entitled: true,
          rate_type: SUBSCRIPTION, price: 3100, quantity: 1, is_prorated: true, billing_frequency: MONTHLY }
  - name: dearer stools from 15 July
    rates:
      - { product: Stools, starting_at: "2024-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 3100, billing_frequency: MONTHLY }
      - { product: Stools, starting_at: "2025-07-15T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 6200, billing_frequency: MONTHLY }
  - name: stools from August, benches by request
    rates:
      - { product: Stools, starting_at: "2025-08-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 3100, billing_frequency: MONTHLY }
      - { product: Benches, starting_at: "2024-01-01T00:00:00Z", entitled: false,
          rate_type: FLAT, price: 500, billing_frequency: MONTHLY }
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §12",
        "one seat unless a quantity is said; the old spelling of a rate is a flat one",
        customer="subscription-default",
        contract="""
rate_card: stools of the old spelling
subscriptions:
  - { subscription_rate: { product: Stools, billing_frequency: MONTHLY }, collection_schedule: ARREARS }
""",
        events="",
        lines="""
| product | type         | from       | to         | quantity | unit price | total |
|---------|--------------|------------|------------|----------|------------|-------|
| Stools  | subscription | 2025-07-01 | 2025-08-01 | 1        | 3100       | 3100  |
""",
    ),
    PricingExample(
        "rating.md §12",
        "a new price holds from the next month on, for those who came in between, too",
        customer="subscription-price",
        contract="""
rate_card: dearer stools from 15 July
subscriptions:
  - subscription_rate: { product: Stools, billing_frequency: MONTHLY }
    collection_schedule: ADVANCE
    quantity_updates: [{ starting_at: "2025-07-17T00:00:00Z", quantity: 4 }]
""",
        events="",
        # 3 more for 15 of 31 days at the price of 1 July; in August all 4 at the new one.
        lines="""
| product | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|--------------|------------------|------------|------------|----------|------------|-------|
| Stools  | subscription | on 2025-07-17    | 2025-07-17 | 2025-08-01 | 3        | 1500       | 4500  |
| Stools  | subscription | until 2025-08-01 | 2025-08-01 | 2025-09-01 | 4        | 6200       | 24800 |
""",
    ),
    PricingExample(
        "rating.md §12, §5.1",
        "an override at the start of the month holds for all of it, one that begins later for none",
        customer="subscription-override",
        contract="""
rate_card: stools
overrides:
  - { starting_at: "2025-06-20T00:00:00Z", ending_before: "2025-07-02T00:00:00Z", type: MULTIPLIER, multiplier: 0.5 }
  - { starting_at: "2025-07-15T00:00:00Z", type: MULTIPLIER, multiplier: 0.25 }
subscriptions:
  - { subscription_rate: { product: Stools, billing_frequency: MONTHLY }, collection_schedule: ARREARS }
""",
        events="",
        lines="""
| product | type         | from       | to         | multiplier | reason        | quantity | unit price | total |
|---------|--------------|------------|------------|------------|---------------|----------|------------|-------|
| Stools  | subscription | 2025-07-01 | 2025-08-01 | 0.5        | only override | 1        | 1550       | 1550  |
""",
    ),
    PricingExample(
        "rating.md §12, §17 Q4",
        "without a price or an entitlement at the start of the month, it is reported in the run that would bill it",
        customer="subscription-unrated",
        contract="""
rate_card: "stools from August, benches by request"
starting_at: "2025-07-01T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: Stools, billing_frequency: MONTHLY }, collection_schedule: ADVANCE,
      initial_quantity: 3 }
  - { subscription_rate: { product: Benches, billing_frequency: MONTHLY }, collection_schedule: ARREARS,
      initial_quantity: 2 }
""",
        events="",
        lines="""
| product | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|--------------|------------------|------------|------------|----------|------------|-------|
| Stools  | subscription | until 2025-08-01 | 2025-08-01 | 2025-09-01 | 3        | 3100       | 9300  |
""",
        unrated="""
| product | from       | to         | quantity |
|---------|------------|------------|----------|
| Stools  | 2025-07-01 | 2025-08-01 | 3        |
""",
        not_entitled="""
| product | from       | to         | quantity |
|---------|------------|------------|----------|
| Benches | 2025-07-01 | 2025-08-01 | 2        |
""",
        # Nothing is due on 1 July, so there is no scheduled invoice.
        invoices="""
| type  | from       | to         | total |
|-------|------------|------------|-------|
| USAGE | 2025-07-01 | 2025-08-01 | 9300  |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
