"""How a commit or credit splits the lines of an invoice into what it covers and what is left to pay."""

from __future__ import annotations

import pytest

from tests.spec.balances.balance_example import BalanceExample, access, paid, rate, segment
from tests.spec.examples import Example, Ledger, named

SHARED = f"""
products:
  - {{ name: API tokens, type: USAGE, billable_metric: use }}
  - {{ name: Data storage, type: USAGE, billable_metric: use }}
  - {{ name: Data reads, type: USAGE, billable_metric: more }}
  - {{ name: Hours, type: USAGE, billable_metric: use }}
  - {{ name: Gigabytes, type: USAGE, billable_metric: more }}
  - {{ name: Plus, type: SUBSCRIPTION }}
  - {{ name: Tokens in, type: USAGE, billable_metric: use }}
  - {{ name: Tokens out, type: USAGE, billable_metric: more }}
  - {{ name: Trial tokens, type: USAGE, billable_metric: use }}

rate_cards:
  - {{ name: api tokens, rates: [{rate("API tokens", 100)}] }}
  - name: data
    rates: [{rate("Data storage", 100)}, {rate("Data reads", 260)}]
  - name: hours and gigabytes
    rates: [{rate("Hours", 10)}, {rate("Gigabytes", 5)}]
  - name: plus and tokens
    rates:
      - {rate("Tokens in", "0.3")}
      - {rate("Tokens out", "0.1")}
      - {rate("Plus", 2000, "billing_frequency: MONTHLY")}
  - {{ name: trial, rates: [{rate("Trial tokens", 0)}] }}
"""

EXAMPLES: tuple[Example, ...] = (
    BalanceExample(
        "rating.md §15 T-01",
        "80 tokens at a dollar, 50 dollars prepaid: 50 are covered, a line takes them off, 30 are left",
        customer="t01",
        contract=f"""
rate_card: api tokens
commits:
  - type: PREPAID
    name: Prepaid Tokens
    product: Balance
    {access(5000)}
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 80    |
""",
        lines="""
| name                   | type    | quantity | unit price | total | balance        |
|------------------------|---------|----------|------------|-------|----------------|
| API tokens             | usage   | 50       | 100        | 5000  | Prepaid Tokens |
| Prepaid Tokens applied | applied |          |            | -5000 | Prepaid Tokens |
| API tokens             | usage   | 30       | 100        | 3000  |                |
""",
        invoices="""
| from       | to         | issued     | lines | total |
|------------|------------|------------|-------|-------|
| 2025-07-01 | 2025-08-01 | 2025-08-02 | 3     | 3000  |
""",
        ledger="""
| balance        | type                                       | time       | amount | after |
|----------------|--------------------------------------------|------------|--------|-------|
| Prepaid Tokens | PREPAID_COMMIT_SEGMENT_START               | 2025-07-01 | 5000   | 5000  |
| Prepaid Tokens | PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION | 2025-08-01 | -5000  | 0     |
""",
    ),
    BalanceExample(
        "rating.md §15 T-02",
        "10 at a dollar, 4 dollars prepaid: 6 dollars are left to pay",
        customer="t02",
        contract=f"""
rate_card: api tokens
commits:
  - type: PREPAID
    name: Prepaid Commit
    product: Balance
    {access(400)}
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 10    |
""",
        lines="""
| name                   | type    | quantity | unit price | total | balance        |
|------------------------|---------|----------|------------|-------|----------------|
| API tokens             | usage   | 4        | 100        | 400   | Prepaid Commit |
| Prepaid Commit applied | applied |          |            | -400  | Prepaid Commit |
| API tokens             | usage   | 6        | 100        | 600   |                |
""",
        invoices="""
| total |
|-------|
| 600   |
""",
    ),
    BalanceExample(
        "rating.md §15 T-03, §17 Q27",
        "500 dollars, 400 prepaid and 400 postpaid: 100 to pay, which count towards the postpaid commit",
        customer="t03",
        contract=f"""
rate_card: api tokens
commits:
  - type: POSTPAID
    name: Postpaid
    product: Balance
    {access(40000, ending_before="2026-07-01")}
    {paid(40000, "2026-07-01")}
  - type: PREPAID
    name: Prepaid
    product: Balance
    {access(40000)}
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 500   |
""",
        lines="""
| product    | type    | quantity | unit price | total  | balance  |
|------------|---------|----------|------------|--------|----------|
| API tokens | usage   | 400      | 100        | 40000  | Prepaid  |
| API tokens | applied |          |            | -40000 | Prepaid  |
| API tokens | usage   | 100      | 100        | 10000  | Postpaid |
| API tokens | noted   |          |            | -10000 | Postpaid |
""",
        invoices="""
| total |
|-------|
| 10000 |
""",
        balances="""
| balance  | kind     | granted | drawn | closing |
|----------|----------|---------|-------|---------|
| Prepaid  | PREPAID  | 40000   | 40000 | 0       |
| Postpaid | POSTPAID | 40000   | 10000 | 30000   |
""",
    ),
    BalanceExample(
        "rating.md §15 T-12, §7.2",
        "the dearer product first: 26 dollars of reads, and 4 of storage, of a credit of 30",
        customer="t12",
        contract=f"""
rate_card: data
credits:
  - name: Credit
    product: Balance
    {access(3000)}
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 10    |
| 2025-07-05 | more | 10    |
""",
        lines="""
| product      | type    | quantity | unit price | total | balance |
|--------------|---------|----------|------------|-------|---------|
| Data reads   | usage   | 10       | 260        | 2600  | Credit  |
| Data reads   | applied |          |            | -2600 | Credit  |
| Data storage | usage   | 4        | 100        | 400   | Credit  |
| Data storage | applied |          |            | -400  | Credit  |
| Data storage | usage   | 6        | 100        | 600   |         |
""",
        invoices="""
| total |
|-------|
| 600   |
""",
    ),
    BalanceExample(
        "rating.md §15 T-26",
        "63 of 100 dollars are used, and 37 expire when the month is over",
        customer="t26",
        contract=f"""
rate_card: api tokens
credits:
  - name: Credit
    product: Balance
    {access(10000)}
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 63    |
""",
        lines="""
| product    | type    | quantity | unit price | total | balance |
|------------|---------|----------|------------|-------|---------|
| API tokens | usage   | 63       | 100        | 6300  | Credit  |
| API tokens | applied |          |            | -6300 | Credit  |
""",
        ledger="""
| type                               | time       | amount | after |
|------------------------------------|------------|--------|-------|
| CREDIT_SEGMENT_START               | 2025-07-01 | 10000  | 10000 |
| CREDIT_AUTOMATED_INVOICE_DEDUCTION | 2025-08-01 | -6300  | 3700  |
| CREDIT_EXPIRATION                  | 2025-08-01 | -3700  | 0     |
""",
        balances="""
| balance | granted | drawn | expired | closing |
|---------|---------|-------|---------|---------|
| Credit  | 10000   | 6300  | 3700    | 0       |
""",
    ),
    BalanceExample(
        "rating.md §15 T-27",
        "a tranche of 30,000 dollars a quarter: 20,250 are used, 9,750 remain, nothing is due",
        customer="t27-tranche",
        contract=f"""
rate_card: hours and gigabytes
commits:
  - type: PREPAID
    name: Tranches
    product: Balance
    access_schedule:
      schedule_items:
        - {segment(3000000, "2025-07-01", "2025-10-01")}
        - {segment(3000000, "2025-10-01", "2026-01-01")}
""",
        events="""
| time       | type | units  |
|------------|------|--------|
| 2025-07-05 | use  | 200000 |
| 2025-07-06 | more | 5000   |
""",
        lines="""
| product   | type    | quantity | unit price | total    | balance  |
|-----------|---------|----------|------------|----------|----------|
| Hours     | usage   | 200000   | 10         | 2000000  | Tranches |
| Hours     | applied |          |            | -2000000 | Tranches |
| Gigabytes | usage   | 5000     | 5          | 25000    | Tranches |
| Gigabytes | applied |          |            | -25000   | Tranches |
""",
        invoices="""
| total |
|-------|
| 0     |
""",
        balances="""
| balance  | from       | to         | granted | drawn   | closing |
|----------|------------|------------|---------|---------|---------|
| Tranches | 2025-07-01 | 2025-10-01 | 3000000 | 2025000 | 975000  |
""",
    ),
    BalanceExample(
        "rating.md §15 T-27",
        "20 for the plan, 150 and 200 for tokens, less a credit of 20: 350 dollars",
        customer="t27-plan",
        since="2025-01-01T00:00:00Z",
        contract=f"""
rate_card: plus and tokens
subscriptions:
  - subscription_rate:
      product: Plus
      billing_frequency: MONTHLY
    collection_schedule: ADVANCE
credits:
  - name: Free tokens
    product: Balance
    applicable_products: [Tokens in, Tokens out]
    {access(2000)}
""",
        events="""
| time       | type | units  |
|------------|------|--------|
| 2025-07-05 | use  | 50000  |
| 2025-07-06 | more | 200000 |
""",
        # 2000 / 0.3 = 6666.67 tokens are covered.
        lines="""
| product    | type         | from       | to         | quantity           | unit price | total | balance     |
|------------|--------------|------------|------------|--------------------|------------|-------|-------------|
| Tokens in  | usage        | 2025-07-01 | 2025-08-01 | 6666.666666666667  | 0.3        | 2000  | Free tokens |
| Tokens in  | applied      | 2025-07-01 | 2025-08-01 |                    |            | -2000 | Free tokens |
| Tokens in  | usage        | 2025-07-01 | 2025-08-01 | 43333.333333333333 | 0.3        | 13000 |             |
| Tokens out | usage        | 2025-07-01 | 2025-08-01 | 200000             | 0.1        | 20000 |             |
| Plus       | subscription | 2025-08-01 | 2025-09-01 | 1                  | 2000       | 2000  |             |
""",
        invoices="""
| total |
|-------|
| 35000 |
""",
    ),
    BalanceExample(
        "rating.md §17 Q28",
        "what costs nothing draws on nothing",
        customer="q28",
        contract=f"""
rate_card: trial
credits:
  - name: Credit
    product: Balance
    {access(100)}
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 10    |
""",
        lines="""
| product      | quantity | unit price | total |
|--------------|----------|------------|-------|
| Trial tokens | 10       | 0          | 0     |
""",
        balances="""
| balance | granted | drawn | expired | closing |
|---------|---------|-------|---------|---------|
| Credit  | 100     | 0     | 100     | 0       |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)


def test_a_line_takes_off_what_the_line_before_it_covers(ledger: Ledger) -> None:
    for example in EXAMPLES[:3]:
        ledger.check_order(example)
