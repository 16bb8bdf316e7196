"""A small workspace for nights: usage at 10 cents, a credit that goes on from month to month, a charge on a date."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from engine.night import Night
from engine.workspace import Workspace

SETTINGS = """
[workspace]
name = "nights"

[invoices]
late_usage = "{late_usage}"
finalize = "{finalize}"
"""

CATALOG = """
billable_metrics:
  - name: units
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: {in_values: [call]}
    property_filters: [{name: units, exists: true}]
products:
  - {name: Calls, type: USAGE, billable_metric: units}
  - {name: Setup, type: FIXED}
  - {name: Gift, type: FIXED}
rate_cards:
  - name: List
    rates:
      - {product: Calls, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 10}
"""

CUSTOMERS = """
customers:
  - {id: acme, name: Acme}
  - {id: bolt, name: Bolt}
contracts:
  - id: acmes
    customer: acme
    rate_card: List
    starting_at: 2026-09-01T00:00:00Z
    credits:
      - name: Welcome
        product: Gift
        access_schedule:
          schedule_items: [{amount: 1500, starting_at: 2026-09-01T00:00:00Z, ending_before: 2027-09-01T00:00:00Z}]
  - id: bolts
    customer: bolt
    rate_card: List
    starting_at: 2026-09-01T00:00:00Z
    scheduled_charges:
      - product: Setup
        schedule: {schedule_items: [{timestamp: 2026-10-10T00:00:00Z, unit_price: 700, quantity: 1}]}
"""


def shop(root: Path, *, late_usage: str = "report", finalize: str = "after_grace", more: str = "") -> Workspace:
    """A new workspace with nothing landed; `more` is added to its settings."""
    (root / "catalog").mkdir(parents=True)
    (root / "duckbill.toml").write_text(SETTINGS.format(late_usage=late_usage, finalize=finalize) + more)
    write(root, "products", CATALOG)
    write(root, "customers", CUSTOMERS)
    return Workspace(root)


def write(root: Path, name: str, content: str) -> None:
    """A catalog file, in place of any that has its name."""
    (root / "catalog" / f"{name}.yml").write_text(content, encoding="utf-8")


def send(workspace: Workspace, customer: str, at: str, units: int, *, arrived: str | None = None) -> None:
    """Lands one event, by default an hour after it happened."""
    event = {
        "transaction_id": f"{customer} {at} {units}",
        "customer_id": customer,
        "event_type": "call",
        "timestamp": f"{at}:00:00Z",
        "properties": {"units": units},
    }
    assert workspace.land([event], now=f"{arrived or at}:30:00Z").accepted == 1


def night(workspace: Workspace, day: str) -> Night:
    """The night that begins at two in the morning of a day."""
    return workspace.nightly(now=f"{day}T02:00:00Z")


def told(done: Night) -> list[tuple[str, str, str]]:
    """The steps of a night: period, step, status."""
    return [(each.period, str(each.step), each.status) for each in done.done]


def totals(workspace: Workspace, period: str) -> Mapping[tuple[str, str, str], Decimal]:
    """The totals of published invoices by customer, type and status."""
    found: dict[tuple[str, str, str], Decimal] = {}
    for row in workspace.invoices(period).dicts():
        key = (str(row["customer_name"]), str(row["type"]), str(row["status"]))
        assert key not in found and isinstance(row["total"], Decimal)
        found[key] = row["total"].normalize()
    return found
