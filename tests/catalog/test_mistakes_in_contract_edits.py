"""Mistakes in contract edits and renewals: the exact words and places that a user gets.

Each case changes passages of `every_term.EVERY_TERM`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_term import Wrong, expect_of, wrong

MISTAKES = (
    wrong(
        "unknown contract",
        ("  - contract: Main\n", "  - contract: Mainn\n"),
        says="128:15: unknown contract 'Mainn'; did you mean 'Main'?",
    ),
    wrong(
        "ambiguous contract",
        (
            "  - name: Child\n",
            "  - {name: Main, customer: Beta, rate_card: List, starting_at: 2026-01-01T00:00:00Z}\n  - name: Child\n",
        ),
        ("from_contract: Main}", "from_contract: Main}"),
        says=(
            (
                "113:48: 2 contracts are named 'Main'; refer to one by id: "
                "'fb8cd6b4-25aa-5d1c-a1bb-7927e775cf82', '81b8b2a9-7ebc-5b5f-b3cd-70947b9b420d'"
            ),
            (
                "129:15: 2 contracts are named 'Main'; refer to one by id: "
                "'fb8cd6b4-25aa-5d1c-a1bb-7927e775cf82', '81b8b2a9-7ebc-5b5f-b3cd-70947b9b420d'"
            ),
        ),
    ),
    wrong(
        "another customer",
        (("    customer: Acme\n    update_contract_name"), ("    customer: Beta\n    update_contract_name")),
        says="129:15: contract 'Main' does not belong to customer 'Beta'; name its own customer, or leave it out",
    ),
    wrong(
        "unknown override",
        ("remove_overrides: [{id: sale}]", "remove_overrides: [{id: sales}]"),
        says="131:29: contract 'Main' has no override 'sales'; did you mean 'sale'?",
    ),
    wrong(
        "override removed twice",
        ("remove_overrides: [{id: sale}]", "remove_overrides: [{id: sale}, {id: sale}]"),
        says="131:41: contract 'Main' has no override 'sale'; known: '99e858c0-8628-54da-b703-4b6320e413cb'",
    ),
    wrong(
        "unknown subscription",
        ("subscription: Desks", "subscription: Desk"),
        says="138:23: contract 'Main' has no subscription 'Desk'; did you mean 'Desks'?",
    ),
    wrong(
        "unknown subscription id",
        ("subscription: Desks", "subscription_id: Desk"),
        says="138:26: contract 'Main' has no subscription 'Desk'; did you mean 'Desks'?",
    ),
    wrong(
        "unknown charge",
        ("scheduled_charge: Onboarding", "scheduled_charge: Onbording"),
        says="142:27: contract 'Main' has no scheduled charge 'Onbording'; did you mean 'Onboarding'?",
    ),
    wrong(
        "unknown archived charge",
        ("    update_contract_name: Head office\n", "    archive_scheduled_charges: [{id: Fees}]\n"),
        says="130:38: contract 'Main' has no scheduled charge 'Fees'; did you mean 'Fee'?",
    ),
    wrong(
        "items of a recurring charge",
        ("scheduled_charge: Onboarding", "scheduled_charge: Fee"),
        says=(
            "144:11: the charge has a recurring_schedule, and no schedule_items to change; archive "
            "it and add another charge"
        ),
    ),
    wrong(
        "unknown item",
        ("remove_schedule_items: [{id: second}]", "remove_schedule_items: [{id: secnd}]"),
        says="146:40: the charge has no schedule item 'secnd'; did you mean 'second'?",
    ),
    wrong(
        "wrong term added",
        (
            "overwrite_rate: {rate_type: FLAT, price: 2}\n        product: Calls\n",
            "overwrite_rate: {rate_type: FLAT, price: -2}\n        product: Calls\n",
        ),
        says="135:50: price -2 is negative; a price is 0 or more",
    ),
    wrong(
        "term added for another product",
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
        "quantity update of an edit below zero",
        ("quantity_delta: 4}", "quantity_delta: -40}"),
        says="139:28: quantity would be -29 from 2026-06-01T00:00:00Z on; a quantity is 0 or more",
    ),
    wrong(
        "added item wrong",
        ("timestamp: 2026-09-15T00:00:00Z, amount: 7}", "timestamp: 2026-09-15T00:00:00Z, amount: 7, unit_price: 1}"),
        says="144:100: amount and unit_price are both given; an amount stands alone; quantity goes with unit_price",
    ),
    wrong(
        "discount added in another currency",
        (
            "schedule: {schedule_items: [{timestamp: 2026-03-01T00:00:00Z, amount: 3}]}",
            "schedule: {credit_type: EUR, schedule_items: [{timestamp: 2026-03-01T00:00:00Z, amount: 3}]}",
        ),
        says=(
            "149:33: a discount in EUR on a contract in USD (cents); remove credit_type: it is in "
            "the rate card's currency"
        ),
    ),
    wrong(
        "later feature",
        ("    update_contract_name: Head office\n", ("    add_spend_trackers: [{}]\n    update_contract_nme: x\n")),
        says=(
            "130:5: duckbill does not bill add_spend_trackers yet; remove it",
            "131:5: unknown key 'update_contract_nme'; did you mean 'update_contract_name'?",
        ),
    ),
    wrong(
        "end before the start",
        ("    update_contract_name: Head office\n", "    update_contract_end_date: 2025-01-01T00:00:00Z\n"),
        (
            (
                "    add_discounts:\n"
                "      - product: Setup\n"
                "        schedule: {schedule_items: [{timestamp: 2026-03-01T00:00:00Z, amount: 3}]}\n"
            ),
            "",
        ),
        says=(
            "130:31: ending_before 2025-01-01T00:00:00Z is not after starting_at "
            "2026-01-01T00:00:00Z; the end is exclusive and must be later"
        ),
    ),
    wrong(
        "charge after the charges end",
        ("    update_contract_name: Head office\n", "    update_contract_end_date: 2026-03-01T00:00:00Z\n"),
        ("timestamp: 2026-03-01T00:00:00Z, amount: 3", "timestamp: 2026-03-02T00:00:00Z, amount: 3"),
        says=(
            "148:9: the contract's charges end at 2026-03-01T00:00:00Z, when its end was moved; "
            "charge it in another contract"
        ),
    ),
    wrong(
        "terms no list",
        (
            (
                "    remove_overrides: [{id: sale}]\n"
                "    add_overrides:\n"
                "      - starting_at: 2026-05-01T00:00:00Z\n"
                "        type: OVERWRITE\n"
                "        overwrite_rate: {rate_type: FLAT, price: 2}\n"
                "        product: Calls\n"
            ),
            "    add_overrides: 5\n",
        ),
        says="131:20: add_overrides: expected a list of mappings, found the number 5; start each item with a dash",
    ),
    wrong(
        "mode update",
        (
            "      - subscription: Desks\n",
            (
                "      - subscription: Desks\n"
                "        quantity_management_mode_update: {quantity_management_mode: SEAT_BASED}\n"
            ),
        ),
        says="139:9: duckbill does not bill quantity_management_mode_update yet; remove it",
    ),
    wrong(
        "contract of an unknown customer",
        ("  - name: Main\n    customer: Acme", "  - name: Main\n    customer: Acne"),
        says="64:15: unknown customer 'Acne'; did you mean 'Acme'?",
    ),
    wrong(
        "unknown customer",
        ("    customer: Acme\n    update_contract_name", "    customer: Acne\n    update_contract_name"),
        says="129:15: unknown customer 'Acne'; did you mean 'Acme'?",
    ),
    wrong(
        "renewal unknown contract",
        ("from_contract: Main}", "from_contract: Man}"),
        says="113:48: unknown contract 'Man'; did you mean 'Main'?",
    ),
    wrong(
        "renewal of another customer",
        (("  - name: Renewed\n    customer: Acme"), ("  - name: Renewed\n    customer: Beta")),
        says="113:48: contract 'Main' belongs to another customer; a renewal is of a contract of the same customer",
    ),
    wrong(
        "renewal of itself",
        ("from_contract: Main}", "from_contract: Renewed}"),
        says="113:48: a contract cannot renew itself; name the contract that it follows",
    ),
    wrong(
        "renewal before the renewed contract",
        (
            "    starting_at: 2026-10-01T00:00:00Z\n    transition",
            "    starting_at: 2026-01-01T00:00:00Z\n    transition",
        ),
        says=(
            "113:48: contract 'Main' starts at 2026-01-01T00:00:00Z; a renewal starts after the contract that it renews"
        ),
    ),
    wrong(
        "renewal unknown type",
        ("type: RENEWAL", "type: RENEW"),
        says="113:24: unknown type 'RENEW'; did you mean 'RENEWAL'?",
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Wrong) -> None:
    expect_of(tmp_path, mistake)
