"""Published drafts that become final: when, which of them, and that nothing changes them afterwards."""

from __future__ import annotations

import pytest

from engine.billing import OUTPUTS
from engine.errors import UserError
from tests.invoice_life.conftest import Billed
from tests.invoice_life.shop import CATALOG, PAT_AND_KID, PIA, TESS, invoice, published, use, write
from tests.spec.workspaces import check

OCTOBER = """
| time       | customer | units |
| 2026-10-05 | ann      | 7     |
| 2026-10-06 | bob      | 3     |
"""
#: Ann's platform fee is due on 5 October.
FEE = """
customers: [{ id: ann, name: Ann }]
contracts:
  - id: anns
    customer: ann
    rate_card: card
    starting_at: "2026-09-01T00:00:00Z"
    scheduled_charges:
      - product: Fee
        schedule: { schedule_items: [{ timestamp: "2026-10-05T00:00:00Z", amount: 900 }] }
"""


@pytest.mark.parametrize(
    ("settings", "before", "then"),
    [
        ("", "2026-11-01T23:59:59Z", "2026-11-02T00:00:00Z"),
        ("[invoices]\ngrace_hours = 60\n", "2026-11-03T11:59:59Z", "2026-11-03T12:00:00Z"),
    ],
)
def test_usage_is_final_once_its_grace_is_over(billed: Billed, settings: str, before: str, then: str) -> None:
    workspace = billed(OCTOBER, settings=settings)
    assert workspace.finalize("2026-10", now=before).status == "unchanged"
    assert {row["status"] for row in workspace.invoices("2026-10")} == {"DRAFT"}
    assert workspace.finalize("2026-10", now=then).status == "finalized"
    assert {row["status"] for row in workspace.invoices("2026-10")} == {"FINALIZED"}


def test_the_grace_need_not_be_waited_for(billed: Billed) -> None:
    final = billed(OCTOBER).finalize("2026-10", now="2026-11-01T06:00:00Z", early=True)
    assert {row["status"] for row in final.finalized} == {"FINALIZED"} and len(final.finalized) == 2


def test_what_is_due_on_a_day_is_final_at_that_instant(billed: Billed) -> None:
    workspace = billed("| time | customer | units |\n| 2026-10-03 | ann | 7 |", FEE)
    assert workspace.finalize("2026-10", now="2026-10-04T23:59:59Z").status == "unchanged"
    check(
        """
        | type      | finalized at | computed by | total |
        |-----------|--------------|-------------|-------|
        | SCHEDULED | 2026-10-05   | RUN         | 900   |
        """.replace("RUN", published(workspace)["2026-10"]),
        workspace.finalize("2026-10", now="2026-10-05T00:00:00Z").finalized,
    )
    check(
        """
        | type      | status    | finalizes at |
        |-----------|-----------|--------------|
        | SCHEDULED | FINALIZED | 2026-10-05   |
        | USAGE     | DRAFT     | 2026-11-02   |
        """,
        workspace.invoices("2026-10"),
    )


def test_finalizing_and_running_again_does_nothing(billed: Billed) -> None:
    workspace = billed(OCTOBER)
    first = workspace.finalize("2026-10", now="2026-11-02")
    assert first.status == "finalized" and len(first.finalized) == 2
    files = sorted(path for path in (workspace.root / "lake").rglob("*"))
    again = workspace.finalize("2026-10", now="2026-11-03")
    assert (again.status, again.run_id, len(again.finalized)) == ("unchanged", first.run_id, 0)
    run = workspace.run("2026-10", now="2026-11-03")
    assert run.unchanged and run.run_id == first.run_id and run.summary["line_items"] == 2
    assert sorted(path for path in (workspace.root / "lake").rglob("*")) == files


def test_a_final_invoice_stays_whatever_changes_and_a_draft_follows(billed: Billed) -> None:
    workspace = billed(OCTOBER)
    workspace.finalize("2026-10", select="customer:Ann", now="2026-11-02")
    before = workspace.invoices("2026-10").dicts()[0]
    lines = workspace.invoice_lines(invoice(workspace, "ann"), "2026-10").dicts()
    use(
        workspace,
        """
        | time       | customer | units | arrived    |
        | 2026-10-15 | ann      | 7     | 2026-11-04 |
        | 2026-10-16 | bob      | 3     | 2026-11-04 |
        """,
    )
    write(workspace.root, "products", CATALOG.replace("price: 10", "price: 11"))
    run = workspace.run("2026-10", now="2026-11-05")
    check(
        """
        | customer name | status    | total |
        |---------------|-----------|-------|
        | Ann           | FINALIZED | 70    |
        | Bob           | DRAFT     | 66    |
        """,
        run.invoices,
    )
    assert run.invoices.dicts()[0] == before
    assert workspace.invoice_lines(invoice(workspace, "ann"), "2026-10").dicts() == lines


def test_only_some_customers(billed: Billed) -> None:
    workspace = billed(OCTOBER)
    for select, names in (("tag:tier=gold", ["Bob"]), ("customer:Ann", ["Ann"])):
        final = workspace.finalize("2026-10", select=select, now="2026-11-02")
        assert [row["customer_name"] for row in final.finalized] == names
    with pytest.raises(UserError, match="did you mean 'Ann'"):
        workspace.finalize("2026-10", select="customer:An")


def test_nothing_becomes_final_while_a_control_fails(billed: Billed) -> None:
    workspace = billed(OCTOBER)
    standing = published(workspace)["2026-10"]
    lines = workspace.line_items("2026-10").arrow()
    with workspace.connect() as connection:
        changed = {"line_items": lines.slice(1)}
        sealed = workspace.outputs.republish(connection, OUTPUTS, "2026-10", (standing, "short"), changed)
    workspace.outputs.commit(sealed, "2026-10", "short")
    final = workspace.finalize("2026-10", now="2026-11-02")
    assert (final.status, len(final.finalized), final.run_id) == ("blocked", 0, "short")
    assert any(each.startswith("C07") for each in final.failed_controls)
    assert {row["status"] for row in workspace.invoices("2026-10")} == {"DRAFT"}


def test_a_period_that_is_not_published(billed: Billed) -> None:
    workspace = billed(OCTOBER)
    with pytest.raises(UserError, match="2026-11 has not been published; did you mean '2026-10'"):
        workspace.finalize("2026-11")


REVIEWED = "[review]\njump_factor = 2.5\njump_minimum = 100\nvanished = true\n"


def test_jumps_and_customers_that_vanish_wait_for_a_person(billed: Billed) -> None:
    workspace = billed(
        """
        | time       | customer | units |
        | 2026-09-05 | ann      | 4     |
        | 2026-10-05 | ann      | 11    |
        | 2026-09-06 | bob      | 4     |
        """,
        settings=REVIEWED,
        first="2026-09",
    )
    assert len(workspace.finalize("2026-09", now="2026-10-02").finalized) == 2
    final = workspace.finalize("2026-10", now="2026-11-02")
    september = {customer: invoice(workspace, customer, "2026-09") for customer in ("ann", "bob")}
    check(
        f"""
        | customer name | reason   | total | detail                                                                    |
        |---------------|----------|-------|---------------------------------------------------------------------------|
        | Ann           | jump     | 110   | 110 is more than 2.5 times the 40 of 2026-09 (invoice {september["ann"]}) |
        | Bob           | vanished | 0     | no usage after the 40 of 2026-09 (invoice {september["bob"]})             |
        """,
        final.held,
    )
    assert final.summary["reasons"] == {"jump": 1, "vanished": 1}
    approved = workspace.finalize("2026-10", now="2026-11-02", approve=True)
    assert len(approved.finalized) == 2 and not len(approved.held)


def test_a_month_waits_for_the_one_before(billed: Billed) -> None:
    workspace = billed(OCTOBER, first="2026-09")
    workspace.finalize("2026-09", select="customer:Bob", now="2026-11-02")
    held = workspace.finalize("2026-10", now="2026-11-02", approve=True)
    check(
        f"""
        | customer name | reason        | detail                                                         |
        |---------------|---------------|----------------------------------------------------------------|
        | Ann           | earlier_draft | invoice {invoice(workspace, "ann", "2026-09")} of Ann, 2026-09, is not final |
        """,
        held.held,
    )
    workspace.finalize("2026-09", now="2026-11-02")
    assert [row["customer_name"] for row in workspace.finalize("2026-10", now="2026-11-02").finalized] == ["Ann"]


def test_a_family_waits_for_the_one_of_it_that_is_parked(billed: Billed) -> None:
    workspace = billed(
        """
        | time       | customer | units        |
        | 2026-10-05 | pat      | 2            |
        | 2026-10-06 | kid      | 999999999999 |
        | 2026-10-07 | zoe      | 5            |
        """,
        PAT_AND_KID,
    )
    final = workspace.finalize("2026-10", now="2026-11-02")
    assert [row["customer_name"] for row in final.finalized] == ["Zoe"]
    check(
        """
        | customer name | reason        | detail                                                                      |
        |---------------|---------------|-----------------------------------------------------------------------------|
        | Pat           | family_parked | contract kids, whose statements are put together with this one's, is parked |
        """,
        final.held,
    )


def test_a_consolidated_invoice_and_its_parts_become_final_together(billed: Billed) -> None:
    workspace = billed(OCTOBER.replace("ann", "pat").replace("bob", "kid"), PAT_AND_KID)
    final = workspace.finalize("2026-10", select="customer:Kid", now="2026-11-02")
    check(
        """
        | customer name | type               | total |
        |---------------|--------------------|-------|
        | Kid           | USAGE              | 30    |
        | Pat           | USAGE              | 70    |
        | Pat           | USAGE_CONSOLIDATED | 100   |
        """,
        final.finalized,
    )
    assert {row["customer_name"]: row["status"] for row in workspace.invoices("2026-10")}["Zoe"] == "DRAFT"


def test_what_a_threshold_charged_becomes_final_with_its_statement(billed: Billed) -> None:
    workspace = billed("| time | customer | units |\n| 2026-10-03 | tess | 20 |", TESS)
    assert workspace.finalize("2026-10", now="2026-11-01T23:00:00Z").status == "unchanged"
    check(
        """
        | type      | total | finalizes at |
        |-----------|-------|--------------|
        | SCHEDULED | 200   | 2026-11-02   |
        | USAGE     | 0     | 2026-11-02   |
        """,
        workspace.finalize("2026-10", now="2026-11-02").finalized,
    )


def test_what_a_commit_falls_short_by_becomes_final_after_the_usage(billed: Billed) -> None:
    workspace = billed(
        """
        | time       | customer | units |
        | 2026-10-02 | pia      | 2     |
        | 2026-10-10 | pia      | 30    |
        """,
        PIA,
    )
    check(
        """
        | type  | ending before | total |
        |-------|---------------|-------|
        | USAGE | 2026-10-08    | 20    |
        | USAGE | 2026-10-15    | 300   |
        """,
        workspace.finalize("2026-10", now="2026-10-16T23:59:59Z").finalized,
    )
    check(
        """
        | type   | ending before | total |
        |--------|---------------|-------|
        | TRUEUP | null          | 680   |
        """,
        workspace.finalize("2026-10", now="2026-10-17").finalized,
    )
