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
