"""Rates and what overrides put in their place: as an export writes prices, and as request bodies do."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.catalog.rate_card import Price, Rate, RateCard, RateType
from engine.metronome.json_text import json_text, json_value
from engine.metronome.request_body import Body, Row, instant, number, pairs, present, upper
from engine.values.numbers import plain_text


def price_json(price: Price) -> Body:
    """A price as the export's `Rate`; those of tiers have its shape."""
    kind = price.rate_type
    value = "fraction" if kind.is_percentage else "unit_price"
    parts: Body = {"type": kind.value.lower()}
    if kind.is_tiered:
        return {**parts, "tiers": [present(size=each.size) | {value: each.price} for each in price.tiers]}
    parts[value] = price.price
    if kind is RateType.PERCENTAGE:
        parts["use_list_prices"] = False
    if kind is RateType.SUBSCRIPTION:
        parts["quantity"] = Decimal(1) if price.quantity is None else price.quantity
    return parts


def price_body(text: str | None) -> Body | None:
    """The price in a column: the export's `Rate` or a bare number, which is FLAT; None for what is no price."""
    if text is None:
        return None
    if plain_text(text) is not None:
        return {"rate_type": "FLAT", "price": number(Decimal(text))}
    try:
        value = json_value(text)
    except ValueError:
        return None
    kind = upper(value.get("type") or value.get("rate_type")) if isinstance(value, dict) else None
    if kind not in list(RateType):
        return None
    tiers = [present(size=number(each.get("size")), price=_price(each)) for each in value.get("tiers") or ()]
    quantity = number(value.get("quantity"))
    return present(
        rate_type=kind, price=_price(value), tiers=tiers, quantity=None if quantity in (None, 1) else quantity
    )


def uses_list_prices(text: str | None) -> bool:
    """Whether a percentage is of list prices, which duckbill does not bill."""
    value = None if text is None or plain_text(text) is not None else json_value(text)
    return isinstance(value, dict) and bool(value.get("use_list_prices"))


def _price(value: Mapping[str, Any]) -> Decimal | None:
    return number(next((value[key] for key in ("unit_price", "fraction", "price") if value.get(key) is not None), None))


def rate_row(rate: Rate, card: RateCard, names: Mapping[str, str]) -> Body:
    """A row of `contracts_rate_card_entries`; `names` are those of credit types."""
    unit = None if rate.rate_type.is_percentage else card.fiat_credit_type_id
    credit_type_id = rate.credit_type_id or unit
    order = card.product_order
    return {
        "id": rate.id,
        "rate_card_id": rate.rate_card_id,
        "product_id": rate.product_id,
        "version": 1,
        "entitled": rate.entitled,
        "rate": json_text(price_json(rate)),
        "commit_rate": None if rate.commit_rate is None else json_text(price_json(rate.commit_rate)),
        "product_order": order.index(rate.product_id) if rate.product_id in order else None,
        "pricing_group_values": json_text(dict(rate.pricing_group_values)),
        "credit_type_id": credit_type_id,
        "credit_type_name": names.get(credit_type_id or ""),
        "billing_frequency": rate.billing_frequency,
        "starting_at": rate.starting_at,
        "ending_before": rate.ending_before,
    }


def rate_body(row: Row, currency: str | None) -> Body | None:
    """A rate as a request body; `currency` is the rate card's. None for a row whose price cannot be read."""
    price = price_body(row["rate"])
    if price is None:
        return None
    credit_type_id = row["credit_type_id"]
    is_plain = "PERCENTAGE" in price["rate_type"] or credit_type_id == currency
    return price | present(
        id=row["id"],
        rate_card_id=row["rate_card_id"],
        product_id=row["product_id"],
        entitled=True if row["entitled"] is None else row["entitled"],
        starting_at=instant(row["starting_at"]),
        ending_before=instant(row["ending_before"]),
        commit_rate=price_body(row["commit_rate"]),
        pricing_group_values=pairs(json_value(row["pricing_group_values"])),
        credit_type_id=None if is_plain else credit_type_id,
        billing_frequency=upper(row["billing_frequency"]),
    )
