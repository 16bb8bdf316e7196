"""The catalog as the tables that the rating stages start from (DESIGN §7).

Every table is built column by column from the catalog's objects. Numbers get the narrowest exact scale that holds
all of them, so that the products the stages form have room for as many whole digits as possible.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.catalog.credit_type import USD_CENTS, credit_type_names
from engine.catalog.product import Product, ProductType
from engine.catalog.rate_card import Price
from engine.rating.arrow_tables import arrow_table
from engine.rating.override_inputs import override_inputs
from engine.rating.price_inputs import price_inputs
from engine.rating.product_inputs import ProductMeter, finest_places, product_inputs
from engine.rating.quantities import digits_of, quantity_terms
from engine.values.numbers import MAX_DIGITS

#: Whole digits that amounts keep at the least; prices and quantities share the other digits.
AMOUNT_WHOLE_DIGITS = 12

#: Decimal places that published quantities and unit prices have at the most.
MOST_PLACES = 18


@dataclass(frozen=True, slots=True)
class Scales:
    """Decimal places of list prices, multipliers, unit prices, quantities and metric values in one run."""

    price: int
    multiplier: int
    unit_price: int
    quantity: int
    value: int


@dataclass(frozen=True)
class PricingInputs:
    """The input tables by name, and the decimal places that the run's exact types need."""

    tables: Mapping[str, pa.Table]
    scales: Scales


def meter_inputs(meters: Sequence[tuple[int, str, str, str | None]]) -> pa.Table:
    """The meters, from (meter id, billable metric id, metric name, how values are combined). Grain: meter_id."""
    return arrow_table(
        meter_id=(pa.int32(), [meter_id for meter_id, _, _, _ in meters]),
        billable_metric_id=(pa.string(), [metric_id for _, metric_id, _, _ in meters]),
        metric_name=(pa.string(), [name for _, _, name, _ in meters]),
        combined_by=(pa.string(), [combined_by for _, _, _, combined_by in meters]),
    )


def pricing_inputs(
    catalog: Catalog, meters: Mapping[str, Sequence[ProductMeter]], whole: Catalog | None = None
) -> PricingInputs:
    """Products, prices and overrides; `meters` is by product id, for the usage products that have a price.

    The exact types are those that the `whole` catalog takes, so that billing some of its customers gives what billing
    all of them does.
    """
    places = _decimal_places(whole or catalog)
    unit_price = min(places.usage_price + places.multiplier, MOST_PLACES)
    most = min(MOST_PLACES, MAX_DIGITS - AMOUNT_WHOLE_DIGITS - unit_price)
    terms = {
        (product.id, number): quantity_terms(version, finest_places(meters[product.id]), most)
        for product in catalog.products
        if product.id in meters
        for number, version in enumerate(product.versions())
    }
    scales = Scales(
        price=places.price,
        multiplier=places.multiplier,
        unit_price=unit_price,
        quantity=min(most, max([places.tier, *(each.places for each in terms.values())])),
        value=max((finest_places(each) for each in meters.values()), default=0),
    )
    tables = {
        "credit_types": _credit_types(catalog),
        "rate_cards": _rate_cards(catalog),
        "unit_conversions": _unit_conversions(catalog),
        **product_inputs(catalog.products, meters, terms, scales.quantity, scales.value),
        **price_inputs(catalog, scales.price, scales.quantity),
        **override_inputs(catalog.contracts, scales.multiplier, scales.quantity),
    }
    return PricingInputs(tables, scales)


def rated_products(catalog: Catalog) -> tuple[Product, ...]:
    """The usage products that have a rate on some rate card, in catalog order: what must be metered."""
    priced = {rate.product_id for rate in catalog.rates}
    return tuple(each for each in catalog.products if each.type is ProductType.USAGE and each.id in priced)


def _credit_types(catalog: Catalog) -> pa.Table:
    """Grain: credit_type_id."""
    names = credit_type_names(catalog.pricing_units)
    return arrow_table(credit_type_id=(pa.string(), list(names)), credit_type_name=(pa.string(), list(names.values())))


def _rate_cards(catalog: Catalog) -> pa.Table:
    """Grain: rate_card_id."""
    cards = catalog.rate_cards
    return arrow_table(
        rate_card_id=(pa.string(), [each.id for each in cards]),
        credit_type_id=(pa.string(), [each.fiat_credit_type_id for each in cards]),
        payable_places=(pa.int32(), [0 if each.fiat_credit_type_id == USD_CENTS else 2 for each in cards]),
    )


def _unit_conversions(catalog: Catalog) -> pa.Table:
    """What a custom pricing unit is worth on a rate card. Grain: rate_card_id, credit_type_id."""
    conversions = [(card.id, each) for card in catalog.rate_cards for each in card.credit_type_conversions]
    return arrow_table(
        rate_card_id=(pa.string(), [card for card, _ in conversions]),
        credit_type_id=(pa.string(), [each.custom_credit_type_id for _, each in conversions]),
        fiat_per_custom_credit=(
            pa.decimal128(MAX_DIGITS, MOST_PLACES),
            [each.fiat_per_custom_credit for _, each in conversions],
        ),
    )


@dataclass(frozen=True, slots=True)
class _Places:
    """The most decimal places among all prices, the prices of usage, multipliers, and tier bounds."""

    price: int
    usage_price: int
    multiplier: int
    tier: int


def _decimal_places(catalog: Catalog) -> _Places:
    usage = {product.id for product in catalog.products if product.type is ProductType.USAGE}
    overrides = [override for contract in catalog.contracts for override in contract.overrides]
    overwrites = [override.overwrite_rate for override in overrides if override.overwrite_rate is not None]
    usage_prices: list[Price] = [rate for rate in catalog.rates if rate.product_id in usage]
    usage_prices += [each for each in overwrites if not each.rate_type.is_percentage]
    commit_rates = [rate.commit_rate for rate in catalog.rates if rate.commit_rate is not None]
    usage_prices += commit_rates
    tiers = [tier for priced in (*catalog.rates, *overwrites, *commit_rates) for tier in priced.tiers]
    override_tiers = [tier for override in overrides for tier in override.tiers]
    return _Places(
        price=_most(_numbers_of((*catalog.rates, *overwrites, *commit_rates))),
        usage_price=_most(_numbers_of(usage_prices)),
        multiplier=_most({each.multiplier for each in overrides} | {tier.multiplier for tier in override_tiers}),
        tier=_most({tier.size for tier in tiers} | {tier.size for tier in override_tiers}),
    )


def _numbers_of(prices: Sequence[Price]) -> set[Decimal | None]:
    return {each.price for each in prices} | {tier.price for each in prices for tier in each.tiers}


def _most(numbers: set[Decimal | None]) -> int:
    return max((digits_of(each)[1] for each in numbers if each is not None), default=0)
