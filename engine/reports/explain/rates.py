"""Which rate was in force for a line, and why that one, read from the catalog once more (spec/rating.md §3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.catalog.catalog import Catalog
from engine.catalog.rate_card import Rate


@dataclass(frozen=True, slots=True)
class PricedAs:
    """What a price is asked for: a product of a rate card at an instant, with group values or a billing frequency."""

    rate_card_id: str
    product_id: str
    at: datetime
    pricing: Mapping[str, str | None]
    presentation: Mapping[str, str | None]
    billing_frequency: str | None = None


@dataclass(frozen=True, slots=True)
class RateChoice:
    """The rates that compete: those for exactly these group values, else default ones; `latest` start last."""

    latest: tuple[Rate, ...]
    competing: int
    is_default: bool


def rate_choice(catalog: Catalog, asked: PricedAs) -> RateChoice:
    """The rate for all of the group values, else the default one; of several the latest start wins.

    Rates that start together are all in `latest`: the last added of them wins.
    """
    in_force = [rate for rate in catalog.rates if _is_in_force(rate, asked)]
    exact = [
        rate for rate in in_force if rate.pricing_group_values and dict(rate.pricing_group_values) == asked.pricing
    ]
    competing = exact or [rate for rate in in_force if not rate.pricing_group_values]
    last = max((rate.starting_at for rate in competing), default=None)
    latest = tuple(rate for rate in competing if rate.starting_at == last)
    return RateChoice(latest, len(competing), not exact)


def _is_in_force(rate: Rate, asked: PricedAs) -> bool:
    frequency = None if rate.billing_frequency is None else rate.billing_frequency.value
    return (
        rate.rate_card_id == asked.rate_card_id
        and rate.product_id == asked.product_id
        and frequency == asked.billing_frequency
        and rate.starting_at <= asked.at
        and (rate.ending_before is None or asked.at < rate.ending_before)
    )
