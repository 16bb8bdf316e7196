"""What `validate` refuses a run refuses, too; what an earlier version published gains the columns of a later one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from deltalake import DeltaTable

from engine.errors import CatalogError
from engine.events.delta_log import write_commit
from engine.workspace import Workspace
from tests.runs.conftest import NOW

LATER = """
billable_metrics: [{name: all, sql: SELECT count(*) AS value FROM events}]
products:
  - name: Everything
    type: USAGE
    billable_metric: all
    updates: [{starting_at: "2026-10-05T00:00:00Z", pricing_group_key: [region]}]
rates:
  - rate_card: CARD
    rates: [{product: Everything, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 1}]
"""


def test_a_sql_metric_without_the_column_of_a_later_key(workspace: Workspace) -> None:
    catalog = workspace.root / "catalog"
    (catalog / "later.yml").write_text(LATER.replace("CARD", workspace.catalog.rate_cards[0].name))
    (problem,) = workspace.validate()
    with pytest.raises(CatalogError) as refused:
        workspace.run("2026-10", now=NOW)
    assert refused.value.problems == (problem,)
    assert "no column 'region'" in problem.what
    assert not (workspace.lake / "invoices").exists()


def test_columns_that_are_new_since_an_earlier_version_are_added_to_what_it_published(workspace: Workspace) -> None:
    workspace.run("2026-10", now=NOW)
    table = workspace.lake / "invoices"
    _forget_column(table, "issued_at")
    assert "issued_at" not in {field.name for field in DeltaTable(table).schema().fields}
    file = workspace.root / "catalog" / "catalog.yml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("multiplier:", "priority: 7, multiplier:"), encoding="utf-8"
    )
    workspace.run("2026-10", now=NOW)
    assert "issued_at" in {field.name for field in DeltaTable(table).schema().fields}


def _forget_column(table: Path, name: str) -> None:
    """Describes the table without a column, as a version without it would have left it."""
    first = (table / "_delta_log" / f"{0:020d}.json").read_text(encoding="utf-8")
    (described,) = (action for action in map(json.loads, first.splitlines()) if "metaData" in action)
    schema = json.loads(described["metaData"]["schemaString"])
    schema["fields"] = [field for field in schema["fields"] if field["name"] != name]
    described["metaData"]["schemaString"] = json.dumps(schema)
    write_commit(table, DeltaTable(table).version() + 1, [described], {})
