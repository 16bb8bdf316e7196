"""Mistakes in manual balance entries: the exact words and places that a user gets.

Each case changes one passage of `every_grant.EVERY_GRANT`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_grant import changed_grant, expect_of_grant
from tests.catalog.written import Mistake, said

BY_SEGMENT = "{id: Deposit, customer: Acme, contract: Main, segment_id: second, amount: -5, reason: Correction}"
BY_TIME = "{id: deposit, customer: Acme, amount: 1, reason: Goodwill, timestamp: 2026-02-03T04:05:06Z}"
SHARED = "{id: Shared, customer: Acme, amount: 2, reason: Goodwill}"

MISTAKES = (
    Mistake(
        "nothing",
        SHARED,
        SHARED.replace("amount: 2", "amount: 0"),
        "145:42: amount 0 changes nothing; above 0 adds to the balance, below takes from it",
    ),
    Mistake("no reason", SHARED, SHARED.replace(", reason: Goodwill", ""), "145:5: missing key 'reason'; add it"),
    Mistake(
        "seats",
        SHARED,
        SHARED.replace("}", ", per_group_amounts: {ann: 2}}"),
        "145:63: duckbill does not bill per_group_amounts yet; remove it",
    ),
    Mistake(
        "unknown balance",
        SHARED,
        SHARED.replace("Shared", "Shard"),
        "145:10: unknown commit or credit 'Shard'; did you mean 'Shared'?",
    ),
    Mistake(
        "two of a name",
        "name: Welcome\n",
        "name: Deposit\n",
        (
            "130:69: unknown commit or credit 'Welcome'; known: 'Deposit', 'Monthly', 'Per desk', 'Per seat', "
            "'Shared', 'deposit', 'per-seat'"
        ),
        (
            "143:10: 2 balances are named 'Deposit'; refer to one by id: '1732b46e-3c0c-5507-9eb5-81869d31c7aa', "
            "'1c788b8b-c99d-5598-a923-2a1cffc46dff'"
        ),
    ),
    Mistake(
        "recurring",
        SHARED,
        SHARED.replace("Shared", "Monthly"),
        (
            "145:10: 'Monthly' is a recurring commit, and its grants take no manual entries; write a commit or "
            "credit of its own"
        ),
    ),
    Mistake(
        "another customer's",
        SHARED,
        SHARED.replace("Acme", "Beta"),
        "145:10: unknown commit or credit 'Shared': the customer has none; name the customer whose balance it is",
    ),
    Mistake(
        "unknown customer",
        SHARED,
        SHARED.replace("Acme", "Acne"),
        "145:28: unknown customer 'Acne'; did you mean 'Acme'?",
    ),
    Mistake(
        "another customer's contract",
        BY_SEGMENT,
        BY_SEGMENT.replace("Acme", "Beta"),
        (
            "143:45: contract 'Main' does not belong to the customer of the entry; name its own customer, or "
            "another contract"
        ),
    ),
    Mistake(
        "of no contract",
        SHARED,
        SHARED.replace("Acme", "Acme, contract: Main"),
        "145:10: 'Shared' is the customer's own, and no contract's; leave out the contract",
    ),
    Mistake(
        "unknown contract",
        BY_SEGMENT,
        BY_SEGMENT.replace("Main", "Man"),
        "143:45: unknown contract 'Man'; did you mean 'Main'?",
    ),
    Mistake(
        "unknown segment",
        BY_SEGMENT,
        BY_SEGMENT.replace("second", "sekond"),
        "143:63: balance 'Deposit' has no segment 'sekond'; did you mean 'second'?",
    ),
    Mistake(
        "no segment",
        BY_TIME,
        BY_TIME.replace(", timestamp: 2026-02-03T04:05:06Z", ""),
        (
            "144:5: balance 'Deposit' has 2 segments, and the entry says not which one; give a segment_id, or a "
            "timestamp inside it"
        ),
    ),
    Mistake(
        "no segment then",
        BY_TIME,
        BY_TIME.replace("2026-02", "2025-02"),
        (
            "144:75: balance 'Deposit' has no segment at 2025-02-03T04:05:06Z; its segments start at "
            "2026-01-01T00:00:00Z, 2026-07-01T00:00:00Z"
        ),
    ),
    Mistake(
        "outside",
        BY_SEGMENT,
        BY_SEGMENT.replace("}", ", timestamp: 2026-06-30T00:00:00Z}"),
        (
            "143:114: 2026-06-30T00:00:00Z is outside the segment, which is from 2026-07-01T00:00:00Z to "
            "2027-01-01T00:00:00Z; leave it out for the segment's start"
        ),
    ),
    Mistake(
        "after the only one",
        SHARED,
        SHARED.replace("}", ", timestamp: 2027-01-01T00:00:00Z}"),
        (
            "145:74: 2027-01-01T00:00:00Z is outside the segment, which is from 2026-01-01T00:00:00Z to "
            "2027-01-01T00:00:00Z; leave it out for the segment's start"
        ),
    ),
)

#: What is no mistake.
ACCEPTED = {
    "last instant": (BY_SEGMENT, BY_SEGMENT.replace("}", ", timestamp: 2026-12-31T23:59:59.999999Z}")),
    "same again": (SHARED, f"{SHARED}\n  - {SHARED}"),
    "uniqueness": (SHARED, SHARED.replace("}", ", uniqueness_key: x}")),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Mistake) -> None:
    expect_of_grant(tmp_path, mistake)


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED)
def test_no_mistake(tmp_path: Path, change: tuple[str, str]) -> None:
    assert said(tmp_path, changed_grant(change)) == []
