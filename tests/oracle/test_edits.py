"""The oracle alone on contract edits and transitions."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.catalog import read_catalog
from tests.oracle.rating import Bill, bill
from tests.oracle.small import contract, midnight, product, rate, rows, totals, workspace
from tests.oracle.tiny import event

PRODUCTS = [product("p"), product("fee", "FIXED"), product("seat", "SUBSCRIPTION")]
RATES = [rate("p", "10"), rate("seat", "31", billing_frequency="MONTHLY")]


def item(identity: str, day: str, **amount: Any) -> dict[str, Any]:
    return {"id": identity, "timestamp": midnight(day), **amount}


def charge(identity: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"id": identity, "product": "fee", "schedule": {"schedule_items": list(items)}}


def seats(identity: str = "s", **more: Any) -> dict[str, Any]:
    rate_of = {"product": "seat", "billing_frequency": "MONTHLY"}
    return {"id": identity, "subscription_rate": rate_of, "collection_schedule": "ARREARS", **more}


def times(identity: str, multiplier: str) -> dict[str, Any]:
    body = {"type": "MULTIPLIER", "multiplier": multiplier, "starting_at": midnight("2020-01-01")}
    return {"id": identity, **body}


def edited(folder: Path, first: dict[str, Any], *edits: dict[str, Any], month: str = "2026-03") -> Bill:
    made = workspace(
        folder,
        PRODUCTS,
        RATES,
        [first],
        contract_edits=[{"contract_id": "k", "customer_id": "c", **edit} for edit in edits],
    )
    return bill(made, [event("2026-03-02T00:00:00Z", "c", "p", n="1")], month)


def test_overrides_come_and_go(tmp_path: Path) -> None:
    first = contract(overrides=[times("a", "0.5"), times("b", "0.9")])
    result = edited(tmp_path, first, {"remove_overrides": [{"id": "a"}]}, {"add_overrides": [times("c", "0.9")]})
    assert rows(result, "override_id", "override", "unit_price") == [("c", 1, 9)]


def test_charges_and_their_items(tmp_path: Path) -> None:
    first = contract(
        scheduled_charges=[
            charge("a", item("a1", "2026-03-01", amount=1), item("a2", "2026-03-02", unit_price=2, quantity=2)),
            charge("b", item("b1", "2026-03-03", amount=100)),
        ]
    )
    changed = {
        "scheduled_charge_id": "a",
        "invoice_schedule": {
            "add_schedule_items": [item("a3", "2026-03-05", amount=5)],
            "update_schedule_items": [{"id": "a2", "quantity": 3}],
            "remove_schedule_items": [{"id": "a1"}],
        },
    }
    once = {"archive_scheduled_charges": [{"id": "b"}], "update_scheduled_charges": [changed]}
    again = {
        "scheduled_charge_id": "a",
        "invoice_schedule": {
            "update_schedule_items": [
                {"id": "a3", "timestamp": midnight("2026-03-06"), "quantity": 2},
                {"id": "a2", "amount": 7},
            ]
        },
    }
    result = edited(
        tmp_path,
        first,
        once,
        {"add_scheduled_charges": [charge("c", item("c1", "2026-03-08", amount=8))], "add_discounts": []},
        {"update_scheduled_charges": [again], "add_discounts": [charge("d", item("d1", "2026-03-09", amount=9))]},
    )
    assert rows(result, "starting_at", "quantity", "unit_price", type="scheduled") == [
        (datetime(2026, 3, 2), 1, 7),
        (datetime(2026, 3, 6), 2, 5),
        (datetime(2026, 3, 8), 1, 8),
        (datetime(2026, 3, 9), 1, -9),
    ]


def test_subscriptions(tmp_path: Path) -> None:
    first = contract(subscriptions=[seats(quantity_updates=[{"starting_at": midnight("2026-03-01"), "quantity": 12}])])
    delta = {
        "subscription_id": "s",
        "quantity_updates": [{"starting_at": midnight("2026-03-01"), "quantity_delta": -1}],
    }
    end = {
        "subscription_id": "s",
        "ending_before": midnight("2026-03-16"),
        "proration_rounding": {"rounding_method": "CEILING", "decimal_places": -1},
    }
    result = edited(
        tmp_path,
        first,
        {"update_subscriptions": [delta]},
        {"add_subscriptions": [seats("t")], "update_subscriptions": [end]},
    )
    # 15 of 31 days at 31 a month are 15.
    assert rows(result, "subscription_id", "quantity", "unit_price", type="subscription") == [
        ("s", 11, 20),
        ("t", 1, 31),
    ]


def test_an_earlier_end_ends_everything(tmp_path: Path) -> None:
    first = contract(
        ending_before=midnight("2027-01-01"),
        subscriptions=[seats()],
        scheduled_charges=[charge("a", item("1", "2026-03-15", amount=1), item("2", "2026-03-16", amount=2))],
    )
    result = edited(tmp_path, first, {"update_contract_end_date": midnight("2026-03-16"), "update_contract_name": "x"})
    assert sorted(totals(result)) == [("k", "SCHEDULED", 1), ("k", "USAGE", 10 + 15)]
    (usage,) = [each for each in result.invoices if each["type"] == "USAGE"]
    assert (usage["ending_before"], usage["issued_at"]) == (datetime(2026, 3, 16), datetime(2026, 3, 17))


def test_a_later_end_is_only_a_longer_contract(tmp_path: Path) -> None:
    first = contract(
        ending_before=midnight("2026-03-16"),
        subscriptions=[seats(), seats("own", ending_before=midnight("2026-03-21"))],
        scheduled_charges=[charge("a", item("1", "2026-03-20", amount=1))],
    )
    longer = {"update_contract_end_date": midnight("2026-05-01"), "add_subscriptions": [seats("new")]}
    result = edited(tmp_path, first, longer)
    assert rows(result, "subscription_id", "ending_before", type="subscription") == [
        ("s", datetime(2026, 3, 16)),
        ("own", datetime(2026, 3, 21)),
        ("new", datetime(2026, 4, 1)),
    ]
    # No end was moved to an earlier day, so the charge stays.
    assert rows(result, "total", type="scheduled") == [(1,)]


def test_what_an_earlier_end_removed_does_not_come_back(tmp_path: Path) -> None:
    first = contract(subscriptions=[seats()], scheduled_charges=[charge("a", item("1", "2026-03-20", amount=1))])
    ends = [{"update_contract_end_date": midnight(day)} for day in ("2026-03-16", "2026-06-01")]
    result = edited(tmp_path, first, *ends, {"update_net_payment_terms_days": 14})
    assert rows(result, "type", "ending_before") == [
        ("usage", datetime(2026, 4, 1)),
        ("subscription", datetime(2026, 3, 16)),
    ]
    assert [each["net_payment_terms_days"] for each in result.invoices] == [14]


@pytest.mark.parametrize("old_end", [None, "2026-03-20", "2026-03-05"])
def test_a_renewal_ends_what_it_renews(tmp_path: Path, old_end: str | None) -> None:
    end = {"ending_before": midnight(old_end)} if old_end else {}
    charges = [charge("a", item("1", "2026-03-09", amount=1), item("2", "2026-03-11", amount=2))]
    old = contract("old", name="Old", scheduled_charges=charges, **end)
    new = contract("new", "2026-03-11", transition={"type": "RENEWAL", "from_contract": "Old"})
    other = {**contract("other", name="Old"), "customer": "d"}
    folder = workspace(tmp_path, PRODUCTS, RATES, [old, new, other])
    read = read_catalog(folder)["contracts"]
    assert read["old"]["ending_before"] == datetime(2026, 3, 5 if old_end == "2026-03-05" else 11)
    assert read["other"]["ending_before"] is None
    result = bill(folder, [event(f"2026-03-{day}T00:00:00Z", "c", "p", n="1") for day in ("02", "12")], "2026-03")
    assert rows(result, "contract", "total", product="p") == [("old", 10), ("other", 0), ("new", 10)]
    assert rows(result, "total", type="scheduled") == [(1,)]
