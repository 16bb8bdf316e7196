"""Several contracts of one customer, and which events are a customer's."""

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

products:
  - { name: Units, type: USAGE, billable_metric: units }

rate_cards:
  - name: units at 10 cents
    rates:
      - { product: Units, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: units at 7 cents
    rates:
      - { product: Units, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 7 }
  - name: five at 9 cents then 8
    rates:
      - product: Units
        starting_at: "2024-01-01T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 5, price: 9 }, { price: 8 }]
"""

EXAMPLES = (
    Example(
        "rating.md §17 Q22",
        "contracts that overlap each bill all of the usage",
        customer="overlap",
        contract="""
- { id: overlap-a, rate_card: units at 10 cents, starting_at: "2026-01-01T00:00:00Z" }
- { id: overlap-b, rate_card: units at 7 cents, starting_at: "2026-10-15T00:00:00Z" }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 1     |
| 2026-10-20 | use  | 2     |
""",
        lines="""
| contract  | product | from       | to         | quantity | unit price | total |
|-----------|---------|------------|------------|----------|------------|-------|
| overlap-a | Units   | 2026-10-01 | 2026-11-01 | 3        | 10         | 30    |
| overlap-b | Units   | 2026-10-15 | 2026-11-01 | 2        | 7          | 14    |
""",
        invoices="""
| customer | contract  | from       | to         | total |
|----------|-----------|------------|------------|-------|
| overlap  | overlap-a | 2026-10-01 | 2026-11-01 | 30    |
| overlap  | overlap-b | 2026-10-15 | 2026-11-01 | 14    |
""",
    ),
    Example(
        "rating.md §9",
        "one contract ends where the next begins: an event at that instant is the next one's, and tiers start anew",
        customer="renewal",
        contract="""
- { id: renewal-a, rate_card: five at 9 cents then 8, starting_at: "2026-01-01T00:00:00Z",
    ending_before: "2026-10-20T00:00:00Z" }
- { id: renewal-b, rate_card: five at 9 cents then 8, starting_at: "2026-10-20T00:00:00Z" }
""",
        events="""
| time                | type | units |
|---------------------|------|-------|
| 2026-10-19 23:59:59 | use  | 6     |
| 2026-10-20          | use  | 6     |
""",
        lines="""
| contract  | product | from       | to         | tier | quantity | unit price | total |
|-----------|---------|------------|------------|------|----------|------------|-------|
| renewal-a | Units   | 2026-10-01 | 2026-10-20 | 1    | 5        | 9          | 45    |
| renewal-a | Units   | 2026-10-01 | 2026-10-20 | 2    | 1        | 8          | 8     |
| renewal-b | Units   | 2026-10-20 | 2026-11-01 | 1    | 5        | 9          | 45    |
| renewal-b | Units   | 2026-10-20 | 2026-11-01 | 2    | 1        | 8          | 8     |
""",
    ),
    Example(
        "rating.md §9",
        "usage before, between and after contracts is on no line",
        customer="between",
        contract="""
- { id: between-a, rate_card: units at 10 cents, starting_at: "2026-10-03T00:00:00Z",
    ending_before: "2026-10-10T00:00:00Z" }
- { id: between-b, rate_card: units at 7 cents, starting_at: "2026-10-12T00:00:00Z",
    ending_before: "2026-10-20T00:00:00Z" }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-02 | use  | 1     |
| 2026-10-05 | use  | 2     |
| 2026-10-11 | use  | 4     |
| 2026-10-15 | use  | 8     |
| 2026-10-25 | use  | 16    |
""",
        lines="""
| contract  | product | from       | to         | quantity | unit price | total |
|-----------|---------|------------|------------|----------|------------|-------|
| between-a | Units   | 2026-10-03 | 2026-10-10 | 2        | 10         | 20    |
| between-b | Units   | 2026-10-12 | 2026-10-20 | 8        | 7          | 56    |
""",
    ),
    Example(
        "rating.md §5",
        "an override belongs to its own contract",
        customer="own",
        contract="""
- { id: own-a, rate_card: units at 10 cents, starting_at: "2026-01-01T00:00:00Z",
    overrides: [{ starting_at: "2026-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5 }] }
- { id: own-b, rate_card: units at 10 cents, starting_at: "2026-01-01T00:00:00Z",
    ending_before: "2026-10-15T00:00:00Z" }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 2     |
""",
        lines="""
| contract | product | from       | to         | quantity | unit price | total |
|----------|---------|------------|------------|----------|------------|-------|
| own-a    | Units   | 2026-10-01 | 2026-11-01 | 2        | 5          | 10    |
| own-b    | Units   | 2026-10-01 | 2026-10-15 | 2        | 10         | 20    |
""",
    ),
    Example(
        "rating.md §9",
        "each contract has its own statements",
        customer="schedules",
        contract="""
- { id: schedules-a, rate_card: units at 10 cents, starting_at: "2026-01-01T00:00:00Z" }
- { id: schedules-b, rate_card: units at 7 cents, starting_at: "2026-09-10T00:00:00Z",
    usage_statement_schedule: { frequency: MONTHLY, day: CONTRACT_START } }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-09-20 | use  | 1     |
| 2026-10-05 | use  | 2     |
| 2026-10-20 | use  | 4     |
""",
        lines="""
| contract    | product | from       | to         | quantity | unit price | total |
|-------------|---------|------------|------------|----------|------------|-------|
| schedules-a | Units   | 2026-10-01 | 2026-11-01 | 6        | 10         | 60    |
| schedules-b | Units   | 2026-09-10 | 2026-10-10 | 3        | 7          | 21    |
""",
    ),
    Example(
        "metering.md §3",
        "a customer is billed for what comes under its id and every alias, at any time, and exactly those",
        customer="aliases",
        aliases=("team@example.com", "acct-1"),
        contract="rate_card: units at 10 cents",
        events="""
| time                | type | units | customer         |
|---------------------|------|-------|------------------|
| 2026-10-01          | use  | 1     | aliases          |
| 2026-10-02          | use  | 2     | team@example.com |
| 2026-10-31 23:59:59 | use  | 4     | acct-1           |
| 2026-10-05          | use  | 8     | ACCT-1           |
| 2026-10-05          | use  | 16    | nobody           |
| 2026-10-05          | use  | 32    | acct-1x          |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 7        | 10         | 70    |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)
