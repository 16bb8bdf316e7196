"""Mistakes in whose commits and credits are, and when they can be used: the exact words and places that a user gets.

Each case changes passages of `every_balance.EVERY_BALANCE`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_balance import expect_of_balance
from tests.catalog.every_term import Wrong, wrong

MISTAKES = (
    wrong(
        "segment before the contract",
        (
            ("            - {amount: 600, starting_at: 2026-01-01T00:00:00Z, ending_before: 2026-07-01T00:00:00Z}\n"),
            ("            - {amount: 600, starting_at: 2025-01-01T00:00:00Z, ending_before: 2025-07-01T00:00:00Z}\n"),
        ),
        says=(
            "67:79: the segment ends at 2025-07-01T00:00:00Z, and the contract starts at "
            "2026-01-01T00:00:00Z; nothing could draw on it: let it end later"
        ),
    ),
    wrong(
        "segment after the contract",
        (
            ("{id: second, amount: 400, starting_at: 2026-07-01T00:00:00Z, ending_before: 2027-01-01"),
            ("{id: second, amount: 400, starting_at: 2027-01-01T00:00:00Z, ending_before: 2027-02-01"),
        ),
        says=(
            "68:54: the segment starts at 2027-01-01T00:00:00Z, and the contract ends at "
            "2027-01-01T00:00:00Z; nothing could draw on it: let it start earlier"
        ),
    ),
    wrong(
        "child that is none",
        ("contracts: [Child]", "contracts: [Second]"),
        says=("73:82: contract 'Second' is no child of the contract whose commit it is; known: 'Child'"),
    ),
    wrong(
        "unknown child",
        ("contracts: [Child]", "contracts: [Chilt]"),
        says="73:82: unknown contract 'Chilt'; did you mean 'Child'?",
    ),
    wrong(
        "no children named",
        ("{type: CONTRACT_IDS, contracts: [Child]}", "{type: CONTRACT_IDS}"),
        says=("73:49: child_access CONTRACT_IDS needs contract_ids; name the children, or use ALL or NONE"),
    ),
    wrong(
        "children named for all",
        ("{type: CONTRACT_IDS, contracts: [Child]}", "{type: ALL, contracts: [Child]}"),
        says=(
            "73:72: contract_ids are for child_access CONTRACT_IDS, and this one is ALL; set type: "
            "CONTRACT_IDS, or remove them"
        ),
    ),
    wrong(
        "unknown access of children",
        ("{type: CONTRACT_IDS, contracts: [Child]}", "{type: SOME}"),
        says="73:56: unknown type 'SOME'; known: 'ALL', 'CONTRACT_IDS', 'NONE'",
    ),
    wrong(
        "no parent",
        (("    hierarchy_configuration: {parent_behavior: {invoice_consolidation_type: CONCATENATE}}\n"), ""),
        ("    hierarchy_configuration: {parent: {contract: Main}}\n", ""),
        ("{type: CONTRACT_IDS, contracts: [Child]}", "{type: ALL}"),
        says=(
            "72:56: contract 'Main' has no children to share the commit with; remove "
            "hierarchy_configuration, or give a child this parent"
        ),
    ),
    wrong(
        "unknown key",
        ("        temporary_id: year\n", "        temporary_id: year\n        prioritie: 1\n"),
        says="65:9: unknown key 'prioritie'; did you mean 'priority'?",
    ),
    wrong(
        "archived",
        ("        temporary_id: year\n", "        temporary_id: year\n        archived_at: 2026-02-01T00:00:00Z\n"),
        says="65:9: duckbill does not bill archived_at yet; remove it",
    ),
    wrong(
        "id of another balance",
        ("      - name: Year\n", "      - name: Year\n        id: one\n"),
        ("      - name: Tokens\n", "      - name: Tokens\n        id: one\n"),
        says=("84:13: the id 'one' is already that of another balance; give it another id"),
    ),
    wrong(
        "id of a balance of the customer",
        ("      - name: Year\n", "      - name: Year\n        id: one\n"),
        ("    name: Pool\n", "    name: Pool\n    id: one\n"),
        says=("115:9: the id 'one' is already that of another balance; give it another id"),
    ),
    wrong(
        "id of another balance's segment",
        ("schedule_items: [{amount: 50,", "schedule_items: [{id: second, amount: 50,"),
        says=("78:33: the id 'second' is already that of a segment of another balance; give it another id"),
    ),
    wrong(
        "contract of another customer",
        ("applicable_contracts: [Main, Second]", "applicable_contracts: [Main, Child]"),
        says=("116:34: contract 'Child' does not belong to customer 'Acme'; known: 'Main', 'Second'"),
    ),
    wrong(
        "contract twice",
        ("applicable_contracts: [Main, Second]", "applicable_contracts: [Main, Main]"),
        says="116:34: contract 'Main' is given twice; give it once",
    ),
    wrong(
        "unknown contract",
        ("applicable_contracts: [Main, Second]", "applicable_contract_ids: [Mian]"),
        says="116:31: unknown contract 'Mian'; did you mean 'Main'?",
    ),
    wrong(
        "payer of another customer",
        ("invoice_contract: Main", "invoice_contract: Child"),
        says=("117:23: contract 'Child' does not belong to customer 'Acme'; known: 'Main', 'Second'"),
    ),
    wrong(
        "nobody pays",
        ("    invoice_contract: Main\n", ""),
        says=(
            "112:5: a PREPAID commit of a customer that is invoiced needs an invoice_contract_id; name "
            "the contract whose invoices it goes to"
        ),
    ),
    wrong(
        "nobody pays postpaid",
        ("    invoice_contract: Main\n", ""),
        ("    name: Pool\n    type: PREPAID", "    name: Pool\n    type: POSTPAID"),
        ("{timestamp: 2026-01-01T00:00:00Z, amount: 70}", "{timestamp: 2026-01-01T00:00:00Z, amount: 80}"),
        says=(
            "112:5: a POSTPAID commit of a customer that is invoiced needs an invoice_contract_id; name"
            " the contract whose invoices it goes to"
        ),
    ),
    wrong(
        "rolls over without a contract",
        ("    name: Pool\n", "    name: Pool\n    rollover_fraction: 1\n"),
        says=(
            "114:24: a customer's balance belongs to no contract whose renewal it could roll over on; "
            "remove it, or put the balance into the contract"
        ),
    ),
    wrong(
        "customer without a contract",
        ("credits:\n  - customer: Acme\n", "credits:\n  - customer: Idle\n"),
        says=("123:15: customer 'Idle' has no contract that could draw on it; add a contract, or remove the balance"),
    ),
    wrong(
        "unknown customer",
        ("credits:\n  - customer: Acme\n", "credits:\n  - customer: Acne\n"),
        says="123:15: unknown customer 'Acne'; did you mean 'Acme'?",
    ),
    wrong(
        "contracts in two currencies",
        (
            "  - name: Second\n    customer: Acme\n    rate_card: List",
            "  - name: Second\n    customer: Acme\n    rate_card: Euros",
        ),
        ("    specifiers: [{product: Storage}]\n", ""),
        ("    applicable_contracts: [Main, Second]", "    applicable_contracts: [Main]"),
        says=(
            "125:7: the contracts that may draw on it are in EUR and USD (cents); give the "
            "access_schedule a credit_type"
        ),
    ),
    wrong(
        "two of a customer with one name",
        (
            "credits:\n  - customer: Acme\n    product: Commitment\n",
            (
                "credits:\n"
                "  - customer: Acme\n"
                "    product: Commitment\n"
                "    access_schedule:\n"
                "      schedule_items: [{amount: 4, starting_at: 2026-01-01T00:00:00Z, ending_bef"
                "ore: 2026-02-01T00:00:00Z}]\n"
                "  - customer: Acme\n"
                "    product: Commitment\n"
            ),
        ),
        says=(
            "127:5: a second credit of the same customer with the same name; the first is at "
            "catalog/c.yml:123; give each a name or an id of its own"
        ),
    ),
    wrong(
        "postpaid in a currency that is not the payer's",
        (
            "  - name: Second\n    customer: Acme\n    rate_card: List",
            "  - name: Second\n    customer: Acme\n    rate_card: Euros",
        ),
        ("    name: Pool\n    type: PREPAID", "    name: Pool\n    type: POSTPAID"),
        ("{timestamp: 2026-01-01T00:00:00Z, amount: 70}", "{timestamp: 2026-01-01T00:00:00Z, amount: 80}"),
        ("      schedule_items: [{amount: 80,", "      credit_type: EUR\n      schedule_items: [{amount: 80,"),
        (
            "access_schedule:\n      schedule_items: [{amount: 5",
            ("access_schedule:\n      credit_type: USD\n      schedule_items: [{amount: 5"),
        ),
        says=(
            "119:20: a POSTPAID commit in EUR is charged by a contract in USD (cents); what is left of "
            "it is charged as it is counted: use one currency"
        ),
    ),
    wrong(
        "statements off the hour",
        (
            "invoice_generation_starting_at: 2026-02-01T00:00:00Z",
            "invoice_generation_starting_at: 2026-02-01T00:01:00Z",
        ),
        says=(
            "56:84: invoice_generation_starting_at: 2026-02-01T00:01:00Z is not on the hour; prices "
            "change on full UTC hours only"
        ),
    ),
    wrong(
        "statements counted in a contract",
        (
            "invoice_generation_starting_at: 2026-02-01T00:00:00Z",
            "invoice_generation_starting_at_offset: {unit: MONTHS, value: 1}",
        ),
        says=(
            "56:52: unknown key 'invoice_generation_starting_at_offset'; did you mean 'invoice_generation_starting_at'?"
        ),
    ),
    wrong(
        "later feature",
        (
            "        temporary_id: year\n",
            ("        temporary_id: year\n        spend_tracker_attributes: {counts_as_discounted: true}\n"),
        ),
        says="65:9: duckbill does not bill spend_tracker_attributes yet; remove it",
    ),
    wrong(
        "mistake with no other one",
        (
            "  - name: Second\n    customer: Acme\n    rate_card: List",
            "  - name: Second\n    customer: Acme\n    rate_card: Lust",
        ),
        says="109:16: unknown rate card 'Lust'; did you mean 'List'?",
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Wrong) -> None:
    expect_of_balance(tmp_path, mistake)
