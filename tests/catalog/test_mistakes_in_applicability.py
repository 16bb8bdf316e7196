"""Mistakes in what commits and credits are counted in and apply to: the exact words and places that a user gets.

Each case changes passages of `every_balance.EVERY_BALANCE`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_balance import expect_of_balance
from tests.catalog.every_term import Wrong, wrong

MISTAKES = (
    wrong(
        "in another currency",
        ("          credit_type: tokens\n", "          credit_type: EUR\n"),
        says=("86:24: nothing that this credit applies to is priced in EUR; known: 'USD (cents)', 'tokens'"),
    ),
    wrong(
        "in a unit of nothing that it applies to",
        (
            "        rate_type: commit_rate\n",
            ("        rate_type: commit_rate\n        applicable_products: [Storage, Support]\n"),
        ),
        says=("87:24: nothing that this credit applies to is priced in tokens; known: 'USD (cents)'"),
    ),
    wrong(
        "in an unknown unit",
        ("          credit_type: tokens\n", "          credit_type: token\n"),
        says="86:24: unknown pricing unit 'token'; did you mean 'tokens'?",
    ),
    wrong(
        "product with a rate",
        ("      - name: Tokens\n        product: Commitment", "      - name: Tokens\n        product: Compute"),
        says=("83:18: a credit is of a FIXED product, and 'Compute' is a USAGE product; known: 'Commitment', 'Fee'"),
    ),
    wrong(
        "unknown product",
        ("      - name: Tokens\n        product: Commitment", "      - name: Tokens\n        product: Commitments"),
        says="83:18: unknown product 'Commitments'; did you mean 'Commitment'?",
    ),
    wrong(
        "unknown product that it applies to",
        ("[Compute, Seats]", "[Compute, Seat]"),
        says="80:40: unknown product 'Seat'; did you mean 'Seats'?",
    ),
    wrong(
        "applies to a product off the card",
        ("[Compute, Seats]", "[Compute, Elsewhere]"),
        says=(
            "80:40: product 'Elsewhere' has no rate on rate card 'List'; known: 'Compute', 'Inference',"
            " 'Seats', 'Storage', 'Support'"
        ),
    ),
    wrong(
        "applies to fixed products alone",
        ("[Compute, Seats]", "[Fee, Commitment]"),
        says=(
            (
                "80:31: a commit is drawn by usage, subscriptions and composites, and 'Fee' is a FIXED "
                "product; known: 'Compute', 'Inference', 'Seats', 'Storage', 'Support'"
            ),
            (
                "80:36: a commit is drawn by usage, subscriptions and composites, and 'Commitment' is a "
                "FIXED product; known: 'Compute', 'Inference', 'Seats', 'Storage', 'Support'"
            ),
        ),
    ),
    wrong(
        "unknown tag",
        ("applicable_product_tags: [cloud]", "applicable_product_tags: [clout]"),
        says="72:35: no product has the tag 'clout'; did you mean 'cloud'?",
    ),
    wrong(
        "tag of a product off the card",
        ("applicable_product_tags: [cloud]", "applicable_product_tags: [cloud, other]"),
        says=(
            "72:42: no product on rate card 'List' has the tag 'other'; known: 'ai', 'cloud', 'core', 'desk', 'disk'"
        ),
    ),
    wrong(
        "products and specifiers",
        (
            "    specifiers: [{product: Storage}]\n",
            ("    specifiers: [{product: Storage}]\n    applicable_products: [Compute]\n"),
        ),
        says=("122:26: applicable_product_ids and specifiers exclude each other; make it one of the specifiers"),
    ),
    wrong(
        "tags and specifiers",
        (
            "    specifiers: [{product: Storage}]\n",
            ("    specifiers: [{product: Storage}]\n    applicable_product_tags: [cloud]\n"),
        ),
        says=("122:30: applicable_product_tags and specifiers exclude each other; make it one of the specifiers"),
    ),
    wrong(
        "empty specifier",
        ("[{product: Storage}]", "[{product: Storage}, {}]"),
        says="121:38: a specifier is empty; say what it applies to",
    ),
    wrong(
        "unknown key of a specifier",
        ("[{product: Storage}]", "[{produkt: Storage}]"),
        says="121:19: unknown key 'produkt'; did you mean 'product'?",
    ),
    wrong(
        "specifier of a product off the card",
        ("[{product: Storage}]", "[{product: Elsewhere}]"),
        says=(
            "121:28: product 'Elsewhere' has no rate on rate card 'List'; known: 'Compute', "
            "'Inference', 'Seats', 'Storage', 'Support'"
        ),
    ),
    wrong(
        "specifier of a fixed product",
        ("[{product: Storage}]", "[{product: Fee}]"),
        says=(
            "121:28: a commit is drawn by usage, subscriptions and composites, and 'Fee' is a FIXED "
            "product; known: 'Compute', 'Inference', 'Seats', 'Storage', 'Support'"
        ),
    ),
    wrong(
        "specifier with a tag that the product never has",
        ("[{product: Storage}]", "[{product: Storage, product_tags: [core]}]"),
        says=("121:52: product 'Storage' does not have the tag 'core'; known: 'cloud', 'disk'"),
    ),
    wrong(
        "specifier with an unknown tag",
        ("[{product: Storage}]", "[{product_tags: [cloud, cord]}]"),
        says="121:41: no product has the tag 'cord'; did you mean 'core'?",
    ),
    wrong(
        "specifier with tags of different products",
        ("[{product: Storage}]", "[{product_tags: [core, disk]}]"),
        says=(
            "121:33: no product on rate card 'List' has all of these tags at one time: core, disk; name fewer of them"
        ),
    ),
    wrong(
        "unknown group key",
        ("pricing_group_values: {region: eu}", "pricing_group_values: {regio: eu}"),
        says=(
            "94:84: 'regio' is not a pricing_group_key of any product that this specifier reaches; did "
            "you mean 'region'?"
        ),
    ),
    wrong(
        "group key of no usage",
        ("[{product: Storage}]", "[{product: Seats, presentation_group_values: {user: ann}}]"),
        says=(
            "121:63: 'user' is not a presentation_group_key of any product that this specifier reaches; none is defined"
        ),
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Wrong) -> None:
    expect_of_balance(tmp_path, mistake)
