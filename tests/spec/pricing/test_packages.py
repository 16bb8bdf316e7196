"""Packages: the terms of many contracts, at offsets from each one's start."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Calls, type: USAGE, billable_metric: use }
  - { name: Lines, type: SUBSCRIPTION }
  - { name: Activation, type: FIXED }

rate_cards:
  - name: calls
    rates:
      - { product: Calls, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Calls, starting_at: "2025-07-20T00:00:00Z", entitled: true, rate_type: FLAT, price: 30 }
  - name: calls and lines
    rates:
      - { product: Calls, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Lines, starting_at: "2024-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 3100, billing_frequency: MONTHLY }

packages:
  - name: From the second month
    rate_card: calls
    overrides:
      - type: MULTIPLIER
        multiplier: 0.5
        starting_at_offset: { unit: MONTHS, value: 1 }
        duration: { unit: MONTHS, value: 1 }
        product: Calls
    scheduled_charges:
      - product: Activation
        schedule:
          schedule_items:
            - { starting_at_offset: { unit: DAYS, value: 10 }, amount: 100 }
            - { starting_at_offset: { unit: MONTHS, value: 1 }, unit_price: 5, quantity: 2 }
            - { starting_at_offset: { unit: WEEKS, value: 3 }, amount: 300 }
  - name: Five months
    rate_card: calls
    duration: { unit: MONTHS, value: 5 }
    net_payment_terms_days: 14
  - name: Lines for half a year
    rate_card: calls and lines
    usage_statement_schedule: { frequency: MONTHLY, day: CONTRACT_START }
    subscriptions:
      - subscription_rate: { product: Lines, billing_frequency: MONTHLY }
        collection_schedule: ADVANCE
        initial_quantity: 2
        duration: { unit: MONTHS, value: 6 }
      - subscription_rate: { product: Lines, billing_frequency: MONTHLY }
        collection_schedule: ARREARS
        starting_at_offset: { unit: MONTHS, value: 5 }
  - name: Instalments
    rate_card: calls
    scheduled_charges_on_usage_invoices: ALL
    scheduled_charges:
      - product: Activation
        schedule:
          recurring_schedule:
            starting_at_offset: { unit: MONTHS, value: 1 }
            duration: { unit: MONTHS, value: 3 }
            frequency: MONTHLY
            amount_distribution: DIVIDED_ROUNDED
            amount: 100
    discounts:
      - product: Activation
        schedule:
          schedule_items: [{ starting_at_offset: { unit: MONTHS, value: 2 }, amount: 7 }]
  - name: Entry of spring
    aliases: [{ name: entry, ending_before: "2025-07-01T00:00:00Z" }]
    rate_card: calls
  - name: Entry of summer
    aliases: [{ name: entry, starting_at: "2025-07-01T00:00:00Z" }]
    rate_card: calls
    overrides: [{ type: MULTIPLIER, multiplier: 0.5, starting_at_offset: { unit: DAYS, value: 0 } }]
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §9, §17 Q18",
        "a month after 31 January is 28 February, a month after that 28 March",
        customer="package-offsets",
        contract='{ package: From the second month, starting_at: "2025-01-31T00:00:00Z" }',
        events="""
| time                | type | units |
|---------------------|------|-------|
| 2025-02-27 23:59:59 | use  | 10    |
| 2025-02-28          | use  | 20    |
""",
        # Ten days and three weeks after 31 January: 10 and 21 February.
        lines="""
| product    | type      | from       | to         | quantity | unit price | total |
|------------|-----------|------------|------------|----------|------------|-------|
| Calls      | usage     | 2025-02-01 | 2025-02-28 | 10       | 10         | 100   |
| Calls      | usage     | 2025-02-28 | 2025-03-01 | 20       | 5          | 100   |
| Activation | scheduled | 2025-02-10 |            | 1        | 100        | 100   |
| Activation | scheduled | 2025-02-28 |            | 2        | 5          | 10    |
| Activation | scheduled | 2025-02-21 |            | 1        | 300        | 300   |
""",
        periods=("2025-02",),
    ),
    PricingExample(
        "rating.md §9, §17 Q18",
        "the duration of a term is counted from the term's start: from 30 June to 30 July",
        customer="package-durations",
        contract='{ package: From the second month, starting_at: "2025-05-31T00:00:00Z" }',
        events="""
| time                | type | units |
|---------------------|------|-------|
| 2025-07-05          | use  | 1     |
| 2025-07-25          | use  | 2     |
| 2025-07-29 23:59:59 | use  | 3     |
| 2025-07-30          | use  | 4     |
""",
        # The list price changes on 20 July, and the multiplier follows it.
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Calls   | 2025-07-01 | 2025-07-20 | 1        | 5          | 5     |
| Calls   | 2025-07-20 | 2025-07-30 | 5        | 15         | 75    |
| Calls   | 2025-07-30 | 2025-08-01 | 4        | 30         | 120   |
""",
    ),
    PricingExample(
        "rating.md §9, §17 Q18",
        "five months from 31 January end with 29 June; the package's payment terms are the contract's",
        customer="package-end",
        contract='{ package: Five months, starting_at: "2025-01-31T00:00:00Z" }',
        events="""
| time                | type | units |
|---------------------|------|-------|
| 2025-06-29 23:59:59 | use  | 1     |
| 2025-06-30          | use  | 2     |
| 2025-07-05          | use  | 4     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Calls   | 2025-06-01 | 2025-06-30 | 1        | 10         | 10    |
""",
        invoices="""
| type  | from       | to         | terms | total |
|-------|------------|------------|-------|-------|
| USAGE | 2025-06-01 | 2025-06-30 | 14    | 10    |
""",
        periods=("2025-06", "2025-07"),
    ),
    PricingExample(
        "rating.md §9, §12",
        "subscriptions of a package begin and end with the contract, or as many months later",
        customer="package-subscriptions",
        contract='{ package: Lines for half a year, starting_at: "2025-01-31T00:00:00Z" }',
        events="",
        # From 31 January: the first one for half a year to 31 July, the second one from 30 June on.
        lines="""
| run     | product | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|---------|--------------|------------------|------------|------------|----------|------------|-------|
| 2025-06 | Calls   | usage        | until 2025-06-30 | 2025-05-31 | 2025-06-30 | 0        | 10         | 0     |
| 2025-06 | Lines   | subscription | until 2025-06-30 | 2025-06-30 | 2025-07-31 | 2        | 3100       | 6200  |
| 2025-07 | Calls   | usage        | until 2025-07-31 | 2025-06-30 | 2025-07-31 | 0        | 10         | 0     |
| 2025-07 | Lines   | subscription | until 2025-07-31 | 2025-06-30 | 2025-07-31 | 1        | 3100       | 3100  |
""",
        periods=("2025-06", "2025-07"),
    ),
    PricingExample(
        "rating.md §9, §10.7",
        "recurring charges begin at the offset and recur for the duration, here on the usage invoices they end",
        customer="package-recurring",
        contract='{ package: Instalments, starting_at: "2025-05-01T00:00:00Z" }',
        events="",
        # 100 on 1 June, July and August: 33, 33, 34; the discount on 1 July.
        lines="""
| run     | product    | type      | invoice          | from       | to         | quantity | unit price | total |
|---------|------------|-----------|------------------|------------|------------|----------|------------|-------|
| 2025-05 | Calls      | usage     | until 2025-06-01 | 2025-05-01 | 2025-06-01 | 0        | 10         | 0     |
| 2025-05 | Activation | scheduled | until 2025-06-01 | 2025-06-01 |            | 1        | 33         | 33    |
| 2025-06 | Calls      | usage     | until 2025-07-01 | 2025-06-01 | 2025-07-01 | 0        | 10         | 0     |
| 2025-06 | Activation | scheduled | until 2025-07-01 | 2025-07-01 |            | 1        | 33         | 33    |
| 2025-06 | Activation | scheduled | until 2025-07-01 | 2025-07-01 |            | 1        | -7         | -7    |
""",
        periods=("2025-05", "2025-06"),
    ),
    PricingExample(
        "rating.md §9",
        "an alias means the package that has it when the contract starts",
        customer="package-alias-before",
        contract='{ package_alias: entry, starting_at: "2025-06-30T23:00:00Z" }',
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 1     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Calls   | 2025-07-01 | 2025-07-20 | 1        | 10         | 10    |
| Calls   | 2025-07-20 | 2025-08-01 | 0        | 30         | 0     |
""",
    ),
    PricingExample(
        "rating.md §9",
        "an hour later it means another",
        customer="package-alias-after",
        contract='{ package_alias: entry, starting_at: "2025-07-01T00:00:00Z" }',
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 1     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Calls   | 2025-07-01 | 2025-07-20 | 1        | 5          | 5     |
| Calls   | 2025-07-20 | 2025-08-01 | 0        | 15         | 0     |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
