"""A business that sells seats alone has no events, and is billed all the same."""

from __future__ import annotations

from decimal import Decimal
from importlib.resources import files
from pathlib import Path

import pyarrow.parquet as pq

from engine.events.commit import event_schema
from engine.events.table import PLACEHOLDER_FIELD
from engine.workspace import Workspace

SEATS = """
products: [{name: Seats, type: SUBSCRIPTION}]
rate_cards:
  - name: list
    rates:
      - product: Seats
        starting_at: "2026-01-01T00:00:00Z"
        entitled: true
        rate_type: FLAT
        price: 1000
        billing_frequency: MONTHLY
customers: [{name: Acme, ingest_aliases: [acme]}]
contracts:
  - customer: Acme
    rate_card: list
    starting_at: "2026-01-01T00:00:00Z"
    subscriptions:
      - subscription_rate: {product: Seats, billing_frequency: MONTHLY}
        collection_schedule: ARREARS
        initial_quantity: 3
"""


def test_subscriptions_are_billed_before_anything_has_landed(tmp_path: Path) -> None:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "seats.yml").write_text(SEATS)
    (tmp_path / "duckbill.toml").write_text('[workspace]\nname = "seats"\n')
    workspace = Workspace(tmp_path)
    run = workspace.run("2026-10", now="2026-11-01T06:00:00Z")
    assert [invoice["total"] for invoice in run.invoices.dicts()] == [Decimal(3000)]
    assert workspace.run("2026-10", now="2026-11-02T06:00:00Z").unchanged
    event = {"transaction_id": "1", "customer_id": "acme", "event_type": "x", "timestamp": "2026-10-31T00:00:00Z"}
    workspace.land([{**event, "properties": {}}], now="2026-11-02T06:00:00Z")
    again = workspace.run("2026-10", now="2026-11-02T06:00:00Z")
    assert not again.unchanged and again.summary["events"]["metered"] == 1  # type: ignore[index]
    assert [invoice["total"] for invoice in again.invoices.dicts()] == [Decimal(3000)]


def test_the_file_without_events_has_the_columns_of_those_with() -> None:
    schema = event_schema([PLACEHOLDER_FIELD])
    found = pq.read_table(str(files("engine.events") / "no_events.parquet"))
    assert found.num_rows == 0
    assert found.schema.equals(schema.remove(schema.get_field_index("date")))
