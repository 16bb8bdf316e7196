"""Mistakes in recurring commits and credits: the exact words and places that a user gets.

Each case changes one passage of `every_grant.EVERY_GRANT`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_grant import changed_grant, expect_of_grant
from tests.catalog.written import Mistake, said

MONTHLY = "access_amount: {unit_price: 100, quantity: 1}"
FRACTION = "rollover_fraction: 0.5"
PER_DESK = "access_amount: {unit_price: 10}"
SEATS = "access_amount: {unit_price: 4, access_type: QUANTITY}"
DESKS = "subscription: Desks,"
FREQUENCY = "recurrence_frequency: MONTHLY"
SPAN = "        starting_at: 2026-02-01T00:00:00Z\n        ending_before: 2026-09-01T00:00:00Z\n"

MISTAKES = (
    Mistake(
        "no amount",
        MONTHLY,
        "x: 1",
        "76:9: missing key 'access_amount'; add it",
        (
            "79:9: unknown key 'x'; known: 'access_amount', 'applicable_product_ids', 'applicable_product_tags', "
            "'applicable_products', 'commit_duration', 'custom_fields', 'description', 'ending_before' and 16 "
            "more"
        ),
    ),
    Mistake(
        "no quantity",
        MONTHLY,
        "access_amount: {unit_price: 100}",
        (
            "79:24: access_amount needs a quantity, or a subscription that says how many; add quantity, or "
            "subscription_config"
        ),
    ),
    Mistake(
        "quantity of seats",
        PER_DESK,
        "access_amount: {unit_price: 10, quantity: 2}",
        "87:51: quantity and subscription_config both say how many; remove one of them",
    ),
    Mistake(
        "negative",
        MONTHLY,
        "access_amount: {unit_price: -1, quantity: -2}",
        "79:37: unit_price -1 is negative; a balance grants 0 or more",
        "79:51: quantity -2 is negative; a quantity is 0 or more",
    ),
    Mistake(
        "too large",
        MONTHLY,
        "access_amount: {unit_price: 250000000000, quantity: 2}",
        "79:61: unit_price x quantity is 500000000000, which is too large; a balance is below 500,000,000,000",
    ),
    Mistake(
        "too large a price",
        PER_DESK,
        "access_amount: {unit_price: 500000000000}",
        "87:37: unit_price 500000000000 is too large; a balance is below 500,000,000,000",
    ),
    Mistake(
        "too long",
        MONTHLY,
        "access_amount: {unit_price: 0.00000000000001, quantity: 0.0000000000001}",
        "79:65: unit_price x quantity has 27 decimal places; at most 26",
    ),
    Mistake(
        "units in a credit type",
        SEATS,
        SEATS.replace("}", ", credit_type: tokens}"),
        ("97:76: access_type QUANTITY counts units, which are in no credit type; remove it, or set access_type: SPEND"),
    ),
    Mistake(
        "unknown credit type",
        MONTHLY,
        MONTHLY.replace("}", ", credit_type: token}"),
        "79:68: unknown pricing unit 'token'; did you mean 'tokens'?",
    ),
    Mistake(
        "invoice in a unit",
        "invoice_amount: {unit_price: 75, quantity: 1}",
        "invoice_amount: {unit_price: 7, credit_type: tokens}",
        (
            "80:54: it is invoiced in tokens on a contract in USD (cents); remove credit_type: invoices are in "
            "the rate card's currency"
        ),
    ),
    Mistake(
        "invoice of a credit",
        SEATS,
        SEATS + "\n        invoice_amount: {unit_price: 7}",
        "98:9: unknown key 'invoice_amount'; did you mean 'access_amount'?",
    ),
    Mistake(
        "rounded invoice of a credit",
        SEATS,
        SEATS + "\n        proration_rounding: {invoice: {rounding_method: FLOOR, decimal_places: 0}}",
        "98:39: a recurring credit is not invoiced; remove it",
    ),
    Mistake(
        "invoice of seats",
        PER_DESK,
        f"{PER_DESK}\n        invoice_amount: {{unit_price: 8, quantity: 3}}",
        (
            "88:51: the invoice's quantity 3 and subscription_config both say how many; remove it: each seat "
            "costs the unit_price"
        ),
    ),
    Mistake(
        "months",
        "commit_duration: {value: 2, unit: PERIODS}",
        "commit_duration: {value: 2, unit: MONTHS}",
        "88:43: unknown unit 'MONTHS'; known: 'PERIODS'",
    ),
    Mistake(
        "no duration",
        "commit_duration: {value: 2, unit: PERIODS}",
        "commit_duration: {value: 0}",
        "88:34: value 0 is less than 1; a grant can be used for 1 period or more",
    ),
    Mistake(
        "endless",
        "commit_duration: {value: 2, unit: PERIODS}",
        "commit_duration: {value: 20000}",
        "88:34: 20000 PERIODS are longer than any contract; shorten it",
    ),
    Mistake(
        "fraction of more",
        FRACTION,
        "rollover_fraction: 1.5",
        "82:28: rollover_fraction 1.5 is not a fraction; a fraction is from 0 to 1: 0.5 is a half",
    ),
    Mistake(
        "long fraction",
        FRACTION,
        "rollover_fraction: 0.000000000000001",
        "82:28: rollover_fraction x the amount may have 27 decimal places; at most 26, and the amount needs 12",
    ),
    Mistake(
        "frequency",
        FREQUENCY,
        "recurrence_frequency: HOURLY",
        "89:31: unknown recurrence_frequency 'HOURLY'; known: 'ANNUAL', 'DAILY', 'MONTHLY', 'QUARTERLY', 'WEEKLY'",
    ),
    Mistake(
        "daily seats",
        FREQUENCY,
        "recurrence_frequency: DAILY",
        "90:30: recurrence_frequency DAILY takes no subscription_config; use WEEKLY, MONTHLY, QUARTERLY or ANNUAL",
    ),
    Mistake("no subscription", DESKS, "", "90:30: missing key 'subscription_id'; add it"),
    Mistake(
        "unknown subscription",
        DESKS,
        "subscription: Desk,",
        "90:45: the contract has no subscription 'Desk'; did you mean 'Desks'?",
    ),
    Mistake(
        "two of a name",
        "- name: People\n",
        "- name: Desks\n",
        (
            "90:45: 2 subscriptions are named 'Desks'; refer to one by id: "
            "'5a17dcc4-c69e-5bc8-bed8-eaf2d88dee32', '5c252cb0-8708-5d56-990c-ec6f7b6a7fe7'"
        ),
        "103:25: the contract has no subscription 'People'; known: 'Desks', 'desks'",
    ),
    Mistake(
        "seats of a quantity",
        "subscription: People",
        "subscription_id: desks",
        (
            "104:23: allocation INDIVIDUAL is for seats, and subscription 'Desks' is QUANTITY_ONLY; use POOLED, "
            "or a SEAT_BASED subscription"
        ),
    ),
    Mistake(
        "no seat increase",
        "apply_seat_increase_config: {is_prorated: true}",
        "",
        "90:30: missing key 'apply_seat_increase_config'; add it",
    ),
    Mistake(
        "allocation",
        "allocation: INDIVIDUAL",
        "allocation: POOL",
        "104:23: unknown allocation 'POOL'; did you mean 'POOLED'?",
    ),
    Mistake(
        "proration",
        "proration: FIRST\n",
        "proration: FRIST\n",
        "100:20: unknown proration 'FRIST'; did you mean 'FIRST'?",
    ),
    Mistake(
        "backwards",
        SPAN,
        SPAN.replace("2026-09", "2026-01"),
        (
            "96:24: ending_before 2026-01-01T00:00:00Z is not after starting_at 2026-02-01T00:00:00Z; the end is "
            "exclusive and must be later"
        ),
    ),
    Mistake(
        "off the hour",
        SPAN,
        SPAN.replace("02-01T00:00", "02-01T00:30"),
        "95:22: starting_at: 2026-02-01T00:30:00Z is not on the hour; prices change on full UTC hours only",
    ),
    Mistake(
        "after the contract",
        SPAN,
        "        starting_at: 2027-01-01T00:00:00Z\n",
        (
            "95:22: it starts at 2027-01-01T00:00:00Z, and the contract ends at 2027-01-01T00:00:00Z; nothing "
            "would be granted: let it start before that"
        ),
    ),
    Mistake(
        "before the contract",
        SPAN,
        SPAN.replace("2026", "2025"),
        (
            "96:24: it ends at 2025-09-01T00:00:00Z, and the contract starts at 2026-01-01T00:00:00Z; nothing "
            "would be granted: let it end after that"
        ),
    ),
    Mistake(
        "unknown product",
        "- name: Monthly\n        product: Grant\n",
        "- name: Monthly\n        product: Grants\n",
        "77:18: unknown product 'Grants'; did you mean 'Grant'?",
    ),
    Mistake(
        "product with a rate",
        "- name: Monthly\n        product: Grant\n",
        "- name: Monthly\n        product: Images\n",
        "77:18: a recurring commit is of a FIXED product, and 'Images' is a USAGE product; known: 'Grant'",
    ),
    Mistake(
        "applies to a product off the card",
        "applicable_products: [Calls]",
        "applicable_products: [Grant]",
        (
            "101:31: a recurring credit is drawn by usage, subscriptions and composites, and 'Grant' is a FIXED "
            "product; known: 'Calls', 'Images', 'Seats'"
        ),
    ),
    Mistake(
        "tag",
        "applicable_products: [Calls]",
        "applicable_product_tags: [cor]",
        "101:35: no product has the tag 'cor'; did you mean 'core'?",
    ),
    Mistake(
        "units of two kinds",
        "applicable_products: [Calls]",
        "applicable_products: [Calls, Images]",
        (
            "97:53: QUANTITY counts units of 'Images', priced in 'tokens', and of 'Calls', priced in money; make "
            "a balance of each"
        ),
    ),
    Mistake(
        "seats of no group",
        "seat_group_key: user",
        "seat_group_key: person",
        (
            "104:23: no usage on the rate card is grouped by 'person', by which the seats are told apart; use "
            "POOLED, or make it a presentation_group_key of a product"
        ),
    ),
    Mistake(
        "units of everything",
        "        applicable_products: [Calls]\n",
        "",
        "97:53: QUANTITY counts units of products, and none are named; add applicable_products, tags or specifiers",
    ),
    Mistake(
        "in a unit without use",
        MONTHLY,
        MONTHLY.replace("}", ", credit_type: stars}"),
        "79:68: nothing that this recurring commit applies to is priced in stars; known: 'USD (cents)', 'tokens'",
    ),
    Mistake(
        "children of nobody",
        FRACTION,
        "hierarchy_configuration: {child_access: {type: ALL}}",
        (
            "82:56: contract 'Main' has no children to share the recurring commit with; remove "
            "hierarchy_configuration, or give a child this parent"
        ),
    ),
)

#: What is no mistake.
ACCEPTED = {
    "paid by seat": (PER_DESK, f"{PER_DESK}\n        invoice_amount: {{unit_price: 8, quantity: 1}}"),
    "by temporary id": (DESKS, "subscription_id: desks,"),
    "prorated never": ("proration: FIRST\n", "proration: none\n"),
    "in a custom unit": (MONTHLY, "access_amount: {unit_price: 1, quantity: 1, credit_type: tokens}"),
    "null": (FRACTION, "rollover_fraction: null"),
    "lasts": ("commit_duration: {value: 2, unit: PERIODS}", "commit_duration: {value: 1000, unit: periods}"),
    "daily": (
        "commit_duration: {value: 1}\n        rollover_fraction: 0.5",
        "commit_duration: {value: 1}\n        recurrence_frequency: daily",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Mistake) -> None:
    expect_of_grant(tmp_path, mistake)


@pytest.mark.parametrize("change", ACCEPTED.values(), ids=ACCEPTED)
def test_no_mistake(tmp_path: Path, change: tuple[str, str]) -> None:
    assert said(tmp_path, changed_grant(change)) == []
