"""Balances that are topped up, spend that is charged early, and alerts: looked at where a statement ends."""

from __future__ import annotations

import pytest

from tests.spec.balances.balance_example import BalanceExample, access, rate
from tests.spec.examples import Example, Ledger, named

SHARED = f"""
pricing_units:
  - {{ name: Tokens }}
  - {{ name: Coins }}

products:
  - {{ name: Token usage, type: USAGE, billable_metric: use }}
  - {{ name: Credit usage, type: USAGE, billable_metric: use }}
  - {{ name: Watched, type: USAGE, billable_metric: use }}

rate_cards:
  - name: a token is 10 cents
    credit_type_conversions:
      - {{ custom_credit_type: Tokens, fiat_per_custom_credit: 10 }}
    rates: [{rate("Token usage", 1, "credit_type: Tokens")}]
  - name: two credits are a dollar
    credit_type_conversions:
      - {{ custom_credit_type: Coins, fiat_per_custom_credit: 50 }}
    rates: [{rate("Credit usage", 1, "credit_type: Coins")}]
  - {{ name: watched, rates: [{rate("Watched", 100)}] }}
"""


def recharged(card: str, unit: str, granted: int, terms: str) -> str:
    """A contract with a prepaid balance in a unit, and a threshold to which `terms` belong."""
    return f"""
rate_card: {card}
commits:
  - type: PREPAID
    name: Bought
    product: Balance
    access_schedule:
      credit_type: {unit}
      schedule_items:
        - amount: {granted}
          starting_at: "2025-07-01T00:00:00Z"
          ending_before: "2026-07-01T00:00:00Z"
prepaid_balance_threshold_configuration:
  is_enabled: true
  custom_credit_type: {unit}
  commit:
    product: Balance
    name: Recharge
  payment_gate_config:
    payment_gate_type: NONE
{terms}
"""


CREDITS = recharged("two credits are a dollar", "Coins", 40, "  threshold_amount: 10\n  recharge_to_amount: 100")

EXAMPLES: tuple[Example, ...] = (
    BalanceExample(
        "rating.md §15 T-24",
        "50 tokens are left, the threshold is 50: 450 are bought at 10 cents, for 45 dollars",
        customer="t24",
        contract=recharged("a token is 10 cents", "Tokens", 100, "  threshold_amount: 50\n  recharge_to_amount: 500"),
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 50    |
""",
        lines=None,
        invoices="""
| type      | issued     | total |
|-----------|------------|-------|
| USAGE     | 2025-08-02 | 0     |
| SCHEDULED | 2025-08-01 | 4500  |
""",
        ledger="""
| balance  | type                                       | time       | amount | after | currency |
|----------|--------------------------------------------|------------|--------|-------|----------|
| Bought   | PREPAID_COMMIT_SEGMENT_START               | 2025-07-01 | 100    | 100   | Tokens   |
| Bought   | PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION | 2025-08-01 | -50    | 50    | Tokens   |
| Recharge | PREPAID_COMMIT_SEGMENT_START               | 2025-08-01 | 450    | 450   | Tokens   |
""",
    ),
    BalanceExample(
        "rating.md §13",
        "a balance above its threshold is left alone",
        customer="t24-above",
        contract=recharged("a token is 10 cents", "Tokens", 101, "  threshold_amount: 50\n  recharge_to_amount: 500"),
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 50    |
""",
        lines=None,
        invoices="""
| type  | total |
|-------|-------|
| USAGE | 0     |
""",
    ),
    BalanceExample(
        "rating.md §15 T-25",
        "two credits are a dollar: 100 credits cost 50 dollars",
        customer="t25",
        contract=CREDITS,
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 40    |
""",
        lines=None,
        invoices="""
| type      | total |
|-----------|-------|
| USAGE     | 0     |
| SCHEDULED | 5000  |
""",
    ),
    BalanceExample(
        "rating.md §15 T-25",
        "with 10 % off they cost 45",
        customer="t25-discount",
        contract=CREDITS + "  discount_configuration:\n    payment_fraction: 0.9\n",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 40    |
""",
        lines="""
| product      | type            | currency    | from       | to         | quantity | unit price | total | balance |
| Credit usage | usage           | Coins       | 2025-07-01 | 2025-08-01 | 40       | 1          | 40    | Bought  |
| Credit usage | applied         | Coins       | 2025-07-01 | 2025-08-01 |          |            | -40   | Bought  |
| Balance      | commit_purchase | USD (cents) | 2025-08-01 |            | 100      | 45         | 4500  |         |
""",
    ),
    BalanceExample(
        "rating.md §13",
        "what a statement leaves uncovered reaches the spend threshold: it is bought, and covers the usage at once",
        customer="spend-threshold",
        contract=f"""
rate_card: watched
credits:
  - name: Credit
    product: Balance
    {access(2000)}
spend_threshold_configuration:
  is_enabled: true
  threshold_amount: 8000
  commit:
    product: Balance
    name: Spent
  payment_gate_config:
    payment_gate_type: NONE
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 100   |
""",
        lines="""
| product | type            | invoice          | from       | to         | quantity | unit price | total | balance |
|---------|-----------------|------------------|------------|------------|----------|------------|-------|---------|
| Watched | usage           | until 2025-08-01 | 2025-07-01 | 2025-08-01 | 20       | 100        | 2000  | Credit  |
| Watched | applied         | until 2025-08-01 | 2025-07-01 | 2025-08-01 |          |            | -2000 | Credit  |
| Watched | usage           | until 2025-08-01 | 2025-07-01 | 2025-08-01 | 80       | 100        | 8000  | Spent   |
| Watched | applied         | until 2025-08-01 | 2025-07-01 | 2025-08-01 |          |            | -8000 | Spent   |
| Balance | commit_purchase | on 2025-08-01    | 2025-08-01 |            | 8000     | 1          | 8000  |         |
""",
        invoices="""
| type      | total |
|-----------|-------|
| USAGE     | 0     |
| SCHEDULED | 8000  |
""",
    ),
    BalanceExample(
        "rating.md §15 T-33",
        "7,000 of usage and a commit for 3,000 do not reach an alert at 10,000 of spend",
        customer="t33",
        contract=f"""
rate_card: watched
commits:
  - type: PREPAID
    name: Paid
    product: Balance
    {access(3000)}
    invoice_schedule:
      schedule_items:
        - timestamp: "2025-07-01T00:00:00Z"
          amount: 3000
""",
        catalog="""
alerts:
  - name: 10,000 spent
    alert_type: spend_threshold_reached
    threshold: 10000
    customer: t33
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 70    |
""",
        lines=None,
        invoices="""
| type      | total |
|-----------|-------|
| SCHEDULED | 3000  |
| USAGE     | 4000  |
""",
        alerts="",
    ),
    BalanceExample(
        "rating.md §15 T-33, §13",
        "10,000 of usage reach it, whatever covers them; of the credit 500 are left, which reach 500 from above",
        customer="t33-reached",
        contract=f"""
rate_card: watched
credits:
  - name: Given
    product: Balance
    {access(10500, ending_before="2026-07-01")}
""",
        catalog="""
alerts:
  - name: 10,000 spent here
    alert_type: spend_threshold_reached
    threshold: 10000
    customer: t33-reached
  - name: 500 left
    alert_type: low_remaining_contract_credit_balance_reached
    threshold: 500
    customer: t33-reached
  - name: 499 left
    alert_type: low_remaining_contract_credit_balance_reached
    threshold: 499
    customer: t33-reached
  - name: invoice of 1
    alert_type: invoice_total_reached
    threshold: 1
    customer: t33-reached
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 100   |
""",
        lines=None,
        alerts="""
| alert             | threshold | value | crossed    |
|-------------------|-----------|-------|------------|
| 10,000 spent here | 10000     | 10000 | 2025-08-01 |
| 500 left          | 500       | 500   | 2025-08-01 |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
