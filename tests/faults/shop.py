"""The small workspace that every fault harness uses, and its events: the same seed gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from engine.workspace import Workspace

PERIOD = "2026-09"
NOW = "2026-09-20T00:00:00Z"
#: When the invoices of PERIOD may become final.
LATER = "2026-10-03T00:00:00Z"
CUSTOMERS = ("acme", "bolt", "coda")
MODELS = ("large", "small")

_FIRST = datetime(2026, 9, 18)
_SECONDS = 2 * 24 * 3600

SETTINGS = """
[workspace]
name = "faults"

[engine]
memory_limit = "500MiB"
threads = 2
"""

CATALOG = """
billable_metrics:
  - name: Tokens
    aggregation_type: SUM
    aggregation_key: tokens
    event_type_filter: {in_values: [call]}
    property_filters: [{name: tokens, exists: true}, {name: model, exists: true}]
    group_keys: [[model]]
products:
  - {name: Tokens, type: USAGE, billable_metric: Tokens, pricing_group_key: [model]}
  - {name: Users, type: USAGE, billable_metric: Users}
  - {name: Prepayment, type: FIXED}
  - {name: Gift, type: FIXED}
rate_cards:
  - name: List
    rates:
      - {product: Tokens, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 2,
         pricing_group_values: {model: large}}
      - {product: Tokens, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 1,
         pricing_group_values: {model: small}}
      - {product: Users, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 500}
customers:
  - {id: acme, name: Acme}
  - {id: bolt, name: Bolt}
  - {id: coda, name: Coda}
contracts:
  - id: acmes
    customer: acme
    rate_card: List
    starting_at: 2026-09-01T00:00:00Z
    commits:
      - type: PREPAID
        name: Prepaid
        product: Prepayment
        access_schedule:
          schedule_items: [{amount: 3000, starting_at: 2026-09-01T00:00:00Z, ending_before: 2027-09-01T00:00:00Z}]
        invoice_schedule:
          schedule_items: [{timestamp: 2026-09-01T00:00:00Z, unit_price: 3000, quantity: 1}]
  - id: bolts
    customer: bolt
    rate_card: List
    starting_at: 2026-09-01T00:00:00Z
    credits:
      - name: Welcome
        product: Gift
        access_schedule:
          schedule_items: [{amount: 800, starting_at: 2026-09-01T00:00:00Z, ending_before: 2027-09-01T00:00:00Z}]
  - {id: codas, customer: coda, rate_card: List, starting_at: 2026-09-01T00:00:00Z}
"""

USERS = """/* @metric
name: Users
unit: users
@metric */

SELECT COUNT(DISTINCT properties.user_id) as value
FROM events
WHERE event_type = 'call' AND properties.user_id IS NOT NULL
"""


def make_workspace(root: Path) -> Workspace:
    """A new workspace in an empty or absent folder, with nothing landed: three customers, a commit and a credit."""
    (root / "catalog").mkdir(parents=True)
    (root / "metrics_sql").mkdir()
    (root / "duckbill.toml").write_text(SETTINGS, encoding="utf-8")
    (root / "catalog" / "catalog.yml").write_text(CATALOG, encoding="utf-8")
    (root / "metrics_sql" / "users.sql").write_text(USERS, encoding="utf-8")
    return Workspace(root)


def events(
    seed: int, count: int, ids: Iterable[int] | None = None, *, more: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """`count` events of two days before NOW, or those numbered `ids`: event n of a seed is always the same event.

    So lists with overlapping `ids` hold the same events twice. All are accepted when they are new. `more` is added to
    the properties of each, which makes the table wider.
    """
    return [_event(seed, number, more or {}) for number in (range(count) if ids is None else ids)]


def _event(seed: int, number: int, more: Mapping[str, str]) -> dict[str, Any]:
    chance = Random(f"{seed}/{number}")
    at = _FIRST + timedelta(seconds=chance.randrange(_SECONDS))
    return {
        "transaction_id": f"{seed}-{number}",
        "customer_id": chance.choice(CUSTOMERS),
        "event_type": "call",
        "timestamp": f"{at.isoformat()}Z",
        "properties": {
            "tokens": chance.randrange(1, 100),
            "model": chance.choice(MODELS),
            "user_id": f"u{chance.randrange(20)}",
            **more,
        },
    }


def ndjson(events: Sequence[Mapping[str, Any]]) -> bytes:
    """The events as NDJSON, a line each."""
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)
