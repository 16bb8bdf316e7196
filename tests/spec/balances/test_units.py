"""Balances in custom pricing units, and balances that count units of what is sold."""

from __future__ import annotations

import pytest

from tests.spec.balances.balance_example import BalanceExample, access, rate
from tests.spec.examples import Example, Ledger, named

SHARED = f"""
pricing_units:
  - {{ name: Chips }}

products:
  - {{ name: Chip usage, type: USAGE, billable_metric: use }}
  - {{ name: Money usage, type: USAGE, billable_metric: more }}
  - name: Thousands
    type: USAGE
    billable_metric: use
    quantity_conversion: {{ operation: DIVIDE, conversion_factor: 1000 }}

rate_cards:
  - name: chips and money
    credit_type_conversions:
      - {{ custom_credit_type: Chips, fiat_per_custom_credit: 20 }}
    rates: [{rate("Chip usage", 2, "credit_type: Chips")}, {rate("Money usage", 100)}]
  - {{ name: thousands, rates: [{rate("Thousands", 30)}] }}
"""

EXAMPLES: tuple[Example, ...] = (
    BalanceExample(
        "rating.md §7.3, §11",
        "chips first cover chips, what they leave becomes money, and money covers that before anything on its own",
        customer="units-chips",
        # 100 chips, of which 30 are left uncovered: 600 cents. They come after usage, which has 500 of the 900.
        contract=f"""
rate_card: chips and money
credits:
  - name: Given chips
    product: Balance
    access_schedule:
      credit_type: Chips
      schedule_items:
        - amount: 70
          starting_at: "2025-07-01T00:00:00Z"
          ending_before: "2025-08-01T00:00:00Z"
  - name: Given money
    product: Balance
    {access(900)}
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 50    |
| 2025-07-05 | more | 5     |
""",
        lines="""
| product     | name                 | type           | currency    | quantity | unit price | total | balance     |
|-------------|----------------------|----------------|-------------|----------|------------|-------|-------------|
| Chip usage  | Chip usage           | usage          | Chips       | 35       | 2          | 70    | Given chips |
| Chip usage  | Given chips applied  | applied        | Chips       |          |            | -70   | Given chips |
| Chip usage  | Chip usage           | usage          | Chips       | 15       | 2          | 30    |             |
| Money usage | Money usage          | usage          | USD (cents) | 5        | 100        | 500   | Given money |
| Money usage | Given money applied  | applied        | USD (cents) |          |            | -500  | Given money |
|             | Chips to USD (cents) | cpu_conversion | USD (cents) | 20       | 20         | 400   | Given money |
|             | Given money applied  | applied        | USD (cents) |          |            | -400  | Given money |
|             | Chips to USD (cents) | cpu_conversion | USD (cents) | 10       | 20         | 200   |             |
""",
        invoices="""
| total |
|-------|
| 200   |
""",
    ),
    BalanceExample(
        "rating.md §17 Q26",
        "a balance of 3 units covers 3 of the 5 that are billed, and takes off what they cost",
        customer="q26",
        contract="""
rate_card: thousands
commits:
  - type: PREPAID
    name: Three thousand
    product: Balance
    applicable_products: [Thousands]
    access_schedule:
      access_type: QUANTITY
      schedule_items:
        - amount: 3
          starting_at: "2025-07-01T00:00:00Z"
          ending_before: "2025-08-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 5000  |
""",
        lines="""
| product   | type    | quantity | unit price | total | units | balance        |
|-----------|---------|----------|------------|-------|-------|----------------|
| Thousands | usage   | 3        | 30         | 90    | 3     | Three thousand |
| Thousands | applied |          |            | -90   | 3     | Three thousand |
| Thousands | usage   | 2        | 30         | 60    |       |                |
""",
        invoices="""
| total |
|-------|
| 60    |
""",
        ledger="""
| type                                       | time       | amount | after | currency |
|--------------------------------------------|------------|--------|-------|----------|
| PREPAID_COMMIT_SEGMENT_START               | 2025-07-01 | 3      | 3     |          |
| PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION | 2025-08-01 | -3     | 0     |          |
""",
    ),
    BalanceExample(
        "rating.md §17 Q26, §7.1",
        "balances of units and of money stand in one order: the units by priority, then the money",
        customer="q26-mixed",
        contract=f"""
rate_card: thousands
credits:
  - name: Money
    product: Balance
    priority: 2
    {access(45)}
  - name: Units
    product: Balance
    priority: 1
    applicable_products: [Thousands]
    access_schedule:
      access_type: QUANTITY
      schedule_items:
        - amount: 1.5
          starting_at: "2025-07-01T00:00:00Z"
          ending_before: "2025-08-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 5000  |
""",
        lines="""
| product   | type    | quantity | unit price | total | units | balance |
|-----------|---------|----------|------------|-------|-------|---------|
| Thousands | usage   | 1.5      | 30         | 45    | 1.5   | Units   |
| Thousands | applied |          |            | -45   | 1.5   | Units   |
| Thousands | usage   | 1.5      | 30         | 45    |       | Money   |
| Thousands | applied |          |            | -45   |       | Money   |
| Thousands | usage   | 2        | 30         | 60    |       |         |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
