"""Threshold configurations against products and credit types (spec/rating.md §13)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from engine.catalog.balance import AMOUNT_LIMIT
from engine.catalog.build import Built, Placed
from engine.catalog.contract import Contract
from engine.catalog.credit_type import credit_type_names, fiat_names
from engine.catalog.exact import EXACT, decimal_places
from engine.catalog.fields import Path
from engine.catalog.on_cards import OnCards, key_given
from engine.catalog.product import ProductType
from engine.catalog.threshold import PRICE_PLACES
from engine.errors import Problem, did_you_mean

_PREPAID = "prepaid_balance_threshold_configuration"


def check_thresholds(built: Built) -> Iterator[Problem]:
    """The commit of a threshold is of a FIXED product, and a balance that is watched is in a unit that the card has."""
    checks = _Thresholds(built)
    for placed in built.terms:
        for key in (_PREPAID, "spend_threshold_configuration"):
            configuration = getattr(placed.object, key)
            if configuration is not None:
                yield from checks.product(placed, (key, "commit"), configuration.commit.product_id)
        refused = [*checks.credit_type(placed)]
        yield from refused or checks.charge(placed)


class _Thresholds:
    """What the configurations of all contracts are held against."""

    def __init__(self, built: Built) -> None:
        units = [each.object for each in built.pricing_units]
        self._names = credit_type_names(units)
        self._fiats = fiat_names(units)
        self._on_cards = OnCards(built)
        self._fixed = [each.name for each in self._on_cards.products.values() if each.type is ProductType.FIXED]

    def product(self, placed: Placed[Contract], path: Path, product_id: str) -> Iterator[Problem]:
        """`path` leads to the commit."""
        product = self._on_cards.products.get(product_id)
        if product is not None and product.type is not ProductType.FIXED:
            what = f"a threshold commit is of a FIXED product, and {product.name!r} is a {product.type} product"
            at = key_given(placed, path, "product_id")
            yield placed.item.problem(at, what, did_you_mean(product.name, self._fixed))

    def charge(self, placed: Placed[Contract]) -> Iterator[Problem]:
        """What a recharge costs is counted exactly."""
        configuration = placed.object.prepaid_balance_threshold_configuration
        card = self._on_cards.cards.get(placed.object.rate_card_id)
        if configuration is None or card is None:
            return
        worth = {each.custom_credit_type_id: each.fiat_per_custom_credit for each in card.credit_type_conversions}
        unit = worth.get(configuration.custom_credit_type_id or "", Decimal(1))
        price = EXACT.multiply(configuration.payment_fraction, unit)
        if decimal_places(price) > PRICE_PLACES:
            what = f"one unit costs {price:f}, which has {decimal_places(price)} decimal places"
            yield placed.item.problem((_PREPAID,), what, f"at most {PRICE_PLACES}: round the payment_fraction")
        elif EXACT.multiply(configuration.recharge_to_amount, price) >= AMOUNT_LIMIT:
            what = f"a recharge may cost {EXACT.multiply(configuration.recharge_to_amount, price):f}"
            yield placed.item.problem((_PREPAID, "recharge_to_amount"), what, f"it has to be below {AMOUNT_LIMIT:,}")

    def credit_type(self, placed: Placed[Contract]) -> Iterator[Problem]:
        """Amounts in anything but the card's currency are in a custom pricing unit that it converts."""
        configuration = placed.object.prepaid_balance_threshold_configuration
        given = None if configuration is None else configuration.custom_credit_type_id
        card = self._on_cards.cards.get(placed.object.rate_card_id)
        if given is None or given not in self._names or card is None or given == card.fiat_credit_type_id:
            return
        at = key_given(placed, (_PREPAID,), "custom_credit_type_id")
        converted = [each.custom_credit_type_id for each in card.credit_type_conversions]
        if given in self._fiats:
            what = f"{self._fiats[given]!r} is not the currency of rate card {card.name!r}"
            yield placed.item.problem(at, what, f"remove {at[-1]}, or name a custom pricing unit")
        elif given not in converted:
            known = [self._names[each] for each in converted if each in self._names]
            what = f"rate card {card.name!r} does not say what one {self._names[given]!r} costs"
            yield placed.item.problem(
                at, what, did_you_mean(self._names[given], known) if known else f"remove {at[-1]}"
            )
