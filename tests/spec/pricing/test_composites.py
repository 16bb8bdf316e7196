"""Composite charges: a share of what other products come to."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Tokens, type: USAGE, billable_metric: use, tags: [model] }
  - { name: Files, type: USAGE, billable_metric: more, tags: [file] }
  - { name: Places, type: USAGE, billable_metric: place, pricing_group_key: [region] }
  - name: Images
    type: USAGE
    billable_metric: use
    updates: [{ starting_at: "2025-07-15T00:00:00Z", tags: [image] }]
  - { name: Support, type: COMPOSITE, composite_products: [Tokens, Files, Places] }
  - { name: Model support, type: COMPOSITE, composite_tags: [model, image] }
  - { name: Tagged support, type: COMPOSITE, composite_tags: [model, file] }

rate_cards:
  - name: support of a tenth
    rates:
      - { product: Tokens, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Files, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: Support, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: PERCENTAGE, price: 0.1 }
  - name: support in tiers
    rates:
      - { product: Tokens, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Files, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: Support, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: TIERED_PERCENTAGE, tiers: [{ size: 1000, price: 0.1 }, { price: 0.05 }] }
  - name: support by request
    rates:
      - { product: Tokens, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Support, starting_at: "2025-01-01T00:00:00Z", entitled: false, rate_type: PERCENTAGE, price: 0.1 }
  - name: half as much again
    rates:
      - { product: Tokens, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Support, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: PERCENTAGE, price: 1.5 }
  - name: places
    rates:
      - { product: Places, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: TIERED, tiers: [{ size: 10, price: 10 }, { price: 5 }] }
      - { product: Support, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: PERCENTAGE, price: 0.1 }
  - name: support by tag
    rates:
      - { product: Tokens, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Files, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: Model support, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1 }
  - name: support by two tags
    rates:
      - { product: Tokens, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Files, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: Places, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 1 }
      - { product: Tagged support, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1 }
"""

#: 100 tokens and 50 files in a month.
MONTH = """
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 60    |
| 2025-07-20 | use  | 40    |
| 2025-07-21 | more | 50    |
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §8",
        "a tenth of tokens and files: 10% of 1,000 + 200",
        customer="composite-flat",
        contract="{ rate_card: support of a tenth }",
        events=MONTH,
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Tokens  | 100      | 10         | 1000  |
| Files   | 50       | 4          | 200   |
| Support | 1200     | 0.1        | 120   |
""",
        invoices="""
| from       | to         | total |
|------------|------------|-------|
| 2025-07-01 | 2025-08-01 | 1320  |
""",
    ),
    PricingExample(
        "rating.md §8, §17 Q10",
        "the share is of what is charged: tokens at half the price count half",
        customer="composite-after-overrides",
        contract="""
rate_card: support of a tenth
overrides: [{ starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, product: Tokens }]
""",
        events=MONTH,
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Tokens  | 100      | 5          | 500   |
| Files   | 50       | 4          | 200   |
| Support | 700      | 0.1        | 70    |
""",
    ),
    PricingExample(
        "rating.md §5.1, §8",
        "a multiplier on the composite multiplies the percentage",
        customer="composite-multiplier",
        contract="""
rate_card: support of a tenth
overrides: [{ starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, product: Support }]
""",
        events=MONTH,
        lines="""
| product | quantity | unit price | total | override   |
|---------|----------|------------|-------|------------|
| Tokens  | 100      | 10         | 1000  |            |
| Files   | 50       | 4          | 200   |            |
| Support | 1200     | 0.05       | 60    | MULTIPLIER |
""",
    ),
    PricingExample(
        "rating.md §5.1, §8",
        "a multiplier on everything makes both the tokens and the share of them cheaper",
        customer="composite-multiplied-twice",
        contract="""
rate_card: support of a tenth
overrides: [{ starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5 }]
""",
        events=MONTH,
        # 500 + 100 at 5%: no line has two overrides, but the spend is what is left of it.
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Tokens  | 100      | 5          | 500   |
| Files   | 50       | 2          | 100   |
| Support | 600      | 0.05       | 30    |
""",
    ),
    PricingExample(
        "rating.md §8",
        "10% of the first 1,000, 5% of what is spent beyond: one line for each tier",
        customer="composite-tiers",
        contract="{ rate_card: support in tiers }",
        events=MONTH,
        lines="""
| product | tier | quantity | unit price | total |
|---------|------|----------|------------|-------|
| Tokens  |      | 100      | 10         | 1000  |
| Files   |      | 50       | 4          | 200   |
| Support | 1    | 1000     | 0.1        | 100   |
| Support | 2    | 200      | 0.05       | 10    |
""",
    ),
    PricingExample(
        "rating.md §8",
        "a share of more than the whole",
        customer="composite-over-one",
        contract="{ rate_card: half as much again }",
        events=MONTH,
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Tokens  | 100      | 10         | 1000  |
| Support | 1000     | 1.5        | 1500  |
""",
    ),
    PricingExample(
        "rating.md §8",
        "a share has no group values and no tiers of its members: it is of all their lines together",
        customer="composite-groups",
        contract="{ rate_card: places }",
        events="""
| time       | type  | units | region |
|------------|-------|-------|--------|
| 2025-07-05 | place | 12    | eu     |
| 2025-07-06 | place | 3     | us     |
""",
        # 100 + 10 + 30.
        lines="""
| product | pricing   | tier | quantity | unit price | total |
|---------|-----------|------|----------|------------|-------|
| Places  | region=eu | 1    | 10       | 10         | 100   |
| Places  | region=eu | 2    | 2        | 5          | 10    |
| Places  | region=us | 1    | 3        | 10         | 30    |
| Support |           |      | 140      | 0.1        | 14    |
""",
    ),
    PricingExample(
        "rating.md §8",
        "a composite by tags has as members what has any of them",
        customer="composite-tags",
        contract="{ rate_card: support by two tags }",
        events="""
| time       | type  | units | region |
|------------|-------|-------|--------|
| 2025-07-05 | use   | 100   |        |
| 2025-07-06 | more  | 50    |        |
| 2025-07-07 | place | 5     | eu     |
""",
        lines="""
| product        | pricing   | quantity | unit price | total |
|----------------|-----------|----------|------------|-------|
| Tokens         |           | 100      | 10         | 1000  |
| Files          |           | 50       | 4          | 200   |
| Places         | region=eu | 5        | 1          | 5     |
| Tagged support |           | 1200     | 0.1        | 120   |
""",
    ),
    PricingExample(
        "rating.md §8, §17 Q16",
        "what is not on the rate card is no member, and when it gets a tag splits no line",
        customer="composite-off-card",
        contract="{ rate_card: support by tag }",
        events=MONTH,
        lines="""
| product       | quantity | unit price | total |
|---------------|----------|------------|-------|
| Tokens        | 100      | 10         | 1000  |
| Files         | 50       | 4          | 200   |
| Model support | 1000     | 0.1        | 100   |
""",
    ),
    PricingExample(
        "rating.md §8, §17 Q9",
        "a share without entitlement makes no line: the spend is reported",
        customer="composite-not-entitled",
        contract="{ rate_card: support by request }",
        events=MONTH,
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Tokens  | 100      | 10         | 1000  |
""",
        not_entitled="""
| product | from       | to         | quantity |
|---------|------------|------------|----------|
| Support | 2025-07-01 | 2025-08-01 | 1000     |
""",
    ),
    PricingExample(
        "rating.md §8, §17 Q9",
        "what the contract is not entitled to is not spent, and so not shared",
        customer="composite-member-not-entitled",
        contract="""
rate_card: support of a tenth
overrides: [{ starting_at: "2025-01-01T00:00:00Z", entitled: false, product: Tokens }]
""",
        events=MONTH,
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Files   | 50       | 4          | 200   |
| Support | 200      | 0.1        | 20    |
""",
        not_entitled="""
| product | from       | to         | quantity |
|---------|------------|------------|----------|
| Tokens  | 2025-07-01 | 2025-08-01 | 100      |
""",
    ),
    PricingExample(
        "rating.md §5.1, §8",
        "a multiplier multiplies the percentage of every tier",
        customer="composite-tiers-multiplied",
        contract="""
rate_card: support in tiers
overrides: [{ starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, product: Support }]
""",
        events=MONTH,
        lines="""
| product | tier | quantity | unit price | total |
|---------|------|----------|------------|-------|
| Tokens  |      | 100      | 10         | 1000  |
| Files   |      | 50       | 4          | 200   |
| Support | 1    | 1000     | 0.05       | 50    |
| Support | 2    | 200      | 0.025      | 5     |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
