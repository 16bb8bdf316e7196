"""Mistakes in edits of balances and thresholds: the exact words and places that a user gets.

Each case changes passages of `every_balance_edit.EDITS`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_balance_edit import expect_of_balance_edit
from tests.catalog.every_term import Wrong, wrong

MISTAKES = (
    wrong(
        "unknown commit",
        ("- commit: Minimum", "- commit: Minimun"),
        says=("16:17: contract 'Main' has no commit 'Minimun'; did you mean 'Minimum'?"),
    ),
    wrong(
        "unknown credit by id",
        ("- credit: Units", "- credit_id: unitz"),
        says="20:20: contract 'Main' has no credit 'unitz'; did you mean 'units'?",
    ),
    wrong(
        "unknown archived credit",
        ("archive_credits: [{id: Tokens}]", "archive_credits: [{id: Tokn}]"),
        says="22:28: contract 'Main' has no credit 'Tokn'; did you mean 'Tokens'?",
    ),
    wrong(
        "archived twice",
        ("archive_credits: [{id: Tokens}]", "archive_credits: [{id: Tokens}, {id: Tokens}]"),
        says=("22:42: contract 'Main' has no credit 'Tokens'; known: 'Units', 'units'"),
    ),
    wrong(
        "unknown recurring commit",
        ("recurring_commit: Monthly", "recurring_commit: Monthli"),
        says=("61:27: contract 'Main' has no recurring commit 'Monthli'; did you mean 'Monthly'?"),
    ),
    wrong(
        "unknown recurring credit",
        ("recurring_credit: Allowance", "recurring_credit: Alowance"),
        says=("68:28: contract 'Main' has no recurring credit 'Alowance'; did you mean 'Allowance'?"),
    ),
    wrong(
        "unknown segment",
        ("update_schedule_items: [{id: second,", "update_schedule_items: [{id: sekond,"),
        says=("11:40: the balance has no schedule item 'sekond'; did you mean 'second'?"),
    ),
    wrong(
        "segment removed twice",
        ("remove_schedule_items: [{id: second}]", "remove_schedule_items: [{id: second}, {id: second}]"),
        says=(
            "58:54: the balance has no schedule item 'second'; known: "
            "'1e3fee71-36c4-5197-874f-8f47d51ab62e', '88fc9bce-5424-5a18-b7a5-3e5bad213697'"
        ),
    ),
    wrong(
        "unknown invoice item",
        ("update_schedule_items: [{id: paid", "update_schedule_items: [{id: payed"),
        says=("14:40: the invoice schedule has no schedule item 'payed'; did you mean 'paid'?"),
    ),
    wrong(
        "segment without an id",
        ("update_schedule_items: [{id: second, amount: 450,", "update_schedule_items: [{amount: 450,"),
        says="11:35: missing key 'id'; add it",
    ),
    wrong(
        "items no list",
        (
            ("          add_schedule_items: [{timestamp: 2026-12-01T00:00:00Z, amount: 8}]"),
            "          add_schedule_items: 8",
        ),
        says=(
            "15:31: add_schedule_items: expected a list of mappings, found the number 8; start each item with a dash"
        ),
    ),
    wrong(
        "segments no list",
        (
            (
                "          add_schedule_items: [{amount: 9, starting_at: 2026-12-01T00:00:00Z, "
                "ending_before: 2027-01-01T00:00:00Z}]"
            ),
            "          add_schedule_items: {amount: 9}",
        ),
        says=("12:31: add_schedule_items: expected a list of mappings, found a mapping; start each item with a dash"),
    ),
    wrong(
        "added segment wrong",
        ("[{amount: 9,", "[{amount: -9,"),
        says="12:41: amount -9 is negative; a balance grants 0 or more",
    ),
    wrong(
        "added segment overlaps",
        (
            "add_schedule_items: [{amount: 9, starting_at: 2026-12-01",
            "add_schedule_items: [{amount: 9, starting_at: 2026-05-01",
        ),
        ("{id: second, amount: 450, ending_before: 2026-12-01T00:00:00Z}", "{id: second, amount: 450}"),
        says=(
            (
                "12:57: the segment overlaps the one that ends at 2026-07-01T00:00:00Z; let it start there,"
                " or make a balance of its own of it"
            ),
            (
                "59:58: the segment overlaps the one that ends at 2027-01-01T00:00:00Z; let it start there,"
                " or make a balance of its own of it"
            ),
        ),
    ),
    wrong(
        "changed segment off the hour",
        ("ending_before: 2026-12-01T00:00:00Z}]\n", "ending_before: 2026-12-01T00:10:00Z}]\n"),
        says=("11:76: ending_before: 2026-12-01T00:10:00Z is not on the hour; prices change on full UTC hours only"),
    ),
    wrong(
        "tags kept beside specifiers",
        ("        applicable_product_tags: null\n        specifiers", "        specifiers"),
        says=(
            "catalog/c.yml:72:34: applicable_product_tags and specifiers exclude each other; make it "
            "one of the specifiers"
        ),
    ),
    wrong(
        "unknown product in an edit",
        ("applicable_product_ids: [Storage]", "applicable_product_ids: [Storag]"),
        says="17:34: unknown product 'Storag'; did you mean 'Storage'?",
    ),
    wrong(
        "products no list",
        ("applicable_product_ids: [Storage]", "applicable_product_ids: Storage"),
        says=("17:33: applicable_product_ids: expected a list, found the text 'Storage'"),
    ),
    wrong(
        "product off the card in an edit",
        ("applicable_product_ids: [Storage]", "applicable_products: [Elsewhere]"),
        says=(
            "17:31: product 'Elsewhere' has no rate on rate card 'List'; known: 'Compute', 'Inference',"
            " 'Seats', 'Storage', 'Support'"
        ),
    ),
    wrong(
        "rate type in an edit",
        ("rate_type: COMMIT_RATE\n    update_credits", "rate_type: COMMITRATE\n    update_credits"),
        says="18:20: unknown rate_type 'COMMITRATE'; did you mean 'COMMIT_RATE'?",
    ),
    wrong(
        "unknown key of an edit",
        ("        priority: null\n", "        prioriti: null\n"),
        says="6:9: unknown key 'prioriti'; did you mean 'priority'?",
    ),
    wrong(
        "invoice of a credit",
        (
            "        access_schedule: {update_schedule_items",
            ("        invoice_schedule: {}\n        access_schedule: {update_schedule_items"),
        ),
        says="21:9: unknown key 'invoice_schedule'; did you mean 'access_schedule'?",
    ),
    wrong(
        "added credit wrong",
        ("[{amount: 2,", "[{amount: -2,"),
        says="33:37: amount -2 is negative; a balance grants 0 or more",
    ),
    wrong(
        "added credits no list",
        (
            (
                "    add_credits:\n"
                "      - name: Gift\n"
                "        product: Commitment\n"
                "        access_schedule:\n"
                "          schedule_items: [{amount: 2, starting_at: 2026-03-01T00:00:00Z, ending"
                "_before: 2026-04-01T00:00:00Z}]\n"
            ),
            "    add_credits: {}\n",
        ),
        says=("29:18: add_credits: expected a list of mappings, found a mapping; start each item with a dash"),
    ),
    wrong(
        "threshold given twice",
        (
            "    update_spend_threshold_configuration:\n      is_enabled: false\n",
            "    add_spend_threshold_configuration:\n      is_enabled: false\n",
        ),
        says=(
            "79:5: contract 'Main' has a spend threshold configuration already; use "
            "update_spend_threshold_configuration"
        ),
    ),
    wrong(
        "no threshold to change",
        (
            (
                "    add_spend_threshold_configuration:\n"
                "      commit: {product: Commitment}\n"
                "      is_enabled: true\n"
                "      threshold_amount: 1000\n"
                "      payment_gate_config: {payment_gate_type: NONE}\n"
            ),
            "",
        ),
        says=("74:5: contract 'Main' has no spend threshold configuration; use add_spend_threshold_configuration"),
    ),
    wrong(
        "threshold no mapping",
        (
            (
                "update_spend_threshold_configuration:\n"
                "      is_enabled: false\n"
                "      discount_configuration: {payment_fraction: 0.9}\n"
                "      payment_gate_config: {payment_gate_type: NONE}\n"
            ),
            "update_spend_threshold_configuration: [1]\n",
        ),
        says=("79:43: update_spend_threshold_configuration: expected a mapping, found a list"),
    ),
    wrong(
        "unknown key of a threshold",
        ("      is_enabled: false\n", "      is_enabelt: false\n"),
        says="80:7: unknown key 'is_enabelt'; did you mean 'is_enabled'?",
    ),
    wrong(
        "threshold wrong after the edit",
        ("      threshold_amount: 20\n", "      threshold_amount: 200\n"),
        says=(
            "52:27: recharge_to_amount 100 is not above threshold_amount 200; every recharge would call for the next"
        ),
    ),
    wrong(
        "unknown product of a threshold",
        ("product_id: Fee", "product_id: Fees"),
        says="71:28: unknown product 'Fees'; did you mean 'Fee'?",
    ),
    wrong(
        "price of a grant",
        ("access_amount: {unit_price: 6}", "access_amount: {unit_price: -6}"),
        says="63:37: unit_price -6 is negative; a balance grants 0 or more",
    ),
    wrong(
        "unknown field of a grant",
        ("access_amount: {unit_price: 6}", "access_amount: {price: 6}"),
        says="63:25: unknown key 'price'; did you mean 'unit_price'?",
    ),
    wrong(
        "rate type of a grant",
        ("rate_type: COMMIT_RATE\n        proration", "rate_type: FLAT\n        proration"),
        says="65:20: unknown rate_type 'FLAT'; known: 'COMMIT_RATE', 'LIST_RATE'",
    ),
    wrong(
        "bought after the charges end",
        ("    add_commits:\n", "    update_contract_end_date: 2026-06-01T00:00:00Z\n    add_commits:\n"),
        (
            (
                "          schedule_items: [{amount: 3, starting_at: 2026-03-01T00:00:00Z, ending_before: "
                "2026-04-01T00:00:00Z}]\n"
            ),
            (
                "          schedule_items: [{amount: 3, starting_at: 2026-03-01T00:00:00Z, ending"
                "_before: 2026-04-01T00:00:00Z}]\n"
                "        invoice_schedule: {schedule_items: [{timestamp: 2026-07-01T00:00:00Z, amount: 3}]}\n"
            ),
        ),
        says=(
            "25:9: the contract's charges end at 2026-06-01T00:00:00Z, when its end was moved; charge "
            "it in another contract"
        ),
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Wrong) -> None:
    expect_of_balance_edit(tmp_path, mistake)
