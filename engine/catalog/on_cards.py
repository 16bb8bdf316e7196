"""What the rate cards of a catalog price, for the checks that hold contracts against them."""

from __future__ import annotations

from typing import Any

from engine.catalog.build import Built, Placed
from engine.catalog.fields import Path
from engine.catalog.product import Product
from engine.catalog.rate_card import RateCard


class OnCards:
    """Products and rate cards by id, and which of the one have a rate on which of the other.

    A rate that is not valid counts, so that its mistake is not reported again wherever it is missed.
    """

    def __init__(self, built: Built) -> None:
        self.products: dict[str, Product] = {each.object.id: each.object for each in reversed(built.products)}
        self.cards: dict[str, RateCard] = {each.object.id: each.object for each in built.rate_cards}
        self._ids: dict[str, set[str]] = {}
        for card, product in built.priced:
            self._ids.setdefault(card, set()).add(product)
        self._priced: dict[str, list[Product]] = {}
        self._frequencies: dict[tuple[str, str], set[str]] = {}
        for card, product, frequency in built.frequencies:
            self._frequencies.setdefault((card, product), set()).add(frequency)

    def priced(self, card_id: str) -> list[Product]:
        """The valid products with a rate on the card, in the order of their ids."""
        if card_id not in self._priced:
            ids = sorted(self._ids.get(card_id, ()))
            self._priced[card_id] = [self.products[each] for each in ids if each in self.products]
        return self._priced[card_id]

    def all_valid(self, card_id: str) -> bool:
        """Whether every product with a rate on the card is itself right."""
        return self._ids.get(card_id, set()) <= self.products.keys()

    def is_priced(self, card_id: str, product_id: str) -> bool:
        return product_id in self._ids.get(card_id, ())

    def frequencies(self, card_id: str, product_id: str) -> set[str]:
        """The billing frequencies for which the product has a rate on the card."""
        return self._frequencies.get((card_id, product_id), set()) - {""}


def key_given(placed: Placed[Any], path: Path, field: str) -> Path:
    """The path of a reference inside an object by the key that the file has: `product_id`, or `product`."""
    by_id = _given(placed, path, field)
    return (*path, field if by_id else field.removesuffix("_id"))


def list_given(placed: Placed[Any], path: Path, field: str) -> Path:
    """The path of a list of references by the key that the file has: `contract_ids`, or `contracts`."""
    by_id = _given(placed, path, field)
    return (*path, field if by_id else f"{field.removesuffix('_ids')}s")


def _given(placed: Placed[Any], path: Path, field: str) -> bool:
    value: object = placed.item.value
    for step in path:
        value = value[step]  # type: ignore[index]
    return isinstance(value, dict) and value.get(field) is not None
