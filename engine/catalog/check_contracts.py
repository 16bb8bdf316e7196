"""Contracts against the rate cards and products that their overrides speak of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.catalog.build import Built, Placed
from engine.catalog.contract import Contract
from engine.catalog.fields import Path
from engine.catalog.override import Override
from engine.catalog.product import Product
from engine.errors import Problem, did_you_mean


class ContractChecks:
    """What the overrides of all contracts are held against."""

    def __init__(self, built: Built) -> None:
        self.built = built
        self.products = {each.object.id: each.object for each in reversed(built.products)}
        self.cards = {each.object.id: each.object for each in built.rate_cards}
        self.on_card: dict[str, set[str]] = {}
        for card, product in built.priced:
            self.on_card.setdefault(card, set()).add(product)

    def problems(self) -> Iterator[Problem]:
        """Repeated contract and override ids, and overrides that could never apply."""
        seen: dict[str, Placed[Contract]] = {}
        override_ids: set[str] = set()
        for placed in self.built.contracts:
            contract = placed.object
            other = seen.setdefault(contract.id, placed)
            if other is not placed:
                place = other.item.place_of()
                what, remedy = f"contract id {contract.id!r} is already taken", "give one of them another id"
                if "id" not in placed.item.value:
                    what, remedy = "a second contract with the same terms", "give each a name of its own"
                yield placed.item.problem((), what, f"the first is at {place.file}:{place.line}; {remedy}")
                continue
            for position, override in enumerate(contract.overrides):
                if override.id in override_ids:
                    what = f"override id {override.id!r} is already taken"
                    yield placed.item.problem(("overrides", position, "id"), what, "give it another id")
                override_ids.add(override.id)
                yield from self._override(placed, ("overrides", position), override)

    def _override(self, placed: Placed[Contract], path: Path, override: Override) -> Iterator[Problem]:
        if override.product_id is not None:
            yield from self._product(placed, path, override.product_id)
        yield from self._tags(placed, (*path, "applicable_product_tags"), override.applicable_product_tags or ())
        rate = override.overwrite_rate
        card = self.cards.get(placed.object.rate_card_id)
        if rate and card and rate.credit_type_id not in (None, card.fiat_credit_type_id):
            what = f"credit type {rate.credit_type_id!r} is not the rate card's"
            remedy = "duckbill does not bill custom pricing units yet; remove credit_type_id"
            yield placed.item.problem((*path, "overwrite_rate", "credit_type_id"), what, remedy)
        for position, specifier in enumerate(override.override_specifiers or ()):
            inside: Path = (*path, "override_specifiers", position)
            if specifier.product_id is not None:
                yield from self._product(placed, inside, specifier.product_id)
            yield from self._tags(placed, (*inside, "product_tags"), specifier.product_tags)
            reach = self._reach(placed, specifier.product_id)
            for field, key_field, values in (
                ("pricing_group_values", "pricing_group_key", specifier.pricing_group_values),
                ("presentation_group_values", "presentation_group_key", specifier.presentation_group_values),
            ):
                known = {key for product in reach for key in getattr(product, key_field)}
                for key in (key for key, _ in values if reach and key not in known):
                    what = f"{key!r} is not a {key_field} of any product that this specifier reaches"
                    yield placed.item.problem((*inside, field, key), what, did_you_mean(key, known), key=True)

    def _reach(self, placed: Placed[Contract], product_id: str | None) -> list[Product]:
        ids = self.on_card.get(placed.object.rate_card_id, set()) if product_id is None else {product_id}
        return [self.products[each] for each in sorted(ids) if each in self.products]

    def _product(self, placed: Placed[Contract], path: Path, product_id: str) -> Iterator[Problem]:
        """Whether the rate card prices the product, unless some product that it prices is itself in doubt."""
        card = self.cards.get(placed.object.rate_card_id)
        product = self.products.get(product_id)
        if card is None or product is None:
            return
        priced = self.on_card.get(card.id, set())
        if product_id in priced or not priced <= self.products.keys():
            return
        names = [each.name for each in self._reach(placed, None)]
        what = f"product {product.name!r} has no rate on rate card {card.name!r}"
        yield placed.item.problem((*path, *self._given(placed, path)), what, did_you_mean(product.name, names))

    def _tags(self, placed: Placed[Contract], path: Path, tags: Iterable[str]) -> Iterator[Problem]:
        for position, tag in enumerate(tags):
            if tag not in self.built.tags:
                what = f"no product has the tag {tag!r}"
                yield placed.item.problem((*path, position), what, did_you_mean(tag, self.built.tags))

    @staticmethod
    def _given(placed: Placed[Contract], path: Path) -> Path:
        """The key by which the file names the product: by id or by name."""
        value: object = placed.item.value
        for step in path:
            value = value[step]  # type: ignore[index]
        return ("product_id",) if isinstance(value, dict) and "product_id" in value else ("product",)
