"""Mistakes in parents and children: the exact words and places that a user gets.

Each case changes passages of `every_term.EVERY_TERM`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_term import Wrong, expect_of, wrong

MISTAKES = (
    wrong(
        "CONSOLIDATE without payer",
        ("payer: PARENT, usage_statement_behavior: CONSOLIDATE", "usage_statement_behavior: CONSOLIDATE"),
        says="123:85: usage_statement_behavior CONSOLIDATE needs payer PARENT; set payer: PARENT, or SEPARATE",
    ),
    wrong(
        "unknown parent",
        ("parent: {contract: Parent}", "parent: {contract: Paren}"),
        says="123:50: unknown contract 'Paren'; did you mean 'Parent'?",
    ),
    wrong(
        "ambiguous parent",
        (
            "  - name: Child\n",
            (
                "  - {name: Parent, customer: Beta, rate_card: List, starting_at: 2026-01-01T00:00:00Z}\n"
                "  - name: Child\n"
            ),
        ),
        says=(
            "124:50: 2 contracts are named 'Parent'; refer to one by id: "
            "'12679296-18cc-5ad5-aad7-0a99245fe915', 'c8bec272-b242-5341-8117-e057b71904c5'"
        ),
    ),
    wrong(
        "own parent",
        ("parent: {contract: Parent}", "parent: {contract: Child}"),
        says="123:50: a contract cannot be its own parent; name another contract",
    ),
    wrong(
        "two levels",
        (
            "hierarchy_configuration: {parent_behavior: {invoice_consolidation_type: CONCATENATE}}",
            "hierarchy_configuration: {parent: {contract: Renewed}}",
        ),
        (", payer: PARENT, usage_statement_behavior: CONSOLIDATE", ""),
        says="123:50: contract 'Parent' has a parent itself; a hierarchy has one level: name that parent, or none",
    ),
    wrong(
        "parent and child at once",
        ("payer: PARENT, usage", "payer: PARENT, parent_behavior: {}, usage"),
        says="123:91: a contract with a parent cannot be a parent itself; a hierarchy has one level; remove it",
    ),
    wrong(
        "payer without parent",
        (
            "{parent_behavior: {invoice_consolidation_type: CONCATENATE}}",
            "{payer: PARENT, parent_behavior: {invoice_consolidation_type: CONCATENATE}}",
        ),
        says="118:38: payer PARENT is for a child, and no parent is given; remove payer",
    ),
    wrong(
        "parent does not concatenate",
        ("{invoice_consolidation_type: CONCATENATE}", "{}"),
        says=(
            "123:100: CONSOLIDATE needs a parent that concatenates, and contract 'Parent' does not; "
            "give the parent hierarchy_configuration: {parent_behavior: {invoice_consolidation_type: "
            "CONCATENATE}}"
        ),
    ),
    wrong(
        "other customer than the parent's",
        ("parent: {contract: Parent}", "parent: {contract: Parent, customer: Beta}"),
        says="123:68: contract 'Parent' belongs to customer 'Acme'; name that one, or leave it out",
    ),
    wrong(
        "another currency",
        (
            "customers:\n",
            (
                "  - {name: Euros, fiat_credit_type: EUR, rates: [{product: Calls, starting_at: "
                "2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 1}]}\n"
                "customers:\n"
            ),
        ),
        (
            "  - name: Child\n    customer: Beta\n    rate_card: List",
            "  - name: Child\n    customer: Beta\n    rate_card: Euros",
        ),
        says=(
            "124:100: CONSOLIDATE needs one currency: this contract is in EUR, its parent in USD "
            "(cents); set usage_statement_behavior: SEPARATE"
        ),
    ),
    wrong(
        "eleven children",
        (
            "  - name: Child\n",
            (
                "  - {name: C0, customer: Beta, rate_card: List, starting_at: 2026-01-01T00:00:00Z, "
                "hierarchy_configuration: {parent: {contract: Parent}}}\n"
                "  - {name: C1, customer: Beta, rate_card: List, starting_at: 2026-01-01T00:00:00Z, "
                "hierarchy_configuration: {parent: {contract: Parent}}}\n"
                "  - {name: C2, customer: Beta, rate_card: List, starting_at: 2026-01-01T00:00:00Z, "
                "hierarchy_configuration: {parent: {contract: Parent}}}\n"
                "  - {name: C3, customer: Beta, rate_card: List, starting_at: 2026-01-01T00:00:00Z, "
                "hierarchy_configuration: {parent: {contract: Parent}}}\n"
                "  - {name: C4, customer: Beta, rate_card: List, starting_at: 2026-01-01T00:00:00Z, "
                "hierarchy_configuration: {parent: {contract: Parent}}}\n"
                "  - {name: C5, customer: Beta, rate_card: List, starting_at: 2026-01-01T00:00:00Z, "
                "hierarchy_configuration: {parent: {contract: Parent}}}\n"
                "  - {name: C6, customer: Beta, rate_card: List, starting_at: 2026-01-01T00:00:00Z, "
                "hierarchy_configuration: {parent: {contract: Parent}}}\n"
                "  - {name: C7, customer: Beta, rate_card: List, starting_at: 2026-01-01T00:00:00Z, "
                "hierarchy_configuration: {parent: {contract: Parent}}}\n"
                "  - {name: C8, customer: Beta, rate_card: List, starting_at: 2026-01-01T00:00:00Z, "
                "hierarchy_configuration: {parent: {contract: Parent}}}\n"
                "  - {name: C9, customer: Beta, rate_card: List, starting_at: 2026-01-01T00:00:00Z, "
                "hierarchy_configuration: {parent: {contract: Parent}}}\n"
                "  - name: Child\n"
            ),
        ),
        says="133:50: contract 'Parent' has more than 10 children; give the others another parent",
    ),
    wrong(
        "unknown payer",
        ("payer: PARENT", "payer: CHILD"),
        says="123:66: unknown payer 'CHILD'; known: 'PARENT', 'SELF'",
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Wrong) -> None:
    expect_of(tmp_path, mistake)
