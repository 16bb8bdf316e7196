"""Documented bills of negotiated prices, as far as they go without commits and credits."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: CloudCompute, type: USAGE, billable_metric: use }
  - { name: CloudStorage, type: USAGE, billable_metric: more }
  - { name: Audio in, type: USAGE, billable_metric: use, tags: [audio] }
  - { name: Audio out, type: USAGE, billable_metric: more, tags: [audio] }
  - { name: Text in, type: USAGE, billable_metric: place }
  - { name: Hours, type: USAGE, billable_metric: use }
  - { name: Gigabytes, type: USAGE, billable_metric: more }
  - { name: Plus, type: SUBSCRIPTION }
  - { name: Tokens in, type: USAGE, billable_metric: use }
  - { name: Tokens out, type: USAGE, billable_metric: more }

rate_cards:
  - name: cloud
    rates:
      - { product: CloudCompute, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 100 }
      - { product: CloudStorage, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 50 }
  - name: audio a million
    rates:
      - { product: Audio in, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 100 }
      - { product: Audio out, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 200 }
      - { product: Text in, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: negotiated
    rates:
      - { product: Audio in, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 1000 }
      - { product: Audio out, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 2000 }
  - name: hours and gigabytes
    rates:
      - { product: Hours, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Gigabytes, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 5 }
  - name: plus and tokens
    rates:
      - { product: Tokens in, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.3 }
      - { product: Tokens out, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.1 }
      - { product: Plus, starting_at: "2024-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 2000, billing_frequency: MONTHLY }
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §15 T-10",
        "20% off: 1,000 hours at 0.80 and 250 GB at 0.40 are 900 dollars",
        customer="t10",
        contract="""
rate_card: cloud
starting_at: "2025-07-01T00:00:00Z"
overrides: [{ starting_at: "2025-07-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.8 }]
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 1000  |
| 2025-07-06 | more | 250   |
""",
        lines="""
| product      | quantity | unit price | total |
|--------------|----------|------------|-------|
| CloudCompute | 1000     | 80         | 80000 |
| CloudStorage | 250      | 40         | 10000 |
""",
        invoices="""
| total |
|-------|
| 90000 |
""",
    ),
    PricingExample(
        "rating.md §15 T-16",
        "once the commit is used up, 0.95 on what is tagged audio: 2,500 million at 0.95 are 2,375 dollars",
        customer="t16",
        contract="""
rate_card: audio a million
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.95, applicable_product_tags: [audio] }
""",
        events="""
| time       | type  | units | region |
|------------|-------|-------|--------|
| 2025-07-05 | use   | 2500  |        |
| 2025-07-06 | more  | 10    |        |
| 2025-07-07 | place | 10    | eu     |
""",
        lines="""
| product   | quantity | unit price | total  |
|-----------|----------|------------|--------|
| Audio in  | 2500     | 95         | 237500 |
| Audio out | 10       | 190        | 1900   |
| Text in   | 10       | 10         | 100    |
""",
    ),
    PricingExample(
        "rating.md §15 T-16b",
        "the list price when no balance is left: 1,000 at a dollar",
        customer="t16b",
        contract="{ rate_card: audio a million }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 1000  |
""",
        lines="""
| product   | quantity | unit price | total  |
|-----------|----------|------------|--------|
| Audio in  | 1000     | 100        | 100000 |
| Audio out | 0        | 200        | 0      |
| Text in   | 0        | 10         | 0      |
""",
    ),
    PricingExample(
        "rating.md §15 T-17",
        "on demand 10 and 20 dollars at 0.8: 8 and 16",
        customer="t17",
        contract="""
rate_card: negotiated
overrides: [{ starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.8 }]
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 3     |
| 2025-07-06 | more | 2     |
""",
        lines="""
| product   | quantity | unit price | total |
|-----------|----------|------------|-------|
| Audio in  | 3        | 800        | 2400  |
| Audio out | 2        | 1600       | 3200  |
""",
    ),
    PricingExample(
        "rating.md §15 T-27",
        "200,000 hours at 0.10 and 5,000 GB at 0.05 are 20,250 dollars, before what was paid in advance",
        customer="t27-tranche",
        contract="{ rate_card: hours and gigabytes }",
        events="""
| time       | type | units  |
|------------|------|--------|
| 2025-07-05 | use  | 200000 |
| 2025-07-06 | more | 5000   |
""",
        lines="""
| product   | quantity | unit price | total   |
|-----------|----------|------------|---------|
| Hours     | 200000   | 10         | 2000000 |
| Gigabytes | 5000     | 5          | 25000   |
""",
        invoices="""
| total   |
|---------|
| 2025000 |
""",
    ),
    PricingExample(
        "rating.md §15 T-27",
        "20 for the plan, 150 and 200 for tokens: 370 dollars, before the credit of 20",
        customer="t27-plan",
        contract="""
rate_card: plus and tokens
subscriptions:
  - { subscription_rate: { product: Plus, billing_frequency: MONTHLY }, collection_schedule: ADVANCE }
""",
        events="""
| time       | type | units  |
|------------|------|--------|
| 2025-07-05 | use  | 50000  |
| 2025-07-06 | more | 200000 |
""",
        # 50,000 x 0.3 and 200,000 x 0.1 cents.
        lines="""
| product    | type         | from       | to         | quantity | unit price | total |
|------------|--------------|------------|------------|----------|------------|-------|
| Tokens in  | usage        | 2025-07-01 | 2025-08-01 | 50000    | 0.3        | 15000 |
| Tokens out | usage        | 2025-07-01 | 2025-08-01 | 200000   | 0.1        | 20000 |
| Plus       | subscription | 2025-08-01 | 2025-09-01 | 1        | 2000       | 2000  |
""",
        invoices="""
| total |
|-------|
| 37000 |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
