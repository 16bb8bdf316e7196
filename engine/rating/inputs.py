"""The catalog as the tables that the rating stages start from (DESIGN §7).

Every table is built column by column from the catalog's objects. Numbers get the narrowest exact scale that holds
all of them, so that the products the stages form have room for as many whole digits as possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from itertools import accumulate

import pyarrow as pa

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.override import Override, OverrideSpecifier, OverrideType
from engine.catalog.product import Product, ProductType
from engine.catalog.rate_card import USD_CENTS, Rate, RateType, Tier
from engine.rating.arrow_tables import INSTANT, TEXTS, WHOLE, arrow_table
from engine.rating.quantities import QuantityTerms, digits_of, quantity_terms
from engine.values.numbers import MAX_DIGITS
from engine.values.period import ALWAYS

#: Whole digits that amounts keep at the least; prices and quantities share the other digits.
AMOUNTWHOLE_DIGITS = 12

#: Decimal places that published quantities and unit prices have at the most.
MOST_PLACES = 18


@dataclass(frozen=True, slots=True)
class ProductMeter:
    """What rating must know of a meter behind a product, from `starting_at` until `ending_before`.

    The meter's key values are in the order of `keys`; its values are whole numbers of 10^-places. `combined_by` says
    how values over the segments are combined, or that the meter is read from the start of the period to each cut;
    `one_segment` that it is billed once for the whole service period.
    """

    meter_id: int
    keys: tuple[str, ...]
    places: int
    combined_by: str | None
    one_segment: bool
    starting_at: datetime | None = None
    ending_before: datetime | None = None


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


def pricing_inputs(catalog: Catalog, meters: Mapping[str, Sequence[ProductMeter]]) -> PricingInputs:
    """Products, prices and overrides; `meters` is by product id, in the order of time, one or more for each."""
    products = [product for product in catalog.products if product.id in meters]
    price, multiplier, tier = _decimal_places(catalog)
    unit_price = min(price + multiplier, MOST_PLACES)
    most = min(MOST_PLACES, MAX_DIGITS - AMOUNTWHOLE_DIGITS - unit_price)
    places = {product.id: max(meter.places for meter in meters[product.id]) for product in products}
    terms = {product.id: quantity_terms(product, places[product.id], most) for product in products}
    scales = Scales(
        price=price,
        multiplier=multiplier,
        unit_price=unit_price,
        quantity=min(most, max([tier, *(each.places for each in terms.values())])),
        value=max(places.values(), default=0),
    )
    tables = {
        "rate_cards": arrow_table(
            rate_card_id=(pa.string(), [each.id for each in catalog.rate_cards]),
            currency=(pa.string(), [_currency(each.fiat_credit_type_id) for each in catalog.rate_cards]),
            payable_places=(
                pa.int32(),
                [0 if each.fiat_credit_type_id == USD_CENTS else 2 for each in catalog.rate_cards],
            ),
        ),
        "product_terms": _product_terms(products, meters, terms, scales),
        "product_meters": _product_meters(products, meters),
        **_rates(catalog, {product.id: product for product in products}),
        **_overrides(catalog.contracts, scales),
        "price_tiers": _price_tiers(catalog, scales),
    }
    return PricingInputs(tables, scales)


def rated_products(catalog: Catalog) -> tuple[Product, ...]:
    """The usage products that have a rate on some rate card, in catalog order: what must be metered."""
    priced = {rate.product_id for rate in catalog.rates}
    return tuple(each for each in catalog.products if each.type is ProductType.USAGE and each.id in priced)


def _currency(credit_type_id: str) -> str:
    return "USD (cents)" if credit_type_id == USD_CENTS else credit_type_id


def _decimal_places(catalog: Catalog) -> tuple[int, int, int]:
    """The most decimal places among prices, multipliers and tier bounds."""
    prices, multipliers, sizes = [0], [0], [0]
    tiers: list[Tier] = []
    for rate in catalog.rates:
        if rate.price is not None:
            prices.append(digits_of(rate.price)[1])
        tiers += rate.tiers
    for contract in catalog.contracts:
        for override in contract.overrides:
            if override.multiplier is not None:
                multipliers.append(digits_of(override.multiplier)[1])
            if override.overwrite_rate is not None:
                if override.overwrite_rate.price is not None:
                    prices.append(digits_of(override.overwrite_rate.price)[1])
                tiers += override.overwrite_rate.tiers
    prices += [digits_of(tier.price)[1] for tier in tiers]
    sizes += [digits_of(tier.size)[1] for tier in tiers if tier.size is not None]
    return max(prices), max(multipliers), max(sizes)


def _product_terms(
    products: Sequence[Product],
    meters: Mapping[str, Sequence[ProductMeter]],
    terms: Mapping[str, QuantityTerms],
    scales: Scales,
) -> pa.Table:
    metered = [meters[product.id][0] for product in products]
    places = [max(meter.places for meter in meters[product.id]) for product in products]
    converted = [terms[product.id] for product in products]
    whole = {
        name: (
            WHOLE,
            [None if getattr(each, name) is None else Decimal(getattr(each, name)) for each in converted],
        )
        for name in ("multiplier", "divisor", "rounding_unit", "quantity_divisor")
    }
    return arrow_table(
        product_no=(pa.int32(), range(len(products))),
        product_id=(pa.string(), [each.id for each in products]),
        product_name=(pa.string(), [each.name for each in products]),
        tags=(TEXTS, [list(each.tags) for each in products]),
        pricing_keys=(TEXTS, [list(each.pricing_group_key) for each in products]),
        presentation_keys=(TEXTS, [list(each.presentation_group_key) for each in products]),
        pricing_positions=(
            pa.list_(pa.int64()),
            [_positions(p.pricing_group_key, m) for p, m in zip(products, metered, strict=True)],
        ),
        presentation_positions=(
            pa.list_(pa.int64()),
            [_positions(p.presentation_group_key, m) for p, m in zip(products, metered, strict=True)],
        ),
        no_key_values=(TEXTS, [[None] * len(each.keys) for each in metered]),
        rounding_method=(pa.string(), [each.rounding_method for each in converted]),
        quantity_unit=(
            pa.decimal128(MAX_DIGITS, scales.quantity),
            [Decimal(1).scaleb(-each.places) for each in converted],
        ),
        value_unit=(
            pa.decimal128(MAX_DIGITS, scales.value),
            [Decimal(1).scaleb(-each) for each in places],
        ),
        **whole,
    )


def _product_meters(products: Sequence[Product], meters: Mapping[str, Sequence[ProductMeter]]) -> pa.Table:
    """Grain: product_id, starting_at. A metered value times `value_factor` is in the product's finest unit."""
    rows = [
        (product.id, meter, 10 ** (max(each.places for each in meters[product.id]) - meter.places))
        for product in products
        for meter in meters[product.id]
    ]
    return arrow_table(
        product_id=(pa.string(), [product_id for product_id, _, _ in rows]),
        meter_id=(pa.int32(), [meter.meter_id for _, meter, _ in rows]),
        combined_by=(pa.string(), [meter.combined_by for _, meter, _ in rows]),
        one_segment=(pa.bool_(), [meter.one_segment for _, meter, _ in rows]),
        value_factor=(WHOLE, [Decimal(factor) for _, _, factor in rows]),
        starting_at=(INSTANT, [meter.starting_at or ALWAYS.starting_at for _, meter, _ in rows]),
        ending_before=(INSTANT, [meter.ending_before or ALWAYS.ending_before for _, meter, _ in rows]),
    )


def _positions(key: Iterable[str], meter: ProductMeter) -> list[int]:
    """Where each property of a product's key stands among the meter's key values, counting from 1 as SQL does."""
    return [meter.keys.index(name) + 1 for name in key]


def _rates(catalog: Catalog, products: Mapping[str, Product]) -> dict[str, pa.Table]:
    numbered = [(number, rate) for number, rate in enumerate(catalog.rates) if rate.product_id in products]
    rates = [rate for _, rate in numbered]
    boundaries = sorted(
        {
            (rate.rate_card_id, rate.product_id, moment)
            for rate in rates
            for moment in (rate.starting_at, rate.ending_before)
            if moment is not None
        }
    )
    card_products = sorted({(rate.rate_card_id, rate.product_id) for rate in rates})
    return {
        "rates": arrow_table(
            rate_no=(pa.int64(), [number for number, _ in numbered]),
            rate_id=(pa.string(), [each.id for each in rates]),
            rate_card_id=(pa.string(), [each.rate_card_id for each in rates]),
            product_id=(pa.string(), [each.product_id for each in rates]),
            starting_at=(INSTANT, [each.starting_at for each in rates]),
            ending_before=(INSTANT, [each.ending_before for each in rates]),
            entitled=(pa.bool_(), [each.entitled for each in rates]),
            pricing_values=(TEXTS, [_pricing_values(each, products[each.product_id]) for each in rates]),
        ),
        "rate_boundaries": arrow_table(
            rate_card_id=(pa.string(), [card for card, _, _ in boundaries]),
            product_id=(pa.string(), [product for _, product, _ in boundaries]),
            boundary_at=(INSTANT, [moment for _, _, moment in boundaries]),
        ),
        "rate_card_products": arrow_table(
            rate_card_id=(pa.string(), [card for card, _ in card_products]),
            product_id=(pa.string(), [product for _, product in card_products]),
        ),
    }


def _pricing_values(rate: Rate, product: Product) -> list[str] | None:
    """A rate's pricing group values in the product's key order; None for a default rate."""
    values = dict(rate.pricing_group_values)
    return [values[name] for name in product.pricing_group_key] if values else None


def _overrides(contracts: Sequence[Contract], scales: Scales) -> dict[str, pa.Table]:
    owned = [(contract.id, override) for contract in contracts for override in contract.overrides]
    overrides = [override for _, override in owned]
    boundaries = [
        (number, moment)
        for number, override in enumerate(overrides)
        for moment in (override.starting_at, override.ending_before)
        if moment is not None
    ]
    return {
        "overrides": arrow_table(
            override_no=(pa.int64(), range(len(owned))),
            override_id=(pa.string(), [each.id for each in overrides]),
            override_type=(
                pa.string(),
                [None if each.type is None else each.type.value for each in overrides],
            ),
            multiplier=(
                pa.decimal128(MAX_DIGITS, scales.multiplier),
                [each.multiplier for each in overrides],
            ),
            entitled=(pa.bool_(), [each.entitled for each in overrides]),
            priority=(pa.int64(), [each.priority for each in overrides]),
            starting_at=(INSTANT, [each.starting_at for each in overrides]),
            ending_before=(INSTANT, [each.ending_before for each in overrides]),
        ),
        "override_boundaries": arrow_table(
            override_no=(pa.int64(), [number for number, _ in boundaries]),
            boundary_at=(INSTANT, [moment for _, moment in boundaries]),
        ),
        "override_targets": _override_targets(owned),
    }


def _override_targets(owned: Sequence[tuple[str, Override]]) -> pa.Table:
    targets = [
        (number, position, contract_id, target)
        for number, (contract_id, override) in enumerate(owned)
        for position, target in enumerate(_targets(override))
    ]
    return arrow_table(
        override_no=(pa.int64(), [number for number, _, _, _ in targets]),
        target_no=(pa.int64(), [position for _, position, _, _ in targets]),
        contract_id=(pa.string(), [contract_id for _, _, contract_id, _ in targets]),
        product_id=(pa.string(), [target.product_id for _, _, _, target in targets]),
        any_tags=(TEXTS, [target.any_tags for _, _, _, target in targets]),
        all_tags=(TEXTS, [target.all_tags for _, _, _, target in targets]),
        pricing_pairs=(TEXTS, [target.pricing_pairs for _, _, _, target in targets]),
        presentation_pairs=(TEXTS, [target.presentation_pairs for _, _, _, target in targets]),
    )


@dataclass(frozen=True, slots=True)
class _Target:
    """One way an override can match; None asks for nothing."""

    product_id: str | None = None
    any_tags: list[str] | None = None
    all_tags: list[str] | None = None
    pricing_pairs: list[str] | None = None
    presentation_pairs: list[str] | None = None


def _targets(override: Override) -> list[_Target]:
    if override.override_specifiers:
        return [_specified(specifier) for specifier in override.override_specifiers]
    tags = override.applicable_product_tags
    return [_Target(product_id=override.product_id, any_tags=list(tags) if tags else None)]


def _specified(specifier: OverrideSpecifier) -> _Target:
    return _Target(
        product_id=specifier.product_id,
        all_tags=list(specifier.product_tags) or None,
        pricing_pairs=_pairs(specifier.pricing_group_values),
        presentation_pairs=_pairs(specifier.presentation_group_values),
    )


def _pairs(values: Iterable[tuple[str, str]]) -> list[str] | None:
    """Group values as the `name=value` texts of the macro `named_values`; None when there are none."""
    return [f"{name}\x1f{value}" for name, value in values] or None


def _price_tiers(catalog: Catalog, scales: Scales) -> pa.Table:
    """Grain: (rate_no or override_no), tier_level. A FLAT price is one tier without level or bounds."""
    rows: list[tuple[int | None, int | None, int | None, Decimal | None, Decimal | None, Decimal]] = []
    for rate_no, rate in enumerate(catalog.rates):
        rows += [(rate_no, None, *tier) for tier in _tiers(rate.rate_type, rate.price, rate.tiers)]
    overrides = [override for contract in catalog.contracts for override in contract.overrides]
    for override_no, override in enumerate(overrides):
        own = override.overwrite_rate
        if override.type is OverrideType.OVERWRITE and own is not None:
            rows += [(None, override_no, *tier) for tier in _tiers(own.rate_type, own.price, own.tiers)]
    bound = pa.decimal128(MAX_DIGITS, scales.quantity)
    return arrow_table(
        rate_no=(pa.int64(), [row[0] for row in rows]),
        override_no=(pa.int64(), [row[1] for row in rows]),
        tier_level=(pa.int32(), [row[2] for row in rows]),
        tier_starting_at=(bound, [row[3] for row in rows]),
        tier_ending_at=(bound, [row[4] for row in rows]),
        price=(pa.decimal128(MAX_DIGITS, scales.price), [row[5] for row in rows]),
    )


def _tiers(
    rate_type: RateType, price: Decimal | None, tiers: Sequence[Tier]
) -> list[tuple[int | None, Decimal | None, Decimal | None, Decimal]]:
    """(level, lower bound exclusive, upper bound inclusive, price); the first and the last are open to infinity."""
    if rate_type is RateType.FLAT:
        assert price is not None
        return [(None, None, None, price)]
    with localcontext(prec=2 * MAX_DIGITS):
        bounds = [None, *accumulate(tier.size for tier in tiers[:-1] if tier.size is not None), None]
    return [(level, bounds[level - 1], bounds[level], tier.price) for level, tier in enumerate(tiers, start=1)]
