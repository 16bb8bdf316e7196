"""Composite charges that come to no less than a minimum."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Minutes, type: USAGE, billable_metric: use }
  - { name: Letters, type: USAGE, billable_metric: more }
  - { name: Care, type: COMPOSITE, composite_products: [Minutes, Letters] }

rate_cards:
  - name: care of at least 5 dollars
    rates:
      - { product: Minutes, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Letters, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: Care, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1, minimum_config: { minimum: 500 } }
  - name: care of at least a dollar
    rates:
      - { product: Minutes, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Letters, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: Care, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1, minimum_config: { minimum: 100 } }
  - name: care with a minimum from the 15th
    rates:
      - { product: Minutes, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Care, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1, minimum_config: { minimum: 900 } }
      - { product: Care, starting_at: "2025-07-15T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.2, minimum_config: { minimum: 200 } }
"""

#: 100 minutes and 50 letters in a month.
MONTH = """
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 60    |
| 2025-07-20 | use  | 40    |
| 2025-07-21 | more | 50    |
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §8 (minimum)",
        "at least 5 dollars: 1.20 are the share, and 3.80 are missing",
        customer="minimum-missed",
        contract="{ rate_card: care of at least 5 dollars }",
        events=MONTH,
        lines="""
| name         | quantity | unit price | total |
|--------------|----------|------------|-------|
| Minutes      | 100      | 10         | 1000  |
| Letters      | 50       | 4          | 200   |
| Care         | 1200     | 0.1        | 120   |
| Care minimum | 1        | 380        | 380   |
""",
        invoices="""
| from       | to         | total |
|------------|------------|-------|
| 2025-07-01 | 2025-08-01 | 1700  |
""",
    ),
    PricingExample(
        "rating.md §8 (minimum)",
        "a share over the minimum is just the share",
        customer="minimum-reached",
        contract="{ rate_card: care of at least a dollar }",
        events=MONTH,
        lines="""
| name    | quantity | unit price | total |
|---------|----------|------------|-------|
| Minutes | 100      | 10         | 1000  |
| Letters | 50       | 4          | 200   |
| Care    | 1200     | 0.1        | 120   |
""",
    ),
    PricingExample(
        "rating.md §8, §17 Q10 (minimum)",
        "the minimum is due in full without any spend, also for a short first period",
        customer="minimum-alone",
        contract='{ rate_card: care of at least a dollar, starting_at: "2025-07-20T00:00:00Z" }',
        events="",
        lines="""
| name         | from       | to         | quantity | unit price | total |
|--------------|------------|------------|----------|------------|-------|
| Minutes      | 2025-07-20 | 2025-08-01 | 0        | 10         | 0     |
| Letters      | 2025-07-20 | 2025-08-01 | 0        | 4          | 0     |
| Care minimum | 2025-07-20 | 2025-08-01 | 1        | 100        | 100   |
""",
    ),
    PricingExample(
        "rating.md §8 (minimum)",
        "a multiplier halves the share and leaves the minimum",
        customer="minimum-multiplier",
        contract="""
rate_card: care of at least a dollar
overrides: [{ starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, product: Care }]
""",
        events=MONTH,
        # 60 of 100.
        lines="""
| name         | quantity | unit price | total | override   |
|--------------|----------|------------|-------|------------|
| Minutes      | 100      | 10         | 1000  |            |
| Letters      | 50       | 4          | 200   |            |
| Care         | 1200     | 0.05       | 60    | MULTIPLIER |
| Care minimum | 1        | 40         | 40    | MULTIPLIER |
""",
    ),
    PricingExample(
        "rating.md §8 (minimum)",
        "an overwrite has its own minimum in place of the list's",
        customer="minimum-overwrite",
        contract="""
rate_card: care of at least 5 dollars
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: OVERWRITE
    product: Care
    overwrite_rate: { rate_type: PERCENTAGE, price: 0.05, minimum_config: { minimum: 70 } }
""",
        events=MONTH,
        lines="""
| name         | quantity | unit price | total |
|--------------|----------|------------|-------|
| Minutes      | 100      | 10         | 1000  |
| Letters      | 50       | 4          | 200   |
| Care         | 1200     | 0.05       | 60    |
| Care minimum | 1        | 10         | 10    |
""",
    ),
    PricingExample(
        "rating.md §8 (minimum)",
        "an overwrite without a minimum has none",
        customer="minimum-overwritten",
        contract="""
rate_card: care of at least 5 dollars
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: OVERWRITE
    product: Care
    overwrite_rate: { rate_type: PERCENTAGE, price: 0.05 }
""",
        events=MONTH,
        lines="""
| name    | quantity | unit price | total |
|---------|----------|------------|-------|
| Minutes | 100      | 10         | 1000  |
| Letters | 50       | 4          | 200   |
| Care    | 1200     | 0.05       | 60    |
""",
    ),
    PricingExample(
        "rating.md §8 (minimum)",
        "the minimum is that of the period's last instant, for all shares of the period",
        customer="minimum-changes",
        contract="{ rate_card: care with a minimum from the 15th }",
        events=MONTH,
        # 60 + 80 are 60 short of 200; the 900 of before no longer count.
        lines="""
| name         | from       | to         | quantity | unit price | total |
|--------------|------------|------------|----------|------------|-------|
| Minutes      | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Minutes      | 2025-07-15 | 2025-08-01 | 40       | 10         | 400   |
| Care         | 2025-07-01 | 2025-07-15 | 600      | 0.1        | 60    |
| Care         | 2025-07-15 | 2025-08-01 | 400      | 0.2        | 80    |
| Care minimum | 2025-07-01 | 2025-08-01 | 1        | 60         | 60    |
""",
    ),
    PricingExample(
        "rating.md §8 (minimum)",
        "no entitlement at the end, no minimum: the share until then is all",
        customer="minimum-not-entitled",
        contract="""
rate_card: care of at least 5 dollars
overrides: [{ starting_at: "2025-07-20T00:00:00Z", entitled: false, product: Care }]
""",
        events=MONTH,
        lines="""
| name    | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Minutes | 2025-07-01 | 2025-07-20 | 60       | 10         | 600   |
| Minutes | 2025-07-20 | 2025-08-01 | 40       | 10         | 400   |
| Letters | 2025-07-01 | 2025-07-20 | 0        | 4          | 0     |
| Letters | 2025-07-20 | 2025-08-01 | 50       | 4          | 200   |
| Care    | 2025-07-01 | 2025-07-20 | 600      | 0.1        | 60    |
""",
        not_entitled="""
| product | from       | to         | quantity |
|---------|------------|------------|----------|
| Care    | 2025-07-20 | 2025-08-01 | 600      |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
