"""A refusal points into the file that holds the SQL, also when that file is YAML."""

from __future__ import annotations

from pathlib import Path

import engine


def test_sql_inside_yaml_is_refused_at_its_own_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "duckbill.toml").write_text('[workspace]\nname = "places"\n', encoding="utf-8")
    (tmp_path / "catalog" / "metrics.yml").write_text(
        "billable_metrics:\n"
        "  - name: fine\n"
        "    aggregation_type: COUNT\n"
        "  - name: odd\n"
        "    sql: |\n"
        "      SELECT COUNT(*) AS value\n"
        "      FROM invoices\n",
        encoding="utf-8",
    )
    assert [str(problem) for problem in engine.open(tmp_path).validate()] == [
        "catalog/metrics.yml:7:12: there is no table 'invoices'; known: 'events'"
    ]
