"""A workspace with one metered product at 10 a unit, whose customers each test names."""

from __future__ import annotations

from pathlib import Path

import engine
from engine.workspace import Workspace
from tests.spec.workspaces import land

SETTINGS = """
[workspace]
name = "life"

[landing]
past_days = 4000
"""
CATALOG = """
billable_metrics:
  - name: units
    aggregation_type: SUM
    aggregation_key: units
    property_filters: [{ name: units, exists: true }]
    event_type_filter: { in_values: [use] }
products:
  - { name: Usage, type: USAGE, billable_metric: units }
  - { name: Fee, type: FIXED }
rate_cards:
  - name: card
    fiat_credit_type: USD
    rates: [{ product: Usage, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }]
"""
ANN_AND_BOB = """
customers: [{ id: ann, name: Ann }, { id: bob, name: Bob, custom_fields: { tier: gold } }]
contracts:
  - { id: anns, customer: ann, rate_card: card, starting_at: "2026-09-01T00:00:00Z" }
  - { id: bobs, customer: bob, rate_card: card, starting_at: "2026-09-01T00:00:00Z" }
"""
#: A credit of 500 that Ann may use from October 2026 on.
CREDIT = """
credits:
  - name: Welcome
    customer: ann
    product: Fee
    access_schedule:
      schedule_items: [{ amount: 500, starting_at: "2026-10-01T00:00:00Z", ending_before: "2027-10-01T00:00:00Z" }]
"""
#: Kid's statements are put together with those of Pat.
PAT_AND_KID = """
customers: [{ id: pat, name: Pat }, { id: kid, name: Kid }, { id: zoe, name: Zoe }]
contracts:
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
  - { id: zoes, customer: zoe, rate_card: card, starting_at: "2026-09-01T00:00:00Z" }
"""
#: Tess is charged ahead once her spend reaches 100.
TESS = """
customers: [{ id: tess, name: Tess }]
contracts:
  - id: tesss
    customer: tess
    rate_card: card
    starting_at: "2026-09-01T00:00:00Z"
    spend_threshold_configuration:
      is_enabled: true
      threshold_amount: 100
      commit: { product: Fee }
      payment_gate_config: { payment_gate_type: NONE }
"""
#: Pia has promised to spend 1000 by 15 October 2026 and is billed by the week.
PIA = """
customers: [{ id: pia, name: Pia }]
contracts:
  - id: pias
    customer: pia
    rate_card: card
    starting_at: "2026-10-01T00:00:00Z"
    usage_statement_schedule: { frequency: WEEKLY }
    commits:
      - type: POSTPAID
        name: Pledge
        product: Fee
        access_schedule:
          schedule_items: [{ amount: 1000, starting_at: "2026-10-01T00:00:00Z", ending_before: "2026-10-15T00:00:00Z" }]
        invoice_schedule: { schedule_items: [{ timestamp: "2026-10-16T00:00:00Z", amount: 1000 }] }
"""


def shop(root: Path, who: str = ANN_AND_BOB, settings: str = "", catalog: str = CATALOG) -> Workspace:
    """A new workspace with these customers and contracts."""
    (root / "catalog").mkdir(parents=True)
    (root / "duckbill.toml").write_text(SETTINGS + settings, encoding="utf-8")
    write(root, "products", catalog)
    write(root, "who", who)
    return engine.open(root)


def write(root: Path, name: str, content: str) -> None:
    """A catalog file, in place of any that has its name."""
    (root / "catalog" / f"{name}.yml").write_text(content, encoding="utf-8")


def use(workspace: Workspace, events: str) -> None:
    """Lands units used by customers: columns time, customer, units, and arrived where it matters."""
    lines = [line for line in events.splitlines() if line.strip()]
    typed = [line.rstrip() + (" type |" if number == 0 else " use |") for number, line in enumerate(lines)]
    land(workspace, "\n".join(each for each in typed if "---" not in each))


def invoice(workspace: Workspace, customer: str, period: str = "2026-10", kind: str = "USAGE") -> str:
    """The id of a customer's invoice that has not been billed anew."""
    (found,) = (
        str(row["id"])
        for row in workspace.invoices(period)
        if row["customer_id"] == customer and row["type"] == kind and row["regenerated_as_invoice_id"] is None
    )
    return found


def published(workspace: Workspace) -> dict[str, str]:
    """What stands, by billing period."""
    return workspace.outputs.published_runs()
