"""The oracle alone on the ledger over several months: expiration, true-ups, rollovers, manual entries, purchases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.balance_book import CutBelowUse
from tests.oracle.granted import DEPOSIT, balance, closing, due, entries, hold, lines, postpaid, prepaid
from tests.oracle.rating import Bill, bill, bill_months
from tests.oracle.small import contract, midnight, product, rate, workspace
from tests.oracle.tiny import event

F = Fraction
YEAR = [f"2024-{month:02}" for month in range(1, 13)]


def months(
    folder: Path, used: Sequence[str], contracts: list[dict[str, Any]], since: str = "2024-01", **sections: Any
) -> list[Bill]:
    """The bills of months in a row, `used` of `p` at 1 in each."""
    made = workspace(folder, [product("p"), DEPOSIT], [rate("p", "1")], contracts, **sections)
    first = YEAR.index(since)
    periods = YEAR[first : first + len(used)]
    events = [
        event(f"{period}-03T00:00:00Z", "c", "p", n=n) for period, n in zip(periods, used, strict=True) if n != "0"
    ]
    bills = bill_months(made, events, periods)
    hold(bills)
    return bills


def test_t10_a_prepaid_year_at_a_discount(tmp_path: Path) -> None:
    own = prepaid("own", ("10000", "2024-01-01", "2025-01-01"), bills=[("2024-01-01", "10000")])
    discount = {"type": "MULTIPLIER", "multiplier": "0.8", "starting_at": midnight("2024-01-01")}
    prices = {"hours": "1", "storage": "0.5"}
    rates = [rate(name, price) for name, price in prices.items()]
    terms = contract(start="2024-01-01", commits=[own], overrides=[discount])
    made = workspace(tmp_path, [*(product(name) for name in prices), DEPOSIT], rates, [terms])
    events = [event("2024-01-09T00:00:00Z", "c", name, n=n) for name, n in (("hours", "1000"), ("storage", "250"))]
    january = bill(made, events, "2024-01")
    assert due(january) == [("USAGE", 0), ("SCHEDULED", 10000)]
    assert lines(january, type="commit_purchase") == [("own", 1, 10000, 10000, "own")]
    assert [row[3] for row in lines(january, invoice_type="USAGE")] == [800, -800, 100, -100]
    assert closing(january) == {"own": 9100}
    hold([january])


def test_t10b_what_is_left_of_a_year_expires(tmp_path: Path) -> None:
    own = prepaid("own", ("10000", "2024-01-01", "2025-01-01"))
    bills = months(tmp_path, ["900", *["700"] * 11], [contract(start="2024-01-01", commits=[own])])
    assert [closing(each)["own"] for each in bills[:-1]] == [10000 - 200 - 700 * number for number in range(1, 12)]
    assert entries(bills, "own")[-2:] == [
        ("PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION", "2025-01-01", -700, 1400),
        ("PREPAID_COMMIT_EXPIRATION", "2025-01-01", -1400, 0),
    ]
    assert all(due(each) == [("USAGE", 0)] for each in bills)


def test_t10c_what_goes_beyond_is_due(tmp_path: Path) -> None:
    own = prepaid("own", ("10000", "2024-01-01", "2025-01-01"))
    bills = months(tmp_path, ["900", *["1000"] * 11], [contract(start="2024-01-01", commits=[own])])
    assert [each.invoices[0]["total"] for each in bills] == [*[0] * 10, 900, 1000]
    assert closing(bills[9]) == {"own": 100}
    assert entries(bills, "own")[-1] == ("PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION", "2024-12-01", -100, 0)
    # Used up, it is open until its end and then gone.
    assert [len(each.balances) for each in bills] == [1] * 12


@pytest.mark.parametrize(("monthly", "lacking"), [("800", 400), ("750", 1000), ("900", 0)])
def test_t11_a_postpaid_commit_is_trued_up(tmp_path: Path, monthly: str, lacking: int) -> None:
    own = postpaid("own", ("10000", "2024-01-01", "2025-01-01"), "2024-12-31")
    bills = months(tmp_path, [monthly] * 12, [contract(start="2024-01-01", commits=[own])])
    assert [each.invoices[0]["total"] for each in bills[:11]] == [int(monthly)] * 11
    december = bills[-1]
    trued_up = [("TRUEUP", lacking)] if lacking else []
    assert due(december) == [("USAGE", int(monthly)), *trued_up]
    assert lines(december, invoice_type="TRUEUP") == [("own true-up", 1, lacking, lacking, "own")][: len(trued_up)]
    booked = entries(bills, "own")
    assert booked[0] == ("POSTPAID_COMMIT_INITIAL_BALANCE", "2024-01-01", 10000, 10000)
    if lacking:
        # Invoiced a day before the commit ends, and then gone with its end.
        assert [row[:3] for row in booked[-2:]] == [
            ("POSTPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION", "2025-01-01", -int(monthly)),
            ("POSTPAID_COMMIT_TRUEUP", "2025-01-01", -lacking),
        ]
        assert december.ledger[-1]["invoice"] == ("k", "TRUEUP", None, None, datetime(2024, 12, 31))
        head = december.invoices[1]
        assert (head["issued_at"], head["starting_at"], head["ending_before"]) == (datetime(2024, 12, 31), None, None)


def test_a_true_up_waits_for_its_date(tmp_path: Path) -> None:
    own = postpaid("own", ("100", "2024-01-01", "2024-02-01"), "2024-03-01")
    bills = months(tmp_path, ["30", "0", "0"], [contract(start="2024-01-01", commits=[own])])
    assert [row[:3] for each in bills[:2] for row in entries([each], "own")] == [
        ("POSTPAID_COMMIT_INITIAL_BALANCE", "2024-01-01", 100),
        ("POSTPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION", "2024-02-01", -30),
    ]
    assert due(bills[2]) == [("USAGE", 0), ("TRUEUP", 70)]


def test_a_true_up_at_the_end_of_a_statement(tmp_path: Path) -> None:
    own = postpaid("own", ("100", "2024-01-01", "2024-02-01"), "2024-02-01")
    plain = months(tmp_path / "1", ["30", "0"], [contract(start="2024-01-01", commits=[own])])
    assert [due(each) for each in plain] == [[("USAGE", 30)], [("USAGE", 0), ("TRUEUP", 70)]]
    assert plain[1].ledger[0]["timestamp"] == datetime(2024, 2, 1)
    # With its charges on usage invoices it is on that of January.
    together = contract(start="2024-01-01", commits=[own], scheduled_charges_on_usage_invoices="ALL")
    bills = months(tmp_path / "2", ["30", "0"], [together])
    assert [due(each) for each in bills] == [[("USAGE", 100)], [("USAGE", 0)]]
    assert [row[0] for row in lines(bills[0])] == ["p", "own applied", "own true-up"]
    assert bills[0].ledger[-1]["invoice"][:2] == ("k", "USAGE")


def test_no_true_up_where_nothing_is_invoiced(tmp_path: Path) -> None:
    own = postpaid("own", ("100", "2024-01-01", "2024-02-01"), "2024-01-31")
    own["invoice_schedule"]["do_not_invoice"] = True
    bills = months(tmp_path, ["30"], [contract(start="2024-01-01", commits=[own])])
    assert due(bills[0]) == [("USAGE", 30)]
    assert entries(bills, "own")[-1] == ("POSTPAID_COMMIT_EXPIRATION", "2024-02-01", -70, 0)


def renewal(original: dict[str, Any], fresh: dict[str, Any] | None = None, **more: Any) -> list[dict[str, Any]]:
    old = contract("old", start="2024-01-01", commits=[original])
    transition = {"type": "RENEWAL", "from_contract_id": "old", **more}
    new = contract("new", start="2024-03-01", ending_before=midnight("2025-03-01"), transition=transition)
    return [old, {**new, "commits": [fresh] if fresh else []}]


@pytest.mark.parametrize(
    ("used", "rolled", "expired"), [("90000", 10000, 0), ("20000", 50000, 30000), ("100000", 0, 0)]
)
def test_t20_rollover(tmp_path: Path, used: str, rolled: int, expired: int) -> None:
    original = prepaid("original", ("100000", "2024-01-01", "2025-01-01"), rollover_fraction="0.5")
    fresh = prepaid("fresh", ("200000", "2024-03-01", "2025-03-01"), priority=1)
    bills = months(tmp_path, [used, "0", "60000"], renewal(original, fresh))
    ended = [
        ("PREPAID_COMMIT_ROLLOVER", "2024-03-01", -rolled, expired),
        ("PREPAID_COMMIT_EXPIRATION", "2024-03-01", -expired, 0),
    ]
    # That nothing rolls over is said, too.
    assert entries(bills[1:], "original") == [row for row in ended if row[2] or "ROLLOVER" in row[0]]
    if rolled:
        (row,) = [row for row in bills[1].ledger if row["type"].endswith("ROLLOVER")]
        taken_over = row["new_balance"]
        assert row["new_contract"] == "new"
        # What rolled over goes first, whatever the priority of the new commit.
        assert entries(bills[2:], taken_over)[:2] == [
            ("PREPAID_COMMIT_SEGMENT_START", "2024-03-01", rolled, rolled),
            ("PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION", "2024-04-01", -rolled, 0),
        ]
    assert closing(bills[2])["fresh"] == 200000 - 60000 + rolled


def test_a_rollover_inside_one_month(tmp_path: Path) -> None:
    contracts = renewal(prepaid("original", ("100", "2024-01-01", "2025-01-01"), rollover_fraction="1"))
    contracts[1]["starting_at"] = midnight("2024-02-11")
    made = workspace(tmp_path, [product("p"), DEPOSIT], [rate("p", "1")], contracts)
    events = [event(f"2024-02-{day}T00:00:00Z", "c", "p", n="30") for day in ("02", "20")]
    bills = bill_months(made, events, ["2024-01", "2024-02", "2024-03"])
    hold(bills)
    assert [row["closing"] for row in bills[1].balances] == [0, 40]
    assert [row[3] for row in lines(bills[1])] == [30, -30, 30, -30]
    assert [(row["opening"], row["closing"]) for row in bills[2].balances] == [(40, 40)]


def test_what_is_postpaid_rolls_over_before_all_else(tmp_path: Path) -> None:
    original = postpaid("original", ("100", "2024-01-01", "2025-01-01"), "2024-02-15", rollover_fraction="0.25")
    fresh = prepaid("fresh", ("10", "2024-03-01", "2024-04-01"), priority=1)
    bills = months(tmp_path, ["40", "10", "30"], renewal(original, fresh))
    assert due(bills[1]) == [("USAGE", 10), ("TRUEUP", 25)]
    assert [row[:3] for row in entries(bills[1:], "original")] == [
        ("POSTPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION", "2024-03-01", -10),
        ("POSTPAID_COMMIT_ROLLOVER", "2024-03-01", -25),
        ("POSTPAID_COMMIT_TRUEUP", "2024-03-01", -25),
    ]
    assert [row[1] for row in lines(bills[2], type="usage")] == [25, 5]
    assert due(bills[2]) == [("USAGE", 25)]


def test_renewal_may_remove_true_ups(tmp_path: Path) -> None:
    original = postpaid("original", ("100", "2024-01-01", "2025-01-01"), "2024-03-15")
    removed = {"future_invoice_behavior": {"trueup": "REMOVE"}}
    bills = months(tmp_path, ["40", "10", "0"], renewal(original, **removed))
    assert entries(bills[1:], "original")[-1] == ("POSTPAID_COMMIT_EXPIRATION", "2024-03-01", -50, 0)
    assert all(each["type"] == "USAGE" for made in bills for each in made.invoices)


def manual(amount: str, **more: Any) -> dict[str, Any]:
    return {"id": "own", "customer": "c", "amount": amount, "reason": "why", **more}


def test_manual_entries(tmp_path: Path) -> None:
    terms = contract(start="2024-01-01", credits=[balance("own", ("100", "2024-01-01", "2024-03-01"))])
    written = [manual("20"), manual("-75", timestamp="2024-02-20T12:30:00Z")]
    bills = months(tmp_path, ["40", "9"], [terms], manual_balance_entries=written)
    # What is taken out in February is not there all February.
    assert entries(bills, "own") == [
        ("CREDIT_SEGMENT_START", "2024-01-01", 100, 100),
        ("CREDIT_MANUAL", "2024-01-01", 20, 120),
        ("CREDIT_AUTOMATED_INVOICE_DEDUCTION", "2024-02-01", -40, 80),
        ("CREDIT_MANUAL", "2024-02-20", -75, 5),
        ("CREDIT_AUTOMATED_INVOICE_DEDUCTION", "2024-03-01", -5, 0),
    ]
    assert {row["reason"] for each in bills for row in each.ledger if row["type"] == "CREDIT_MANUAL"} == {"why"}
    assert due(bills[1]) == [("USAGE", 4)]


def test_a_manual_entry_may_take_more_than_there_is(tmp_path: Path) -> None:
    items = [("50", "2024-01-01", "2024-02-01"), ("100", "2024-02-01", "2024-03-01")]
    terms = contract(start="2024-01-01", credits=[balance("own", *items)])
    taken = manual("-120", timestamp=midnight("2024-02-20"))
    bills = months(tmp_path, ["40", "9"], [terms], manual_balance_entries=[taken])
    assert [row[:3] for row in entries(bills[1:], "own")] == [
        ("CREDIT_SEGMENT_START", "2024-02-01", 100),
        ("CREDIT_MANUAL", "2024-02-20", -120),
    ]
    assert (due(bills[1]), closing(bills[1])) == ([("USAGE", 9)], {"own": -20})


def test_a_manual_entry_after_the_end_expires_at_once(tmp_path: Path) -> None:
    terms = contract(start="2024-01-01", credits=[balance("own", ("100", "2024-01-01", "2024-02-01"))])
    late = manual("20", timestamp=midnight("2024-02-20"))
    bills = months(tmp_path, ["40", "9", "1"], [terms], manual_balance_entries=[late])
    assert entries(bills[1:], "own") == [
        ("CREDIT_MANUAL", "2024-02-20", 20, 20),
        ("CREDIT_EXPIRATION", "2024-02-20", -20, 0),
    ]
    assert due(bills[1]) == [("USAGE", 9)]


def test_a_quarter_holds_a_balance_open(tmp_path: Path) -> None:
    own = balance("own", ("100", "2024-01-01", "2024-02-01"))
    terms = contract(start="2024-01-01", credits=[own], usage_statement_schedule={"frequency": "QUARTERLY"})
    bills = months(tmp_path, ["30", "30", "30"], [terms])
    assert [[row[0] for row in entries([each], "own")] for each in bills] == [
        ["CREDIT_SEGMENT_START"],
        [],
        ["CREDIT_AUTOMATED_INVOICE_DEDUCTION", "CREDIT_EXPIRATION"],
    ]
    assert [(row["opening"], row["closing"]) for each in bills for row in each.balances] == [
        (0, 100),
        (100, 100),
        (100, 0),
    ]
    assert {row["timestamp"] for row in bills[2].ledger} == {datetime(2024, 2, 1)}


def test_what_was_used_cannot_be_taken_away(tmp_path: Path) -> None:
    def folder(name: str, amount: str | None) -> Path:
        own = [prepaid("own", (amount, "2024-01-01", "2024-06-01"))] if amount else []
        terms = contract(start="2024-01-01", commits=own)
        return workspace(tmp_path / name, [product("p"), DEPOSIT], [rate("p", "1")], [terms])

    events = [event("2024-01-02T00:00:00Z", "c", "p", n="60")]
    january = bill(folder("a", "100"), events, "2024-01")
    assert closing(bill(folder("b", "60"), events, "2024-02", earlier=january.history)) == {"own": 0}
    for name, amount in (("c", "59"), ("d", None)):
        with pytest.raises(CutBelowUse):
            bill(folder(name, amount), events, "2024-02", earlier=january.history)
