"""A workspace whose invoices become final month by month, while events arrive when they like."""

from __future__ import annotations

from pathlib import Path

import yaml

import engine
from engine.workspace import Workspace
from tests.spec.tables import draw_table, read_table
from tests.spec.workspaces import land

NOW = "2027-03-01T06:00:00Z"
SETTINGS = """
[workspace]
name = "late"

[landing]
past_days = 4000

[invoices]
late_usage = "{policy}"
"""
#: What each metric counts `units` of, and how; all can be split by region.
_METRICS = {
    "all units": ("SUM", "flat"),
    "tiered units": ("SUM", "tiered"),
    "peak": ("MAX", "peak"),
    "by region": ("SUM", "regional"),
    "token units": ("SUM", "token"),
    "fine units": ("SUM", "fine"),
    "free units": ("SUM", "free"),
}
#: Products by what is special about them.
_PRODUCTS = """
pricing_units: [{ id: tokens-unit, name: Tokens }]
products:
  - { name: Flat, type: USAGE, billable_metric: all units, tags: [shared] }
  - { name: Tiered, type: USAGE, billable_metric: tiered units }
  - { name: Peak, type: USAGE, billable_metric: peak }
  - { name: Regional, type: USAGE, billable_metric: by region, pricing_group_key: [region] }
  - { name: Tokened, type: USAGE, billable_metric: token units }
  - { name: Fine, type: USAGE, billable_metric: fine units }
  - { name: Free, type: USAGE, billable_metric: free units }
  - { name: Share, type: COMPOSITE, composite_tags: [shared] }
  - { name: Fee, type: FIXED }
rate_cards:
  - name: card
    fiat_credit_type: USD
    credit_type_conversions: [{ custom_credit_type: Tokens, fiat_per_custom_credit: 3 }]
    rates:
      - { product: Flat, starting_at: "2026-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 10 }
      - { product: Tiered, starting_at: "2026-01-01T00:00:00Z", entitled: true,
          rate_type: TIERED, tiers: [{ size: 100, price: 10 }, { price: 5 }] }
      - { product: Peak, starting_at: "2026-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 7 }
      - { product: Regional, starting_at: "2026-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 2, pricing_group_values: { region: eu } }
      - { product: Regional, starting_at: "2026-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 3, pricing_group_values: { region: us } }
      - { product: Tokened, starting_at: "2026-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 4, credit_type: Tokens }
      - { product: Fine, starting_at: "2026-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 0.0000000001 }
      - { product: Free, starting_at: "2026-01-01T00:00:00Z", entitled: false,
          rate_type: FLAT, price: 1 }
      - { product: Share, starting_at: "2026-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1 }
"""
CATALOG = _PRODUCTS + yaml.safe_dump(
    {
        "billable_metrics": [
            {
                "name": name,
                "aggregation_type": how,
                "aggregation_key": "units",
                "event_type_filter": {"in_values": [kind]},
                "property_filters": [{"name": "units", "exists": True}, {"name": "region", "exists": True}],
                "group_keys": [["region"]],
            }
            for name, (how, kind) in _METRICS.items()
        ]
    }
)
#: One customer with one contract, from the start of 2026 and for good.
ANN = """
customers: [{ id: ann, name: Ann, ingest_aliases: [annie] }]
contracts: [{ id: anns, customer: ann, rate_card: card, starting_at: "2026-01-01T00:00:00Z" }]
"""


def shop(root: Path, who: str = ANN, *, policy: str = "correct", catalog: str = CATALOG) -> Workspace:
    """A new workspace with customers and contracts `who`; policy is what is done about late usage."""
    (root / "catalog").mkdir(parents=True)
    (root / "duckbill.toml").write_text(SETTINGS.format(policy=policy), encoding="utf-8")
    write(root, "products", catalog)
    write(root, "who", who)
    return engine.open(root)


def write(root: Path, name: str, content: str) -> None:
    """A catalog file, in place of any that has its name."""
    (root / "catalog" / f"{name}.yml").write_text(content, encoding="utf-8")


def arrive(into: Workspace, events: str) -> None:
    """Lands a table of events; those that do not say are from the region `eu`."""
    rows = [{"region": "eu", **{name: cell for name, cell in row.items() if cell}} for row in read_table(events)]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    land(into, draw_table(columns, [{name: row.get(name, "") for name in columns} for row in rows]))


def finalize(made: Workspace, month: str, now: str = NOW, select: str | None = None) -> None:
    """Makes the drafts of a month final whose time has come by `now`; none may be held back."""
    done = made.finalize(month, now=now, select=select)
    assert len(done.finalized) > 0 and len(done.held) == 0, done
