"""What a balance may be drawn by, as rows to match and as the two numbers that order balances (spec/rating.md §7.1)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from engine.catalog.balance import Applicable, BalanceSpecifier
from engine.catalog.catalog import Catalog
from engine.rating.arrow_tables import group_pairs


class BalanceTarget(NamedTuple):
    """One way a line can match; None asks for nothing. Pairs are the texts of the macro `named_values`."""

    product_id: str | None = None
    any_tags: list[str] | None = None
    all_tags: list[str] | None = None
    pricing_pairs: list[str] | None = None
    presentation_pairs: list[str] | None = None


class Reach(NamedTuple):
    """What a balance may be drawn by.

    `product_applicability` is how many products it names, `usage_applicability` how many of its specifiers name group
    values alone; both are None for a balance without restriction.
    """

    targets: tuple[BalanceTarget, ...]
    product_applicability: int | None
    usage_applicability: int | None


#: Of a balance that everything may draw on.
UNRESTRICTED = Reach((BalanceTarget(),), None, None)


class ReachIndex:
    """Finds the reach of balances, once for all that apply alike on the same rate cards."""

    def __init__(self, catalog: Catalog) -> None:
        tags = {each.id: frozenset(frozenset(version.tags) for version in each.versions()) for each in catalog.products}
        self._tags_of_card: dict[str, dict[str, frozenset[frozenset[str]]]] = defaultdict(dict)
        for rate in catalog.rates:
            self._tags_of_card[rate.rate_card_id][rate.product_id] = tags[rate.product_id]
        self._found: dict[tuple[object, ...], Reach] = {}

    def of(self, applicable: Applicable, rate_card_ids: tuple[str, ...]) -> Reach:
        """The reach of a balance whose contracts have these rate cards."""
        if not applicable.is_restricted:
            return UNRESTRICTED
        key = (
            applicable.applicable_product_ids,
            applicable.applicable_product_tags,
            applicable.specifiers,
            rate_card_ids,
        )
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._reach(applicable, rate_card_ids)
        return found

    def _reach(self, applicable: Applicable, rate_card_ids: tuple[str, ...]) -> Reach:
        named = set(applicable.applicable_product_ids)
        wanted = set(applicable.applicable_product_tags)
        targets = [BalanceTarget(product_id=each) for each in applicable.applicable_product_ids]
        if wanted:
            targets.append(BalanceTarget(any_tags=list(applicable.applicable_product_tags)))
            named.update(self._products(rate_card_ids, lambda tags: not wanted.isdisjoint(tags)))
        by_groups_alone = 0
        for specifier in applicable.specifiers:
            targets.append(_target(specifier))
            if specifier.product_id is not None:
                named.add(specifier.product_id)
            elif specifier.product_tags:
                named.update(self._products(rate_card_ids, set(specifier.product_tags).issubset))
            else:
                by_groups_alone += 1
        return Reach(tuple(targets), len(named), by_groups_alone)

    def _products(self, rate_card_ids: tuple[str, ...], is_meant: Callable[[frozenset[str]], bool]) -> Iterator[str]:
        """The products on the rate cards whose tags are meant in some version."""
        for card_id in rate_card_ids:
            for product_id, versions in self._tags_of_card[card_id].items():
                if any(map(is_meant, versions)):
                    yield product_id


def _target(specifier: BalanceSpecifier) -> BalanceTarget:
    return BalanceTarget(
        product_id=specifier.product_id,
        all_tags=list(specifier.product_tags) or None,
        pricing_pairs=group_pairs(specifier.pricing_group_values),
        presentation_pairs=group_pairs(specifier.presentation_group_values),
    )
