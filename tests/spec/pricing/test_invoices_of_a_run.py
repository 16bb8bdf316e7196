"""Which run bills what: usage, subscriptions and charges of three months in a row."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Searches, type: USAGE, billable_metric: use }
  - { name: Share, type: COMPOSITE, composite_products: [Searches] }
  - { name: Searchers, type: SUBSCRIPTION }
  - { name: Search setup, type: FIXED }

rate_cards:
  - name: searches
    rates:
      - { product: Searches, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Share, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.5, minimum_config: { minimum: 20 } }
      - { product: Searchers, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 3000, billing_frequency: MONTHLY }
"""

#: From 15 May to 15 July, seats in advance, and charges on the first of each month and at the very end.
TERMS = """
rate_card: searches
starting_at: "2025-05-15T00:00:00Z"
ending_before: "2025-07-15T00:00:00Z"
subscriptions:
  - subscription_rate: { product: Searchers, billing_frequency: MONTHLY }
    collection_schedule: ADVANCE
    proration: { rounding: { rounding_method: FLOOR, decimal_places: 0 } }
    quantity_updates: [{ starting_at: "2025-06-16T00:00:00Z", quantity: 3 }]
scheduled_charges:
  - product: Search setup
    schedule:
      schedule_items:
        - { timestamp: "2025-05-15T00:00:00Z", amount: 1 }
        - { timestamp: "2025-06-01T00:00:00Z", amount: 2 }
        - { timestamp: "2025-06-30T00:00:00Z", amount: 4 }
        - { timestamp: "2025-07-01T00:00:00Z", amount: 8 }
        - { timestamp: "2025-07-15T00:00:00Z", amount: 16 }
"""

EVENTS = """
| time                | type | units |
|---------------------|------|-------|
| 2025-05-14 23:59:59 | use  | 100   |
| 2025-05-15          | use  | 1     |
| 2025-05-31 23:59:59 | use  | 2     |
| 2025-06-01          | use  | 4     |
| 2025-07-14 23:59:59 | use  | 8     |
| 2025-07-15          | use  | 100   |
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §9, §10.1, §10.7, §12",
        "usage where its period ends, charges where their instant is, seats of the next month on this month's invoice",
        customer="run-apart",
        contract=TERMS,
        events=EVENTS,
        # May: 17 of 31 days of 3000 are 1645.16. June is due on 1 June, on May's usage invoice; 2 more seats from
        # 16 June, 15 of 30 days, at once. July has 14 of 31 days of 3000, 1354.83, on June's invoice. The share of 30,
        # 40 and 80 is 15, 20 and 40, of at least 20.
        lines="""
| run     | name          | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|---------------|--------------|------------------|------------|------------|----------|------------|-------|
| 2025-05 | Searchers     | subscription | on 2025-05-15    | 2025-05-15 | 2025-06-01 | 1        | 1645       | 1645  |
| 2025-05 | Search setup  | scheduled    | on 2025-05-15    | 2025-05-15 |            | 1        | 1          | 1     |
| 2025-05 | Searches      | usage        | until 2025-06-01 | 2025-05-15 | 2025-06-01 | 3        | 10         | 30    |
| 2025-05 | Share         | usage        | until 2025-06-01 | 2025-05-15 | 2025-06-01 | 30       | 0.5        | 15    |
| 2025-05 | Share minimum | usage        | until 2025-06-01 | 2025-05-15 | 2025-06-01 | 1        | 5          | 5     |
| 2025-05 | Searchers     | subscription | until 2025-06-01 | 2025-06-01 | 2025-07-01 | 1        | 3000       | 3000  |
| 2025-06 | Search setup  | scheduled    | on 2025-06-01    | 2025-06-01 |            | 1        | 2          | 2     |
| 2025-06 | Searchers     | subscription | on 2025-06-16    | 2025-06-16 | 2025-07-01 | 2        | 1500       | 3000  |
| 2025-06 | Search setup  | scheduled    | on 2025-06-30    | 2025-06-30 |            | 1        | 4          | 4     |
| 2025-06 | Searches      | usage        | until 2025-07-01 | 2025-06-01 | 2025-07-01 | 4        | 10         | 40    |
| 2025-06 | Share         | usage        | until 2025-07-01 | 2025-06-01 | 2025-07-01 | 40       | 0.5        | 20    |
| 2025-06 | Searchers     | subscription | until 2025-07-01 | 2025-07-01 | 2025-07-15 | 3        | 1354       | 4062  |
| 2025-07 | Search setup  | scheduled    | on 2025-07-01    | 2025-07-01 |            | 1        | 8          | 8     |
| 2025-07 | Search setup  | scheduled    | on 2025-07-15    | 2025-07-15 |            | 1        | 16         | 16    |
| 2025-07 | Searches      | usage        | until 2025-07-15 | 2025-07-01 | 2025-07-15 | 8        | 10         | 80    |
| 2025-07 | Share         | usage        | until 2025-07-15 | 2025-07-01 | 2025-07-15 | 80       | 0.5        | 40    |
""",
        invoices="""
| run     | type      | from       | to         | issued     | total |
|---------|-----------|------------|------------|------------|-------|
| 2025-05 | SCHEDULED |            |            | 2025-05-15 | 1646  |
| 2025-05 | USAGE     | 2025-05-15 | 2025-06-01 | 2025-06-02 | 3050  |
| 2025-06 | SCHEDULED |            |            | 2025-06-01 | 2     |
| 2025-06 | SCHEDULED |            |            | 2025-06-16 | 3000  |
| 2025-06 | SCHEDULED |            |            | 2025-06-30 | 4     |
| 2025-06 | USAGE     | 2025-06-01 | 2025-07-01 | 2025-07-02 | 4122  |
| 2025-07 | SCHEDULED |            |            | 2025-07-01 | 8     |
| 2025-07 | SCHEDULED |            |            | 2025-07-15 | 16    |
| 2025-07 | USAGE     | 2025-07-01 | 2025-07-15 | 2025-07-16 | 120   |
""",
        periods=("2025-05", "2025-06", "2025-07"),
    ),
    PricingExample(
        "rating.md §9, §10.7",
        "with ALL, what is charged at the end of a period is billed a run earlier, on its usage invoice",
        customer="run-together",
        contract=TERMS + "scheduled_charges_on_usage_invoices: ALL\n",
        events="",
        # As above without usage: the charges of 1 June, 1 July and 15 July have moved, the others have not.
        lines="""
| run     | name          | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|---------------|--------------|------------------|------------|------------|----------|------------|-------|
| 2025-05 | Searchers     | subscription | on 2025-05-15    | 2025-05-15 | 2025-06-01 | 1        | 1645       | 1645  |
| 2025-05 | Search setup  | scheduled    | on 2025-05-15    | 2025-05-15 |            | 1        | 1          | 1     |
| 2025-05 | Searches      | usage        | until 2025-06-01 | 2025-05-15 | 2025-06-01 | 0        | 10         | 0     |
| 2025-05 | Share minimum | usage        | until 2025-06-01 | 2025-05-15 | 2025-06-01 | 1        | 20         | 20    |
| 2025-05 | Searchers     | subscription | until 2025-06-01 | 2025-06-01 | 2025-07-01 | 1        | 3000       | 3000  |
| 2025-05 | Search setup  | scheduled    | until 2025-06-01 | 2025-06-01 |            | 1        | 2          | 2     |
| 2025-06 | Searchers     | subscription | on 2025-06-16    | 2025-06-16 | 2025-07-01 | 2        | 1500       | 3000  |
| 2025-06 | Search setup  | scheduled    | on 2025-06-30    | 2025-06-30 |            | 1        | 4          | 4     |
| 2025-06 | Searches      | usage        | until 2025-07-01 | 2025-06-01 | 2025-07-01 | 0        | 10         | 0     |
| 2025-06 | Share minimum | usage        | until 2025-07-01 | 2025-06-01 | 2025-07-01 | 1        | 20         | 20    |
| 2025-06 | Searchers     | subscription | until 2025-07-01 | 2025-07-01 | 2025-07-15 | 3        | 1354       | 4062  |
| 2025-06 | Search setup  | scheduled    | until 2025-07-01 | 2025-07-01 |            | 1        | 8          | 8     |
| 2025-07 | Searches      | usage        | until 2025-07-15 | 2025-07-01 | 2025-07-15 | 0        | 10         | 0     |
| 2025-07 | Share minimum | usage        | until 2025-07-15 | 2025-07-01 | 2025-07-15 | 1        | 20         | 20    |
| 2025-07 | Search setup  | scheduled    | until 2025-07-15 | 2025-07-15 |            | 1        | 16         | 16    |
""",
        invoices="""
| run     | type      | to         | issued     | total |
|---------|-----------|------------|------------|-------|
| 2025-05 | SCHEDULED |            | 2025-05-15 | 1646  |
| 2025-05 | USAGE     | 2025-06-01 | 2025-06-02 | 3022  |
| 2025-06 | SCHEDULED |            | 2025-06-16 | 3000  |
| 2025-06 | SCHEDULED |            | 2025-06-30 | 4     |
| 2025-06 | USAGE     | 2025-07-01 | 2025-07-02 | 4090  |
| 2025-07 | USAGE     | 2025-07-15 | 2025-07-16 | 36    |
""",
        periods=("2025-05", "2025-06", "2025-07"),
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
