"""A workspace with every kind of line, and any number of events for it, made by a query."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb

from engine.demo import fixtures
from engine.workspace import Workspace

PERIOD = "2026-10"
NOW = "2026-11-01T06:00:00Z"
#: When the invoices of PERIOD may become final.
LATER = "2026-11-03T06:00:00Z"

_SETTINGS = """
[workspace]
name = "traffic"

[engine]
memory_limit = "{memory}"
threads = {threads}
"""

#: What the bundled scenario `agreements` does not have: balances, an alert, and metrics of every kind.
_CATALOG = """
billable_metrics:
  - {name: pool size, aggregation_type: MAX, aggregation_key: workers, event_type_filter: {in_values: [pool_size]},
     property_filters: [{name: workers, exists: true}]}
  - {name: users, aggregation_type: UNIQUE, aggregation_key: user_id, event_type_filter: {in_values: [session]},
     property_filters: [{name: user_id, exists: true}]}
  - {name: seats in use, aggregation_type: LATEST, aggregation_key: seats,
     event_type_filter: {in_values: [seat_count]}, property_filters: [{name: seats, exists: true}]}
  - {name: wide amounts, aggregation_type: SUM, aggregation_key: amount, event_type_filter: {in_values: [wide]},
     property_filters: [{name: amount, exists: true}]}
products:
  - {name: Pool size, type: USAGE, billable_metric: pool size}
  - {name: Users, type: USAGE, billable_metric: users}
  - {name: Seats in use, type: USAGE, billable_metric: seats in use}
  - {name: Wide amounts, type: USAGE, billable_metric: wide amounts}
  - {name: Storage, type: USAGE, billable_metric: storage peaks, pricing_group_key: [region]}
  - {name: Prepayment, type: FIXED}
  - {name: Allowance, type: FIXED}
rate_cards:
  - name: Usage 2026
    rates:
      - {product: Pool size, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 7}
      - {product: Pool size, starting_at: 2026-10-17T12:00:00Z, entitled: true, rate_type: FLAT, price: 8.25}
      - {product: Users, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 12.5}
      - {product: Seats in use, starting_at: 2026-01-01T00:00:00Z, entitled: false, rate_type: FLAT, price: 3}
      - {product: Storage, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 0.0125,
         pricing_group_values: {region: us}}
      - {product: Storage, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 0.015,
         pricing_group_values: {region: eu}}
  - name: Wide 2026
    rates:
      - {product: Wide amounts, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 0.000001}
contracts:
  # Its quantity has more digits than an exact decimal holds, so that it is parked.
  - {name: Cedar wide, customer: Cedar Labs, rate_card: Wide 2026, starting_at: 2026-10-01T00:00:00Z}
  - name: Acme usage
    customer: Acme
    rate_card: Usage 2026
    starting_at: 2026-10-01T00:00:00Z
    commits:
      - type: PREPAID
        name: Prepaid
        product: Prepayment
        rollover_fraction: 0.5
        access_schedule:
          schedule_items: [{amount: 700, starting_at: 2026-10-01T00:00:00Z, ending_before: 2026-10-20T00:00:00Z},
                           {amount: 900, starting_at: 2026-10-20T00:00:00Z, ending_before: 2027-10-01T00:00:00Z}]
        invoice_schedule: {schedule_items: [{timestamp: 2026-10-01T00:00:00Z, amount: 1500}]}
  - name: Birch usage
    customer: Birch
    rate_card: Usage 2026
    starting_at: 2026-10-01T00:00:00Z
    recurring_credits:
      - {name: Allowance, product: Allowance, access_amount: {unit_price: 800, quantity: 1},
         commit_duration: {value: 1}, starting_at: 2026-10-01T00:00:00Z}
alerts:
  - {name: Spend, alert_type: spend_threshold_reached, threshold: 400}
"""

_STORAGE = """/* @metric
name: storage peaks
group_keys: [[region]]
@metric */
SELECT sum(peak) AS value, region
FROM (
    SELECT properties.region AS region, properties.user_id AS user_id, date_trunc('day', timestamp) AS day,
        max(properties.bytes) AS peak
    FROM events
    WHERE event_type = 'storage'
    GROUP BY properties.region, properties.user_id, date_trunc('day', timestamp)
)
GROUP BY region
"""


def make_workspace(root: Path, *, threads: int = 2, memory: str = "4GiB") -> Workspace:
    """A new workspace in an absent folder, with nothing landed: all metrics, tiers, seats, balances, a group."""
    unwanted = shutil.ignore_patterns("expected", "events", "README.md", "duckbill.toml")
    shutil.copytree(fixtures() / "agreements", root, ignore=unwanted)
    (root / "metrics_sql").mkdir()
    (root / "metrics_sql" / "storage.sql").write_text(_STORAGE, encoding="utf-8")
    (root / "catalog" / "usage.yml").write_text(_CATALOG, encoding="utf-8")
    return with_settings(root, threads=threads, memory=memory)


def with_settings(root: Path, *, threads: int, memory: str) -> Workspace:
    """The same workspace, to be worked on with so much of the machine."""
    (root / "duckbill.toml").write_text(_SETTINGS.format(threads=threads, memory=memory), encoding="utf-8")
    return Workspace(root)


def write_lines(path: Path, first: int, last: int) -> Path:
    """Lines `first` to `last` (excluded) of the stream that `traffic.sql` describes, as NDJSON."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(Path(__file__).with_name("traffic.sql").read_text(encoding="utf-8"))
        lines = connection.sql("SELECT line FROM traffic(?, ?)", params=[first, last])
        # A CSV of one column without quotes, and a separator that no line contains, is plain lines.
        lines.write_csv(str(path), header=False, sep="\x01", quotechar="", escapechar="")
    return path
