"""Mistakes in threshold configurations: the exact words and places that a user gets.

Each case changes one passage of `every_grant.EVERY_GRANT`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_grant import changed_grant, expect_of_grant
from tests.catalog.written import Mistake, said

TOP_UP = "commit: {product: Grant, name: Top-up, applicable_product_tags: [core], duration: {unit: MONTHS, value: 6}}"
SPEND = "commit: {product: Grant, priority: 5}"
PAID = "discount_configuration: {payment_fraction: 0.9}"

MISTAKES = (
    Mistake(
        "not above",
        "recharge_to_amount: 500",
        "recharge_to_amount: 50",
        "111:27: recharge_to_amount 50 is not above threshold_amount 50; every recharge would call for the next",
    ),
    Mistake(
        "negative",
        "threshold_amount: 50\n",
        "threshold_amount: -1\n",
        "110:25: threshold_amount -1 is negative; a balance grants 0 or more",
    ),
    Mistake(
        "too large",
        "recharge_to_amount: 500",
        "recharge_to_amount: 500000000000",
        "111:27: recharge_to_amount 500000000000 is too large; a balance is below 500,000,000,000",
    ),
    Mistake(
        "no threshold",
        "threshold_amount: 1000",
        "threshold_amount: 0",
        "117:25: threshold_amount 0 is not greater than 0; say how much is to be spent before it is charged",
    ),
    Mistake(
        "large threshold",
        "threshold_amount: 1000",
        "threshold_amount: 500000000000.01",
        "117:25: threshold_amount 500000000000.01 is too large; a balance is below 500,000,000,000",
    ),
    Mistake(
        "missing",
        "recharge_to_amount: 500",
        "recharge_amount: 500",
        "107:7: missing key 'recharge_to_amount'; add it",
        "111:7: unknown key 'recharge_amount'; did you mean 'recharge_to_amount'?",
    ),
    Mistake(
        "nothing paid",
        PAID,
        "discount_configuration: {payment_fraction: 0}",
        (
            "112:50: payment_fraction 0 is not greater than 0 and at most 1; it is the part that is paid: 0.85 "
            "is a discount of 15 percent"
        ),
    ),
    Mistake(
        "more paid",
        "discount_config: {fraction: 0.8}",
        "discount_config: {fraction: 1.2}",
        (
            "118:35: fraction 1.2 is not greater than 0 and at most 1; it is the part that is paid: 0.85 is a "
            "discount of 15 percent"
        ),
    ),
    Mistake(
        "two discounts",
        PAID,
        PAID + "\n      discount_config: {fraction: 1}",
        "113:24: discount_configuration and discount_config are both given; keep one of them",
    ),
    Mistake(
        "long",
        PAID,
        "discount_configuration: {payment_fraction: 0.123456789012345}",
        "112:50: payment_fraction has 15 decimal places; at most 14",
    ),
    Mistake(
        "cap",
        PAID,
        "discount_configuration: {payment_fraction: 0.9, cap: {amount: 1}}",
        "112:55: duckbill does not bill cap yet; remove it",
    ),
    Mistake(
        "specifiers",
        PAID,
        "threshold_balance_specifiers: [{exclude: []}]",
        "112:7: duckbill does not bill threshold_balance_specifiers yet; remove it",
    ),
    Mistake(
        "no time",
        TOP_UP,
        TOP_UP.replace("value: 6", "value: 0"),
        "107:111: a commit of no duration covers nothing; give it some",
    ),
    Mistake(
        "duration in periods",
        TOP_UP,
        TOP_UP.replace("MONTHS", "PERIODS"),
        "107:96: unknown unit 'PERIODS'; known: 'DAYS', 'MONTHS', 'WEEKS', 'YEARS'",
    ),
    Mistake(
        "fraction",
        TOP_UP,
        TOP_UP.replace("name: Top-up", "rollover_fraction: 2"),
        "107:51: rollover_fraction 2 is not a fraction; a fraction is from 0 to 1: 0.5 is a half",
    ),
    Mistake(
        "rate type",
        TOP_UP,
        TOP_UP.replace("name: Top-up", "rate_type: COMIT_RATE"),
        "107:43: unknown rate_type 'COMIT_RATE'; did you mean 'COMMIT_RATE'?",
    ),
    Mistake(
        "product with a rate",
        TOP_UP,
        TOP_UP.replace("Grant", "Images"),
        "107:25: a threshold commit is of a FIXED product, and 'Images' is a USAGE product; known: 'Grant'",
    ),
    Mistake(
        "product of spend",
        SPEND,
        SPEND.replace("Grant", "Seats"),
        "114:25: a threshold commit is of a FIXED product, and 'Seats' is a SUBSCRIPTION product; known: 'Grant'",
    ),
    Mistake(
        "unknown product",
        SPEND,
        SPEND.replace("Grant", "Grand"),
        "114:25: unknown product 'Grand'; did you mean 'Grant'?",
    ),
    Mistake(
        "tag", TOP_UP, TOP_UP.replace("core", "cord"), "107:72: no product has the tag 'cord'; did you mean 'core'?"
    ),
    Mistake(
        "spend for products",
        SPEND,
        "commit: {product: Grant, applicable_products: [Calls]}",
        (
            "114:32: unknown key 'applicable_products'; known: 'description', 'name', 'priority', 'product', "
            "'product_id'"
        ),
    ),
    Mistake(
        "in a currency",
        PAID,
        "custom_credit_type: EUR",
        (
            "112:27: 'EUR' is not the currency of rate card 'List'; remove custom_credit_type, or name a custom "
            "pricing unit"
        ),
    ),
    Mistake(
        "in a unit without a price",
        PAID,
        "custom_credit_type: stars",
        "112:27: rate card 'List' does not say what one 'stars' costs; known: 'tokens'",
    ),
    Mistake(
        "enabled",
        "is_enabled: true",
        "is_enabled: yes",
        "108:19: is_enabled: expected true or false, found the text 'yes'",
    ),
)

#: The same with a conversion of its own.
OF_UNITS = (
    (
        "{custom_credit_type: tokens, fiat_per_custom_credit: 10}",
        (PAID, "discount_configuration: {payment_fraction: 0.12345678}\n      custom_credit_type: tokens"),
        "{custom_credit_type: tokens, fiat_per_custom_credit: 0.0000001}",
        "107:7: one unit costs 0.000000012345678, which has 15 decimal places; at most 14: round the payment_fraction",
    ),
    (
        "{custom_credit_type: tokens, fiat_per_custom_credit: 10}",
        (PAID, PAID + "\n      custom_credit_type: tokens"),
        "{custom_credit_type: tokens, fiat_per_custom_credit: 2000000000}",
        "111:27: a recharge may cost 900000000000.0; it has to be below 500,000,000,000",
    ),
)

#: What is no mistake.
ACCEPTED = {
    "in the currency": (PAID, "custom_credit_type: USD"),
    "in a unit": (
        TOP_UP + "\n      is_enabled: true",
        "commit: {product: Grant}\n      is_enabled: true\n      custom_credit_type: tokens",
    ),
    "specifier": (TOP_UP, "commit: {product: Grant, specifiers: [{product: Calls, pricing_group_values: {model: a}}]}"),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Mistake) -> None:
    expect_of_grant(tmp_path, mistake)


@pytest.mark.parametrize(("old", "terms", "new", "problem"), OF_UNITS)
def test_what_a_recharge_of_units_costs(
    old: str, terms: tuple[str, str], new: str, problem: str, tmp_path: Path
) -> None:
    tags = ("applicable_product_tags: [core], ", "")
    assert said(tmp_path, changed_grant((old, new), terms, tags)) == [f"catalog/c.yml:{problem}"]


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED)
def test_no_mistake(tmp_path: Path, change: tuple[str, str]) -> None:
    assert said(tmp_path, changed_grant(change)) == []
