"""Scheduled charges and discounts: amounts at given times, and the invoices they are on."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Platform fee, type: FIXED }
  - { name: Rebate, type: FIXED }
  - name: Setup
    type: FIXED
    updates: [{ starting_at: "2025-07-15T00:00:00Z", name: Installation }]
  - { name: Messages, type: USAGE, billable_metric: use }
  - { name: Platform seats, type: SUBSCRIPTION }

rate_cards:
  - name: messages
    rates:
      - { product: Messages, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: seats of a platform
    rates:
      - { product: Platform seats, starting_at: "2024-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 500, billing_frequency: MONTHLY }
"""

#: A contract without usage, whose usage invoices have no lines.
NO_USAGE = 'overrides: [{ starting_at: "2024-01-01T00:00:00Z", entitled: false, product: Messages }]'

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §15 T-22",
        "a quarterly fee of 1,000 dollars each from November to November: four charges, each on its own invoice",
        customer="t22",
        contract=f"""
rate_card: messages
starting_at: "2024-11-01T00:00:00Z"
ending_before: "2025-11-01T00:00:00Z"
{NO_USAGE}
scheduled_charges:
  - product: Platform fee
    schedule:
      recurring_schedule:
        starting_at: "2024-11-01T00:00:00Z"
        ending_before: "2025-11-01T00:00:00Z"
        frequency: QUARTERLY
        amount_distribution: EACH
        amount: 100000
""",
        events="",
        lines="""
| run     | product      | type      | invoice       | from       | to | quantity | unit price | total  |
|---------|--------------|-----------|---------------|------------|----|----------|------------|--------|
| 2024-11 | Platform fee | scheduled | on 2024-11-01 | 2024-11-01 |    | 1        | 100000     | 100000 |
| 2025-02 | Platform fee | scheduled | on 2025-02-01 | 2025-02-01 |    | 1        | 100000     | 100000 |
| 2025-05 | Platform fee | scheduled | on 2025-05-01 | 2025-05-01 |    | 1        | 100000     | 100000 |
| 2025-08 | Platform fee | scheduled | on 2025-08-01 | 2025-08-01 |    | 1        | 100000     | 100000 |
""",
        periods=("2024-11", "2025-02", "2025-05", "2025-06", "2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §15 T-22, §10.7",
        "with ALL the fee of 1 August is on July's usage invoice; that of the contract's start has none to be on",
        customer="t22-all",
        contract="""
rate_card: messages
starting_at: "2024-11-01T00:00:00Z"
ending_before: "2025-11-01T00:00:00Z"
scheduled_charges_on_usage_invoices: ALL
scheduled_charges:
  - product: Platform fee
    schedule:
      recurring_schedule:
        starting_at: "2024-11-01T00:00:00Z"
        ending_before: "2025-11-01T00:00:00Z"
        frequency: QUARTERLY
        amount_distribution: EACH
        amount: 100000
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 20    |
""",
        lines="""
| run     | product      | type      | invoice          | from       | to         | quantity | unit price | total  |
|---------|--------------|-----------|------------------|------------|------------|----------|------------|--------|
| 2024-11 | Platform fee | scheduled | on 2024-11-01    | 2024-11-01 |            | 1        | 100000     | 100000 |
| 2024-11 | Messages     | usage     | until 2024-12-01 | 2024-11-01 | 2024-12-01 | 0        | 10         | 0      |
| 2025-07 | Messages     | usage     | until 2025-08-01 | 2025-07-01 | 2025-08-01 | 20       | 10         | 200    |
| 2025-07 | Platform fee | scheduled | until 2025-08-01 | 2025-08-01 |            | 1        | 100000     | 100000 |
| 2025-08 | Messages     | usage     | until 2025-09-01 | 2025-08-01 | 2025-09-01 | 0        | 10         | 0      |
""",
        invoices="""
| run     | type      | from       | to         | total  |
|---------|-----------|------------|------------|--------|
| 2024-11 | SCHEDULED |            |            | 100000 |
| 2024-11 | USAGE     | 2024-11-01 | 2024-12-01 | 0      |
| 2025-07 | USAGE     | 2025-07-01 | 2025-08-01 | 100200 |
| 2025-08 | USAGE     | 2025-08-01 | 2025-09-01 | 0      |
""",
        periods=("2024-11", "2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §10.7",
        "with ALL a charge in mid-month has an invoice of its own, and one at the end of the last day none",
        customer="charge-all-mid-month",
        contract=f"""
rate_card: messages
ending_before: "2025-07-20T00:00:00Z"
scheduled_charges_on_usage_invoices: ALL
{NO_USAGE}
scheduled_charges:
  - product: Platform fee
    schedule:
      schedule_items:
        - {{ timestamp: "2025-07-15T00:00:00Z", amount: 100 }}
        - {{ timestamp: "2025-07-20T00:00:00Z", amount: 200 }}
""",
        events="",
        lines="""
| product      | type      | invoice          | from       | to | quantity | unit price | total |
|--------------|-----------|------------------|------------|----|----------|------------|-------|
| Platform fee | scheduled | on 2025-07-15    | 2025-07-15 |    | 1        | 100        | 100   |
| Platform fee | scheduled | until 2025-07-20 | 2025-07-20 |    | 1        | 200        | 200   |
""",
    ),
    PricingExample(
        "rating.md §10.7",
        "an amount, or a price and a quantity, at any time of day; charges of one instant share an invoice",
        customer="charge-items",
        contract=f"""
rate_card: messages
{NO_USAGE}
scheduled_charges:
  - name: Workshop
    product: Platform fee
    schedule:
      schedule_items:
        - {{ timestamp: "2025-07-09T13:30:00Z", unit_price: 250.5, quantity: 4 }}
        - {{ timestamp: "2025-07-10T00:00:00Z", amount: 70 }}
  - name: Travel
    product: Platform fee
    schedule:
      schedule_items:
        - {{ timestamp: "2025-07-09T13:30:00Z", unit_price: 99 }}
        - {{ timestamp: "2025-07-10T00:00:00Z", amount: 0 }}
""",
        events="",
        lines="""
| product      | name     | type      | invoice             | from             | to | quantity | unit price | total |
|--------------|----------|-----------|---------------------|------------------|----|----------|------------|-------|
| Platform fee | Workshop | scheduled | on 2025-07-09 13:30 | 2025-07-09 13:30 |    | 4        | 250.5      | 1002  |
| Platform fee | Travel   | scheduled | on 2025-07-09 13:30 | 2025-07-09 13:30 |    | 1        | 99         | 99    |
| Platform fee | Workshop | scheduled | on 2025-07-10       | 2025-07-10       |    | 1        | 70         | 70    |
| Platform fee | Travel   | scheduled | on 2025-07-10       | 2025-07-10       |    | 1        | 0          | 0     |
""",
        invoices="""
| type      | issued           | total |
|-----------|------------------|-------|
| SCHEDULED | 2025-07-09 13:30 | 1101  |
| SCHEDULED | 2025-07-10       | 70    |
| USAGE     | 2025-08-02       | 0     |
""",
    ),
    PricingExample(
        "rating.md §10.7",
        "a discount is a charge below zero, on the same invoice",
        customer="charge-discount",
        contract=f"""
rate_card: messages
{NO_USAGE}
scheduled_charges:
  - product: Platform fee
    schedule: {{ schedule_items: [{{ timestamp: "2025-07-10T00:00:00Z", amount: 1000 }}] }}
discounts:
  - name: Welcome
    product: Rebate
    schedule:
      schedule_items:
        - {{ timestamp: "2025-07-10T00:00:00Z", unit_price: 50, quantity: 3 }}
        - {{ timestamp: "2025-07-11T00:00:00Z", amount: 25 }}
""",
        events="",
        lines="""
| name         | type      | invoice       | from       | to | quantity | unit price | total |
|--------------|-----------|---------------|------------|----|----------|------------|-------|
| Platform fee | scheduled | on 2025-07-10 | 2025-07-10 |    | 1        | 1000       | 1000  |
| Welcome      | scheduled | on 2025-07-10 | 2025-07-10 |    | 3        | -50        | -150  |
| Welcome      | scheduled | on 2025-07-11 | 2025-07-11 |    | 1        | -25        | -25   |
""",
        invoices="""
| type      | issued     | total |
|-----------|------------|-------|
| SCHEDULED | 2025-07-10 | 850   |
| SCHEDULED | 2025-07-11 | -25   |
| USAGE     | 2025-08-02 | 0     |
""",
    ),
    PricingExample(
        "rating.md §10.7",
        "each: a price and a quantity every month; the end is exclusive",
        customer="charge-each",
        contract=f"""
rate_card: messages
{NO_USAGE}
scheduled_charges:
  - product: Platform fee
    schedule:
      recurring_schedule:
        starting_at: "2025-05-31T00:00:00Z"
        ending_before: "2025-07-31T00:00:00Z"
        frequency: MONTHLY
        amount_distribution: EACH
        unit_price: 25
        quantity: 4
""",
        events="",
        # From the 31st: 31 May, 30 June; 31 July is not before the end.
        lines="""
| run     | product      | type      | from       | to | quantity | unit price | total |
|---------|--------------|-----------|------------|----|----------|------------|-------|
| 2025-05 | Platform fee | scheduled | 2025-05-31 |    | 4        | 25         | 100   |
| 2025-06 | Platform fee | scheduled | 2025-06-30 |    | 4        | 25         | 100   |
""",
        periods=("2025-05", "2025-06", "2025-07"),
    ),
    PricingExample(
        "rating.md §10.7, §17 Q20",
        "divided: 1,000 in three shares that add up to it exactly",
        customer="charge-divided",
        contract=f"""
rate_card: messages
{NO_USAGE}
scheduled_charges:
  - product: Platform fee
    schedule:
      recurring_schedule:
        starting_at: "2025-05-01T00:00:00Z"
        ending_before: "2025-08-01T00:00:00Z"
        frequency: MONTHLY
        amount_distribution: DIVIDED
        amount: 1000
""",
        events="",
        # To 18 places 1/3 is ...333, 2/3 is ...667 and 3/3 is 1000: each share is the difference to the one before.
        lines="""
| run     | product      | type      | from       | to | quantity | unit price             | total                  |
|---------|--------------|-----------|------------|----|----------|------------------------|------------------------|
| 2025-05 | Platform fee | scheduled | 2025-05-01 |    | 1        | 333.333333333333333333 | 333.333333333333333333 |
| 2025-06 | Platform fee | scheduled | 2025-06-01 |    | 1        | 333.333333333333333334 | 333.333333333333333334 |
| 2025-07 | Platform fee | scheduled | 2025-07-01 |    | 1        | 333.333333333333333333 | 333.333333333333333333 |
""",
        periods=("2025-05", "2025-06", "2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §10.7, §17 Q20",
        "divided and rounded: whole units, and the last share has the rest; also of a price and a quantity",
        customer="charge-divided-rounded",
        contract=f"""
rate_card: messages
{NO_USAGE}
scheduled_charges:
  - name: Of 1000
    product: Platform fee
    schedule:
      recurring_schedule:
        starting_at: "2025-05-01T00:00:00Z"
        ending_before: "2025-08-01T00:00:00Z"
        frequency: MONTHLY
        amount_distribution: DIVIDED_ROUNDED
        amount: 1000
  - name: Of 32.5
    product: Platform fee
    schedule:
      recurring_schedule:
        starting_at: "2025-05-01T00:00:00Z"
        ending_before: "2025-08-01T00:00:00Z"
        frequency: MONTHLY
        amount_distribution: DIVIDED_ROUNDED
        unit_price: 6.5
        quantity: 5
""",
        events="",
        # 333, 333 and 334; 10, 10 and 32.5 - 20.
        lines="""
| run     | name    | type      | from       | to | quantity | unit price | total |
|---------|---------|-----------|------------|----|----------|------------|-------|
| 2025-05 | Of 1000 | scheduled | 2025-05-01 |    | 1        | 333        | 333   |
| 2025-05 | Of 32.5 | scheduled | 2025-05-01 |    | 1        | 10         | 10    |
| 2025-06 | Of 1000 | scheduled | 2025-06-01 |    | 1        | 333        | 333   |
| 2025-06 | Of 32.5 | scheduled | 2025-06-01 |    | 1        | 10         | 10    |
| 2025-07 | Of 1000 | scheduled | 2025-07-01 |    | 1        | 334        | 334   |
| 2025-07 | Of 32.5 | scheduled | 2025-07-01 |    | 1        | 12.5       | 12.5  |
""",
        periods=("2025-05", "2025-06", "2025-07"),
    ),
    PricingExample(
        "rating.md §10.7",
        "half a year and a year; the discount of a year in two shares",
        customer="charge-frequencies",
        contract=f"""
rate_card: messages
{NO_USAGE}
scheduled_charges:
  - name: Half-yearly
    product: Platform fee
    schedule:
      recurring_schedule:
        starting_at: "2025-02-01T00:00:00Z"
        ending_before: "2026-02-01T00:00:00Z"
        frequency: SEMI_ANNUAL
        amount_distribution: EACH
        amount: 600
  - name: Yearly
    product: Platform fee
    schedule:
      recurring_schedule:
        starting_at: "2024-08-01T00:00:00Z"
        ending_before: "2026-02-01T00:00:00Z"
        frequency: ANNUAL
        amount_distribution: EACH
        amount: 1000
discounts:
  - name: Rebate of the year
    product: Rebate
    schedule:
      recurring_schedule:
        starting_at: "2025-02-01T00:00:00Z"
        ending_before: "2026-02-01T00:00:00Z"
        frequency: SEMI_ANNUAL
        amount_distribution: DIVIDED
        amount: 75
""",
        events="",
        lines="""
| run     | name               | type      | from       | to | quantity | unit price | total |
|---------|--------------------|-----------|------------|----|----------|------------|-------|
| 2025-02 | Half-yearly        | scheduled | 2025-02-01 |    | 1        | 600        | 600   |
| 2025-02 | Rebate of the year | scheduled | 2025-02-01 |    | 1        | -37.5      | -37.5 |
| 2025-08 | Half-yearly        | scheduled | 2025-08-01 |    | 1        | 600        | 600   |
| 2025-08 | Yearly             | scheduled | 2025-08-01 |    | 1        | 1000       | 1000  |
| 2025-08 | Rebate of the year | scheduled | 2025-08-01 |    | 1        | -37.5      | -37.5 |
""",
        periods=("2025-02", "2025-05", "2025-08"),
    ),
    PricingExample(
        "rating.md §6",
        "what is not to be invoiced makes no line and no invoice",
        customer="charge-not-invoiced",
        contract=f"""
rate_card: messages
{NO_USAGE}
scheduled_charges:
  - product: Platform fee
    schedule:
      do_not_invoice: true
      schedule_items: [{{ timestamp: "2025-07-10T00:00:00Z", amount: 1000 }}]
""",
        events="",
        lines="",
        invoices="""
| type  | total |
|-------|-------|
| USAGE | 0     |
""",
    ),
    PricingExample(
        "rating.md §1.2",
        "a charge without a name has that of its product on the day",
        customer="charge-name",
        contract=f"""
rate_card: messages
{NO_USAGE}
scheduled_charges:
  - product: Setup
    schedule:
      schedule_items:
        - {{ timestamp: "2025-07-14T23:59:59Z", amount: 1 }}
        - {{ timestamp: "2025-07-15T00:00:00Z", amount: 2 }}
""",
        events="",
        lines="""
| product      | name         | type      | from                | to | quantity | unit price | total |
|--------------|--------------|-----------|---------------------|----|----------|------------|-------|
| Setup        | Setup        | scheduled | 2025-07-14 23:59:59 |    | 1        | 1          | 1     |
| Installation | Installation | scheduled | 2025-07-15          |    | 1        | 2          | 2     |
""",
    ),
    PricingExample(
        "rating.md §10.7, §12",
        "subscriptions on scheduled invoices share them with the charges of their instant",
        customer="charge-and-subscription",
        contract="""
rate_card: seats of a platform
subscriptions:
  - subscription_rate: { product: Platform seats, billing_frequency: MONTHLY }
    collection_schedule: ADVANCE
    initial_quantity: 2
    billing_cycle_config: { invoice_placement: ON_SCHEDULED_INVOICE }
scheduled_charges:
  - { product: Platform fee, schedule: { schedule_items: [{ timestamp: "2025-07-01T00:00:00Z", amount: 300 }] } }
""",
        events="",
        lines="""
| product        | type         | invoice       | from       | to         | quantity | unit price | total |
|----------------|--------------|---------------|------------|------------|----------|------------|-------|
| Platform seats | subscription | on 2025-07-01 | 2025-07-01 | 2025-08-01 | 2        | 500        | 1000  |
| Platform fee   | scheduled    | on 2025-07-01 | 2025-07-01 |            | 1        | 300        | 300   |
""",
        invoices="""
| type      | issued     | total |
|-----------|------------|-------|
| SCHEDULED | 2025-07-01 | 1300  |
| USAGE     | 2025-08-02 | 0     |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
