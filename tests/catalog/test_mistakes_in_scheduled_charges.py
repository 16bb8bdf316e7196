"""Mistakes in scheduled charges and discounts: the exact words and places that a user gets.

Each case changes passages of `every_term.EVERY_TERM`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_term import Wrong, expect_of, wrong

WELCOME = "        schedule: {schedule_items: [{timestamp: 2026-02-01T00:00:00Z, amount: 10}]}\n"
RECURRING = (
    "            starting_at: 2026-01-31T00:00:00Z\n"
    "            ending_before: 2027-01-01T00:00:00Z\n"
    "            frequency: MONTHLY\n"
    "            amount_distribution: DIVIDED\n"
    "            amount: 100\n"
)
NO_ITEMS = (
    "          update_schedule_items: [{id: first, amount: 30}]\n          remove_schedule_items: [{id: second}]\n",
    "",
)

MISTAKES = (
    wrong(
        "neither items nor recurring",
        (WELCOME, "        schedule: {do_not_invoice: true}\n"),
        says="108:19: a schedule needs schedule_items, or a recurring_schedule",
    ),
    wrong(
        "items and recurring",
        (
            WELCOME,
            (
                "        schedule: {schedule_items: [{timestamp: 2026-02-01T00:00:00Z, amount: 10}], "
                "recurring_schedule: {starting_at: 2026-01-01T00:00:00Z, ending_before: "
                "2026-02-01T00:00:00Z, frequency: annual, amount_distribution: each, amount: 1}}\n"
            ),
        ),
        says="108:105: schedule_items and recurring_schedule are both given; keep one of them",
    ),
    wrong(
        "amount and unit_price",
        ("amount: 50}", "amount: 50, unit_price: 50}"),
        NO_ITEMS,
        says="95:85: amount and unit_price are both given; an amount stands alone; quantity goes with unit_price",
    ),
    wrong(
        "amount and quantity",
        ("amount: 50}", "amount: 50, quantity: 50}"),
        NO_ITEMS,
        says="95:83: amount and quantity are both given; an amount stands alone; quantity goes with unit_price",
    ),
    wrong(
        "no amount",
        (", amount: 50}", "}"),
        NO_ITEMS,
        says="95:15: a charge needs an amount, or a unit_price",
    ),
    wrong(
        "negative amount",
        ("amount: 50}", "amount: -50}"),
        NO_ITEMS,
        says="95:69: amount -50 is negative; write it without a sign: discounts are deducted",
    ),
    wrong(
        "negative unit price and quantity",
        ("unit_price: 100, quantity: 2", "unit_price: -100, quantity: -2"),
        NO_ITEMS,
        says=(
            "94:72: unit_price -100 is negative; write it without a sign: discounts are deducted",
            "94:88: quantity -2 is negative; write it without a sign: discounts are deducted",
        ),
    ),
    wrong(
        "too many places",
        ("unit_price: 100, quantity: 2", "unit_price: 0.00000000000001, quantity: 0.0000000000001"),
        NO_ITEMS,
        says="94:100: unit_price x quantity has 27 decimal places; at most 26",
    ),
    wrong(
        "item id twice",
        ("{id: second, timestamp", "{id: first, timestamp"),
        NO_ITEMS,
        says="95:20: schedule item id 'first' is already taken; give it another id",
    ),
    wrong(
        "recurring before it starts",
        (
            RECURRING,
            (
                "            starting_at: 2026-01-31T00:00:00Z\n"
                "            ending_before: 2026-01-01T00:00:00Z\n"
                "            frequency: MONTHLY\n"
                "            amount_distribution: DIVIDED\n"
                "            amount: 100\n"
            ),
        ),
        says=(
            "101:28: ending_before 2026-01-01T00:00:00Z is not after starting_at "
            "2026-01-31T00:00:00Z; the end is exclusive and must be later"
        ),
    ),
    wrong(
        "weekly charge",
        (
            RECURRING,
            (
                "            starting_at: 2026-01-31T00:00:00Z\n"
                "            ending_before: 2027-01-01T00:00:00Z\n"
                "            frequency: WEEKLY\n"
                "            amount_distribution: DIVIDED\n"
                "            amount: 100\n"
            ),
        ),
        says="102:24: duckbill does not bill frequency WEEKLY yet; use MONTHLY, QUARTERLY, SEMI_ANNUAL or ANNUAL",
    ),
    wrong(
        "unknown distribution",
        (
            RECURRING,
            (
                "            starting_at: 2026-01-31T00:00:00Z\n"
                "            ending_before: 2027-01-01T00:00:00Z\n"
                "            frequency: MONTHLY\n"
                "            amount_distribution: DIVIDE\n"
                "            amount: 100\n"
            ),
        ),
        says="103:34: unknown amount_distribution 'DIVIDE'; did you mean 'DIVIDED'?",
    ),
    wrong(
        "divided too exact",
        (
            RECURRING,
            (
                "            starting_at: 2026-01-31T00:00:00Z\n"
                "            ending_before: 2027-01-01T00:00:00Z\n"
                "            frequency: MONTHLY\n"
                "            amount_distribution: DIVIDED\n"
                "            unit_price: 0.0000000001\n"
                "            quantity: 0.000000001\n"
            ),
        ),
        says="104:25: the amount to be divided has 19 decimal places; at most 18",
    ),
    wrong(
        "charge of a usage product",
        (("      - name: Fee\n        product: Setup"), ("      - name: Fee\n        product: Calls")),
        says="97:18: a scheduled charge is of a FIXED product, and 'Calls' is a USAGE product; known: 'Setup'",
    ),
    wrong(
        "discount of a subscription product",
        (("      - name: Welcome\n        product: Setup"), ("      - name: Welcome\n        product: Seats")),
        says="107:18: a discount is of a FIXED product, and 'Seats' is a SUBSCRIPTION product; did you mean 'Setup'?",
    ),
    wrong(
        "unknown product",
        (("      - name: Fee\n        product: Setup"), ("      - name: Fee\n        product: Stup")),
        says="97:18: unknown product 'Stup'; did you mean 'Setup'?",
    ),
    wrong(
        "another currency",
        (
            WELCOME,
            "        schedule: {credit_type: EUR, schedule_items: [{timestamp: 2026-02-01T00:00:00Z, amount: 10}]}\n",
        ),
        says=(
            "108:33: a discount in EUR on a contract in USD (cents); remove credit_type: it is in "
            "the rate card's currency"
        ),
    ),
    wrong(
        "unknown currency",
        (
            WELCOME,
            (
                "        schedule: {credit_type: EURO, schedule_items: [{timestamp: "
                "2026-02-01T00:00:00Z, amount: 10}]}\n"
            ),
        ),
        says="108:33: unknown pricing unit 'EURO'; did you mean 'EUR'?",
    ),
    wrong(
        "not ALL",
        ("scheduled_charges_on_usage_invoices: all", "scheduled_charges_on_usage_invoices: SOME"),
        says="68:42: unknown scheduled_charges_on_usage_invoices 'SOME'; known: 'ALL'",
    ),
    wrong(
        "charge id twice",
        ("      - name: Onboarding\n", ("      - name: Onboarding\n        id: c\n")),
        ("      - name: Fee\n", ("      - name: Fee\n        id: c\n")),
        says="98:13: scheduled charge id 'c' is already taken; give it another id",
    ),
    wrong(
        "terms_end_at in a file",
        ("    scheduled_charges_on_usage_invoices: all\n", "    terms_end_at: 2026-02-01T00:00:00Z\n"),
        says="68:5: unknown key 'terms_end_at'; remove it",
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Wrong) -> None:
    expect_of(tmp_path, mistake)
