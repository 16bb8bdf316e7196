"""After its metric was exchanged, a product owes nothing for what only the earlier one would still count."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest

import engine

CATALOG = """
billable_metrics:
  - name: beats
    aggregation_type: COUNT
    event_type_filter: {in_values: [beat]}
    property_filters: [{name: user, exists: true}]
    group_keys: [[user]]
products:
  - name: Uses
    type: USAGE
    billable_metric: FIRST
    presentation_group_key: [user]
    updates: [{starting_at: 2026-10-15T00:00:00Z, billable_metric: LAST}]
rate_cards:
  - name: Standard
    rates: [{product: Uses, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 3}]
customers: [{id: acme, name: Acme}]
contracts: [{customer: Acme, rate_card: Standard, starting_at: 2026-10-01T00:00:00Z}]
"""
SQL = {
    "calls": "SELECT COUNT(*) AS value, properties.user FROM events WHERE event_type = 'call' GROUP BY user",
    "users": "SELECT COUNT(DISTINCT properties.user) AS value, properties.user FROM events "
    "WHERE event_type = 'call' GROUP BY user",
}


def lines(folder: Path, first: str, last: str, events: list[tuple[str, str]]) -> list[tuple[object, ...]]:
    """(metric, user, quantity) of each line; `events` are (type, day of October)."""
    (folder / "catalog").mkdir(parents=True)
    (folder / "metrics_sql").mkdir()
    (folder / "duckbill.toml").write_text('[workspace]\nname = "swapped"\n')
    (folder / "catalog" / "catalog.yml").write_text(CATALOG.replace("FIRST", first).replace("LAST", last))
    for name, text in SQL.items():
        (folder / "metrics_sql" / f"{name}.sql").write_text(f"/* @metric\nname: {name}\n@metric */\n{text}\n")
    workspace = engine.open(folder)
    landed = [
        {
            "transaction_id": f"t{number}",
            "customer_id": "acme",
            "event_type": kind,
            "timestamp": f"2026-10-{day}T12:00:00Z",
            "properties": {"user": "u1"},
        }
        for number, (kind, day) in enumerate(events)
    ]
    path = folder / "events.ndjson"
    path.write_text("".join(json.dumps(each) + "\n" for each in landed))
    now = datetime(2026, 11, 1, 6)
    workspace.land(path, now=now)
    run = workspace.run("2026-10", now=now)
    return [
        (row["metric_name"], json.loads(str(row["presentation_group_values"]))["user"], row["quantity"])
        for row in run.line_items
    ]


@pytest.mark.parametrize(("first", "last"), [("beats", "calls"), ("calls", "beats"), ("users", "beats")])
def test_usage_of_a_metric_that_is_no_longer_in_force_is_none(tmp_path: Path, first: str, last: str) -> None:
    kind = "beat" if first == "beats" else "call"
    # A product without pricing group key has a line even of nothing (spec/rating.md §2), one for each metric.
    assert lines(tmp_path, first, last, [(kind, "20")]) == [(first, None, 0), (last, None, 0)]


@pytest.mark.parametrize(("first", "last"), [("beats", "calls"), ("calls", "beats"), ("users", "beats")])
def test_the_metric_that_takes_over_counts_from_there(tmp_path: Path, first: str, last: str) -> None:
    kind = "beat" if last == "beats" else "call"
    found = lines(tmp_path, first, last, [(kind, "10"), (kind, "20")])
    assert found == [(last, "u1", 1)]
