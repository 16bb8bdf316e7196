"""From what was metered to what is sold: multiplied or divided, exactly."""

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

rate_cards:
  - name: millions at 50 cents
    rates:
      - { product: Tokens (millions), starting_at: "2024-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 50 }
  - name: gigabytes
    rates:
      - { product: Gigabytes, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: hundredfold
    rates:
      - { product: Hundredfold, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.5 }
  - name: thirds
    rates:
      - { product: Thirds, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 3 }
  - name: thirds dearer from the 15th
    rates:
      - { product: Thirds, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 3 }
      - { product: Thirds, starting_at: "2026-10-15T00:00:00Z", entitled: true, rate_type: FLAT, price: 6 }
"""

EXAMPLES = (
    Example(
        "rating.md §15 T-28",
        "john 1 + 1 + 3 million and jane 5.5 million at 50 cents a million: 250 + 275",
        customer="t28",
        contract="""
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
        customer="t28-twice",
        contract="""
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
        customer="gigabytes",
        contract="rate_card: gigabytes",
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
        customer="hundredfold",
        contract="rate_card: hundredfold",
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
        customer="thirds",
        contract="rate_card: thirds",
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
        customer="minus-thirds",
        contract="rate_card: thirds",
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
        customer="thirds-cut",
        contract="rate_card: thirds dearer from the 15th",
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
        "rating.md §17 Q3",
        "money is not rounded: a small quantity at a small price keeps every digit",
        customer="small",
        contract="rate_card: hundredfold",
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
