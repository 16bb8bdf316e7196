"""Overrides of a contract: what they say, and what they reach (spec/rating.md §5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.rate_cards import prices_of
from tests.oracle.written import Item, Named, exact, exact_if_any, when

Values = Mapping[str, str | None]

#: The rate types with which an OVERWRITE can price each type of product.
_PRICES = {
    "USAGE": ("FLAT", "TIERED"),
    "SUBSCRIPTION": ("FLAT", "SUBSCRIPTION"),
    "COMPOSITE": ("PERCENTAGE", "TIERED_PERCENTAGE"),
}
#: The lists of a specifier that name balances.
_BALANCES = ("commit_ids", "recurring_commit_ids", "recurring_credit_ids", "any_commit_or_credit_ids")


@dataclass(frozen=True)
class Target:
    """What is to be priced: a group of a USAGE product, a SUBSCRIPTION product at a frequency, or a COMPOSITE one.

    `tags` are those of the version in force at the instant for which it is priced.
    """

    product: str
    kind: str
    tags: tuple[str, ...]
    pricing: Values = field(default_factory=dict)
    presentation: Values = field(default_factory=dict)
    frequency: str | None = None


def read_override(item: Item, products: Named) -> Item:
    kind = item["type"].upper() if item.get("type") else None
    return {
        "id": item.get("id"),
        "type": kind,
        "starting_at": when(item, "starting_at"),
        "ending_before": when(item, "ending_before"),
        "multiplier": exact(item["multiplier"]) if kind == "MULTIPLIER" else None,
        "tiers": [(exact_if_any(tier.get("size")), exact(tier["multiplier"])) for tier in item["tiers"]]
        if kind == "TIERED"
        else None,
        "prices": prices_of(item["overwrite_rate"]) if kind == "OVERWRITE" else None,
        "entitled": item.get("entitled"),
        "commit_specific": bool(item.get("is_commit_specific")),
        "target": str(item.get("target") or "LIST_RATE").upper(),
        "priority": exact_if_any(item.get("priority")),
        "product": products.pointed_at_if_any(item, "product"),
        "tags": item.get("applicable_product_tags") or [],
        "specifiers": [
            {
                "product": products.pointed_at_if_any(specifier, "product"),
                "tags": specifier.get("product_tags") or [],
                "pricing": specifier.get("pricing_group_values") or {},
                "presentation": specifier.get("presentation_group_values") or {},
                "frequency": (specifier.get("billing_frequency") or "").upper() or None,
                "balances": [each for key in _BALANCES for each in specifier.get(key) or []],
            }
            for specifier in item.get("override_specifiers") or []
        ],
    }


def reaches(
    override: Mapping[str, Any], target: Target, is_balance: Callable[[list[str]], bool] = lambda named: True
) -> bool:
    """Whether an override is aimed at the target, whenever it is in force.

    `is_balance` says whether the balances that a specifier names, none being all, include the one that is drawn.
    """
    if override["commit_specific"] and target.kind != "USAGE":
        return False
    if override["type"] == "TIERED" and target.kind != "USAGE":
        return False
    if override["type"] == "OVERWRITE" and override["prices"]["rate_type"] not in _PRICES[target.kind]:
        return False
    if override["product"] is None and not override["tags"] and not override["specifiers"]:
        return True
    if override["product"] == target.product:
        return True
    if set(override["tags"]) & set(target.tags):
        return True
    return any(
        _specifies(specifier, target) and is_balance(specifier["balances"]) for specifier in override["specifiers"]
    )


def _specifies(specifier: Mapping[str, Any], target: Target) -> bool:
    return (
        specifier["product"] in (None, target.product)
        and set(specifier["tags"]) <= set(target.tags)
        and _contains(target.pricing, specifier["pricing"])
        and _contains(target.presentation, specifier["presentation"])
        and specifier["frequency"] in (None, target.frequency)
    )


def _contains(group: Values, wanted: Mapping[str, str]) -> bool:
    return all(group.get(key) == value for key, value in wanted.items())
