"""Edits: the contract is billed as if it had been written so."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Reads, type: USAGE, billable_metric: use }
  - { name: Readers, type: SUBSCRIPTION }
  - { name: Consulting, type: FIXED }

rate_cards:
  - name: reads
    rates:
      - { product: Reads, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 100 }
  - name: readers
    rates:
      - { product: Readers, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 3100, billing_frequency: MONTHLY }
"""

READS = """
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 1     |
| 2025-07-20 | use  | 2     |
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §9",
        "an override is added, and counts as added last",
        customer="edit-add-override",
        contract="""
name: adds an override
rate_card: reads
overrides:
  - { starting_at: "2025-01-01T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 90 },
      product: Reads }
""",
        catalog="""
contract_edits:
  - contract: adds an override
    add_overrides:
      - { starting_at: "2025-07-15T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 95 },
          product: Reads }
""",
        events=READS,
        lines="""
| product | from       | to         | quantity | unit price | total | reason               |
|---------|------------|------------|----------|------------|-------|----------------------|
| Reads   | 2025-07-01 | 2025-07-15 | 1        | 90         | 90    | only override        |
| Reads   | 2025-07-15 | 2025-08-01 | 2        | 95         | 190   | last added overwrite |
""",
    ),
    PricingExample(
        "rating.md §9",
        "a removed override was never there; edits are made in the order of the file",
        customer="edit-remove-override",
        contract="""
name: removes an override
rate_card: reads
overrides:
  - { id: edit-launch, starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.1 }
""",
        catalog="""
contract_edits:
  - contract: removes an override
    remove_overrides: [{ id: edit-launch }]
    add_overrides: [{ id: edit-sale, starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.2 }]
  - contract: removes an override
    remove_overrides: [{ id: edit-sale }]
    add_overrides: [{ starting_at: "2025-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.9 }]
""",
        events=READS,
        lines="""
| product | quantity | unit price | total | multiplier | reason        |
|---------|----------|------------|-------|------------|---------------|
| Reads   | 3        | 90         | 270   | 0.9        | only override |
""",
    ),
    PricingExample(
        "rating.md §9, §12",
        "a subscription gets more seats, a rounding and an end",
        customer="edit-subscription",
        contract="""
name: changes its subscriptions
rate_card: readers
subscriptions:
  - { id: edit-readers, subscription_rate: { product: Readers, billing_frequency: MONTHLY },
      collection_schedule: ARREARS, initial_quantity: 3,
      quantity_updates: [{ starting_at: "2025-06-10T00:00:00Z", quantity: 4 }] }
""",
        catalog="""
contract_edits:
  - contract: changes its subscriptions
    update_subscriptions:
      - subscription_id: edit-readers
        quantity_updates: [{ starting_at: "2025-07-17T00:00:00Z", quantity_delta: 2 }]
        proration_rounding: { rounding_method: CEILING, decimal_places: -3 }
        ending_before: "2025-08-17T00:00:00Z"
    add_subscriptions:
      - { subscription_rate: { product: Readers, billing_frequency: MONTHLY }, collection_schedule: ARREARS,
          starting_at: "2025-08-01T00:00:00Z", initial_quantity: 10 }
""",
        events="",
        # 1500 of half a month are 2000; 1600 of 16 days in August, too.
        lines="""
| run     | product | type         | from       | to         | quantity | unit price | total |
|---------|---------|--------------|------------|------------|----------|------------|-------|
| 2025-07 | Readers | subscription | 2025-07-01 | 2025-08-01 | 4        | 3100       | 12400 |
| 2025-07 | Readers | subscription | 2025-07-17 | 2025-08-01 | 2        | 2000       | 4000  |
| 2025-08 | Readers | subscription | 2025-08-01 | 2025-08-17 | 6        | 2000       | 12000 |
| 2025-08 | Readers | subscription | 2025-08-01 | 2025-09-01 | 10       | 3100       | 31000 |
""",
        periods=("2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §9",
        "charges are added, archived, moved and changed; a discount is added; the payment terms are others",
        customer="edit-charges",
        contract="""
name: changes its charges
rate_card: readers
net_payment_terms_days: 30
scheduled_charges:
  - { id: edit-archived, product: Consulting,
      schedule: { schedule_items: [{ timestamp: "2025-07-02T00:00:00Z", amount: 1 }] } }
  - id: edit-changed
    product: Consulting
    schedule:
      schedule_items:
        - { id: edit-stays, timestamp: "2025-07-03T00:00:00Z", amount: 10 }
        - { id: edit-moves, timestamp: "2025-07-04T00:00:00Z", amount: 20 }
        - { id: edit-goes, timestamp: "2025-07-05T00:00:00Z", amount: 40 }
""",
        catalog="""
contract_edits:
  - contract: changes its charges
    archive_scheduled_charges: [{ id: edit-archived }]
    add_scheduled_charges:
      - { product: Consulting, schedule: { schedule_items: [{ timestamp: "2025-07-06T00:00:00Z", amount: 80 }] } }
    update_scheduled_charges:
      - scheduled_charge_id: edit-changed
        invoice_schedule:
          add_schedule_items: [{ timestamp: "2025-07-07T00:00:00Z", unit_price: 80, quantity: 2 }]
          update_schedule_items: [{ id: edit-moves, timestamp: "2025-07-08T00:00:00Z", amount: 25 }]
          remove_schedule_items: [{ id: edit-goes }]
    add_discounts:
      - { product: Consulting, schedule: { schedule_items: [{ timestamp: "2025-07-08T00:00:00Z", amount: 5 }] } }
    update_net_payment_terms_days: 45
""",
        events="",
        lines="""
| product    | type      | from       | to | quantity | unit price | total |
|------------|-----------|------------|----|----------|------------|-------|
| Consulting | scheduled | 2025-07-03 |    | 1        | 10         | 10    |
| Consulting | scheduled | 2025-07-06 |    | 1        | 80         | 80    |
| Consulting | scheduled | 2025-07-07 |    | 2        | 80         | 160   |
| Consulting | scheduled | 2025-07-08 |    | 1        | 25         | 25    |
| Consulting | scheduled | 2025-07-08 |    | 1        | -5         | -5    |
""",
        invoices="""
| type      | issued     | terms | total |
|-----------|------------|-------|-------|
| SCHEDULED | 2025-07-03 | 45    | 10    |
| SCHEDULED | 2025-07-06 | 45    | 80    |
| SCHEDULED | 2025-07-07 | 45    | 160   |
| SCHEDULED | 2025-07-08 | 45    | 20    |
| USAGE     | 2025-08-02 | 45    | 0     |
""",
    ),
    PricingExample(
        "rating.md §9 (end date)",
        "an earlier end cuts usage, subscriptions and what was to be charged from then on",
        customer="edit-ends-earlier",
        contract="""
- id: early-usage
  name: early-usage
  rate_card: reads
  ending_before: "2026-01-01T00:00:00Z"
  scheduled_charges:
    - product: Consulting
      schedule:
        schedule_items:
          - { timestamp: "2025-07-16T00:00:00Z", amount: 1 }
          - { timestamp: "2025-07-17T00:00:00Z", amount: 2 }
          - { timestamp: "2025-07-18T00:00:00Z", amount: 4 }
- id: early-seats
  name: early-seats
  rate_card: readers
  ending_before: "2026-01-01T00:00:00Z"
  subscriptions:
    - { subscription_rate: { product: Readers, billing_frequency: MONTHLY }, collection_schedule: ADVANCE }
    - { subscription_rate: { product: Readers, billing_frequency: MONTHLY }, collection_schedule: ARREARS,
        initial_quantity: 2 }
""",
        catalog="""
contract_edits:
  - { contract: early-usage, update_contract_end_date: "2025-07-17T00:00:00Z" }
  - { contract: early-seats, update_contract_end_date: "2025-07-17T00:00:00Z" }
""",
        events=READS,
        # 16 of 31 days: in advance in June's run, which knows the end; in arrears in July's.
        lines="""
| product    | contract    | type         | invoice          | from       | to         | quantity | unit price | total |
|------------|-------------|--------------|------------------|------------|------------|----------|------------|-------|
| Reads      | early-usage | usage        | until 2025-07-01 | 2025-06-01 | 2025-07-01 | 0        | 100        | 0     |
| Readers    | early-seats | subscription | until 2025-07-01 | 2025-07-01 | 2025-07-17 | 1        | 1600       | 1600  |
| Readers    | early-seats | subscription | until 2025-07-01 | 2025-06-01 | 2025-07-01 | 2        | 3100       | 6200  |
| Reads      | early-usage | usage        | until 2025-07-17 | 2025-07-01 | 2025-07-17 | 1        | 100        | 100   |
| Consulting | early-usage | scheduled    | on 2025-07-16    | 2025-07-16 |            | 1        | 1          | 1     |
| Readers    | early-seats | subscription | until 2025-07-17 | 2025-07-01 | 2025-07-17 | 2        | 1600       | 3200  |
""",
        periods=("2025-06", "2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §9 (end date)",
        "a later end lets usage go on, and leaves subscriptions and charges as they were",
        customer="edit-ends-later",
        contract="""
- id: later-usage
  name: later-usage
  rate_card: reads
  ending_before: "2025-07-17T00:00:00Z"
  scheduled_charges:
    - product: Consulting
      schedule:
        recurring_schedule:
          { starting_at: "2025-06-10T00:00:00Z", ending_before: "2025-07-17T00:00:00Z", frequency: MONTHLY,
            amount_distribution: EACH, amount: 5 }
- id: later-seats
  name: later-seats
  rate_card: readers
  ending_before: "2025-07-17T00:00:00Z"
  subscriptions:
    - { subscription_rate: { product: Readers, billing_frequency: MONTHLY }, collection_schedule: ARREARS }
    - { subscription_rate: { product: Readers, billing_frequency: MONTHLY }, collection_schedule: ARREARS,
        initial_quantity: 2, ending_before: "2025-08-01T00:00:00Z" }
""",
        catalog="""
contract_edits:
  - { contract: later-usage, update_contract_end_date: "2025-09-01T00:00:00Z" }
  - { contract: later-seats, update_contract_end_date: "2025-09-01T00:00:00Z" }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-20 | use  | 2     |
| 2025-08-20 | use  | 3     |
""",
        # Without an end of its own a subscription keeps the contract's former one; with one it lasts until then.
        lines="""
| product    | contract    | type         | invoice          | from       | to         | quantity | unit price | total |
|------------|-------------|--------------|------------------|------------|------------|----------|------------|-------|
| Reads      | later-usage | usage        | until 2025-08-01 | 2025-07-01 | 2025-08-01 | 2        | 100        | 200   |
| Consulting | later-usage | scheduled    | on 2025-07-10    | 2025-07-10 |            | 1        | 5          | 5     |
| Readers    | later-seats | subscription | until 2025-08-01 | 2025-07-01 | 2025-07-17 | 1        | 1600       | 1600  |
| Readers    | later-seats | subscription | until 2025-08-01 | 2025-07-01 | 2025-08-01 | 2        | 3100       | 6200  |
| Reads      | later-usage | usage        | until 2025-09-01 | 2025-08-01 | 2025-09-01 | 3        | 100        | 300   |
""",
        periods=("2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §9 (end date)",
        "of two new ends the one that was set last holds",
        customer="edit-ends-twice",
        contract="""
name: ends twice
rate_card: reads
""",
        catalog="""
contract_edits:
  - { contract: ends twice, update_contract_end_date: "2025-07-17T00:00:00Z" }
  - { contract: ends twice, update_contract_end_date: "2025-07-25T00:00:00Z" }
""",
        events=READS,
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Reads   | 2025-07-01 | 2025-07-25 | 3        | 100        | 300   |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
