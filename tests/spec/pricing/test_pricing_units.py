"""Currencies and custom pricing units, and what is left of the units turned into money."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
pricing_units:
  - { name: AI credits }
  - { name: stars }

billable_metrics:
  - name: summaries
    aggregation_type: COUNT
    event_type_filter: { in_values: [summary] }

products:
  - { name: AI Assistant, type: USAGE, billable_metric: use }
  - { name: AI Preview, type: USAGE, billable_metric: more }
  - { name: AI Summary, type: USAGE, billable_metric: summaries }
  - { name: AI support, type: COMPOSITE, composite_products: [AI Assistant] }
  - { name: AI seats, type: SUBSCRIPTION }
  - { name: Onboarding, type: FIXED }

rate_cards:
  - name: AI credits at a dollar
    credit_type_conversions: [{ custom_credit_type: AI credits, fiat_per_custom_credit: 100 }]
    rates:
      - { product: AI Assistant, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 12, credit_type: AI credits }
      - { product: AI Preview, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 5, credit_type: AI credits }
      - { product: AI Summary, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 7, credit_type: AI credits }
  - name: credits and stars
    credit_type_conversions:
      - { custom_credit_type: AI credits, fiat_per_custom_credit: 2.5 }
      - { custom_credit_type: stars, fiat_per_custom_credit: 0.125 }
    rates:
      - { product: AI Assistant, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 2, credit_type: AI credits }
      - { product: AI Preview, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: TIERED, tiers: [{ size: 10, price: 8 }, { price: 4 }], credit_type: stars }
      - { product: AI Summary, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 7 }
  - name: support in credits
    credit_type_conversions: [{ custom_credit_type: AI credits, fiat_per_custom_credit: 5 }]
    rates:
      - { product: AI Assistant, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 2, credit_type: AI credits }
      - { product: AI support, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1, minimum_config: { minimum: 30 } }
  - name: seats in credits
    credit_type_conversions: [{ custom_credit_type: AI credits, fiat_per_custom_credit: 5 }]
    rates:
      - { product: AI seats, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 20, credit_type: AI credits, billing_frequency: MONTHLY }
  - name: euros
    fiat_credit_type: EUR
    rates:
      - { product: AI Assistant, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.3 }
      - { product: AI Preview, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: credits in euros
    fiat_credit_type: EUR
    credit_type_conversions: [{ custom_credit_type: AI credits, fiat_per_custom_credit: 0.1 }]
    rates:
      - { product: AI Assistant, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 3, credit_type: AI credits }
  - name: parts of a cent
    rates:
      - { product: AI Assistant, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.25 }
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §15 T-31, §11",
        "12, 5 and 7 credits each; what they come to is turned into dollars once",
        customer="t31-credits",
        contract="{ rate_card: AI credits at a dollar }",
        events="""
| time       | type    | units |
|------------|---------|-------|
| 2025-07-05 | use     | 10    |
| 2025-07-06 | more    | 4     |
| 2025-07-07 | summary |       |
| 2025-07-08 | summary |       |
""",
        # 120 + 20 + 14 credits of 100 cents.
        lines="""
| product      | name                      | type           | currency    | quantity | unit price | total |
|--------------|---------------------------|----------------|-------------|----------|------------|-------|
| AI Assistant | AI Assistant              | usage          | AI credits  | 10       | 12         | 120   |
| AI Preview   | AI Preview                | usage          | AI credits  | 4        | 5          | 20    |
| AI Summary   | AI Summary                | usage          | AI credits  | 2        | 7          | 14    |
|              | AI credits to USD (cents) | cpu_conversion | USD (cents) | 154      | 100        | 15400 |
""",
        invoices="""
| currency    | total |
|-------------|-------|
| USD (cents) | 15400 |
""",
    ),
    PricingExample(
        "rating.md §11",
        "each unit has its own conversion, beside what is priced in money; tiers are in the unit, too",
        customer="units-two",
        contract="{ rate_card: credits and stars }",
        events="""
| time       | type    | units |
|------------|---------|-------|
| 2025-07-05 | use     | 30    |
| 2025-07-06 | more    | 15    |
| 2025-07-07 | summary |       |
""",
        # 60 credits x 2.5; 80 + 20 stars x 0.125; 150 + 12.5 + 7.
        lines="""
| name                      | type           | currency    | tier | quantity | unit price | total |
|---------------------------|----------------|-------------|------|----------|------------|-------|
| AI Assistant              | usage          | AI credits  |      | 30       | 2          | 60    |
| AI Preview                | usage          | stars       | 1    | 10       | 8          | 80    |
| AI Preview                | usage          | stars       | 2    | 5        | 4          | 20    |
| AI Summary                | usage          | USD (cents) |      | 1        | 7          | 7     |
| AI credits to USD (cents) | cpu_conversion | USD (cents) |      | 60       | 2.5        | 150   |
| stars to USD (cents)      | cpu_conversion | USD (cents) |      | 100      | 0.125      | 12.5  |
""",
        invoices="""
| total | payable |
|-------|---------|
| 169.5 | 170     |
""",
    ),
    PricingExample(
        "rating.md §11",
        "nothing used, nothing converted",
        customer="units-unused",
        contract="{ rate_card: AI credits at a dollar }",
        events="",
        lines="""
| name         | currency   | quantity | unit price | total |
|--------------|------------|----------|------------|-------|
| AI Assistant | AI credits | 0        | 12         | 0     |
| AI Preview   | AI credits | 0        | 5          | 0     |
| AI Summary   | AI credits | 0        | 7          | 0     |
""",
        invoices="""
| currency    | total |
|-------------|-------|
| USD (cents) | 0     |
""",
    ),
    PricingExample(
        "rating.md §11, §5",
        "overrides are in the unit of the list",
        customer="units-overrides",
        contract="""
rate_card: AI credits at a dollar
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, product: AI Assistant }
  - starting_at: "2025-01-01T00:00:00Z"
    type: OVERWRITE
    product: AI Preview
    overwrite_rate: { rate_type: FLAT, price: 1.5, credit_type: AI credits }
  - { starting_at: "2025-01-01T00:00:00Z", entitled: false, product: AI Summary }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 10    |
| 2025-07-06 | more | 4     |
""",
        # 60 + 6.
        lines="""
| name                      | type           | currency    | quantity | unit price | total |
|---------------------------|----------------|-------------|----------|------------|-------|
| AI Assistant              | usage          | AI credits  | 10       | 6          | 60    |
| AI Preview                | usage          | AI credits  | 4        | 1.5        | 6     |
| AI credits to USD (cents) | cpu_conversion | USD (cents) | 66       | 100        | 6600  |
""",
    ),
    PricingExample(
        "rating.md §8, §11",
        "a share of what costs credits is in credits, and so is its minimum",
        customer="units-composite",
        contract="{ rate_card: support in credits }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 100   |
""",
        # 200 credits, 10% are 20, 10 short of 30; 230 x 5.
        lines="""
| name                      | type           | currency    | quantity | unit price | total |
|---------------------------|----------------|-------------|----------|------------|-------|
| AI Assistant              | usage          | AI credits  | 100      | 2          | 200   |
| AI support                | usage          | AI credits  | 200      | 0.1        | 20    |
| AI support minimum        | usage          | AI credits  | 1        | 10         | 10    |
| AI credits to USD (cents) | cpu_conversion | USD (cents) | 230      | 5          | 1150  |
""",
        invoices="""
| total |
|-------|
| 1150  |
""",
    ),
    PricingExample(
        "rating.md §11, §10.7",
        "a scheduled charge is in money, on its own invoice: the conversion is the usage invoice's",
        customer="units-charge",
        contract="""
rate_card: support in credits
overrides: [{ starting_at: "2025-01-01T00:00:00Z", entitled: false, product: AI support }]
scheduled_charges:
  - { product: Onboarding, schedule: { schedule_items: [{ timestamp: "2025-07-10T00:00:00Z", amount: 5000 }] } }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 7     |
""",
        lines="""
| name                      | type           | invoice          | currency    | from       | to         | total |
|---------------------------|----------------|------------------|-------------|------------|------------|-------|
| AI Assistant              | usage          | until 2025-08-01 | AI credits  | 2025-07-01 | 2025-08-01 | 14    |
| AI credits to USD (cents) | cpu_conversion | until 2025-08-01 | USD (cents) | 2025-07-01 | 2025-08-01 | 70    |
| Onboarding                | scheduled      | on 2025-07-10    | USD (cents) | 2025-07-10 |            | 5000  |
""",
        not_entitled="""
| product    | from       | to         | quantity |
|------------|------------|------------|----------|
| AI support | 2025-07-01 | 2025-08-01 | 14       |
""",
    ),
    PricingExample(
        "rating.md §3.4",
        "euros are whole units: 1,001 at 0.30 and 4 at 10 euros are 340.30 euros",
        customer="units-euros",
        contract="{ rate_card: euros }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 1001  |
| 2025-07-06 | more | 4     |
""",
        lines="""
| product      | currency | quantity | unit price | total |
|--------------|----------|----------|------------|-------|
| AI Assistant | EUR      | 1001     | 0.3        | 300.3 |
| AI Preview   | EUR      | 4        | 10         | 40    |
""",
        invoices="""
| currency | total | payable |
|----------|-------|---------|
| EUR      | 340.3 | 340.3   |
""",
    ),
    PricingExample(
        "rating.md §3.4, §11",
        "on a card in euros a credit of 0.10 is ten cents of a euro",
        customer="units-euro-credits",
        contract="{ rate_card: credits in euros }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 7     |
""",
        # 21 credits.
        lines="""
| name              | type           | currency   | quantity | unit price | total |
|-------------------|----------------|------------|----------|------------|-------|
| AI Assistant      | usage          | AI credits | 7        | 3          | 21    |
| AI credits to EUR | cpu_conversion | EUR        | 21       | 0.1        | 2.1   |
""",
        invoices="""
| currency | total |
|----------|-------|
| EUR      | 2.1   |
""",
    ),
    PricingExample(
        "rating.md §10.6, §17 Q3",
        "totals keep parts of a cent; what can be paid is whole cents",
        customer="units-parts-of-a-cent",
        contract="{ rate_card: parts of a cent }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 6     |
""",
        lines="""
| product      | quantity | unit price | total |
|--------------|----------|------------|-------|
| AI Assistant | 6        | 0.25       | 1.5   |
""",
        invoices="""
| total | payable |
|-------|---------|
| 1.5   | 2       |
""",
    ),
    PricingExample(
        "rating.md §11, §12",
        "seats in credits are turned into money on the invoice they are on, be it a scheduled one",
        customer="units-subscription",
        contract="""
rate_card: seats in credits
starting_at: "2025-07-01T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: AI seats, billing_frequency: MONTHLY }, collection_schedule: ADVANCE,
      initial_quantity: 3 }
""",
        events="",
        # 60 credits of 5 cents.
        lines="""
| name                      | type           | invoice          | currency    | from       | to         | total |
|---------------------------|----------------|------------------|-------------|------------|------------|-------|
| AI seats                  | subscription   | on 2025-07-01    | AI credits  | 2025-07-01 | 2025-08-01 | 60    |
| AI credits to USD (cents) | cpu_conversion | on 2025-07-01    | USD (cents) | 2025-07-01 |            | 300   |
| AI seats                  | subscription   | until 2025-08-01 | AI credits  | 2025-08-01 | 2025-09-01 | 60    |
| AI credits to USD (cents) | cpu_conversion | until 2025-08-01 | USD (cents) | 2025-07-01 | 2025-08-01 | 300   |
""",
        invoices="""
| type      | total |
|-----------|-------|
| SCHEDULED | 300   |
| USAGE     | 300   |
""",
    ),
    PricingExample(
        "rating.md §11",
        "credits that come to zero are not converted; those below zero are",
        customer="units-below-zero",
        contract="{ rate_card: credits and stars }",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | -4    |
| 2025-07-06 | more | 5     |
| 2025-07-07 | more | -5    |
""",
        # -8 credits x 2.5.
        lines="""
| name                      | type           | currency    | tier | quantity | unit price | total |
|---------------------------|----------------|-------------|------|----------|------------|-------|
| AI Assistant              | usage          | AI credits  |      | -4       | 2          | -8    |
| AI Preview                | usage          | stars       | 1    | 0        | 8          | 0     |
| AI Summary                | usage          | USD (cents) |      | 0        | 7          | 0     |
| AI credits to USD (cents) | cpu_conversion | USD (cents) |      | -8       | 2.5        | -20   |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
