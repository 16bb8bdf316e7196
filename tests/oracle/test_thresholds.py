"""The oracle alone on thresholds and alerts (spec/rating.md §13)."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.granted import DEPOSIT, balance, closing, due, entries, hold, lines, prepaid
from tests.oracle.rating import Bill, bill_months
from tests.oracle.small import contract, product, rate, workspace
from tests.oracle.tiny import event

F = Fraction
TOKENS = {"id": "t", "name": "Tokens"}


def recharge(threshold: str, to: str, **more: Any) -> dict[str, Any]:
    commit = {"product": "deposit", "name": "recharge"}
    return {"commit": commit, "is_enabled": True, "threshold_amount": threshold, "recharge_to_amount": to, **more}


def billed(
    folder: Path,
    used: list[str],
    terms: dict[str, Any],
    price: dict[str, Any] | None = None,
    fiat_per_token: str = "10",
    **sections: Any,
) -> list[Bill]:
    """Months in a row from January 2026, `used` of `p` at 1 in each."""
    card = {"credit_type_conversions": [{"custom_credit_type": "Tokens", "fiat_per_custom_credit": fiat_per_token}]}
    rates = [rate("p", "1", **(price or {}))]
    units: dict[str, Any] = {"pricing_units": [TOKENS], **sections}
    made = workspace(folder, [product("p"), DEPOSIT], rates, [contract(**terms)], card, **units)
    periods = [f"2026-{month:02}" for month in range(1, len(used) + 1)]
    events = [event(f"{period}-04T00:00:00Z", "c", "p", n=n) for period, n in zip(periods, used, strict=True)]
    bills = bill_months(made, events, periods)
    hold(bills)
    return bills


@pytest.mark.parametrize(
    ("fiat_per_token", "recharge_to", "discount", "granted", "charged"),
    [("10", "500", {}, 450, 4500), ("50", "150", {}, 100, 5000), ("50", "150", {"payment_fraction": "0.9"}, 100, 4500)],
)
def test_t24_t25_a_recharge_in_units(
    tmp_path: Path, fiat_per_token: str, recharge_to: str, discount: dict[str, str], granted: int, charged: int
) -> None:
    config = recharge("50", recharge_to, custom_credit_type="Tokens", discount_configuration=discount or None)
    own = prepaid("own", ("80", "2026-01-01", "2026-12-01"), access={"credit_type": "Tokens"}, priority=99)
    terms = {"commits": [own], "prepaid_balance_threshold_configuration": config}
    january, february = billed(tmp_path, ["30", "60"], terms, {"credit_type": "Tokens"}, fiat_per_token)
    assert due(january) == [("USAGE", 0), ("SCHEDULED", charged)]
    assert lines(january, type="commit_purchase")[0][:4] == ("recharge", granted, F(charged, granted), charged)
    assert sorted(closing(january).values()) == sorted([50, granted])
    # The recharge has priority 100: first 50 of what there was, then 10 of it.
    assert sorted(closing(february).values()) == sorted([0, granted - 10])
    (identity,) = [row["balance"] for row in january.balances if row["balance_name"] == "recharge"]
    assert entries([january, february], identity) == [
        ("PREPAID_COMMIT_SEGMENT_START", "2026-02-01", granted, granted),
        ("PREPAID_COMMIT_AUTOMATED_INVOICE_DEDUCTION", "2026-03-01", -10, granted - 10),
    ]


def test_above_the_threshold_nothing_is_bought(tmp_path: Path) -> None:
    own = prepaid("own", ("80", "2026-01-01", "2026-12-01"))
    config = recharge("50", "100")
    bills = billed(tmp_path, ["29", "1", "1"], {"commits": [own], "prepaid_balance_threshold_configuration": config})
    assert [due(each) for each in bills] == [
        [("USAGE", 0)],
        [("USAGE", 0), ("SCHEDULED", 50)],
        [("USAGE", 0)],
    ]
    off = {**config, "is_enabled": False}
    bills = billed(tmp_path / "off", ["80"], {"commits": [own], "prepaid_balance_threshold_configuration": off})
    assert due(bills[0]) == [("USAGE", 0)]


def test_spend_is_charged_at_once(tmp_path: Path) -> None:
    config = {"commit": {"product": "deposit", "name": "spent"}, "is_enabled": True, "threshold_amount": "60"}
    config["discount_config"] = {"fraction": "0.5"}
    own = balance("own", ("10", "2026-01-01", "2026-02-01"))
    terms = {"credits": [own], "spend_threshold_configuration": config}
    january, february = billed(tmp_path, ["70", "59"], terms)
    assert [row[:4] for row in lines(january)] == [
        ("p", 10, 1, 10),
        ("own applied", None, None, -10),
        ("p", 60, 1, 60),
        ("spent applied", None, None, -60),
        ("spent", 60, F("0.5"), 30),
    ]
    assert (due(january), due(february)) == ([("USAGE", 0), ("SCHEDULED", 30)], [("USAGE", 59)])
    assert [(row["amount"], row["balance_after"]) for row in january.ledger if row["balance"] != "own"] == [
        (60, 60),
        (-60, 0),
    ]


def alert(kind: str, threshold: str, **more: Any) -> dict[str, Any]:
    return {"id": kind, "name": kind, "alert_type": kind, "threshold": threshold, **more}


def crossed(bill: Bill) -> list[tuple[Any, ...]]:
    return [(row["alert"], row["value"], row["crossed_at"]) for row in bill.alerts]


def test_t33_spend_is_usage_before_balances_and_no_purchase(tmp_path: Path) -> None:
    own = prepaid("own", ("500", "2026-01-01", "2026-12-01"), bills=[("2026-01-02", "3000")])
    alerts = [
        alert("spend_threshold_reached", "10000"),
        alert("invoice_total_reached", "6500"),
        alert("low_remaining_commit_balance_reached", "0", customer="c"),
        alert("low_remaining_contract_credit_balance_reached", "0"),
        alert("low_remaining_commit_percentage_reached", "40"),
    ]
    january, february = billed(tmp_path, ["7000", "10000"], {"commits": [own]}, alerts=alerts)
    assert crossed(january) == [
        ("invoice_total_reached", 6500, datetime(2026, 2, 1)),
        ("low_remaining_commit_balance_reached", 0, datetime(2026, 2, 1)),
        ("low_remaining_commit_percentage_reached", 0, datetime(2026, 2, 1)),
    ]
    assert crossed(february) == [
        ("spend_threshold_reached", 10000, datetime(2026, 3, 1)),
        ("invoice_total_reached", 10000, datetime(2026, 3, 1)),
        ("low_remaining_commit_balance_reached", 0, datetime(2026, 2, 1)),
        ("low_remaining_commit_percentage_reached", 0, datetime(2026, 2, 1)),
    ]
