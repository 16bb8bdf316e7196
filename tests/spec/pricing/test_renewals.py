"""Renewals: one contract ends where the next one of the same customer starts."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Writes, type: USAGE, billable_metric: use }
  - { name: Writers, type: SUBSCRIPTION }
  - { name: Yearly fee, type: FIXED }

rate_cards:
  - name: writes
    rates:
      - { product: Writes, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Writers, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 3100, billing_frequency: MONTHLY }
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §9 (transition)",
        "renewed on 15 July: usage, seats and charges of the old contract stop there, those of the new one begin",
        customer="renewal",
        contract="""
- id: renewal-old
  name: renewal-old
  rate_card: writes
  ending_before: "2026-01-01T00:00:00Z"
  subscriptions:
    - { subscription_rate: { product: Writers, billing_frequency: MONTHLY }, collection_schedule: ARREARS }
  scheduled_charges:
    - product: Yearly fee
      schedule:
        schedule_items:
          - { timestamp: "2025-07-14T00:00:00Z", amount: 1 }
          - { timestamp: "2025-07-15T00:00:00Z", amount: 2 }
          - { timestamp: "2025-07-20T00:00:00Z", amount: 4 }
- id: renewal-new
  name: renewal-new
  rate_card: writes
  starting_at: "2025-07-15T00:00:00Z"
  transition: { type: RENEWAL, from_contract: renewal-old }
  overrides: [{ starting_at: "2025-07-15T00:00:00Z", type: MULTIPLIER, multiplier: 0.5, product: Writes }]
  scheduled_charges:
    - product: Yearly fee
      schedule: { schedule_items: [{ timestamp: "2025-07-15T00:00:00Z", amount: 8 }] }
""",
        events="""
| time                | type | units |
|---------------------|------|-------|
| 2025-07-14 23:59:59 | use  | 10    |
| 2025-07-15          | use  | 20    |
""",
        # 14 of 31 days of 3100.
        lines="""
| contract    | product    | type         | invoice          | from       | to         | quantity | unit price | total |
|-------------|------------|--------------|------------------|------------|------------|----------|------------|-------|
| renewal-old | Writes     | usage        | until 2025-07-15 | 2025-07-01 | 2025-07-15 | 10       | 10         | 100   |
| renewal-old | Writers    | subscription | until 2025-07-15 | 2025-07-01 | 2025-07-15 | 1        | 1400       | 1400  |
| renewal-old | Yearly fee | scheduled    | on 2025-07-14    | 2025-07-14 |            | 1        | 1          | 1     |
| renewal-new | Writes     | usage        | until 2025-08-01 | 2025-07-15 | 2025-08-01 | 20       | 5          | 100   |
| renewal-new | Yearly fee | scheduled    | on 2025-07-15    | 2025-07-15 |            | 1        | 8          | 8     |
""",
    ),
    PricingExample(
        "rating.md §9 (transition)",
        "a contract that had ended before keeps its end; one without an end gets one",
        customer="renewal-ends",
        contract="""
- id: ended
  name: ended
  rate_card: writes
  ending_before: "2025-07-10T00:00:00Z"
- id: endless
  name: endless
  rate_card: writes
- id: after-ended
  rate_card: writes
  starting_at: "2025-07-15T00:00:00Z"
  transition: { type: RENEWAL, from_contract: ended }
- id: after-endless
  rate_card: writes
  starting_at: "2025-07-20T00:00:00Z"
  transition: { type: SUPERSEDE, from_contract: endless }
""",
        events="",
        lines="""
| contract      | product | from       | to         | quantity | unit price | total |
|---------------|---------|------------|------------|----------|------------|-------|
| ended         | Writes  | 2025-07-01 | 2025-07-10 | 0        | 10         | 0     |
| endless       | Writes  | 2025-07-01 | 2025-07-20 | 0        | 10         | 0     |
| after-ended   | Writes  | 2025-07-15 | 2025-08-01 | 0        | 10         | 0     |
| after-endless | Writes  | 2025-07-20 | 2025-08-01 | 0        | 10         | 0     |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
