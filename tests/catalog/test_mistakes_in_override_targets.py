"""Overrides that cannot apply to what they speak of: the exact words and places that a user gets.

Each case changes passages of `every_term.EVERY_TERM`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_term import Wrong, changed_term, expect_of, wrong
from tests.catalog.written import said

NO_SALE = ("    remove_overrides: [{id: sale}]\n", "")
EXPLICIT = ("    scheduled_charges_on_usage_invoices: all\n", "    multiplier_override_prioritization: explicit\n")

MISTAKES = (
    wrong(
        "frequency of a usage product",
        (
            "multiplier: 0.9, product: Calls}",
            "multiplier: 0.9, override_specifiers: [{product: Calls, billing_frequency: MONTHLY}]}",
        ),
        NO_SALE,
        says="70:148: a USAGE product takes no billing_frequency, and 'Calls' is one; remove it",
    ),
    wrong(
        "frequency without rate",
        (
            "multiplier: 0.9, product: Calls}",
            "multiplier: 0.9, override_specifiers: [{product: Seats, billing_frequency: WEEKLY}]}",
        ),
        NO_SALE,
        says="70:148: product 'Seats' has no WEEKLY rate on rate card 'List'; known: 'ANNUAL', 'MONTHLY'",
    ),
    wrong(
        "flat overwrite of a composite",
        (
            "overwrite_rate: {rate_type: FLAT, price: 2}\n        product: Calls\n",
            "overwrite_rate: {rate_type: FLAT, price: 2}\n        product: Support\n",
        ),
        says=(
            "135:37: a FLAT rate does not price a COMPOSITE product, and 'Support' is one; use "
            "PERCENTAGE or TIERED_PERCENTAGE"
        ),
    ),
    wrong(
        "percentage overwrite of usage",
        (
            "overwrite_rate: {rate_type: FLAT, price: 2}\n        product: Calls\n",
            "overwrite_rate: {rate_type: PERCENTAGE, price: 2}\n        product: Calls\n",
        ),
        says="135:37: a PERCENTAGE rate does not price a USAGE product, and 'Calls' is one; use FLAT or TIERED",
    ),
    wrong(
        "tiered overwrite of a subscription",
        (
            "overwrite_rate: {rate_type: FLAT, price: 2}\n        product: Calls\n",
            "overwrite_rate: {rate_type: TIERED, tiers: [{price: 2}]}\n        product: Seats\n",
        ),
        says="135:37: a TIERED rate does not price a SUBSCRIPTION product, and 'Seats' is one; use FLAT",
    ),
    wrong(
        "flat overwrite of everything",
        (
            "overwrite_rate: {rate_type: FLAT, price: 2}\n        product: Calls\n",
            "overwrite_rate: {rate_type: FLAT, price: 2}\n",
        ),
        says=(
            "135:37: a FLAT rate does not price a COMPOSITE product, and 'Support' is one; name the "
            "products that it is for"
        ),
    ),
    wrong(
        "TIERED under LOWEST_MULTIPLIER",
        (
            "type: MULTIPLIER, multiplier: 0.9, product: Calls}",
            "type: TIERED, priority: 1, tiers: [{multiplier: 1}], product: Calls}",
        ),
        NO_SALE,
        says=(
            "70:61: a TIERED override needs EXPLICIT prioritization; set "
            "multiplier_override_prioritization: EXPLICIT on the contract"
        ),
    ),
    wrong(
        "TIERED of a subscription",
        EXPLICIT,
        (
            "type: MULTIPLIER, multiplier: 0.9, product: Calls}",
            "type: TIERED, priority: 1, tiers: [{multiplier: 1}], product: Seats}",
        ),
        NO_SALE,
        says=(
            "70:61: a TIERED override is of usage, and 'Seats' is a SUBSCRIPTION product; use MULTIPLIER or OVERWRITE"
        ),
    ),
    wrong(
        "TIERED of no usage",
        EXPLICIT,
        (
            "type: MULTIPLIER, multiplier: 0.9, product: Calls}",
            (
                "type: TIERED, priority: 1, tiers: [{multiplier: 1}], override_specifiers: [{product: "
                "Seats}, {product: Support}]}"
            ),
        ),
        NO_SALE,
        says="70:61: a TIERED override is of usage, and this one reaches none; use MULTIPLIER or OVERWRITE",
    ),
    wrong(
        "overwrite in another credit type",
        (
            "overwrite_rate: {rate_type: FLAT, price: 2}\n        product: Calls\n",
            "overwrite_rate: {rate_type: FLAT, price: 2, credit_type: EUR}\n        product: Calls\n",
        ),
        says="135:66: product 'Calls' is priced in USD (cents) on rate card 'List', not in EUR; remove credit_type",
    ),
    wrong(
        "overwrite in no credit type",
        (
            "overwrite_rate: {rate_type: FLAT, price: 2}\n        product: Calls\n",
            "overwrite_rate: {rate_type: FLAT, price: 2, credit_type: EURO}\n        product: Calls\n",
        ),
        says="135:66: unknown pricing unit 'EURO'; did you mean 'EUR'?",
    ),
    wrong(
        "override id twice",
        (
            "      - {starting_at: 2026-02-01T00:00:00Z, entitled: true, product: Calls}\n",
            "      - {id: sale, starting_at: 2026-02-01T00:00:00Z, entitled: true, product: Calls}\n",
        ),
        NO_SALE,
        says="71:14: override id 'sale' is already taken; give it another id",
    ),
    wrong(
        "multiplier without priority",
        EXPLICIT,
        NO_SALE,
        says="70:9: a MULTIPLIER override under EXPLICIT prioritization needs a priority; the smallest priority wins",
    ),
    wrong(
        "tag of nobody",
        ("multiplier: 0.9, product: Calls}", "multiplier: 0.9, applicable_product_tags: [cor]}"),
        NO_SALE,
        says="70:116: no product has the tag 'cor'; did you mean 'core'?",
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Wrong) -> None:
    expect_of(tmp_path, mistake)


def test_a_price_for_all_that_is_reached(tmp_path: Path) -> None:
    """Usage and subscriptions both have FLAT rates; a share, which has not, is not reached by a billing frequency."""
    old = "overwrite_rate: {rate_type: FLAT, price: 2}\n        product: Calls\n"
    reach = "[{product_tags: [core]}, {product: Seats, billing_frequency: MONTHLY}]"
    new = f"overwrite_rate: {{rate_type: FLAT, price: 2}}\n        override_specifiers: {reach}\n"
    assert said(tmp_path, changed_term((old, new))) == []
