"""What a balance applies to, against what the contracts that may draw on it sell (spec/rating.md §6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.catalog.balance import AccessType, BalanceSpecifier
from engine.catalog.build import Built
from engine.catalog.check_composites import credit_types_on_cards
from engine.catalog.credit_type import credit_type_names, fiat_names
from engine.catalog.drawable import Drawable, Drawables
from engine.catalog.fields import Path
from engine.catalog.on_cards import OnCards, key_given, list_given
from engine.catalog.product import Product, ProductType
from engine.errors import Problem, did_you_mean

#: The products whose lines draw on balances.
_DRAWING = (ProductType.USAGE, ProductType.SUBSCRIPTION, ProductType.COMPOSITE)

#: Products by id.
Sold = dict[str, Product]


def check_applicability(built: Built) -> Iterator[Problem]:
    """Everything that a balance names is priced on some contract's card, and priced in what the balance is counted in.

    What depends on a contract or product that is not valid itself cannot be told, and is left alone.
    """
    checks = _Applicability(built)
    drawables = Drawables(built)
    for each in drawables.of_contracts():
        yield from checks.of(each)
    for each in drawables.of_customers() if built.all_contracts else ():
        yield from checks.of(each)


class _Applicability:
    """What the balances are held against."""

    def __init__(self, built: Built) -> None:
        units = [each.object for each in built.pricing_units]
        self._names = credit_type_names(units)
        self._fiats = fiat_names(units)
        self._on_cards = OnCards(built)
        self._credit_types = credit_types_on_cards(built)
        self._tags = built.tags
        self._versions = {each.id: each.versions() for each in self._on_cards.products.values()}
        self._right: set[object] = set()

    def of(self, drawable: Drawable) -> Iterator[Problem]:
        """The problems of one balance."""
        cards = tuple(dict.fromkeys(each.rate_card_id for each in drawable.contracts))
        terms = drawable.terms
        # Most contracts have one of a few balances.
        key = (
            *(cards, terms.applicable_product_ids, terms.applicable_product_tags, terms.specifiers),
            *(drawable.access_type, drawable.credit_type_id, drawable.counted[1]),
        )
        if key not in self._right:
            found = tuple(self._of(drawable, cards))
            yield from found
            if not found:
                self._right.add(key)

    def _of(self, drawable: Drawable, cards: tuple[str, ...]) -> Iterator[Problem]:
        """What is wrong with what a balance names, or else with how that is counted."""
        if not cards or not all(each in self._on_cards.cards and self._on_cards.all_valid(each) for each in cards):
            return
        sold = {each.id: each for card in cards for each in self._on_cards.priced(card) if each.type in _DRAWING}
        found = [*self._products(drawable, sold), *self._tagged(drawable, sold), *self._specifiers(drawable, sold)]
        yield from found
        if not found and drawable.access_type is AccessType.QUANTITY:
            yield from self._units(drawable, cards, sold)
        elif not found:
            yield from self._credit_type(drawable, cards, sold)

    def _products(self, drawable: Drawable, sold: Sold) -> Iterator[Problem]:
        """Products that can draw; of others it is enough that there is something else."""
        terms = drawable.terms
        named = [self._on_cards.products.get(each) for each in terms.applicable_product_ids]
        nothing_else = not terms.applicable_product_tags and all(
            each is not None and each.type not in _DRAWING for each in named
        )
        path = list_given(drawable.placed, drawable.path, "applicable_product_ids")
        for position, product in enumerate(named):
            if product is not None and (nothing_else or product.type in _DRAWING):
                yield from self._not_sold(drawable, (*path, position), product, sold)

    def _not_sold(self, drawable: Drawable, path: Path, product: Product, sold: Sold) -> Iterator[Problem]:
        """The product named at `path`, if it has no lines that could draw."""
        if product.id in sold:
            return
        what = f"product {product.name!r} has no rate on {self._cards_shown(drawable)}"
        if product.type not in _DRAWING:
            what = f"a {drawable.noun} is drawn by usage, subscriptions and composites"
            what += f", and {product.name!r} is a {product.type} product"
        remedy = did_you_mean(product.name, [each.name for each in sold.values()])
        yield drawable.placed.item.problem(path, what, remedy)

    def _tagged(self, drawable: Drawable, sold: Sold) -> Iterator[Problem]:
        """Tags that no product on the cards has at any time."""
        known = self._tags_of(sold.values())
        for position, tag in enumerate(drawable.terms.applicable_product_tags):
            if tag not in known:
                path: Path = (*drawable.path, "applicable_product_tags", position)
                yield self._no_tag(drawable, path, tag, known, f"no product on {self._cards_shown(drawable)} has")

    def _specifiers(self, drawable: Drawable, sold: Sold) -> Iterator[Problem]:
        for position, specifier in enumerate(drawable.terms.specifiers):
            path: Path = (*drawable.path, "specifiers", position)
            reach = sold
            if specifier.product_id is not None:
                product = self._on_cards.products.get(specifier.product_id)
                at = key_given(drawable.placed, path, "product_id")
                missing = () if product is None else tuple(self._not_sold(drawable, at, product, sold))
                yield from missing
                if product is None or missing:
                    continue
                reach = {product.id: product}
            tagged = [each for each in reach.values() if self._has_all(each, specifier)]
            if tagged:
                yield from self._keys(drawable, path, specifier, tagged)
            else:
                yield from self._without_tags(drawable, (*path, "product_tags"), specifier, reach)

    def _without_tags(
        self, drawable: Drawable, path: Path, specifier: BalanceSpecifier, reach: Sold
    ) -> Iterator[Problem]:
        """Why none of the products has all tags of a specifier at one time."""
        known, tags = self._tags_of(reach.values()), specifier.product_tags
        who = f"no product on {self._cards_shown(drawable)} has"
        if specifier.product_id is not None:
            who = f"product {reach[specifier.product_id].name!r} does not have"
        unknown = [position for position, tag in enumerate(tags) if tag not in known]
        for position in unknown:
            yield self._no_tag(drawable, (*path, position), tags[position], known, who)
        if not unknown:
            what = f"{who} all of these tags at one time: {', '.join(tags)}"
            yield drawable.placed.item.problem(path, what, "name fewer of them")

    def _keys(
        self, drawable: Drawable, path: Path, specifier: BalanceSpecifier, reach: list[Product]
    ) -> Iterator[Problem]:
        """Keys of group values that no usage among the products has at any time."""
        usage = [each for each in reach if each.type is ProductType.USAGE]
        for field, key_field, values in (
            ("pricing_group_values", "pricing_group_key", specifier.pricing_group_values),
            ("presentation_group_values", "presentation_group_key", specifier.presentation_group_values),
        ):
            known = {
                key for each in usage for version in self._versions[each.id] for key in getattr(version, key_field)
            }
            for key in (key for key, _ in values if key not in known):
                what = f"{key!r} is not a {key_field} of any product that this specifier reaches"
                yield drawable.placed.item.problem((*path, field, key), what, did_you_mean(key, known), key=True)

    def _units(self, drawable: Drawable, cards: Iterable[str], sold: Sold) -> Iterator[Problem]:
        """Units are of products that are named, and that are not priced in money here and in a unit there."""
        path: Path = (*drawable.counted[0], "access_type")
        if not drawable.terms.is_restricted:
            what = "QUANTITY counts units of products, and none are named"
            yield drawable.placed.item.problem(path, what, "add applicable_products, tags or specifiers")
            return
        priced_in = self._priced_in(drawable, cards, sold)
        custom = [name for name, unit in priced_in.items() if unit not in self._fiats]
        money = [name for name, unit in priced_in.items() if unit in self._fiats]
        if custom and money:
            unit = self._names.get(priced_in[custom[0]], priced_in[custom[0]])
            what = f"QUANTITY counts units of {custom[0]!r}, priced in {unit!r}, and of {money[0]!r}, priced in money"
            yield drawable.placed.item.problem(path, what, "make a balance of each")

    def _credit_type(self, drawable: Drawable, cards: Iterable[str], sold: Sold) -> Iterator[Problem]:
        """Money is that of a rate card, or else something that the balance applies to is priced in it."""
        given, found = drawable.credit_type_id, [self._on_cards.cards[each] for each in cards]
        units = {each.custom_credit_type_id for card in found for each in card.credit_type_conversions}
        if drawable.counted[1] == "custom_credit_type_id" and given not in units:
            # A threshold in no unit of the card is a problem of its own.
            return
        known = {each.fiat_credit_type_id for each in found}
        known |= set(self._priced_in(drawable, cards, sold).values())
        if given in self._names and given not in known:
            what = f"nothing that this {drawable.noun} applies to is priced in {self._names[given]}"
            remedy = did_you_mean(self._names[given], [self._names[each] for each in known if each in self._names])
            yield drawable.placed.item.problem(key_given(drawable.placed, *drawable.counted), what, remedy)

    def _priced_in(self, drawable: Drawable, cards: Iterable[str], sold: Sold) -> dict[str, str]:
        """The credit types of the products that may draw, by name; on cards that differ, that on the last one."""
        reached = [each for each in sold.values() if self._reaches(drawable, each)]
        keys = [(card, each) for card in cards for each in reached]
        return {
            each.name: self._credit_types[card, each.id] for card, each in keys if (card, each.id) in self._credit_types
        }

    def _reaches(self, drawable: Drawable, product: Product) -> bool:
        terms = drawable.terms
        if not terms.is_restricted or product.id in terms.applicable_product_ids:
            return True
        if not self._tags_of([product]).isdisjoint(terms.applicable_product_tags):
            return True
        return any(each.product_id in (None, product.id) and self._has_all(product, each) for each in terms.specifiers)

    def _has_all(self, product: Product, specifier: BalanceSpecifier) -> bool:
        return any(set(specifier.product_tags) <= set(each.tags) for each in self._versions[product.id])

    def _tags_of(self, products: Iterable[Product]) -> set[str]:
        return {tag for each in products for version in self._versions[each.id] for tag in version.tags}

    def _no_tag(self, drawable: Drawable, path: Path, tag: str, known: Iterable[str], who: str) -> Problem:
        what = f"{who if tag in self._tags else 'no product has'} the tag {tag!r}"
        return drawable.placed.item.problem(path, what, did_you_mean(tag, known))

    def _cards_shown(self, drawable: Drawable) -> str:
        names = {self._on_cards.cards[each.rate_card_id].name for each in drawable.contracts}
        return f"rate card {names.pop()!r}" if len(names) == 1 else "a rate card of the contracts that may draw"
