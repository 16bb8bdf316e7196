"""Mistakes in subscriptions: the exact words and places that a user gets.

Each case changes passages of `every_term.EVERY_TERM`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_term import Wrong, expect_of, wrong

DESK_RATE = "        initial_quantity: 5\n        subscription_rate: {product: Seats, billing_frequency: MONTHLY}\n"
SECOND_UPDATE = "          - {starting_at: 2026-02-01T00:00:00Z, quantity_delta: -1}\n"
SEAT_CONFIG = "        seat_config: {seat_group_key: user, initial_seat_ids: [ann, bob], initial_unassigned_seats: 2}\n"

MISTAKES = (
    wrong(
        "quantity below zero",
        (SECOND_UPDATE, "          - {starting_at: 2026-02-01T00:00:00Z, quantity_delta: -13}\n"),
        says="79:13: quantity would be -1 from 2026-02-01T00:00:00Z on; a quantity is 0 or more",
    ),
    wrong(
        "quantity too exact",
        ("initial_quantity: 5\n", "initial_quantity: 0.123456789\n"),
        says="75:27: initial_quantity: 0.123456789 has more than 8 decimal places; round it",
    ),
    wrong(
        "update too exact",
        ("quantity: 12}", "quantity: 1.123456789}"),
        says="78:59: quantity: 1.123456789 has more than 8 decimal places; round it",
    ),
    wrong(
        "negative initial quantity",
        ("initial_quantity: 5\n", "initial_quantity: -5\n"),
        says="75:27: initial_quantity -5 is negative; a quantity is 0 or more",
    ),
    wrong(
        "update of nothing",
        ("{starting_at: 2026-02-01T00:00:00Z, quantity: 12}", "{starting_at: 2026-02-01T00:00:00Z}"),
        says="78:13: a quantity update needs a quantity or a quantity_delta",
    ),
    wrong(
        "quantity and delta",
        ("quantity: 12}", "quantity: 12, quantity_delta: 1}"),
        says="78:79: quantity and quantity_delta are both given; keep one of them",
    ),
    wrong(
        "update off the hour",
        ("{starting_at: 2026-02-01T00:00:00Z, quantity: 12}", "{starting_at: '2026-02-01T00:30:00Z', quantity: 12}"),
        says="78:27: starting_at: 2026-02-01T00:30:00Z is not on the hour; prices change on full UTC hours only",
    ),
    wrong(
        "seats without seat_config",
        (SEAT_CONFIG, ""),
        says="80:9: a SEAT_BASED subscription needs a seat_config; give its seat_group_key",
    ),
    wrong(
        "seat_config without seats",
        ("        initial_quantity: 5\n", "        seat_config: {seat_group_key: user}\n"),
        says=(
            "75:22: seat_config is for a SEAT_BASED subscription, and this one is QUANTITY_ONLY; set "
            "quantity_management_mode: SEAT_BASED, or remove seat_config"
        ),
    ),
    wrong(
        "quantity of seats",
        (
            SEAT_CONFIG,
            (
                "        seat_config: {seat_group_key: user, initial_seat_ids: [ann, bob], "
                "initial_unassigned_seats: 2}\n"
                "        initial_quantity: 3\n"
            ),
        ),
        says=(
            "85:27: initial_quantity is for a QUANTITY_ONLY subscription, and this one is "
            "SEAT_BASED; set quantity_management_mode: QUANTITY_ONLY, or remove initial_quantity"
        ),
    ),
    wrong(
        "seat twice",
        ("[ann, bob]", "[ann, ann]"),
        says="84:69: seat 'ann' is given twice; give it once",
    ),
    wrong(
        "negative unassigned seats",
        ("initial_unassigned_seats: 2", "initial_unassigned_seats: -2"),
        says="84:101: initial_unassigned_seats -2 is negative; a quantity is 0 or more",
    ),
    wrong(
        "too many unassigned seats removed",
        (
            "remove_unassigned_seats: [{starting_at: 2026-04-01T00:00:00Z, quantity: 1}]",
            "remove_unassigned_seats: [{starting_at: 2026-04-01T00:00:00Z, quantity: 2}]",
        ),
        says="86:37: unassigned seats would be -1 from 2026-04-01T00:00:00Z on; a quantity is 0 or more",
    ),
    wrong(
        "negative seats removed",
        (
            "remove_unassigned_seats: [{starting_at: 2026-04-01T00:00:00Z, quantity: 1}]",
            "remove_unassigned_seats: [{starting_at: 2026-04-01T00:00:00Z, quantity: -1}]",
        ),
        says="86:83: quantity -1 is negative; use the list of the other direction",
    ),
    wrong(
        "BILL_IMMEDIATELY in arrears",
        ("ARREARS\n", ("ARREARS\n        proration: {invoice_behavior: bill_immediately}\n")),
        says=(
            "82:39: invoice_behavior BILL_IMMEDIATELY needs collection_schedule ADVANCE; use "
            "BILL_ON_NEXT_COLLECTION_DATE"
        ),
    ),
    wrong(
        "anchor in arrears",
        ("ARREARS\n", ("ARREARS\n        billing_cycle_config: {anchor_date: 2025-01-01T00:00:00Z}\n")),
        says="82:45: anchor_date needs collection_schedule ADVANCE; remove it",
    ),
    wrong(
        "anchor after the start",
        (
            "initial_quantity: 5\n",
            "initial_quantity: 5\n        billing_cycle_config: {anchor_date: 2026-01-02T00:00:00Z}\n",
        ),
        says=(
            "76:45: anchor_date 2026-01-02T00:00:00Z is after the subscription's start "
            "2026-01-01T00:00:00Z; count from the start, or from before it"
        ),
    ),
    wrong(
        "anchor after a later start",
        (
            "initial_quantity: 5\n",
            (
                "initial_quantity: 5\n"
                "        starting_at: 2026-03-01T00:00:00Z\n"
                "        billing_cycle_config: {anchor_date: 2026-03-02T00:00:00Z}\n"
            ),
        ),
        says=(
            "77:45: anchor_date 2026-03-02T00:00:00Z is after the subscription's start "
            "2026-03-01T00:00:00Z; count from the start, or from before it"
        ),
    ),
    wrong(
        "starts off the hour",
        ("initial_quantity: 5\n", ("initial_quantity: 5\n        starting_at: '2026-03-01T00:00:01Z'\n")),
        says="76:22: starting_at: 2026-03-01T00:00:01Z is not on the hour; prices change on full UTC hours only",
    ),
    wrong(
        "ends before it starts",
        (
            "initial_quantity: 5\n",
            (
                "initial_quantity: 5\n"
                "        starting_at: 2026-03-01T00:00:00Z\n"
                "        ending_before: 2026-02-01T00:00:00Z\n"
            ),
        ),
        says=(
            "77:24: ending_before 2026-02-01T00:00:00Z is not after starting_at "
            "2026-03-01T00:00:00Z; the end is exclusive and must be later"
        ),
    ),
    wrong(
        "unknown product",
        (
            DESK_RATE,
            "        initial_quantity: 5\n        subscription_rate: {product: Seat, billing_frequency: MONTHLY}\n",
        ),
        says="76:38: unknown product 'Seat'; did you mean 'Seats'?",
    ),
    wrong(
        "usage product",
        (
            DESK_RATE,
            "        initial_quantity: 5\n        subscription_rate: {product: Calls, billing_frequency: MONTHLY}\n",
        ),
        says=(
            "76:38: a subscription is of a SUBSCRIPTION product, and 'Calls' is a USAGE product; "
            "known: 'Phones', 'Seats'"
        ),
    ),
    wrong(
        "unpriced product",
        (
            DESK_RATE,
            "        initial_quantity: 5\n        subscription_rate: {product: Phones, billing_frequency: MONTHLY}\n",
        ),
        says="76:38: product 'Phones' has no rate on rate card 'List'; known: 'Seats'",
    ),
    wrong(
        "frequency without rate",
        (
            DESK_RATE,
            (
                "        initial_quantity: 5\n"
                "        subscription_rate: {product: Seats, billing_frequency: QUARTERLY}\n"
            ),
        ),
        says="76:64: product 'Seats' has no QUARTERLY rate on rate card 'List'; known: 'ANNUAL', 'MONTHLY'",
    ),
    wrong(
        "unknown frequency",
        (
            DESK_RATE,
            "        initial_quantity: 5\n        subscription_rate: {product: Seats, billing_frequency: MONTLY}\n",
        ),
        says="76:64: unknown billing_frequency 'MONTLY'; did you mean 'MONTHLY'?",
    ),
    wrong(
        "unknown collection schedule",
        ("ARREARS\n", "ARREAR\n"),
        says="81:30: unknown collection_schedule 'ARREAR'; did you mean 'ARREARS'?",
    ),
    wrong(
        "rounding too fine",
        ("rounding_method: FLOOR, decimal_places: -2", "rounding_method: FLOR, decimal_places: 13"),
        says="140:47: unknown rounding_method 'FLOR'; did you mean 'FLOOR'?",
    ),
    wrong(
        "rounding too fine alone",
        ("rounding_method: FLOOR, decimal_places: -2", "rounding_method: FLOOR, decimal_places: 13"),
        says="140:70: decimal_places must be from -20 to 12",
    ),
    wrong(
        "subscription id twice",
        ("      - name: Desks\n", ("      - name: Desks\n        id: s\n")),
        ("      - name: People\n", ("      - name: People\n        id: s\n")),
        says="82:13: subscription id 's' is already taken; give it another id",
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Wrong) -> None:
    expect_of(tmp_path, mistake)
