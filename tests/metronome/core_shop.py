"""A workspace with one of everything that the core tables of an export show, and its export."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from engine.executors.duckdb import DuckDBExecutor
from engine.metronome.export import ExportSource, export_tables
from engine.metronome.published import Published
from engine.rebilling.recorded_days import RecordedDays
from engine.rebilling.run_origins import RunOrigins
from engine.workspace import Workspace
from tests.spec.workspaces import land, workspace

#: When October 2026 is exported first.
NOW = datetime(2026, 11, 3, 6)
CATALOG = """
billable_metrics:
  - name: units
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [use] }
    property_filters: [{ name: units, exists: true }, { name: region, exists: true }, { name: user, exists: true }]
    group_keys: [[region, user]]
    custom_fields: { owner: é }
  - { name: everything, sql: "SELECT count(*) AS value FROM events" }
pricing_units: [{ name: Tokens }]
products:
  - name: Usage
    type: USAGE
    billable_metric: units
    pricing_group_key: [region]
    presentation_group_key: [user]
    custom_fields: { gl: "4010" }
  - { name: Chat, type: USAGE, billable_metric: everything }
  - { name: Fee, type: FIXED }
rate_cards:
  - name: card
    fiat_credit_type: USD
    credit_type_conversions: [{ custom_credit_type: Tokens, fiat_per_custom_credit: 3 }]
    rates:
      - { product: Chat, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 0.5,
          credit_type: Tokens }
      - { product: Usage, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10,
          pricing_group_values: { region: eu } }
      - { product: Usage, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 12.5,
          pricing_group_values: { region: us } }
customers:
  - { id: ann, name: Ann, ingest_aliases: [ann@x.example, "quo\\"te"], custom_fields: { tier: gold } }
  - { id: bob, name: Bob }
  - { id: cas, name: Cas }
  - { id: vic, name: Vic }
  - { id: pat, name: Pat }
  - { id: kid, name: Kid }
  - { id: pia, name: Pia }
contracts:
  - id: pias
    customer: pia
    rate_card: card
    starting_at: "2026-10-01T00:00:00Z"
    usage_statement_schedule: { frequency: WEEKLY }
    commits:
      - type: POSTPAID
        name: Promise
        product: Fee
        access_schedule:
          schedule_items: [{ amount: 90, starting_at: "2026-10-01T00:00:00Z", ending_before: "2026-10-15T00:00:00Z" }]
        invoice_schedule: { schedule_items: [{ timestamp: "2026-10-16T00:00:00Z", amount: 90 }] }
  - id: pats
    name: pats
    customer: pat
    rate_card: card
    starting_at: "2026-09-01T00:00:00Z"
    hierarchy_configuration: { parent_behavior: { invoice_consolidation_type: CONCATENATE } }
  - id: kids
    customer: kid
    rate_card: card
    starting_at: "2026-09-01T00:00:00Z"
    hierarchy_configuration: { parent: { contract: pats }, payer: PARENT, usage_statement_behavior: CONSOLIDATE }
  - id: anns
    customer: ann
    rate_card: card
    starting_at: "2026-09-01T00:00:00Z"
    custom_fields: { order: "17" }
    scheduled_charges:
      - product: Fee
        schedule: { schedule_items: [{ timestamp: "2026-10-05T00:00:00Z", amount: 99.5 }] }
  - { id: bobs, customer: bob, rate_card: card, starting_at: "2026-09-01T00:00:00Z" }
  - id: cass
    customer: cas
    rate_card: card
    starting_at: "2026-09-15T00:00:00Z"
    usage_statement_schedule: { frequency: MONTHLY, day: CUSTOM_DATE, billing_anchor_date: "2026-09-15T00:00:00Z" }
    commits:
      - type: POSTPAID
        name: Pledge
        product: Fee
        access_schedule:
          schedule_items: [{ amount: 70, starting_at: "2026-09-15T00:00:00Z", ending_before: "2027-09-15T00:00:00Z" }]
        invoice_schedule: { schedule_items: [{ timestamp: "2027-09-16T00:00:00Z", amount: 70 }] }
  - { id: vics, customer: vic, rate_card: card, starting_at: "2026-09-01T00:00:00Z" }
credits:
  - name: Welcome
    customer: ann
    product: Fee
    access_schedule:
      schedule_items: [{ amount: 45, starting_at: "2026-10-01T00:00:00Z", ending_before: "2027-10-01T00:00:00Z" }]
alerts:
  - { id: much, name: Much, alert_type: SPEND_THRESHOLD_REACHED, threshold: 60.5, customer: ann }
"""
EVENTS = f"""
| time             | type | customer      | units    | region | user | arrived          | note       |
|------------------|------|---------------|----------|--------|------|------------------|------------|
| 2026-09-16       | use  | cas           | 1        | eu     | c    | 2026-10-01 06:00 |            |
| 2026-09-30 12:00 | use  | cas           | 5        | eu     | c    | 2026-10-01 06:00 |            |
| 2026-10-01       | use  | ann@x.example | 3        | eu     | 'a'  | 2026-10-31 06:00 | a "quoted" |
| 2026-10-07       | use  | ann           | 2.5      | us     | b    | 2026-10-31 06:00 |            |
| 2026-10-07 10:00 | use  | ann           | 1        | eu     | 'a'  | 2026-10-31 06:00 | '7         |
| 2026-10-08       | use  | bob           | 4        | us     | b    | 2026-10-31 06:00 |            |
| 2026-10-03       | use  | pia           | 2        | eu     | p    | 2026-10-31 06:00 |            |
| 2026-10-09       | use  | kid           | 2        | eu     | k    | 2026-10-31 06:00 |            |
| 2026-10-14       | use  | cas           | 2        | eu     | c    | 2026-10-31 06:00 |            |
| 2026-10-20       | use  | vic           | {"9" * 25} | eu     | v    | 2026-10-31 06:00 |            |
| 2026-10-21       | look | nobody        |          |        |      | 2026-10-31 06:00 |            |
| 2026-11-01       | use  | ann           | 1        | eu     | 'a'  | 2026-11-01 06:00 |            |
"""
LATE = """
| time       | type | customer | units | region | user | arrived          |
|------------|------|----------|-------|--------|------|------------------|
| 2026-10-09 | use  | ann      | 7     | eu     | 'a'  | 2026-11-04 06:00 |
"""


def drafts(folder: Path) -> Workspace:
    """October 2026, billed: Ann has used up a credit, Cas has pledged, Pia falls short, Vic cannot be billed."""
    shop = workspace(folder, CATALOG)
    land(shop, EVENTS)
    shop.run("2026-10", now="2026-11-01T06:00:00Z")
    return shop


def finalize(shop: Workspace) -> None:
    """Ann's and Bob's invoices become final, Bob's is void at once, and more of Ann's usage arrives."""
    shop.finalize("2026-10", select="customer:Ann,customer:Bob", now="2026-11-02T06:00:00Z")
    shop.void_selected("2026-10", select="customer:Bob", reason="a test", now="2026-11-02T07:00:00Z")
    land(shop, LATE)


def source_of(shop: Workspace, *labels: str, breakdowns: bool = True) -> ExportSource:
    """What an export of these billing periods is made from."""

    @contextmanager
    def executors() -> Iterator[DuckDBExecutor]:
        with shop.connect() as connection:
            yield DuckDBExecutor(connection)

    days = RecordedDays(RunOrigins(shop.root, shop.config), shop.outputs, executors).of_period
    events = shop._snapshot(needed=False)
    published = Published(shop.outputs, labels, shop.root)
    return ExportSource(shop.catalog, published, events, executors, days if breakdowns else None)


def tables_of(shop: Workspace, *labels: str, now: datetime = NOW, breakdowns: bool = True) -> Mapping[str, pa.Table]:
    """The export of these billing periods."""
    return export_tables(source_of(shop, *labels, breakdowns=breakdowns), now)
