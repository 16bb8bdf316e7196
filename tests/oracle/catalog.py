"""A workspace's catalog as plain dicts: numbers exact, instants naive UTC, names resolved to ids.

It reads valid workspaces only: anything unexpected raises, nothing is diagnosed.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import yaml

from tests.oracle.numbers import to_number
from tests.oracle.times import instant

Item = dict[str, Any]

_NAMESPACE = UUID("6f7bd1b0-9a0f-5f0c-8a55-d0cb111d0001")
_SECTIONS = ("billable_metrics", "products", "rate_cards", "rates", "customers", "contracts")
_HEADER = re.compile(r"/\*\s*@metric\b(.*?)@metric\s*\*/(.*)", flags=re.DOTALL)
_RATE_COLUMNS = {"rate_card", "product", "starting_at", "ending_before", "entitled", "rate_type", "price"}


class _ExactLoader(yaml.CSafeLoader):
    """YAML whose numbers and timestamps stay the text that was written."""


def _as_written(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


for _kind in ("int", "float", "timestamp"):
    _ExactLoader.add_constructor(f"tag:yaml.org,2002:{_kind}", _as_written)


def exact(value: object) -> Fraction:
    """A number of the catalog; it came as the text that was written."""
    number = to_number(str(value))
    if number is None:
        raise ValueError(f"not a number: {value!r}")
    return number


def settings(workspace: Path) -> Item:
    """The settings of duckbill.toml that change a bill, with their defaults."""
    written = tomllib.loads((workspace / "duckbill.toml").read_text(encoding="utf-8"))
    landing, metering = written.get("landing", {}), written.get("metering", {})
    return {
        "past_days": landing.get("past_days", 34),
        "future_hours": landing.get("future_hours", 24),
        "granularity": metering.get("sql_breakdown_granularity", "SERVICE_PERIOD").upper(),
    }


def _documents(workspace: Path) -> Iterator[Item]:
    """Each catalog file as {section: [item, ...]}, in path order; price seeds come last."""
    folder = workspace / "catalog"
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yml", ".yaml"):
            yield yaml.load(path.read_text(encoding="utf-8"), Loader=_ExactLoader) or {}
        elif path.suffix == ".json":
            yield json.loads(path.read_text(encoding="utf-8"), parse_int=str, parse_float=str)
        elif path.suffix == ".jsonl":
            lines = path.read_text(encoding="utf-8").splitlines()
            items = [json.loads(line, parse_int=str, parse_float=str) for line in lines if line.strip()]
            yield {path.name.partition(".")[0]: items}
    for path in sorted((workspace / "metrics_sql").rglob("*.sql")):
        match = _HEADER.search(path.read_text(encoding="utf-8"))
        assert match, f"{path} has no @metric header"
        yield {"billable_metrics": [{**yaml.load(match[1], Loader=_ExactLoader), "sql": match[2].strip()}]}
    for path in sorted(folder.glob("rates/*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            yield {"rates": [_seed(path, row) for row in csv.DictReader(file)]}


def _seed(path: Path, row: dict[str, str]) -> Item:
    values = {key: text for key, text in row.items() if key not in _RATE_COLUMNS and text}
    return {
        "rate_card": row.get("rate_card") or path.stem,
        "product": row["product"],
        "starting_at": row["starting_at"],
        "ending_before": row.get("ending_before") or None,
        "entitled": (row.get("entitled") or "true").lower() == "true",
        "rate_type": row.get("rate_type") or "FLAT",
        "price": row["price"],
        "pricing_group_values": values,
    }


def _id(kind: str, item: Item, *parts: str) -> str:
    return str(item.get("id") or uuid5(_NAMESPACE, "\x1f".join((kind, *(parts or (item["name"],))))))


def _find(objects: dict[str, Item], item: Item, key: str) -> str:
    """The id of the object that an item points to by `<key>_id` or by `<key>`, as an id or as a name."""
    wanted = item.get(f"{key}_id") or item[key]
    if wanted in objects:
        return str(wanted)
    (found,) = [identity for identity, candidate in objects.items() if candidate["name"] == wanted]
    return found


def _when(item: Item, key: str) -> Any:
    return instant(item[key]) if item.get(key) else None


def read_catalog(workspace: Path) -> Item:
    """`metrics`, `products`, `customers` and `contracts` by id, and `rates` as a list in catalog order."""
    written: dict[str, list[Item]] = {section: [] for section in _SECTIONS}
    for document in _documents(workspace):
        for section, items in document.items():
            written[section].extend(items or [])
    default_granularity = settings(workspace)["granularity"]
    metrics = {_id("billable_metric", item): _metric(item) for item in written["billable_metrics"]}
    products = {
        _id("product", item): _product(item, metrics, default_granularity)
        for item in written["products"]
        if item.get("type", "USAGE").upper() == "USAGE"
    }
    cards = {_id("rate_card", item): item for item in written["rate_cards"]}
    customers = {
        _id("customer", item): {"name": item["name"], "aliases": item.get("ingest_aliases") or []}
        for item in written["customers"]
    }
    contracts = {}
    for item in written["contracts"]:
        contract = _contract(item, customers, cards, products)
        parts = (contract["customer"], contract["card"], item["starting_at"], item.get("name") or "")
        contracts[_id("contract", item, *parts)] = contract
    rates = [_rate(item, card, products) for card, item in _rate_items(written, cards)]
    return {
        "metrics": metrics,
        "products": products,
        "customers": customers,
        "contracts": contracts,
        "rates": rates,
    }


def _metric(item: Item) -> Item:
    if item.get("sql"):
        return {"name": item["name"], "sql": item["sql"]}
    types = item.get("event_type_filter") or {}
    return {
        "name": item["name"],
        "sql": None,
        "effective_from": _when(item, "effective_from"),
        "aggregation": item["aggregation_type"].upper(),
        "key": item.get("aggregation_key"),
        "event_types": types.get("in_values"),
        "other_event_types": types.get("not_in_values") or [],
        "filters": item.get("property_filters") or [],
        "group_keys": item.get("group_keys") or [],
    }


def _product(item: Item, metrics: dict[str, Item], default_granularity: str) -> Item:
    conversion, rounding = item.get("quantity_conversion"), item.get("quantity_rounding")
    return {
        "name": item["name"],
        "metric": _find(metrics, item, "billable_metric"),
        "updates": [
            {"starting_at": _when(update, "starting_at"), "metric": _find(metrics, update, "billable_metric")}
            for update in item.get("updates") or []
        ],
        "tags": item.get("tags") or [],
        "pricing_key": item.get("pricing_group_key") or [],
        "presentation_key": item.get("presentation_group_key") or [],
        "conversion": conversion and (conversion["operation"].upper(), exact(conversion["conversion_factor"])),
        "rounding": rounding and (rounding["rounding_method"].upper(), int(rounding["decimal_places"])),
        "granularity": (item.get("sql_breakdown_granularity") or default_granularity).upper(),
    }


def _rate_items(written: dict[str, list[Item]], cards: dict[str, Item]) -> Iterator[tuple[str, Item]]:
    """(rate card id, rate) in catalog order: nested in the cards first, then the sections, then the seeds."""
    for card, item in cards.items():
        for rate in item.get("rates") or []:
            yield card, rate
    for item in written["rates"]:
        card = _find(cards, item, "rate_card")
        for rate in item.get("rates") or [item]:
            yield card, rate


def _prices(item: Item) -> Item:
    """How a rate or an OVERWRITE prices: {"tiered": bool, "tiers": [(size or None, price), ...]}."""
    if item["rate_type"].upper() == "FLAT":
        return {"tiered": False, "tiers": [(None, exact(item["price"]))]}
    if item["rate_type"].upper() != "TIERED":
        raise ValueError(f"rate type {item['rate_type']} is out of scope")
    tiers = []
    for tier in item["tiers"]:
        size = exact(tier["size"]) if tier.get("size") is not None else None
        tiers.append((size, exact(tier["price"])))
    return {"tiered": True, "tiers": tiers}


def _rate(item: Item, card: str, products: dict[str, Item]) -> Item:
    return {
        "card": card,
        "product": _find(products, item, "product"),
        "starting_at": _when(item, "starting_at"),
        "ending_before": _when(item, "ending_before"),
        "entitled": item["entitled"],
        "values": item.get("pricing_group_values") or {},
        **_prices(item),
    }


def _contract(item: Item, customers: dict[str, Item], cards: dict[str, Item], products: dict[str, Item]) -> Item:
    schedule = item.get("usage_statement_schedule") or {}
    scheme = item.get("multiplier_override_prioritization") or "LOWEST_MULTIPLIER"
    filters = item.get("usage_filter") or []
    return {
        "customer": _find(customers, item, "customer"),
        "card": _find(cards, item, "rate_card"),
        "starting_at": _when(item, "starting_at"),
        "ending_before": _when(item, "ending_before"),
        "frequency": (schedule.get("frequency") or "MONTHLY").upper(),
        "day": (schedule.get("day") or "FIRST_OF_MONTH").upper(),
        "anchor": _when(schedule, "billing_anchor_date"),
        "scheme": scheme.upper(),
        "usage_filters": [
            {
                "starting_at": _when(written, "starting_at") or _when(item, "starting_at"),
                "key": written["group_key"],
                "values": written["group_values"],
            }
            for written in (filters if isinstance(filters, list) else [filters])
        ],
        "overrides": [_override(override, products) for override in item.get("overrides") or []],
    }


def _override(item: Item, products: dict[str, Item]) -> Item:
    kind = item["type"].upper() if item.get("type") else None
    specifiers = []
    for specifier in item.get("override_specifiers") or []:
        named = specifier.get("product_id") or specifier.get("product")
        specifiers.append(
            {
                "product": _find(products, specifier, "product") if named else None,
                "tags": specifier.get("product_tags") or [],
                "pricing": specifier.get("pricing_group_values") or {},
                "presentation": specifier.get("presentation_group_values") or {},
            }
        )
    named = item.get("product_id") or item.get("product")
    return {
        "type": kind,
        "starting_at": _when(item, "starting_at"),
        "ending_before": _when(item, "ending_before"),
        "multiplier": exact(item["multiplier"]) if kind == "MULTIPLIER" else None,
        "prices": _prices(item["overwrite_rate"]) if kind == "OVERWRITE" else None,
        "entitled": item.get("entitled"),
        "priority": exact(item["priority"]) if item.get("priority") is not None else None,
        "product": _find(products, item, "product") if named else None,
        "tags": item.get("applicable_product_tags") or [],
        "specifiers": specifiers,
    }
