"""Catalogs with one thing wrong in prices, terms, packages or edits, beside a market in which all is right."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from tests.generated.bulk.workspace import bulk
from tests.generated.writing import Literal, write_yaml

Item = dict[str, Any]
#: Changes a sound document; returns a text that stands in the line where the fault must be reported.
Fault = Callable[[Item], str]

_START = "2024-01-01T00:00:00Z"
_HALF_PAST = "2024-03-01T00:30:00Z"


def refused_terms(fault: str, seed: int, directory: Path) -> str:
    """Write a workspace with a file `catalog/extra.yml` that has the fault, one of `TERM_FAULTS`, or `sound`.

    Returns a text of the line that is wrong, the empty text for a sound one.
    """
    made = bulk(seed, directory, (0,))
    document = deepcopy(_SOUND)
    mark = "" if fault == "sound" else TERM_FAULTS[fault](document)
    write_yaml(made.folder / "catalog" / "extra.yml", document)
    return mark


def _rate(product: str, **said: Any) -> Item:
    return {"product": product, "starting_at": _START, "entitled": True, **said}


_SOUND: Item = {
    "pricing_units": [{"name": "Extra credits"}, {"name": "Extra points"}],
    "products": [
        {
            "name": "Extra usage",
            "type": "USAGE",
            "billable_metric": "m-tokens",
            "pricing_group_key": ["model"],
            "tags": ["extra"],
            "updates": [
                {"starting_at": "2024-05-01T00:00:00Z", "tags": []},
                {"starting_at": "2024-06-01T00:00:00Z", "name": "Extra usage, renamed"},
            ],
        },
        {"name": "Extra calls", "type": "USAGE", "billable_metric": "m-calls"},
        {"name": "Extra off the card", "type": "USAGE", "billable_metric": "m-calls"},
        {"name": "Extra seats", "type": "SUBSCRIPTION"},
        {"name": "Extra support", "type": "COMPOSITE", "composite_products": ["Extra usage"]},
        {"name": "Extra set-up", "type": "FIXED"},
    ],
    "rate_cards": [
        {
            "name": "Extra card",
            "fiat_credit_type": "EUR",
            "credit_type_conversions": [
                {"custom_credit_type": "Extra credits", "fiat_per_custom_credit": Literal("2")}
            ],
            "product_order": ["Extra support", "Extra usage"],
            "rates": [
                _rate(
                    "Extra usage",
                    rate_type="TIERED",
                    credit_type="Extra credits",
                    tiers=[{"size": 10, "price": 3}, {"size": 20, "price": 2}, {"price": 1}],
                ),
                _rate(
                    "Extra usage",
                    rate_type="FLAT",
                    price=4,
                    credit_type="Extra credits",
                    pricing_group_values={"model": "small"},
                ),
                _rate("Extra calls", rate_type="FLAT", price=5),
                _rate("Extra seats", rate_type="FLAT", price=100, billing_frequency="MONTHLY"),
                _rate("Extra support", rate_type="PERCENTAGE", price=Literal("0.1")),
            ],
        },
        {"name": "Extra dollar card", "rates": [_rate("Extra calls", rate_type="FLAT", price=6)]},
    ],
    "packages": [
        {
            "name": "Extra package",
            "aliases": [{"name": "extra-bundle"}],
            "rate_card": "Extra card",
            "duration": {"unit": "MONTHS", "value": 12},
            "overrides": [
                {
                    "starting_at_offset": {"unit": "DAYS", "value": 0},
                    "type": "MULTIPLIER",
                    "multiplier": 1,
                    "product": "Extra calls",
                }
            ],
        }
    ],
    "customers": [{"id": "extra-1", "name": "Extra 1"}, {"id": "extra-2", "name": "Extra 2"}],
    "contracts": [
        {
            "id": "extra-contract",
            "customer": "extra-1",
            "rate_card": "Extra card",
            "starting_at": _START,
            "multiplier_override_prioritization": "EXPLICIT",
            "overrides": [
                {
                    "id": "extra-override",
                    "starting_at": _START,
                    "type": "MULTIPLIER",
                    "multiplier": Literal("0.5"),
                    "priority": 1,
                    "applicable_product_tags": ["extra"],
                },
                {
                    "starting_at": _START,
                    "type": "TIERED",
                    "priority": 2,
                    "tiers": [{"size": 5, "multiplier": 1}, {"multiplier": Literal("0.9")}],
                    "product": "Extra usage",
                },
                {"id": "extra-removed", "starting_at": _START, "entitled": False},
                {
                    "starting_at": _START,
                    "type": "OVERWRITE",
                    "overwrite_rate": {"rate_type": "FLAT", "price": 7, "credit_type": "Extra credits"},
                    "override_specifiers": [{"product": "Extra usage", "pricing_group_values": {"model": "large"}}],
                },
            ],
            "subscriptions": [
                {
                    "id": "extra-subscription",
                    "subscription_rate": {"product": "Extra seats", "billing_frequency": "MONTHLY"},
                    "collection_schedule": "ARREARS",
                    "initial_quantity": 2,
                    "quantity_updates": [{"starting_at": "2024-02-01T00:00:00Z", "quantity_delta": -1}],
                },
                {
                    "subscription_rate": {"product": "Extra seats", "billing_frequency": "MONTHLY"},
                    "collection_schedule": "ADVANCE",
                    "quantity_management_mode": "SEAT_BASED",
                    "seat_config": {"initial_seat_ids": ["ann"], "seat_group_key": "user_id"},
                },
            ],
            "scheduled_charges": [
                {
                    "id": "extra-charge",
                    "product": "Extra set-up",
                    "schedule": {
                        "credit_type": "EUR",
                        "schedule_items": [{"timestamp": "2024-02-01T00:00:00Z", "amount": 1000}],
                    },
                }
            ],
            "hierarchy_configuration": {"parent_behavior": {"invoice_consolidation_type": "CONCATENATE"}},
        },
        {
            "id": "extra-child",
            "customer": "extra-2",
            "rate_card": "Extra card",
            "starting_at": _START,
            "hierarchy_configuration": {
                "parent": {"contract_id": "extra-contract"},
                "payer": "PARENT",
                "usage_statement_behavior": "CONSOLIDATE",
            },
        },
        {"id": "extra-bundled", "customer": "extra-2", "package": "Extra package", "starting_at": _START},
    ],
    "contract_edits": [
        {"contract_id": "extra-contract", "remove_overrides": [{"id": "extra-removed"}]},
        {"contract_id": "extra-child", "update_contract_end_date": "2030-01-01T00:00:00Z"},
    ],
}


def _at(document: Item, path: str) -> Any:
    """What stands at a path such as `contracts.0.overrides`."""
    found: Any = document
    for step in path.split("."):
        found = found[int(step)] if isinstance(found, list) else found[step]
    return found


def _set(path: str, field: str, value: object, mark: str = "") -> Fault:
    """A fault that is one field with another value; reported at that field, or where `mark` stands."""

    def change(document: Item) -> str:
        _at(document, path)[field] = value
        return mark or f"{field}:"

    return change


def _without(path: str, field: str, mark: str) -> Fault:
    def change(document: Item) -> str:
        del _at(document, path)[field]
        return mark

    return change


def _added(path: str, item: object, mark: str) -> Fault:
    def change(document: Item) -> str:
        _at(document, path).append(item)
        return mark

    return change


_USAGE, _SUPPORT = "products.0", "products.4"
_CARD, _RATES = "rate_cards.0", "rate_cards.0.rates"
_CONTRACT = "contracts.0"
_CHARGE = f"{_CONTRACT}.scheduled_charges.0"
_SUBSCRIPTION, _SEATED = f"{_CONTRACT}.subscriptions.0", f"{_CONTRACT}.subscriptions.1"
_MULTIPLIER, _TIERED, _OVERWRITE = (f"{_CONTRACT}.overrides.{index}" for index in (0, 1, 3))

#: What is wrong, by name.
TERM_FAULTS: dict[str, Fault] = {
    "override by an unknown tag": _set(_MULTIPLIER, "applicable_product_tags", ["exta"], "- exta"),
    "override of a product off the card": _set(_TIERED, "product", "Extra off the card"),
    "override of an unknown product": _set(_TIERED, "product", "Extra usag"),
    "specifier by a key that the product lacks": _set(
        f"{_OVERWRITE}.override_specifiers.0", "pricing_group_values", {"region": "us"}, "region: us"
    ),
    "override off the hour": _set(_MULTIPLIER, "starting_at", _HALF_PAST, _HALF_PAST),
    "TIERED override without a priority": _without(_TIERED, "priority", "starting_at:"),
    "TIERED override under LOWEST_MULTIPLIER": _set(
        _CONTRACT, "multiplier_override_prioritization", "LOWEST_MULTIPLIER", "type: TIERED"
    ),
    "override tier without a size before the last": _set(f"{_TIERED}.tiers.0", "size", None, "size: null"),
    "override of commit rates for no balance": _set(_MULTIPLIER, "target", "COMMIT_RATE"),
    "override for an unknown commit": _set(
        _OVERWRITE,
        "override_specifiers",
        [{"product": "Extra usage", "commit_ids": ["extra-commit"]}],
        "- extra-commit",
    ),
    "OVERWRITE in another credit type": _set(f"{_OVERWRITE}.overwrite_rate", "credit_type", "Extra points"),
    "OVERWRITE with a percentage of usage": _set(f"{_OVERWRITE}.overwrite_rate", "rate_type", "PERCENTAGE"),
    "tier without a size before the last": _set(f"{_RATES}.0.tiers.1", "size", None, "size: null"),
    "tier of no width": _set(f"{_RATES}.0.tiers.1", "size", 0),
    "negative price": _set(f"{_RATES}.2", "price", -1),
    "rate off the hour": _set(f"{_RATES}.2", "starting_at", _HALF_PAST, _HALF_PAST),
    "rate with a part of the keys": _set(f"{_RATES}.1", "pricing_group_values", {"region": "us"}, "region: us"),
    "second rate from the same hour": _added(
        _RATES, _rate("Extra calls", rate_type="FLAT", price=8), "product: Extra calls"
    ),
    "rate in a unit without a conversion": _set(f"{_RATES}.2", "credit_type", "Extra points"),
    "rate in another currency": _set(f"{_RATES}.2", "credit_type", "GBP"),
    "rates of a product in two credit types": _without(f"{_RATES}.1", "credit_type", "Extra usage"),
    "rate in an unknown credit type": _set(f"{_RATES}.2", "credit_type", "Extra credit"),
    "percentage of usage": _set(f"{_RATES}.2", "rate_type", "PERCENTAGE"),
    "composite with a flat rate": _set(f"{_RATES}.4", "rate_type", "FLAT"),
    "rate by list prices": _set(f"{_RATES}.4", "use_list_prices", True),
    "commit rate in percent": _set(
        f"{_RATES}.2", "commit_rate", {"rate_type": "PERCENTAGE", "price": 1}, "rate_type: PERCENTAGE"
    ),
    "commit rate of seats": _set(f"{_RATES}.3", "commit_rate", {"rate_type": "FLAT", "price": 1}, "rate_type: FLAT"),
    "subscription rate without a frequency": _without(f"{_RATES}.3", "billing_frequency", "Extra seats"),
    "rate of a FIXED product": _set(f"{_RATES}.2", "product", "Extra set-up"),
    "card in a custom pricing unit": _set(_CARD, "fiat_credit_type", "Extra credits"),
    "card in an unknown currency": _set(_CARD, "fiat_credit_type", "EURO"),
    "unit converted twice": _added(
        f"{_CARD}.credit_type_conversions",
        {"custom_credit_type": "Extra credits", "fiat_per_custom_credit": 3},
        "custom_credit_type: Extra credits",
    ),
    "negative conversion": _set(f"{_CARD}.credit_type_conversions.0", "fiat_per_custom_credit", -2),
    "product order with an unknown product": _added(f"{_CARD}.product_order", "Extra nothing", "Extra nothing"),
    "composite without members": _set(_SUPPORT, "composite_products", [], "Extra support"),
    "composite of an unknown product": _set(_SUPPORT, "composite_products", ["Extra usag"], "- Extra usag"),
    "composite over customers": _set(_SUPPORT, "composite_scope", "CUSTOMER"),
    "composite of two credit types": _added(f"{_SUPPORT}.composite_products", "Extra calls", "Extra"),
    "update off the hour": _set(f"{_USAGE}.updates.0", "starting_at", _HALF_PAST, _HALF_PAST),
    "updates out of order": _set(f"{_USAGE}.updates.1", "starting_at", "2024-04-01T00:00:00Z", "2024-04-01T00:00:00Z"),
    "update to keys that the metric lacks": _set(f"{_USAGE}.updates.0", "presentation_group_key", ["size"], "- size"),
    "subscription of usage": _set(f"{_SUBSCRIPTION}.subscription_rate", "product", "Extra usage"),
    "subscription in arrears billed at once": _set(
        _SUBSCRIPTION, "proration", {"invoice_behavior": "BILL_IMMEDIATELY"}, "invoice_behavior:"
    ),
    "quantity below zero": _set(f"{_SUBSCRIPTION}.quantity_updates.0", "quantity_delta", -3, "starting_at:"),
    "quantity changed off the hour": _set(f"{_SUBSCRIPTION}.quantity_updates.0", "starting_at", _HALF_PAST, _HALF_PAST),
    "seats without a configuration": _without(_SEATED, "seat_config", "subscription_rate:"),
    "unassigned seats below zero": _set(
        _SEATED,
        "seat_updates",
        {"remove_unassigned_seats": [{"quantity": 1, "starting_at": "2024-02-01T00:00:00Z"}]},
        "quantity: 1",
    ),
    "charge of usage": _set(_CHARGE, "product", "Extra usage"),
    "charge in another currency": _set(f"{_CHARGE}.schedule", "credit_type", "GBP"),
    "charge in a custom pricing unit": _set(f"{_CHARGE}.schedule", "credit_type", "Extra credits"),
    "charge with amount and quantity": _set(f"{_CHARGE}.schedule.schedule_items.0", "quantity", 2),
    "commit of no known type": _set(_CONTRACT, "commits", [{"type": "PREPAD"}], "type: PREPAD"),
    "contract of a package with terms": _set("contracts.2", "overrides", [{"starting_at": _START, "entitled": True}]),
    "contract of an unknown package": _set("contracts.2", "package", "Extra packag"),
    "override of a package off the card": _set("packages.0.overrides.0", "product", "Extra off the card"),
    "edit of an unknown contract": _set("contract_edits.0", "contract_id", "extra-contrac"),
    "edit that removes an unknown override": _set("contract_edits.0.remove_overrides.0", "id", "extra-remove"),
    "edit with a commit of no known type": _set(
        "contract_edits.0", "add_commits", [{"type": "PREPAD"}], "type: PREPAD"
    ),
    "renewal of another customer's contract": _set(
        "contracts.1", "transition", {"type": "RENEWAL", "from_contract_id": "extra-contract"}, "extra-contract"
    ),
    "child that consolidates and pays itself": _set(
        "contracts.1.hierarchy_configuration", "payer", "SELF", "CONSOLIDATE"
    ),
    "child in another currency": _set("contracts.1", "rate_card", "Extra dollar card", "CONSOLIDATE"),
    "child of a child": _set(
        "contracts.0.hierarchy_configuration", "parent", {"contract_id": "extra-child"}, "invoice_consolidation_type:"
    ),
}
