"""Subscriptions: when they are billed, for what, and on which invoice."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Seats, type: SUBSCRIPTION }
  - name: Desks
    type: SUBSCRIPTION
    updates:
      - { starting_at: "2025-07-15T00:00:00Z", name: Tables }
      - { starting_at: "2025-08-01T00:00:00Z", name: Places to sit }

rate_cards:
  - name: seats
    rates:
      - { product: Seats, starting_at: "2024-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 3100, billing_frequency: MONTHLY }
      - { product: Desks, starting_at: "2024-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 100, billing_frequency: MONTHLY }
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §12",
        "in advance: the first month when the contract starts, each next one on the invoice that ends when it begins",
        customer="subscription-advance",
        contract="""
rate_card: seats
starting_at: "2025-07-01T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: Seats, billing_frequency: MONTHLY }, collection_schedule: ADVANCE,
      initial_quantity: 3 }
""",
        events="",
        lines="""
| product | type         | invoice          | from       | to         | prorated | quantity | unit price | total |
|---------|--------------|------------------|------------|------------|----------|----------|------------|-------|
| Seats   | subscription | on 2025-07-01    | 2025-07-01 | 2025-08-01 | no       | 3        | 3100       | 9300  |
| Seats   | subscription | until 2025-08-01 | 2025-08-01 | 2025-09-01 | no       | 3        | 3100       | 9300  |
""",
        invoices="""
| type      | from       | to         | issued     | total |
|-----------|------------|------------|------------|-------|
| SCHEDULED |            |            | 2025-07-01 | 9300  |
| USAGE     | 2025-07-01 | 2025-08-01 | 2025-08-02 | 9300  |
""",
    ),
    PricingExample(
        "rating.md §12",
        "in arrears: each month on the invoice of its end",
        customer="subscription-arrears",
        contract="""
rate_card: seats
starting_at: "2025-07-01T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: Seats, billing_frequency: MONTHLY }, collection_schedule: ARREARS,
      initial_quantity: 3 }
""",
        events="",
        lines="""
| product | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|--------------|------------------|------------|------------|----------|------------|-------|
| Seats   | subscription | until 2025-08-01 | 2025-07-01 | 2025-08-01 | 3        | 3100       | 9300  |
""",
    ),
    PricingExample(
        "rating.md §12, §17 Q17",
        "a contract from 17 July: 15 of 31 days of 31 dollars, then whole months",
        customer="subscription-first",
        contract="""
rate_card: seats
starting_at: "2025-07-17T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: Seats, billing_frequency: MONTHLY }, collection_schedule: ADVANCE }
  - { subscription_rate: { product: Seats, billing_frequency: MONTHLY }, collection_schedule: ARREARS,
      initial_quantity: 2 }
""",
        events="",
        lines="""
| product | type         | invoice          | from       | to         | prorated | quantity | unit price | total |
|---------|--------------|------------------|------------|------------|----------|----------|------------|-------|
| Seats   | subscription | on 2025-07-17    | 2025-07-17 | 2025-08-01 | yes      | 1        | 1500       | 1500  |
| Seats   | subscription | until 2025-08-01 | 2025-08-01 | 2025-09-01 | no       | 1        | 3100       | 3100  |
| Seats   | subscription | until 2025-08-01 | 2025-07-17 | 2025-08-01 | yes      | 2        | 1500       | 3000  |
""",
    ),
    PricingExample(
        "rating.md §12",
        "without proration a part of a month costs all of it",
        customer="subscription-whole",
        contract="""
rate_card: seats
starting_at: "2025-07-17T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: Seats, billing_frequency: MONTHLY }, collection_schedule: ARREARS,
      proration: { is_prorated: false } }
""",
        events="",
        lines="""
| product | type         | from       | to         | prorated | quantity | unit price | total |
|---------|--------------|------------|------------|----------|----------|------------|-------|
| Seats   | subscription | 2025-07-17 | 2025-08-01 | no       | 1        | 3100       | 3100  |
""",
    ),
    PricingExample(
        "rating.md §17 Q17",
        "time counts, not days: from noon of 16 July half a month is left",
        customer="subscription-noon",
        contract="""
rate_card: seats
starting_at: "2025-07-16T12:00:00Z"
subscriptions:
  - { subscription_rate: { product: Seats, billing_frequency: MONTHLY }, collection_schedule: ARREARS }
""",
        events="",
        # 15.5 of 31 days.
        lines="""
| product | type         | from             | to         | quantity | unit price | total |
|---------|--------------|------------------|------------|----------|------------|-------|
| Seats   | subscription | 2025-07-16 12:00 | 2025-08-01 | 1        | 1550       | 1550  |
""",
    ),
    PricingExample(
        "rating.md §12",
        "one that begins within a contract is on the usage invoice of that month, with the next month",
        customer="subscription-later",
        contract="""
rate_card: seats
subscriptions:
  - { subscription_rate: { product: Seats, billing_frequency: MONTHLY }, collection_schedule: ADVANCE,
      starting_at: "2025-07-17T00:00:00Z" }
""",
        events="",
        lines="""
| product | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|--------------|------------------|------------|------------|----------|------------|-------|
| Seats   | subscription | until 2025-08-01 | 2025-07-17 | 2025-08-01 | 1        | 1500       | 1500  |
| Seats   | subscription | until 2025-08-01 | 2025-08-01 | 2025-09-01 | 1        | 3100       | 3100  |
""",
    ),
    PricingExample(
        "rating.md §12",
        "one that ends on 17 July: in advance on June's invoice, in arrears on July's; 16 of 31 days",
        customer="subscription-ends",
        contract="""
rate_card: seats
subscriptions:
  - { subscription_rate: { product: Seats, billing_frequency: MONTHLY }, collection_schedule: ADVANCE,
      ending_before: "2025-07-17T00:00:00Z" }
  - { subscription_rate: { product: Seats, billing_frequency: MONTHLY }, collection_schedule: ARREARS,
      starting_at: "2025-07-01T00:00:00Z", ending_before: "2025-07-17T00:00:00Z", initial_quantity: 2 }
""",
        events="",
        lines="""
| run     | product | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|---------|--------------|------------------|------------|------------|----------|------------|-------|
| 2025-06 | Seats   | subscription | until 2025-07-01 | 2025-07-01 | 2025-07-17 | 1        | 1600       | 1600  |
| 2025-07 | Seats   | subscription | until 2025-08-01 | 2025-07-01 | 2025-07-17 | 2        | 1600       | 3200  |
""",
        periods=("2025-06", "2025-07"),
    ),
    PricingExample(
        "rating.md §12",
        "a contract that ends with July has no August in advance, and its last month in arrears",
        customer="subscription-last",
        contract="""
rate_card: seats
ending_before: "2025-08-01T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: Seats, billing_frequency: MONTHLY }, collection_schedule: ADVANCE }
  - { subscription_rate: { product: Seats, billing_frequency: MONTHLY }, collection_schedule: ARREARS,
      initial_quantity: 2 }
""",
        events="",
        lines="""
| run     | product | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|---------|--------------|------------------|------------|------------|----------|------------|-------|
| 2025-06 | Seats   | subscription | until 2025-07-01 | 2025-07-01 | 2025-08-01 | 1        | 3100       | 3100  |
| 2025-06 | Seats   | subscription | until 2025-07-01 | 2025-06-01 | 2025-07-01 | 2        | 3100       | 6200  |
| 2025-07 | Seats   | subscription | until 2025-08-01 | 2025-07-01 | 2025-08-01 | 2        | 3100       | 6200  |
""",
        invoices="""
| run     | type  | to         | total |
|---------|-------|------------|-------|
| 2025-06 | USAGE | 2025-07-01 | 9300  |
| 2025-07 | USAGE | 2025-08-01 | 6200  |
""",
        periods=("2025-06", "2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §12",
        "a contract that ends on 17 July has its last days in arrears on its last usage invoice",
        customer="subscription-cut",
        contract="""
rate_card: seats
ending_before: "2025-07-17T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: Seats, billing_frequency: MONTHLY }, collection_schedule: ARREARS }
""",
        events="",
        lines="""
| product | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|--------------|------------------|------------|------------|----------|------------|-------|
| Seats   | subscription | until 2025-07-17 | 2025-07-01 | 2025-07-17 | 1        | 1600       | 1600  |
""",
        invoices="""
| type  | from       | to         | total |
|-------|------------|------------|-------|
| USAGE | 2025-07-01 | 2025-07-17 | 1600  |
""",
    ),
    PricingExample(
        "rating.md §12",
        "placed on scheduled invoices, each month is on that of the day it falls due",
        customer="subscription-scheduled",
        contract="""
rate_card: seats
starting_at: "2025-06-15T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: Seats, billing_frequency: MONTHLY }, collection_schedule: ADVANCE,
      billing_cycle_config: { invoice_placement: ON_SCHEDULED_INVOICE } }
""",
        events="",
        # In June 16 of 30 days: 3100 x 16 / 30 = 1653.3333...
        lines="""
| product | type         | invoice       | from       | to         | quantity | unit price        | total             |
|---------|--------------|---------------|------------|------------|----------|-------------------|-------------------|
| Seats   | subscription | on 2025-06-15 | 2025-06-15 | 2025-07-01 | 1        | 1653.333333333333 | 1653.333333333333 |
| Seats   | subscription | on 2025-07-01 | 2025-07-01 | 2025-08-01 | 1        | 3100              | 3100              |
| Seats   | subscription | on 2025-08-01 | 2025-08-01 | 2025-09-01 | 1        | 3100              | 3100              |
""",
        periods=("2025-06", "2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §1.2",
        "a line has the name of the day it falls due",
        customer="subscription-name",
        contract="""
rate_card: seats
starting_at: "2025-07-17T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: Desks, billing_frequency: MONTHLY }, collection_schedule: ADVANCE,
      proration: { is_prorated: false } }
""",
        events="",
        # Due on 17 July and on 1 August.
        lines="""
| product       | type         | invoice          | from       | to         | quantity | unit price | total |
|---------------|--------------|------------------|------------|------------|----------|------------|-------|
| Tables        | subscription | on 2025-07-17    | 2025-07-17 | 2025-08-01 | 1        | 100        | 100   |
| Places to sit | subscription | until 2025-08-01 | 2025-08-01 | 2025-09-01 | 1        | 100        | 100   |
""",
    ),
    PricingExample(
        "rating.md §12",
        "in arrears on a scheduled invoice: on the day after the last one, in the next month's run",
        customer="subscription-after-the-end",
        contract="""
rate_card: seats
starting_at: "2025-07-01T00:00:00Z"
ending_before: "2025-08-01T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: Seats, billing_frequency: MONTHLY }, collection_schedule: ARREARS,
      billing_cycle_config: { invoice_placement: ON_SCHEDULED_INVOICE } }
""",
        events="",
        lines="""
| run     | product | type         | invoice       | from       | to         | quantity | unit price | total |
|---------|---------|--------------|---------------|------------|------------|----------|------------|-------|
| 2025-08 | Seats   | subscription | on 2025-08-01 | 2025-07-01 | 2025-08-01 | 1        | 3100       | 3100  |
""",
        invoices="""
| run     | type      | issued     | total |
|---------|-----------|------------|-------|
| 2025-07 | USAGE     | 2025-08-02 | 0     |
| 2025-08 | SCHEDULED | 2025-08-01 | 3100  |
""",
        periods=("2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §12",
        "a term is cut to the contract's, at both ends",
        customer="subscription-within",
        contract="""
rate_card: seats
starting_at: "2025-07-17T00:00:00Z"
ending_before: "2025-08-17T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: Seats, billing_frequency: MONTHLY }, collection_schedule: ARREARS,
      starting_at: "2025-06-01T00:00:00Z", ending_before: "2025-12-01T00:00:00Z" }
""",
        events="",
        # 15 and 16 of 31 days.
        lines="""
| run     | product | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|---------|--------------|------------------|------------|------------|----------|------------|-------|
| 2025-07 | Seats   | subscription | until 2025-08-01 | 2025-07-17 | 2025-08-01 | 1        | 1500       | 1500  |
| 2025-08 | Seats   | subscription | until 2025-08-17 | 2025-08-01 | 2025-08-17 | 1        | 1600       | 1600  |
""",
        periods=("2025-06", "2025-07", "2025-08"),
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
