"""Corrections over months: billed once, taken back when they must be, and on another invoice when theirs is void."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.rating.corrections import CORRECTIONS, corrections_from_text, corrections_hash, corrections_text
from engine.workspace import Workspace
from tests.late_usage.shop import NOW, arrive, finalize, shop, write
from tests.spec.workspaces import check

WHO = """
customers: [{ id: ann, name: Ann }, { id: bob, name: Bob }, { id: eve, name: Eve }, { id: kim, name: Kim }]
contracts:
  - { customer: ann, rate_card: card, starting_at: "2026-01-01T00:00:00Z" }
  - { customer: bob, rate_card: card, starting_at: "2026-01-01T00:00:00Z" }
  - { customer: eve, rate_card: card, starting_at: "2026-01-01T00:00:00Z" }
  - customer: kim
    rate_card: card
    starting_at: "2026-01-01T00:00:00Z"
    usage_statement_schedule: { frequency: WEEKLY }
    scheduled_charges:
      - { product: Fee, schedule: { schedule_items: [{ timestamp: "2026-10-15T00:00:00Z", amount: 100 }] } }
"""


def corrections(made: Workspace, month: str) -> list[dict[str, object]]:
    """The correction lines of a month as it is published."""
    return [line for line in made.line_items(month).dicts() if line["type"] == "correction"]


def invoice_id(made: Workspace, month: str, customer: str) -> str:
    """The id of a customer's usage invoice that is final."""
    rows = [row for row in made.invoices(month).dicts() if (row["customer_id"], row["type"]) == (customer, "USAGE")]
    (found,) = [row for row in rows if row["status"] == "FINALIZED"]
    return str(found["id"])


@pytest.fixture(scope="module")
def october(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """October is final, and peaks of October have arrived since; not to be written to."""
    made = shop(tmp_path_factory.mktemp("corrections") / "workspace", WHO)
    arrive(
        made,
        """
| arrived          | time       | type | customer | units |
| 2026-11-01 05:00 | 2026-10-08 | peak | ann      | 1     |
| 2026-11-01 05:00 | 2026-10-08 | peak | bob      | 1     |
| 2026-11-01 05:00 | 2026-10-08 | peak | eve      | 1     |
| 2026-11-01 05:00 | 2026-10-08 | peak | kim      | 1     |
""",
    )
    made.run("2026-10", now=NOW)
    finalize(made, "2026-10")
    arrive(
        made,
        """
| arrived          | time       | type | customer | units |
| 2026-11-03 05:00 | 2026-10-09 | peak | ann      | 2     |
| 2026-11-03 05:00 | 2026-10-09 | peak | bob      | 3     |
| 2026-11-03 05:00 | 2026-10-09 | peak | eve      | 4     |
| 2026-11-03 05:00 | 2026-10-09 | peak | kim      | 5     |
""",
    )
    made.run("2026-11", now=NOW)
    return made.root


@pytest.fixture
def made(october: Path, tmp_path: Path) -> Workspace:
    """The same, of the test's own."""
    return Workspace(shutil.copytree(october, tmp_path / "workspace"))


OF_OCTOBER = """
| customer id | total | starting at | ending before |
| ann         | 7     | 2026-10-01  | 2026-11-01    |
| bob         | 14    | 2026-10-01  | 2026-11-01    |
| eve         | 21    | 2026-10-01  | 2026-11-01    |
| kim         | 28    | 2026-10-08  | 2026-10-15    |
"""


def test_a_correction_follows_what_arrives_until_it_is_final(made: Workspace) -> None:
    check(OF_OCTOBER, corrections(made, "2026-11"))
    arrive(
        made,
        """
| arrived          | time       | type | customer | units |
| 2026-11-04 05:00 | 2026-10-10 | peak | ann      | 12    |
""",
    )
    made.run("2026-11", now=NOW)
    now = OF_OCTOBER.replace("| ann         | 7 ", "| ann         | 77")
    check(now, corrections(made, "2026-11"))
    # Kim's first week of November is final, and has the correction; what comes now is on the next week that is open.
    finalize(made, "2026-11", now="2026-11-06T00:00:00Z")
    finalize(made, "2026-11", select="customer:ann, customer:bob, customer:eve")
    arrive(
        made,
        """
| arrived          | time       | type | customer | units |
| 2026-11-05 05:00 | 2026-10-11 | peak | ann      | 13    |
| 2026-11-05 05:00 | 2026-10-11 | peak | kim      | 6     |
""",
    )
    made.run("2026-11", now=NOW)
    check(now + "| kim | 7 | 2026-10-08 | 2026-10-15 |\n", corrections(made, "2026-11"))
    carried = [line["period_starting_at"] for line in corrections(made, "2026-11") if line["customer_id"] == "kim"]
    assert len(set(carried)) == 2
    made.run("2026-12", now=NOW)
    check("| customer id | total |\n| ann | 7 |", corrections(made, "2026-12"))


def test_void_and_regenerated_invoices(made: Workspace) -> None:
    finalize(made, "2026-11", select="customer:ann, customer:bob, customer:eve")
    # What was corrected of Ann is now on the invoice it was missing from: once that is final, December takes it back.
    made.regenerate([invoice_id(made, "2026-10", "ann")], now=NOW)
    # Nobody owes Bob's November any more, nor what it corrected; December does that.
    made.void([invoice_id(made, "2026-11", "bob")], reason="wrong", now=NOW)
    # Eve's is billed anew at once, with its correction.
    made.regenerate([invoice_id(made, "2026-11", "eve")], now=NOW)
    standing = [line for line in corrections(made, "2026-11") if _is_open(made, line)]
    check("| customer id | total |\n| eve | 21 |\n| kim | 28 |", standing)
    made.run("2026-12", now=NOW)
    check("| customer id | total |\n| bob | 14 |", corrections(made, "2026-12"))
    finalize(made, "2026-10")
    made.run("2026-12", now=NOW)
    check("| customer id | total |\n| ann | -7 |\n| bob | 14 |", corrections(made, "2026-12"))
    assert [row for row in made.late_usage("2026-10").dicts() if row["customer_id"] == "ann"] == []


def _is_open(made: Workspace, line: dict[str, object]) -> bool:
    (invoice,) = [row for row in made.invoices("2026-11").dicts() if row["id"] == line["invoice_id"]]
    return invoice["status"] == "DRAFT"


def test_what_is_regenerated_is_not_corrected_in_the_same_run(made: Workspace) -> None:
    made.regenerate([invoice_id(made, "2026-10", "ann")], now=NOW)
    assert corrections(made, "2026-10") == []


def test_terms_that_changed_are_told_and_not_corrected(made: Workspace) -> None:
    write(
        made.root, "who", WHO.replace("amount: 100 }", "amount: 100 }, { timestamp: 2026-10-15T00:00:00Z, amount: 9 }")
    )
    rows = [row for row in made.late_usage("2026-10").dicts() if row["invoice_type"] == "SCHEDULED"]
    expected = """
| customer id | product name | late events | amount finalized | late amount | corrected amount | reason         |
| kim         | Fee          | 0           | 100              | 9           | null             | no_late_events |
"""
    check(expected, rows)
    made.run("2026-11", now=NOW)
    check(OF_OCTOBER, corrections(made, "2026-11"))


def test_under_another_policy_nothing_is_corrected(made: Workspace) -> None:
    config = made.root / "duckbill.toml"
    config.write_text(config.read_text(encoding="utf-8").replace('"correct"', '"report"'), encoding="utf-8")
    reported = Workspace(made.root)
    reported.run("2026-11", now=NOW)
    assert corrections(reported, "2026-11") == []
    # A run whose record is gone cannot say what it had seen.
    for row in reported.invoices("2026-10").dicts():
        shutil.rmtree(made.root / "runs" / str(row["computed_by"]), ignore_errors=True)
    expected = """
| customer id | late events | late amount | corrected amount |
| ann         | null        | 7           | 0                |
| bob         | null        | 14          | 0                |
| eve         | null        | 21          | 0                |
| kim         | null        | 28          | 0                |
"""
    check(expected, reported.late_usage().dicts())


def test_corrections_as_text(made: Workspace) -> None:
    table = CORRECTIONS.empty_table()
    assert corrections_text(table) == "" and corrections_from_text("").equals(table)
    found = corrections(made, "2026-11")
    rows = [
        {
            "contract_id": line["contract_id"],
            "product_id": line["product_id"],
            "product_name": 'Peak "é"\n',
            "corrected_from": line["starting_at"],
            "corrected_until": None if position else line["ending_before"],
            "credit_type_id": line["credit_type_id"],
            "amount": line["total"],
        }
        for position, line in enumerate(found)
    ]
    table = table.from_pylist(rows, CORRECTIONS)
    assert corrections_from_text(corrections_text(table)).sort_by("amount").equals(table.sort_by("amount"))
    assert corrections_hash(table) == corrections_hash(table.from_pylist(rows[::-1], CORRECTIONS))
    assert corrections_hash(table) != corrections_hash(table.slice(1))
