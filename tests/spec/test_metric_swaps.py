"""A product's metric exchanged in the middle of a period: what is billed is the change of one running value."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named

SHARED = """
billable_metrics:
  - name: average
    sql: SELECT AVG(properties.value) AS value FROM events WHERE event_type = 'report'
  - name: new average
    sql: SELECT AVG(properties.value_new) AS value FROM events WHERE event_type = 'report'
  - name: calls
    aggregation_type: COUNT
    event_type_filter: { in_values: [call] }
    property_filters: [{ name: region, exists: true }]
    group_keys: [[region]]
  - name: seconds
    aggregation_type: SUM
    aggregation_key: seconds
    event_type_filter: { in_values: [call] }
    property_filters: [{ name: seconds, exists: true }, { name: region, exists: true }]
    group_keys: [[region]]
  - name: level
    aggregation_type: LATEST
    aggregation_key: value
    event_type_filter: { in_values: [report] }
    property_filters: [{ name: value, exists: true }]
  - name: new level
    aggregation_type: LATEST
    aggregation_key: value_new
    event_type_filter: { in_values: [report] }
    property_filters: [{ name: value_new, exists: true }]
  - name: highest
    aggregation_type: MAX
    aggregation_key: value
    event_type_filter: { in_values: [report] }
    property_filters: [{ name: value, exists: true }]
  - name: reports
    aggregation_type: COUNT
    event_type_filter: { in_values: [report] }

products:
  - name: SQL to SQL
    type: USAGE
    billable_metric: average
    sql_breakdown_granularity: HOUR
    updates: [{ starting_at: "2026-03-15T00:00:00Z", billable_metric: new average }]
  - name: SQL to SQL of the period
    type: USAGE
    billable_metric: average
    sql_breakdown_granularity: SERVICE_PERIOD
    updates: [{ starting_at: "2026-03-15T00:00:00Z", billable_metric: new average }]
  - name: Calls to seconds
    type: USAGE
    billable_metric: calls
    pricing_group_key: [region]
    updates: [{ starting_at: "2026-03-15T00:00:00Z", billable_metric: seconds }]
  - name: Level to level
    type: USAGE
    billable_metric: level
    updates: [{ starting_at: "2026-03-15T00:00:00Z", billable_metric: new level }]
  - name: Count to average
    type: USAGE
    billable_metric: reports
    sql_breakdown_granularity: SERVICE_PERIOD
    updates: [{ starting_at: "2026-03-15T00:00:00Z", billable_metric: average }]
  - name: Average to count
    type: USAGE
    billable_metric: average
    sql_breakdown_granularity: HOUR
    updates: [{ starting_at: "2026-03-15T00:00:00Z", billable_metric: reports }]
  - name: There and back
    type: USAGE
    billable_metric: reports
    updates:
      - { starting_at: "2026-03-10T00:00:00Z", billable_metric: highest }
      - { starting_at: "2026-03-20T00:00:00Z", billable_metric: reports }
  - name: To itself
    type: USAGE
    billable_metric: reports
    updates: [{ starting_at: "2026-03-15T00:00:00Z", billable_metric: reports }]
  - name: At the edges
    type: USAGE
    billable_metric: reports
    updates:
      - { starting_at: "2026-03-01T00:00:00Z", billable_metric: highest }
      - { starting_at: "2026-04-01T00:00:00Z", billable_metric: reports }
  - name: In tens
    type: USAGE
    billable_metric: highest
    quantity_conversion: { conversion_factor: 10, operation: DIVIDE }
    quantity_rounding: { rounding_method: ROUND_UP, decimal_places: 0 }
    updates: [{ starting_at: "2026-03-15T00:00:00Z", billable_metric: reports }]
  - name: In tiers
    type: USAGE
    billable_metric: highest
    updates: [{ starting_at: "2026-03-15T00:00:00Z", billable_metric: reports }]

rate_cards:
  # A new price on every day that reports come in, so that the lines show the quantity of each.
  - name: by day
    rates:
      - { product: SQL to SQL, starting_at: "2026-03-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 1 }
      - { product: SQL to SQL, starting_at: "2026-03-02T00:00:00Z", entitled: true, rate_type: FLAT, price: 2 }
      - { product: SQL to SQL, starting_at: "2026-03-15T00:00:00Z", entitled: true, rate_type: FLAT, price: 3 }
      - { product: SQL to SQL, starting_at: "2026-03-16T00:00:00Z", entitled: true, rate_type: FLAT, price: 4 }
  - name: one price
    rates:
      - { product: SQL to SQL, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 100 }
  - name: period
    rates:
      - { product: SQL to SQL of the period, starting_at: "2026-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 100 }
      - { product: SQL to SQL of the period, starting_at: "2026-03-02T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 200 }
      - { product: SQL to SQL of the period, starting_at: "2026-03-31T23:00:00Z", entitled: true,
          rate_type: FLAT, price: 300 }
  - name: calls
    rates:
      - { product: Calls to seconds, starting_at: "2026-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 10, pricing_group_values: { region: eu } }
      - { product: Calls to seconds, starting_at: "2026-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 20, pricing_group_values: { region: us } }
  - name: levels
    rates:
      - { product: Level to level, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 5 }
  - name: count to average
    rates:
      - { product: Count to average, starting_at: "2026-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 10 }
      - { product: Count to average, starting_at: "2026-03-10T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 20 }
      - { product: Count to average, starting_at: "2026-03-25T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 30 }
  - name: average to count
    rates:
      - { product: Average to count, starting_at: "2026-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 10 }
  - name: there and back
    rates:
      - { product: There and back, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: to itself
    rates:
      - { product: To itself, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: edges
    rates:
      - { product: At the edges, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: tens
    rates:
      - { product: In tens, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: tiers
    rates:
      - product: In tiers
        starting_at: "2026-01-01T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 8, price: 10 }, { price: 5 }]
"""

AVERAGES = """
| time       | type   | value | value_new |
|------------|--------|-------|-----------|
| 2026-03-01 | report | 4     |           |
| 2026-03-02 | report | 6     |           |
| 2026-03-15 | report |       | 10        |
| 2026-03-16 | report |       | 12        |
"""

EXAMPLES = (
    Example(
        "rating.md §15 T-07, metering.md §8.2 swap, §16 sql-swap",
        "averages of 4 and 6, then by the new metric of 10 and 12: increments 4, 1, 10, 1",
        customer="sql-swap",
        contract="rate_card: by day",
        periods=("2026-03",),
        events=AVERAGES,
        lines="""
| product    | from       | to         | quantity | unit price | total |
|------------|------------|------------|----------|------------|-------|
| SQL to SQL | 2026-03-01 | 2026-03-02 | 4        | 1          | 4     |
| SQL to SQL | 2026-03-02 | 2026-03-15 | 1        | 2          | 2     |
| SQL to SQL | 2026-03-15 | 2026-03-16 | 10       | 3          | 30    |
| SQL to SQL | 2026-03-16 | 2026-04-01 | 1        | 4          | 4     |
""",
    ),
    Example(
        "metering.md §8.2",
        "at one price there is a line for each metric",
        customer="one-price",
        contract="rate_card: one price",
        periods=("2026-03",),
        events=AVERAGES,
        lines="""
| product    | from       | to         | quantity | unit price | total |
|------------|------------|------------|----------|------------|-------|
| SQL to SQL | 2026-03-01 | 2026-03-15 | 5        | 100        | 500   |
| SQL to SQL | 2026-03-15 | 2026-04-01 | 11       | 100        | 1100  |
""",
    ),
    Example(
        "metering.md §8.2",
        "the new metric starts from what it was at the swap: a value of 2 before it is not billed, and counts after",
        customer="continuous",
        contract="rate_card: one price",
        periods=("2026-03",),
        events="""
| time       | type   | value | value_new |
|------------|--------|-------|-----------|
| 2026-03-01 | report | 4     | 2         |
| 2026-03-15 | report | 100   | 10        |
""",
        lines="""
| product    | from       | to         | quantity | unit price | total |
|------------|------------|------------|----------|------------|-------|
| SQL to SQL | 2026-03-01 | 2026-03-15 | 4        | 100        | 400   |
| SQL to SQL | 2026-03-15 | 2026-04-01 | 4        | 100        | 400   |
""",
    ),
    Example(
        "metering.md §8.2",
        "the next period knows the new metric alone, and takes it afresh",
        customer="next-period",
        contract="rate_card: one price",
        periods=("2026-03", "2026-04"),
        events="""
| time       | type   | value | value_new |
|------------|--------|-------|-----------|
| 2026-03-20 | report | 4     | 2         |
| 2026-04-01 | report | 6     | 8         |
""",
        lines="""
| product    | from       | to         | quantity | unit price | total |
|------------|------------|------------|----------|------------|-------|
| SQL to SQL | 2026-03-01 | 2026-03-15 | 0        | 100        | 0     |
| SQL to SQL | 2026-03-15 | 2026-04-01 | 2        | 100        | 200   |
| SQL to SQL | 2026-04-01 | 2026-05-01 | 8        | 100        | 800   |
""",
    ),
    Example(
        "metering.md §8.1, §8.2",
        "for the service period both metrics are billed at the price of its last instant",
        customer="period",
        contract="rate_card: period",
        periods=("2026-03",),
        events=AVERAGES,
        lines="""
| product                  | from       | to         | quantity | unit price | total |
|--------------------------|------------|------------|----------|------------|-------|
| SQL to SQL of the period | 2026-03-01 | 2026-03-15 | 5        | 300        | 1500  |
| SQL to SQL of the period | 2026-03-15 | 2026-04-01 | 11       | 300        | 3300  |
""",
    ),
    Example(
        "metering.md §17.25",
        "calls by region, then seconds by region; a region that only one of them knows starts at 0",
        customer="groups",
        contract="rate_card: calls",
        periods=("2026-03",),
        events="""
| time             | type | region | seconds |
|------------------|------|--------|---------|
| 2026-03-01       | call | eu     |         |
| 2026-03-02       | call | eu     | 30      |
| 2026-03-02       | call | eu     | 30      |
| 2026-03-14 23:59 | call | ap     | 7       |
| 2026-03-15       | call | eu     | 100     |
| 2026-03-16       | call | us     | 45      |
| 2026-03-16       | call | us     |         |
""",
        lines="""
| product          | pricing   | from       | to         | quantity | unit price | total |
|------------------|-----------|------------|------------|----------|------------|-------|
| Calls to seconds | region=eu | 2026-03-01 | 2026-03-15 | 3        | 10         | 30    |
| Calls to seconds | region=eu | 2026-03-15 | 2026-04-01 | 100      | 10         | 1000  |
| Calls to seconds | region=us | 2026-03-15 | 2026-04-01 | 45       | 20         | 900   |
""",
        unrated="""
| product          | pricing   | from       | to         | quantity |
|------------------|-----------|------------|------------|----------|
| Calls to seconds | region=ap | 2026-03-01 | 2026-03-15 | 1        |
""",
    ),
    Example(
        "metering.md §8.3, §17.25",
        "a level of 7, then a new level that was 3 at the swap and falls to 1: 7 and -2",
        customer="levels",
        contract="rate_card: levels",
        periods=("2026-03",),
        events="""
| time       | type   | value | value_new |
|------------|--------|-------|-----------|
| 2026-03-03 | report | 7     | 3         |
| 2026-03-20 | report | 50    | 1         |
""",
        lines="""
| product        | from       | to         | quantity | unit price | total |
|----------------|------------|------------|----------|------------|-------|
| Level to level | 2026-03-01 | 2026-03-15 | 7        | 5          | 35    |
| Level to level | 2026-03-15 | 2026-04-01 | -2       | 5          | -10   |
""",
    ),
    Example(
        "metering.md §8.1, §17.25",
        "a count is priced when it happens, the average that follows it at the end of the period",
        customer="to-sql",
        contract="rate_card: count to average",
        periods=("2026-03",),
        events="""
| time       | type   | value |
|------------|--------|-------|
| 2026-03-01 | report | 4     |
| 2026-03-12 | report | 6     |
| 2026-03-16 | report | 11    |
""",
        lines="""
| product          | from       | to         | quantity | unit price | total |
|------------------|------------|------------|----------|------------|-------|
| Count to average | 2026-03-01 | 2026-03-10 | 1        | 10         | 10    |
| Count to average | 2026-03-10 | 2026-03-15 | 1        | 20         | 20    |
| Count to average | 2026-03-15 | 2026-04-01 | 2        | 30         | 60    |
""",
    ),
    Example(
        "metering.md §17.25",
        "an average, then a count of what comes after the swap",
        customer="from-sql",
        contract="rate_card: average to count",
        periods=("2026-03",),
        events="""
| time       | type   | value |
|------------|--------|-------|
| 2026-03-01 | report | 4     |
| 2026-03-12 | report | 6     |
| 2026-03-15 | report | 11    |
| 2026-03-16 | report | 11    |
""",
        lines="""
| product          | from       | to         | quantity | unit price | total |
|------------------|------------|------------|----------|------------|-------|
| Average to count | 2026-03-01 | 2026-03-15 | 5        | 10         | 50    |
| Average to count | 2026-03-15 | 2026-04-01 | 2        | 10         | 20    |
""",
    ),
    Example(
        "metering.md §17.25",
        "a maximum between two counts: it bills its rise while it is in force, and the count goes on",
        customer="back",
        contract="rate_card: there and back",
        periods=("2026-03",),
        events="""
| time       | type   | value |
|------------|--------|-------|
| 2026-03-01 | report | 4     |
| 2026-03-12 | report | 9     |
| 2026-03-13 | report | 1     |
| 2026-03-20 | report | 70    |
""",
        lines="""
| product        | from       | to         | quantity | unit price | total |
|----------------|------------|------------|----------|------------|-------|
| There and back | 2026-03-01 | 2026-03-10 | 1        | 10         | 10    |
| There and back | 2026-03-10 | 2026-03-20 | 5        | 10         | 50    |
| There and back | 2026-03-20 | 2026-04-01 | 1        | 10         | 10    |
""",
    ),
    Example(
        "rating.md §0.4",
        "an update to the same metric changes nothing, and splits no line",
        customer="itself",
        contract="rate_card: to itself",
        periods=("2026-03",),
        events="""
| time       | type   | value |
|------------|--------|-------|
| 2026-03-01 | report | 4     |
| 2026-03-20 | report | 9     |
""",
        lines="""
| product   | quantity | unit price | total |
|-----------|----------|------------|-------|
| To itself | 2        | 10         | 20    |
""",
    ),
    Example(
        "metering.md §13",
        "a swap at the start of a period is in force from its first instant, one at its end not at all",
        customer="edges",
        contract="rate_card: edges",
        periods=("2026-02", "2026-03", "2026-04"),
        events="""
| time                | type   | value |
|---------------------|--------|-------|
| 2026-02-28 23:59:59 | report | 4     |
| 2026-03-01          | report | 9     |
| 2026-03-31 23:59:59 | report | 8     |
| 2026-04-01          | report | 7     |
""",
        lines="""
| product      | from       | to         | quantity | unit price | total |
|--------------|------------|------------|----------|------------|-------|
| At the edges | 2026-02-01 | 2026-03-01 | 1        | 10         | 10    |
| At the edges | 2026-03-01 | 2026-04-01 | 9        | 10         | 90    |
| At the edges | 2026-04-01 | 2026-05-01 | 1        | 10         | 10    |
""",
    ),
    Example(
        "metering.md §17.24, §17.25",
        "the value that runs through the swap is rounded: 12 and 9 more are 1.2, then 2.1 tens, so 2 and 1",
        customer="tens",
        contract="rate_card: tens",
        periods=("2026-03",),
        events="""
| time             | type   | value |
|------------------|--------|-------|
| 2026-03-01       | report | 12    |
| 2026-03-15       | report | 1     |
| 2026-03-15 00:01 | report | 1     |
| 2026-03-15 00:02 | report | 1     |
| 2026-03-15 00:03 | report | 1     |
| 2026-03-15 00:04 | report | 1     |
| 2026-03-15 00:05 | report | 1     |
| 2026-03-15 00:06 | report | 1     |
| 2026-03-15 00:07 | report | 1     |
| 2026-03-15 00:08 | report | 1     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| In tens | 2026-03-01 | 2026-03-15 | 2        | 10         | 20    |
| In tens | 2026-03-15 | 2026-04-01 | 1        | 10         | 10    |
""",
    ),
    Example(
        "rating.md §4, metering.md §17.25",
        "tiers are filled by the value that runs through the swap: 7, then one to 8 and two beyond",
        customer="tiers",
        contract="rate_card: tiers",
        periods=("2026-03",),
        events="""
| time       | type   | value |
|------------|--------|-------|
| 2026-03-01 | report | 7     |
| 2026-03-15 | report | 1     |
| 2026-03-16 | report | 1     |
| 2026-03-17 | report | 1     |
""",
        lines="""
| product  | from       | to         | tier | quantity | unit price | total |
|----------|------------|------------|------|----------|------------|-------|
| In tiers | 2026-03-01 | 2026-03-15 | 1    | 7        | 10         | 70    |
| In tiers | 2026-03-15 | 2026-04-01 | 1    | 1        | 10         | 10    |
| In tiers | 2026-03-15 | 2026-04-01 | 2    | 2        | 5          | 10    |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)
