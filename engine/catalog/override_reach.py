"""Which products of a rate card an override may ever apply to."""

from __future__ import annotations

from engine.catalog.on_cards import OnCards
from engine.catalog.override import Override, OverrideSpecifier
from engine.catalog.product import Product, ProductType, ProductVersion
from engine.catalog.rate_card import RateCard


class OverrideReach:
    """Goes by products, tags at any time, and what group values and billing frequencies are for."""

    def __init__(self, on_cards: OnCards) -> None:
        self._on_cards = on_cards
        self.versions: dict[str, tuple[ProductVersion, ...]] = {
            each.id: each.versions() for each in on_cards.products.values()
        }
        self._known: dict[object, list[Product]] = {}

    def reached(self, override: Override, card: RateCard) -> list[Product]:
        """The products on the card that the override may apply to; of a commit-specific one, usage alone."""
        # Most contracts have one of a few overrides, but for the balances and values that they name.
        specifiers = override.override_specifiers
        key = (
            card.id,
            override.product_id,
            override.applicable_product_tags,
            None if specifiers is None else tuple(_asked(each) for each in specifiers),
            override.is_commit_specific,
        )
        if key not in self._known:
            products = self._on_cards.priced(card.id)
            self._known[key] = [
                each
                for each in products
                if self._applies(override, each) and (each.type is ProductType.USAGE or not override.is_commit_specific)
            ]
        return self._known[key]

    def _applies(self, override: Override, product: Product) -> bool:
        if override.product_id is not None:
            return override.product_id == product.id
        if override.applicable_product_tags is not None:
            asked = set(override.applicable_product_tags)
            return any(asked & set(version.tags) for version in self.versions[product.id])
        specifiers = override.override_specifiers
        return specifiers is None or any(self._matches(each, product) for each in specifiers)

    def _matches(self, specifier: OverrideSpecifier, product: Product) -> bool:
        """Whether the specifier may match lines of the product at some time."""
        by_values = specifier.pricing_group_values or specifier.presentation_group_values
        if specifier.product_id not in (None, product.id) or (by_values and product.type is not ProductType.USAGE):
            return False
        if specifier.billing_frequency is not None and product.type is not ProductType.SUBSCRIPTION:
            return False
        return any(set(specifier.product_tags) <= set(version.tags) for version in self.versions[product.id])


def _asked(specifier: OverrideSpecifier) -> tuple[object, ...]:
    """What decides which products a specifier may match."""
    by_values = bool(specifier.pricing_group_values or specifier.presentation_group_values)
    return specifier.product_id, specifier.product_tags, by_values, specifier.billing_frequency
