"""A shop whose October is billed, and billed again after every cause of a difference has come to somebody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

import engine
from engine.workspace import Workspace
from tests.spec.workspaces import land

OCTOBER = "2026-10"
SETTINGS = """
[workspace]
name = "diff"

[landing]
past_days = 4000
"""
CATALOG = """
billable_metrics:
  - name: tokens
    aggregation_type: SUM
    aggregation_key: tokens
    property_filters: [{ name: tokens, exists: true }]
    event_type_filter: { in_values: [call] }
  - name: largest
    aggregation_type: MAX
    aggregation_key: tokens
    property_filters: [{ name: tokens, exists: true }]
    event_type_filter: { in_values: [call] }
products:
  - { id: words, name: Words, type: USAGE, billable_metric: tokens }
  - { id: peak, name: Peak, type: USAGE, billable_metric: tokens }
  - { id: fee, name: Fee, type: FIXED }
rate_cards:
  - name: plain
    fiat_credit_type: USD
    rates: [{ product: Words, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 2 }]
  - name: eves
    fiat_credit_type: USD
    rates: [{ product: Words, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 2 }]
  - name: peaks
    fiat_credit_type: USD
    rates: [{ product: Peak, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }]
  - name: gils
    fiat_credit_type: USD
    rates:
      - { product: Words, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 2 }
      - { product: Peak, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
customers:
  - { id: ann, name: Ann }
  - { id: bob, name: Bob }
  - { id: cat, name: Cat }
  - { id: dan, name: Dan }
  - { id: eve, name: Eve }
  - { id: fay, name: Fay }
  - { id: gil, name: Gil }
  - { id: hal, name: Hal }
  - { id: kid, name: Kid }
  - { id: pat, name: Pat }
  - { id: zed, name: Zed }
contracts:
  - id: anns
    customer: ann
    rate_card: plain
    starting_at: "2026-10-01T00:00:00Z"
    commits:
      - id: prepaid
        name: Prepaid
        type: PREPAID
        product: Fee
        access_schedule:
          schedule_items: [{ amount: 30, starting_at: "2026-10-01T00:00:00Z", ending_before: "2027-09-01T00:00:00Z" }]
        invoice_schedule: { schedule_items: [{ timestamp: "2026-10-01T00:00:00Z", amount: 25 }] }
  - id: bobs
    customer: bob
    rate_card: plain
    starting_at: "2026-10-01T00:00:00Z"
    overrides:
      - { starting_at: "2026-10-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.8,
          override_specifiers: [{ product: Words }] }
  - { id: cats, customer: cat, rate_card: plain, starting_at: "2026-10-01T00:00:00Z" }
  - { id: dans, customer: dan, rate_card: plain, starting_at: "2026-10-01T00:00:00Z" }
  - { id: eves, customer: eve, rate_card: eves, starting_at: "2026-10-01T00:00:00Z" }
  - { id: fays, customer: fay, rate_card: peaks, starting_at: "2026-10-01T00:00:00Z" }
  - id: gils
    customer: gil
    rate_card: gils
    starting_at: "2026-10-01T00:00:00Z"
    overrides:
      - { starting_at: "2026-10-01T00:00:00Z", type: MULTIPLIER, multiplier: 0.5,
          override_specifiers: [{ product: Words }] }
  - { id: hals, customer: hal, rate_card: plain, starting_at: "2026-10-01T00:00:00Z" }
  - id: pats
    name: pats
    customer: pat
    rate_card: plain
    starting_at: "2026-10-01T00:00:00Z"
    hierarchy_configuration: { parent_behavior: { invoice_consolidation_type: CONCATENATE } }
  - id: kids
    customer: kid
    rate_card: plain
    starting_at: "2026-10-01T00:00:00Z"
    hierarchy_configuration: { parent: { contract: pats }, payer: PARENT, usage_statement_behavior: CONSOLIDATE }
  - { id: zeds, customer: zed, rate_card: plain, starting_at: "2026-09-01T00:00:00Z" }
credits:
  - name: Gift
    customer: zed
    product: Fee
    access_schedule:
      schedule_items: [{ amount: 60, starting_at: "2026-09-01T00:00:00Z", ending_before: "2027-09-01T00:00:00Z" }]
  - name: Welcome
    customer: gil
    product: Fee
    access_schedule:
      schedule_items: [{ amount: 100, starting_at: "2026-10-01T00:00:00Z", ending_before: "2027-10-01T00:00:00Z" }]
"""
EVENTS = """
| time       | type | customer | tokens |
| 2026-10-02 | call | ann      | 50     |
| 2026-10-02 | call | bob      | 100    |
| 2026-10-03 | call | cat      | 40     |
| 2026-10-25 | call | cat      | 7      |
| 2026-10-02 | call | dan      | 10     |
| 2026-10-02 | call | eve      | 20     |
| 2026-10-02 | call | fay      | 3      |
| 2026-10-03 | call | fay      | 5      |
| 2026-10-02 | call | gil      | 10     |
| 2026-10-03 | call | gil      | 30     |
| 2026-10-02 | call | hal      | 6      |
| 2026-10-02 | call | kid      | 9      |
| 2026-10-02 | call | pat      | 4      |
| 2026-09-02 | call | zed      | 20     |
| 2026-10-02 | call | zed      | 15     |
"""
#: Usage that arrives after October has been billed.
LATE = """
| time       | type | customer | tokens | arrived    |
| 2026-10-20 | call | dan      | 13     | 2026-11-03 |
| 2026-10-21 | call | gil      | 5      | 2026-11-03 |
| 2026-10-21 | call | kid      | 1      | 2026-11-03 |
"""
#: Usage of a customer who has no contract before the catalog has changed.
IVYS = """
| time       | type | customer | tokens | arrived    |
| 2026-10-21 | call | ivy      | 8      | 2026-11-02 |
"""

#: A parsed catalog: sections with lists of objects.
Sections = dict[str, list[Any]]


def shop(root: Path) -> Workspace:
    """The shop with October billed."""
    (root / "catalog").mkdir(parents=True)
    (root / "duckbill.toml").write_text(SETTINGS, encoding="utf-8")
    (root / "catalog" / "shop.yml").write_text(CATALOG, encoding="utf-8")
    workspace = engine.open(root)
    land(workspace, EVENTS)
    workspace.run(OCTOBER, now="2026-11-01T06:00:00Z")
    return workspace


def change(root: Path, *changes: Callable[[Sections], None]) -> None:
    """Changes the catalog of a workspace, or of a folder with one."""
    path = root / "catalog" / "shop.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    for each in changes:
        each(content)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def contract(sections: Sections, contract_id: str) -> dict[str, Any]:
    """A contract by its id."""
    found: dict[str, Any] = next(each for each in sections["contracts"] if each["id"] == contract_id)
    return found


def run(workspace: Workspace, select: str | None = None, period: str = OCTOBER) -> str:
    """Runs October, or another month; the id of the run."""
    return workspace.run(period, now="2026-11-05T06:00:00Z", select=select).run_id


def standing(workspace: Workspace) -> str:
    """The run of October that stands."""
    return workspace.outputs.published_runs()[OCTOBER]


def owed(rows: Iterable[Mapping[str, object]]) -> dict[tuple[str, str], Decimal]:
    """What customers owe by invoice type: nothing for void invoices, nor for those that repeat others."""
    sums: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        if row["status"] != "VOID" and row["type"] != "USAGE_CONSOLIDATED":
            total, key = row["total"], (str(row["customer_id"]), str(row["type"]))
            assert isinstance(total, Decimal)
            sums[key] = sums.get(key, Decimal(0)) + total
    return sums
