"""Which drafts become final, and why others are held back (spec/rating.md §10.2)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest

from engine.invoices.eligible import Asked, ReviewRules
from tests.invoice_life.deciding import decided

NOW = datetime(2026, 11, 2)


def outcomes(found: dict[str, tuple[str, str | None]]) -> dict[str, str]:
    return {invoice: reason for invoice, (reason, _) in found.items()}


DUE = """
| id | type      | status    | ends       | due                 |
| a1 | USAGE     | DRAFT     | 2026-11-01 | 2026-11-02          |
| a2 | SCHEDULED | DRAFT     |            | 2026-10-05          |
| b1 | USAGE     | DRAFT     | 2026-11-01 | 2026-11-02T00:00:01 |
| c1 | USAGE     | FINALIZED | 2026-11-01 | 2026-11-02          |
| d1 | USAGE     | VOID      | 2026-11-01 | 2026-11-02          |
"""


@pytest.mark.parametrize(
    ("asked", "final"),
    [
        (Asked(NOW), {"a1", "a2"}),
        (Asked(datetime(2026, 10, 5)), {"a2"}),
        (Asked(datetime(2026, 10, 4, 23, 59, 59, 999999)), set()),
        (Asked(datetime(2026, 10, 1), early=True), {"a1", "a2", "b1"}),
        (Asked(NOW, customers=frozenset({"b", "c"})), set()),
        (Asked(NOW, customers=frozenset({"b", "c"}), early=True), {"b1"}),
    ],
)
def test_drafts_are_final_from_their_instant_on(asked: Asked, final: set[str]) -> None:
    assert outcomes(decided(DUE, asked)) == dict.fromkeys(final, "final")


#: Totals of one contract, the last of them now; `ends` are one after another, also within the month.
JUMPS = """
| id | period  | status    | ends       | total |
| a0 | 2026-08 | FINALIZED | 2026-09-01 | 900   |
| a1 | 2026-09 | STATUS    | 2026-10-01 | BEFORE |
| a2 | 2026-10 | DRAFT     | 2026-11-01 | NOW   |
"""


@pytest.mark.parametrize(
    ("before", "now", "rules", "status", "reason"),
    [
        ("100", "300", ReviewRules(Decimal(3)), "FINALIZED", "final"),
        ("100", "300.00000000000000000000000001", ReviewRules(Decimal(3)), "FINALIZED", "jump"),
        ("100", "300.1", ReviewRules(None), "FINALIZED", "final"),
        (
            "0.00000000000000000000000001",
            "0.00000000000000000000000002",
            ReviewRules(Decimal("1.5")),
            "FINALIZED",
            "jump",
        ),
        ("400000000000", "499999999999.99", ReviewRules(Decimal("1.25")), "FINALIZED", "final"),
        ("400000000000", "499999999999.99", ReviewRules(Decimal("1.249999")), "FINALIZED", "jump"),
        ("100", "1000", ReviewRules(Decimal(3), Decimal(1000)), "FINALIZED", "jump"),
        ("100", "999.99", ReviewRules(Decimal(3), Decimal(1000)), "FINALIZED", "final"),
        ("0", "1000", ReviewRules(Decimal(3)), "FINALIZED", "final"),
        ("-5", "1000", ReviewRules(Decimal(3)), "FINALIZED", "final"),
        # What is void was never owed: the month before it counts.
        ("100", "1000", ReviewRules(Decimal(3)), "VOID", "final"),
    ],
)
def test_a_jump_is_more_than_the_factor(before: str, now: str, rules: ReviewRules, status: str, reason: str) -> None:
    invoices = JUMPS.replace("STATUS", status).replace("BEFORE", before).replace("NOW", now)
    assert outcomes(decided(invoices, Asked(NOW, review=rules))) == {"a2": reason}
    assert outcomes(decided(invoices, Asked(NOW, approve=True, review=rules))) == {"a2": "final"}


def test_a_jump_holds_back_the_customer_and_is_told_once() -> None:
    invoices = """
    | id | type      | ends       | issued     | total |
    | a1 | USAGE     | 2026-10-08 |            | 10    |
    | a2 | USAGE     | 2026-10-15 |            | 100   |
    | a3 | USAGE     | 2026-10-22 |            | 20    |
    | a4 | SCHEDULED |            | 2026-10-01 | 5     |
    | b1 | USAGE     | 2026-10-08 |            | 10    |
    """
    found = decided(invoices, Asked(NOW, review=ReviewRules(Decimal(5))))
    jump = "100 is more than 5 times the 10 of 2026-10 (invoice a1)"
    assert found["a2"] == ("jump", jump)
    assert {each: found[each] for each in ("a1", "a3", "a4")} == dict.fromkeys(
        ("a1", "a3", "a4"), ("jump", f"with invoice a2 of the same customer: {jump}")
    )
    assert found["b1"] == ("final", None)
    # What is not due yet tells nothing of a jump: the month is not over.
    before = decided(invoices, Asked(datetime(2026, 10, 8), review=ReviewRules(Decimal(5))))
    assert outcomes(before) == {"a1": "final", "a4": "final", "b1": "final"}


@pytest.mark.parametrize(
    ("before", "quantity", "rules", "reason"),
    [
        ("100", "0", ReviewRules(vanished=True), "vanished"),
        ("-1", "0", ReviewRules(vanished=True), "vanished"),
        ("100", "0.5", ReviewRules(vanished=True), "final"),
        ("100", "-1", ReviewRules(vanished=True), "final"),
        ("0", "0", ReviewRules(vanished=True), "final"),
        ("100", "0", ReviewRules(), "final"),
    ],
)
def test_a_customer_vanishes_without_any_quantity(before: str, quantity: str, rules: ReviewRules, reason: str) -> None:
    invoices = f"""
    | id | period  | status    | ends       | total    |
    | a1 | 2026-09 | FINALIZED | 2026-10-01 | {before} |
    | a2 | 2026-10 | DRAFT     | 2026-11-01 | 0        |
    """
    lines = {"lines": f"| invoice | quantity |\n| a2 | {quantity} |\n| zz | 7 |"}
    found = decided(invoices, Asked(NOW, review=rules), lines)
    assert outcomes(found) == {"a2": reason}
    if reason == "vanished":
        assert found["a2"][1] == f"no usage after the {before} of 2026-09 (invoice a1)"


def test_usage_waits_for_the_contract_s_earlier_drafts() -> None:
    invoices = """
    | id | period  | type      | status    | contract | ends       | issued     | due        |
    | a1 | 2026-08 | USAGE     | DRAFT     |          | 2026-09-01 |            |            |
    | a2 | 2026-09 | USAGE     | DRAFT     |          | 2026-10-01 |            |            |
    | a3 | 2026-10 | USAGE     | DRAFT     |          | 2026-11-01 |            |            |
    | a4 | 2026-10 | SCHEDULED | DRAFT     |          |            | 2026-10-05 |            |
    | a5 | 2026-10 | USAGE     | DRAFT     | other    | 2026-11-01 |            |            |
    | b1 | 2026-09 | USAGE     | FINALIZED |          | 2026-10-01 |            |            |
    | b2 | 2026-10 | USAGE     | DRAFT     |          | 2026-11-01 |            |            |
    | c1 | 2026-09 | SCHEDULED | DRAFT     |          |            | 2026-09-05 |            |
    | c2 | 2026-10 | USAGE     | DRAFT     |          | 2026-11-01 |            |            |
    | d1 | 2026-10 | USAGE     | DRAFT     |          | 2026-10-15 |            | 2026-12-01 |
    | d2 | 2026-10 | USAGE     | DRAFT     |          | 2026-11-01 |            |            |
    """
    found = decided(invoices, Asked(NOW, approve=True))
    assert outcomes(found) == {
        "a3": "earlier_draft",
        "a4": "final",
        "a5": "final",
        "b2": "final",
        "c2": "final",
        "d2": "earlier_draft",
    }
    assert found["a3"][1] == "invoice a1 of A, 2026-08, is not final"
    assert found["d2"][1] == "invoice d1 of D, 2026-10, is not final"


CONSOLIDATED = """
| id | type               | customer | contract | period  | ends       | total | repeats |
| k1 | USAGE              | kid      |          | 2026-10 | 2026-11-01 | 1     |         |
| p1 | USAGE              | pat      |          | 2026-10 | 2026-11-01 | 2     |         |
| pk | USAGE_CONSOLIDATED | pat      |          | 2026-10 | 2026-11-01 | 3     | p1 k1   |
| p2 | USAGE              | pat      | second   | 2026-10 | 2026-11-01 | 4     |         |
"""


def test_what_is_consolidated_becomes_final_as_a_whole() -> None:
    assert set(outcomes(decided(CONSOLIDATED, Asked(NOW))).values()) == {"final"}
    alone = decided(CONSOLIDATED, Asked(NOW, customers=frozenset({"pat"})))
    assert outcomes(alone) == {"p1": "family_open", "pk": "family_open", "p2": "final"}
    assert alone["pk"][1] == "invoice k1 of Kid, 2026-10, is not final"
    # The child waits for September, and so its parent waits with it.
    earlier = CONSOLIDATED + "| k0 | USAGE | kid | | 2026-09 | 2026-10-01 | 1 | |\n"
    assert outcomes(decided(earlier, Asked(NOW))) == {
        "k1": "earlier_draft",
        "p1": "family_open",
        "pk": "family_open",
        "p2": "final",
    }


@pytest.mark.parametrize(
    ("parked", "held"),
    [
        ("kid", {"p1", "pk"}),
        ("sister", {"k1", "p1", "pk"}),
        ("pat", {"k1"}),
        ("second", set()),
        ("stranger", set()),
    ],
)
def test_a_hierarchy_waits_for_its_parked_contract(parked: str, held: set[str]) -> None:
    # A parked contract has no invoice; nor has the hierarchy a consolidated one without its parent.
    gone = {"kid": {"k1"}, "pat": {"p1", "pk"}, "second": {"p2"}}.get(parked, set())
    invoices = "\n".join(line for line in CONSOLIDATED.splitlines() if line[2:4] not in gone)
    parents = "| contract | parent |\n| kid | pat |\n| sister | pat |\n| uncle | other |"
    found = decided(invoices, Asked(NOW), {"parked": f"| contract |\n| {parked} |"}, parents)
    assert {each for each, reason in outcomes(found).items() if reason == "family_parked"} == held
    assert {each for each, reason in outcomes(found).items() if reason == "final"} == {
        "k1",
        "p1",
        "pk",
        "p2",
    } - gone - held


def test_a_threshold_s_charge_and_its_statement_become_final_together() -> None:
    invoices = """
    | id | type      | contract | ends       | issued     | due        | total |
    | t1 | USAGE     |          | 2026-10-08 |            | 2026-10-09 | 10    |
    | t2 | SCHEDULED |          |            | 2026-10-08 | 2026-10-09 | 90    |
    | t3 | SCHEDULED |          |            | 2026-10-08 | 2026-10-08 | 5     |
    | t4 | USAGE     | other    | 2026-10-08 |            | 2026-12-01 | 10    |
    | u1 | USAGE     |          | 2026-10-08 |            | 2026-12-01 | 10    |
    | u2 | SCHEDULED |          |            | 2026-10-08 | 2026-10-09 | 90    |
    """
    found = decided(invoices, Asked(NOW), {"purchases": "| invoice |\n| t2 |\n| u2 |"})
    assert outcomes(found) == {"t1": "final", "t2": "final", "t3": "final", "u2": "family_open"}


LEDGER = """
| balance | type                                        | invoice |
| pledge  | POSTPAID_COMMIT_TRUEUP                      | s9      |
| pledge  | POSTPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION | k1      |
| pledge  | POSTPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION | s1      |
| other   | POSTPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION | z1      |
"""


@pytest.mark.parametrize(
    ("late", "reason", "waits_for"),
    [
        ("", "final", None),
        ("s1", "usage_open", "invoice s1 of S, 2026-10, is not final"),
        ("k1", "usage_open", "invoice k1 of K, 2026-10, is not final"),
        ("s2", "usage_open", "invoice s2 of S, 2026-10, is not final"),
        ("s3", "final", None),
        ("z1", "final", None),
    ],
)
def test_what_a_commit_falls_short_by_waits_for_usage(late: str, reason: str, waits_for: str | None) -> None:
    # s2 ends with the commit without having drawn on it, s3 ends later, k1 is another customer's that drew on it.
    invoices = """
    | id | type   | contract | ends       | issued     | due        |
    | s1 | USAGE  |          | 2026-10-15 |            | 2026-10-16 |
    | s2 | USAGE  | second   | 2026-10-16 |            | 2026-10-17 |
    | s3 | USAGE  | third    | 2026-10-17 |            | 2026-10-18 |
    | k1 | USAGE  |          | 2026-10-15 |            | 2026-10-16 |
    | z1 | USAGE  |          | 2026-10-15 |            | 2026-10-16 |
    | s9 | TRUEUP |          |            | 2026-10-16 | 2026-10-17 |
    """
    lines = [
        line[: -len("2026-10-16 |")] + "2027-01-01 |" if line.strip().startswith(f"| {late} ") else line
        for line in invoices.splitlines()
    ]
    found = decided("\n".join(lines) if late else invoices, Asked(NOW), {"ledger": LEDGER})
    assert found["s9"] == (reason, waits_for)
    # It is the shortfall that waits for usage, not the other way round.
    assert {each for each, why in outcomes(found).items() if why == "final"} >= {"s1", "s2", "s3", "k1", "z1"} - {late}


def test_a_shortfall_waits_for_an_earlier_month() -> None:
    invoices = """
    | id | period  | type   | contract | ends       | issued     |
    | s0 | 2026-09 | USAGE  | old      | 2026-10-01 |            |
    | s9 | 2026-10 | TRUEUP |          |            | 2026-10-16 |
    """
    assert decided(invoices, Asked(NOW))["s9"] == ("usage_open", "invoice s0 of S, 2026-09, is not final")


def test_an_invoice_that_was_billed_anew_has_no_family() -> None:
    invoices = """
    | id | type               | status | customer | ends       | repeats | anew |
    | k0 | USAGE              | VOID   | kid      | 2026-11-01 |         | k1   |
    | k1 | USAGE              | DRAFT  | kid      | 2026-11-01 |         |      |
    | p0 | USAGE_CONSOLIDATED | VOID   | pat      | 2026-11-01 | k0      | p1   |
    | p1 | USAGE_CONSOLIDATED | DRAFT  | pat      | 2026-11-01 | k1      |      |
    """
    assert outcomes(decided(invoices, Asked(NOW))) == {"k1": "final", "p1": "final"}
    only_kid = decided(invoices, Asked(NOW, customers=frozenset({"kid"})))
    assert only_kid == {"k1": ("family_open", "invoice p1 of Pat, 2026-10, is not final")}
