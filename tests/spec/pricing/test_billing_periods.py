"""Billing periods of subscriptions: how long they are and from when they are counted."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Support plan, type: SUBSCRIPTION }

rate_cards:
  - name: support plans
    rates:
      - { product: Support plan, starting_at: "2024-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 700, billing_frequency: WEEKLY }
      - { product: Support plan, starting_at: "2024-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 3000, billing_frequency: MONTHLY }
      - { product: Support plan, starting_at: "2024-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 9200, billing_frequency: QUARTERLY }
      - { product: Support plan, starting_at: "2024-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 36500, billing_frequency: ANNUAL }
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §12",
        "weeks are counted from the first of the month in which the contract starts",
        customer="periods-weeks",
        contract="""
rate_card: support plans
starting_at: "2025-07-03T00:00:00Z"
ending_before: "2025-08-01T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: Support plan, billing_frequency: WEEKLY }, collection_schedule: ARREARS }
""",
        events="",
        # 5 of 7 days at first, 3 of 7 at the end of the contract.
        lines="""
| product      | type         | frequency | invoice          | from       | to         | quantity | unit price | total |
|--------------|--------------|-----------|------------------|------------|------------|----------|------------|-------|
| Support plan | subscription | WEEKLY    | until 2025-08-01 | 2025-07-03 | 2025-07-08 | 1        | 500        | 500   |
| Support plan | subscription | WEEKLY    | until 2025-08-01 | 2025-07-08 | 2025-07-15 | 1        | 700        | 700   |
| Support plan | subscription | WEEKLY    | until 2025-08-01 | 2025-07-15 | 2025-07-22 | 1        | 700        | 700   |
| Support plan | subscription | WEEKLY    | until 2025-08-01 | 2025-07-22 | 2025-07-29 | 1        | 700        | 700   |
| Support plan | subscription | WEEKLY    | until 2025-08-01 | 2025-07-29 | 2025-08-01 | 1        | 300        | 300   |
""",
    ),
    PricingExample(
        "rating.md §12",
        "weeks in advance: each on the usage invoice of the month in which it begins, the first one by itself",
        customer="periods-weeks-advance",
        contract="""
rate_card: support plans
starting_at: "2025-07-01T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: Support plan, billing_frequency: WEEKLY }, collection_schedule: ADVANCE }
""",
        events="",
        lines="""
| product      | type         | invoice          | from       | to         | quantity | unit price | total |
|--------------|--------------|------------------|------------|------------|----------|------------|-------|
| Support plan | subscription | on 2025-07-01    | 2025-07-01 | 2025-07-08 | 1        | 700        | 700   |
| Support plan | subscription | until 2025-08-01 | 2025-07-08 | 2025-07-15 | 1        | 700        | 700   |
| Support plan | subscription | until 2025-08-01 | 2025-07-15 | 2025-07-22 | 1        | 700        | 700   |
| Support plan | subscription | until 2025-08-01 | 2025-07-22 | 2025-07-29 | 1        | 700        | 700   |
| Support plan | subscription | until 2025-08-01 | 2025-07-29 | 2025-08-05 | 1        | 700        | 700   |
""",
    ),
    PricingExample(
        "rating.md §12, §9",
        "quarters of a monthly contract are counted from the month it starts in: 73 of 92 days, then 3 months",
        customer="periods-quarters",
        contract="""
rate_card: support plans
starting_at: "2025-05-20T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: Support plan, billing_frequency: QUARTERLY }, collection_schedule: ADVANCE }
""",
        events="",
        lines="""
| run     | product      | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|--------------|--------------|------------------|------------|------------|----------|------------|-------|
| 2025-05 | Support plan | subscription | on 2025-05-20    | 2025-05-20 | 2025-08-01 | 1        | 7300       | 7300  |
| 2025-07 | Support plan | subscription | until 2025-08-01 | 2025-08-01 | 2025-11-01 | 1        | 9200       | 9200  |
""",
        periods=("2025-05", "2025-06", "2025-07"),
    ),
    PricingExample(
        "rating.md §12, §17 Q19",
        "those of a quarterly contract are calendar quarters: 42 of 91 days until July",
        customer="periods-calendar-quarters",
        contract="""
rate_card: support plans
starting_at: "2025-05-20T00:00:00Z"
usage_statement_schedule: { frequency: QUARTERLY }
overrides:
  - { starting_at: "2025-05-20T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 9100 },
      override_specifiers: [{ product: Support plan, billing_frequency: QUARTERLY }] }
subscriptions:
  - { subscription_rate: { product: Support plan, billing_frequency: QUARTERLY }, collection_schedule: ADVANCE }
""",
        events="",
        lines="""
| run     | product      | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|--------------|--------------|------------------|------------|------------|----------|------------|-------|
| 2025-05 | Support plan | subscription | on 2025-05-20    | 2025-05-20 | 2025-07-01 | 1        | 4200       | 4200  |
| 2025-06 | Support plan | subscription | until 2025-07-01 | 2025-07-01 | 2025-10-01 | 1        | 9100       | 9100  |
""",
        periods=("2025-05", "2025-06", "2025-07"),
    ),
    PricingExample(
        "rating.md §12",
        "months on the invoice of a quarter: what falls due in it",
        customer="periods-months-in-quarter",
        contract="""
rate_card: support plans
starting_at: "2025-04-01T00:00:00Z"
usage_statement_schedule: { frequency: QUARTERLY }
subscriptions:
  - { subscription_rate: { product: Support plan, billing_frequency: MONTHLY }, collection_schedule: ADVANCE }
""",
        events="",
        # April was due when the contract started, on a scheduled invoice of April.
        lines="""
| run     | product      | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|--------------|--------------|------------------|------------|------------|----------|------------|-------|
| 2025-06 | Support plan | subscription | until 2025-07-01 | 2025-05-01 | 2025-06-01 | 1        | 3000       | 3000  |
| 2025-06 | Support plan | subscription | until 2025-07-01 | 2025-06-01 | 2025-07-01 | 1        | 3000       | 3000  |
| 2025-06 | Support plan | subscription | until 2025-07-01 | 2025-07-01 | 2025-08-01 | 1        | 3000       | 3000  |
""",
        periods=("2025-05", "2025-06", "2025-07"),
    ),
    PricingExample(
        "rating.md §12",
        "an anchor of its own: months from the 15th; the first has 5 of its 30 days left",
        customer="periods-anchor",
        contract="""
rate_card: support plans
starting_at: "2025-07-10T00:00:00Z"
subscriptions:
  - subscription_rate: { product: Support plan, billing_frequency: MONTHLY }
    collection_schedule: ADVANCE
    billing_cycle_config: { anchor_date: "2025-06-15T00:00:00Z" }
""",
        events="",
        lines="""
| run     | product      | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|--------------|--------------|------------------|------------|------------|----------|------------|-------|
| 2025-07 | Support plan | subscription | on 2025-07-10    | 2025-07-10 | 2025-07-15 | 1        | 500        | 500   |
| 2025-07 | Support plan | subscription | until 2025-08-01 | 2025-07-15 | 2025-08-15 | 1        | 3000       | 3000  |
| 2025-08 | Support plan | subscription | until 2025-09-01 | 2025-08-15 | 2025-09-15 | 1        | 3000       | 3000  |
""",
        periods=("2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §17 Q18",
        "months from the 31st end on the last day of shorter months, and come back to the 31st",
        customer="periods-month-end",
        contract="""
rate_card: support plans
starting_at: "2025-01-31T00:00:00Z"
usage_statement_schedule: { frequency: MONTHLY, day: CONTRACT_START }
subscriptions:
  - { subscription_rate: { product: Support plan, billing_frequency: MONTHLY }, collection_schedule: ADVANCE }
  - { subscription_rate: { product: Support plan, billing_frequency: MONTHLY }, collection_schedule: ARREARS,
      initial_quantity: 2 }
""",
        events="",
        lines="""
| run     | product      | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|--------------|--------------|------------------|------------|------------|----------|------------|-------|
| 2025-02 | Support plan | subscription | until 2025-02-28 | 2025-02-28 | 2025-03-31 | 1        | 3000       | 3000  |
| 2025-02 | Support plan | subscription | until 2025-02-28 | 2025-01-31 | 2025-02-28 | 2        | 3000       | 6000  |
| 2025-06 | Support plan | subscription | until 2025-06-30 | 2025-06-30 | 2025-07-31 | 1        | 3000       | 3000  |
| 2025-06 | Support plan | subscription | until 2025-06-30 | 2025-05-31 | 2025-06-30 | 2        | 3000       | 6000  |
| 2025-07 | Support plan | subscription | until 2025-07-31 | 2025-07-31 | 2025-08-31 | 1        | 3000       | 3000  |
| 2025-07 | Support plan | subscription | until 2025-07-31 | 2025-06-30 | 2025-07-31 | 2        | 3000       | 6000  |
""",
        periods=("2025-02", "2025-06", "2025-07"),
    ),
    PricingExample(
        "rating.md §12, §15 T-21",
        "a contract anchored on the 10th: its subscriptions are billed from the 10th as its usage is",
        customer="periods-custom-date",
        contract="""
rate_card: support plans
starting_at: "2025-06-25T00:00:00Z"
usage_statement_schedule:
  { frequency: MONTHLY, day: CUSTOM_DATE, billing_anchor_date: "2025-06-10T00:00:00Z" }
subscriptions:
  - { subscription_rate: { product: Support plan, billing_frequency: MONTHLY }, collection_schedule: ARREARS }
""",
        events="",
        # 15 of 30 days, then the month to 10 August.
        lines="""
| run     | product      | type         | invoice          | from       | to         | quantity | unit price | total |
|---------|--------------|--------------|------------------|------------|------------|----------|------------|-------|
| 2025-07 | Support plan | subscription | until 2025-07-10 | 2025-06-25 | 2025-07-10 | 1        | 1500       | 1500  |
| 2025-08 | Support plan | subscription | until 2025-08-10 | 2025-07-10 | 2025-08-10 | 1        | 3000       | 3000  |
""",
        periods=("2025-06", "2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §12",
        "a year that began long ago still has increases: 10 of 365 days are left",
        customer="periods-year",
        contract="""
rate_card: support plans
starting_at: "2024-08-01T00:00:00Z"
subscriptions:
  - subscription_rate: { product: Support plan, billing_frequency: ANNUAL }
    collection_schedule: ADVANCE
    quantity_updates: [{ starting_at: "2025-07-22T00:00:00Z", quantity: 3 }]
""",
        events="",
        # 2 x 36500 x 10 / 365; from 1 August all 3.
        lines="""
| product      | type         | invoice          | from       | to         | quantity | unit price | total  |
|--------------|--------------|------------------|------------|------------|----------|------------|--------|
| Support plan | subscription | on 2025-07-22    | 2025-07-22 | 2025-08-01 | 2        | 1000       | 2000   |
| Support plan | subscription | until 2025-08-01 | 2025-08-01 | 2026-08-01 | 3        | 36500      | 109500 |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
