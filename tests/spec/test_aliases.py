"""Whose usage an event is: ingest aliases, given, moved and refused (metering.md §3, §17.27)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import CatalogError
from engine.workspace import Workspace
from tests.spec.workspaces import check, land, workspace

CATALOG = """
billable_metrics:
  - name: units
    aggregation_type: SUM
    aggregation_key: units
    property_filters: [{ name: units, exists: true }]
  - name: people
    aggregation_type: UNIQUE
    aggregation_key: person
    property_filters: [{ name: person, exists: true }]
products:
  - { name: Units, type: USAGE, billable_metric: units }
  - { name: People, type: USAGE, billable_metric: people }
rate_cards:
  - name: card
    rates:
      - { product: Units, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: People, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 100 }
contracts:
  - { customer_id: ann, rate_card: card, starting_at: "2026-01-01T00:00:00Z" }
  - { customer_id: ben, rate_card: card, starting_at: "2026-01-01T00:00:00Z" }
customers:
"""
EVENTS = """
| time       | type | customer        | units | person |
|------------|------|-----------------|-------|--------|
| 2026-10-01 | use  | ann             | 1     | p      |
| 2026-10-02 | use  | ann@example.com | 10    | p      |
| 2026-10-03 | use  | team-7          | 100   | q      |
| 2026-10-04 | use  | ben             | 1000  | p      |
| 2026-10-05 | use  | Ann             | 10000 | r      |
"""


def customers(ann: str, ben: str) -> str:
    return CATALOG + (
        f"  - {{ id: ann, name: Ann, ingest_aliases: [{ann}] }}\n"
        f"  - {{ id: ben, name: Ben, ingest_aliases: [{ben}] }}\n"
    )


def billed(made: Workspace, ann: str, ben: str, expected: str) -> None:
    """Write who has which aliases, and compare the bill of October."""
    (made.root / "catalog" / "catalog.yml").write_text(customers(ann, ben), encoding="utf-8")
    run = made.run("2026-10", now="2026-11-01T06:00:00Z")
    check(expected, run.line_items.dicts())


def test_aliases_hold_for_all_history_as_they_stand_now(tmp_path: Path) -> None:
    made = workspace(tmp_path / "workspace", customers("", ""))
    land(made, EVENTS)
    nobody_has_an_alias = """
| customer id | product name | quantity | total |
|-------------|--------------|----------|-------|
| ann         | Units        | 1        | 10    |
| ann         | People       | 1        | 100   |
| ben         | Units        | 1000     | 10000 |
| ben         | People       | 1        | 100   |
"""
    billed(made, "", "", nobody_has_an_alias)
    ann_has_both = """
| customer id | product name | quantity | total |
|-------------|--------------|----------|-------|
| ann         | Units        | 111      | 1110  |
| ann         | People       | 2        | 200   |
| ben         | Units        | 1000     | 10000 |
| ben         | People       | 1        | 100   |
"""
    billed(made, "ann@example.com, team-7", "", ann_has_both)
    the_team_went_to_ben = """
| customer id | product name | quantity | total |
|-------------|--------------|----------|-------|
| ann         | Units        | 11       | 110   |
| ann         | People       | 1        | 100   |
| ben         | Units        | 1100     | 11000 |
| ben         | People       | 2        | 200   |
"""
    billed(made, "ann@example.com", "team-7", the_team_went_to_ben)
    billed(made, "", "", nobody_has_an_alias)


def test_usage_is_of_all_names_of_a_customer(tmp_path: Path) -> None:
    made = workspace(tmp_path / "workspace", customers("ann@example.com, team-7", ""))
    land(made, EVENTS)
    expected = """
| customer id | customer name | value |
|-------------|---------------|-------|
| ann         | Ann           | 2     |
| ben         | Ben           | 1     |
"""
    rows = made.usage("people", starting_on="2026-10-01", ending_before="2026-11-01", window="none")
    check(expected, rows.dicts())


@pytest.mark.parametrize(
    ("ann", "ben"),
    [
        pytest.param("ben", "", id="the id of another customer"),
        pytest.param("", "ann", id="the id of one that stands earlier"),
        pytest.param("team-7", "team-7", id="an alias of another customer"),
    ],
)
def test_an_alias_that_means_two_customers_is_refused(ann: str, ben: str, tmp_path: Path) -> None:
    made = workspace(tmp_path / "workspace", customers(ann, ben))
    with pytest.raises(CatalogError, match="already stands for customer"):
        assert made.catalog


def test_a_name_is_no_alias_and_case_counts(tmp_path: Path) -> None:
    """`Ann` is the name of a customer, and another sender than `ann`."""
    made = workspace(tmp_path / "workspace", customers("", "Ann"))
    land(made, EVENTS)
    expected = """
| customer id | product name | quantity | total  |
|-------------|--------------|----------|--------|
| ann         | Units        | 1        | 10     |
| ann         | People       | 1        | 100    |
| ben         | Units        | 11000    | 110000 |
| ben         | People       | 2        | 200    |
"""
    check(expected, made.run("2026-10", now="2026-11-01T06:00:00Z").line_items.dicts())
