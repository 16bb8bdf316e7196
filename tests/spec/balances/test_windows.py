"""When a commit or credit can be drawn: lines are cut where it starts and ends, and what grows in its time counts."""

from __future__ import annotations

import pytest

from tests.spec.balances.balance_example import BalanceExample, access, rate
from tests.spec.examples import Example, Ledger, named

SHARED = f"""
products:
  - {{ name: Stored files, type: USAGE, billable_metric: level }}
  - {{ name: Rising price, type: USAGE, billable_metric: level }}
  - {{ name: Hourly sum, type: USAGE, billable_metric: sum of use, sql_breakdown_granularity: HOUR }}
  - {{ name: Period sum, type: USAGE, billable_metric: sum of use, sql_breakdown_granularity: SERVICE_PERIOD }}
  - {{ name: CloudCompute hours, type: USAGE, billable_metric: use }}
  - {{ name: CloudStorage GB, type: USAGE, billable_metric: more }}
  - {{ name: Regional calls, type: USAGE, billable_metric: place, pricing_group_key: [region] }}

rate_cards:
  - {{ name: stored files, rates: [{rate("Stored files", 100)}] }}
  - name: rising price
    rates:
      - {rate("Rising price", 300, 'ending_before: "2025-07-17T00:00:00Z"')}
      - {{ product: Rising price, starting_at: "2025-07-17T00:00:00Z", entitled: true, rate_type: FLAT, price: 400 }}
  - name: hourly sum
    rates:
      - {rate("Hourly sum", 1000, 'ending_before: "2025-07-15T00:00:00Z"')}
      - {{ product: Hourly sum, starting_at: "2025-07-15T00:00:00Z", entitled: true, rate_type: FLAT, price: 2000 }}
  - name: period sum
    rates:
      - {rate("Period sum", 1000, 'ending_before: "2025-07-15T00:00:00Z"')}
      - {{ product: Period sum, starting_at: "2025-07-15T00:00:00Z", entitled: true, rate_type: FLAT, price: 2000 }}
  - name: compute and storage
    rates:
      - {rate("CloudCompute hours", 100)}
      - {rate("CloudStorage GB", 50)}
      - {rate("Regional calls", 10, "pricing_group_values: { region: us }")}
      - {rate("Regional calls", 10, "pricing_group_values: { region: eu }")}
"""

THREE_DAYS = """
| time             | type | units |
|------------------|------|-------|
| 2025-07-01 12:00 | use  | 5     |
| 2025-07-02 12:00 | use  | 10    |
| 2025-07-03 12:00 | use  | 15    |
"""

EXAMPLES: tuple[Example, ...] = (
    BalanceExample(
        "rating.md §15 T-04, metering.md §8.3 commit from day 2",
        "the level rises from 7 to 9 on day 2: a commit from day 2 covers the 2",
        customer="t04",
        contract=f"""
rate_card: stored files
commits:
  - type: PREPAID
    name: From day 2
    product: Balance
    {access(10000, "2025-07-02")}
""",
        events="""
| time             | type  | level |
|------------------|-------|-------|
| 2025-07-01 12:00 | level | 7     |
| 2025-07-02 12:00 | level | 9     |
""",
        lines="""
| product      | type    | from       | to         | quantity | unit price | total | balance    |
|--------------|---------|------------|------------|----------|------------|-------|------------|
| Stored files | usage   | 2025-07-01 | 2025-07-02 | 7        | 100        | 700   |            |
| Stored files | usage   | 2025-07-02 | 2025-08-01 | 2        | 100        | 200   | From day 2 |
| Stored files | applied | 2025-07-02 | 2025-08-01 |          |            | -200  | From day 2 |
""",
        invoices="""
| total |
|-------|
| 700   |
""",
    ),
    BalanceExample(
        "rating.md §15 T-04, §17 Q24",
        "7, 9, 10 and then 5 on days 1 to 4: what falls by 2 since day 2 draws nothing and gives nothing back",
        customer="t04-falls",
        contract=f"""
rate_card: stored files
commits:
  - type: PREPAID
    name: From day 2
    product: Balance
    {access(10000, "2025-07-02")}
""",
        events="""
| time             | type  | level |
|------------------|-------|-------|
| 2025-07-01 12:00 | level | 7     |
| 2025-07-02 12:00 | level | 9     |
| 2025-07-03 12:00 | level | 10    |
| 2025-07-04 12:00 | level | 5     |
""",
        lines="""
| product      | from       | to         | quantity | unit price | total |
|--------------|------------|------------|----------|------------|-------|
| Stored files | 2025-07-01 | 2025-07-02 | 7        | 100        | 700   |
| Stored files | 2025-07-02 | 2025-08-01 | -2       | 100        | -200  |
""",
        balances="""
| balance    | granted | drawn | expired | closing |
|------------|---------|-------|---------|---------|
| From day 2 | 10000   | 0     | 10000   | 0       |
""",
    ),
    BalanceExample(
        "rating.md §15 T-05c, metering.md §8.3 partial credit, §16 latest-partial-credit",
        "100 dollars from the 17th cover 25 of the 80 that come then, at the price of then",
        customer="t05c",
        contract=f"""
rate_card: rising price
credits:
  - name: Late credit
    product: Balance
    {access(10000, "2025-07-17")}
""",
        events="""
| time       | type  | level |
|------------|-------|-------|
| 2025-07-05 | level | 40    |
| 2025-07-20 | level | 120   |
""",
        lines="""
| product      | type    | from       | to         | quantity | unit price | total  | balance     |
|--------------|---------|------------|------------|----------|------------|--------|-------------|
| Rising price | usage   | 2025-07-01 | 2025-07-17 | 40       | 300        | 12000  |             |
| Rising price | usage   | 2025-07-17 | 2025-08-01 | 25       | 400        | 10000  | Late credit |
| Rising price | applied | 2025-07-17 | 2025-08-01 |          |            | -10000 | Late credit |
| Rising price | usage   | 2025-07-17 | 2025-08-01 | 55       | 400        | 22000  |             |
""",
        invoices="""
| total |
|-------|
| 34000 |
""",
    ),
    BalanceExample(
        "rating.md §15 T-05d, §17 Q24, metering.md §8.3 no look-ahead, §16 latest-credit-lookahead",
        "a credit does not look ahead: a third of a unit is split off, and the fall at the end leaves -20 dollars",
        customer="t05d",
        contract=f"""
rate_card: rising price
credits:
  - name: Credit
    product: Balance
    {access(10000)}
""",
        events="""
| time       | type  | level |
|------------|-------|-------|
| 2025-07-05 | level | 40    |
| 2025-07-20 | level | 30    |
""",
        lines="""
| product      | type    | from       | to         | quantity        | unit price | total  | balance |
|--------------|---------|------------|------------|-----------------|------------|--------|---------|
| Rising price | usage   | 2025-07-01 | 2025-07-17 | 33.333333333333 | 300        | 10000  | Credit  |
| Rising price | applied | 2025-07-01 | 2025-07-17 |                 |            | -10000 | Credit  |
| Rising price | usage   | 2025-07-01 | 2025-07-17 | 6.666666666667  | 300        | 2000   |         |
| Rising price | usage   | 2025-07-17 | 2025-08-01 | -10             | 400        | -4000  |         |
""",
        invoices="""
| total |
|-------|
| -2000 |
""",
    ),
    BalanceExample(
        "rating.md §15 T-06, metering.md §8.1 hourly credit",
        "5, 10 and 15 on days 1 to 3 by the hour: a credit of day 2 covers the 10",
        customer="t06-day-2",
        contract=f"""
rate_card: hourly sum
credits:
  - name: Day 2
    product: Balance
    {access(50000, "2025-07-02", "2025-07-03")}
""",
        events=THREE_DAYS,
        lines="""
| product    | type    | from       | to         | quantity | unit price | total  | balance |
|------------|---------|------------|------------|----------|------------|--------|---------|
| Hourly sum | usage   | 2025-07-01 | 2025-07-02 | 5        | 1000       | 5000   |         |
| Hourly sum | usage   | 2025-07-02 | 2025-07-03 | 10       | 1000       | 10000  | Day 2   |
| Hourly sum | applied | 2025-07-02 | 2025-07-03 |          |            | -10000 | Day 2   |
| Hourly sum | usage   | 2025-07-03 | 2025-07-15 | 15       | 1000       | 15000  |         |
| Hourly sum | usage   | 2025-07-15 | 2025-08-01 | 0        | 2000       | 0      |         |
""",
        invoices="""
| total |
|-------|
| 20000 |
""",
    ),
    BalanceExample(
        "rating.md §15 T-06, metering.md §8.1 period credit",
        "billed once for the service period: 30 at the last price, and a credit of day 2 has no part in it",
        customer="t06-period-day-2",
        contract=f"""
rate_card: period sum
credits:
  - name: Day 2
    product: Balance
    {access(50000, "2025-07-02", "2025-07-03")}
""",
        events=THREE_DAYS,
        lines="""
| product    | quantity | unit price | total |
|------------|----------|------------|-------|
| Period sum | 30       | 2000       | 60000 |
""",
    ),
    BalanceExample(
        "rating.md §15 T-06",
        "billed once for the service period: a credit that covers its last instant covers it, whenever it started",
        customer="t06-period-end",
        contract="""
rate_card: period sum
credits:
  - name: Last hour
    product: Balance
    access_schedule:
      schedule_items:
        - amount: 50000
          starting_at: "2025-07-31T23:00:00Z"
          ending_before: "2025-08-01T00:00:00Z"
""",
        events=THREE_DAYS,
        lines="""
| product    | type    | quantity | unit price | total  | balance   |
|------------|---------|----------|------------|--------|-----------|
| Period sum | usage   | 25       | 2000       | 50000  | Last hour |
| Period sum | applied |          |            | -50000 | Last hour |
| Period sum | usage   | 5        | 2000       | 10000  |           |
""",
    ),
    BalanceExample(
        "rating.md §15 T-09, §17 Q12",
        "500 dollars until the 16th: 410 are used and 90 expire then; what comes after it costs 459",
        customer="t09",
        contract=f"""
rate_card: compute and storage
credits:
  - name: Free credits
    product: Balance
    {access(50000, "2025-07-01", "2025-07-16")}
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 360   |
| 2025-07-05 | more | 100   |
| 2025-07-20 | use  | 384   |
| 2025-07-20 | more | 150   |
""",
        lines="""
| product            | type    | from       | to         | quantity | unit price | total  | balance      |
|--------------------|---------|------------|------------|----------|------------|--------|--------------|
| CloudCompute hours | usage   | 2025-07-01 | 2025-07-16 | 360      | 100        | 36000  | Free credits |
| CloudCompute hours | applied | 2025-07-01 | 2025-07-16 |          |            | -36000 | Free credits |
| CloudCompute hours | usage   | 2025-07-16 | 2025-08-01 | 384      | 100        | 38400  |              |
| CloudStorage GB    | usage   | 2025-07-01 | 2025-07-16 | 100      | 50         | 5000   | Free credits |
| CloudStorage GB    | applied | 2025-07-01 | 2025-07-16 |          |            | -5000  | Free credits |
| CloudStorage GB    | usage   | 2025-07-16 | 2025-08-01 | 150      | 50         | 7500   |              |
""",
        invoices="""
| total |
|-------|
| 45900 |
""",
        ledger="""
| type                               | time       | amount | after |
|------------------------------------|------------|--------|-------|
| CREDIT_SEGMENT_START               | 2025-07-01 | 50000  | 50000 |
| CREDIT_AUTOMATED_INVOICE_DEDUCTION | 2025-07-16 | -41000 | 9000  |
| CREDIT_EXPIRATION                  | 2025-07-16 | -9000  | 0     |
""",
    ),
    BalanceExample(
        "rating.md §17 Q16",
        "lines are cut only where a balance that can cover them starts or ends: not of eu, and not of storage",
        customer="q16",
        contract=f"""
rate_card: compute and storage
credits:
  - name: US week
    product: Balance
    specifiers:
      - product: Regional calls
        pricing_group_values:
          region: us
    {access(50, "2025-07-08", "2025-07-15")}
""",
        events="""
| time       | type  | units | region |
|------------|-------|-------|--------|
| 2025-07-05 | place | 1     | us     |
| 2025-07-05 | place | 2     | eu     |
| 2025-07-05 | more  | 4     |        |
| 2025-07-10 | place | 10    | us     |
| 2025-07-10 | place | 20    | eu     |
| 2025-07-10 | more  | 40    |        |
| 2025-07-20 | place | 100   | us     |
| 2025-07-20 | place | 200   | eu     |
""",
        lines="""
| product            | pricing   | type    | from       | to         | quantity | unit price | total | balance |
|--------------------|-----------|---------|------------|------------|----------|------------|-------|---------|
| CloudCompute hours |           | usage   | 2025-07-01 | 2025-08-01 | 0        | 100        | 0     |         |
| CloudStorage GB    |           | usage   | 2025-07-01 | 2025-08-01 | 44       | 50         | 2200  |         |
| Regional calls     | region=eu | usage   | 2025-07-01 | 2025-08-01 | 222      | 10         | 2220  |         |
| Regional calls     | region=us | usage   | 2025-07-01 | 2025-07-08 | 1        | 10         | 10    |         |
| Regional calls     | region=us | usage   | 2025-07-08 | 2025-07-15 | 5        | 10         | 50    | US week |
| Regional calls     | region=us | applied | 2025-07-08 | 2025-07-15 |          |            | -50   | US week |
| Regional calls     | region=us | usage   | 2025-07-08 | 2025-07-15 | 5        | 10         | 50    |         |
| Regional calls     | region=us | usage   | 2025-07-15 | 2025-08-01 | 100      | 10         | 1000  |         |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
