"""Which lines exist: usage of nothing is shown for products without keys, and for them alone."""

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
  - name: latest level
    aggregation_type: LATEST
    aggregation_key: level
    event_type_filter: { in_values: [level] }
    property_filters: [{ name: level, exists: true }]
  - name: units by project
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [project] }
    property_filters: [{ name: units, exists: true }, { name: project_id, exists: true }]
    group_keys: [[project_id]]

products:
  - { name: Units, type: USAGE, billable_metric: units }
  - { name: Level, type: USAGE, billable_metric: latest level }
  - { name: Shown, type: USAGE, billable_metric: units by project, presentation_group_key: [project_id] }
  - { name: Priced, type: USAGE, billable_metric: units by project, pricing_group_key: [project_id] }
  - { name: Never priced, type: USAGE, billable_metric: units }

rate_cards:
  - name: units
    rates:
      - { product: Units, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: units dearer from the 15th
    rates:
      - { product: Units, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Units, starting_at: "2026-10-15T00:00:00Z", entitled: true, rate_type: FLAT, price: 20 }
  - name: tiers
    rates:
      - product: Units
        starting_at: "2026-01-01T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 5, price: 3 }, { price: 2 }]
  - name: level in tiers
    rates:
      - product: Level
        starting_at: "2026-01-01T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 5, price: 3 }, { size: 5, price: 2 }, { price: 1 }]
      - product: Level
        starting_at: "2026-10-15T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 5, price: 6 }, { size: 5, price: 5 }, { price: 4 }]
  - name: shown
    rates:
      - { product: Shown, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: shown in tiers
    rates:
      - product: Shown
        starting_at: "2026-01-01T00:00:00Z"
        entitled: true
        rate_type: TIERED
        tiers: [{ size: 5, price: 3 }, { price: 2 }]
  - name: priced
    rates:
      - { product: Priced, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
"""

EXAMPLES = (
    Example(
        "rating.md §2",
        "a product without keys has a line without usage; one without a rate on the card has none",
        customer="nothing",
        contract="rate_card: units",
        events="",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 0        | 10         | 0     |
""",
        invoices="""
| customer | from       | to         | total |
|----------|------------|------------|-------|
| nothing  | 2026-10-01 | 2026-11-01 | 0     |
""",
    ),
    Example(
        "rating.md §2",
        "one such line for every price that was in force",
        customer="two-prices",
        contract="rate_card: units dearer from the 15th",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-20 | use  | 3     |
""",
        lines="""
| product | from       | to         | quantity | unit price | total |
|---------|------------|------------|----------|------------|-------|
| Units   | 2026-10-01 | 2026-10-15 | 0        | 10         | 0     |
| Units   | 2026-10-15 | 2026-11-01 | 3        | 20         | 60    |
""",
    ),
    Example(
        "rating.md §2",
        "usage that nets to zero shows as a line of zero",
        customer="nets",
        contract="rate_card: units",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 5.5   |
| 2026-10-06 | use  | -5.5  |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 0        | 10         | 0     |
""",
    ),
    Example(
        "rating.md §2, §4",
        "without usage a tiered product shows its first tier",
        customer="first-tier",
        contract="rate_card: tiers",
        events="",
        lines="""
| product | tier | quantity | unit price | total |
|---------|------|----------|------------|-------|
| Units   | 1    | 0        | 3          | 0     |
""",
    ),
    Example(
        "rating.md §4",
        "tiers that are not reached have no line",
        customer="unreached",
        contract="rate_card: tiers",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 5     |
""",
        lines="""
| product | tier | quantity | unit price | total |
|---------|------|----------|------------|-------|
| Units   | 1    | 5        | 3          | 15    |
""",
    ),
    Example(
        "rating.md §17 Q5",
        "a level that stays shows its zero in the tier that it stands in",
        customer="stays",
        contract="rate_card: level in tiers",
        events="""
| time       | type  | level |
|------------|-------|-------|
| 2026-10-05 | level | 10    |
""",
        lines="""
| product | from       | to         | tier | quantity | unit price | total |
|---------|------------|------------|------|----------|------------|-------|
| Level   | 2026-10-01 | 2026-10-15 | 1    | 5        | 3          | 15    |
| Level   | 2026-10-01 | 2026-10-15 | 2    | 5        | 2          | 10    |
| Level   | 2026-10-15 | 2026-11-01 | 2    | 0        | 5          | 0     |
""",
    ),
    Example(
        "rating.md §2",
        "shown by a key, without usage: one line, with no value",
        customer="shown-none",
        contract="rate_card: shown",
        events="",
        lines="""
| product | presentation    | quantity | unit price | total |
|---------|-----------------|----------|------------|-------|
| Shown   | project_id=null | 0        | 10         | 0     |
""",
    ),
    Example(
        "rating.md §2, §4",
        "the same in tiers",
        customer="shown-tiers",
        contract="rate_card: shown in tiers",
        events="",
        lines="""
| product | presentation    | tier | quantity | unit price | total |
|---------|-----------------|------|----------|------------|-------|
| Shown   | project_id=null | 1    | 0        | 3          | 0     |
""",
    ),
    Example(
        "rating.md §15 T-29, §2",
        "shown by a key, with usage: lines for what was used alone",
        customer="shown-some",
        contract="rate_card: shown",
        events="""
| time       | type    | units | project_id |
|------------|---------|-------|------------|
| 2026-10-05 | project | 3     | a          |
| 2026-10-05 | project | 0     | b          |
| 2026-10-05 | project | 5     | c          |
| 2026-10-06 | project | -5    | c          |
""",
        lines="""
| product | presentation | quantity | unit price | total |
|---------|--------------|----------|------------|-------|
| Shown   | project_id=a | 3        | 10         | 30    |
""",
    ),
    Example(
        "rating.md §2",
        "shown by a key, with usage that nets to zero: no line",
        customer="shown-nets",
        contract="rate_card: shown",
        events="""
| time       | type    | units | project_id |
|------------|---------|-------|------------|
| 2026-10-05 | project | 5     | c          |
| 2026-10-06 | project | -5    | c          |
""",
        lines="",
        invoices="""
| customer   | from       | to         | total |
|------------|------------|------------|-------|
| shown-nets | 2026-10-01 | 2026-11-01 | 0     |
""",
    ),
    Example(
        "rating.md §2",
        "priced by a key, without usage: no line, and an invoice all the same",
        customer="priced-none",
        contract="rate_card: priced",
        events="",
        lines="",
        invoices="""
| customer    | from       | to         | total |
|-------------|------------|------------|-------|
| priced-none | 2026-10-01 | 2026-11-01 | 0     |
""",
    ),
    Example(
        "rating.md §5.1",
        "a price of zero is a price: the line shows the quantity",
        customer="free",
        contract="""
rate_card: units
overrides: [{ starting_at: "2026-01-01T00:00:00Z", type: MULTIPLIER, multiplier: 0 }]
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2026-10-05 | use  | 3     |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 3        | 0          | 0     |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)
