"""Quantities of subscriptions: increases within a period, decreases after it, seats by name."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Members, type: SUBSCRIPTION }

rate_cards:
  - name: members
    rates:
      - { product: Members, starting_at: "2024-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 3100, billing_frequency: MONTHLY }
      - { product: Members, starting_at: "2024-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 10000, billing_frequency: ANNUAL }
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §15 T-31",
        "4 seats for a year at 100 dollars are 400 on 1 June; one more on 3 July is 333 of 365 days, at once",
        customer="t31-seats",
        contract="""
rate_card: members
starting_at: "2025-06-01T00:00:00Z"
subscriptions:
  - subscription_rate: { product: Members, billing_frequency: ANNUAL }
    collection_schedule: ADVANCE
    initial_quantity: 4
    proration: { is_prorated: true, invoice_behavior: BILL_IMMEDIATELY }
    quantity_updates: [{ starting_at: "2025-07-03T00:00:00Z", quantity_delta: 1 }]
""",
        events="",
        # 10,000 x 333 / 365 = 9123.28767123287671..., to 12 places.
        lines="""
| product | type         | invoice       | from       | to         | quantity | unit price        | total             |
|---------|--------------|---------------|------------|------------|----------|-------------------|-------------------|
| Members | subscription | on 2025-06-01 | 2025-06-01 | 2026-06-01 | 4        | 10000             | 40000             |
| Members | subscription | on 2025-07-03 | 2025-07-03 | 2026-06-01 | 1        | 9123.287671232877 | 9123.287671232877 |
""",
        invoices="""
| run     | type      | issued     | total             | payable |
|---------|-----------|------------|-------------------|---------|
| 2025-06 | SCHEDULED | 2025-06-01 | 40000             | 40000   |
| 2025-06 | USAGE     | 2025-07-02 | 0                 | 0       |
| 2025-07 | SCHEDULED | 2025-07-03 | 9123.287671232877 | 9123    |
| 2025-07 | USAGE     | 2025-08-02 | 0                 | 0       |
""",
        periods=("2025-06", "2025-07"),
    ),
    PricingExample(
        "rating.md §15 T-30",
        "12 on 21 May and then one less that day: 11",
        customer="t30",
        contract="""
rate_card: members
starting_at: "2025-05-01T00:00:00Z"
subscriptions:
  - subscription_rate: { product: Members, billing_frequency: MONTHLY }
    collection_schedule: ADVANCE
    initial_quantity: 10
    quantity_updates:
      - { starting_at: "2025-05-21T00:00:00Z", quantity: 12 }
      - { starting_at: "2025-05-21T00:00:00Z", quantity_delta: -1 }
""",
        events="",
        # One more than 10 for 11 of 31 days: 3100 x 11 / 31.
        lines="""
| product | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|--------------|------------------|------------|------------|----------|------------|-------|
| Members | subscription | on 2025-05-01    | 2025-05-01 | 2025-06-01 | 10       | 3100       | 31000 |
| Members | subscription | on 2025-05-21    | 2025-05-21 | 2025-06-01 | 1        | 1100       | 1100  |
| Members | subscription | until 2025-06-01 | 2025-06-01 | 2025-07-01 | 11       | 3100       | 34100 |
""",
        periods=("2025-05",),
    ),
    PricingExample(
        "rating.md §12",
        "the other way round it is 12; updates of other days take effect in the order of time, as they are written",
        customer="quantity-order",
        contract="""
rate_card: members
starting_at: "2025-05-01T00:00:00Z"
subscriptions:
  - subscription_rate: { product: Members, billing_frequency: MONTHLY }
    collection_schedule: ARREARS
    initial_quantity: 10
    quantity_updates:
      - { starting_at: "2025-06-01T00:00:00Z", quantity_delta: 5 }
      - { starting_at: "2025-05-21T00:00:00Z", quantity_delta: -1 }
      - { starting_at: "2025-05-21T00:00:00Z", quantity: 12 }
""",
        events="",
        # 2 more than 10 for 11 of 31 days; in June 12 + 5.
        lines="""
| run     | product | type         | from       | to         | quantity | unit price | total |
|---------|---------|--------------|------------|------------|----------|------------|-------|
| 2025-05 | Members | subscription | 2025-05-01 | 2025-06-01 | 10       | 3100       | 31000 |
| 2025-05 | Members | subscription | 2025-05-21 | 2025-06-01 | 2        | 1100       | 2200  |
| 2025-06 | Members | subscription | 2025-06-01 | 2025-07-01 | 17       | 3100       | 52700 |
""",
        periods=("2025-05", "2025-06"),
    ),
    PricingExample(
        "rating.md §12",
        "increases that wait for the next collection date are on the invoice of the end of the month",
        customer="quantity-waits",
        contract="""
rate_card: members
subscriptions:
  - subscription_rate: { product: Members, billing_frequency: MONTHLY }
    collection_schedule: ADVANCE
    initial_quantity: 5
    proration: { invoice_behavior: BILL_ON_NEXT_COLLECTION_DATE }
    quantity_updates: [{ starting_at: "2025-07-17T00:00:00Z", quantity: 7 }]
""",
        events="",
        lines="""
| product | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|--------------|------------------|------------|------------|----------|------------|-------|
| Members | subscription | until 2025-08-01 | 2025-07-17 | 2025-08-01 | 2        | 1500       | 3000  |
| Members | subscription | until 2025-08-01 | 2025-08-01 | 2025-09-01 | 7        | 3100       | 21700 |
""",
    ),
    PricingExample(
        "rating.md §12",
        "fewer seats are fewer from the next month on",
        customer="quantity-decrease",
        contract="""
rate_card: members
subscriptions:
  - subscription_rate: { product: Members, billing_frequency: MONTHLY }
    collection_schedule: ADVANCE
    initial_quantity: 5
    quantity_updates: [{ starting_at: "2025-07-17T00:00:00Z", quantity: 3 }]
  - subscription_rate: { product: Members, billing_frequency: MONTHLY }
    collection_schedule: ARREARS
    initial_quantity: 9
    quantity_updates: [{ starting_at: "2025-07-17T00:00:00Z", quantity_delta: -8 }]
""",
        events="",
        lines="""
| run     | product | type         | from       | to         | quantity | unit price | total |
|---------|---------|--------------|------------|------------|----------|------------|-------|
| 2025-06 | Members | subscription | 2025-07-01 | 2025-08-01 | 5        | 3100       | 15500 |
| 2025-06 | Members | subscription | 2025-06-01 | 2025-07-01 | 9        | 3100       | 27900 |
| 2025-07 | Members | subscription | 2025-08-01 | 2025-09-01 | 3        | 3100       | 9300  |
| 2025-07 | Members | subscription | 2025-07-01 | 2025-08-01 | 9        | 3100       | 27900 |
| 2025-08 | Members | subscription | 2025-09-01 | 2025-10-01 | 3        | 3100       | 9300  |
| 2025-08 | Members | subscription | 2025-08-01 | 2025-09-01 | 1        | 3100       | 3100  |
""",
        periods=("2025-06", "2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §12",
        "seats given up and taken again within a month are paid for; only what exceeds the most so far is new",
        customer="quantity-up-and-down",
        contract="""
rate_card: members
subscriptions:
  - subscription_rate: { product: Members, billing_frequency: MONTHLY }
    collection_schedule: ARREARS
    initial_quantity: 5
    quantity_updates:
      - { starting_at: "2025-07-05T00:00:00Z", quantity: 3 }
      - { starting_at: "2025-07-10T00:00:00Z", quantity: 4 }
      - { starting_at: "2025-07-17T00:00:00Z", quantity: 7 }
      - { starting_at: "2025-07-20T00:00:00Z", quantity: 6 }
      - { starting_at: "2025-07-22T00:00:00Z", quantity: 8 }
""",
        events="",
        # 2 over 5 for 15 of 31 days, 1 over 7 for 10 of 31.
        lines="""
| product | type         | from       | to         | quantity | unit price | total |
|---------|--------------|------------|------------|----------|------------|-------|
| Members | subscription | 2025-07-01 | 2025-08-01 | 5        | 3100       | 15500 |
| Members | subscription | 2025-07-17 | 2025-08-01 | 2        | 1500       | 3000  |
| Members | subscription | 2025-07-22 | 2025-08-01 | 1        | 1000       | 1000  |
""",
    ),
    PricingExample(
        "rating.md §12",
        "an update at the first instant of a month is that month's quantity; one before the start is the first one",
        customer="quantity-at-start",
        contract="""
rate_card: members
starting_at: "2025-07-01T00:00:00Z"
subscriptions:
  - subscription_rate: { product: Members, billing_frequency: MONTHLY }
    collection_schedule: ADVANCE
    initial_quantity: 1
    quantity_updates:
      - { starting_at: "2025-06-20T00:00:00Z", quantity: 2 }
      - { starting_at: "2025-07-01T00:00:00Z", quantity_delta: 2 }
      - { starting_at: "2025-08-01T00:00:00Z", quantity_delta: 2 }
""",
        events="",
        lines="""
| product | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|--------------|------------------|------------|------------|----------|------------|-------|
| Members | subscription | on 2025-07-01    | 2025-07-01 | 2025-08-01 | 4        | 3100       | 12400 |
| Members | subscription | until 2025-08-01 | 2025-08-01 | 2025-09-01 | 6        | 3100       | 18600 |
""",
    ),
    PricingExample(
        "rating.md §12",
        "none at first make no line, and no invoice; parts of a seat are possible",
        customer="quantity-none",
        contract="""
rate_card: members
starting_at: "2025-07-01T00:00:00Z"
subscriptions:
  - subscription_rate: { product: Members, billing_frequency: MONTHLY }
    collection_schedule: ADVANCE
    initial_quantity: 0
    quantity_updates: [{ starting_at: "2025-07-17T00:00:00Z", quantity: 0.5 }]
""",
        events="",
        lines="""
| product | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|--------------|------------------|------------|------------|----------|------------|-------|
| Members | subscription | on 2025-07-17    | 2025-07-17 | 2025-08-01 | 0.5      | 1500       | 750   |
| Members | subscription | until 2025-08-01 | 2025-08-01 | 2025-09-01 | 0.5      | 3100       | 1550  |
""",
        invoices="""
| type      | issued     | total |
|-----------|------------|-------|
| SCHEDULED | 2025-07-17 | 750   |
| USAGE     | 2025-08-02 | 1550  |
""",
    ),
    PricingExample(
        "rating.md §12",
        "without proration an increase costs a whole month",
        customer="quantity-whole",
        contract="""
rate_card: members
subscriptions:
  - subscription_rate: { product: Members, billing_frequency: MONTHLY }
    collection_schedule: ARREARS
    initial_quantity: 5
    proration: { is_prorated: false }
    quantity_updates: [{ starting_at: "2025-07-17T00:00:00Z", quantity: 7 }]
""",
        events="",
        lines="""
| product | type         | from       | to         | prorated | quantity | unit price | total |
|---------|--------------|------------|------------|----------|----------|------------|-------|
| Members | subscription | 2025-07-01 | 2025-08-01 | no       | 5        | 3100       | 15500 |
| Members | subscription | 2025-07-17 | 2025-08-01 | no       | 2        | 3100       | 6200  |
""",
    ),
    PricingExample(
        "rating.md §12 (seats)",
        "new people take the empty seats first; whom it does not know, it cannot remove",
        customer="quantity-seats",
        contract="""
rate_card: members
starting_at: "2025-07-01T00:00:00Z"
subscriptions:
  - subscription_rate: { product: Members, billing_frequency: MONTHLY }
    collection_schedule: ARREARS
    quantity_management_mode: SEAT_BASED
    seat_config: { seat_group_key: user, initial_seat_ids: [ann, bob], initial_unassigned_seats: 1 }
    seat_updates:
      add_seat_ids:
        - { starting_at: "2025-07-10T00:00:00Z", seat_ids: [ann, cid] }
        - { starting_at: "2025-07-17T00:00:00Z", seat_ids: [dan, eve] }
      remove_seat_ids:
        - { starting_at: "2025-07-20T00:00:00Z", seat_ids: [bob, zoe] }
      add_unassigned_seats:
        - { starting_at: "2025-07-22T00:00:00Z", quantity: 3 }
      remove_unassigned_seats:
        - { starting_at: "2025-07-25T00:00:00Z", quantity: 2 }
""",
        events="",
        # 3 at first; cid takes the empty seat: still 3; dan and eve: 5; without bob 4; with empty ones 7, then 5.
        # In July 2 over 3 for 15 of 31 days, 2 over 5 for 10 of 31; in August 5.
        lines="""
| run     | product | type         | from       | to         | quantity | unit price | total |
|---------|---------|--------------|------------|------------|----------|------------|-------|
| 2025-07 | Members | subscription | 2025-07-01 | 2025-08-01 | 3        | 3100       | 9300  |
| 2025-07 | Members | subscription | 2025-07-17 | 2025-08-01 | 2        | 1500       | 3000  |
| 2025-07 | Members | subscription | 2025-07-22 | 2025-08-01 | 2        | 1000       | 2000  |
| 2025-08 | Members | subscription | 2025-08-01 | 2025-09-01 | 5        | 3100       | 15500 |
""",
        periods=("2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §12 (seats)",
        "on one day people come before people go, and both before empty seats",
        customer="quantity-seats-order",
        contract="""
rate_card: members
starting_at: "2025-07-01T00:00:00Z"
subscriptions:
  - subscription_rate: { product: Members, billing_frequency: MONTHLY }
    collection_schedule: ARREARS
    quantity_management_mode: SEAT_BASED
    seat_config: { seat_group_key: user, initial_seat_ids: [ann], initial_unassigned_seats: 1 }
    seat_updates:
      remove_unassigned_seats: [{ starting_at: "2025-07-17T00:00:00Z", quantity: 1 }]
      add_unassigned_seats: [{ starting_at: "2025-07-17T00:00:00Z", quantity: 2 }]
      remove_seat_ids: [{ starting_at: "2025-07-17T00:00:00Z", seat_ids: [bob] }]
      add_seat_ids: [{ starting_at: "2025-07-17T00:00:00Z", seat_ids: [bob, cid] }]
""",
        events="",
        # ann, bob, cid and no empty seat; without bob 2; 2 empty ones, 1 of them removed: 3.
        lines="""
| product | type         | from       | to         | quantity | unit price | total |
|---------|--------------|------------|------------|----------|------------|-------|
| Members | subscription | 2025-07-01 | 2025-08-01 | 2        | 3100       | 6200  |
| Members | subscription | 2025-07-17 | 2025-08-01 | 1        | 1500       | 1500  |
""",
    ),
    PricingExample(
        "rating.md §12",
        "with placement on scheduled invoices what waits is on that of the next collection date",
        customer="quantity-waits-scheduled",
        contract="""
rate_card: members
subscriptions:
  - subscription_rate: { product: Members, billing_frequency: MONTHLY }
    collection_schedule: ADVANCE
    initial_quantity: 5
    proration: { invoice_behavior: BILL_ON_NEXT_COLLECTION_DATE }
    billing_cycle_config: { invoice_placement: ON_SCHEDULED_INVOICE }
    quantity_updates: [{ starting_at: "2025-07-17T00:00:00Z", quantity: 7 }]
""",
        events="",
        lines="""
| run     | product | type         | invoice       | from       | to         | quantity | unit price | total |
|---------|---------|--------------|---------------|------------|------------|----------|------------|-------|
| 2025-07 | Members | subscription | on 2025-07-01 | 2025-07-01 | 2025-08-01 | 5        | 3100       | 15500 |
| 2025-08 | Members | subscription | on 2025-08-01 | 2025-07-17 | 2025-08-01 | 2        | 1500       | 3000  |
| 2025-08 | Members | subscription | on 2025-08-01 | 2025-08-01 | 2025-09-01 | 7        | 3100       | 21700 |
""",
        periods=("2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §12",
        "an increase in the last hour of a month is that hour's share; one at the term's end is none",
        customer="quantity-last-hour",
        contract="""
rate_card: members
ending_before: "2025-08-01T00:00:00Z"
subscriptions:
  - subscription_rate: { product: Members, billing_frequency: MONTHLY }
    collection_schedule: ARREARS
    quantity_updates:
      - { starting_at: "2025-07-31T23:00:00Z", quantity: 2 }
      - { starting_at: "2025-08-01T00:00:00Z", quantity: 9 }
""",
        events="",
        # 3100 / (31 x 24) = 4.1666...
        lines="""
| product | type         | from             | to         | quantity | unit price     | total          |
|---------|--------------|------------------|------------|----------|----------------|----------------|
| Members | subscription | 2025-07-01       | 2025-08-01 | 1        | 3100           | 3100           |
| Members | subscription | 2025-07-31 23:00 | 2025-08-01 | 1        | 4.166666666667 | 4.166666666667 |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
