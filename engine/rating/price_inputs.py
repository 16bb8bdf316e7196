"""Rates as tables: what is on each rate card from when to when, at which price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, localcontext
from itertools import accumulate

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.catalog.composite import members_ever
from engine.catalog.override import OverrideType
from engine.catalog.product import Product, ProductType
from engine.catalog.rate_card import Price, Rate
from engine.rating.arrow_tables import INSTANT, TEXTS, arrow_table
from engine.rating.product_inputs import pricing_keys_of
from engine.values.numbers import MAX_DIGITS
from engine.values.period import ALWAYS

#: Decimal places of the least that a composite charge comes to.
MINIMUM_PLACES = 18


def price_inputs(catalog: Catalog, price_places: int, quantity_places: int) -> dict[str, pa.Table]:
    """The tables `rates`, `rate_values`, `rate_boundaries`, `rate_card_products`, `product_orders`, `price_tiers`,
    `commit_tiers`, `minimums`."""
    products = {product.id: product for product in catalog.products}
    priced: list[tuple[int | None, int | None, Price]] = [
        (number, None, rate) for number, rate in enumerate(catalog.rates)
    ]
    overrides = (override for contract in catalog.contracts for override in contract.overrides)
    priced += [
        (None, number, override.overwrite_rate)
        for number, override in enumerate(overrides)
        if override.type is OverrideType.OVERWRITE and override.overwrite_rate is not None
    ]
    return {
        "rates": _rates(catalog.rates),
        "rate_values": _rate_values(catalog.rates, products),
        "rate_boundaries": _rate_boundaries(catalog.rates),
        "rate_card_products": _rate_card_products(catalog, products),
        "product_orders": _product_orders(catalog),
        "price_tiers": _price_tiers(priced, price_places, quantity_places),
        "commit_tiers": _commit_tiers(catalog.rates, price_places, quantity_places),
        "minimums": _minimums(priced),
    }


def _rates(rates: Sequence[Rate]) -> pa.Table:
    """Grain: rate_no, in catalog order."""
    return arrow_table(
        rate_no=(pa.int64(), range(len(rates))),
        rate_id=(pa.string(), [each.id for each in rates]),
        rate_card_id=(pa.string(), [each.rate_card_id for each in rates]),
        product_id=(pa.string(), [each.product_id for each in rates]),
        billing_frequency=(pa.string(), [each.billing_frequency and each.billing_frequency.value for each in rates]),
        starting_at=(INSTANT, [each.starting_at for each in rates]),
        ending_before=(INSTANT, [each.ending_before or ALWAYS.ending_before for each in rates]),
        entitled=(pa.bool_(), [each.entitled for each in rates]),
        is_default=(pa.bool_(), [not each.pricing_group_values for each in rates]),
    )


def _rate_values(rates: Sequence[Rate], products: Mapping[str, Product]) -> pa.Table:
    """The rates for certain group values, in the order of each key that the product has at some time.

    Grain: rate_no, pricing_key_no.
    """
    rows = [
        (number, rate, key_no, [dict(rate.pricing_group_values)[name] for name in key])
        for number, rate in enumerate(rates)
        if rate.pricing_group_values
        for key, key_no in pricing_keys_of(products[rate.product_id]).items()
        if set(key) == {name for name, _ in rate.pricing_group_values}
    ]
    return arrow_table(
        rate_no=(pa.int64(), [number for number, _, _, _ in rows]),
        rate_card_id=(pa.string(), [rate.rate_card_id for _, rate, _, _ in rows]),
        product_id=(pa.string(), [rate.product_id for _, rate, _, _ in rows]),
        pricing_key_no=(pa.int32(), [key_no for _, _, key_no, _ in rows]),
        pricing_values=(TEXTS, [values for _, _, _, values in rows]),
        starting_at=(INSTANT, [rate.starting_at for _, rate, _, _ in rows]),
        ending_before=(INSTANT, [rate.ending_before or ALWAYS.ending_before for _, rate, _, _ in rows]),
    )


def _rate_boundaries(rates: Sequence[Rate]) -> pa.Table:
    """When a rate of a product begins or ends. Grain: rate_card_id, product_id, boundary_at."""
    boundaries = sorted(
        {
            (rate.rate_card_id, rate.product_id, moment)
            for rate in rates
            for moment in (rate.starting_at, rate.ending_before)
            if moment is not None
        }
    )
    return arrow_table(
        rate_card_id=(pa.string(), [card for card, _, _ in boundaries]),
        product_id=(pa.string(), [product for _, product, _ in boundaries]),
        boundary_at=(INSTANT, [moment for _, _, moment in boundaries]),
    )


def _rate_card_products(catalog: Catalog, products: Mapping[str, Product]) -> pa.Table:
    """What each rate card prices, and in which credit type.

    A composite charge is in the credit type of what it is a share of. Grain: rate_card_id, product_id.
    """
    fiats = {card.id: card.fiat_credit_type_id for card in catalog.rate_cards}
    units: dict[tuple[str, str], str] = {}
    for rate in catalog.rates:
        units.setdefault((rate.rate_card_id, rate.product_id), rate.credit_type_id or fiats[rate.rate_card_id])
    for card_id, product_id in list(units):
        if products[product_id].type is ProductType.COMPOSITE:
            members = members_ever(products[product_id], catalog.products)
            member_units = [units[card_id, each.id] for each in members if (card_id, each.id) in units]
            units[card_id, product_id] = member_units[0] if member_units else fiats[card_id]
    return arrow_table(
        rate_card_id=(pa.string(), [card_id for card_id, _ in units]),
        product_id=(pa.string(), [product_id for _, product_id in units]),
        credit_type_id=(pa.string(), list(units.values())),
    )


def _product_orders(catalog: Catalog) -> pa.Table:
    """The place of products on invoices, where a rate card orders them. Grain: rate_card_id, product_id."""
    rows = [
        (card.id, product_id, position)
        for card in catalog.rate_cards
        for position, product_id in enumerate(card.product_order)
    ]
    return arrow_table(
        rate_card_id=(pa.string(), [card_id for card_id, _, _ in rows]),
        product_id=(pa.string(), [product_id for _, product_id, _ in rows]),
        position=(pa.int32(), [position for _, _, position in rows]),
    )


def _price_tiers(
    priced: Sequence[tuple[int | None, int | None, Price]], price_places: int, quantity_places: int
) -> pa.Table:
    """Grain: (rate_no or override_no), tier_level. A price without tiers is one tier without level or bounds."""
    rows = [(rate_no, override_no, *tier) for rate_no, override_no, price in priced for tier in _tiers(price)]
    bound = pa.decimal128(MAX_DIGITS, quantity_places)
    return arrow_table(
        rate_no=(pa.int64(), [row[0] for row in rows]),
        override_no=(pa.int64(), [row[1] for row in rows]),
        tier_level=(pa.int32(), [row[2] for row in rows]),
        tier_starting_at=(bound, [row[3] for row in rows]),
        tier_ending_at=(bound, [row[4] for row in rows]),
        price=(pa.decimal128(MAX_DIGITS, price_places), [row[5] for row in rows]),
    )


def _commit_tiers(rates: Sequence[Rate], price_places: int, quantity_places: int) -> pa.Table:
    """The commit rates of rates that have one, shaped as `price_tiers`. Grain: rate_no, tier_level."""
    rows = [
        (number, *tier)
        for number, rate in enumerate(rates)
        if rate.commit_rate is not None
        for tier in _tiers(rate.commit_rate)
    ]
    bound = pa.decimal128(MAX_DIGITS, quantity_places)
    return arrow_table(
        rate_no=(pa.int64(), [row[0] for row in rows]),
        tier_level=(pa.int32(), [row[1] for row in rows]),
        tier_starting_at=(bound, [row[2] for row in rows]),
        tier_ending_at=(bound, [row[3] for row in rows]),
        price=(pa.decimal128(MAX_DIGITS, price_places), [row[4] for row in rows]),
    )


def _minimums(priced: Sequence[tuple[int | None, int | None, Price]]) -> pa.Table:
    """The least that a composite charge comes to. Grain: (rate_no or override_no)."""
    rows = [(rate_no, override_no, each.minimum_config) for rate_no, override_no, each in priced if each.minimum_config]
    return arrow_table(
        rate_no=(pa.int64(), [rate_no for rate_no, _, _ in rows]),
        override_no=(pa.int64(), [override_no for _, override_no, _ in rows]),
        minimum=(pa.decimal128(MAX_DIGITS, MINIMUM_PLACES), [config.minimum for _, _, config in rows]),
    )


def _tiers(price: Price) -> list[tuple[int | None, Decimal | None, Decimal | None, Decimal]]:
    """(level, lower bound exclusive, upper bound inclusive, price); the first and the last are open to infinity."""
    if not price.rate_type.is_tiered:
        assert price.price is not None
        return [(None, None, None, price.price)]
    bounds = tier_bounds([tier.size for tier in price.tiers[:-1]])
    return [(level, bounds[level - 1], bounds[level], tier.price) for level, tier in enumerate(price.tiers, start=1)]


def tier_bounds(sizes: Sequence[Decimal | None]) -> list[Decimal | None]:
    """The bounds of tiers, one more than there are tiers: the sizes added up, open to infinity on both sides."""
    with localcontext(prec=2 * MAX_DIGITS):
        return [None, *accumulate(size for size in sizes if size is not None), None]
