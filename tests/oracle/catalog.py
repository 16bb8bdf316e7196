"""A workspace's catalog as plain dicts: numbers exact, instants naive UTC, names resolved to ids.

It reads valid workspaces only: anything unexpected raises, nothing is diagnosed.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.oracle.contracts import Known, identity, read_contracts
from tests.oracle.credit_types import CreditTypes
from tests.oracle.customer_balances import read_customer_balances
from tests.oracle.rate_cards import read_card, read_rates
from tests.oracle.versions import read_product
from tests.oracle.written import Item, Named, pairs, sections, when


def settings(workspace: Path) -> Item:
    """The settings of duckbill.toml that change a bill, with their defaults."""
    written = tomllib.loads((workspace / "duckbill.toml").read_text(encoding="utf-8"))
    landing, metering = written.get("landing", {}), written.get("metering", {})
    return {
        "past_days": landing.get("past_days", 34),
        "future_hours": landing.get("future_hours", 24),
        "granularity": metering.get("sql_breakdown_granularity", "SERVICE_PERIOD").upper(),
    }


def read_catalog(workspace: Path) -> Item:
    """Everything by id: `metrics`, `products`, `cards`, `customers`, `contracts`; `credit_types` are names by id.

    `rates` is a list in catalog order and `rates_of` the positions in it by (rate card, product). `products` are in
    catalog order and of all types.
    """
    written = sections(workspace)
    granularity = settings(workspace)["granularity"]
    credit_types = CreditTypes(written.get("pricing_units", []))
    metrics = _named(written, "billable_metrics", "billable_metric")
    products = _named(written, "products", "product")
    cards = _named(written, "rate_cards", "rate_card")
    customers = _named(written, "customers", "customer")
    read_cards = {card: read_card(item, credit_types, products) for card, item in cards.objects.items()}
    rates = read_rates(written, cards, products, credit_types)
    rates_of: dict[tuple[str, str], list[int]] = {}
    for position, rate in enumerate(rates):
        rates_of.setdefault((rate["card"], rate["product"]), []).append(position)
        if rate["credit_type"]:
            read_cards[rate["card"]]["credit_types"][rate["product"]] = rate["credit_type"]
    known = Known(customers, products, cards, read_cards, credit_types)
    contracts = read_contracts(written, known)
    return {
        "metrics": {metric: _metric(item) for metric, item in metrics.objects.items()},
        "products": {
            product: read_product(item, metrics, products, granularity) for product, item in products.objects.items()
        },
        "cards": read_cards,
        "credit_types": credit_types.names,
        "customers": {
            customer: {
                "name": item["name"],
                "aliases": item.get("ingest_aliases") or [],
                "custom_fields": pairs(item.get("custom_fields")),
            }
            for customer, item in customers.objects.items()
        },
        "contracts": contracts,
        "customer_balances": read_customer_balances(written, known, contracts),
        "manual_entries": written.get("manual_balance_entries") or [],
        "alerts": written.get("alerts") or [],
        "find_customer": customers.find,
        "find_credit_type": credit_types.find,
        "rates": rates,
        "rates_of": rates_of,
    }


def _named(written: Mapping[str, list[Item]], section: str, kind: str) -> Named:
    return Named({identity(kind, item): item for item in written.get(section, [])})


def _metric(item: Mapping[str, Any]) -> Item:
    if item.get("sql"):
        return {"name": item["name"], "sql": item["sql"]}
    types = item.get("event_type_filter") or {}
    return {
        "name": item["name"],
        "sql": None,
        "effective_from": when(item, "effective_from"),
        "aggregation": item["aggregation_type"].upper(),
        "key": item.get("aggregation_key"),
        "event_types": types.get("in_values"),
        "other_event_types": types.get("not_in_values") or [],
        "filters": item.get("property_filters") or [],
        "group_keys": item.get("group_keys") or [],
    }
