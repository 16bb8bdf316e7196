"""Mistakes in the segments, amounts and invoices of commits and credits: the exact words and places that a user gets.

Each case changes passages of `every_balance.EVERY_BALANCE`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_balance import expect_of_balance
from tests.catalog.every_term import Wrong, wrong

MISTAKES = (
    wrong(
        "overlapping segments",
        (
            "{id: second, amount: 400, starting_at: 2026-07-01T00:00:00Z",
            "{id: second, amount: 400, starting_at: 2026-06-30T23:00:00Z",
        ),
        says=(
            "68:54: the segment overlaps the one that ends at 2026-07-01T00:00:00Z; let it start there,"
            " or make a balance of its own of it"
        ),
    ),
    wrong(
        "segment inside another",
        (
            (
                "            - {id: second, amount: 400, starting_at: 2026-07-01T00:00:00Z, ending_before: "
                "2027-01-01T00:00:00Z}\n"
            ),
            (
                "            - {id: second, amount: 400, starting_at: 2026-07-01T00:00:00Z, endin"
                "g_before: 2027-01-01T00:00:00Z}\n"
                "            - {amount: 1, starting_at: 2026-02-01T00:00:00Z, ending_before: 2026-03-01T00:00:00Z}\n"
            ),
        ),
        says=(
            "69:40: the segment overlaps the one that ends at 2026-07-01T00:00:00Z; let it start there,"
            " or make a balance of its own of it"
        ),
    ),
    wrong(
        "no segments",
        (
            (
                "          schedule_items: [{amount: 50, starting_at: 2026-01-01T00:00:00Z, ending_before: "
                "2027-01-01T00:00:00Z}]\n"
            ),
            "          schedule_items: []\n",
        ),
        says="78:27: schedule_items is empty, so nothing is granted; give a segment",
    ),
    wrong(
        "missing segments",
        (
            (
                "          schedule_items: [{amount: 50, starting_at: 2026-01-01T00:00:00Z, ending_before: "
                "2027-01-01T00:00:00Z}]\n"
            ),
            "          access_type: SPEND\n",
        ),
        says="78:11: missing key 'schedule_items'; add it",
    ),
    wrong(
        "segment of no time",
        ("ending_before: 2026-07-01T00:00:00Z}", "ending_before: 2026-01-01T00:00:00Z}"),
        says=(
            "67:79: ending_before 2026-01-01T00:00:00Z is not after starting_at 2026-01-01T00:00:00Z; "
            "the end is exclusive and must be later"
        ),
    ),
    wrong(
        "off the hour",
        ("{amount: 600, starting_at: 2026-01-01T00:00:00Z", "{amount: 600, starting_at: 2026-01-01T00:30:00Z"),
        says=("67:42: starting_at: 2026-01-01T00:30:00Z is not on the hour; prices change on full UTC hours only"),
    ),
    wrong(
        "segment without an end",
        (", ending_before: 2026-07-01T00:00:00Z}", "}"),
        says="67:15: missing key 'ending_before'; add it",
    ),
    wrong(
        "negative",
        ("{amount: 600", "{amount: -600"),
        says="67:24: amount -600 is negative; a balance grants 0 or more",
    ),
    wrong(
        "too large",
        ("{amount: 600", "{amount: 500000000000"),
        says=("67:24: amount 500000000000 is too large; a balance is below 500,000,000,000"),
    ),
    wrong(
        "float",
        ("{amount: 600", '{amount: "a"'),
        says=("67:24: amount: expected a number, found the text 'a'; write it like 1200 or 0.015"),
    ),
    wrong(
        "id of a segment twice",
        ("{amount: 600", "{id: second, amount: 600"),
        says="68:20: segment id 'second' is already taken; give it another id",
    ),
    wrong(
        "too many places",
        ("rollover_fraction: 0.5", "rollover_fraction: 0.500000001"),
        ("{amount: 600", "{amount: 600.000000000000000001"),
        says="63:28: amount x rollover_fraction has 27 decimal places; at most 26",
    ),
    wrong(
        "more than all of it",
        ("rollover_fraction: 0.5", "rollover_fraction: 1.01"),
        says=("63:28: rollover_fraction 1.01 is not a fraction; a fraction is from 0 to 1: 0.5 is a half"),
    ),
    wrong(
        "less than none",
        ("rollover_fraction: 0.5", "rollover_fraction: -0.5"),
        says=("63:28: rollover_fraction -0.5 is not a fraction; a fraction is from 0 to 1: 0.5 is a half"),
    ),
    wrong(
        "unknown type",
        ("type: POSTPAID", "type: POSTPAYED"),
        says="75:15: unknown type 'POSTPAYED'; did you mean 'POSTPAID'?",
    ),
    wrong(
        "no type",
        ("        type: POSTPAID\n", ""),
        says="74:9: missing key 'type'; add it",
    ),
    wrong(
        "unknown access type",
        ("access_type: quantity", "access_type: quantities"),
        says="91:24: unknown access_type 'quantities'; did you mean 'QUANTITY'?",
    ),
    wrong(
        "units in a credit type",
        ("          access_type: quantity\n", "          access_type: quantity\n          credit_type: tokens\n"),
        says=("92:24: QUANTITY counts units, and has no credit type; remove it, or use SPEND"),
    ),
    wrong(
        "units of everything",
        (
            (
                "        specifiers:\n"
                "          - {product: Compute, product_tags: [cloud, core], pricing_group_values: {region: eu}}\n"
                "          - {presentation_group_values: {user: ann}, product_tags: [cloud]}\n"
            ),
            "",
        ),
        says=(
            "91:24: QUANTITY counts units of products, and none are named; add applicable_products, tags or specifiers"
        ),
    ),
    wrong(
        "units in money and in a custom unit",
        (
            ("          - {presentation_group_values: {user: ann}, product_tags: [cloud]}\n"),
            "          - {product: Inference}\n",
        ),
        says=(
            "91:24: QUANTITY counts units of 'Inference', priced in 'tokens', and of 'Compute', priced "
            "in money; make a balance of each"
        ),
    ),
    wrong(
        "postpaid of two segments",
        (
            (
                "          schedule_items: [{amount: 50, starting_at: 2026-01-01T00:00:00Z, ending_before: "
                "2027-01-01T00:00:00Z}]\n"
            ),
            (
                "          schedule_items: [{amount: 50, starting_at: 2026-01-01T00:00:00Z, ending_before: "
                "2027-01-01T00:00:00Z}, {amount: 50, starting_at: 2027-01-01T00:00:00Z, ending_before: "
                "2027-02-01T00:00:00Z}]\n"
            ),
        ),
        ("    ending_before: 2027-01-01T00:00:00Z\n", "    ending_before: 2028-01-01T00:00:00Z\n"),
        says=("78:114: a POSTPAID commit has one segment, and this one has 2; make a commit of each"),
    ),
    wrong(
        "postpaid without an invoice",
        (("        invoice_schedule: {schedule_items: [{timestamp: 2027-01-01T00:00:00Z, amount: 50}]}\n"), ""),
        says=("74:9: a POSTPAID commit needs an invoice_schedule; say when what is left is charged"),
    ),
    wrong(
        "postpaid of two invoices",
        (
            ("        invoice_schedule: {schedule_items: [{timestamp: 2027-01-01T00:00:00Z, amount: 50}]}\n"),
            (
                "        invoice_schedule: {schedule_items: [{timestamp: 2027-01-01T00:00:00Z, amount: 25},"
                " {timestamp: 2027-02-01T00:00:00Z, amount: 25}]}\n"
            ),
        ),
        says=("79:92: a POSTPAID commit has one invoice, and this one has 2; give one schedule item"),
    ),
    wrong(
        "postpaid of no invoice",
        (
            ("        invoice_schedule: {schedule_items: [{timestamp: 2027-01-01T00:00:00Z, amount: 50}]}\n"),
            "        invoice_schedule: {schedule_items: []}\n",
        ),
        says=("79:44: a POSTPAID commit has one invoice, and this one has 0; give one schedule item"),
    ),
    wrong(
        "postpaid by a recurring schedule",
        (
            ("        invoice_schedule: {schedule_items: [{timestamp: 2027-01-01T00:00:00Z, amount: 50}]}\n"),
            (
                "        invoice_schedule:\n"
                "          recurring_schedule:\n"
                "            starting_at: 2027-01-01T00:00:00Z\n"
                "            ending_before: 2027-02-01T00:00:00Z\n"
                "            frequency: MONTHLY\n"
                "            amount_distribution: EACH\n"
                "            amount: 50\n"
            ),
        ),
        says=("81:13: a POSTPAID commit is invoiced once; give schedule_items with one item"),
    ),
    wrong(
        "postpaid of another amount",
        (
            "{timestamp: 2027-01-01T00:00:00Z, amount: 50}",
            "{timestamp: 2027-01-01T00:00:00Z, unit_price: 12, quantity: 4}",
        ),
        says=(
            "79:45: the invoice is of 48, and the segment of 50; a POSTPAID commit charges what it "
            "grants: make them equal"
        ),
    ),
    wrong(
        "postpaid units",
        (
            (
                "          schedule_items: [{amount: 50, starting_at: 2026-01-01T00:00:00Z, ending_before: "
                "2027-01-01T00:00:00Z}]\n"
            ),
            (
                "          access_type: QUANTITY\n"
                "          schedule_items: [{amount: 50, starting_at: 2026-01-01T00:00:00Z, endin"
                "g_before: 2027-01-01T00:00:00Z}]\n"
            ),
        ),
        says=("78:24: a POSTPAID commit is of money, and QUANTITY counts units; use SPEND"),
    ),
    wrong(
        "postpaid in a unit",
        (
            (
                "          schedule_items: [{amount: 50, starting_at: 2026-01-01T00:00:00Z, ending_before: "
                "2027-01-01T00:00:00Z}]\n"
            ),
            (
                "          credit_type: tokens\n"
                "          schedule_items: [{amount: 50, starting_at: 2026-01-01T00:00:00Z, endin"
                "g_before: 2027-01-01T00:00:00Z}]\n"
            ),
        ),
        ("[Compute, Seats]", "[Inference]"),
        says=("78:24: a POSTPAID commit is of money, and 'tokens' is a custom pricing unit; remove credit_type"),
    ),
    wrong(
        "invoice in another currency",
        (
            "        invoice_schedule:\n          schedule_items:\n",
            ("        invoice_schedule:\n          credit_type: EUR\n          schedule_items:\n"),
        ),
        says=(
            "70:24: a commit is invoiced in EUR on a contract in USD (cents); remove credit_type: "
            "invoices are in the rate card's currency"
        ),
    ),
    wrong(
        "invoice in a unit",
        (
            "        invoice_schedule:\n          schedule_items:\n",
            ("        invoice_schedule:\n          credit_type: tokens\n          schedule_items:\n"),
        ),
        says=(
            "70:24: a commit is invoiced in tokens on a contract in USD (cents); remove credit_type: "
            "invoices are in the rate card's currency"
        ),
    ),
    wrong(
        "invoice of no amount",
        (", unit_price: 400, quantity: 2}", "}"),
        says="71:15: a charge needs an amount, or a unit_price",
    ),
    wrong(
        "invoice of a credit",
        (
            "        rate_type: commit_rate\n",
            ("        rate_type: commit_rate\n        invoice_schedule: {schedule_items: []}\n"),
        ),
        says="85:9: unknown key 'invoice_schedule'; did you mean 'access_schedule'?",
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Wrong) -> None:
    expect_of_balance(tmp_path, mistake)
