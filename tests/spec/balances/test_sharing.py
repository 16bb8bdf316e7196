"""Balances that several contracts draw on, and the order in which their invoices do."""

from __future__ import annotations

import pytest

from tests.spec.balances.balance_example import BalanceExample, access, rate
from tests.spec.examples import Example, Ledger, named

SHARED = f"""
products:
  - {{ name: Shared units, type: USAGE, billable_metric: use }}
  - {{ name: Shared plan, type: SUBSCRIPTION }}
  - {{ name: Shared share, type: COMPOSITE, composite_products: [Shared units] }}
  - {{ name: A shared unit, type: USAGE, billable_metric: more }}

rate_cards:
  - name: shared units
    rates: [{rate("Shared units", 100)}]
  - name: everything shared
    rates:
      - {rate("Shared units", 100)}
      - {rate("A shared unit", 100)}
      - {rate("Shared plan", 5000, "billing_frequency: MONTHLY")}
      - {{ product: Shared share, starting_at: "2024-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.5 }}
"""


def credit(customer: str, amount: int, more: str = "") -> str:
    """A credit of a customer."""
    return f"""
credits:
  - customer: {customer}
    name: Shared credit
    product: Balance
    {access(amount, "2025-06-01", "2026-06-01")}
{more}
"""


EXAMPLES: tuple[Example, ...] = (
    BalanceExample(
        "rating.md §17 Q15",
        "the statement that ends first draws first, and of two that end together that of the older contract",
        customer="q15",
        contract="""
- id: q15-newer
  rate_card: shared units
- id: q15-short
  rate_card: shared units
  starting_at: "2025-07-10T00:00:00Z"
  ending_before: "2025-07-20T00:00:00Z"
- id: q15-older
  rate_card: shared units
  starting_at: "2025-06-15T00:00:00Z"
""",
        catalog=credit("q15", 3500),
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-15 | use  | 20    |
""",
        # Each contract bills the same 20 units: 2,000 of the short one, then 1,500 of the older one.
        lines="""
| contract  | product      | type    | from       | to         | quantity | unit price | total | balance       |
|-----------|--------------|---------|------------|------------|----------|------------|-------|---------------|
| q15-older | Shared units | usage   | 2025-06-15 | 2025-07-01 | 0        | 100        | 0     |               |
| q15-short | Shared units | usage   | 2025-07-10 | 2025-07-20 | 20       | 100        | 2000  | Shared credit |
| q15-short | Shared units | applied | 2025-07-10 | 2025-07-20 |          |            | -2000 | Shared credit |
| q15-older | Shared units | usage   | 2025-07-01 | 2025-08-01 | 15       | 100        | 1500  | Shared credit |
| q15-older | Shared units | applied | 2025-07-01 | 2025-08-01 |          |            | -1500 | Shared credit |
| q15-older | Shared units | usage   | 2025-07-01 | 2025-08-01 | 5        | 100        | 500   |               |
| q15-newer | Shared units | usage   | 2025-07-01 | 2025-08-01 | 20       | 100        | 2000  |               |
""",
        ledger="""
| run     | type                               | time       | amount | after |
|---------|------------------------------------|------------|--------|-------|
| 2025-06 | CREDIT_SEGMENT_START               | 2025-06-01 | 3500   | 3500  |
| 2025-07 | CREDIT_AUTOMATED_INVOICE_DEDUCTION | 2025-07-20 | -2000  | 1500  |
| 2025-07 | CREDIT_AUTOMATED_INVOICE_DEDUCTION | 2025-08-01 | -1500  | 0     |
""",
        periods=("2025-06", "2025-07"),
    ),
    BalanceExample(
        "rating.md §6",
        "applicable_contract_ids: only these contracts of the customer draw on it",
        customer="some-contracts",
        contract="""
- id: some-first
  rate_card: shared units
- id: some-second
  rate_card: shared units
""",
        catalog=credit("some-contracts", 9000, "    applicable_contract_ids: [some-second]"),
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-15 | use  | 20    |
""",
        lines="""
| contract    | product      | type    | quantity | unit price | total | balance       |
|-------------|--------------|---------|----------|------------|-------|---------------|
| some-first  | Shared units | usage   | 20       | 100        | 2000  |               |
| some-second | Shared units | usage   | 20       | 100        | 2000  | Shared credit |
| some-second | Shared units | applied |          |            | -2000 | Shared credit |
""",
    ),
    BalanceExample(
        "rating.md §6, §13",
        "a parent's commit that its children share: the child draws on it too, and not on one that is not shared",
        customer="sharing-parent",
        others=("sharing-child",),
        contract=f"""
- id: sharing-parent
  rate_card: shared units
  hierarchy_configuration:
    parent_behavior:
      invoice_consolidation_type: NONE
  commits:
    - type: PREPAID
      name: For all
      product: Balance
      hierarchy_configuration:
        child_access:
          type: ALL
      {access(5000)}
    - type: PREPAID
      name: For the parent
      product: Balance
      {access(700)}
- id: sharing-child
  customer_id: sharing-child
  rate_card: shared units
  starting_at: "2025-07-02T00:00:00Z"
  hierarchy_configuration:
    parent:
      contract: sharing-parent
    payer: SELF
""",
        events="""
| time       | type | units | customer       |
|------------|------|-------|----------------|
| 2025-07-15 | use  | 30    | sharing-parent |
| 2025-07-15 | use  | 40    | sharing-child  |
""",
        lines="""
| contract       | product      | type    | quantity | unit price | total | balance |
|----------------|--------------|---------|----------|------------|-------|---------|
| sharing-parent | Shared units | usage   | 30       | 100        | 3000  | For all |
| sharing-parent | Shared units | applied |          |            | -3000 | For all |
| sharing-child  | Shared units | usage   | 20       | 100        | 2000  | For all |
| sharing-child  | Shared units | applied |          |            | -2000 | For all |
| sharing-child  | Shared units | usage   | 20       | 100        | 2000  |         |
""",
    ),
    BalanceExample(
        "rating.md §7.2",
        "usage, by name where prices are equal, then subscriptions, then composites, though a plan costs most",
        customer="line-order",
        contract=f"""
rate_card: everything shared
subscriptions:
  - subscription_rate:
      product: Shared plan
      billing_frequency: MONTHLY
    collection_schedule: ARREARS
credits:
  - name: Credit
    product: Balance
    {access(8600)}
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-15 | use  | 20    |
| 2025-07-16 | more | 10    |
""",
        # 1,000 and 2,000 of usage, 5,000 of the plan, and 600 of the 1,000 that are half of the shared units.
        lines="""
| product       | type         | quantity | unit price | total | balance |
|---------------|--------------|----------|------------|-------|---------|
| Shared units  | usage        | 20       | 100        | 2000  | Credit  |
| Shared units  | applied      |          |            | -2000 | Credit  |
| A shared unit | usage        | 10       | 100        | 1000  | Credit  |
| A shared unit | applied      |          |            | -1000 | Credit  |
| Shared plan   | subscription | 1        | 5000       | 5000  | Credit  |
| Shared plan   | applied      |          |            | -5000 | Credit  |
| Shared share  | usage        | 1200     | 0.5        | 600   | Credit  |
| Shared share  | applied      |          |            | -600  | Credit  |
| Shared share  | usage        | 800      | 0.5        | 400   |         |
""",
    ),
    BalanceExample(
        "rating.md §7.2",
        "of two usage products at one price the name decides: 5 of A, nothing of S",
        customer="line-names",
        contract=f"""
rate_card: everything shared
credits:
  - name: Credit
    product: Balance
    {access(500)}
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-15 | use  | 20    |
| 2025-07-16 | more | 10    |
""",
        lines="""
| product       | type    | quantity | unit price | total | balance |
|---------------|---------|----------|------------|-------|---------|
| Shared units  | usage   | 20       | 100        | 2000  |         |
| A shared unit | usage   | 5        | 100        | 500   | Credit  |
| A shared unit | applied |          |            | -500  | Credit  |
| A shared unit | usage   | 5        | 100        | 500   |         |
| Shared share  | usage   | 2000     | 0.5        | 1000  |         |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
