"""A workspace with one of everything that finance tells apart, small enough for a pencil; and other billed scenarios.

Prices are in cents: Flat 10, Peak 7, Tokened 4 Tokens of 3 cents each, Share a tenth of Flat.

| who | usage in October | terms | comes to |
|---|---|---|---|
| Ann | 40 of Tokened: 160 Tokens | 100 Tokens for 200 cents | 60 Tokens are left: 180 cents |
| Ben | 20 of Tokened: 80 Tokens, 240 cents | 100 cents for 90 | the conversion less 100: 140 cents |
| Cyd | 30 of Flat: 300 cents, Share 30 | a credit of 50, a pledge of 1000, 70 for 60 that expire | 280, true-up 750 |
| Dan | a peak of 1, and then, once October is final, of 2 | | 7, in November a correction of 7 |
| Eve | 5 of Flat: 50 cents, Share 5 | | void |
"""

from __future__ import annotations

from pathlib import Path

from engine.exporting import Exporting
from engine.workspace import Workspace
from tests.late_usage.shop import CATALOG, NOW, arrive, shop
from tests.reconcile.reconciled import published, recommit, rewrite

OCTOBER = "2026-10"
NOVEMBER = "2026-11"
BOTH = f"{OCTOBER}..{NOVEMBER}"

_WHO = """
customers:
  - { id: ann, name: Ann }
  - { id: ben, name: Ben }
  - { id: cyd, name: Cyd }
  - { id: dan, name: Dan }
  - { id: eve, name: Eve }
contracts:
  - id: anns
    customer: ann
    rate_card: card
    starting_at: "2026-10-01T00:00:00Z"
    commits:
      - id: anns-tokens
        type: PREPAID
        name: Token pack
        product: Fee
        access_schedule:
          credit_type: Tokens
          schedule_items: [{ amount: 100, starting_at: "2026-10-01T00:00:00Z", ending_before: "2027-10-01T00:00:00Z" }]
        invoice_schedule: { schedule_items: [{ timestamp: "2026-10-01T00:00:00Z", amount: 200 }] }
  - id: bens
    customer: ben
    rate_card: card
    starting_at: "2026-10-01T00:00:00Z"
    commits:
      - id: bens-money
        type: PREPAID
        name: Money
        product: Fee
        access_schedule:
          schedule_items: [{ amount: 100, starting_at: "2026-10-01T00:00:00Z", ending_before: "2027-10-01T00:00:00Z" }]
        invoice_schedule: { schedule_items: [{ timestamp: "2026-10-01T00:00:00Z", amount: 90 }] }
  - id: cyds
    customer: cyd
    rate_card: card
    starting_at: "2026-10-01T00:00:00Z"
    credits:
      - id: cyds-credit
        name: Welcome
        product: Fee
        priority: 1
        applicable_products: [Flat]
        access_schedule:
          schedule_items: [{ amount: 50, starting_at: "2026-10-01T00:00:00Z", ending_before: "2027-10-01T00:00:00Z" }]
    commits:
      - id: cyds-pledge
        type: POSTPAID
        name: Pledge
        product: Fee
        applicable_products: [Flat]
        access_schedule:
          schedule_items: [{ amount: 1000, starting_at: "2026-10-01T00:00:00Z", ending_before: "2026-11-01T00:00:00Z" }]
        invoice_schedule: { schedule_items: [{ timestamp: "2026-11-01T00:00:00Z", amount: 1000 }] }
      - id: cyds-pack
        type: PREPAID
        name: Peak pack
        product: Fee
        applicable_products: [Peak]
        access_schedule:
          schedule_items: [{ amount: 70, starting_at: "2026-10-01T00:00:00Z", ending_before: "2026-10-16T00:00:00Z" }]
        invoice_schedule: { schedule_items: [{ timestamp: "2026-10-01T00:00:00Z", amount: 60 }] }
  - { id: dans, customer: dan, rate_card: card, starting_at: "2026-10-01T00:00:00Z" }
  - { id: eves, customer: eve, rate_card: card, starting_at: "2026-10-01T00:00:00Z" }
"""
_VOID = "SELECT * REPLACE (CASE customer_id WHEN 'eve' THEN 'VOID' ELSE status END AS status) FROM rows"


def books(root: Path) -> Workspace:
    """October final but for what is void, November a draft."""
    made = shop(root, _WHO, catalog=_with_fields(CATALOG))
    arrive(
        made,
        """
| arrived          | time       | type  | customer | units | region |
| 2026-11-01 05:00 | 2026-10-08 | token | ann      | 40    | eu     |
| 2026-11-01 05:00 | 2026-10-08 | token | ben      | 20    | eu     |
| 2026-11-01 05:00 | 2026-10-08 | flat  | cyd      | 30    | eu     |
| 2026-11-01 05:00 | 2026-10-08 | peak  | dan      | 1     | eu     |
| 2026-11-01 05:00 | 2026-10-08 | flat  | eve      | 5     | eu     |
""",
    )
    made.run(OCTOBER, now=NOW)
    made.finalize(OCTOBER, now=NOW)
    arrive(
        made,
        """
| arrived          | time       | type  | customer | units | region |
| 2026-11-03 05:00 | 2026-10-09 | peak  | dan      | 2     | eu     |
""",
    )
    made.run(NOVEMBER, now=NOW)
    # Only what is published counts: a run less.
    rewrite(published(made, OCTOBER, "invoices"), _VOID)
    recommit(made, OCTOBER, "invoices")
    return made


def exporting(workspace: Workspace | Path) -> Exporting:
    """The exports of a workspace."""
    return Exporting(workspace if isinstance(workspace, Path) else workspace.root)


def _with_fields(catalog: str) -> str:
    """Says of Flat what FOCUS asks of products."""
    fields = "custom_fields: { focus_service_category: Compute, focus_pricing_unit: Hours }"
    flat = "{ name: Flat, type: USAGE, billable_metric: all units, tags: [shared] }"
    assert flat in catalog
    return catalog.replace(flat, flat.removesuffix(" }") + f", {fields} }}")
