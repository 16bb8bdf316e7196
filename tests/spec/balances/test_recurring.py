"""Recurring commits and credits: a balance of its own every period, paid or given, alone or by the seat."""

from __future__ import annotations

import pytest

from tests.spec.balances.balance_example import BalanceExample, rate
from tests.spec.examples import Example, Ledger, named

SHARED = f"""
pricing_units:
  - {{ name: Assist credits }}

products:
  - {{ name: Best usage, type: USAGE, billable_metric: use }}
  - {{ name: Studio seats, type: SUBSCRIPTION }}
  - {{ name: Assistant, type: USAGE, billable_metric: use }}
  - {{ name: Preview, type: USAGE, billable_metric: more }}
  - {{ name: Summary, type: USAGE, billable_metric: place }}
  - {{ name: By seat, type: USAGE, billable_metric: place, presentation_group_key: [region] }}

rate_cards:
  - {{ name: best, rates: [{rate("Best usage", 100)}] }}
  - name: by seat
    rates: [{rate("By seat", 100)}, {rate("Studio seats", 0, "billing_frequency: MONTHLY")}]
  - name: studio
    credit_type_conversions:
      - {{ custom_credit_type: Assist credits, fiat_per_custom_credit: 100 }}
    rates:
      - {rate("Studio seats", 10000, "billing_frequency: ANNUAL")}
      - {rate("Assistant", 12, "credit_type: Assist credits")}
      - {rate("Preview", 5, "credit_type: Assist credits")}
      - {rate("Summary", 7, "credit_type: Assist credits")}
"""

MONTHLY = """
rate_card: best
starting_at: "2025-06-01T00:00:00Z"
recurring_commits:
  - name: Best
    product: Balance
    access_amount:
      unit_price: 10000
      quantity: 1
    invoice_amount:
      unit_price: 7500
      quantity: 1
    commit_duration:
      value: 1
    starting_at: "2025-06-01T00:00:00Z"
"""

EXAMPLES: tuple[Example, ...] = (
    BalanceExample(
        "rating.md §15 T-22",
        "75 dollars a month for 100: the first by itself, then each on the usage invoice that ends when it begins",
        customer="t22-monthly",
        contract=MONTHLY + "scheduled_charges_on_usage_invoices: ALL\n",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-06-10 | use  | 120   |
| 2025-07-10 | use  | 30    |
""",
        lines="""
| product    | type            | invoice          | from       | to         | quantity | unit price | total  | balance |
|------------|-----------------|------------------|------------|------------|----------|------------|--------|---------|
| Balance    | commit_purchase | on 2025-06-01    | 2025-06-01 |            | 1        | 7500       | 7500   |         |
| Best usage | usage           | until 2025-07-01 | 2025-06-01 | 2025-07-01 | 100      | 100        | 10000  | Best    |
| Best usage | applied         | until 2025-07-01 | 2025-06-01 | 2025-07-01 |          |            | -10000 | Best    |
| Best usage | usage           | until 2025-07-01 | 2025-06-01 | 2025-07-01 | 20       | 100        | 2000   |         |
| Balance    | commit_purchase | until 2025-07-01 | 2025-07-01 |            | 1        | 7500       | 7500   |         |
| Best usage | usage           | until 2025-08-01 | 2025-07-01 | 2025-08-01 | 30       | 100        | 3000   | Best    |
| Best usage | applied         | until 2025-08-01 | 2025-07-01 | 2025-08-01 |          |            | -3000  | Best    |
| Balance    | commit_purchase | until 2025-08-01 | 2025-08-01 |            | 1        | 7500       | 7500   |         |
""",
        invoices="""
| type      | issued     | total |
|-----------|------------|-------|
| SCHEDULED | 2025-06-01 | 7500  |
| USAGE     | 2025-07-02 | 9500  |
| USAGE     | 2025-08-02 | 7500  |
""",
        periods=("2025-06", "2025-07"),
    ),
    BalanceExample(
        "rating.md §6.2",
        "without that, each commit has an invoice of its own; what a month leaves expires with it",
        customer="recurring-alone",
        contract=MONTHLY,
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-06-10 | use  | 60    |
""",
        lines=None,
        invoices="""
| type      | issued     | total |
|-----------|------------|-------|
| SCHEDULED | 2025-06-01 | 7500  |
| USAGE     | 2025-07-02 | 0     |
| SCHEDULED | 2025-07-01 | 7500  |
| USAGE     | 2025-08-02 | 0     |
""",
        ledger="""
| type                                       | time       | amount | after |
|--------------------------------------------|------------|--------|-------|
| PREPAID_COMMIT_SEGMENT_START               | 2025-06-01 | 10000  | 10000 |
| PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION | 2025-07-01 | -6000  | 4000  |
| PREPAID_COMMIT_EXPIRATION                  | 2025-07-01 | -4000  | 0     |
| PREPAID_COMMIT_SEGMENT_START               | 2025-07-01 | 10000  | 10000 |
| PREPAID_COMMIT_EXPIRATION                  | 2025-08-01 | -10000 | 0     |
""",
        periods=("2025-06", "2025-07"),
    ),
    BalanceExample(
        "rating.md §6.2",
        "a duration of two periods: what June leaves is there in July, and is drawn before July's own",
        customer="recurring-two-periods",
        contract=MONTHLY.replace("value: 1", "value: 2"),
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-06-10 | use  | 60    |
| 2025-07-10 | use  | 50    |
""",
        lines=None,
        balances="""
| run     | from       | to         | opening | granted | drawn | expired | closing |
|---------|------------|------------|---------|---------|-------|---------|---------|
| 2025-06 | 2025-06-01 | 2025-08-01 | 0       | 10000   | 6000  | 0       | 4000    |
| 2025-07 | 2025-06-01 | 2025-08-01 | 4000    | 0       | 4000  | 0       | 0       |
| 2025-07 | 2025-07-01 | 2025-09-01 | 0       | 10000   | 1000  | 0       | 9000    |
""",
        periods=("2025-06", "2025-07"),
    ),
    BalanceExample(
        "rating.md §15 T-23, §17 Q17",
        "from the 21st on a plan of 20 for 30 dollars: 11 of 31 days of both, and 2 rolled over from the old plan",
        customer="t23",
        contract="""
- id: t23-old
  rate_card: best
  recurring_commits:
    - name: Old plan
      product: Balance
      access_amount:
        unit_price: 1000
        quantity: 1
      commit_duration:
        value: 1
      proration: NONE
      rollover_fraction: 1
      starting_at: "2025-07-01T00:00:00Z"
- id: t23-new
  rate_card: best
  starting_at: "2025-07-21T00:00:00Z"
  transition:
    type: RENEWAL
    from_contract: t23-old
  recurring_commits:
    - name: New plan
      product: Balance
      access_amount:
        unit_price: 3000
        quantity: 1
      invoice_amount:
        unit_price: 2000
        quantity: 1
      commit_duration:
        value: 1
      starting_at: "2025-07-21T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-10 | use  | 8     |
| 2025-07-25 | use  | 3     |
""",
        # 3000 x 11/31 and 2000 x 11/31; the cost basis stays 2/3.
        lines=None,
        invoices="""
| contract | type      | issued     | total            |
|----------|-----------|------------|------------------|
| t23-old  | USAGE     | 2025-07-22 | 0                |
| t23-new  | SCHEDULED | 2025-07-21 | 709.677419354839 |
| t23-new  | USAGE     | 2025-08-02 | 0                |
""",
        balances="""
| contract | balance  | from       | granted           | drawn | rolled over | expired          | closing |
| t23-old  | Old plan | 2025-07-01 | 1000              | 800   | 200         | 0                | 0       |
| t23-new  | Old plan | 2025-07-21 | 200               | 200   | 0           | 0                | 0       |
| t23-new  | New plan | 2025-07-21 | 1064.516129032258 | 100   | 0           | 964.516129032258 | 0       |
""",
    ),
    BalanceExample(
        "rating.md §6.2",
        "prorated amounts rounded to the dollar, access down and invoice up; with a frequency of its own, not prorated",
        customer="recurring-rounded",
        contract="""
rate_card: best
recurring_commits:
  - name: Rounded
    product: Balance
    access_amount:
      unit_price: 3000
      quantity: 1
    invoice_amount:
      unit_price: 2000
      quantity: 1
    commit_duration:
      value: 1
    proration_rounding:
      access:
        rounding_method: FLOOR
        decimal_places: -2
      invoice:
        rounding_method: CEILING
        decimal_places: -2
    starting_at: "2025-07-21T00:00:00Z"
recurring_credits:
  - name: Aligned
    product: Balance
    access_amount:
      unit_price: 3000
      quantity: 1
    commit_duration:
      value: 1
    recurrence_frequency: MONTHLY
    starting_at: "2025-07-21T00:00:00Z"
""",
        events="",
        lines=None,
        invoices="""
| type      | issued     | total |
|-----------|------------|-------|
| SCHEDULED | 2025-07-21 | 800   |
| USAGE     | 2025-08-02 | 0     |
""",
        balances="""
| balance | kind    | from       | to         | granted | expired | closing |
|---------|---------|------------|------------|---------|---------|---------|
| Rounded | PREPAID | 2025-07-21 | 2025-08-01 | 1000    | 1000    | 0       |
| Aligned | CREDIT  | 2025-07-21 | 2025-08-21 | 3000    | 0       | 3000    |
""",
    ),
    BalanceExample(
        "rating.md §6.2",
        "a credit for each seat: what ana leaves is not bob's, an unassigned seat has none, and no one else",
        customer="recurring-seats",
        contract="""
rate_card: by seat
subscriptions:
  - id: own-seats
    subscription_rate:
      product: Studio seats
      billing_frequency: MONTHLY
    collection_schedule: ARREARS
    quantity_management_mode: SEAT_BASED
    seat_config:
      initial_seat_ids: [ana, bob]
      initial_unassigned_seats: 1
      seat_group_key: region
recurring_credits:
  - name: Own credit
    product: Balance
    access_amount:
      unit_price: 300
    commit_duration:
      value: 1
    starting_at: "2025-07-01T00:00:00Z"
    subscription_config:
      subscription_id: own-seats
      allocation: INDIVIDUAL
      apply_seat_increase_config:
        is_prorated: true
""",
        events="""
| time       | type  | units | region |
|------------|-------|-------|--------|
| 2025-07-10 | place | 1     | ana    |
| 2025-07-10 | place | 5     | bob    |
| 2025-07-10 | place | 2     | eve    |
""",
        lines="""
| product      | presentation | type         | quantity | unit price | total | balance    |
|--------------|--------------|--------------|----------|------------|-------|------------|
| By seat      | region=ana   | usage        | 1        | 100        | 100   | Own credit |
| By seat      | region=ana   | applied      |          |            | -100  | Own credit |
| By seat      | region=bob   | usage        | 3        | 100        | 300   | Own credit |
| By seat      | region=bob   | applied      |          |            | -300  | Own credit |
| By seat      | region=bob   | usage        | 2        | 100        | 200   |            |
| By seat      | region=eve   | usage        | 2        | 100        | 200   |            |
| Studio seats |              | subscription | 3        | 0          | 0     |            |
""",
        balances="""
| balance    | granted | drawn | expired | closing |
|------------|---------|-------|---------|---------|
| Own credit | 300     | 100   | 200     | 0       |
| Own credit | 300     | 300   | 0       | 0       |
""",
    ),
    BalanceExample(
        "rating.md §15 T-31",
        "100 credits a month for each of 4 seats, one seat more on 3 July: 93.55 more credits and 9,123.29 cents",
        customer="t31",
        contract="""
rate_card: studio
starting_at: "2025-06-01T00:00:00Z"
subscriptions:
  - id: t31-seats
    subscription_rate:
      product: Studio seats
      billing_frequency: ANNUAL
    collection_schedule: ADVANCE
    initial_quantity: 4
    proration:
      is_prorated: true
      invoice_behavior: BILL_IMMEDIATELY
    quantity_updates:
      - starting_at: "2025-07-03T00:00:00Z"
        quantity_delta: 1
recurring_credits:
  - name: Pooled credits
    product: Balance
    access_amount:
      unit_price: 100
      credit_type: Assist credits
    commit_duration:
      value: 1
    recurrence_frequency: MONTHLY
    starting_at: "2025-06-01T00:00:00Z"
    subscription_config:
      subscription_id: t31-seats
      allocation: POOLED
      apply_seat_increase_config:
        is_prorated: true
""",
        # Of 12 x 30, 7 x 10 and 5 x 20 = 530 credits 400 + 100 x 29/31 are covered.
        events="""
| time       | type  | units | region |
|------------|-------|-------|--------|
| 2025-07-10 | use   | 30    |        |
| 2025-07-10 | more  | 20    |        |
| 2025-07-10 | place | 10    | eu     |
""",
        lines=None,
        invoices="""
| run     | type      | issued     | total             |
|---------|-----------|------------|-------------------|
| 2025-06 | SCHEDULED | 2025-06-01 | 40000             |
| 2025-06 | USAGE     | 2025-07-02 | 0                 |
| 2025-07 | SCHEDULED | 2025-07-03 | 9123.287671232877 |
| 2025-07 | USAGE     | 2025-08-02 | 3645.1612903226   |
""",
        ledger="""
| type                               | time       | amount           | after           |
|------------------------------------|------------|------------------|-----------------|
| CREDIT_SEGMENT_START               | 2025-06-01 | 400              | 400             |
| CREDIT_EXPIRATION                  | 2025-07-01 | -400             | 0               |
| CREDIT_SEGMENT_START               | 2025-07-01 | 400              | 400             |
| CREDIT_AUTOMATED_INVOICE_DEDUCTION | 2025-08-01 | -400             | 0               |
| CREDIT_SEAT_BASED_ADJUSTMENT       | 2025-07-03 | 93.548387096774  | 93.548387096774 |
| CREDIT_AUTOMATED_INVOICE_DEDUCTION | 2025-08-01 | -93.548387096774 | 0               |
""",
        periods=("2025-06", "2025-07"),
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
