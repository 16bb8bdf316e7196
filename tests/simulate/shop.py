"""A workspace whose customers differ in what could touch them: cards, overrides, balances, families, metrics."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import engine
from engine.workspace import Workspace
from tests.spec.workspaces import SETTINGS

#: The sections of a catalog as request bodies, to be edited and written.
Sections = dict[str, list[dict[str, Any]]]

START = "2026-10-01T00:00:00Z"
MONTHS = ("2026-10", "2026-11", "2026-12")
NOW = "2027-01-03T00:00:00Z"

USERS = "SELECT count(DISTINCT properties.user) AS value FROM events WHERE event_type = 'use'"


def _rate(product: str, price: object, **more: object) -> dict[str, Any]:
    priced = {"product": product, "starting_at": START, "entitled": True, "rate_type": "FLAT", "price": price}
    return {**priced, **more}


def _contract(customer: str, card: str, **more: object) -> dict[str, Any]:
    return {"id": f"{customer}s", "customer": customer, "rate_card": card, "starting_at": START, **more}


def _schedule(amount: int) -> dict[str, Any]:
    return {"schedule_items": [{"amount": amount, "starting_at": START, "ending_before": "2027-12-01T00:00:00Z"}]}


SECTIONS: Sections = {
    "billable_metrics": [
        {
            "name": "units",
            "aggregation_type": "SUM",
            "aggregation_key": "units",
            "event_type_filter": {"in_values": ["use"]},
            "property_filters": [{"name": "units", "exists": True}],
        },
        {"name": "uses", "aggregation_type": "COUNT", "event_type_filter": {"in_values": ["use"]}},
        {"name": "users", "sql": USERS},
    ],
    "products": [
        {"name": "Units", "type": "USAGE", "billable_metric": "units", "tags": ["core"]},
        {"name": "Uses", "type": "USAGE", "billable_metric": "uses", "tags": ["core"]},
        {"name": "Users", "type": "USAGE", "billable_metric": "users"},
        {
            "name": "Weeks",
            "type": "USAGE",
            "billable_metric": "units",
            "quantity_conversion": {"conversion_factor": 7, "operation": "DIVIDE"},
        },
        {"name": "Support", "type": "COMPOSITE", "composite_tags": ["core"]},
        {"name": "Fee", "type": "FIXED"},
        {"name": "Gift", "type": "FIXED"},
    ],
    "rate_cards": [
        {
            "name": "standard",
            "rates": [_rate("Units", 10), _rate("Uses", 3), _rate("Support", "0.1", rate_type="PERCENTAGE")],
        },
        {"name": "plain", "rates": [_rate("Uses", 5)]},
        {"name": "people", "rates": [_rate("Users", 100)]},
        {"name": "wild", "rates": [_rate("Units", 7)]},
        {"name": "weeks", "rates": [_rate("Weeks", 2)]},
    ],
    "customers": [
        {"id": name, "name": name.capitalize(), "ingest_aliases": [f"{name}@example"]}
        for name in ("ann", "bob", "cat", "pat", "kid", "sam", "zed", "tim")
    ],
    "contracts": [
        _contract(
            "ann",
            "standard",
            commits=[
                {
                    "id": "advance",
                    "type": "PREPAID",
                    "product": "Fee",
                    "access_schedule": _schedule(100),
                    "invoice_schedule": {"schedule_items": [{"timestamp": START, "amount": 100}]},
                }
            ],
        ),
        _contract(
            "bob",
            "standard",
            overrides=[{"product": "Units", "starting_at": START, "type": "MULTIPLIER", "multiplier": "0.5"}],
        ),
        _contract("cat", "plain"),
        _contract(
            "pat",
            "plain",
            hierarchy_configuration={"parent_behavior": {"invoice_consolidation_type": "CONCATENATE"}},
        ),
        _contract(
            "kid",
            "plain",
            hierarchy_configuration={
                "parent": {"contract_id": "pats"},
                "payer": "PARENT",
                "usage_statement_behavior": "CONSOLIDATE",
            },
        ),
        _contract("sam", "people"),
        _contract("zed", "wild"),
        _contract("tim", "weeks"),
    ],
    "credits": [{"id": "welcome", "customer": "cat", "product": "Gift", "access_schedule": _schedule(8)}],
}


def edited(*edits: Callable[[Sections], object]) -> Sections:
    """The catalog after some edits."""
    sections = copy.deepcopy(SECTIONS)
    for edit in edits:
        edit(sections)
    return sections


def named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The one of these with this name or id."""
    (found,) = (each for each in items if name in (each.get("id"), each.get("name")))
    return found


def rate(sections: Sections, card: str, product: str) -> dict[str, Any]:
    """A product's rate on a card."""
    rates: list[dict[str, Any]] = named(sections["rate_cards"], card)["rates"]
    (found,) = (each for each in rates if each["product"] == product)
    return found


def written(folder: Path, sections: Sections) -> Path:
    """A folder that holds this catalog, in place of any that it held."""
    (folder / "catalog").mkdir(parents=True, exist_ok=True)
    (folder / "catalog" / "catalog.json").write_text(json.dumps(sections), encoding="utf-8")
    return folder


def landed(folder: Path) -> Path:
    """A workspace with the catalog and three months of everybody's events, nothing billed."""
    written(folder, SECTIONS)
    (folder / "duckbill.toml").write_text(SETTINGS, encoding="utf-8")
    events = [
        {
            "transaction_id": f"{customer}-{month}-{number}",
            "customer_id": f"{customer}@example",
            "timestamp": f"{month}-{7 * number + 2:02d}T12:00:00Z",
            "event_type": "use",
            "properties": {"units": str(number + position), "user": f"user {number % 2}"},
        }
        for position, customer in enumerate(each["id"] for each in SECTIONS["customers"])
        for month in MONTHS
        for number in range(3)
    ]
    path = folder / "events.ndjson"
    path.write_text("".join(json.dumps(each) + "\n" for each in events), encoding="utf-8")
    assert engine.open(folder).land(path, now=NOW).accepted == len(events)
    return folder


def billed_in_full(workspace: Path, folder: Path, sections: Sections, months: tuple[str, ...] = MONTHS) -> Workspace:
    """A copy of a landed workspace in which everybody is billed by another catalog, month after month."""
    shutil.copytree(workspace, folder)
    found = engine.open(written(folder, sections))
    for month in months:
        found.run(month, now=NOW)
    return found
