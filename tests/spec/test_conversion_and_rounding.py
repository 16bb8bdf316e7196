"""From what was metered to what is sold: convert, then round, on the running value of the period."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named

SHARED = """
billable_metrics:
  - name: units
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [use] }
    property_filters: [{ name: units, exists: true }]
  - name: units by project
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [use] }
    property_filters: [{ name: units, exists: true }, { name: project_id, exists: true }]
    group_keys: [[project_id]]
  - name: langModel4
    aggregation_type: SUM
    aggregation_key: tokens
    event_type_filter: { in_values: [language_model] }
    property_filters: [{ name: tokens, exists: true }, { name: user_id, exists: true }]
    group_keys: [[user_id]]

products:
  - name: Tokens (millions)
    type: USAGE
    billable_metric: langModel4
    presentation_group_key: [user_id]
    quantity_conversion: { conversion_factor: 1000000, operation: DIVIDE }
  - name: Gigabytes
    type: USAGE
    billable_metric: units
    quantity_conversion: { conversion_factor: 1024, operation: DIVIDE }
  - name: Hundredfold
    type: USAGE
    billable_metric: units
    quantity_conversion: { conversion_factor: 100, operation: MULTIPLY }
  - name: Thirds
    type: USAGE
    billable_metric: units
    quantity_conversion: { conversion_factor: 3, operation: DIVIDE }
  - name: Started minutes
    type: USAGE
    billable_metric: units
    quantity_conversion: { conversion_factor: 60, operation: DIVIDE }
    quantity_rounding: { rounding_method: ROUND_UP, decimal_places: 0 }
  - name: Started minutes by project
    type: USAGE
    billable_metric: units by project
    presentation_group_key: [project_id]
    quantity_conversion: { conversion_factor: 60, operation: DIVIDE }
    quantity_rounding: { rounding_method: ROUND_UP, decimal_places: 0 }
  - name: Up
    type: USAGE
    billable_metric: units
    quantity_rounding: { rounding_method: ROUND_UP, decimal_places: 0 }
  - name: Down
    type: USAGE
    billable_metric: units
    quantity_rounding: { rounding_method: ROUND_DOWN, decimal_places: 0 }
  - name: Half up
    type: USAGE
    billable_metric: units
    quantity_rounding: { rounding_method: ROUND_HALF_UP, decimal_places: 0 }
  - name: Cents
    type: USAGE
    billable_metric: units
    quantity_rounding: { rounding_method: ROUND_HALF_UP, decimal_places: 2 }
  - name: Tenths of thousands
    type: USAGE
    billable_metric: units
    quantity_conversion: { conversion_factor: 1000, operation: DIVIDE }
    quantity_rounding: { rounding_method: ROUND_UP, decimal_places: 1 }

rate_cards:
  - name: millions at 50 cents
    rates:
      - { product: Tokens (millions), starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 50 }
  - name: gigabytes
    rates:
      - { product: Gigabytes, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: hundredfold
    rates:
      - { product: Hundredfold, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.5 }
  - name: thirds
    rates:
      - { product: Thirds, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 3 }
  - name: minutes
    rates:
      - { product: Started minutes, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: minutes dearer from the 15th
    rates:
      - { product: Started minutes, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Started minutes, starting_at: "2026-10-15T00:00:00Z", entitled: true, rate_type: FLAT, price: 20 }
  - name: minutes by project
    rates:
      - { product: Started minutes by project, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: three roundings
    rates:
      - { product: Up, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Down, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Half up, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: cents
    rates:
      - { product: Cents, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: tenths in tiers
    rates:
      - product: Tenths of thousands
        starting_at: "2024-01-01T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 1, price: 10 }, { price: 5 }]
  - name: thirds dearer from the 15th
    rates:
      - { product: Thirds, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 3 }
      - { product: Thirds, starting_at: "2026-10-15T00:00:00Z", entitled: true, rate_type: FLAT, price: 6 }
"""

EXAMPLES = (
    Example(
        "rating.md §15 T-28",
        "john 1 + 1 + 3 million and jane 5.5 million at 50 cents a million: 250 + 275",
        catalog="""
customers: [{ id: t28, name: t28 }]
contracts:
  - customer_id: t28
    rate_card: millions at 50 cents
    starting_at: "2024-08-01T00:00:00Z"
""",
        events="""
| time       | type           | user_id | tokens  |
|------------|----------------|---------|---------|
| 2024-08-01 | language_model | johndoe | 1000000 |
| 2024-08-15 | language_model | johndoe | 1000000 |
| 2024-08-16 | language_model | janedoe | 5500000 |
| 2024-08-17 | language_model | johndoe | 3000000 |
""",
        lines="""
| product           | presentation    | quantity | unit price | total |
|-------------------|-----------------|----------|------------|-------|
| Tokens (millions) | user_id=janedoe | 5.5      | 50         | 275   |
| Tokens (millions) | user_id=johndoe | 5        | 50         | 250   |
""",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| t28      | 2024-08-01 | 2024-09-01 | 525   |
""",
        periods=("2024-08",),
    ),
    Example(
        "rating.md §15 T-28",
        "the sample of 1 August sent under two transaction ids counts twice: 300 + 275",
        catalog="""
customers: [{ id: t28-twice, name: t28-twice }]
contracts:
  - customer_id: t28-twice
    rate_card: millions at 50 cents
    starting_at: "2024-08-01T00:00:00Z"
""",
        events="""
| time       | type           | user_id | tokens  |
|------------|----------------|---------|---------|
| 2024-08-01 | language_model | johndoe | 1000000 |
| 2024-08-01 | language_model | johndoe | 1000000 |
| 2024-08-15 | language_model | johndoe | 1000000 |
| 2024-08-16 | language_model | janedoe | 5500000 |
| 2024-08-17 | language_model | johndoe | 3000000 |
""",
        lines="""
| product           | presentation    | quantity | unit price | total |
|-------------------|-----------------|----------|------------|-------|
| Tokens (millions) | user_id=janedoe | 5.5      | 50         | 275   |
| Tokens (millions) | user_id=johndoe | 6        | 50         | 300   |
""",
        periods=("2024-08",),
    ),
    Example(
        "rating.md §1.4",
        "megabytes sold as gigabytes are divided by 1024, to the last digit",
        catalog="""
customers: [{ id: gigabytes, name: gigabytes }]
contracts:
  - customer_id: gigabytes
    rate_card: gigabytes
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 1537  |
""",
        lines="""
| product   | quantity     | unit price | total        |
|-----------|--------------|------------|--------------|
| Gigabytes | 1.5009765625 | 10         | 15.009765625 |
""",
    ),
    Example(
        "rating.md §1.4",
        "MULTIPLY by 100",
        catalog="""
customers: [{ id: hundredfold, name: hundredfold }]
contracts:
  - customer_id: hundredfold
    rate_card: hundredfold
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units  |
|------------|------|--------|
| 2026-10-05 | use  | 1.2345 |
""",
        lines="""
| product     | quantity | unit price | total  |
|-------------|----------|------------|--------|
| Hundredfold | 123.45   | 0.5        | 61.725 |
""",
    ),
    Example(
        "metering.md §17.9 (quotients)",
        "a quotient that does not end is rounded half away from zero at the twelfth place",
        catalog="""
customers: [{ id: thirds, name: thirds }]
contracts:
  - customer_id: thirds
    rate_card: thirds
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 200   |
""",
        lines="""
| product | quantity        | unit price | total            |
|---------|-----------------|------------|------------------|
| Thirds  | 66.666666666667 | 3          | 200.000000000001 |
""",
    ),
    Example(
        "metering.md §17.9 (quotients)",
        "and below zero just the same",
        catalog="""
customers: [{ id: minus-thirds, name: minus-thirds }]
contracts:
  - customer_id: minus-thirds
    rate_card: thirds
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | -200  |
""",
        lines="""
| product | quantity         | unit price | total             |
|---------|------------------|------------|-------------------|
| Thirds  | -66.666666666667 | 3          | -200.000000000001 |
""",
    ),
    Example(
        "rating.md §17 Q2",
        "quotients too are differences of running values: 33.333333333333 and 33.333333333334 are 200/3",
        catalog="""
customers: [{ id: thirds-cut, name: thirds-cut }]
contracts:
  - customer_id: thirds-cut
    rate_card: thirds dearer from the 15th
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 100   |
| 2026-10-20 | use  | 100   |
""",
        lines="""
| product | from       | to         | quantity        | unit price | total            |
|---------|------------|------------|-----------------|------------|------------------|
| Thirds  | 2026-10-01 | 2026-10-15 | 33.333333333333 | 3          | 99.999999999999  |
| Thirds  | 2026-10-15 | 2026-11-01 | 33.333333333334 | 6          | 200.000000000004 |
""",
    ),
    Example(
        "rating.md §17 Q1",
        "converted first, rounded second: 30 s + 31 s are 2 started minutes, once for the period",
        catalog="""
customers: [{ id: started, name: started }]
contracts:
  - customer_id: started
    rate_card: minutes
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 30    |
| 2026-10-06 | use  | 31    |
""",
        lines="""
| product         | quantity | unit price | total |
|-----------------|----------|------------|-------|
| Started minutes | 2        | 10         | 20    |
""",
    ),
    Example(
        "rating.md §17 Q2",
        "across a price change the running total is rounded: 90 s + 90 s are 2 + 1 minutes, not 2 + 2",
        catalog="""
customers: [{ id: across, name: across }]
contracts:
  - customer_id: across
    rate_card: minutes dearer from the 15th
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 90    |
| 2026-10-20 | use  | 90    |
""",
        lines="""
| product         | from       | to         | quantity | unit price | total |
|-----------------|------------|------------|----------|------------|-------|
| Started minutes | 2026-10-01 | 2026-10-15 | 2        | 10         | 20    |
| Started minutes | 2026-10-15 | 2026-11-01 | 1        | 20         | 20    |
""",
    ),
    Example(
        "rating.md §17 Q2",
        "seconds that fill up a started minute cost nothing more",
        catalog="""
customers: [{ id: fills-up, name: fills-up }]
contracts:
  - customer_id: fills-up
    rate_card: minutes dearer from the 15th
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 61    |
| 2026-10-20 | use  | 59    |
""",
        lines="""
| product         | from       | to         | quantity | unit price | total |
|-----------------|------------|------------|----------|------------|-------|
| Started minutes | 2026-10-01 | 2026-10-15 | 2        | 10         | 20    |
| Started minutes | 2026-10-15 | 2026-11-01 | 0        | 20         | 0     |
""",
    ),
    Example(
        "rating.md §1.4",
        "each presentation group is rounded by itself",
        catalog="""
customers: [{ id: by-project, name: by-project }]
contracts:
  - customer_id: by-project
    rate_card: minutes by project
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units | project_id |
|------------|------|-------|------------|
| 2026-10-05 | use  | 90    | a          |
| 2026-10-05 | use  | 90    | b          |
""",
        lines="""
| product                    | presentation | quantity | unit price | total |
|----------------------------|--------------|----------|------------|-------|
| Started minutes by project | project_id=a | 2        | 10         | 20    |
| Started minutes by project | project_id=b | 2        | 10         | 20    |
""",
    ),
    Example(
        "rating.md §1.4",
        "2.5 rounds up to 3, down to 2, half up to 3",
        catalog="""
customers: [{ id: r25, name: r25 }]
contracts:
  - customer_id: r25
    rate_card: three roundings
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 2.5   |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Up      | 3        | 10         | 30    |
| Down    | 2        | 10         | 20    |
| Half up | 3        | 10         | 30    |
""",
    ),
    Example(
        "rating.md §1.4",
        "2.49 rounds half up to 2",
        catalog="""
customers: [{ id: r24, name: r24 }]
contracts:
  - customer_id: r24
    rate_card: three roundings
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 2.49  |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Up      | 3        | 10         | 30    |
| Down    | 2        | 10         | 20    |
| Half up | 2        | 10         | 20    |
""",
    ),
    Example(
        "rating.md §1.4",
        "3 stays",
        catalog="""
customers: [{ id: r30, name: r30 }]
contracts:
  - customer_id: r30
    rate_card: three roundings
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 3     |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Up      | 3        | 10         | 30    |
| Down    | 3        | 10         | 30    |
| Half up | 3        | 10         | 30    |
""",
    ),
    Example(
        "rating.md §1.4",
        "-2.5 rounds up to -2, down to -3, half away from zero to -3",
        catalog="""
customers: [{ id: m25, name: m25 }]
contracts:
  - customer_id: m25
    rate_card: three roundings
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | -2.5  |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Up      | -2       | 10         | -20   |
| Down    | -3       | 10         | -30   |
| Half up | -3       | 10         | -30   |
""",
    ),
    Example(
        "rating.md §1.4",
        "to two places: 1.005 is 1.01, as no binary fraction would have it",
        catalog="""
customers: [{ id: cents, name: cents }]
contracts:
  - customer_id: cents
    rate_card: cents
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 1.005 |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Cents   | 1.01     | 10         | 10.1  |
""",
    ),
    Example(
        "rating.md §17 Q1, §4",
        "tiers count what has been converted and rounded: 1,001 are 1.1 thousands",
        catalog="""
customers: [{ id: tenths, name: tenths }]
contracts:
  - customer_id: tenths
    rate_card: tenths in tiers
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 1001  |
""",
        lines="""
| product             | tier | quantity | unit price | total |
|---------------------|------|----------|------------|-------|
| Tenths of thousands | 1    | 1        | 10         | 10    |
| Tenths of thousands | 2    | 0.1      | 5          | 0.5   |
""",
    ),
    Example(
        "rating.md §17 Q3",
        "money is not rounded: a small quantity at a small price keeps every digit",
        catalog="""
customers: [{ id: small, name: small }]
contracts:
  - customer_id: small
    rate_card: hundredfold
    starting_at: "2026-01-01T00:00:00Z"
""",
        events="""
| time       | type | units      |
|------------|------|------------|
| 2026-10-05 | use  | 0.00000123 |
""",
        lines="""
| product     | quantity | unit price | total     |
|-------------|----------|------------|-----------|
| Hundredfold | 0.000123 | 0.5        | 0.0000615 |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)
