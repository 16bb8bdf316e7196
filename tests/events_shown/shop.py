"""A workspace in which an event can meet every fate, and events to send to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.workspace import Workspace

CATALOG = """
billable_metrics:
  - name: Tokens
    aggregation_type: SUM
    aggregation_key: tokens
    event_type_filter: {in_values: [llm_request, llm_batch]}
    property_filters:
      - {name: tokens, exists: true}
      - {name: model, in_values: [large, xl]}
      - {name: region, exists: true}
      - {name: test, exists: false}
      - {name: status, not_in_values: ["500", "503"]}
    group_keys: [[model, region]]
  - name: Requests
    aggregation_type: COUNT
    event_type_filter: {not_in_values: [heartbeat]}
    property_filters: [{name: region, exists: true}]
    group_keys: [[region]]
  - name: Recent requests
    aggregation_type: COUNT
    effective_from: 2026-10-20T00:00:00Z
    property_filters: [{name: region, in_values: [eu]}]
    group_keys: [[region]]
  - name: Highest
    aggregation_type: MAX
    aggregation_key: level
    property_filters: [{name: level}, {name: region, exists: true}]
    group_keys: [[region]]

products:
  - {name: Tokens, type: USAGE, billable_metric: Tokens, pricing_group_key: [model]}
  - {name: Requests, type: USAGE, billable_metric: Requests}
  - {name: Long answers, type: USAGE, billable_metric: Long answers, pricing_group_key: [region]}

rate_cards:
  - name: Standard
    rates:
      - product: Tokens
        starting_at: 2026-01-01T00:00:00Z
        entitled: true
        rate_type: FLAT
        price: 1
        pricing_group_values: {model: large}
      - {product: Requests, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 1}
      - product: Long answers
        starting_at: 2026-01-01T00:00:00Z
        entitled: false
        rate_type: FLAT
        price: 1
        pricing_group_values: {region: eu}

customers:
  - {name: Acme, id: acme, ingest_aliases: [team@acme.example]}
  - {name: Later, id: later}
  - {name: Idle, id: idle}

contracts:
  - customer: Acme
    name: Europe
    rate_card: Standard
    starting_at: 2026-10-01T00:00:00Z
    usage_filter: {group_key: region, group_values: [eu], starting_at: 2026-10-01T00:00:00Z}
  - customer: Acme
    name: Old
    rate_card: Standard
    starting_at: 2026-01-01T00:00:00Z
    ending_before: 2026-09-01T00:00:00Z
  - {customer: Later, rate_card: Standard, starting_at: 2026-11-15T00:00:00Z}
"""

LONG_ANSWERS = """/* @metric
name: Long answers
group_keys: [[region]]
@metric */
SELECT SUM(CAST(properties.seconds AS DECIMAL)) AS value,
       properties.region
FROM events
WHERE event_type = 'answer'   -- the answer alone
  AND CAST(properties.seconds AS DECIMAL) > 10
  AND (properties.kind = 'text' OR properties.kind IS NULL)
GROUP BY properties.region
"""

PAIRS = """/* @metric
name: Pairs
@metric */
SELECT COUNT(*) AS value
FROM events AS a
JOIN events AS b ON a.properties.call = b.properties.call
WHERE a.event_type = 'call_start'
  AND b.event_type = 'call_end'
"""

KNOWN = """/* @metric
name: Known users
@metric */
SELECT COUNT(DISTINCT properties.user) AS value
FROM events
WHERE properties.user IN (SELECT properties.user FROM events WHERE event_type = 'signup')
"""

#: What time it is when events land, and long enough after the period to be past the grace.
NOW = "2026-10-25T12:00:00Z"
LATE, TOO_LATE = "2026-11-01T02:00:00Z", "2026-11-03T12:00:00Z"

PROPERTIES = {"tokens": "12", "model": "large", "region": "eu"}


def make_shop(folder: Path) -> Workspace:
    """The workspace, with nothing landed."""
    (folder / "catalog").mkdir(parents=True)
    (folder / "metrics_sql").mkdir()
    (folder / "duckbill.toml").write_text('[workspace]\nname = "shop"\n')
    (folder / "catalog" / "catalog.yml").write_text(CATALOG)
    for name, text in (("long_answers", LONG_ANSWERS), ("pairs", PAIRS), ("known_users", KNOWN)):
        (folder / "metrics_sql" / f"{name}.sql").write_text(text)
    return Workspace(folder)


def event(
    transaction_id: str,
    properties: Mapping[str, str] = PROPERTIES,
    *,
    event_type: str = "llm_request",
    customer_id: str = "acme",
    timestamp: str = "2026-10-10T10:00:00Z",
) -> dict[str, object]:
    """An event as it is sent."""
    return {
        "transaction_id": transaction_id,
        "customer_id": customer_id,
        "event_type": event_type,
        "timestamp": timestamp,
        "properties": dict(properties),
    }
