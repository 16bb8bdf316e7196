"""What a contract's prices could have been, as tables in which the price of another system is looked up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.catalog.credit_type import FIATS, USD_CENTS, credit_type_names
from engine.catalog.override import Override
from engine.catalog.rate_card import Price, Rate

_INSTANT = pa.timestamp("us")
_PRICE = pa.decimal128(38, 18)

_CARDS = pa.schema([("contract_id", pa.string()), ("rate_card_id", pa.string()), ("customer_name", pa.string())])
_PRICES = pa.schema(
    [
        ("rate_card_id", pa.string()),
        ("rate_id", pa.string()),
        ("product_id", pa.string()),
        ("pricing_group_values", pa.string()),
        ("values_key", pa.string()),
        ("starting_at", _INSTANT),
        ("tier_level", pa.int32()),
        ("unit_price", _PRICE),
    ]
)
_OVERRIDES = pa.schema(
    [
        ("contract_id", pa.string()),
        ("override_id", pa.string()),
        ("product_id", pa.string()),
        ("multiplier", _PRICE),
        ("unit_price", _PRICE),
        ("starting_at", _INSTANT),
    ]
)
_PRODUCTS = pa.schema([("product_id", pa.string()), ("type", pa.string())])
_CURRENCIES = pa.schema([("credit_type_id", pa.string()), ("name", pa.string()), ("places", pa.int32())])

_Row = Mapping[str, object]


def evidence_tables(catalog: Catalog) -> dict[str, pa.Table]:
    """The tables `contract_cards`, `card_prices`, `contract_overrides`, `product_types`, `currencies`.

    A price in tiers, and a rate that commits have a price of their own for, are several rows of `card_prices`; `places`
    are those that an amount of a currency is paid in, counted from the unit that its amounts are in.
    """
    names = {customer.id: customer.name for customer in catalog.customers}
    cards = (
        {"contract_id": each.id, "rate_card_id": each.rate_card_id, "customer_name": names.get(each.customer_id)}
        for each in catalog.contracts
    )
    products = ({"product_id": each.id, "type": each.type.value} for each in catalog.products)
    currencies = (
        {"credit_type_id": each, "name": name, "places": 0 if each == USD_CENTS else 2}
        for each, name in {**FIATS, **credit_type_names(catalog.pricing_units)}.items()
    )
    return {
        "contract_cards": pa.Table.from_pylist(list(cards), schema=_CARDS),
        "card_prices": pa.Table.from_pylist(list(_card_prices(catalog)), schema=_PRICES),
        "contract_overrides": pa.Table.from_pylist(list(_contract_overrides(catalog)), schema=_OVERRIDES),
        "product_types": pa.Table.from_pylist(list(products), schema=_PRODUCTS),
        "currencies": pa.Table.from_pylist(list(currencies), schema=_CURRENCIES),
    }


def _card_prices(catalog: Catalog) -> Iterator[_Row]:
    for rate in catalog.rates:
        for price in (rate, rate.commit_rate):
            for level, unit_price in _prices(price):
                yield {
                    "rate_card_id": rate.rate_card_id,
                    "rate_id": rate.id,
                    "product_id": rate.product_id,
                    "pricing_group_values": json.dumps(dict(rate.pricing_group_values), ensure_ascii=False),
                    "values_key": _values_key(rate),
                    "starting_at": rate.starting_at,
                    "tier_level": level,
                    "unit_price": unit_price,
                }


def _values_key(rate: Rate) -> str:
    """Group values in the spelling of the macro `values_key`."""
    return "\x1d".join(sorted(f"{name}\x1f{value}" for name, value in rate.pricing_group_values))


def _prices(price: Price | None) -> Iterator[tuple[int | None, Decimal]]:
    if price is None:
        return
    if price.price is not None:
        yield None, price.price
    yield from ((level, tier.price) for level, tier in enumerate(price.tiers, start=1))


def _contract_overrides(catalog: Catalog) -> Iterator[_Row]:
    for contract in catalog.contracts:
        for override in contract.overrides:
            for multiplier, unit_price in _changes(override):
                for product_id in _product_ids(override):
                    yield {
                        "contract_id": contract.id,
                        "override_id": override.id,
                        "product_id": product_id,
                        "multiplier": multiplier,
                        "unit_price": unit_price,
                        "starting_at": override.starting_at,
                    }


def _changes(override: Override) -> Iterator[tuple[Decimal | None, Decimal | None]]:
    """The factors and the prices of an override."""
    if override.multiplier is not None:
        yield override.multiplier, None
    yield from ((tier.multiplier, None) for tier in override.tiers)
    yield from ((None, price) for _, price in _prices(override.overwrite_rate))


def _product_ids(override: Override) -> Iterator[str | None]:
    """The products that an override names; None for any."""
    if not override.override_specifiers:
        yield override.product_id
    yield from dict.fromkeys(each.product_id for each in override.override_specifiers or ())
