"""Commit-specific overrides against the products and commit rates that they speak of (spec/rating.md §5)."""

from __future__ import annotations

from collections.abc import Iterator

from engine.catalog.build import Built, Placed
from engine.catalog.contract import Contract
from engine.catalog.fields import Path
from engine.catalog.on_cards import OnCards
from engine.catalog.override import Override, OverrideTarget
from engine.catalog.override_reach import OverrideReach
from engine.catalog.rate_card import RateCard
from engine.errors import Problem


def check_commit_overrides(built: Built) -> Iterator[Problem]:
    """A commit-specific override reaches usage; one of commit rates, usage that has a commit rate."""
    on_cards = OnCards(built)
    reach = OverrideReach(on_cards)
    rates = [each.object for each in built.rates]
    valid = {(each.rate_card_id, each.product_id) for each in rates}
    with_commit_rate = {(each.rate_card_id, each.product_id) for each in rates if each.commit_rate is not None}
    # What has no valid rate may have been meant to have a commit rate.
    may_have_one = with_commit_rate | (built.priced - valid)
    for placed in built.terms:
        card = on_cards.cards.get(placed.object.rate_card_id)
        if card is None or not on_cards.all_valid(card.id):
            continue
        for position, override in enumerate(placed.object.overrides):
            if not override.is_commit_specific:
                continue
            path: Path = ("overrides", position)
            usage = reach.reached(override, card)
            if not usage:
                yield from _no_usage(placed, path, override, on_cards, card)
            elif override.target is OverrideTarget.COMMIT_RATE and not any(
                (card.id, each.id) in may_have_one for each in usage
            ):
                what = f"nothing that this override reaches has a commit rate on rate card {card.name!r}"
                if len(usage) == 1:
                    what = f"product {usage[0].name!r} has no commit rate on rate card {card.name!r}"
                remedy = "give its rate a commit_rate, or set target: LIST_RATE"
                yield placed.item.problem((*path, "target"), what, remedy)


def _no_usage(
    placed: Placed[Contract], path: Path, override: Override, on_cards: OnCards, card: RateCard
) -> Iterator[Problem]:
    """An override that reaches other products, unless it reaches none for a reason that is reported elsewhere."""
    plain = override.model_copy(update={"is_commit_specific": False})
    reached = OverrideReach(on_cards).reached(plain, card)
    if not reached:
        return
    what = "a commit-specific override is of usage, and this one reaches none"
    if len(reached) == 1:
        what = f"a commit-specific override is of usage, and {reached[0].name!r} is a {reached[0].type} product"
    yield placed.item.problem((*path, "is_commit_specific"), what, "name USAGE products, or remove it")
