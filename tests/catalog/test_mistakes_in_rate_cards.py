"""Mistakes in rate cards and in rates of subscriptions: the exact words and places that a user gets.

Each case changes one passage of `every_type.EVERY_TYPE`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_type import CALLS, changed, expect
from tests.catalog.written import Mistake, said

ORDER = "product_order: [Support, Setup, Calls]"
SEATS = "        rate_type: FLAT\n        price: 20\n        billing_frequency: MONTHLY\n"
SECOND = CALLS.replace("Calls", "Seats").replace("price: 1", "price: 50, billing_frequency: %s")

MISTAKES = (
    Mistake(
        "unknown product in order",
        ORDER,
        "product_order: [Calls, Suport]",
        "21:28: unknown product 'Suport'; did you mean 'Support'?",
    ),
    Mistake(
        "product twice in order",
        ORDER,
        "product_order: [Calls, Support, Calls]",
        "21:37: product 'Calls' stands twice in product_order; name it once",
    ),
    Mistake(
        "product without a rate in order",
        ORDER,
        "product_order: [Calls, Spare]",
        (
            "21:28: product 'Spare' has no rate on rate card 'List'; known: 'Calls', 'Images', 'Seats', "
            "'Storage', 'Support'"
        ),
    ),
    Mistake(
        "product of the order misspelt in its rate",
        CALLS,
        CALLS.replace("Calls", "Cals"),
        "25:19: unknown product 'Cals'; did you mean 'Calls'?",
    ),
    Mistake(
        "order that is no list",
        ORDER,
        "product_order: Calls",
        "21:20: product_order: expected a list, found the text 'Calls'",
    ),
    Mistake(
        "order of a number",
        ORDER,
        "product_order: [Calls, 3]",
        "21:28: product_order: expected text, found the number 3; put it in quotes",
    ),
    Mistake(
        "subscription without frequency",
        SEATS,
        "        rate_type: FLAT\n        price: 20\n",
        (
            "33:9: a rate of SUBSCRIPTION product 'Seats' needs a billing_frequency; MONTHLY, QUARTERLY, "
            "ANNUAL or WEEKLY"
        ),
    ),
    Mistake(
        "old subscription rate without frequency",
        SEATS,
        "        rate_type: SUBSCRIPTION\n        price: 20\n",
        "33:9: a SUBSCRIPTION rate needs a billing_frequency; MONTHLY, QUARTERLY, ANNUAL or WEEKLY",
    ),
    Mistake(
        "subscription by percentage",
        SEATS,
        "        rate_type: PERCENTAGE\n        price: 0.2\n",
        "36:20: a PERCENTAGE rate does not price a SUBSCRIPTION product, and 'Seats' is one; use FLAT",
    ),
    Mistake(
        "subscription in tiers",
        SEATS,
        "        rate_type: TIERED\n        tiers: [{price: 1}]\n",
        "36:20: a TIERED rate does not price a SUBSCRIPTION product, and 'Seats' is one; use FLAT",
    ),
    Mistake(
        "old subscription rate in tiers",
        SEATS,
        SEATS.replace("FLAT", "SUBSCRIPTION").replace("price: 20", "tiers: [{price: 1}]"),
        "33:9: a SUBSCRIPTION rate needs a price",
        "37:16: a SUBSCRIPTION rate takes no tiers; remove them",
    ),
    Mistake(
        "old subscription rate of two",
        SEATS,
        SEATS.replace("FLAT", "SUBSCRIPTION") + "        quantity: 2\n",
        "39:19: quantity 2 of a SUBSCRIPTION rate is not 1; remove it",
    ),
    Mistake(
        "old subscription rate never prorated",
        SEATS,
        SEATS.replace("FLAT", "SUBSCRIPTION") + "        is_prorated: false\n",
        (
            "39:22: is_prorated must be true for a SUBSCRIPTION rate; remove it, and set "
            "proration.is_prorated on the subscription"
        ),
    ),
    Mistake(
        "subscription by values",
        SEATS,
        SEATS + "        pricing_group_values: {region: eu}\n",
        (
            "39:32: 'region' is not a pricing_group_key of product 'Seats'; remove it: the product is not "
            "priced by values"
        ),
    ),
    Mistake(
        "same frequency twice",
        "      - product: Support\n",
        SECOND % "monthly" + "      - product: Support\n",
        (
            "39:9: a second rate for the same product and values from 2026-01-01T00:00:00Z; the first is at "
            "catalog/c.yml:33; keep one of them"
        ),
    ),
    Mistake(
        "negative subscription price", "price: 20", "price: -20", "37:16: price -20 is negative; a price is 0 or more"
    ),
    Mistake(
        "rate of a service",
        "type: SUBSCRIPTION}",
        "type: PROFESSIONAL_SERVICE}",
        "33:18: duckbill does not bill PROFESSIONAL_SERVICE products yet, and 'Seats' is one; remove the rate",
    ),
)

#: What is no mistake.
ACCEPTED = {
    "another frequency from the same start": (
        "      - product: Support\n",
        SECOND % "ANNUAL" + "      - product: Support\n",
    ),
    "old subscription rate": (
        SEATS,
        SEATS.replace("FLAT", "SUBSCRIPTION") + "        quantity: 1\n        is_prorated: true\n",
    ),
    "no order": (ORDER, "product_order: []"),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Mistake) -> None:
    expect(tmp_path, mistake)


@pytest.mark.parametrize("title", ACCEPTED)
def test_what_is_no_mistake(tmp_path: Path, title: str) -> None:
    assert said(tmp_path, changed(*ACCEPTED[title])) == []
