"""Which of a customer's contracts an event counts for: usage filters and their schedules."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import CatalogError
from tests.spec.examples import Example, Ledger, named
from tests.spec.workspaces import workspace

SHARED = """
billable_metrics:
  - name: units
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [use] }
    property_filters: [{ name: units, exists: true }, { name: region, exists: true }]
    group_keys: [[region]]
  - name: average
    sql: SELECT AVG(properties.units) AS value FROM events WHERE event_type = 'use'

products:
  - { name: Units, type: USAGE, billable_metric: units }
  - { name: Average, type: USAGE, billable_metric: average, sql_breakdown_granularity: HOUR }

rate_cards:
  - name: units
    rates:
      - { product: Units, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
  - name: average
    rates:
      - { product: Average, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
"""

EXAMPLES = (
    Example(
        "metering.md §9.1",
        "each contract bills the regions that it names, exactly as they are written; the rest no contract bills",
        customer="routed",
        contract="""
- { id: east, rate_card: units, usage_filter: { group_key: region, group_values: [eu, asia] } }
- { id: west, rate_card: units, usage_filter: { group_key: region, group_values: [us] } }
""",
        events="""
| time       | type | units | region |
|------------|------|-------|--------|
| 2026-10-01 | use  | 1     | eu     |
| 2026-10-02 | use  | 10    | us     |
| 2026-10-03 | use  | 100   | asia   |
| 2026-10-04 | use  | 1000  | US     |
| 2026-10-05 | use  | 10000 | africa |
""",
        lines="""
| contract | product | quantity | unit price | total |
|----------|---------|----------|------------|-------|
| east     | Units   | 101      | 10         | 1010  |
| west     | Units   | 10       | 10         | 100   |
""",
    ),
    Example(
        "metering.md §9.1",
        "a contract without a filter bills everything, also what another one bills",
        customer="overlapping",
        contract="""
- { id: some, rate_card: units, usage_filter: { group_key: region, group_values: [eu] } }
- { id: all, rate_card: units }
""",
        events="""
| time       | type | units | region |
|------------|------|-------|--------|
| 2026-10-01 | use  | 1     | eu     |
| 2026-10-02 | use  | 10    | us     |
""",
        lines="""
| contract | product | quantity | unit price | total |
|----------|---------|----------|------------|-------|
| some     | Units   | 1        | 10         | 10    |
| all      | Units   | 11       | 10         | 110   |
""",
    ),
    Example(
        "metering.md §17.26",
        "an event goes by the filter in force at its own timestamp; a change splits no line",
        customer="schedule",
        contract="""
rate_card: units
usage_filter:
  - { group_key: region, group_values: [eu] }
  - { group_key: region, group_values: [us], starting_at: "2026-10-15T06:00:00Z" }
""",
        events="""
| time                | type | units  | region |
|---------------------|------|--------|--------|
| 2026-10-01          | use  | 1      | eu     |
| 2026-10-01          | use  | 10     | us     |
| 2026-10-15 05:59:59 | use  | 100    | eu     |
| 2026-10-15 06:00    | use  | 1000   | eu     |
| 2026-10-15 06:00    | use  | 10000  | us     |
""",
        lines="""
| product | quantity | unit price | total  |
|---------|----------|------------|--------|
| Units   | 10101    | 10         | 101010 |
""",
    ),
    Example(
        "metering.md §17.26",
        "before the first filter starts everything counts",
        customer="late",
        contract="""
rate_card: units
usage_filter: { group_key: region, group_values: [us], starting_at: "2026-10-15T00:00:00Z" }
""",
        events="""
| time                | type | units | region |
|---------------------|------|-------|--------|
| 2026-10-14 23:59:59 | use  | 1     | eu     |
| 2026-10-15          | use  | 10    | eu     |
| 2026-10-16          | use  | 100   | us     |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Units   | 101      | 10         | 1010  |
""",
    ),
    Example(
        "metering.md §9.1",
        "a SQL metric sees only the events that the filter lets through: its average is of 4 and 8",
        customer="sql",
        contract="{ rate_card: average, usage_filter: { group_key: region, group_values: [eu] } }",
        events="""
| time       | type | units | region |
|------------|------|-------|--------|
| 2026-10-01 | use  | 4     | eu     |
| 2026-10-02 | use  | 90    | us     |
| 2026-10-03 | use  | 60    |        |
| 2026-10-04 | use  | 8     | eu     |
""",
        lines="""
| product | quantity | unit price | total |
|---------|----------|------------|-------|
| Average | 6        | 10         | 60    |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(example: Example, ledger: Ledger) -> None:
    ledger.check(example)


REFUSED = """
billable_metrics:
  - name: units
    aggregation_type: SUM
    aggregation_key: units
    property_filters:
      [{{ name: units, exists: true }}, {{ name: region, exists: true }}, {{ name: model, exists: true }}]
    group_keys: [[region], [model]]
  - name: level
    aggregation_type: LATEST
    aggregation_key: units
    property_filters: [{{ name: units, exists: true }}, {{ name: region, exists: true }}]
    group_keys: [[region]]
products:
  - name: Units
    type: USAGE
    {product}
rate_cards:
  - name: card
    rates:
      - {{ product: Units, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }}
customers: [{{ id: c, name: Customer }}]
contracts:
  - {{ customer: c, rate_card: card, starting_at: "2026-01-01T00:00:00Z", usage_filter: {filter} }}
"""

BY_REGION = "{ group_key: region, group_values: [eu] }"


@pytest.mark.parametrize(
    ("product", "usage_filter"),
    [
        pytest.param("billable_metric: level", BY_REGION, id="LATEST"),
        pytest.param(
            'billable_metric: units\n    updates: [{ starting_at: "2027-01-01T00:00:00Z", billable_metric: level }]',
            BY_REGION,
            id="LATEST from next year on",
        ),
        pytest.param(
            "billable_metric: units",
            "{ group_key: cloud, group_values: [aws] }",
            id="a key that the metric has not",
        ),
        pytest.param(
            "billable_metric: units\n    pricing_group_key: [model]",
            BY_REGION,
            id="no compound key of the filter's and the product's keys",
        ),
        pytest.param(
            "billable_metric: units",
            '{ group_key: region, group_values: [eu], starting_at: "2026-10-01T00:30:00Z" }',
            id="a start that is no full hour",
        ),
        pytest.param(
            "billable_metric: units",
            f"[{BY_REGION}, {BY_REGION}]",
            id="a second one without a start",
        ),
        pytest.param(
            "billable_metric: units",
            '[{ group_key: region, group_values: [eu], starting_at: "2026-10-01T00:00:00Z" },'
            ' { group_key: region, group_values: [us], starting_at: "2026-10-01T00:00:00Z" }]',
            id="two that start together",
        ),
    ],
)
def test_a_usage_filter_that_cannot_be_applied_is_refused(product: str, usage_filter: str, tmp_path: Path) -> None:
    """metering.md §9.1, §17.18, §17.26."""
    made = workspace(tmp_path / "workspace", REFUSED.format(product=product, filter=usage_filter))
    with pytest.raises(CatalogError, match=r"filter|starting_at|LATEST|group key"):
        assert made.catalog


def test_a_usage_filter_by_the_metrics_key_is_accepted(tmp_path: Path) -> None:
    made = workspace(tmp_path / "workspace", REFUSED.format(product="billable_metric: units", filter=BY_REGION))
    assert made.validate() == ()
