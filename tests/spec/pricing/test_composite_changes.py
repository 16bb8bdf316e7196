"""Composite charges whose percentage, tiers or members change in mid-period."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Sums, type: USAGE, billable_metric: sum of use, sql_breakdown_granularity: SERVICE_PERIOD }
  - { name: Sum help, type: COMPOSITE, composite_products: [Prompts, Sums] }
  - { name: Prompts, type: USAGE, billable_metric: use, tags: [writing] }
  - { name: Uploads, type: USAGE, billable_metric: more }
  - name: Pictures
    type: USAGE
    billable_metric: use
    updates: [{ starting_at: "2025-07-15T00:00:00Z", tags: [picture] }]
  - { name: Help, type: COMPOSITE, composite_products: [Prompts, Uploads] }
  - { name: Writing help, type: COMPOSITE, composite_tags: [writing] }
  - { name: Picture help, type: COMPOSITE, composite_tags: [picture] }
  - name: Moved help
    type: COMPOSITE
    composite_products: [Prompts]
    updates: [{ starting_at: "2025-07-15T00:00:00Z", composite_products: [Uploads], name: Uploads help }]

rate_cards:
  - name: help of sums
    rates:
      - { product: Prompts, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Sums, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 1 }
      - { product: Sum help, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1 }
      - { product: Sum help, starting_at: "2025-07-15T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.2 }
  - name: help of a tenth
    rates:
      - { product: Prompts, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Uploads, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: Help, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: PERCENTAGE, price: 0.1 }
  - name: dearer help from the 15th
    rates:
      - { product: Prompts, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Help, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: PERCENTAGE, price: 0.1 }
      - { product: Help, starting_at: "2025-07-15T00:00:00Z", entitled: true, rate_type: PERCENTAGE, price: 0.2 }
  - name: dearer prompts from the 15th
    rates:
      - { product: Prompts, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Prompts, starting_at: "2025-07-15T00:00:00Z", entitled: true, rate_type: FLAT, price: 20 }
      - { product: Help, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: PERCENTAGE, price: 0.1 }
  - name: other tiers from the 15th
    rates:
      - { product: Prompts, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Help, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: TIERED_PERCENTAGE, tiers: [{ size: 500, price: 0.1 }, { price: 0.05 }] }
      - { product: Help, starting_at: "2025-07-15T00:00:00Z", entitled: true,
          rate_type: TIERED_PERCENTAGE, tiers: [{ size: 800, price: 0.4 }, { price: 0.2 }] }
  - name: help from the 15th
    rates:
      - { product: Prompts, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Help, starting_at: "2025-07-15T00:00:00Z", entitled: true, rate_type: PERCENTAGE, price: 0.1 }
  - name: help of pictures
    rates:
      - { product: Pictures, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Picture help, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1 }
  - name: help that moves
    rates:
      - { product: Prompts, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Uploads, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: Moved help, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1 }
  - name: two supports
    rates:
      - { product: Prompts, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Help, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: PERCENTAGE, price: 0.1 }
      - { product: Writing help, starting_at: "2025-07-15T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.3 }
"""

#: 100 prompts and 50 uploads in a month.
MONTH = """
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 60    |
| 2025-07-20 | use  | 40    |
| 2025-07-21 | more | 50    |
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §5.1, §8",
        "an overwrite with tiers from the 15th goes on from what was spent before",
        customer="composite-overwrite",
        contract="""
rate_card: help of a tenth
overrides:
  - starting_at: "2025-07-15T00:00:00Z"
    type: OVERWRITE
    product: Help
    overwrite_rate: { rate_type: TIERED_PERCENTAGE, tiers: [{ size: 700, price: 0.2 }, { price: 0.3 }] }
""",
        # 600 were spent by then, so that 100 of the 400 + 200 that follow are in the first tier. The share's cut is its
        # members' cut too; uploads had none before it, which is a line of zero.
        events=MONTH,
        lines="""
| product | from       | to         | tier | quantity | unit price | total | override  |
|---------|------------|------------|------|----------|------------|-------|-----------|
| Prompts | 2025-07-01 | 2025-07-15 |      | 60       | 10         | 600   |           |
| Prompts | 2025-07-15 | 2025-08-01 |      | 40       | 10         | 400   |           |
| Uploads | 2025-07-01 | 2025-07-15 |      | 0        | 4          | 0     |           |
| Uploads | 2025-07-15 | 2025-08-01 |      | 50       | 4          | 200   |           |
| Help    | 2025-07-01 | 2025-07-15 |      | 600      | 0.1        | 60    |           |
| Help    | 2025-07-15 | 2025-08-01 | 1    | 100      | 0.2        | 20    | OVERWRITE |
| Help    | 2025-07-15 | 2025-08-01 | 2    | 500      | 0.3        | 150   | OVERWRITE |
""",
    ),
    PricingExample(
        "rating.md §8, §3.2",
        "10% until the 15th, then 20%: each of what is spent in its time, and its members have lines of their own",
        customer="composite-rate-change",
        contract="{ rate_card: dearer help from the 15th }",
        events=MONTH,
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Prompts | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Prompts | 2025-07-15 | 2025-08-01 | 40       | 10         | 400   |
| Help    | 2025-07-01 | 2025-07-15 | 600      | 0.1        | 60    |
| Help    | 2025-07-15 | 2025-08-01 | 400      | 0.2        | 80    |
""",
    ),
    PricingExample(
        "rating.md §8, §17 Q5",
        "other tiers from the 15th go on from the 600 that were spent: 200 are left of the first one",
        customer="composite-tier-change",
        contract="{ rate_card: other tiers from the 15th }",
        events=MONTH,
        lines="""
| product | from       | to         | tier | quantity | unit price | total |
|---------|------------|------------|------|----------|------------|-------|
| Prompts | 2025-07-01 | 2025-07-15 |      | 60       | 10         | 600   |
| Prompts | 2025-07-15 | 2025-08-01 |      | 40       | 10         | 400   |
| Help    | 2025-07-01 | 2025-07-15 | 1    | 500      | 0.1        | 50    |
| Help    | 2025-07-01 | 2025-07-15 | 2    | 100      | 0.05       | 5     |
| Help    | 2025-07-15 | 2025-08-01 | 1    | 200      | 0.4        | 80    |
| Help    | 2025-07-15 | 2025-08-01 | 2    | 200      | 0.2        | 40    |
""",
    ),
    PricingExample(
        "rating.md §8",
        "a new price of a member splits the member's line and not that of the share",
        customer="composite-member-price",
        contract="{ rate_card: dearer prompts from the 15th }",
        events=MONTH,
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Prompts | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Prompts | 2025-07-15 | 2025-08-01 | 40       | 20         | 800   |
| Help    | 2025-07-01 | 2025-08-01 | 1400     | 0.1        | 140   |
""",
    ),
    PricingExample(
        "rating.md §8, §17 Q10",
        "spend can be negative, and so can the share of it",
        customer="composite-negative",
        contract="{ rate_card: dearer prompts from the 15th }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 60    |
| 2025-07-20 | use  | -80   |
""",
        # 600 - 1600.
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Prompts | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Prompts | 2025-07-15 | 2025-08-01 | -80      | 20         | -1600 |
| Help    | 2025-07-01 | 2025-08-01 | -1000    | 0.1        | -100  |
""",
    ),
    PricingExample(
        "rating.md §8, §17 Q30",
        "what is spent on a product before it gets the tag is not shared",
        customer="composite-tag-change",
        contract="{ rate_card: help of pictures }",
        events=MONTH,
        # The share's price is the same throughout, so it is one line: of 400.
        lines="""
| product      | from       | to         | quantity | unit price | total |
|--------------|------------|------------|----------|------------|-------|
| Pictures     | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Pictures     | 2025-07-15 | 2025-08-01 | 40       | 10         | 400   |
| Picture help | 2025-07-01 | 2025-08-01 | 400      | 0.1        | 40    |
""",
    ),
    PricingExample(
        "rating.md §1.2, §8",
        "a composite whose members change: prompts until the 15th, then uploads; its name is that of the end",
        customer="composite-member-change",
        contract="{ rate_card: help that moves }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 60    |
| 2025-07-06 | more | 5     |
| 2025-07-20 | use  | 40    |
| 2025-07-21 | more | 50    |
""",
        # 600 + 200.
        lines="""
| product      | from       | to         | quantity | unit price | total |
|--------------|------------|------------|----------|------------|-------|
| Prompts      | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Prompts      | 2025-07-15 | 2025-08-01 | 40       | 10         | 400   |
| Uploads      | 2025-07-01 | 2025-07-15 | 5        | 4          | 20    |
| Uploads      | 2025-07-15 | 2025-08-01 | 50       | 4          | 200   |
| Uploads help | 2025-07-01 | 2025-08-01 | 800      | 0.1        | 80    |
""",
    ),
    PricingExample(
        "rating.md §8",
        "no composite is a member of another; without a price before the 15th, spend is reported and not shared",
        customer="composite-two",
        contract="{ rate_card: two supports }",
        events=MONTH,
        lines="""
| product      | from       | to         | quantity | unit price | total |
|--------------|------------|------------|----------|------------|-------|
| Prompts      | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Prompts      | 2025-07-15 | 2025-08-01 | 40       | 10         | 400   |
| Help         | 2025-07-01 | 2025-08-01 | 1000     | 0.1        | 100   |
| Writing help | 2025-07-15 | 2025-08-01 | 400      | 0.3        | 120   |
""",
        unrated="""
| product      | from       | to         | quantity |
|--------------|------------|------------|----------|
| Writing help | 2025-07-01 | 2025-07-15 | 600      |
""",
    ),
    PricingExample(
        "rating.md §8, §17 Q4",
        "spend for which the share has no price yet is reported",
        customer="composite-unrated",
        contract="{ rate_card: help from the 15th }",
        events=MONTH,
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Prompts | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Prompts | 2025-07-15 | 2025-08-01 | 40       | 10         | 400   |
| Help    | 2025-07-15 | 2025-08-01 | 400      | 0.1        | 40    |
""",
        unrated="""
| product | from       | to         | quantity |
|---------|------------|------------|----------|
| Help    | 2025-07-01 | 2025-07-15 | 600      |
""",
    ),
    PricingExample(
        "rating.md §8, §4",
        "spend that falls walks back through the tiers of the time: 400 less of the first one",
        customer="composite-back",
        contract="{ rate_card: other tiers from the 15th }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 100   |
| 2025-07-20 | use  | -40   |
""",
        # 1000, then from 1000 down to 600: 200 less at 0.2 to 800, 200 less at 0.4 to 600.
        lines="""
| product | from       | to         | tier | quantity | unit price | total |
|---------|------------|------------|------|----------|------------|-------|
| Prompts | 2025-07-01 | 2025-07-15 |      | 100      | 10         | 1000  |
| Prompts | 2025-07-15 | 2025-08-01 |      | -40      | 10         | -400  |
| Help    | 2025-07-01 | 2025-07-15 | 1    | 500      | 0.1        | 50    |
| Help    | 2025-07-01 | 2025-07-15 | 2    | 500      | 0.05       | 25    |
| Help    | 2025-07-15 | 2025-08-01 | 1    | -200     | 0.4        | -80   |
| Help    | 2025-07-15 | 2025-08-01 | 2    | -200     | 0.2        | -40   |
""",
    ),
    PricingExample(
        "rating.md §8, §1.5",
        "what is billed for the whole period is spent at its last instant, at the percentage of then",
        customer="composite-service-period",
        contract="{ rate_card: help of sums }",
        events=MONTH,
        lines="""
| product  | from       | to         | quantity | unit price | total |
|----------|------------|------------|----------|------------|-------|
| Prompts  | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Prompts  | 2025-07-15 | 2025-08-01 | 40       | 10         | 400   |
| Sums     | 2025-07-01 | 2025-08-01 | 100      | 1          | 100   |
| Sum help | 2025-07-01 | 2025-07-15 | 600      | 0.1        | 60    |
| Sum help | 2025-07-15 | 2025-08-01 | 500      | 0.2        | 100   |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
