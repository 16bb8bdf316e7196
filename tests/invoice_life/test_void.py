"""Final invoices that become void, and void ones that are billed anew, with their families and what they drew."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.errors import UserError
from engine.workspace import Workspace
from tests.invoice_life.conftest import Billed
from tests.invoice_life.shop import ANN_AND_BOB, CREDIT, PAT_AND_KID, PIA, TESS, invoice, published, use
from tests.spec.workspaces import check

OCTOBER = """
| time       | customer | units |
| 2026-10-05 | ann      | 7     |
| 2026-10-06 | bob      | 3     |
"""
LATER = """
| time       | customer | units | arrived    |
| 2026-10-20 | ann      | 10    | 2026-11-03 |
"""


def final(billed: Billed, events: str = OCTOBER, who: str = ANN_AND_BOB) -> Workspace:
    """October, every invoice of it final."""
    workspace = billed(events, who)
    assert not len(workspace.finalize("2026-10", now="2026-11-02").held)
    return workspace


def test_what_is_void_gives_back_what_it_drew(billed: Billed) -> None:
    workspace = final(billed, who=ANN_AND_BOB + CREDIT)
    wrong = invoice(workspace, "ann")
    run = workspace.void([wrong], reason="  sent twice ", now="2026-11-03")
    check(
        """
        | customer name | status    | total | finalized at | voided at  | void reason | regenerated as invoice id |
        |---------------|-----------|-------|--------------|------------|-------------|---------------------------|
        | Ann           | VOID      | 0     | 2026-11-02   | 2026-11-03 | sent twice  | null                      |
        | Bob           | FINALIZED | 30    | 2026-11-02   | null       | null        | null                      |
        """,
        run.invoices,
    )
    check(
        """
        | type                               | amount | timestamp  | balance after |
        |------------------------------------|--------|------------|---------------|
        | CREDIT_SEGMENT_START               | 500    | 2026-10-01 | 500           |
        | CREDIT_AUTOMATED_INVOICE_DEDUCTION | -70    | 2026-11-01 | 430           |
        | CREDIT_CANCELED                    | 70     | 2026-11-01 | 500           |
        """,
        run.ledger,
    )
    check("| granted | drawn | closing |\n| 500 | 0 | 500 |", run.balances)
    # It stays unbilled, whatever arrives, until somebody says otherwise.
    use(workspace, LATER)
    assert [row["status"] for row in workspace.run("2026-10", now="2026-11-04").invoices] == ["VOID", "FINALIZED"]


def test_what_is_billed_anew_has_the_usage_that_came_later(billed: Billed) -> None:
    workspace = final(billed, who=ANN_AND_BOB + CREDIT)
    before = invoice(workspace, "ann")
    use(workspace, LATER)
    run = workspace.regenerate([before], reason="usage was late", now="2026-11-04")
    after = invoice(workspace, "ann")
    assert after != before
    check(
        f"""
        | id       | status | regenerated from invoice id | regenerated as invoice id | void reason    |
        |----------|--------|-----------------------------|---------------------------|----------------|
        | {before} | VOID   | null                        | {after}                   | usage was late |
        | {after}  | DRAFT  | {before}                    | null                      | null           |
        """,
        [row for row in run.invoices if row["customer_id"] == "ann"],
    )
    check("| granted | drawn | closing |\n| 500 | 170 | 330 |", run.balances)
    assert {row["status"] for row in run.invoices if row["customer_id"] == "bob"} == {"FINALIZED"}
    assert workspace.run("2026-10", now="2026-11-04").unchanged
    # The new one lives like any other, and can be billed anew again.
    assert [row["id"] for row in workspace.finalize("2026-10", now="2026-11-05").finalized] == [after]
    workspace.regenerate([after], now="2026-11-06")
    third = invoice(workspace, "ann")
    chain = {row["id"]: row["regenerated_from_invoice_id"] for row in workspace.invoices("2026-10")}
    assert (chain[third], chain[after], chain[before]) == (after, before, None)


def test_a_void_invoice_is_billed_anew_when_somebody_says_so(billed: Billed) -> None:
    workspace = final(billed)
    before = invoice(workspace, "ann")
    workspace.void([before], reason="wrong", now="2026-11-03")
    workspace.regenerate([before], now="2026-11-04")
    check(
        """
        | status | void reason | voided at  | total |
        |--------|-------------|------------|-------|
        | VOID   | wrong       | 2026-11-03 | 70    |
        | DRAFT  | null        | null       | 70    |
        """,
        [row for row in workspace.invoices("2026-10") if row["customer_id"] == "ann"],
    )


#: One invoice is named; these become void with it, and are billed anew with it.
FAMILIES = [
    (PAT_AND_KID, OCTOBER.replace("ann", "pat").replace("bob", "kid"), ("kid", "USAGE"), 3),
    (TESS, "| time | customer | units |\n| 2026-10-03 | tess | 20 |", ("tess", "SCHEDULED"), 2),
    (PIA, "| time | customer | units |\n| 2026-10-02 | pia | 2 |\n| 2026-10-10 | pia | 3 |", ("pia", "TRUEUP"), 3),
]


@pytest.mark.parametrize(("who", "events", "named", "together"), FAMILIES, ids=["consolidated", "threshold", "trueup"])
def test_families_stand_and_fall_together(
    billed: Billed, who: str, events: str, named: tuple[str, str], together: int
) -> None:
    workspace = final(billed, events, who)
    totals = sorted(str(row["total"]) for row in workspace.invoices("2026-10"))
    run = workspace.void([invoice(workspace, named[0], kind=named[1])], reason="wrong", now="2026-11-03")
    void = [row["id"] for row in run.invoices if row["status"] == "VOID"]
    assert len(void) == together
    assert {row["status"] for row in run.invoices if row["id"] not in void} <= {"FINALIZED"}
    again = workspace.regenerate([str(void[0])], now="2026-11-04")
    standing = [row for row in again.invoices if row["regenerated_as_invoice_id"] is None]
    assert sorted(str(row["status"]) for row in standing) == sorted(
        ["DRAFT"] * together + ["FINALIZED"] * (len(totals) - together)
    )
    assert sorted(str(row["total"]) for row in standing) == totals
    assert {row["regenerated_from_invoice_id"] for row in standing} - {None} == set(void)


def test_many_by_customer_by_tag_and_a_whole_month(billed: Billed) -> None:
    workspace = final(billed)
    run = workspace.void_selected("2026-10", select="tag:tier=gold", reason="wrong", now="2026-11-03")
    assert [row["status"] for row in run.invoices] == ["FINALIZED", "VOID"]
    run = workspace.regenerate_selected("2026-10", now="2026-11-04")
    check(
        """
        | customer name | status | void reason |
        |---------------|--------|-------------|
        | Ann           | VOID   | billed anew |
        | Ann           | DRAFT  | null        |
        | Bob           | VOID   | wrong       |
        | Bob           | DRAFT  | null        |
        """,
        run.invoices,
    )
    with pytest.raises(UserError, match="no invoice of 2026-10 is finalized or void; see: duckbill invoices list"):
        workspace.regenerate_selected("2026-10")
    with pytest.raises(UserError, match="no invoice of 2026-10 of these customers is finalized; see"):
        workspace.void_selected("2026-10", select="customer:Bob", reason="wrong")


def _other_digit(invoice_id: str) -> str:
    return invoice_id[:-1] + ("0" if invoice_id[-1] != "0" else "1")


Mistake = Callable[[Workspace, str, str], object]
MISTAKES: dict[str, tuple[Mistake, str]] = {
    "void a draft": (
        lambda at, ann, bob: at.void([bob], reason="x"),
        "invoice {bob} of Bob is a draft, which the next run of 2026-10 computes anew; "
        "only what is final can be voided",
    ),
    "regenerate a draft": (
        lambda at, ann, bob: at.regenerate([ann, bob]),
        "invoice {bob} of Bob is a draft, which the next run of 2026-10 computes anew; "
        "only what is final can be voided",
    ),
    "an unknown id": (
        lambda at, ann, bob: at.void([_other_digit(ann)], reason="x"),
        "no published invoice has the id '{other}'; did you mean '{ann}'?",
    ),
    "not an id at all": (
        lambda at, ann, bob: at.void(["Acme"], reason="x"),
        "no published invoice has the id 'Acme'; see: duckbill invoices list",
    ),
    "an id of another month": (
        lambda at, ann, bob: at.void([ann], reason="x", period="2026-09"),
        "2026-09 has not been published; did you mean '2026-10'?",
    ),
    "no invoice": (
        lambda at, ann, bob: at.regenerate([]),
        "name an invoice, or a period whose invoices are meant",
    ),
    "no reason": (
        lambda at, ann, bob: at.void([ann], reason=" "),
        "say why: a void invoice keeps the reason",
    ),
}


def test_mistakes_change_nothing(billed: Billed) -> None:
    workspace = billed(OCTOBER)
    workspace.finalize("2026-10", now="2026-11-02", select="customer:Ann")
    ann, bob = invoice(workspace, "ann"), invoice(workspace, "bob")
    before = published(workspace)
    for name, (mistake, message) in MISTAKES.items():
        with pytest.raises(UserError) as told:
            mistake(workspace, ann, bob)
        assert told.value.exit_code == 2
        assert str(told.value) == message.format(ann=ann, bob=bob, other=_other_digit(ann)), name
    assert published(workspace) == before


def test_what_is_void_cannot_be_voided_nor_billed_anew_twice(billed: Billed) -> None:
    workspace = final(billed)
    wrong = invoice(workspace, "ann")
    workspace.void([wrong], reason="wrong", now="2026-11-03")
    before = published(workspace)
    with pytest.raises(
        UserError, match=f"is void since 2026-11-03T00:00:00Z; to bill it anew: duckbill regenerate {wrong}"
    ):
        workspace.void([wrong], reason="wrong", now="2026-11-04")
    assert published(workspace) == before
    workspace.regenerate([wrong], now="2026-11-04")
    before = published(workspace)
    with pytest.raises(UserError, match=f"has been billed anew, as invoice {invoice(workspace, 'ann')}"):
        workspace.regenerate([wrong], now="2026-11-05")
    assert published(workspace) == before


def test_invoices_of_two_months_are_named_month_by_month(billed: Billed) -> None:
    workspace = billed(OCTOBER, first="2026-09")
    for period in ("2026-09", "2026-10"):
        workspace.finalize(period, now="2026-11-02")
    september, october = invoice(workspace, "ann", "2026-09"), invoice(workspace, "ann")
    with pytest.raises(UserError, match=f"2026-09 has {september}; 2026-10 has {october}"):
        workspace.void([september, october], reason="wrong")
    assert workspace.void([september], reason="wrong").period.label == "2026-09"
