"""Names with dots: the property of that name, else a walk through an object (metering.md §17.12)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.workspace import Workspace
from tests.spec.tables import read_table
from tests.spec.workspaces import check, land, workspace

CATALOG = """
billable_metrics:
  - name: streaming
    aggregation_type: SUM
    aggregation_key: usage.tokens
    property_filters: [{ name: usage.tokens, exists: true }]
  - name: in SQL
    sql: SELECT SUM(properties.usage.tokens) AS value FROM events
  - name: by region
    aggregation_type: COUNT
    property_filters: [{ name: resource.region.name, exists: true }]
    group_keys: [[resource.region.name]]
  - name: filtered
    aggregation_type: COUNT
    property_filters: [{ name: resource.region.name, in_values: ["1.10", "true", eu] }]
  - name: without region
    aggregation_type: COUNT
    property_filters: [{ name: resource.region.name, exists: false }]
"""
#: Every row is sent by a customer of its own.
TOKENS = """
| customer | usage.tokens | usage                        | counts |
|----------|--------------|------------------------------|--------|
| flat     | 5            |                              | 5      |
| both     | 5            | {"tokens": 7}                | 5      |
| object   |              | {"tokens": 7}                | 7      |
| literal  |              | {"tokens": 20010020.00000001}| 20010020.00000001 |
| exponent |              | {"tokens": 1E2}              | 100    |
| string   |              | {"tokens": "1.10"}           | 1.1    |
| text     |              | '{"tokens": "7"}             | 7      |
| spaces   |              | ' {"tokens" : 7 }            | 7      |
| huge     |              | {"tokens": 12345678901234567890123} | 12345678901234567890123 |
| junk     | many         | {"tokens": 7}                | null   |
| null     |              | {"tokens": null}             | null   |
| deeper   |              | {"tokens": {"all": 7}}       | null   |
| array    |              | {"tokens": [7]}              | null   |
| boolean  |              | {"tokens": true}             | null   |
| case     |              | {"Tokens": 7}                | null   |
| list     |              | [{"tokens": 7}]              | null   |
| no JSON  |              | '{"tokens": 7                | null   |
| NaN      |              | '{"tokens": 7, "n": NaN}     | null   |
| comma    |              | '{"tokens": 7,}              | null   |
| words    |              | tokens                       | null   |
"""
REGIONS = """
| customer | resource.region.name | resource.region | resource                               | region |
|----------|----------------------|-----------------|----------------------------------------|--------|
| flat     | eu                   |                 | {"region": {"name": "us"}}             | eu     |
| object   |                      |                 | {"region": {"name": "us"}}             | us     |
| number   |                      |                 | {"region": {"name": 1.10}}             | 1.10   |
| boolean  |                      |                 | {"region": {"name": true}}             | true   |
| text     |                      |                 | '{"region": {"name": "us"}}            | us     |
| empty    |                      |                 | {"region": {"name": ""}}               |        |
| halfway  |                      | {"name": "eu"}  |                                        | -      |
| dotted   |                      |                 | {"region.name": "eu"}                  | -      |
| string   |                      |                 | {"region": "eu"}                       | -      |
| inner    |                      |                 | {"region": "{\\"name\\": \\"eu\\"}"}   | -      |
| null     |                      |                 | {"region": {"name": null}}             | -      |
"""


def sent(root: Path, table: str) -> Workspace:
    """A workspace in which every row of a table is an event of a customer of its own."""
    rows = read_table(table)
    customers = "".join(f"  - {{ id: {row['customer']!r}, name: {row['customer']!r} }}\n" for row in rows)
    made = workspace(root, CATALOG + "customers:\n" + customers)
    columns = [name for name in rows[0] if name not in ("counts", "region")]
    lines = ["| time | type | " + " | ".join(columns) + " |"]
    lines += ["| 2026-10-05 | use | " + " | ".join(row[name] for name in columns) + " |" for row in rows]
    land(made, "\n".join(lines))
    return made


def october(made: Workspace, metric: str, *group_by: str) -> list[dict[str, object]]:
    rows = made.usage(metric, starting_on="2026-10-01", ending_before="2026-11-01", window="none", group_by=group_by)
    return [dict(row) for row in rows.dicts()]


@pytest.mark.parametrize("metric", ["streaming", "in SQL"])
def test_the_value_of_a_dotted_name(metric: str, tmp_path: Path) -> None:
    made = sent(tmp_path / "workspace", TOKENS)
    wanted = "\n".join(f"| {row['customer']} | {row['counts']} |" for row in read_table(TOKENS))
    check(f"| customer id | value |\n{wanted}", october(made, metric))


def test_the_group_of_a_dotted_name(tmp_path: Path) -> None:
    made = sent(tmp_path / "workspace", REGIONS)
    rows = [row for row in read_table(REGIONS) if row["region"] != "-"]
    found = {
        str(row["customer_id"]): row["resource.region.name"]
        for row in october(made, "by region", "resource.region.name")
    }
    assert found == {row["customer"]: row["region"] for row in rows}


def test_filters_by_a_dotted_name(tmp_path: Path) -> None:
    made = sent(tmp_path / "workspace", REGIONS)
    for metric, counted in (
        ("filtered", {"flat", "number", "boolean"}),
        ("without region", {row["customer"] for row in read_table(REGIONS) if row["region"] == "-"}),
    ):
        assert {row["customer_id"] for row in october(made, metric) if row["value"]} == counted
