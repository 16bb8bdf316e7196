"""What a balance may cover, when it is drawn, and what usage costs under it (spec/rating.md §5, §7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.oracle.balances import Balance, Segment, is_paid, priority_key
from tests.oracle.overrides import Target, reaches
from tests.oracle.prices import Terms, in_force, preferred_override, priced
from tests.oracle.versions import version_at

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Special:
    """The price of a group under a balance where it is not the line's own; `override` is a position, or None."""

    from_commit_rate: bool
    override: int | None
    terms: Terms


def may_cover(segment: Segment, contract_id: str, credit_type: str, target: Target | None, moment: datetime) -> bool:
    """Whether a segment can cover a line of a contract in a credit type, of a target, at the line's instant.

    `target` is None for a conversion. Whether anything is left of the segment is another question.
    """
    balance = segment.balance
    return (
        contract_id in balance.contracts
        and segment.covers(moment)
        and (balance.terms["access_type"] == "QUANTITY" or balance.terms["credit_type"] == credit_type)
        and _is_target(balance.terms["targets"], target)
        and _is_seat(segment, target)
    )


def _is_target(wanted: list[Any] | None, target: Target | None) -> bool:
    if wanted is None:
        return True
    if target is None:
        return False
    return any(names_product(each, target.product, target.tags) and _has_values(each, target) for each in wanted)


def names_product(wanted: Row, product_id: str, tags: Iterable[str]) -> bool:
    """Whether one target of a balance means a product with these tags, whatever it asks of group values."""
    of_tags = wanted["any_tags"] is None or bool(set(wanted["any_tags"]) & set(tags))
    return wanted["product"] in (None, product_id) and of_tags and set(wanted["all_tags"]) <= set(tags)


def _has_values(wanted: Row, target: Target) -> bool:
    if not wanted["pricing"] and not wanted["presentation"]:
        return True
    if target.kind != "USAGE":
        return False
    of_pricing = all(target.pricing.get(key) == value for key, value in wanted["pricing"].items())
    return of_pricing and all(target.presentation.get(key) == value for key, value in wanted["presentation"].items())


def _is_seat(segment: Segment, target: Target | None) -> bool:
    if segment.seat is None:
        return True
    if target is None or target.kind != "USAGE":
        return False
    key, seat = segment.seat
    return seat in (target.pricing.get(key), target.presentation.get(key))


def order_of(
    terms: Row, catalog: Row, contracts: Sequence[str], count: int | None, is_rollover: bool
) -> tuple[Any, ...]:
    """The first keys by which balances are ordered: what they are, priority, cost and how narrow they are.

    `count` is how many contracts it is for, None for all of a customer's; it comes after the dates.
    """
    postpaid = terms["kind"] == "POSTPAID"
    order_class = (1 if postpaid else 2) if is_rollover else (4 if postpaid else 3)
    paid = order_class > 2 and is_paid(terms)
    usage = 0 if order_class == 4 else _usage_applicability(terms["targets"])
    products = _product_applicability(terms["targets"], catalog, contracts)
    return (order_class, *priority_key(terms), paid, *_none_last(products), *_none_last(usage), _none_last(count))


def _none_last(number: int | None) -> tuple[bool, int]:
    return number is None, number or 0


def _product_applicability(targets: list[Any] | None, catalog: Row, contracts: Sequence[str]) -> int | None:
    if targets is None:
        return None
    cards = {catalog["contracts"][contract]["card"] for contract in contracts}
    named = set()
    for target in targets:
        if target["product"] is not None:
            named.add(target["product"])
        elif target["any_tags"] or target["all_tags"]:
            for product_id, product in catalog["products"].items():
                on_card = any((card, product_id) in catalog["rates_of"] for card in cards)
                tagged = any(names_product(target, product_id, version["tags"]) for version in product["versions"])
                if on_card and tagged:
                    named.add(product_id)
    return len(named)


def _usage_applicability(targets: list[Any] | None) -> int | None:
    if targets is None:
        return None
    return sum(
        bool(each["pricing"] or each["presentation"])
        and each["product"] is None
        and not each["any_tags"]
        and not each["all_tags"]
        for each in targets
    )


def in_order(balances: Iterable[Balance]) -> list[Segment]:
    """All segments in the order in which they are drawn."""
    segments = [segment for balance in balances for segment in balance.segments]
    return sorted(segments, key=_segment_key)


def _segment_key(segment: Segment) -> tuple[Any, ...]:
    *first, count = segment.balance.order
    return (*first, segment.ending_before, segment.starting_at, count, segment.balance.number, segment.number)


def special_price(
    catalog: Row, contract_id: str, balance: Balance, target: Target, moment: datetime, own: Terms
) -> Special | None:
    """What a group costs under a balance, None where that is the line's own price.

    A commit rate comes before everything, with an override that is meant for commit rates; else an override that is
    meant for list prices changes the list price. What is not billed has no price under a balance either.
    """
    if target.kind != "USAGE" or own.outcome != "lines":
        return None
    contract = catalog["contracts"][contract_id]
    rate = catalog["rates"][own.rate] if own.rate is not None else None
    commit_rate = rate["commit_rate"] if rate is not None and balance.terms["rate_type"] == "COMMIT_RATE" else None
    aimed_at = "COMMIT_RATE" if commit_rate else "LIST_RATE"
    matching = [
        position
        for position, override in enumerate(contract["overrides"])
        if override["commit_specific"]
        and override["target"] == aimed_at
        and in_force(override, moment)
        and reaches(override, target, lambda ids: _is_called(balance, contract_id, ids))
    ]
    chosen, _ = preferred_override(contract["overrides"], matching, contract["scheme"])
    if commit_rate is None and chosen is None:
        return None
    prices = commit_rate or rate
    terms = priced(prices, own.rate, contract["overrides"], chosen, own.entitled)
    return Special(commit_rate is not None, chosen, terms) if terms.tiers is not None else None


def _is_called(balance: Balance, contract_id: str, ids: list[str]) -> bool:
    """Whether ids or names of an override mean a balance; names are those of the contract's own or the customer's."""
    if not ids:
        return True
    if {balance.id, balance.terms["recurring"]} & set(ids):
        return True
    return balance.contract in (None, contract_id) and bool(balance.called & set(ids))


@dataclass(frozen=True)
class Coverage:
    """The segments that one contract may draw on: where they cut its usage, and what can cover a group."""

    catalog: Row
    contract_id: str
    segments: Sequence[Segment]

    def cuts(self, product_id: str, credit_type: str) -> Iterator[datetime]:
        """The starts and ends of the segments that can reach a product, in some version of it."""
        versions = self.catalog["products"][product_id]["versions"]
        for segment in self.segments:
            terms = segment.balance.terms
            counted = terms["access_type"] == "QUANTITY" or terms["credit_type"] == credit_type
            reached = terms["targets"] is None or any(
                names_product(target, product_id, version["tags"])
                for target in terms["targets"]
                for version in versions
            )
            if counted and reached:
                yield segment.starting_at
                yield segment.ending_before

    def of_group(self, credit_type: str, target: Target, moment: datetime, own: Terms) -> tuple[Any, ...]:
        """What can cover a group at an instant, and at which prices: what keeps pieces of its line apart."""
        found = []
        for segment in self.segments:
            if may_cover(segment, self.contract_id, credit_type, target, moment):
                special = special_price(self.catalog, self.contract_id, segment.balance, target, moment, own)
                found.append((segment.id, special and (special.from_commit_rate, special.override)))
        return tuple(found)


def line_target(catalog: Row, line: Row, moment: datetime) -> Target | None:
    """What a line is of, as it is at its instant; None for a conversion."""
    if line["type"] == "cpu_conversion":
        return None
    product = catalog["products"][line["product"]]
    pricing = dict(zip(line.get("pricing_keys", ()), line.get("pricing", ()), strict=True))
    presentation = dict(zip(line.get("presentation_keys", ()), line.get("presentation", ()), strict=True))
    tags = tuple(version_at(product, moment)["tags"])
    return Target(line["product"], product["type"], tags, pricing, presentation, line.get("billing_frequency"))
