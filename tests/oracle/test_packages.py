"""The oracle alone on packages."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.catalog import read_catalog
from tests.oracle.packages import later
from tests.oracle.rating import bill
from tests.oracle.small import contract, midnight, product, rate, rows, workspace
from tests.oracle.tiny import event

START = datetime(2026, 1, 31)


def length(unit: str, value: int) -> dict[str, Any]:
    return {"unit": unit, "value": value}


PACKAGE = {
    "id": "pack",
    "name": "Pack",
    "aliases": [{"name": "start", "ending_before": midnight("2026-02-01")}],
    "contract_name": "A pack",
    "duration": length("MONTHS", 6),
    "rate_card": "r",
    "usage_statement_schedule": {"frequency": "MONTHLY", "day": "CONTRACT_START"},
    "net_payment_terms_days": 10,
    "overrides": [
        {
            "id": "o",
            "type": "MULTIPLIER",
            "multiplier": 0.5,
            "starting_at_offset": length("DAYS", 7),
            "duration": length("WEEKS", 1),
        }
    ],
    "scheduled_charges": [
        {
            "id": "a",
            "product": "fee",
            "schedule": {"schedule_items": [{"amount": 3, "starting_at_offset": length("DAYS", 1)}]},
        },
        {
            "id": "b",
            "product": "fee",
            "schedule": {
                "recurring_schedule": {
                    "starting_at_offset": length("MONTHS", 1),
                    "duration": length("MONTHS", 2),
                    "frequency": "MONTHLY",
                    "amount_distribution": "DIVIDED",
                    "amount": 20,
                }
            },
        },
    ],
    "subscriptions": [
        {
            "id": "s",
            "subscription_rate": {"product": "seat", "billing_frequency": "MONTHLY"},
            "collection_schedule": "ADVANCE",
            "starting_at_offset": length("MONTHS", 1),
            "duration": length("DAYS", 14),
        }
    ],
}
PRODUCTS = [product("p"), product("fee", "FIXED"), product("seat", "SUBSCRIPTION")]
RATES = [rate("p", "10"), rate("seat", "31", billing_frequency="MONTHLY")]


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [
        ("DAYS", 1, datetime(2026, 2, 1)),
        ("weeks", 2, datetime(2026, 2, 14)),
        ("MONTHS", 1, datetime(2026, 2, 28)),
        ("MONTHS", 13, datetime(2027, 2, 28)),
        ("YEARS", 2, datetime(2028, 1, 31)),
    ],
)
def test_later(unit: str, value: int, expected: datetime) -> None:
    assert later(START, length(unit, value)) == expected


@pytest.mark.parametrize("reference", [{"package_id": "pack"}, {"package": "Pack"}, {"package_alias": "start"}])
def test_a_contract_of_a_package(tmp_path: Path, reference: dict[str, str]) -> None:
    own = contract(start="2026-01-31", custom_fields={"x": "y"}, **reference)
    folder = workspace(tmp_path, PRODUCTS, RATES, [own], packages=[PACKAGE])
    read = read_catalog(folder)["contracts"]["k"]
    assert (read["name"], read["ending_before"], read["net_payment_terms_days"], read["custom_fields"]) == (
        "A pack",
        datetime(2026, 7, 31),
        10,
        (("x", "y"),),
    )
    february = bill(folder, [event("2026-02-10T00:00:00Z", "c", "p", n="1")], "2026-02")
    assert rows(february, "product", "starting_at", "quantity", "unit_price", "invoice_type") == [
        ("p", datetime(2026, 1, 31), 0, 10, "USAGE"),
        ("fee", datetime(2026, 2, 1), 1, 3, "SCHEDULED"),
        ("p", datetime(2026, 2, 7), 1, 5, "USAGE"),
        ("p", datetime(2026, 2, 14), 0, 10, "USAGE"),
        # 14 of the 31 days from 28 February to 31 March
        ("seat", datetime(2026, 2, 28), 1, 14, "USAGE"),
        ("fee", datetime(2026, 2, 28), 1, 10, "SCHEDULED"),
    ]
    march = bill(folder, [], "2026-03")
    assert rows(march, "starting_at", "total", "scheduled_charge_id", type="scheduled") == [
        (datetime(2026, 3, 28), Fraction(10), "b")
    ]


def test_an_alias_is_that_of_the_start(tmp_path: Path) -> None:
    other = {
        "id": "other",
        "name": "Other",
        "rate_card": "r",
        "aliases": [{"name": "start", "starting_at": midnight("2026-02-01")}],
        "contract_name": "Another",
    }
    own = [contract(start="2026-02-01", package_alias="start", name="mine"), contract("j", package_alias="start")]
    folder = workspace(tmp_path, PRODUCTS, RATES, own, packages=[PACKAGE, other])
    read = read_catalog(folder)["contracts"]
    assert [(each["name"], each["ending_before"]) for each in read.values()] == [
        ("mine", None),
        ("A pack", datetime(2026, 7, 1)),
    ]


def test_an_alias_of_a_rate_card(tmp_path: Path) -> None:
    card = {"aliases": [{"name": "standard", "starting_at": midnight("2026-01-01")}]}
    own = contract(rate_card_alias="standard")
    folder = workspace(tmp_path, PRODUCTS, RATES, [own], card=card)
    assert read_catalog(folder)["contracts"]["k"]["card"] == "r"
