"""Mistakes in alerts: the exact words and places that a user gets.

Each case changes one passage of `every_grant.EVERY_GRANT`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.every_grant import changed_grant, expect_of_grant
from tests.catalog.written import Mistake, said

SPENDING = "{name: Spending, alert_type: spend_threshold_reached, threshold: 100}"
TOKENS = "{name: Tokens, alert_type: SPEND_THRESHOLD_REACHED, threshold: 100, credit_type: tokens, customer: Acme}"
BETA = "  - name: Other\n    customer: Beta\n    rate_card: List\n    starting_at: 2026-01-01T00:00:00Z\n"
IN_EUROS = "  - {name: Euros, fiat_credit_type: EUR}\ncustomers:\n  - {name: Acme}\n"

MISTAKES = (
    Mistake(
        "type",
        SPENDING,
        SPENDING.replace("spend_", "spent_"),
        "147:34: unknown alert_type 'spent_threshold_reached'; did you mean 'SPEND_THRESHOLD_REACHED'?",
    ),
    Mistake(
        "unwatched type",
        SPENDING,
        SPENDING.replace("spend_threshold", "usage_threshold"),
        (
            "147:34: duckbill does not watch alert_type USAGE_THRESHOLD_REACHED yet; use "
            "SPEND_THRESHOLD_REACHED, INVOICE_TOTAL_REACHED, LOW_REMAINING_COMMIT_BALANCE_REACHED, "
            "LOW_REMAINING_COMMIT_PERCENTAGE_REACHED, LOW_REMAINING_CONTRACT_CREDIT_BALANCE_REACHED, "
            "LOW_REMAINING_CONTRACT_CREDIT_PERCENTAGE_REACHED, "
            "LOW_REMAINING_CONTRACT_CREDIT_AND_COMMIT_BALANCE_REACHED or "
            "LOW_REMAINING_CONTRACT_CREDIT_AND_COMMIT_PERCENTAGE_REACHED"
        ),
    ),
    Mistake(
        "negative",
        SPENDING,
        SPENDING.replace("100", "-1"),
        "147:70: threshold -1 is negative; a threshold is 0 or more",
    ),
    Mistake(
        "percent",
        "    threshold: 10\n",
        "    threshold: 100.5\n",
        "151:16: threshold 100.5 is more than 100 percent; it is in percent of what was granted: 10 is one tenth",
    ),
    Mistake(
        "long percentage",
        "    threshold: 10\n",
        "    threshold: 10.000000001\n",
        (
            "151:16: threshold 10.000000001 has more than 8 decimal places; round it: it is in percent of what "
            "was granted"
        ),
    ),
    Mistake(
        "no threshold", SPENDING, SPENDING.replace(", threshold: 100", ""), "147:5: missing key 'threshold'; add it"
    ),
    Mistake(
        "groups",
        SPENDING,
        SPENDING.replace("}", ", group_values: [{key: model}]}"),
        "147:75: duckbill does not bill group_values yet; remove it",
    ),
    Mistake(
        "access type",
        SPENDING,
        SPENDING.replace("}", ", access_type: QUANTITY}"),
        "147:75: duckbill does not bill access_type yet; remove it",
    ),
    Mistake(
        "unknown customer",
        TOKENS,
        TOKENS.replace("Acme", "Akme"),
        "148:104: unknown customer 'Akme'; did you mean 'Acme'?",
    ),
    Mistake(
        "unknown credit type",
        TOKENS,
        TOKENS.replace("tokens", "token"),
        "148:86: unknown pricing unit 'token'; did you mean 'tokens'?",
    ),
    Mistake(
        "unit of nobody",
        TOKENS,
        TOKENS.replace("tokens", "stars"),
        "148:86: no contract of the customer is billed in stars; known: 'USD (cents)', 'tokens'",
    ),
    Mistake(
        "unit of no contract",
        SPENDING,
        SPENDING.replace("}", ", credit_type: stars}"),
        "147:88: no contract is billed in stars; known: 'USD (cents)', 'tokens'",
    ),
    Mistake(
        "invoice in a unit",
        TOKENS,
        TOKENS.replace("SPEND_THRESHOLD", "INVOICE_TOTAL"),
        ("148:84: the total of an invoice is in a currency, and 'tokens' is a custom pricing unit; remove credit_type"),
    ),
    Mistake(
        "name twice",
        SPENDING,
        f"{SPENDING}\n  - {SPENDING}",
        "148:12: alert name 'Spending' is already taken; first given at catalog/c.yml:147",
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Mistake) -> None:
    expect_of_grant(tmp_path, mistake)


def test_contracts_in_two_currencies_leave_open_what_is_counted(tmp_path: Path) -> None:
    cards = ("customers:\n  - {name: Acme}\n", IN_EUROS)
    contract = (BETA, BETA + BETA.replace("Other", "Euros").replace("List", "Euros"))
    what = "the contracts of the customer are in EUR and USD (cents), and the alert says not in which it counts"
    assert said(tmp_path, changed_grant(cards, contract)) == [f"catalog/c.yml:154:5: {what}; add credit_type"]
