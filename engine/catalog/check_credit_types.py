"""Rate cards and rates against the currencies and custom pricing units (spec/rating.md §3.4, §11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.catalog.build import Built, Placed
from engine.catalog.credit_type import credit_type_names, fiat_names
from engine.catalog.product import Product
from engine.catalog.rate_card import Rate, RateCard
from engine.errors import Problem, did_you_mean


def check_credit_types(built: Built) -> Iterator[Problem]:
    """A card is in a currency; a rate in that or in a pricing unit that the card converts; a product in one of them."""
    checks = _CreditTypes(built)
    for card in built.rate_cards:
        yield from checks.of_card(card)
    for rate in built.rates:
        yield from checks.of_rate(rate)


class _CreditTypes:
    """What is known of credit types while rates are gone through in order."""

    def __init__(self, built: Built) -> None:
        units = [each.object for each in built.pricing_units]
        self.fiats: Mapping[str, str] = fiat_names(units)
        self.names: Mapping[str, str] = credit_type_names(units)
        self.cards: dict[str, RateCard] = {each.object.id: each.object for each in built.rate_cards}
        self.products: dict[str, Product] = {each.object.id: each.object for each in reversed(built.products)}
        self.first: dict[tuple[str, str], tuple[str, Placed[Rate]]] = {}
        self.unconverted: set[tuple[str, str]] = set()

    def of_card(self, placed: Placed[RateCard]) -> Iterator[Problem]:
        card = placed.object
        if card.fiat_credit_type_id in self.names.keys() - self.fiats.keys():
            field = "fiat_credit_type_id" if "fiat_credit_type_id" in placed.item.value else "fiat_credit_type"
            name = self.names[card.fiat_credit_type_id]
            what = f"a rate card is in a currency, and {name!r} is a custom pricing unit"
            yield placed.item.problem((field,), what, did_you_mean(name, self.fiats.values()))
        seen: set[str] = set()
        for position, conversion in enumerate(card.credit_type_conversions):
            unit = conversion.custom_credit_type_id
            given = placed.item.value["credit_type_conversions"][position]
            field = "custom_credit_type_id" if "custom_credit_type_id" in given else "custom_credit_type"
            if unit in self.fiats:
                what = f"{self.fiats[unit]!r} is a currency, and only custom pricing units are converted"
                units = [self.names[each] for each in self.names if each not in self.fiats]
                remedy = did_you_mean(self.fiats[unit], units)
                yield placed.item.problem(("credit_type_conversions", position, field), what, remedy)
            elif unit in seen:
                what = f"pricing unit {self.names.get(unit, unit)!r} is converted twice"
                yield placed.item.problem(("credit_type_conversions", position), what, "keep one of them")
            seen.add(unit)

    def of_rate(self, placed: Placed[Rate]) -> Iterator[Problem]:
        """Percentages are in the credit type of what they are taken of, which `check_composites` holds them against."""
        rate, card = placed.object, self.cards.get(placed.object.rate_card_id)
        if card is None or rate.rate_type.is_percentage or card.fiat_credit_type_id not in self.fiats:
            return
        unit = rate.credit_type_id or card.fiat_credit_type_id
        if unit not in self.names:
            return
        field = "credit_type_id" if "credit_type_id" in placed.item.value else "credit_type"
        converted = {each.custom_credit_type_id for each in card.credit_type_conversions}
        if unit in self.fiats and unit != card.fiat_credit_type_id:
            what = f"a rate in {self.names[unit]} on rate card {card.name!r}, which is in {self._own(card)}"
            yield placed.item.problem((field,), what, f"remove {field}, or use a rate card in {self.names[unit]}")
            return
        if unit not in self.fiats and unit not in converted and converted <= self.names.keys() - self.fiats.keys():
            # One conversion puts all of them right.
            if (card.id, unit) not in self.unconverted:
                what = f"rate card {card.name!r} does not say what one {self.names[unit]!r} is in {self._own(card)}"
                addition = f"{{custom_credit_type: {self.names[unit]}, fiat_per_custom_credit: ...}}"
                yield placed.item.problem((field,), what, f"add {addition} to its credit_type_conversions")
            self.unconverted.add((card.id, unit))
            return
        yield from self._one_for_the_product(placed, unit, field)

    def _one_for_the_product(self, placed: Placed[Rate], unit: str, field: str) -> Iterator[Problem]:
        rate = placed.object
        product = self.products.get(rate.product_id)
        if product is None:
            return
        first_unit, first = self.first.setdefault((rate.rate_card_id, product.id), (unit, placed))
        if first_unit != unit:
            place = first.item.place_of()
            what = f"product {product.name!r} has rates in {self.names[first_unit]} and in {self.names[unit]}"
            remedy = f"the first is at {place.file}:{place.line}; a rate card prices a product in one credit type"
            yield placed.item.problem((field,), what, remedy)

    def _own(self, card: RateCard) -> str:
        return self.names[card.fiat_credit_type_id]
