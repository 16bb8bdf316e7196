"""Which override priced a line, and why that one, read from the contract once more (spec/rating.md §5.1, §5.2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.catalog.check_rates import RATE_TYPES
from engine.catalog.contract import Contract, MultiplierPrioritization
from engine.catalog.override import Override, OverrideSpecifier, OverrideTarget, OverrideType
from engine.catalog.product import Product, ProductType
from engine.reports.explain.rates import PricedAs
from engine.result import shown


@dataclass(frozen=True, slots=True)
class OverrideChoice:
    """The overrides that say something about a price, in the order of precedence, and why the first wins."""

    candidates: tuple[Override, ...]
    reason: str | None

    @property
    def winner(self) -> Override | None:
        return self.candidates[0] if self.candidates else None


def override_choice(contract: Contract, product: Product, asked: PricedAs) -> OverrideChoice:
    """The overrides of a contract that price a line when no balance covers it."""
    found = [
        (position, each)
        for position, each in enumerate(contract.overrides)
        if each.type is not None and not each.is_commit_specific and _applies(each, product, asked)
    ]
    ordered = _by_precedence(contract, found)
    return OverrideChoice(ordered, _reason(contract, ordered))


def covered_override_choice(
    contract: Contract, product: Product, asked: PricedAs, balance_ids: Collection[str], *, of_commit_rate: bool
) -> OverrideChoice:
    """The commit-specific overrides that price usage while a balance, known by these ids, covers it."""
    target = OverrideTarget.COMMIT_RATE if of_commit_rate else OverrideTarget.LIST_RATE
    found = [
        (position, each)
        for position, each in enumerate(contract.overrides)
        if each.type is not None
        and each.is_commit_specific
        and each.target is target
        and _applies(each, product, asked, balance_ids)
    ]
    return OverrideChoice(
        _by_precedence(contract, found), "commit rate" if of_commit_rate else "commit-specific override"
    )


def override_words(override: Override) -> str:
    """What an override does to a price, and since when."""
    match override.type:
        case OverrideType.MULTIPLIER:
            assert override.multiplier is not None
            what = f"multiplier {shown(override.multiplier)}"
        case OverrideType.TIERED:
            what = f"multipliers in {len(override.tiers)} tiers"
        case _:
            assert override.overwrite_rate is not None
            price = override.overwrite_rate.price
            what = "overwrite by tiers" if price is None else f"overwrite by {shown(price)}"
    return what if override.priority is None else f"{what}, priority {override.priority}"


def _by_precedence(contract: Contract, found: Sequence[tuple[int, Override]]) -> tuple[Override, ...]:
    by_priority = contract.multiplier_override_prioritization is MultiplierPrioritization.EXPLICIT

    def precedence(each: tuple[int, Override]) -> tuple[bool, bool, int, Decimal, int]:
        position, override = each
        is_overwrite = override.type is OverrideType.OVERWRITE
        ranked = by_priority and not is_overwrite
        return (
            not is_overwrite,
            ranked and override.priority is None,
            (override.priority or 0) if ranked else 0,
            override.multiplier or Decimal(0),
            -position,
        )

    return tuple(override for _, override in sorted(found, key=precedence))


def _reason(contract: Contract, ordered: Sequence[Override]) -> str | None:
    """Why the first of them wins, as `choose_overrides` names it."""
    overwrites = sum(each.type is OverrideType.OVERWRITE for each in ordered)
    if not ordered:
        return None
    if len(ordered) == 1:
        return "only override"
    if overwrites:
        return "last added overwrite" if overwrites > 1 else "overwrite before multiplier"
    by_priority = contract.multiplier_override_prioritization is MultiplierPrioritization.EXPLICIT
    return "smallest priority" if by_priority else "lowest multiplier"


def _applies(override: Override, product: Product, asked: PricedAs, balance_ids: Collection[str] = ()) -> bool:
    if asked.at < override.starting_at or (override.ending_before is not None and asked.at >= override.ending_before):
        return False
    own = override.overwrite_rate
    if override.type is OverrideType.TIERED and product.type is not ProductType.USAGE:
        return False
    if own is not None and own.rate_type not in RATE_TYPES.get(product.type, ()):
        return False
    tags = set(product.version_at(asked.at).tags)
    if override.override_specifiers:
        return any(_matches(each, product, tags, asked, balance_ids) for each in override.override_specifiers)
    if override.product_id is not None:
        return override.product_id == product.id
    return not override.applicable_product_tags or not tags.isdisjoint(override.applicable_product_tags)


def _matches(
    specifier: OverrideSpecifier, product: Product, tags: Collection[str], asked: PricedAs, balance_ids: Collection[str]
) -> bool:
    if specifier.product_id not in (None, product.id) or not set(specifier.product_tags) <= set(tags):
        return False
    if specifier.billing_frequency is not None and (
        product.type is not ProductType.SUBSCRIPTION or specifier.billing_frequency.value != asked.billing_frequency
    ):
        return False
    if specifier.balance_ids and set(specifier.balance_ids).isdisjoint(balance_ids):
        return False
    has_values = specifier.pricing_group_values or specifier.presentation_group_values
    if has_values and product.type is not ProductType.USAGE:
        return False
    return _holds(specifier.pricing_group_values, asked.pricing) and _holds(
        specifier.presentation_group_values, asked.presentation
    )


def _holds(wanted: Sequence[tuple[str, str]], values: Mapping[str, str | None]) -> bool:
    return all(values.get(name) == value for name, value in wanted)
