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
  - { name: Image support, type: COMPOSITE, composite_tags: [image] }
  - name: Moved support
    type: COMPOSITE
    composite_products: [Tokens]
    updates: [{ starting_at: "2025-07-15T00:00:00Z", composite_products: [Files], name: Files support }]

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
  - name: support of at least 5 dollars
    rates:
      - { product: Tokens, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Files, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: Support, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1, minimum_config: { minimum: 500 } }
  - name: support of at least a dollar
    rates:
      - { product: Tokens, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Files, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: Support, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1, minimum_config: { minimum: 100 } }
  - name: support with a minimum from the 15th
    rates:
      - { product: Tokens, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Support, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1, minimum_config: { minimum: 900 } }
      - { product: Support, starting_at: "2025-07-15T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.2, minimum_config: { minimum: 200 } }
  - name: dearer support from the 15th
    rates:
      - { product: Tokens, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Support, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: PERCENTAGE, price: 0.1 }
      - { product: Support, starting_at: "2025-07-15T00:00:00Z", entitled: true, rate_type: PERCENTAGE, price: 0.2 }
  - name: dearer tokens from the 15th
    rates:
      - { product: Tokens, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Tokens, starting_at: "2025-07-15T00:00:00Z", entitled: true, rate_type: FLAT, price: 20 }
      - { product: Support, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: PERCENTAGE, price: 0.1 }
  - name: other tiers from the 15th
    rates:
      - { product: Tokens, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Support, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: TIERED_PERCENTAGE, tiers: [{ size: 500, price: 0.1 }, { price: 0.05 }] }
      - { product: Support, starting_at: "2025-07-15T00:00:00Z", entitled: true,
          rate_type: TIERED_PERCENTAGE, tiers: [{ size: 800, price: 0.4 }, { price: 0.2 }] }
  - name: support from the 15th
    rates:
      - { product: Tokens, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Support, starting_at: "2025-07-15T00:00:00Z", entitled: true, rate_type: PERCENTAGE, price: 0.1 }
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
  - name: support of images
    rates:
      - { product: Images, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Image support, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1 }
  - name: support that moves
    rates:
      - { product: Tokens, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Files, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
      - { product: Moved support, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1 }
  - name: two supports
    rates:
      - { product: Tokens, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Support, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: PERCENTAGE, price: 0.1 }
      - { product: Model support, starting_at: "2025-07-15T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.3 }
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
        "rating.md §5.1, §8",
        "an overwrite with tiers from the 15th goes on from what was spent before",
        customer="composite-overwrite",
        contract="""
rate_card: support of a tenth
overrides:
  - starting_at: "2025-07-15T00:00:00Z"
    type: OVERWRITE
    product: Support
    overwrite_rate: { rate_type: TIERED_PERCENTAGE, tiers: [{ size: 700, price: 0.2 }, { price: 0.3 }] }
""",
        # 600 were spent by then, so that 100 of the 400 + 200 that follow are in the first tier. The share's cut is its
        # members' cut too; files had none before it, which is a line of zero.
        events=MONTH,
        lines="""
| product | from       | to         | tier | quantity | unit price | total | override  |
|---------|------------|------------|------|----------|------------|-------|-----------|
| Tokens  | 2025-07-01 | 2025-07-15 |      | 60       | 10         | 600   |           |
| Tokens  | 2025-07-15 | 2025-08-01 |      | 40       | 10         | 400   |           |
| Files   | 2025-07-01 | 2025-07-15 |      | 0        | 4          | 0     |           |
| Files   | 2025-07-15 | 2025-08-01 |      | 50       | 4          | 200   |           |
| Support | 2025-07-01 | 2025-07-15 |      | 600      | 0.1        | 60    |           |
| Support | 2025-07-15 | 2025-08-01 | 1    | 100      | 0.2        | 20    | OVERWRITE |
| Support | 2025-07-15 | 2025-08-01 | 2    | 500      | 0.3        | 150   | OVERWRITE |
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
        "rating.md §8, §3.2",
        "10% until the 15th, then 20%: each of what is spent in its time, and its members have lines of their own",
        customer="composite-rate-change",
        contract="{ rate_card: dearer support from the 15th }",
        events=MONTH,
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Tokens  | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Tokens  | 2025-07-15 | 2025-08-01 | 40       | 10         | 400   |
| Support | 2025-07-01 | 2025-07-15 | 600      | 0.1        | 60    |
| Support | 2025-07-15 | 2025-08-01 | 400      | 0.2        | 80    |
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
| Tokens  | 2025-07-01 | 2025-07-15 |      | 60       | 10         | 600   |
| Tokens  | 2025-07-15 | 2025-08-01 |      | 40       | 10         | 400   |
| Support | 2025-07-01 | 2025-07-15 | 1    | 500      | 0.1        | 50    |
| Support | 2025-07-01 | 2025-07-15 | 2    | 100      | 0.05       | 5     |
| Support | 2025-07-15 | 2025-08-01 | 1    | 200      | 0.4        | 80    |
| Support | 2025-07-15 | 2025-08-01 | 2    | 200      | 0.2        | 40    |
""",
    ),
    PricingExample(
        "rating.md §8",
        "a new price of a member splits the member's line and not that of the share",
        customer="composite-member-price",
        contract="{ rate_card: dearer tokens from the 15th }",
        events=MONTH,
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Tokens  | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Tokens  | 2025-07-15 | 2025-08-01 | 40       | 20         | 800   |
| Support | 2025-07-01 | 2025-08-01 | 1400     | 0.1        | 140   |
""",
    ),
    PricingExample(
        "rating.md §8, §17 Q10",
        "spend can be negative, and so can the share of it",
        customer="composite-negative",
        contract="{ rate_card: dearer tokens from the 15th }",
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
| Tokens  | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Tokens  | 2025-07-15 | 2025-08-01 | -80      | 20         | -1600 |
| Support | 2025-07-01 | 2025-08-01 | -1000    | 0.1        | -100  |
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
        "rating.md §8, §17 Q30",
        "what is spent on a product before it gets the tag is not shared",
        customer="composite-tag-change",
        contract="{ rate_card: support of images }",
        events=MONTH,
        # The share's price is the same throughout, so it is one line: of 400.
        lines="""
| product       | from       | to         | quantity | unit price | total |
|---------------|------------|------------|----------|------------|-------|
| Images        | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Images        | 2025-07-15 | 2025-08-01 | 40       | 10         | 400   |
| Image support | 2025-07-01 | 2025-08-01 | 400      | 0.1        | 40    |
""",
    ),
    PricingExample(
        "rating.md §1.2, §8",
        "a composite whose members change: tokens until the 15th, then files; its name is that of the end",
        customer="composite-member-change",
        contract="{ rate_card: support that moves }",
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
| product       | from       | to         | quantity | unit price | total |
|---------------|------------|------------|----------|------------|-------|
| Tokens        | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Tokens        | 2025-07-15 | 2025-08-01 | 40       | 10         | 400   |
| Files         | 2025-07-01 | 2025-07-15 | 5        | 4          | 20    |
| Files         | 2025-07-15 | 2025-08-01 | 50       | 4          | 200   |
| Files support | 2025-07-01 | 2025-08-01 | 800      | 0.1        | 80    |
""",
    ),
    PricingExample(
        "rating.md §8",
        "no composite is a member of another; without a price before the 15th, spend is reported and not shared",
        customer="composite-two",
        contract="{ rate_card: two supports }",
        events=MONTH,
        lines="""
| product       | from       | to         | quantity | unit price | total |
|---------------|------------|------------|----------|------------|-------|
| Tokens        | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Tokens        | 2025-07-15 | 2025-08-01 | 40       | 10         | 400   |
| Support       | 2025-07-01 | 2025-08-01 | 1000     | 0.1        | 100   |
| Model support | 2025-07-15 | 2025-08-01 | 400      | 0.3        | 120   |
""",
        unrated="""
| product       | from       | to         | quantity |
|---------------|------------|------------|----------|
| Model support | 2025-07-01 | 2025-07-15 | 600      |
""",
    ),
    PricingExample(
        "rating.md §8, §17 Q4",
        "spend for which the share has no price yet is reported",
        customer="composite-unrated",
        contract="{ rate_card: support from the 15th }",
        events=MONTH,
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Tokens  | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Tokens  | 2025-07-15 | 2025-08-01 | 40       | 10         | 400   |
| Support | 2025-07-15 | 2025-08-01 | 400      | 0.1        | 40    |
""",
        unrated="""
| product | from       | to         | quantity |
|---------|------------|------------|----------|
| Support | 2025-07-01 | 2025-07-15 | 600      |
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
        "rating.md §8 (minimum)",
        "at least 5 dollars: 1.20 are the share, and 3.80 are missing",
        customer="minimum-missed",
        contract="{ rate_card: support of at least 5 dollars }",
        events=MONTH,
        lines="""
| name            | quantity | unit price | total |
|-----------------|----------|------------|-------|
| Tokens          | 100      | 10         | 1000  |
| Files           | 50       | 4          | 200   |
| Support         | 1200     | 0.1        | 120   |
| Support minimum | 1        | 380        | 380   |
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
        contract="{ rate_card: support of at least a dollar }",
        events=MONTH,
        lines="""
| name    | quantity | unit price | total |
|---------|----------|------------|-------|
| Tokens  | 100      | 10         | 1000  |
| Files   | 50       | 4          | 200   |
| Support | 1200     | 0.1        | 120   |
""",
    ),
    PricingExample(
        "rating.md §8, §17 Q10 (minimum)",
        "the minimum is due in full without any spend, also for a short first period",
        customer="minimum-alone",
        contract='{ rate_card: support of at least a dollar, starting_at: "2025-07-20T00:00:00Z" }',
        events="",
        lines="""
| name            | from       | to         | quantity | unit price | total |
|-----------------|------------|------------|----------|------------|-------|
| Tokens          | 2025-07-20 | 2025-08-01 | 0        | 10         | 0     |
| Files           | 2025-07-20 | 2025-08-01 | 0        | 4          | 0     |
| Support minimum | 2025-07-20 | 2025-08-01 | 1        | 100        | 100   |
""",
    ),
    PricingExample(
        "rating.md §8 (minimum)",
        "a multiplier halves the share and leaves the minimum",
        customer="minimum-multiplier",
        contract="""
rate_card: support of at least a dollar
overrides: [{ starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, product: Support }]
""",
        events=MONTH,
        # 60 of 100.
        lines="""
| name            | quantity | unit price | total | override   |
|-----------------|----------|------------|-------|------------|
| Tokens          | 100      | 10         | 1000  |            |
| Files           | 50       | 4          | 200   |            |
| Support         | 1200     | 0.05       | 60    | MULTIPLIER |
| Support minimum | 1        | 40         | 40    | MULTIPLIER |
""",
    ),
    PricingExample(
        "rating.md §8 (minimum)",
        "an overwrite has its own minimum in place of the list's",
        customer="minimum-overwrite",
        contract="""
rate_card: support of at least 5 dollars
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: OVERWRITE
    product: Support
    overwrite_rate: { rate_type: PERCENTAGE, price: 0.05, minimum_config: { minimum: 70 } }
""",
        events=MONTH,
        lines="""
| name            | quantity | unit price | total |
|-----------------|----------|------------|-------|
| Tokens          | 100      | 10         | 1000  |
| Files           | 50       | 4          | 200   |
| Support         | 1200     | 0.05       | 60    |
| Support minimum | 1        | 10         | 10    |
""",
    ),
    PricingExample(
        "rating.md §8 (minimum)",
        "an overwrite without a minimum has none",
        customer="minimum-overwritten",
        contract="""
rate_card: support of at least 5 dollars
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: OVERWRITE
    product: Support
    overwrite_rate: { rate_type: PERCENTAGE, price: 0.05 }
""",
        events=MONTH,
        lines="""
| name    | quantity | unit price | total |
|---------|----------|------------|-------|
| Tokens  | 100      | 10         | 1000  |
| Files   | 50       | 4          | 200   |
| Support | 1200     | 0.05       | 60    |
""",
    ),
    PricingExample(
        "rating.md §8 (minimum)",
        "the minimum is that of the period's last instant, for all shares of the period",
        customer="minimum-changes",
        contract="{ rate_card: support with a minimum from the 15th }",
        events=MONTH,
        # 60 + 80 are 60 short of 200; the 900 of before no longer count.
        lines="""
| name            | from       | to         | quantity | unit price | total |
|-----------------|------------|------------|----------|------------|-------|
| Tokens          | 2025-07-01 | 2025-07-15 | 60       | 10         | 600   |
| Tokens          | 2025-07-15 | 2025-08-01 | 40       | 10         | 400   |
| Support         | 2025-07-01 | 2025-07-15 | 600      | 0.1        | 60    |
| Support         | 2025-07-15 | 2025-08-01 | 400      | 0.2        | 80    |
| Support minimum | 2025-07-01 | 2025-08-01 | 1        | 60         | 60    |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
