"""A property that is first met in the middle of a month: the files before have no such field."""

from __future__ import annotations

from pathlib import Path

from tests.faults.shop import NOW, PERIOD, make_workspace

_SIZE = """/* @metric
name: Size
@metric */
SELECT SUM(properties.size * properties.copies) AS value FROM events WHERE event_type = 'call'
"""


def test_numbers_that_some_files_have_no_field_for_are_added_up(tmp_path: Path) -> None:
    """DuckDB 2.0 ended such a query in an internal error, where it had moved the cast into the scan."""
    workspace = make_workspace(tmp_path / "shop")
    (workspace.root / "metrics_sql" / "size.sql").write_text(_SIZE, encoding="utf-8")
    event = {"customer_id": "acme", "event_type": "call", "timestamp": "2026-09-18T10:00:00Z"}
    for number, properties in enumerate([{"model": "large"}, {"size": 7, "copies": 2}, {"size": 5, "copies": 1}]):
        workspace.land([{**event, "transaction_id": f"{number}", "properties": properties}], now=NOW)
    (previewed,) = workspace.preview("Size", period=PERIOD, customer="acme").dicts()
    assert list(previewed.values())[-1] == 19
