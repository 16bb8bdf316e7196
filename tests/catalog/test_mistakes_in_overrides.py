"""Mistakes in what overrides say by themselves: the exact words and places that a user gets.

Each case changes one passage of `every_type.EVERY_TYPE`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_type import changed, expect
from tests.catalog.written import Mistake, said

PRICE = "type: MULTIPLIER, multiplier: 0.9, priority: 1, product: Calls"
TIERED = "type: TIERED, priority: 1, product: Calls, tiers: "
SUPPORT = "type: OVERWRITE, product: Support, overwrite_rate: "
SEATS = "type: MULTIPLIER, multiplier: 0.9, priority: 1, override_specifiers: "

MISTAKES = (
    Mistake("no tiers", PRICE, "type: TIERED, priority: 1, product: Calls", "53:9: a TIERED override needs tiers"),
    Mistake("empty tiers", PRICE, TIERED + "[]", "53:9: a TIERED override needs tiers"),
    Mistake(
        "tiers without type",
        PRICE,
        "entitled: true, tiers: [{multiplier: 1}]",
        "53:68: tiers belong to type TIERED, and type is not given; set type: TIERED, or remove tiers",
    ),
    Mistake(
        "tiers with multiplier",
        PRICE,
        TIERED + "[{multiplier: 0.5}], multiplier: 1",
        (
            "53:128: multiplier belongs to type MULTIPLIER, and type is TIERED; set type: MULTIPLIER, or "
            "remove multiplier"
        ),
    ),
    Mistake(
        "tiers without priority",
        PRICE,
        "type: TIERED, product: Calls, tiers: [{multiplier: 0.5}]",
        "53:9: a TIERED override needs a priority; the smallest priority wins",
    ),
    Mistake(
        "tier of no width",
        PRICE,
        TIERED + "[{size: 0, multiplier: 1}, {size: 1, multiplier: -1}]",
        "53:103: a tier's size must be greater than 0; size is the width of the tier",
        "53:144: multiplier -1 is negative; a multiplier is 0 or more",
    ),
    Mistake(
        "endless tier in between",
        PRICE,
        TIERED + "[{multiplier: 1}, {size: 1, multiplier: 1}]",
        "53:96: only the last tier may leave out its size; give this tier a size",
    ),
    Mistake(
        "tier with a price",
        PRICE,
        TIERED + "[{size: 1, price: 1}]",
        "53:96: missing key 'multiplier'; add it",
        "53:106: unknown key 'price'; known: 'multiplier', 'size'",
    ),
    Mistake(
        "priority zero", PRICE, PRICE.replace("priority: 1", "priority: 0"), "53:90: priority 0 is not greater than 0"
    ),
    Mistake(
        "unknown type",
        PRICE,
        PRICE.replace("MULTIPLIER", "TIRED"),
        "53:51: unknown type 'TIRED'; did you mean 'TIERED'?",
    ),
    Mistake(
        "negative fraction",
        PRICE,
        SUPPORT + "{rate_type: PERCENTAGE, price: -0.1}",
        "53:127: price -0.1 is negative; a fraction is 0 or more: 0.1 is 10 percent",
    ),
    Mistake(
        "negative minimum",
        PRICE,
        SUPPORT + "{rate_type: PERCENTAGE, price: 0.1, minimum_config: {minimum: -5}}",
        "53:158: minimum -5 is negative; a minimum is 0 or more",
    ),
    Mistake(
        "minimum of a flat price",
        PRICE,
        SUPPORT.replace("Support", "Calls") + "{rate_type: FLAT, price: 0.1, minimum_config: {minimum: 5}}",
        "53:140: a FLAT rate takes no minimum_config; only a percentage does",
    ),
    Mistake(
        "list prices",
        PRICE,
        SUPPORT + "{rate_type: PERCENTAGE, price: 0.1, use_list_prices: true}",
        "53:132: duckbill does not bill use_list_prices yet; remove it",
    ),
    Mistake(
        "frequency without product",
        PRICE,
        SEATS + "[{billing_frequency: MONTHLY}]",
        "53:135: billing_frequency needs the product that is billed so often; add product or product_id",
    ),
    Mistake(
        "frequency with values",
        PRICE,
        SEATS + "[{billing_frequency: MONTHLY, product: Seats, pricing_group_values: {x: y}}]",
        ("53:182: pricing_group_values match usage alone, and billing_frequency subscriptions alone; keep one of them"),
    ),
    Mistake(
        "unknown frequency",
        PRICE,
        SEATS + "[{billing_frequency: DAILY, product: Seats}]",
        "53:135: unknown billing_frequency 'DAILY'; known: 'ANNUAL', 'MONTHLY', 'QUARTERLY', 'WEEKLY'",
    ),
    Mistake("empty specifier", PRICE, SEATS + "[{}]", "53:115: an override specifier is empty; say what it applies to"),
    Mistake(
        "commits",
        PRICE,
        SEATS + "[{product: Seats, commit_ids: [x]}]",
        "53:144: commit_ids are for a commit-specific override; set is_commit_specific: true, or remove commit_ids",
    ),
)

#: What is no mistake.
ACCEPTED = {
    "tiers": (PRICE, TIERED + "[{size: 10, multiplier: 0.5}, {size: 5, multiplier: 0}]"),
    "endless tiers": (PRICE, TIERED + "[{size: 10, multiplier: 0.5}, {multiplier: 1.5}]"),
    "percentage": (PRICE, SUPPORT + "{rate_type: percentage, price: 0.1, minimum_config: {minimum: 5}}"),
    "tiered percentage": (
        PRICE,
        SUPPORT + "{rate_type: tiered_percentage, tiers: [{size: 1, price: 0.1}, {price: 2}]}",
    ),
    "frequency": (PRICE, SEATS + "[{billing_frequency: monthly, product: Seats}]"),
    "old subscription price": (
        PRICE,
        SUPPORT.replace("Support", "Seats") + "{rate_type: SUBSCRIPTION, price: 1, quantity: 1}",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Mistake) -> None:
    expect(tmp_path, mistake)


@pytest.mark.parametrize("title", ACCEPTED)
def test_what_is_no_mistake(tmp_path: Path, title: str) -> None:
    assert said(tmp_path, changed(*ACCEPTED[title])) == []
