"""Overrides as tables: what each changes from when to when, and what it reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import pyarrow as pa

from engine.catalog.check_rates import RATE_TYPES
from engine.catalog.contract import Contract
from engine.catalog.override import Override, OverrideSpecifier, OverrideType
from engine.catalog.product import ProductType
from engine.catalog.rate_card import RateType
from engine.rating.arrow_tables import INSTANT, TEXTS, arrow_table, group_pairs
from engine.rating.price_inputs import tier_bounds
from engine.values.numbers import MAX_DIGITS
from engine.values.period import ALWAYS


def override_inputs(contracts: Sequence[Contract], multiplier_places: int, quantity_places: int) -> dict[str, pa.Table]:
    """The tables `overrides`, `override_targets`, `override_tiers`.

    Overrides are numbered in catalog order, so that of one contract's the last added has the largest number.
    """
    owned = [(contract.id, override) for contract in contracts for override in contract.overrides]
    return {
        "overrides": _overrides([override for _, override in owned], multiplier_places),
        "override_targets": _override_targets(owned),
        "override_tiers": _override_tiers([override for _, override in owned], multiplier_places, quantity_places),
    }


def _overrides(overrides: Sequence[Override], multiplier_places: int) -> pa.Table:
    """Grain: override_no."""
    return arrow_table(
        override_no=(pa.int64(), range(len(overrides))),
        override_id=(pa.string(), [each.id for each in overrides]),
        override_type=(pa.string(), [each.type and each.type.value for each in overrides]),
        prices=(
            TEXTS,
            [_prices(each.type, each.overwrite_rate and each.overwrite_rate.rate_type) for each in overrides],
        ),
        multiplier=(
            pa.decimal128(MAX_DIGITS, multiplier_places),
            [each.multiplier for each in overrides],
        ),
        entitled=(pa.bool_(), [each.entitled for each in overrides]),
        priority=(pa.int64(), [each.priority for each in overrides]),
        is_commit_specific=(pa.bool_(), [each.is_commit_specific for each in overrides]),
        target=(pa.string(), [each.target.value for each in overrides]),
        starting_at=(INSTANT, [each.starting_at for each in overrides]),
        ending_before=(INSTANT, [each.ending_before or ALWAYS.ending_before for each in overrides]),
    )


@cache
def _prices(override_type: OverrideType | None, overwritten_by: RateType | None) -> tuple[str, ...]:
    """The types of product that an override can price."""
    if override_type is OverrideType.TIERED:
        return (ProductType.USAGE,)
    return tuple(each for each in ProductType if overwritten_by is None or overwritten_by in RATE_TYPES.get(each, ()))


def _override_tiers(overrides: Sequence[Override], multiplier_places: int, quantity_places: int) -> pa.Table:
    """The tiers of TIERED overrides; past the last that has a size the list price holds. Grain: override_no, level."""
    rows: list[tuple[int, int, Decimal | None, Decimal | None, Decimal]] = []
    for number, override in enumerate(overrides):
        if not override.tiers:
            continue
        multipliers = [tier.multiplier for tier in override.tiers]
        sizes = [tier.size for tier in override.tiers]
        if sizes[-1] is not None:
            sizes.append(None)
            multipliers.append(Decimal(1))
        bounds = tier_bounds(sizes[:-1])
        rows += [
            (number, level, bounds[level - 1], bounds[level], multiplier)
            for level, multiplier in enumerate(multipliers, start=1)
        ]
    bound = pa.decimal128(MAX_DIGITS, quantity_places)
    return arrow_table(
        override_no=(pa.int64(), [row[0] for row in rows]),
        override_tier_level=(pa.int32(), [row[1] for row in rows]),
        tier_starting_at=(bound, [row[2] for row in rows]),
        tier_ending_at=(bound, [row[3] for row in rows]),
        multiplier=(pa.decimal128(MAX_DIGITS, multiplier_places), [row[4] for row in rows]),
    )


@dataclass(frozen=True, slots=True)
class _Target:
    """One way an override can match; None asks for nothing."""

    product_id: str | None = None
    any_tags: list[str] | None = None
    all_tags: list[str] | None = None
    pricing_pairs: list[str] | None = None
    presentation_pairs: list[str] | None = None
    billing_frequency: str | None = None
    balance_ids: list[str] | None = None


def _override_targets(owned: Sequence[tuple[str, Override]]) -> pa.Table:
    """Grain: override_no, target_no."""
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
        billing_frequency=(pa.string(), [target.billing_frequency for _, _, _, target in targets]),
        balance_ids=(TEXTS, [target.balance_ids for _, _, _, target in targets]),
    )


def _targets(override: Override) -> list[_Target]:
    if override.override_specifiers:
        return [_specified(specifier) for specifier in override.override_specifiers]
    tags = override.applicable_product_tags
    return [_Target(product_id=override.product_id, any_tags=list(tags) if tags else None)]


def _specified(specifier: OverrideSpecifier) -> _Target:
    return _Target(
        product_id=specifier.product_id,
        all_tags=list(specifier.product_tags) or None,
        pricing_pairs=group_pairs(specifier.pricing_group_values),
        presentation_pairs=group_pairs(specifier.presentation_group_values),
        billing_frequency=specifier.billing_frequency and specifier.billing_frequency.value,
        balance_ids=list(specifier.balance_ids) or None,
    )
