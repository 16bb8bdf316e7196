"""The oracle alone on scheduled charges and discounts."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.rating import bill
from tests.oracle.schedules import divided, divided_rounded, dues
from tests.oracle.small import contract, midnight, product, rate, rows, totals, workspace
from tests.oracle.tiny import event

F = Fraction
FEE = product("fee", "FIXED")


def charge(identity: str = "a", **schedule: Any) -> dict[str, Any]:
    return {"id": identity, "product": "fee", "schedule": schedule}


def item(day: str, **amount: Any) -> dict[str, Any]:
    return {"timestamp": midnight(day), **amount}


def recurring(start: str, end: str, frequency: str, distribution: str, **amount: Any) -> dict[str, Any]:
    span = {"starting_at": midnight(start), "ending_before": midnight(end)}
    return {"recurring_schedule": {**span, "frequency": frequency, "amount_distribution": distribution, **amount}}


def due(schedule: dict[str, Any]) -> list[Any]:
    return list(dues(schedule))


def test_t22_a_quarterly_platform_fee(tmp_path: Path) -> None:
    schedule = recurring("2024-11-01", "2025-11-01", "QUARTERLY", "EACH", unit_price=100000, quantity=1)
    terms = contract(start="2024-11-01", scheduled_charges=[charge(**schedule)])
    folder = workspace(tmp_path, [FEE], [], [terms])
    found = {}
    for year, number in [(2024, 11), (2024, 12), *((2025, number) for number in range(1, 13))]:
        for line in bill(folder, [], f"{year}-{number:02}").lines:
            found[line["starting_at"]] = (line["total"], line["type"], line["ending_before"], line["invoice_type"])
    days = (datetime(2024, 11, 1), datetime(2025, 2, 1), datetime(2025, 5, 1), datetime(2025, 8, 1))
    assert found == dict.fromkeys(days, (100000, "scheduled", None, "SCHEDULED"))


def test_t22_charges_on_the_usage_invoice_that_ends_then(tmp_path: Path) -> None:
    schedule = recurring("2026-01-01", "2026-04-01", "MONTHLY", "EACH", amount=75)
    terms = contract(
        scheduled_charges=[charge(**schedule), charge("b", schedule_items=[item("2026-02-10", amount=1)])],
        scheduled_charges_on_usage_invoices="ALL",
    )
    folder = workspace(tmp_path, [FEE, product("p")], [rate("p")], [terms])
    january = bill(folder, [event("2026-01-02T00:00:00Z", "c", "p", n="5")], "2026-01")
    # That of 1 January ends no statement; that of 1 February is January's.
    assert sorted(totals(january)) == [("k", "SCHEDULED", 75), ("k", "USAGE", 80)]
    assert rows(january, "starting_at", "period_ending_before", invoice_type="USAGE", type="scheduled") == [
        (datetime(2026, 2, 1), datetime(2026, 2, 1))
    ]
    assert sorted(totals(bill(folder, [], "2026-02"))) == [("k", "SCHEDULED", 1), ("k", "USAGE", 75)]
    assert totals(bill(folder, [], "2026-03")) == [("k", "USAGE", 0)]


def test_one_invoice_for_an_instant(tmp_path: Path) -> None:
    terms = contract(
        scheduled_charges=[
            charge(
                "a", schedule_items=[item("2026-03-31", unit_price="0.5", quantity="3"), item("2026-03-31", amount=0)]
            ),
            charge("b", do_not_invoice=True, schedule_items=[item("2026-03-31", amount=1000)]),
        ],
        discounts=[charge("d", schedule_items=[item("2026-03-31", unit_price=2)])],
        net_payment_terms_days=30,
    )
    folder = workspace(tmp_path, [FEE], [], [terms])
    result = bill(folder, [], "2026-03")
    columns = ("scheduled_charge_id", "discount_id", "quantity", "unit_price", "total")
    assert sorted(rows(result, *columns), key=str) == [
        ("a", None, 1, 0, 0),
        ("a", None, 3, F("0.5"), F("1.5")),
        (None, "d", 1, -2, -2),
    ]
    (invoice,) = [each for each in result.invoices if each["type"] == "SCHEDULED"]
    assert (invoice["total"], invoice["issued_at"], invoice["starting_at"], invoice["net_payment_terms_days"]) == (
        F("-0.5"),
        datetime(2026, 3, 31),
        None,
        30,
    )


@pytest.mark.parametrize(("day", "month"), [("2026-03-01", "2026-03"), ("2026-04-01", "2026-04")])
def test_the_first_instant_of_a_month_is_its_own(tmp_path: Path, day: str, month: str) -> None:
    terms = contract(
        ending_before=midnight("2026-02-01"), scheduled_charges=[charge(schedule_items=[item(day, amount=1)])]
    )
    folder = workspace(tmp_path, [FEE], [], [terms])
    found = [number for number in ("2026-02", "2026-03", "2026-04") if bill(folder, [], number).lines]
    assert found == [month]


def test_shares() -> None:
    third = F("33.333333333333333333")
    assert divided(F(100), 3) == [third, third + F(1, 10**18), third]
    assert divided(F(1), 4) == [F("0.25")] * 4
    assert divided_rounded(F("100.5"), 3) == [33, 33, F("34.5")]
    assert divided_rounded(F("0.5"), 2) == [0, F("0.5")]


def test_shares_of_a_price_times_a_quantity() -> None:
    schedule = recurring("2026-01-31", "2026-05-01", "MONTHLY", "DIVIDED_ROUNDED", unit_price="3.5", quantity=3)
    assert due(schedule) == [
        (datetime(2026, 1, 31), 2, 1),
        (datetime(2026, 2, 28), 2, 1),
        (datetime(2026, 3, 31), 2, 1),
        (datetime(2026, 4, 30), F("4.5"), 1),
    ]
    schedule = recurring("2026-01-31", "2027-01-31", "SEMI_ANNUAL", "EACH", unit_price="3.5", quantity=3)
    assert due(schedule) == [(datetime(2026, 1, 31), F("3.5"), 3), (datetime(2026, 7, 31), F("3.5"), 3)]


def test_the_name_is_that_of_the_date(tmp_path: Path) -> None:
    named = product("fee", "FIXED", updates=[{"starting_at": midnight("2026-03-10"), "name": "Fee"}])
    terms = contract(
        scheduled_charges=[charge(schedule_items=[item("2026-03-09", amount=1), item("2026-03-10", amount=1)])]
    )
    folder = workspace(tmp_path, [named], [], [terms])
    assert rows(bill(folder, [], "2026-03"), "name") == [("fee",), ("Fee",)]
