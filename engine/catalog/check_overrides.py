"""Overrides against the rate cards and products that they speak of: whether they can apply to anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.catalog.build import Built, Placed
from engine.catalog.check_composites import credit_types_on_cards
from engine.catalog.check_rates import RATE_TYPES
from engine.catalog.contract import Contract
from engine.catalog.credit_type import credit_type_names
from engine.catalog.fields import Path
from engine.catalog.on_cards import OnCards, key_given
from engine.catalog.override import Override, OverrideSpecifier, OverrideType
from engine.catalog.override_reach import OverrideReach
from engine.catalog.product import ProductType
from engine.catalog.rate_card import RateCard, RateType
from engine.errors import Problem, did_you_mean


def check_overrides(built: Built) -> Iterator[Problem]:
    """An override reaches products that the contract's card prices, by a price that they can have."""
    checks = _OverrideChecks(built)
    for placed in built.terms:
        card = checks.on_cards.cards.get(placed.object.rate_card_id)
        for position, override in enumerate(placed.object.overrides):
            path: Path = ("overrides", position)
            found = [*checks.target(placed, path, override, card)]
            yield from found
            if card is not None and not found and checks.on_cards.all_valid(card.id):
                yield from checks.price(placed, path, override, card)


class _OverrideChecks:
    """What the overrides of all contracts are held against."""

    def __init__(self, built: Built) -> None:
        self.on_cards = OnCards(built)
        self._tags = built.tags
        self._reach = OverrideReach(self.on_cards)
        self._credit_types = credit_types_on_cards(built)
        self._names = credit_type_names(each.object for each in built.pricing_units)

    def target(
        self, placed: Placed[Contract], path: Path, override: Override, card: RateCard | None
    ) -> Iterator[Problem]:
        """Products, tags, keys and frequencies that the override asks for and nothing has."""
        if override.product_id is not None:
            yield from self._product(placed, path, override.product_id, card)
        yield from self._tagged(placed, (*path, "applicable_product_tags"), override.applicable_product_tags or ())
        for position, specifier in enumerate(override.override_specifiers or ()):
            inside: Path = (*path, "override_specifiers", position)
            if specifier.product_id is not None:
                yield from self._product(placed, inside, specifier.product_id, card)
            yield from self._tagged(placed, (*inside, "product_tags"), specifier.product_tags)
            yield from self._keys(placed, inside, specifier)
            if specifier.billing_frequency is not None and card is not None:
                yield from self._frequency(placed, (*inside, "billing_frequency"), specifier, card)

    def price(self, placed: Placed[Contract], path: Path, override: Override, card: RateCard) -> Iterator[Problem]:
        """An overwrite prices everything that the override reaches; tiers need usage among it."""
        if override.type not in (OverrideType.TIERED, OverrideType.OVERWRITE):
            return
        reached = self._reach.reached(override, card)
        if override.is_commit_specific and not reached:
            # That it reaches no usage is a problem of its own.
            return
        if override.type is OverrideType.TIERED and not any(each.type is ProductType.USAGE for each in reached):
            what = "a TIERED override is of usage, and this one reaches none"
            if len(reached) == 1:
                what = f"a TIERED override is of usage, and {reached[0].name!r} is a {reached[0].type} product"
            yield placed.item.problem((*path, "type"), what, "use MULTIPLIER or OVERWRITE")
        rate = override.overwrite_rate
        if rate is None:
            return
        inside: Path = (*path, "overwrite_rate")
        for product in reached:
            suitable = RATE_TYPES.get(product.type, ())
            if rate.rate_type not in suitable:
                what = f"a {rate.rate_type} rate does not price a {product.type} product, and {product.name!r} is one"
                usual = [each for each in suitable if each is not RateType.SUBSCRIPTION]
                remedy = f"use {' or '.join(usual)}" if len(reached) == 1 else "name the products that it is for"
                yield placed.item.problem((*inside, "rate_type"), what, remedy)
                return
        for product in reached:
            listed = self._credit_types.get((card.id, product.id))
            given = rate.credit_type_id
            if given in self._names and listed in self._names and given != listed:
                what = f"product {product.name!r} is priced in {self._names[listed]} on rate card {card.name!r}"
                what += f", not in {self._names[given]}"
                at = key_given(placed, inside, "credit_type_id")
                yield placed.item.problem(at, what, f"remove {at[-1]}")
                return

    def _product(
        self, placed: Placed[Contract], path: Path, product_id: str, card: RateCard | None
    ) -> Iterator[Problem]:
        """Whether the rate card prices the product, unless some product that it prices is itself in doubt."""
        product = self.on_cards.products.get(product_id)
        if card is None or product is None or self.on_cards.is_priced(card.id, product_id):
            return
        if self.on_cards.all_valid(card.id):
            names = [each.name for each in self.on_cards.priced(card.id)]
            what = f"product {product.name!r} has no rate on rate card {card.name!r}"
            yield placed.item.problem(key_given(placed, path, "product_id"), what, did_you_mean(product.name, names))

    def _tagged(self, placed: Placed[Contract], path: Path, tags: Iterable[str]) -> Iterator[Problem]:
        for position, tag in enumerate(tags):
            if tag not in self._tags:
                what = f"no product has the tag {tag!r}"
                yield placed.item.problem((*path, position), what, did_you_mean(tag, self._tags))

    def _keys(self, placed: Placed[Contract], path: Path, specifier: OverrideSpecifier) -> Iterator[Problem]:
        """Keys of group values that the products have at some time."""
        reach = self.on_cards.priced(placed.object.rate_card_id)
        if specifier.product_id is not None:
            named = self.on_cards.products.get(specifier.product_id)
            reach = [] if named is None else [named]
        for field, key_field, values in (
            ("pricing_group_values", "pricing_group_key", specifier.pricing_group_values),
            ("presentation_group_values", "presentation_group_key", specifier.presentation_group_values),
        ):
            if not reach or not values:
                continue
            known = {
                key
                for each in reach
                for version in self._reach.versions[each.id]
                for key in getattr(version, key_field)
            }
            for key in (key for key, _ in values if key not in known):
                what = f"{key!r} is not a {key_field} of any product that this specifier reaches"
                yield placed.item.problem((*path, field, key), what, did_you_mean(key, known), key=True)

    def _frequency(
        self, placed: Placed[Contract], path: Path, specifier: OverrideSpecifier, card: RateCard
    ) -> Iterator[Problem]:
        product = self.on_cards.products.get(specifier.product_id or "")
        if product is None or not self.on_cards.is_priced(card.id, product.id):
            return
        known = self.on_cards.frequencies(card.id, product.id)
        if product.type is not ProductType.SUBSCRIPTION:
            what = f"a {product.type} product takes no billing_frequency, and {product.name!r} is one"
            yield placed.item.problem(path, what, "remove it")
        elif specifier.billing_frequency not in known:
            what = f"product {product.name!r} has no {specifier.billing_frequency} rate on rate card {card.name!r}"
            yield placed.item.problem(path, what, did_you_mean(str(specifier.billing_frequency), known))
