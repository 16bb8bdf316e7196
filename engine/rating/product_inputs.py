"""Products as tables: what each is from when to when, by which keys it is metered, and by which meters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

import pyarrow as pa

from engine.catalog.key_stretch import KeyStretch, key_stretches
from engine.catalog.product import Product, ProductVersion
from engine.rating.arrow_tables import INSTANT, TEXTS, WHOLE, arrow_table, fields_text
from engine.rating.quantities import QuantityTerms
from engine.values.numbers import MAX_DIGITS
from engine.values.period import ALWAYS


@dataclass(frozen=True, slots=True)
class ProductMeter:
    """What rating must know of a meter behind a product, from `starting_at` until `ending_before`.

    It belongs to one stretch of the product's keys, counted from 0. The meter's key values are in the order of `keys`;
    its values are whole numbers of 10^-places. `combined_by` says how values over the segments are combined, or that
    the meter is read from the start of the period to each cut; `one_segment` that it is billed once for the whole
    service period.
    """

    meter_id: int
    stretch_no: int
    keys: tuple[str, ...]
    places: int
    combined_by: str | None
    one_segment: bool
    starting_at: datetime | None = None
    ending_before: datetime | None = None


def finest_places(meters: Sequence[ProductMeter]) -> int:
    """The decimal places of a product's finest unit, in which all its meters are counted."""
    return max(meter.places for meter in meters)


def product_inputs(
    products: Sequence[Product],
    meters: Mapping[str, Sequence[ProductMeter]],
    terms: Mapping[tuple[str, int], QuantityTerms],
    quantity_places: int,
    value_places: int,
) -> dict[str, pa.Table]:
    """What products are from one time to another: a table for each thing that may change apart from the others.

    `terms` is by product id and number of the version.
    """
    metered = [product for product in products if product.id in meters]
    return {
        "products": _products(products, meters, value_places),
        "product_terms": _product_terms(products, terms, quantity_places),
        "product_taggings": _product_taggings(products),
        "product_stretches": _product_stretches(metered, meters),
        "product_meters": _product_meters(metered, meters),
        "quantity_boundaries": _quantity_boundaries(metered),
    }


def pricing_keys_of(product: Product) -> dict[tuple[str, ...], int]:
    """Every pricing group key that a product has at some time, with its number."""
    keys = dict.fromkeys(each.pricing_group_key for each in product.versions())
    return {key: number for number, key in enumerate(keys)}


def _products(products: Sequence[Product], meters: Mapping[str, Sequence[ProductMeter]], value_places: int) -> pa.Table:
    """Grain: product_id, in catalog order."""
    return arrow_table(
        product_no=(pa.int32(), range(len(products))),
        product_id=(pa.string(), [each.id for each in products]),
        product_type=(pa.string(), [each.type.value for each in products]),
        value_unit=(
            pa.decimal128(MAX_DIGITS, value_places),
            [Decimal(1).scaleb(-finest_places(meters[p.id])) if p.id in meters else None for p in products],
        ),
        custom_fields=(
            pa.string(),
            [fields_text(each.custom_fields) for each in products],
        ),
    )


def _product_terms(
    products: Sequence[Product], terms: Mapping[tuple[str, int], QuantityTerms], quantity_places: int
) -> pa.Table:
    """Grain: product_id, version_no. Versions that count alike have the same `terms_no`; only usage has terms."""
    rows = [
        (product, number, terms_no, version)
        for product in products
        for number, (terms_no, version) in enumerate(_with_terms_no(product.versions()))
    ]
    converted = [terms.get((product.id, number)) for product, number, _, _ in rows]
    whole = {
        name: (WHOLE, [None if each is None else _whole(getattr(each, name)) for each in converted])
        for name in ("multiplier", "divisor", "rounding_unit", "quantity_divisor")
    }
    return arrow_table(
        product_id=(pa.string(), [product.id for product, _, _, _ in rows]),
        version_no=(pa.int32(), [number for _, number, _, _ in rows]),
        terms_no=(pa.int32(), [terms_no for _, _, terms_no, _ in rows]),
        starting_at=(INSTANT, [version.starting_at or ALWAYS.starting_at for _, _, _, version in rows]),
        ending_before=(INSTANT, [version.ending_before or ALWAYS.ending_before for _, _, _, version in rows]),
        product_name=(pa.string(), [version.name for _, _, _, version in rows]),
        rounding_method=(pa.string(), [each and each.rounding_method for each in converted]),
        quantity_unit=(
            pa.decimal128(MAX_DIGITS, quantity_places),
            [None if each is None else Decimal(1).scaleb(-each.places) for each in converted],
        ),
        **whole,
    )


def _product_taggings(products: Sequence[Product]) -> pa.Table:
    """What overrides and composite charges find products by. Grain: product_id, tagging_no."""
    rows = [
        (product, number, version, ending_before)
        for product in products
        for number, (version, ending_before) in enumerate(_taggings(product.versions()))
    ]
    return arrow_table(
        product_id=(pa.string(), [product.id for product, _, _, _ in rows]),
        product_type=(pa.string(), [product.type.value for product, _, _, _ in rows]),
        tagging_no=(pa.int32(), [number for _, number, _, _ in rows]),
        starting_at=(INSTANT, [version.starting_at or ALWAYS.starting_at for _, _, version, _ in rows]),
        ending_before=(INSTANT, [end or ALWAYS.ending_before for _, _, _, end in rows]),
        tags=(TEXTS, [list(version.tags) for _, _, version, _ in rows]),
        composite_product_ids=(TEXTS, [list(version.composite_product_ids) for _, _, version, _ in rows]),
        composite_tags=(TEXTS, [list(version.composite_tags) for _, _, version, _ in rows]),
    )


def _taggings(versions: Iterable[ProductVersion]) -> list[tuple[ProductVersion, datetime | None]]:
    """The first version of each run of versions with the same tags and members, and when the run ends."""
    runs: list[tuple[ProductVersion, datetime | None]] = []
    for version in versions:
        if runs and _found_alike(runs[-1][0], version):
            runs[-1] = (runs[-1][0], version.ending_before)
        else:
            runs.append((version, version.ending_before))
    return runs


def _found_alike(one: ProductVersion, other: ProductVersion) -> bool:
    return (one.tags, one.composite_product_ids, one.composite_tags) == (
        other.tags,
        other.composite_product_ids,
        other.composite_tags,
    )


def _whole(number: int | None) -> Decimal | None:
    return None if number is None else Decimal(number)


def _with_terms_no(versions: Iterable[ProductVersion]) -> list[tuple[int, ProductVersion]]:
    numbered: list[tuple[int, ProductVersion]] = []
    for version in versions:
        number = 0
        if numbered:
            number, earlier = numbered[-1]
            number += not _counts_alike(earlier, version)
        numbered.append((number, version))
    return numbered


def _counts_alike(one: ProductVersion, other: ProductVersion) -> bool:
    return (one.quantity_conversion, one.quantity_rounding) == (other.quantity_conversion, other.quantity_rounding)


def _product_stretches(products: Sequence[Product], meters: Mapping[str, Sequence[ProductMeter]]) -> pa.Table:
    """Grain: product_id, stretch_no. Positions count from 1 into the key values of the stretch's meters."""
    rows = [
        (product, number, stretch, next(each for each in meters[product.id] if each.stretch_no == number))
        for product in products
        for number, stretch in enumerate(key_stretches(product))
    ]
    return arrow_table(
        product_id=(pa.string(), [product.id for product, _, _, _ in rows]),
        stretch_no=(pa.int32(), [number for _, number, _, _ in rows]),
        starting_at=(INSTANT, [each.starting_at or ALWAYS.starting_at for _, _, each, _ in rows]),
        ending_before=(INSTANT, [each.ending_before or ALWAYS.ending_before for _, _, each, _ in rows]),
        pricing_key_no=(
            pa.int32(),
            [pricing_keys_of(product)[each.pricing_group_key] for product, _, each, _ in rows],
        ),
        pricing_keys=(TEXTS, [list(each.pricing_group_key) for _, _, each, _ in rows]),
        presentation_keys=(TEXTS, [list(each.presentation_group_key) for _, _, each, _ in rows]),
        pricing_positions=_positions([(each.pricing_group_key, meter) for _, _, each, meter in rows]),
        presentation_positions=_positions([(each.presentation_group_key, meter) for _, _, each, meter in rows]),
        no_key_values=(TEXTS, [[None] * len(meter.keys) for _, _, _, meter in rows]),
    )


def _positions(keys: Iterable[tuple[tuple[str, ...], ProductMeter]]) -> tuple[pa.DataType, list[list[int]]]:
    """Where each property of a key stands among the meter's key values."""
    return pa.list_(pa.int64()), [[meter.keys.index(name) + 1 for name in key] for key, meter in keys]


def _product_meters(products: Sequence[Product], meters: Mapping[str, Sequence[ProductMeter]]) -> pa.Table:
    """Grain: product_id, stretch_no, starting_at. A value times `value_factor` is in the product's finest unit."""
    rows = [
        (product.id, meter, 10 ** (finest_places(meters[product.id]) - meter.places))
        for product in products
        for meter in meters[product.id]
    ]
    return arrow_table(
        product_id=(pa.string(), [product_id for product_id, _, _ in rows]),
        stretch_no=(pa.int32(), [meter.stretch_no for _, meter, _ in rows]),
        meter_id=(pa.int32(), [meter.meter_id for _, meter, _ in rows]),
        combined_by=(pa.string(), [meter.combined_by for _, meter, _ in rows]),
        one_segment=(pa.bool_(), [meter.one_segment for _, meter, _ in rows]),
        value_factor=(WHOLE, [Decimal(factor) for _, _, factor in rows]),
        starting_at=(INSTANT, [meter.starting_at or ALWAYS.starting_at for _, meter, _ in rows]),
        ending_before=(INSTANT, [meter.ending_before or ALWAYS.ending_before for _, meter, _ in rows]),
    )


def _quantity_boundaries(products: Sequence[Product]) -> pa.Table:
    """When a product begins to be metered, converted, rounded or keyed in another way."""
    found = sorted({(product.id, moment) for product in products for moment in _changes_of_quantity(product)})
    return arrow_table(
        product_id=(pa.string(), [product_id for product_id, _ in found]),
        boundary_at=(INSTANT, [moment for _, moment in found]),
    )


def _changes_of_quantity(product: Product) -> set[datetime]:
    stretches: tuple[KeyStretch, ...] = key_stretches(product)
    starts = {start for _, start, _ in product.metrics_over_time()} | {each.starting_at for each in stretches}
    numbered = _with_terms_no(product.versions())
    starts |= {later.starting_at for (before, _), (after, later) in pairwise(numbered) if before != after}
    return {start for start in starts if start is not None}
