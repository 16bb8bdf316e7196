"""Rate cards and their rates: prices, conversions of pricing units, aliases and the order of products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.oracle.credit_types import USD, CreditTypes
from tests.oracle.times import BEGINNING
from tests.oracle.written import Item, Named, exact, when


def read_card(item: Item, credit_types: CreditTypes, products: Named) -> Item:
    """name, fiat (id), conversions ({unit id: fiat per unit}), aliases, and the rank of every product in its order.

    `credit_types` is for those of products whose rates name one.
    """
    first = [products.find(wanted) for wanted in item.get("product_order") or []]
    order = [*first, *(product for product in products.objects if product not in first)]
    return {
        "name": item["name"],
        "fiat": credit_types.named(item, "fiat_credit_type") or credit_types.find(USD),
        "conversions": {
            credit_types.named(each, "custom_credit_type"): exact(each["fiat_per_custom_credit"])
            for each in item.get("credit_type_conversions") or []
        },
        "aliases": item.get("aliases") or [],
        "credit_types": {},
        "listed": len(first),
        "ranks": {product: rank for rank, product in enumerate(order)},
    }


def holder_of(alias: str, holders: Mapping[str, Mapping[str, Any]], moment: datetime) -> str:
    """The id of the rate card or package that has an alias at an instant: the one to which it went last."""
    best: str | None = None
    best_start: datetime | None = None
    for identity, holder in holders.items():
        for each in holder["aliases"] or []:
            start, end = when(each, "starting_at") or BEGINNING, when(each, "ending_before")
            if each["name"] != alias or moment < start or (end is not None and moment >= end):
                continue
            if best_start is None or start >= best_start:
                best, best_start = identity, start
    assert best is not None, f"nothing is called {alias} at {moment}"
    return best


def prices_of(item: Mapping[str, Any]) -> Item:
    """How a rate or an OVERWRITE prices.

    {"rate_type", "tiered": bool, "tiers": [(size or None, price), ...], "minimum": Fraction or None}. FLAT,
    SUBSCRIPTION and PERCENTAGE have one tier; the price of a percentage is the fraction of the spend.
    """
    rate_type = item["rate_type"].upper()
    config = item.get("minimum_config")
    minimum = exact(config["minimum"]) if config else None
    if rate_type in ("FLAT", "SUBSCRIPTION", "PERCENTAGE"):
        return {"rate_type": rate_type, "tiered": False, "tiers": [(None, exact(item["price"]))], "minimum": minimum}
    if rate_type not in ("TIERED", "TIERED_PERCENTAGE"):
        raise ValueError(f"rate type {item['rate_type']} is out of scope")
    tiers = []
    for tier in item["tiers"]:
        size = exact(tier["size"]) if tier.get("size") is not None else None
        tiers.append((size, exact(tier["price"])))
    return {"rate_type": rate_type, "tiered": True, "tiers": tiers, "minimum": minimum}


def read_rates(written: Mapping[str, Sequence[Item]], cards: Named, products: Named, types: CreditTypes) -> list[Item]:
    """All rates in catalog order: nested in the cards first, then the sections, then the seeds."""
    rates = []
    for card, item in _rate_items(written, cards):
        frequency = item.get("billing_frequency")
        rates.append(
            {
                "card": card,
                "product": products.pointed_at(item, "product"),
                "starting_at": when(item, "starting_at"),
                "ending_before": when(item, "ending_before"),
                "entitled": item["entitled"],
                "values": item.get("pricing_group_values") or {},
                "frequency": frequency and frequency.upper(),
                "credit_type": types.named(item, "credit_type"),
                **prices_of(item),
                "commit_rate": prices_of(item["commit_rate"]) if item.get("commit_rate") else None,
            }
        )
    return rates


def _rate_items(written: Mapping[str, Sequence[Item]], cards: Named) -> Iterator[tuple[str, Item]]:
    for card, item in cards.objects.items():
        for rate in item.get("rates") or []:
            yield card, rate
    for item in written.get("rates", ()):
        card = cards.pointed_at(item, "rate_card")
        for rate in item.get("rates") or [item]:
            yield card, rate
