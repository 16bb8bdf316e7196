"""Which customers the change from one catalog to another can touch: all others are billed the same by both.

A customer's bills follow from what the catalog holds of the customers who are billed together: their contracts and
balances, the rate cards of those contracts, and what cards, contracts and balances refer to. Where all of that is the
same in both catalogs, order included, so are the bills. Alerts change no amount and do not count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Protocol, TypeVar

from engine.catalog.catalog import Catalog
from engine.catalog.credit_type import PricingUnit
from engine.catalog.exact import decimal_places
from engine.catalog.fields import CatalogObject
from engine.catalog.metric import BillableMetric, sql_without_comments
from engine.catalog.product import ProductType
from engine.catalog.rate_card import Price
from engine.catalog.selection import kin

#: What a catalog holds of a customer, in the order in which it is billed.
_OWN_SECTIONS = ("contracts", "commits", "credits", "manual_balance_entries")

#: Prices of usage with at most so many decimal places leave quantities all of theirs (`engine/rating/inputs.py`).
_SPARE_PRICE_PLACES = 8


def touched_customers(old: Catalog, new: Catalog) -> frozenset[str]:
    """The ids of all customers whose invoices can differ between two catalogs, billed over the same events.

    Closed under who is billed together in either. A customer who is named may still be billed the same, as after a new
    price that an override replaces; one who is not named never differs.
    """
    family_of = families(old, new)
    if _finest_unit_price(old) != _finest_unit_price(new):
        return frozenset(family_of)
    before, after = (_Terms(each).by_family(family_of) for each in (old, new))
    changed = {family for family in before.keys() | after.keys() if before.get(family) != after.get(family)}
    return frozenset(customer_id for customer_id, family in family_of.items() if family in changed)


def families(*catalogs: Catalog) -> dict[str, str]:
    """Every customer of these catalogs, with one of those who are billed together with them in any: the least id."""
    together = kin(*catalogs)
    family_of: dict[str, str] = {}
    for least in sorted(together):
        waiting = [least]
        while waiting:
            member = waiting.pop()
            if member not in family_of:
                family_of[member] = least
                waiting += together[member]
    return family_of


_Identified = TypeVar("_Identified", BillableMetric, PricingUnit)


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


class _Terms:
    """What one catalog bills each family by, as digests."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._cards = {each.id: each for each in catalog.rate_cards}
        self._rates: dict[str, list[CatalogObject]] = defaultdict(list)
        self._priced: dict[str, set[str]] = defaultdict(set)
        # As in the content hash of a catalog: the order in which rates are written does not matter.
        for rate in sorted(catalog.rates, key=lambda each: each.id):
            self._rates[rate.rate_card_id].append(rate)
            self._priced[rate.rate_card_id].add(rate.product_id)
        self._known: dict[tuple[frozenset[str], frozenset[str]], bytes] = {}
        named = [each.id for section in (catalog.products, catalog.pricing_units) for each in section]
        self._named = frozenset(named)

    def by_family(self, family_of: Mapping[str, str]) -> dict[str, str]:
        """A digest of everything that the bills of each family follow from, by its id."""
        digests: dict[str, _Hash] = defaultdict(sha256)
        cards: dict[str, set[str]] = defaultdict(set)
        referred: dict[str, set[str]] = defaultdict(set)
        for customer in sorted(self._catalog.customers, key=lambda each: each.id):
            digests[family_of[customer.id]].update(_content(customer))
        for section in _OWN_SECTIONS:
            for own in getattr(self._catalog, section):
                family = family_of[own.customer_id]
                digests[family].update(section.encode() + _content(own))
                referred[family].update(self._named.intersection(_ids(own)))
        for contract in self._catalog.contracts:
            cards[family_of[contract.customer_id]].add(contract.rate_card_id)
        for family, digest in digests.items():
            digest.update(self._pricing(frozenset(cards[family]), frozenset(referred[family])))
        return {family: digest.hexdigest() for family, digest in digests.items()}

    def _pricing(self, cards: frozenset[str], referred: frozenset[str]) -> bytes:
        """What these rate cards, and products and pricing units that are referred to, say; most families share one."""
        if (cards, referred) not in self._known:
            digest = sha256()
            for each in self._priced_by(cards, referred):
                digest.update(_content(each))
            self._known[cards, referred] = digest.digest()
        return self._known[cards, referred]

    def _priced_by(self, cards: frozenset[str], referred: frozenset[str]) -> Iterator[CatalogObject]:
        catalog, found = self._catalog, set(referred)
        for card in sorted(cards):
            for each in (self._cards[card], *self._rates[card]):
                yield each
                found.update(_ids(each))
            found |= self._priced[card]
        metrics: set[str] = set()
        for product in catalog.products:
            if product.id in found:
                yield product
                metrics |= product.billable_metric_ids
        yield from (each for each in _ordered(catalog.billable_metrics) if each.id in metrics)
        yield from (each for each in _ordered(catalog.pricing_units) if each.id in found)


def _ordered(metrics_or_units: Iterable[_Identified]) -> list[_Identified]:
    return sorted(metrics_or_units, key=lambda each: each.id)


def _content(content: CatalogObject) -> bytes:
    """What an object says, as in the catalog's content hash."""
    if isinstance(content, BillableMetric) and content.sql is not None:
        content = content.model_copy(update={"sql": sql_without_comments(content.sql)})
    return f"{type(content).__name__} {content.model_dump_json(exclude_none=True)}\n".encode()


def _ids(value: object) -> Iterator[str]:
    """Every id that an object, or one inside it, holds, its own included."""
    if isinstance(value, CatalogObject):
        for name in type(value).model_fields:
            held = getattr(value, name)
            if isinstance(held, str):
                if name.endswith("id"):
                    yield held
            elif isinstance(held, tuple) and name.endswith("_ids"):
                yield from held
            else:
                yield from _ids(held)
    elif isinstance(value, tuple):
        for each in value:
            yield from _ids(each)


def _finest_unit_price(catalog: Catalog) -> int:
    """The decimal places of the finest unit price of usage, when so many that quantities have fewer for that.

    Exact types are those of the whole catalog: a contract whose quantities need places that they do not have is parked,
    whoever's the fine price is.
    """
    usage = {product.id for product in catalog.products if product.type is ProductType.USAGE}
    overrides = [override for contract in catalog.contracts for override in contract.overrides]
    prices: list[Price] = [rate for rate in catalog.rates if rate.product_id in usage]
    prices += [each.overwrite_rate for each in overrides if each.overwrite_rate is not None]
    prices += [rate.commit_rate for rate in catalog.rates if rate.commit_rate is not None]
    charged = [each.price for each in prices] + [tier.price for each in prices for tier in each.tiers]
    factors = [each.multiplier for each in overrides] + [tier.multiplier for each in overrides for tier in each.tiers]
    return max(_SPARE_PRICE_PLACES, _most_places(charged) + _most_places(factors))


def _most_places(numbers: Iterable[Decimal | None]) -> int:
    return max((decimal_places(each) for each in numbers if each is not None), default=0)
