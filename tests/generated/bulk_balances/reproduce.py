"""One account of a market on its own: the least catalog and events that bill it, as text and as a workspace."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from tests.generated.bulk.scene import Item
from tests.generated.bulk_balances.market import Group, Market
from tests.generated.writing import to_yaml

_OF_CUSTOMERS = ("commits", "credits", "manual_balance_entries")


def alone(market: Market, group: Group) -> Market:
    """The market with this account only, and of its goods only what the account's cards and terms name."""
    document = market.document
    customers = [each for each in document["customers"] if each["id"] in group.customers]
    contracts = [each for each in document["contracts"] if each["id"] in group.contracts]
    kept: dict[str, list[Item]] = {"customers": customers, "contracts": contracts}
    for section in _OF_CUSTOMERS:
        kept[section] = [each for each in document.get(section, []) if each["customer_id"] in group.customers]
    edits = document.get("contract_edits", [])
    kept["contract_edits"] = [each for each in edits if each["contract_id"] in group.contracts]
    said = _texts(kept.values())
    kept["packages"] = _named(document.get("packages", []), said)
    said |= _texts(kept["packages"])
    cards = document["rate_cards"]
    kept["rate_cards"] = [each for each in cards if said & {each["id"], *_aliases(each)}]
    identities = {each["id"] for each in kept["rate_cards"]}
    kept["rates"] = [each for each in document.get("rates", []) if each["rate_card_id"] in identities]
    said |= _texts([kept["rate_cards"], kept["rates"]])
    kept["products"] = _named(document["products"], said)
    # What a composite is made of is named by the composite, not by a card.
    said |= _texts(kept["products"])
    kept["products"] = _named(document["products"], said)
    kept["pricing_units"] = _named(document.get("pricing_units", []), said)
    ordered = {section: kept[section] for section in document if kept.get(section)}
    lines = tuple((at, line) for at, line in market.lines if str(json.loads(line)["customer_id"]) in group.customers)
    return replace(market, document=ordered, lines=lines, groups=(group,))


def report(market: Market, contract: str) -> str:
    """The account of a contract as YAML, with its events as NDJSON behind it."""
    (group,) = (each for each in market.groups if contract in each.contracts)
    return written(alone(market, group))


def written(market: Market) -> str:
    """A market as YAML, with its events in order of time behind it."""
    events = "".join(line + "\n" for _, line in sorted(market.lines, key=lambda each: each[0]))
    return f"{to_yaml(market.document)}# events\n{events}"


def _named(items: Iterable[Item], said: set[str]) -> list[Item]:
    return [each for each in items if said & {each["id"], each["name"]}]


def _aliases(card: Item) -> list[str]:
    return [str(each["name"]) for each in card.get("aliases", [])]


def _texts(value: Any) -> set[str]:
    """Every text that stands anywhere in a value."""
    if isinstance(value, str):
        return {value}
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, Iterable) else ()
    return {text for each in inside for text in _texts(each)}
