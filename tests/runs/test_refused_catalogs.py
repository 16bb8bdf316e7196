"""What `validate` refuses a run refuses, too; what an earlier version published gains the columns of a later one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from deltalake import DeltaTable

from engine.errors import CatalogError
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
    """Writes a column out of the schema in the table's log, as a version without it would have left it."""
    for entry in (table / "_delta_log").glob("*.json"):
        actions = [json.loads(line) for line in entry.read_text(encoding="utf-8").splitlines()]
        for action in actions:
            if "metaData" in action:
                schema = json.loads(action["metaData"]["schemaString"])
                schema["fields"] = [field for field in schema["fields"] if field["name"] != name]
                action["metaData"]["schemaString"] = json.dumps(schema)
        entry.write_text("".join(json.dumps(action) + "\n" for action in actions), encoding="utf-8")
