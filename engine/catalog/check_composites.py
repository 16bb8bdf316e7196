"""Composite products against the products that they take a share of (spec/rating.md §8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.catalog.build import Built, Placed
from engine.catalog.composite import members_ever
from engine.catalog.credit_type import credit_type_names
from engine.catalog.fields import Path
from engine.catalog.product import Product, ProductType, ProductUpdate
from engine.catalog.rate_card import Rate
from engine.errors import Problem, did_you_mean

CreditTypes = Mapping[tuple[str, str], str]


def check_composites(built: Built) -> Iterator[Problem]:
    """Members are USAGE products and tags that there are; where a composite is priced, so is some member.

    All members that one card prices are priced in one credit type: a share of two currencies is in neither.
    """
    products = {each.object.id: each.object for each in reversed(built.products)}
    for placed in built.products:
        yield from _members(built, placed, (), placed.object, products)
        for position, update in enumerate(placed.object.updates):
            yield from _members(built, placed, ("updates", position), update, products)
    types = credit_types_on_cards(built)
    seen: set[tuple[str, str]] = set()
    for rate in built.rates:
        product = products.get(rate.object.product_id)
        if product is None or product.type is not ProductType.COMPOSITE:
            continue
        first = (rate.object.rate_card_id, product.id) not in seen
        seen.add((rate.object.rate_card_id, product.id))
        yield from _base(built, rate, product, products, types, first=first)


def credit_types_on_cards(built: Built) -> dict[tuple[str, str], str]:
    """Credit type by (rate card id, product id): that of the product's first rate.

    A composite's is that of its members that the card prices, and is not there when they differ.
    """
    currencies = {each.object.id: each.object.fiat_credit_type_id for each in built.rate_cards}
    products = {each.object.id: each.object for each in reversed(built.products)}
    found: dict[tuple[str, str], str] = {}
    composites: dict[tuple[str, str], Product] = {}
    for placed in built.rates:
        rate = placed.object
        key = (rate.rate_card_id, rate.product_id)
        product = products.get(rate.product_id)
        if product is not None and product.type is ProductType.COMPOSITE:
            composites[key] = product
        elif product is not None and rate.rate_card_id in currencies:
            found.setdefault(key, rate.credit_type_id or currencies[rate.rate_card_id])
    shares = {key: _types_of_members(key[0], composite, products, found) for key, composite in composites.items()}
    return found | {key: next(iter(types)) for key, types in shares.items() if len(types) == 1}


def _types_of_members(
    card_id: str, composite: Product, products: Mapping[str, Product], types: CreditTypes
) -> dict[str, str]:
    """Credit types of the members that a card prices, in the order of the products, each with its first member."""
    found: dict[str, str] = {}
    for member in members_ever(composite, products.values()):
        if (card_id, member.id) in types:
            found.setdefault(types[card_id, member.id], member.name)
    return found


def _members(
    built: Built,
    placed: Placed[Product],
    path: Path,
    given: Product | ProductUpdate,
    products: Mapping[str, Product],
) -> Iterator[Problem]:
    value: object = placed.item.value
    for step in path:
        value = value[step]  # type: ignore[index]
    field = (
        "composite_products" if isinstance(value, dict) and "composite_products" in value else "composite_product_ids"
    )
    ids = given.composite_product_ids or ()
    for position, member_id in enumerate(ids):
        member = products.get(member_id)
        if member_id in ids[:position]:
            name = member.name if member else member_id
            yield placed.item.problem((*path, field, position), f"product {name!r} is named twice", "name it once")
        elif member is not None and member.type is not ProductType.USAGE:
            what = f"a share is taken of USAGE products, and {member.name!r} is a {member.type} product"
            metered = [each.name for each in products.values() if each.type is ProductType.USAGE]
            yield placed.item.problem((*path, field, position), what, did_you_mean(member.name, metered))
    for position, tag in enumerate(given.composite_tags or ()):
        if tag not in built.tags:
            what, remedy = f"no product has the tag {tag!r}", did_you_mean(tag, built.tags)
            yield placed.item.problem((*path, "composite_tags", position), what, remedy)


def _base(
    built: Built,
    placed: Placed[Rate],
    composite: Product,
    products: Mapping[str, Product],
    types: CreditTypes,
    *,
    first: bool,
) -> Iterator[Problem]:
    """What a composite's rate is taken of, unless some product that it may be taken of is itself in doubt."""
    card_id = placed.object.rate_card_id
    card = next((each.object for each in built.rate_cards if each.object.id == card_id), None)
    priced = {product for card, product in built.priced if card == card_id}
    listed = {each for version in composite.versions() for each in version.composite_product_ids}
    if card is None or not priced | listed <= products.keys():
        return
    names = credit_type_names(each.object for each in built.pricing_units)
    field = "product_id" if "product_id" in placed.item.value else "product"
    members = members_ever(composite, products.values())
    if first and not any(each.id in priced for each in members):
        what = f"no member of {composite.name!r} has a rate on rate card {card.name!r}: there is nothing to take it of"
        known = ", ".join(repr(each.name) for each in members[:8])
        remedy = f"add a rate for {known}" if known else "add members, or remove the rate"
        yield placed.item.problem((field,), what, remedy)
    found = _types_of_members(card_id, composite, products, types)
    if not found.keys() <= names.keys():
        return
    if first and len(found) > 1:
        said = ", ".join(f"{member!r} in {names[unit]}" for unit, member in found.items())
        what = f"the members of {composite.name!r} have rates in different credit types: {said}"
        yield placed.item.problem((field,), what, "a share is in the credit type of all members")
    given = placed.object.credit_type_id
    if len(found) == 1 and given in names and given not in found:
        key = "credit_type_id" if "credit_type_id" in placed.item.value else "credit_type"
        what = f"a share of spend in {names[next(iter(found))]} is not in {names[given]}"
        yield placed.item.problem((key,), what, f"remove {key}")
