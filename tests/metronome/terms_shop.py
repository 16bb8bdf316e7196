"""Contracts with balances of every origin, billed for two months, and an export's tables about them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.catalog.load import load_catalog
from engine.metronome.catalog_tables import catalog_tables
from engine.metronome.contracts_ledger import Ledgers
from engine.metronome.contracts_tables import tables_of_catalog
from engine.metronome.import_catalog import import_catalog
from engine.metronome.json_text import json_text
from engine.workspace import Workspace
from tests.spec.workspaces import land, workspace

NOW = datetime(2026, 11, 1, 6)
CATALOG = """
billable_metrics:
  - { name: units, aggregation_type: SUM, aggregation_key: units, event_type_filter: { in_values: [use] },
      property_filters: [{ name: units, exists: true }] }
products:
  - { name: Usage, type: USAGE, billable_metric: units }
  - { name: Balance, type: FIXED }
rate_cards:
  - name: card
    rates: [{ product: Usage, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 1 }]
customers: [{ id: ann, name: Ann }, { id: bob, name: Bob }]
contracts:
  - id: old
    customer: ann
    rate_card: card
    starting_at: "2026-09-01T00:00:00Z"
    commits:
      - id: reserve
        type: PREPAID
        product: Balance
        rollover_fraction: 0.5
        access_schedule:
          schedule_items: [{ amount: 100, starting_at: "2026-09-01T00:00:00Z", ending_before: "2027-09-01T00:00:00Z" }]
        invoice_schedule: { schedule_items: [{ timestamp: "2026-09-01T00:00:00Z", unit_price: 30, quantity: 2 }] }
  - id: new
    customer: ann
    rate_card: card
    starting_at: "2026-10-01T00:00:00Z"
    transition: { type: RENEWAL, from_contract: old }
    recurring_credits:
      - id: monthly
        name: Monthly
        product: Balance
        priority: 5
        access_amount: { unit_price: 7, quantity: 1 }
        commit_duration: { value: 1 }
        starting_at: "2026-10-01T00:00:00Z"
  - id: bobs
    customer: bob
    rate_card: card
    starting_at: "2026-09-01T00:00:00Z"
    spend_threshold_configuration:
      is_enabled: true
      threshold_amount: 50
      commit: { product: Balance, name: Spend }
    commits:
      - id: pledge
        type: POSTPAID
        product: Balance
        access_schedule:
          schedule_items: [{ amount: 40, starting_at: "2026-09-01T00:00:00Z", ending_before: "2026-10-01T00:00:00Z" }]
        invoice_schedule: { schedule_items: [{ timestamp: "2026-10-01T00:00:00Z", amount: 40 }] }
credits:
  - id: gift
    customer: ann
    product: Balance
    access_schedule:
      schedule_items:
        - { id: early, amount: 5, starting_at: "2026-09-01T00:00:00Z", ending_before: "2026-10-01T00:00:00Z" }
        - { id: late, amount: 6.25, starting_at: "2026-10-15T00:00:00Z", ending_before: "2027-09-01T00:00:00Z" }
manual_balance_entries:
  - { id: gift, customer: ann, segment_id: early, amount: -1, reason: "A \\"mistake\\"" }
  - { id: gift, customer: ann, segment_id: late, amount: 0.5, reason: Sorry, timestamp: "2026-12-01T00:00:00Z" }
"""
EVENTS = """
| time       | type | customer | units | arrived          |
|------------|------|----------|-------|------------------|
| 2026-09-10 | use  | ann      | 34    | 2026-09-30 06:00 |
| 2026-10-10 | use  | ann      | 9     | 2026-10-31 06:00 |
| 2026-09-10 | use  | bob      | 30    | 2026-09-30 06:00 |
| 2026-10-10 | use  | bob      | 70    | 2026-10-31 06:00 |
"""


def billed(folder: Path) -> Workspace:
    """September and October 2026: a commit is used and rolls over, a pledge is trued up, a threshold is reached."""
    shop = workspace(folder, CATALOG)
    land(shop, EVENTS)
    for month in ("2026-09", "2026-10"):
        shop.run(month, now="2026-11-01T06:00:00Z")
    return shop


def exported(catalog: Catalog) -> dict[str, pa.Table]:
    """What an export has of a catalog of which nothing has been published."""
    ledgers = Ledgers(None, catalog.manual_balance_entries)
    return {**tables_of_catalog(catalog, ledgers, None, NOW), **catalog_tables(catalog, NOW)}


def imported(tables: Mapping[str, pa.Table], folder: Path) -> tuple[Catalog, list[str]]:
    """The catalog that an export's tables make, read from files in `folder`, and the notes."""
    sections, notes = import_catalog(tables)
    (folder / "catalog").mkdir(parents=True)
    for section, items in sections.items():
        text = "".join(json_text(item) + "\n" for item in items)
        (folder / "catalog" / f"{section}.jsonl").write_text(text, encoding="utf-8")
    return load_catalog(folder), notes


def comparable(catalog: Catalog) -> str:
    """A catalog as text, but for what has no bearing on a bill.

    That is of which packages contracts were made, and which of the corrections of two balances comes first.
    """
    contracts = tuple(each.model_copy(update={"package_id": None}) for each in catalog.contracts)
    corrections = tuple(sorted(catalog.manual_balance_entries, key=lambda each: each.id))
    return catalog.model_copy(update={"contracts": contracts, "manual_balance_entries": corrections}).to_json()


def as_others_write(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The same export without what duckbill adds to it, as `read_export` would read it."""
    return {
        name: pa.Table.from_arrays(
            [
                pa.nulls(table.num_rows, field.type) if field.name.startswith("duckbill_") else table[field.name]
                for field in table.schema
            ],
            schema=table.schema,
        )
        for name, table in tables.items()
    }


def changed(table: pa.Table, row_id: str, **values: object) -> pa.Table:
    """A table with other values in one of its rows."""
    rows = [row | values if row["id"] == row_id else row for row in table.to_pylist()]
    return pa.Table.from_pylist(rows, schema=table.schema)
