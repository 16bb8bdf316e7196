"""Mistakes in rates: the exact words and places that a user gets.

Each case changes one passage of `written.GOOD`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.written import Mistake, good_with, said

MISTAKES = (
    Mistake(
        "unknown product",
        "    product: Tokens\n    starting_at",
        "    product: tokens\n    starting_at",
        "29:14: unknown product 'tokens'; did you mean 'Tokens'?",
    ),
    Mistake(
        "rate for a fixed product",
        "    product: Tokens\n    starting_at",
        "    product: Support\n    starting_at",
        (
            "29:14: a FIXED product takes no rate, and 'Support' is one; remove the rate: a contract's scheduled "
            "charge says the price"
        ),
        "47:18: product 'Tokens' has no rate on rate card 'List'; known: 'Support'",
    ),
    Mistake(
        "unknown pricing key",
        "{model: small}",
        "{modell: small}",
        "34:27: pricing_group_values lack model of product 'Tokens'; give every pricing key, or none of them",
        "34:28: 'modell' is not a pricing_group_key of product 'Tokens'; did you mean 'model'?",
    ),
    Mistake(
        "pricing value is a number",
        "{model: small}",
        "{model: 3}",
        "34:27: pricing_group_values: expected text for 'model', found the number 3; put it in quotes",
    ),
    Mistake(
        "FLAT without price",
        "    price: 1.50\n",
        "",
        "28:5: a FLAT rate needs a price",
    ),
    Mistake(
        "FLAT with tiers",
        "    price: 1.50\n",
        "    price: 1.50\n    tiers: [{price: 1}]\n",
        "34:12: a FLAT rate takes no tiers; remove them, or set rate_type: TIERED",
    ),
    Mistake(
        "TIERED without tiers",
        "    rate_type: FLAT\n    price: 1.50\n",
        "    rate_type: TIERED\n",
        "28:5: a TIERED rate needs tiers",
    ),
    Mistake(
        "TIERED with price",
        "    rate_type: FLAT\n",
        "    rate_type: TIERED\n    tiers: [{price: 1}]\n",
        "34:12: a TIERED rate takes its prices from tiers; remove price",
    ),
    Mistake(
        "endless tier in between",
        "    rate_type: FLAT\n    price: 1.50\n",
        "    rate_type: TIERED\n    tiers: [{price: 2}, {size: 0, price: -1}]\n",
        "33:32: a tier's size must be greater than 0; size is the width of the tier",
        "33:42: price -1 is negative; a price is 0 or more",
    ),
    Mistake(
        "later rate type",
        "rate_type: FLAT",
        "rate_type: custom",
        (
            "32:16: duckbill does not bill rate_type CUSTOM yet; use FLAT, TIERED, PERCENTAGE, TIERED_PERCENTAGE or "
            "SUBSCRIPTION"
        ),
    ),
    Mistake(
        "percentage of usage",
        "rate_type: FLAT",
        "rate_type: percentage",
        "32:16: a PERCENTAGE rate does not price a USAGE product, and 'Tokens' is one; use FLAT or TIERED",
    ),
    Mistake(
        "old subscription rate of usage",
        "rate_type: FLAT",
        "rate_type: subscription\n    billing_frequency: monthly",
        "32:16: a SUBSCRIPTION rate does not price a USAGE product, and 'Tokens' is one; use FLAT or TIERED",
    ),
    Mistake(
        "billing frequency of usage",
        "    price: 1.50\n",
        "    price: 1.50\n    billing_frequency: MONTHLY\n",
        "34:24: a USAGE product takes no billing_frequency, and 'Tokens' is one; remove it",
    ),
    Mistake(
        "billing frequency of tiers",
        "    rate_type: FLAT\n    price: 1.50\n",
        "    rate_type: TIERED\n    tiers: [{price: 1}]\n    billing_frequency: MONTHLY\n",
        "34:24: a TIERED rate takes no billing_frequency; only a rate of a SUBSCRIPTION product does",
    ),
    Mistake(
        "unknown billing frequency",
        "    price: 1.50\n",
        "    price: 1.50\n    billing_frequency: DAILY\n",
        "34:24: unknown billing_frequency 'DAILY'; known: 'ANNUAL', 'MONTHLY', 'QUARTERLY', 'WEEKLY'",
    ),
    Mistake(
        "minimum of a flat rate",
        "    price: 1.50\n",
        "    price: 1.50\n    minimum_config: {minimum: 5}\n",
        "34:21: a FLAT rate takes no minimum_config; only a percentage does",
    ),
    Mistake(
        "quantity and proration of a flat rate",
        "    price: 1.50\n",
        "    price: 1.50\n    quantity: 1\n    is_prorated: true\n",
        "34:15: a FLAT rate takes no quantity; remove it",
        "35:18: a FLAT rate takes no is_prorated; remove it",
    ),
    Mistake(
        "list prices",
        "    price: 1.50\n",
        "    price: 1.50\n    use_list_prices: true\n",
        "34:5: duckbill does not bill use_list_prices yet; remove it",
    ),
    Mistake(
        "commit rate",
        "    price: 1.50\n",
        "    price: 1.50\n    commit_rate: {rate_type: TIERED, price: 1}\n",
        "34:18: a TIERED rate needs tiers",
        "34:45: a TIERED rate takes its prices from tiers; remove price",
    ),
    Mistake(
        "unknown pricing unit",
        "    price: 1.50\n",
        "    price: 1.50\n    credit_type_id: credits\n",
        "34:21: unknown pricing unit 'credits'; declare it in pricing_units, or use a currency",
    ),
    Mistake(
        "negative price",
        "price: 1.50",
        "price: -1.50",
        "33:12: price -1.5 is negative; a price is 0 or more",
    ),
    Mistake(
        "price is no number",
        "price: 1.50",
        "price: 1,50",
        "33:12: price: expected a number, found the text '1,50'; write it like 1200 or 0.015",
    ),
    Mistake(
        "19 decimal places",
        "price: 1.50",
        "price: 0.1234567890123456789",
        (
            "33:12: price: 0.1234567890123456789 is too long a number; at most 20 digits before the point and "
            "18 after it"
        ),
    ),
    Mistake(
        "21 integer digits",
        "price: 1.50",
        "price: 123456789012345678901",
        (
            "33:12: price: 123456789012345678901 is too long a number; at most 20 digits before the point and "
            "18 after it"
        ),
    ),
    Mistake(
        "rate off the hour",
        "    starting_at: 2026-01-01T00:00:00Z\n    entitled",
        "    starting_at: 2026-01-01T00:30:00Z\n    entitled",
        "30:18: starting_at: 2026-01-01T00:30:00Z is not on the hour; prices change on full UTC hours only",
    ),
    Mistake(
        "date without time",
        "    starting_at: 2026-01-01T00:00:00Z\n    entitled",
        "    starting_at: 2026-01-01\n    entitled",
        "30:18: starting_at: '2026-01-01' is not an RFC 3339 timestamp such as 2026-10-01T00:00:00Z",
    ),
    Mistake(
        "rate ends before it starts",
        "    entitled: true\n",
        "    ending_before: 2026-01-01T00:00:00Z\n    entitled: true\n",
        (
            "31:20: ending_before 2026-01-01T00:00:00Z is not after starting_at 2026-01-01T00:00:00Z; the end "
            "is exclusive and must be later"
        ),
    ),
    Mistake(
        "same rate twice",
        "customers:\n",
        (
            "  - {rate_card: List, product: Tokens, starting_at: '2026-01-01T01:00:00+01:00', "
            "entitled: false, rate_type: flat, price: 2, pricing_group_values: {model: small}}\n"
            "customers:\n"
        ),
        (
            "35:5: a second rate for the same product and values from 2026-01-01T00:00:00Z; the first is at "
            "catalog/c.yml:28; keep one of them"
        ),
    ),
    Mistake(
        "only the last tier endless",
        "    rate_type: FLAT\n    price: 1.50\n",
        "    rate_type: TIERED\n    tiers: [{price: 2}, {size: 3, price: 1}]\n",
        "33:13: only the last tier may leave out its size; give this tier a size",
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Mistake) -> None:
    expected = [f"catalog/c.yml:{problem}" for problem in mistake.problems]
    assert said(tmp_path, {"catalog/c.yml": good_with(mistake.old, mistake.new)}) == expected
