"""The oracle alone on balances in custom pricing units, and on what is left of them as money (spec/rating.md §11)."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.oracle.granted import DEPOSIT, balance, closing, due, hold, lines
from tests.oracle.rating import Bill, bill_months
from tests.oracle.small import contract, product, rate, workspace
from tests.oracle.tiny import event

F = Fraction
TOKENS = {"id": "t", "name": "Tokens"}
CARD: dict[str, Any] = {"credit_type_conversions": [{"custom_credit_type": "Tokens", "fiat_per_custom_credit": "0.1"}]}
JANUARY = ("2026-01-01", "2026-02-01")


def billed(folder: Path, *credits: dict[str, Any]) -> Bill:
    """January of 100 tokens and of 7 in money."""
    rates = [rate("p", "10", credit_type="Tokens"), rate("q", "7")]
    products = [product("p"), product("q"), DEPOSIT]
    made = workspace(folder, products, rates, [contract(credits=list(credits))], CARD, pricing_units=[TOKENS])
    events = [event("2026-01-05T00:00:00Z", "c", name, n=n) for name, n in (("p", "10"), ("q", "1"))]
    bills = bill_months(made, events, ["2026-01"])
    hold(bills)
    return bills[0]


def test_units_first_then_what_is_left_as_money(tmp_path: Path) -> None:
    tokens = balance("tokens", ("30", *JANUARY), access={"credit_type": "Tokens"})
    money = balance("money", ("9", *JANUARY))
    result = billed(tmp_path, tokens, money)
    assert lines(result) == [
        ("p", 3, 10, 30, "tokens"),
        ("tokens applied", None, None, -30, "tokens"),
        ("p", 7, 10, 70, None),
        ("q", 1, 7, 7, "money"),
        ("money applied", None, None, -7, "money"),
        # Of 70 tokens that are left, 2 of 7 in money are covered.
        ("Tokens to USD (cents)", 20, F("0.1"), 2, "money"),
        ("money applied", None, None, -2, "money"),
        ("Tokens to USD (cents)", 50, F("0.1"), 5, None),
    ]
    assert (due(result), closing(result)) == ([("USAGE", 5)], {"tokens": 0, "money": 0})


def test_all_units_covered_are_not_converted(tmp_path: Path) -> None:
    tokens = balance("tokens", ("130", *JANUARY), access={"credit_type": "Tokens"})
    result = billed(tmp_path, tokens)
    assert [row[:2] for row in lines(result)] == [("p", 10), ("tokens applied", None), ("q", 1)]
    assert [row["expired"] for row in result.balances] == [30]
    assert {row["currency"] for row in result.ledger} == {"Tokens"}


def test_conversions_only_under_what_applies_to_everything(tmp_path: Path) -> None:
    money = balance("money", ("9", *JANUARY), applicable_product_ids=["p", "q"])
    assert due(billed(tmp_path, money)) == [("USAGE", 10)]


def test_a_conversion_needs_its_last_instant(tmp_path: Path) -> None:
    money = balance("money", ("9", "2026-01-01", "2026-01-31"), applicable_product_ids=["p"])
    assert due(billed(tmp_path / "1", money)) == [("USAGE", 17)]
    late = balance("late", ("9", "2026-01-31", "2026-02-01"))
    assert [row[4] for row in lines(billed(tmp_path / "2", late), type="cpu_conversion")] == ["late", None]
