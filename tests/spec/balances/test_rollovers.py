"""Rollovers: what a contract's renewal carries over of the balances of the contract before it."""

from __future__ import annotations

import pytest

from tests.spec.balances.balance_example import BalanceExample, access, paid, rate, segment
from tests.spec.examples import Example, Ledger, named

SHARED = f"""
products:
  - {{ name: Renewed units, type: USAGE, billable_metric: use }}
  - {{ name: Other units, type: USAGE, billable_metric: more }}

rate_cards:
  - name: renewed
    rates: [{rate("Renewed units", 100)}, {rate("Other units", 100)}]
"""


def renewed(name: str, old: str, new: str = "", on: str = "2025-07-01") -> str:
    """A contract from June on with the balances `old`, renewed with the balances `new`."""
    return f"""
- id: {name}-old
  rate_card: renewed
  starting_at: "2025-06-01T00:00:00Z"
{old}
- id: {name}-new
  rate_card: renewed
  starting_at: "{on}T00:00:00Z"
  transition:
    type: RENEWAL
    from_contract: {name}-old
{new}
"""


COMMIT = f"""
  commits:
    - type: PREPAID
      name: Yearly
      product: Balance
      rollover_fraction: 0.5
      {access(10000000, "2025-06-01", "2026-06-01")}
"""
NEW_COMMIT = f"""
  commits:
    - type: PREPAID
      name: Next year
      product: Balance
      priority: 1
      {access(20000000, "2025-07-01", "2026-07-01")}
"""

EXAMPLES: tuple[Example, ...] = (
    BalanceExample(
        "rating.md §15 T-20, §7.1",
        "10,000 of 100,000 dollars are left: all of it rolls over, and is drawn before the new 200,000",
        customer="t20",
        contract=renewed("t20", COMMIT, NEW_COMMIT),
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-06-10 | use  | 90000 |
| 2025-07-10 | use  | 15000 |
""",
        lines="""
| contract | product       | type    | from       | to         | quantity | unit price | total    | balance   |
|----------|---------------|---------|------------|------------|----------|------------|----------|-----------|
| t20-old  | Renewed units | usage   | 2025-06-01 | 2025-07-01 | 90000    | 100        | 9000000  | Yearly    |
| t20-old  | Renewed units | applied | 2025-06-01 | 2025-07-01 |          |            | -9000000 | Yearly    |
| t20-old  | Other units   | usage   | 2025-06-01 | 2025-07-01 | 0        | 100        | 0        |           |
| t20-new  | Renewed units | usage   | 2025-07-01 | 2025-08-01 | 10000    | 100        | 1000000  | Yearly    |
| t20-new  | Renewed units | applied | 2025-07-01 | 2025-08-01 |          |            | -1000000 | Yearly    |
| t20-new  | Renewed units | usage   | 2025-07-01 | 2025-08-01 | 5000     | 100        | 500000   | Next year |
| t20-new  | Renewed units | applied | 2025-07-01 | 2025-08-01 |          |            | -500000  | Next year |
| t20-new  | Other units   | usage   | 2025-07-01 | 2025-08-01 | 0        | 100        | 0        |           |
""",
        ledger="""
| contract | balance   | type                                       | time       | amount   | after    |
|----------|-----------|--------------------------------------------|------------|----------|----------|
| t20-old  | Yearly    | PREPAID_COMMIT_SEGMENT_START               | 2025-06-01 | 10000000 | 10000000 |
| t20-old  | Yearly    | PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION | 2025-07-01 | -9000000 | 1000000  |
| t20-old  | Yearly    | PREPAID_COMMIT_ROLLOVER                    | 2025-07-01 | -1000000 | 0        |
| t20-new  | Yearly    | PREPAID_COMMIT_SEGMENT_START               | 2025-07-01 | 1000000  | 1000000  |
| t20-new  | Yearly    | PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION | 2025-08-01 | -1000000 | 0        |
| t20-new  | Next year | PREPAID_COMMIT_SEGMENT_START               | 2025-07-01 | 20000000 | 20000000 |
| t20-new  | Next year | PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION | 2025-08-01 | -500000  | 19500000 |
""",
        periods=("2025-06", "2025-07"),
    ),
    BalanceExample(
        "rating.md §15 T-20, §6.1",
        "80,000 of 100,000 dollars are left: half of what it began with rolls over, and 30,000 expire",
        customer="t20-half",
        contract=renewed("t20-half", COMMIT),
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-06-10 | use  | 20000 |
""",
        lines=None,
        ledger="""
| contract     | balance | type                                       | time       | amount   | after    |
|--------------|---------|--------------------------------------------|------------|----------|----------|
| t20-half-old | Yearly  | PREPAID_COMMIT_SEGMENT_START               | 2025-06-01 | 10000000 | 10000000 |
| t20-half-old | Yearly  | PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION | 2025-07-01 | -2000000 | 8000000  |
| t20-half-old | Yearly  | PREPAID_COMMIT_ROLLOVER                    | 2025-07-01 | -5000000 | 3000000  |
| t20-half-old | Yearly  | PREPAID_COMMIT_EXPIRATION                  | 2025-07-01 | -3000000 | 0        |
| t20-half-new | Yearly  | PREPAID_COMMIT_SEGMENT_START               | 2025-07-01 | 5000000  | 5000000  |
""",
        periods=("2025-06", "2025-07"),
    ),
    BalanceExample(
        "rating.md §6.1, §17 Q29",
        "renewed within a month: what the first half leaves is drawn by the second, in the same run",
        customer="rollover-within",
        contract=renewed("rollover-within", COMMIT, on="2025-06-16"),
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-06-10 | use  | 95000 |
| 2025-06-20 | use  | 7000  |
""",
        lines=None,
        invoices="""
| contract            | from       | to         | total  |
|---------------------|------------|------------|--------|
| rollover-within-old | 2025-06-01 | 2025-06-16 | 0      |
| rollover-within-new | 2025-06-16 | 2025-07-01 | 200000 |
""",
        balances="""
| contract            | from       | to         | granted  | drawn   | rolled over | expired | closing |
|---------------------|------------|------------|----------|---------|-------------|---------|---------|
| rollover-within-old | 2025-06-01 | 2025-06-16 | 10000000 | 9500000 | 500000      | 0       | 0       |
| rollover-within-new | 2025-06-16 |            | 500000   | 500000  | 0           | 0       | 0       |
""",
        periods=("2025-06",),
    ),
    BalanceExample(
        "rating.md §17 Q29",
        "only the segments that are active then, and the fraction of those: half of 600, not of 1,600",
        customer="rollover-segments",
        contract=renewed(
            "rollover-segments",
            f"""
  credits:
    - name: Two halves
      product: Balance
      rollover_fraction: 0.5
      access_schedule:
        schedule_items:
          - {segment(1000, "2025-06-01", "2025-06-16")}
          - {segment(600, "2025-06-16", "2025-07-01")}
""",
        ),
        events="",
        lines=None,
        ledger="""
| contract              | type                 | time       | amount | after |
|-----------------------|----------------------|------------|--------|-------|
| rollover-segments-old | CREDIT_SEGMENT_START | 2025-06-01 | 1000   | 1000  |
| rollover-segments-old | CREDIT_EXPIRATION    | 2025-06-16 | -1000  | 0     |
| rollover-segments-old | CREDIT_SEGMENT_START | 2025-06-16 | 600    | 600   |
| rollover-segments-old | CREDIT_ROLLOVER      | 2025-07-01 | -300   | 300   |
| rollover-segments-old | CREDIT_EXPIRATION    | 2025-07-01 | -300   | 0     |
| rollover-segments-new | CREDIT_SEGMENT_START | 2025-07-01 | 300    | 300   |
""",
        periods=("2025-06", "2025-07"),
    ),
    BalanceExample(
        "rating.md §7.1",
        "what rolls over of a postpaid commit comes before what rolls over of a credit, whatever their priorities",
        customer="rollover-order",
        contract=renewed(
            "rollover-order",
            f"""
  commits:
    - type: POSTPAID
      name: Rolled pledge
      product: Balance
      priority: 2
      rollover_fraction: 1
      {access(500, "2025-06-01", "2026-06-01")}
      {paid(500, "2026-06-01")}
  credits:
    - name: Rolled credit
      product: Balance
      priority: 1
      rollover_fraction: 1
      {access(500, "2025-06-01", "2026-06-01")}
""",
        ),
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-10 | use  | 7     |
""",
        lines="""
| product       | type    | quantity | unit price | total | balance       |
|---------------|---------|----------|------------|-------|---------------|
| Renewed units | usage   | 5        | 100        | 500   | Rolled pledge |
| Renewed units | noted   |          |            | -500  | Rolled pledge |
| Renewed units | usage   | 2        | 100        | 200   | Rolled credit |
| Renewed units | applied |          |            | -200  | Rolled credit |
| Other units   | usage   | 0        | 100        | 0     |               |
""",
        periods=("2025-07",),
    ),
    BalanceExample(
        "rating.md §6.1",
        "what rolled over keeps what it may be used for",
        customer="rollover-products",
        contract=renewed(
            "rollover-products",
            f"""
  credits:
    - name: For others
      product: Balance
      rollover_fraction: 1
      applicable_products: [Other units]
      {access(500, "2025-06-01", "2026-06-01")}
""",
        ),
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-10 | use  | 9     |
| 2025-07-10 | more | 3     |
""",
        lines="""
| product       | type    | quantity | unit price | total | balance    |
|---------------|---------|----------|------------|-------|------------|
| Renewed units | usage   | 9        | 100        | 900   |            |
| Other units   | usage   | 3        | 100        | 300   | For others |
| Other units   | applied |          |            | -300  | For others |
""",
        periods=("2025-07",),
    ),
    BalanceExample(
        "rating.md §6.3, §9 (transition)",
        "the true-up of a contract that is renewed: charged as it is, or removed",
        customer="renewed-trueup",
        contract=renewed(
            "renewed-trueup",
            f"""
  commits:
    - type: POSTPAID
      name: Removed
      product: Balance
      {access(700, "2025-06-01", "2026-06-01")}
      invoice_schedule:
        schedule_items:
          - timestamp: "2025-07-05T00:00:00Z"
            amount: 700
""",
        ).replace("    type: RENEWAL\n", "    type: RENEWAL\n    future_invoice_behavior:\n      trueup: REMOVE\n")
        + renewed(
            "renewed-kept",
            f"""
  commits:
    - type: POSTPAID
      name: Kept
      product: Balance
      {access(700, "2025-06-01", "2026-06-01")}
      invoice_schedule:
        schedule_items:
          - timestamp: "2025-07-05T00:00:00Z"
            amount: 700
""",
        ),
        events="",
        lines=None,
        ledger="""
| contract           | balance | type                            | time       | amount | after |
|--------------------|---------|---------------------------------|------------|--------|-------|
| renewed-trueup-old | Removed | POSTPAID_COMMIT_INITIAL_BALANCE | 2025-06-01 | 700    | 700   |
| renewed-trueup-old | Removed | POSTPAID_COMMIT_EXPIRATION      | 2025-07-01 | -700   | 0     |
| renewed-kept-old   | Kept    | POSTPAID_COMMIT_INITIAL_BALANCE | 2025-06-01 | 700    | 700   |
| renewed-kept-old   | Kept    | POSTPAID_COMMIT_TRUEUP          | 2025-07-05 | -700   | 0     |
""",
        periods=("2025-06", "2025-07"),
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
