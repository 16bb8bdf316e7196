"""Mistakes in commit-specific overrides and commit rates: the exact words and places that a user gets.

Each case changes one passage of `every_grant.EVERY_GRANT`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_grant import changed_grant, expect_of_grant
from tests.catalog.written import Mistake, said

RATE = "commit_rate: {rate_type: FLAT, price: 2}"
SPECIFIC = "        is_commit_specific: true\n        target: COMMIT_RATE\n"
FIRST = "[{product: Calls, commit_ids: [deposit], recurring_commit_ids: [Monthly]}]"
SECOND = "[{any_commit_or_credit_ids: [per-seat, Welcome, Shared]}]"
OVERWRITE = "overwrite_rate: {rate_type: FLAT, price: 1}"

MISTAKES = (
    Mistake(
        "percentage",
        RATE,
        "commit_rate: {rate_type: PERCENTAGE, price: 0.1}",
        "28:34: a commit rate prices usage, and a PERCENTAGE rate does not; use FLAT or TIERED",
    ),
    Mistake("no price", RATE, "commit_rate: {rate_type: FLAT}", "28:22: a FLAT rate needs a price"),
    Mistake(
        "negative price",
        RATE,
        "commit_rate: {rate_type: FLAT, price: -1}",
        "28:47: price -1 is negative; a price is 0 or more",
    ),
    Mistake(
        "two endless tiers",
        RATE,
        "commit_rate: {rate_type: TIERED, tiers: [{price: 1}, {price: 2}]}",
        "28:50: only the last tier may leave out its size; give this tier a size",
    ),
    Mistake(
        "custom rate",
        RATE,
        "commit_rate: {rate_type: CUSTOM, price: 1}",
        (
            "28:34: duckbill does not bill rate_type CUSTOM yet; use FLAT, TIERED, PERCENTAGE, TIERED_PERCENTAGE "
            "or SUBSCRIPTION"
        ),
    ),
    Mistake(
        "unknown key",
        RATE,
        "commit_rate: {rate_type: FLAT, prize: 1, price: 1}",
        "28:40: unknown key 'prize'; did you mean 'price'?",
    ),
    Mistake(
        "in another credit type",
        RATE,
        "commit_rate: {rate_type: FLAT, price: 2, credit_type: tokens}",
        (
            "28:63: a commit rate in tokens of a list price in USD (cents); remove credit_type: both are in one "
            "credit type"
        ),
    ),
    Mistake(
        "commit rate of seats",
        "        price: 20\n",
        "        price: 20\n        commit_rate: {rate_type: FLAT, price: 2}\n",
        "40:22: a commit rate is of usage, and 'Seats' is a SUBSCRIPTION product; remove it",
    ),
    Mistake(
        "target without a balance",
        SPECIFIC,
        "        target: COMMIT_RATE\n",
        (
            "123:17: target COMMIT_RATE is for a commit-specific override; set is_commit_specific: true, or "
            "target: LIST_RATE"
        ),
        "124:60: commit_ids are for a commit-specific override; set is_commit_specific: true, or remove commit_ids",
        (
            "124:93: recurring_commit_ids are for a commit-specific override; set is_commit_specific: true, or "
            "remove recurring_commit_ids"
        ),
    ),
    Mistake(
        "target",
        SPECIFIC,
        SPECIFIC.replace("COMMIT_RATE", "COMMIT"),
        "124:17: unknown target 'COMMIT'; did you mean 'COMMIT_RATE'?",
    ),
    Mistake(
        "entitled",
        SPECIFIC,
        SPECIFIC + "        entitled: true\n",
        (
            "125:19: a commit-specific override changes prices, and entitled does not depend on balances; put it "
            "into an override of its own"
        ),
    ),
    Mistake(
        "no type",
        "        type: OVERWRITE\n        overwrite_rate: {rate_type: FLAT, price: 1}\n",
        "",
        "126:9: an override changes nothing; give it a type, or entitled",
    ),
    Mistake(
        "unknown commit",
        FIRST,
        FIRST.replace("deposit", "depositt"),
        "125:61: unknown commit 'depositt'; did you mean 'deposit'?",
    ),
    Mistake(
        "unknown recurring commit",
        FIRST,
        FIRST.replace("Monthly", "Montly"),
        "125:94: unknown recurring commit 'Montly'; did you mean 'Monthly'?",
    ),
    Mistake(
        "credit as commit",
        FIRST,
        FIRST.replace("deposit", "Welcome"),
        "125:61: 'Welcome' is a credit, and no commit; name it in any_commit_or_credit_ids",
    ),
    Mistake(
        "commit as recurring credit",
        FIRST,
        FIRST.replace("recurring_commit_ids: [Monthly]", "recurring_credit_ids: [Monthly]"),
        "125:94: 'Monthly' is a recurring commit, and no recurring credit; name it in recurring_commit_ids",
    ),
    Mistake(
        "any besides",
        SECOND,
        SECOND.replace("}", ", commit_ids: [deposit]}"),
        (
            "130:99: any_commit_or_credit_ids and commit_ids are both given; any_commit_or_credit_ids may name "
            "all of them"
        ),
    ),
    Mistake(
        "two of a name",
        "name: Welcome\n",
        "name: Shared\n",
        (
            "130:69: unknown commit or credit 'Welcome'; known: 'Deposit', 'Monthly', 'Per desk', 'Per seat', "
            "'Shared', 'deposit', 'per-seat'"
        ),
        (
            "130:78: 2 balances are named 'Shared'; refer to one by id: '1c788b8b-c99d-5598-a923-2a1cffc46dff', "
            "'eeb6a1e8-60eb-5b1e-b97c-b85d1ce875a9'"
        ),
        (
            "145:10: 2 balances are named 'Shared'; refer to one by id: 'eeb6a1e8-60eb-5b1e-b97c-b85d1ce875a9', "
            "'1c788b8b-c99d-5598-a923-2a1cffc46dff'"
        ),
    ),
    Mistake(
        "no text",
        SECOND,
        "[{any_commit_or_credit_ids: [1]}]",
        "130:59: any_commit_or_credit_ids: expected text, found the number 1; put it in quotes",
    ),
    Mistake(
        "frequency",
        SECOND,
        "[{product: Seats, billing_frequency: MONTHLY}]",
        (
            "130:67: a commit-specific override is of usage, and billing_frequency matches subscriptions alone; "
            "remove it"
        ),
    ),
    Mistake(
        "of seats",
        SECOND,
        "[{product: Seats}]",
        (
            "129:29: a commit-specific override is of usage, and 'Seats' is a SUBSCRIPTION product; name USAGE "
            "products, or remove it"
        ),
    ),
    Mistake(
        "percentage of usage",
        OVERWRITE,
        OVERWRITE.replace("FLAT", "PERCENTAGE"),
        (
            "128:37: a PERCENTAGE rate does not price a USAGE product, and 'Calls' is one; name the products "
            "that it is for"
        ),
    ),
    Mistake(
        "no commit rate",
        FIRST,
        "[{product: Images}]",
        (
            "124:17: product 'Images' has no commit rate on rate card 'List'; give its rate a commit_rate, or "
            "set target: LIST_RATE"
        ),
    ),
    Mistake(
        "no commit rate any more",
        "        price: 3\n        commit_rate: {rate_type: FLAT, price: 2}\n",
        "        price: 3\n",
        (
            "123:17: product 'Calls' has no commit rate on rate card 'List'; give its rate a commit_rate, or set "
            "target: LIST_RATE"
        ),
    ),
)

#: What is no mistake.
ACCEPTED = {
    "tiers": (RATE, "commit_rate: {rate_type: tiered, tiers: [{size: 5, price: 1}, {price: 2}]}"),
    "credit type": (RATE, "commit_rate: {rate_type: FLAT, price: 1, credit_type: USD}"),
    "every balance": (SECOND, "[{product_tags: [core]}]"),
    "recurring credit": (SECOND, "[{recurring_credit_ids: [Per seat, per-seat]}]"),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Mistake) -> None:
    expect_of_grant(tmp_path, mistake)


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED)
def test_no_mistake(tmp_path: Path, change: tuple[str, str]) -> None:
    assert said(tmp_path, changed_grant(change)) == []
