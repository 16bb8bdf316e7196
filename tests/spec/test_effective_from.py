"""A streaming metric that does not see what arrived before it took effect (metering.md §17.13)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import CatalogError
from tests.spec.workspaces import check, land, workspace

CATALOG = """
billable_metrics:
  - name: every unit
    aggregation_type: SUM
    aggregation_key: units
    property_filters: [{ name: units, exists: true }]
  - name: units from noon
    aggregation_type: SUM
    aggregation_key: units
    property_filters: [{ name: units, exists: true }]
    effective_from: "2026-10-03T12:00:00Z"
  - name: level from noon
    aggregation_type: LATEST
    aggregation_key: units
    property_filters: [{ name: units, exists: true }]
    effective_from: "2026-10-03T12:00:00Z"
products:
  - { name: Every unit, type: USAGE, billable_metric: every unit }
  - { name: Units from noon, type: USAGE, billable_metric: units from noon }
  - { name: Level from noon, type: USAGE, billable_metric: level from noon }
rate_cards:
  - name: card
    rates:
      - { product: Every unit, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Units from noon, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Level from noon, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
customers: [{ id: ann, name: Ann }]
contracts: [{ customer: ann, rate_card: card, starting_at: "2026-01-01T00:00:00Z" }]
"""


def test_arrival_counts_and_not_the_time_of_the_event(tmp_path: Path) -> None:
    made = workspace(tmp_path / "workspace", CATALOG)
    land(
        made,
        """
| arrived             | time             | type | customer | units |
|---------------------|------------------|------|----------|-------|
| 2026-10-03 11:59:59 | 2026-10-03 11:00 | use  | ann      | 1     |
| 2026-10-03 11:59:59 | 2026-10-04 10:00 | use  | ann      | 10    |
| 2026-10-03 12:00    | 2026-10-01       | use  | ann      | 100   |
| 2026-10-20          | 2026-10-02       | use  | ann      | 1000  |
""",
    )
    expected = """
| product name    | quantity | total |
|-----------------|----------|-------|
| Every unit      | 1111     | 11110 |
| Units from noon | 1100     | 11000 |
| Level from noon | 1000     | 10000 |
"""
    check(expected, made.run("2026-10", now="2026-11-01T06:00:00Z").line_items.dicts())
    usage = """
| customer id | starting at | ending before | value |
|-------------|-------------|---------------|-------|
| ann         | 2026-10-01  | 2026-11-01    | 1100  |
"""
    rows = made.usage("units from noon", starting_on="2026-10-01", ending_before="2026-11-01", window="none")
    check(usage, rows.dicts())


def test_a_sql_metric_takes_no_effective_from(tmp_path: Path) -> None:
    sql = CATALOG + ("\n# A metric in SQL sees all events at all times.\n")
    sql = sql.replace(
        "products:\n",
        '  - { name: in SQL, sql: SELECT count() AS value FROM events, effective_from: "2026-10-03T12:00:00Z" }\n'
        "products:\n",
        1,
    )
    with pytest.raises(CatalogError, match="effective_from"):
        assert workspace(tmp_path / "workspace", sql).catalog
