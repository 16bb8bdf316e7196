"""Prices by group values: the exact price, else the default, else unrated."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named

SHARED = """
billable_metrics:
  - name: storage
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [storage] }
    property_filters:
      - { name: units, exists: true }
      - { name: region, exists: true }
      - { name: cloud, exists: true }
      - { name: org, exists: true }
    group_keys: [[region, cloud, org]]
  - name: traffic
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [traffic] }
    property_filters: [{ name: units, exists: true }, { name: region, exists: true }, { name: cloud, exists: true }]
    group_keys: [[region, cloud]]
  - name: tokens
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [tokens] }
    property_filters: [{ name: units, exists: true }, { name: model, exists: true }]
    group_keys: [[model]]
  - name: tokens in SQL
    sql: |
      SELECT SUM(properties.units) AS value, properties.model AS model
      FROM events
      WHERE event_type = 'tokens'
      GROUP BY properties.model

products:
  - name: P1
    type: USAGE
    billable_metric: storage
    pricing_group_key: [region, cloud]
    presentation_group_key: [org]
  - { name: P2, type: USAGE, billable_metric: traffic, pricing_group_key: [region, cloud] }
  - { name: Tokens, type: USAGE, billable_metric: tokens, pricing_group_key: [model] }
  - { name: Shown tokens, type: USAGE, billable_metric: tokens, pricing_group_key: [model],
      presentation_group_key: [model] }
  - { name: Tokens in SQL, type: USAGE, billable_metric: tokens in SQL, pricing_group_key: [model] }

rate_cards:
  - name: P1 and P2
    rates:
      - { product: P1, starting_at: "2026-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 12, pricing_group_values: { region: R1, cloud: AWS } }
      - { product: P1, starting_at: "2026-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 14, pricing_group_values: { region: R1, cloud: AZURE } }
      - { product: P1, starting_at: "2026-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 16, pricing_group_values: { region: R2, cloud: AWS } }
      - { product: P1, starting_at: "2026-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 18, pricing_group_values: { region: R2, cloud: AZURE } }
      - { product: P2, starting_at: "2026-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 18, pricing_group_values: { region: R1, cloud: AWS } }
      - { product: P2, starting_at: "2026-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 22, pricing_group_values: { region: R1, cloud: AZURE } }
      - { product: P2, starting_at: "2026-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 20, pricing_group_values: { region: R2, cloud: AWS } }
      - { product: P2, starting_at: "2026-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 24, pricing_group_values: { region: R2, cloud: AZURE } }
  - name: gpt-5 alone
    rates:
      - { product: Tokens, starting_at: "2026-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 10, pricing_group_values: { model: gpt-5 } }
  # The default price starts later than the model's own, and still comes after it.
  - name: gpt-5 and a default
    rates:
      - { product: Tokens, starting_at: "2026-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 10, pricing_group_values: { model: gpt-5 } }
      - { product: Tokens, starting_at: "2026-06-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 99 }
  - name: gpt-5 changes on the 15th
    rates:
      - { product: Tokens, starting_at: "2026-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 10, pricing_group_values: { model: gpt-5 } }
      - { product: Tokens, starting_at: "2026-10-15T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 20, pricing_group_values: { model: gpt-5 } }
      - { product: Tokens, starting_at: "2026-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 3, pricing_group_values: { model: mini } }
  - name: gpt-5 until the 15th and a default
    rates:
      - { product: Tokens, starting_at: "2026-01-01T00:00:00Z", ending_before: "2026-10-15T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 10, pricing_group_values: { model: gpt-5 } }
      - { product: Tokens, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 99 }
  - name: tokens in SQL with a default
    rates:
      - { product: Tokens in SQL, starting_at: "2026-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 10, pricing_group_values: { model: gpt-5 } }
      - { product: Tokens in SQL, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 99 }
  - name: tokens in SQL without a default
    rates:
      - { product: Tokens in SQL, starting_at: "2026-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 10, pricing_group_values: { model: gpt-5 } }
  - name: shown tokens
    rates:
      - { product: Shown tokens, starting_at: "2026-01-01T00:00:00Z",
          entitled: true, rate_type: FLAT, price: 10, pricing_group_values: { model: gpt-5 } }
"""

EXAMPLES = (
    Example(
        "rating.md §15 T-29",
        "a price for every region and cloud, a line for every cell with usage",
        customer="t29",
        contract="rate_card: P1 and P2",
        events="""
| time       | type    | units | region | cloud | org  |
|------------|---------|-------|--------|-------|------|
| 2026-10-05 | storage | 15    | R1     | AWS   | Org1 |
| 2026-10-05 | storage | 10    | R1     | AZURE | Org1 |
| 2026-10-05 | storage | 10    | R2     | AWS   | Org1 |
| 2026-10-05 | storage | 5     | R2     | AZURE | Org1 |
| 2026-10-05 | storage | 10    | R1     | AWS   | Org2 |
| 2026-10-05 | storage | 0     | R1     | AZURE | Org2 |
| 2026-10-05 | storage | 6     | R2     | AWS   | Org2 |
| 2026-10-05 | storage | 3     | R2     | AZURE | Org2 |
""",
        lines="""
| product | pricing                | presentation | quantity | unit price | total |
|---------|------------------------|--------------|----------|------------|-------|
| P1      | region=R1, cloud=AWS   | org=Org1     | 15       | 12         | 180   |
| P1      | region=R1, cloud=AZURE | org=Org1     | 10       | 14         | 140   |
| P1      | region=R2, cloud=AWS   | org=Org1     | 10       | 16         | 160   |
| P1      | region=R2, cloud=AZURE | org=Org1     | 5        | 18         | 90    |
| P1      | region=R1, cloud=AWS   | org=Org2     | 10       | 12         | 120   |
| P1      | region=R2, cloud=AWS   | org=Org2     | 6        | 16         | 96    |
| P1      | region=R2, cloud=AZURE | org=Org2     | 3        | 18         | 54    |
""",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| t29      | 2026-10-01 | 2026-11-01 | 840   |
""",
    ),
    Example(
        "rating.md §15 T-29",
        "the second product of the table has its own prices",
        customer="t29-p2",
        contract="rate_card: P1 and P2",
        events="""
| time       | type    | units | region | cloud |
|------------|---------|-------|--------|-------|
| 2026-10-05 | traffic | 1     | R1     | AWS   |
| 2026-10-05 | traffic | 1     | R1     | AZURE |
| 2026-10-05 | traffic | 1     | R2     | AWS   |
| 2026-10-05 | traffic | 1     | R2     | AZURE |
""",
        lines="""
| product | pricing                | quantity | unit price | total |
|---------|------------------------|----------|------------|-------|
| P2      | region=R1, cloud=AWS   | 1        | 18         | 18    |
| P2      | region=R1, cloud=AZURE | 1        | 22         | 22    |
| P2      | region=R2, cloud=AWS   | 1        | 20         | 20    |
| P2      | region=R2, cloud=AZURE | 1        | 24         | 24    |
""",
    ),
    Example(
        "rating.md §3.3",
        "values match exactly and case counts: gpt5 and GPT-5 are unrated",
        customer="exactly",
        contract="rate_card: gpt-5 alone",
        events="""
| time       | type   | units | model |
|------------|--------|-------|-------|
| 2026-10-05 | tokens | 3     | gpt-5 |
| 2026-10-05 | tokens | 5     | gpt5  |
| 2026-10-06 | tokens | 7     | GPT-5 |
""",
        lines="""
| product | pricing     | quantity | unit price | total |
|---------|-------------|----------|------------|-------|
| Tokens  | model=gpt-5 | 3        | 10         | 30    |
""",
        unrated="""
| product | pricing     | quantity |
|---------|-------------|----------|
| Tokens  | model=gpt5  | 5        |
| Tokens  | model=GPT-5 | 7        |
""",
    ),
    Example(
        "rating.md §17 Q4",
        "a rate without values is the default, after the exact one whatever its start",
        customer="default",
        contract="rate_card: gpt-5 and a default",
        events="""
| time       | type   | units | model |
|------------|--------|-------|-------|
| 2026-10-05 | tokens | 3     | gpt-5 |
| 2026-10-05 | tokens | 5     | gpt5  |
""",
        lines="""
| product | pricing     | quantity | unit price | total |
|---------|-------------|----------|------------|-------|
| Tokens  | model=gpt-5 | 3        | 10         | 30    |
| Tokens  | model=gpt5  | 5        | 99         | 495   |
""",
    ),
    Example(
        "rating.md §17 Q4",
        "when the exact rate ends the default takes over",
        customer="takes-over",
        contract="rate_card: gpt-5 until the 15th and a default",
        events="""
| time       | type   | units | model |
|------------|--------|-------|-------|
| 2026-10-05 | tokens | 3     | gpt-5 |
| 2026-10-15 | tokens | 4     | gpt-5 |
""",
        lines="""
| product | pricing     | from       | to         | quantity | unit price | total |
|---------|-------------|------------|------------|----------|------------|-------|
| Tokens  | model=gpt-5 | 2026-10-01 | 2026-10-15 | 3        | 10         | 30    |
| Tokens  | model=gpt-5 | 2026-10-15 | 2026-11-01 | 4        | 99         | 396   |
""",
    ),
    Example(
        "rating.md §0.3",
        "a price change of one model does not split the line of another",
        customer="no-split",
        contract="rate_card: gpt-5 changes on the 15th",
        events="""
| time       | type   | units | model |
|------------|--------|-------|-------|
| 2026-10-05 | tokens | 3     | gpt-5 |
| 2026-10-15 | tokens | 4     | gpt-5 |
| 2026-10-05 | tokens | 5     | mini  |
| 2026-10-15 | tokens | 6     | mini  |
""",
        lines="""
| product | pricing     | from       | to         | quantity | unit price | total |
|---------|-------------|------------|------------|----------|------------|-------|
| Tokens  | model=gpt-5 | 2026-10-01 | 2026-10-15 | 3        | 10         | 30    |
| Tokens  | model=gpt-5 | 2026-10-15 | 2026-11-01 | 4        | 20         | 80    |
| Tokens  | model=mini  | 2026-10-01 | 2026-11-01 | 11       | 3          | 33    |
""",
    ),
    Example(
        "metering.md §17.17",
        "no value at all takes the default price",
        customer="null-default",
        contract="rate_card: tokens in SQL with a default",
        events="""
| time       | type   | units | model |
|------------|--------|-------|-------|
| 2026-10-05 | tokens | 3     | gpt-5 |
| 2026-10-05 | tokens | 5     |       |
""",
        lines="""
| product       | pricing     | quantity | unit price | total |
|---------------|-------------|----------|------------|-------|
| Tokens in SQL | model=gpt-5 | 3        | 10         | 30    |
| Tokens in SQL | model=null  | 5        | 99         | 495   |
""",
    ),
    Example(
        "metering.md §17.17",
        "no value at all is unrated where there is no default",
        customer="null-unrated",
        contract="rate_card: tokens in SQL without a default",
        events="""
| time       | type   | units | model |
|------------|--------|-------|-------|
| 2026-10-05 | tokens | 3     | gpt-5 |
| 2026-10-05 | tokens | 5     |       |
""",
        lines="""
| product       | pricing     | quantity | unit price | total |
|---------------|-------------|----------|------------|-------|
| Tokens in SQL | model=gpt-5 | 3        | 10         | 30    |
""",
        unrated="""
| product       | pricing    | quantity |
|---------------|------------|----------|
| Tokens in SQL | model=null | 5        |
""",
    ),
    Example(
        "rating.md §1.3",
        "one property may price and present",
        customer="prices-and-presents",
        contract="rate_card: shown tokens",
        events="""
| time       | type   | units | model |
|------------|--------|-------|-------|
| 2026-10-05 | tokens | 3     | gpt-5 |
""",
        lines="""
| product      | pricing     | presentation | quantity | unit price | total |
|--------------|-------------|--------------|----------|------------|-------|
| Shown tokens | model=gpt-5 | model=gpt-5  | 3        | 10         | 30    |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)
