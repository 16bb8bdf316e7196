"""Charges that recur: in full each time, or in shares."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Quarterly fee, type: FIXED }
  - { name: Yearly rebate, type: FIXED }
  - { name: Letters out, type: USAGE, billable_metric: use }

rate_cards:
  - name: letters out
    rates:
      - { product: Letters out, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
"""

#: A contract without usage, whose usage invoices have no lines.
NO_USAGE = 'overrides: [{ starting_at: "2024-01-01T00:00:00Z", entitled: false, product: Letters out }]'

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §15 T-22",
        "a quarterly fee of 1,000 dollars each from November to November: four charges, each on its own invoice",
        customer="t22",
        contract=f"""
rate_card: letters out
starting_at: "2024-11-01T00:00:00Z"
ending_before: "2025-11-01T00:00:00Z"
{NO_USAGE}
scheduled_charges:
  - product: Quarterly fee
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
| run     | product       | type      | invoice       | from       | to | quantity | unit price | total  |
|---------|---------------|-----------|---------------|------------|----|----------|------------|--------|
| 2024-11 | Quarterly fee | scheduled | on 2024-11-01 | 2024-11-01 |    | 1        | 100000     | 100000 |
| 2025-02 | Quarterly fee | scheduled | on 2025-02-01 | 2025-02-01 |    | 1        | 100000     | 100000 |
| 2025-05 | Quarterly fee | scheduled | on 2025-05-01 | 2025-05-01 |    | 1        | 100000     | 100000 |
| 2025-08 | Quarterly fee | scheduled | on 2025-08-01 | 2025-08-01 |    | 1        | 100000     | 100000 |
""",
        periods=("2024-11", "2025-02", "2025-05", "2025-06", "2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §15 T-22, §10.7",
        "with ALL the fee of 1 August is on July's usage invoice; that of the contract's start has none to be on",
        customer="t22-all",
        contract="""
rate_card: letters out
starting_at: "2024-11-01T00:00:00Z"
ending_before: "2025-11-01T00:00:00Z"
scheduled_charges_on_usage_invoices: ALL
scheduled_charges:
  - product: Quarterly fee
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
| run     | product       | type      | invoice          | from       | to         | quantity | unit price | total  |
|---------|---------------|-----------|------------------|------------|------------|----------|------------|--------|
| 2024-11 | Quarterly fee | scheduled | on 2024-11-01    | 2024-11-01 |            | 1        | 100000     | 100000 |
| 2024-11 | Letters out   | usage     | until 2024-12-01 | 2024-11-01 | 2024-12-01 | 0        | 10         | 0      |
| 2025-07 | Letters out   | usage     | until 2025-08-01 | 2025-07-01 | 2025-08-01 | 20       | 10         | 200    |
| 2025-07 | Quarterly fee | scheduled | until 2025-08-01 | 2025-08-01 |            | 1        | 100000     | 100000 |
| 2025-08 | Letters out   | usage     | until 2025-09-01 | 2025-08-01 | 2025-09-01 | 0        | 10         | 0      |
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
        "each: a price and a quantity every month; the end is exclusive",
        customer="charge-each",
        contract=f"""
rate_card: letters out
{NO_USAGE}
scheduled_charges:
  - product: Quarterly fee
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
| run     | product       | type      | from       | to | quantity | unit price | total |
|---------|---------------|-----------|------------|----|----------|------------|-------|
| 2025-05 | Quarterly fee | scheduled | 2025-05-31 |    | 4        | 25         | 100   |
| 2025-06 | Quarterly fee | scheduled | 2025-06-30 |    | 4        | 25         | 100   |
""",
        periods=("2025-05", "2025-06", "2025-07"),
    ),
    PricingExample(
        "rating.md §10.7, §17 Q20",
        "divided: 1,000 in three shares that add up to it exactly",
        customer="charge-divided",
        contract=f"""
rate_card: letters out
{NO_USAGE}
scheduled_charges:
  - product: Quarterly fee
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
| run     | product       | type      | from       | to | quantity | unit price             | total                  |
|---------|---------------|-----------|------------|----|----------|------------------------|------------------------|
| 2025-05 | Quarterly fee | scheduled | 2025-05-01 |    | 1        | 333.333333333333333333 | 333.333333333333333333 |
| 2025-06 | Quarterly fee | scheduled | 2025-06-01 |    | 1        | 333.333333333333333334 | 333.333333333333333334 |
| 2025-07 | Quarterly fee | scheduled | 2025-07-01 |    | 1        | 333.333333333333333333 | 333.333333333333333333 |
""",
        periods=("2025-05", "2025-06", "2025-07", "2025-08"),
    ),
    PricingExample(
        "rating.md §10.7, §17 Q20",
        "divided and rounded: whole units, and the last share has the rest; also of a price and a quantity",
        customer="charge-divided-rounded",
        contract=f"""
rate_card: letters out
{NO_USAGE}
scheduled_charges:
  - name: Of 1000
    product: Quarterly fee
    schedule:
      recurring_schedule:
        starting_at: "2025-05-01T00:00:00Z"
        ending_before: "2025-08-01T00:00:00Z"
        frequency: MONTHLY
        amount_distribution: DIVIDED_ROUNDED
        amount: 1000
  - name: Of 32.5
    product: Quarterly fee
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
rate_card: letters out
{NO_USAGE}
scheduled_charges:
  - name: Half-yearly
    product: Quarterly fee
    schedule:
      recurring_schedule:
        starting_at: "2025-02-01T00:00:00Z"
        ending_before: "2026-02-01T00:00:00Z"
        frequency: SEMI_ANNUAL
        amount_distribution: EACH
        amount: 600
  - name: Yearly
    product: Quarterly fee
    schedule:
      recurring_schedule:
        starting_at: "2024-08-01T00:00:00Z"
        ending_before: "2026-02-01T00:00:00Z"
        frequency: ANNUAL
        amount_distribution: EACH
        amount: 1000
discounts:
  - name: Rebate of the year
    product: Yearly rebate
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
        "rating.md §10.7, §17 Q18",
        "quarters from 30 November: the last day of February, and the 30th again",
        customer="charge-month-ends",
        contract=f"""
rate_card: letters out
starting_at: "2024-11-01T00:00:00Z"
{NO_USAGE}
scheduled_charges:
  - product: Quarterly fee
    schedule:
      recurring_schedule:
        starting_at: "2024-11-30T00:00:00Z"
        ending_before: "2025-08-30T00:00:00Z"
        frequency: QUARTERLY
        amount_distribution: EACH
        amount: 5
""",
        events="",
        lines="""
| run     | product       | type      | from       | to | quantity | unit price | total |
|---------|---------------|-----------|------------|----|----------|------------|-------|
| 2024-11 | Quarterly fee | scheduled | 2024-11-30 |    | 1        | 5          | 5     |
| 2025-02 | Quarterly fee | scheduled | 2025-02-28 |    | 1        | 5          | 5     |
| 2025-05 | Quarterly fee | scheduled | 2025-05-30 |    | 1        | 5          | 5     |
""",
        periods=("2024-11", "2025-02", "2025-05", "2025-08"),
    ),
    PricingExample(
        "rating.md §10.7, §17 Q20",
        "a discount is divided and then deducted; of a price and a quantity each share is one",
        customer="charge-divided-discount",
        contract=f"""
rate_card: letters out
{NO_USAGE}
discounts:
  - name: Rounded
    product: Yearly rebate
    schedule:
      recurring_schedule:
        starting_at: "2025-05-01T00:00:00Z"
        ending_before: "2025-08-01T00:00:00Z"
        frequency: MONTHLY
        amount_distribution: DIVIDED_ROUNDED
        amount: 10
  - name: Exact
    product: Yearly rebate
    schedule:
      recurring_schedule:
        starting_at: "2025-06-01T00:00:00Z"
        ending_before: "2025-08-01T00:00:00Z"
        frequency: MONTHLY
        amount_distribution: DIVIDED
        unit_price: 12.5
        quantity: 3
""",
        events="",
        # 3, 3 and 4; 37.5 in two.
        lines="""
| run     | name    | type      | from       | to | quantity | unit price | total  |
|---------|---------|-----------|------------|----|----------|------------|--------|
| 2025-05 | Rounded | scheduled | 2025-05-01 |    | 1        | -3         | -3     |
| 2025-06 | Rounded | scheduled | 2025-06-01 |    | 1        | -3         | -3     |
| 2025-06 | Exact   | scheduled | 2025-06-01 |    | 1        | -18.75     | -18.75 |
| 2025-07 | Rounded | scheduled | 2025-07-01 |    | 1        | -4         | -4     |
| 2025-07 | Exact   | scheduled | 2025-07-01 |    | 1        | -18.75     | -18.75 |
""",
        periods=("2025-05", "2025-06", "2025-07"),
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
