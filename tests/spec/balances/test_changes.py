"""What changes to a balance after a month was billed: its products, its amount, corrections by hand."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

import engine
from engine.errors import UserError
from engine.workspace import Workspace
from tests.spec.workspaces import check, land, workspace

CATALOG = """
billable_metrics:
  - name: reads
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [read] }
    property_filters: [{ name: units, exists: true }]
  - name: writes
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [write] }
    property_filters: [{ name: units, exists: true }]

products:
  - { name: Reads, type: USAGE, billable_metric: reads }
  - { name: Writes, type: USAGE, billable_metric: writes }
  - { name: Balance, type: FIXED }

customers: [{ id: edited, name: Edited }]

rate_cards:
  - name: reads and writes
    rates:
      - { product: Reads, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 10 }
      - { product: Writes, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 5 }

contracts:
  - id: edited
    customer: edited
    rate_card: reads and writes
    starting_at: "2025-02-01T00:00:00Z"
    commits:
      - type: PREPAID
        name: A
        product: Balance
        applicable_products: [Reads]
        access_schedule:
          schedule_items:
            - { id: a, amount: 1000, starting_at: "2025-02-01T00:00:00Z", ending_before: "2026-02-01T00:00:00Z" }
"""

#: Two months: of February everything is billed, March is under way.
EVENTS = """
| time       | type  | customer | units |
|------------|-------|----------|-------|
| 2025-02-10 | read  | edited   | 10    |
| 2025-02-10 | write | edited   | 10    |
| 2025-03-03 | read  | edited   | 3     |
| 2025-03-03 | write | edited   | 2     |
"""

#: On 5 March the commit is to cover writes as well.
EDIT = """
contract_edits:
  - contract: edited
    update_commits:
      - commit_id: A
        applicable_products: [Reads, Writes]
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = workspace(tmp_path_factory.mktemp("changes") / "workspace", CATALOG)
    land(made, EVENTS)
    made.run_through("2025-02", "2025-03", now="2025-03-20")
    return made


@pytest.fixture
def edited(published: Workspace, tmp_path: Path) -> Workspace:
    """A copy of what was published, to be changed."""
    shutil.copytree(published.root, tmp_path / "workspace")
    return engine.open(tmp_path / "workspace")


def change(made: Workspace, text: Callable[[str], str]) -> None:
    path = made.root / "catalog" / "catalog.yml"
    path.write_text(text(path.read_text(encoding="utf-8")), encoding="utf-8")


def total(made: Workspace, period: str) -> object:
    (invoice,) = made.invoices(period).dicts()
    return invoice["total"]


def test_an_edit_of_the_products_reaches_the_whole_open_month_and_no_billed_one(edited: Workspace) -> None:
    """rating.md §15 T-19: reads are 10 and writes 5 cents; February 50, March 10, then 0; February again 0."""
    assert (total(edited, "2025-02"), total(edited, "2025-03")) == (50, 10)
    change(edited, lambda text: text + EDIT)
    edited.run("2025-03", now="2025-03-20")
    assert (total(edited, "2025-02"), total(edited, "2025-03")) == (50, 0)
    # Voided and billed again: now A applies to both.
    edited.run("2025-02", now="2025-03-20")
    assert total(edited, "2025-02") == 0


def test_what_is_billed_again_is_drawn_once(edited: Workspace) -> None:
    """rating.md §7: a run replaces the one before it, and what that one had drawn."""
    change(edited, lambda text: text.replace("name: Edited", "name: Edited again"))
    edited.run_through("2025-02", "2025-03", now="2025-03-20")
    check(
        """
| balance name | type                                       | timestamp  | amount | balance after |
|--------------|--------------------------------------------|------------|--------|---------------|
| A            | PREPAID_COMMIT_SEGMENT_START               | 2025-02-01 | 1000   | 1000          |
| A            | PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION | 2025-03-01 | -100   | 900           |
| A            | PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION | 2025-04-01 | -30    | 870           |
""",
        edited.ledger().dicts(),
    )


def test_a_balance_cannot_be_cut_below_what_was_used(edited: Workspace) -> None:
    """rating.md §6.4: 100 cents went in February, so 99 is too little, and nothing changes; 100 is enough."""
    change(edited, lambda text: text.replace("amount: 1000", "amount: 99"))
    with pytest.raises(UserError, match=r"A.*(100|99)"):
        edited.run("2025-03", now="2025-03-20")
    assert total(edited, "2025-03") == 10
    change(edited, lambda text: text.replace("amount: 99", "amount: 100"))
    edited.run("2025-03", now="2025-03-20")
    assert total(edited, "2025-03") == 40


def test_the_balance_at_an_instant(edited: Workspace) -> None:
    """rating.md §6.4: what a month draws is gone at its end; before the start and after the end there is nothing."""
    left = {
        at: [row["balance"] for row in edited.balances(at=at, customer="edited").dicts()]
        for at in ("2025-01-31", "2025-02-15", "2025-03-01", "2025-04-01", "2026-02-01")
    }
    assert left == {
        "2025-01-31": [],
        "2025-02-15": [Decimal(1000)],
        "2025-03-01": [Decimal(900)],
        "2025-04-01": [Decimal(870)],
        "2026-02-01": [],
    }


def test_an_entry_by_hand_can_make_a_balance_negative_and_then_it_covers_nothing(edited: Workspace) -> None:
    """rating.md §6.4: -950 on 10 March leave 900 - 950 = -50, so reads of March are paid; +60 more leave 10 to draw."""
    entry = """
manual_balance_entries:
  - { id: A, customer: edited, amount: -950, reason: by mistake, timestamp: "2025-03-10T00:00:00Z" }
"""
    change(edited, lambda text: text + entry)
    edited.run("2025-03", now="2025-03-20")
    assert total(edited, "2025-03") == 40
    again = '  - { id: A, customer: edited, amount: 60, reason: corrected, timestamp: "2025-03-11T00:00:00Z" }\n'
    change(edited, lambda text: text + again)
    edited.run("2025-03", now="2025-03-20")
    assert total(edited, "2025-03") == 30
    check(
        """
| type                                       | timestamp  | amount | balance after | reason     |
|--------------------------------------------|------------|--------|---------------|------------|
| PREPAID_COMMIT_MANUAL                      | 2025-03-10 | -950   | -50           | by mistake |
| PREPAID_COMMIT_MANUAL                      | 2025-03-11 | 60     | 10            | corrected  |
| PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION | 2025-04-01 | -10    | 0             | null       |
""",
        edited.ledger("2025-03").dicts(),
    )


def test_a_month_waits_for_the_one_before_it(tmp_path: Path) -> None:
    """rating.md §7: what February draws decides what March can, so March alone is set aside, saying what to run."""
    made = workspace(tmp_path / "workspace", CATALOG)
    land(made, EVENTS)
    early = made.run("2025-03", now="2025-03-20")
    assert early.invoices.dicts() == []
    (waiting,) = early.parked.dicts()
    assert waiting["reason"] == "balance_unsettled"
    assert "2025-03-01T00:00:00" in str(waiting["detail"])
    made.run_through("2025-02", "2025-03", now="2025-03-20")
    assert (total(made, "2025-02"), total(made, "2025-03")) == (50, 10)
