"""The few billable metrics that all markets of a bulk workspace share, so that metering stays cheap."""

from __future__ import annotations

from tests.generated.bulk.scene import Item
from tests.oracle.sql_metrics import ALL as SQL_METRICS

CALL, BEAT = "api_call", "heartbeat"
REGIONS, MODELS, PLANS = ("us", "eu"), ("small", "large"), ("gold", "basic")
VALUES_OF = {"region": REGIONS, "model": MODELS}

_COMPOUND = ["region", "model", "plan"]
#: Name of a SQL metric of the oracle by the name it has here: `sql` in front tells it from a streaming one.
_SQL = {"sql-tokens": "Tokens by region", "sql-users": "Users by region"}


def _streaming(name: str, aggregation: str, key: str | None, event_type: str) -> Item:
    filters: list[Item] = [{"name": each, "exists": True} for each in ("region", "model")]
    item: Item = {"id": name, "name": name, "aggregation_type": aggregation}
    item["event_type_filter"] = {"in_values": [event_type]}
    if key is not None:
        item["aggregation_key"] = key
        filters.append({"name": key, "exists": True})
    # The first two may be absent from an event all the same: then the event does not count.
    item["property_filters"] = [*filters, {"name": "plan", "exists": True}]
    item["group_keys"] = [_COMPOUND]
    return item


_STREAMING = (
    _streaming("m-calls", "COUNT", None, CALL),
    _streaming("m-tokens", "SUM", "tokens", CALL),
    _streaming("m-peak", "MAX", "storage", BEAT),
    _streaming("m-users", "UNIQUE", "user_id", CALL),
    _streaming("m-level", "LATEST", "storage", BEAT),
)

METRICS = (*(str(item["name"]) for item in _STREAMING), *_SQL)
#: The keys by which a product may group each metric.
KEYS_OF = {name: (["region"] if name in _SQL else ["region", "model"]) for name in METRICS}


def metric_items() -> list[Item]:
    """Billable metrics as catalog items."""
    texts = {metric.name: metric.sql for metric in SQL_METRICS}
    return [*_STREAMING, *({"id": name, "name": _SQL[name], "sql": texts[_SQL[name]]} for name in _SQL)]
