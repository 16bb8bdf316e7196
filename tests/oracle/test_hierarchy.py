"""The oracle alone on parents, children, payers and consolidated invoices."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.rating import Bill, bill
from tests.oracle.small import contract, midnight, product, rate, rows, workspace
from tests.oracle.tiny import event

CONCATENATE: dict[str, Any] = {
    "hierarchy_configuration": {"parent_behavior": {"invoice_consolidation_type": "CONCATENATE"}}
}


def child(
    identity: str, start: str, behavior: str = "CONSOLIDATE", payer: str = "PARENT", **more: Any
) -> dict[str, Any]:
    link = {"parent": {"contract_id": "k"}, "payer": payer, "usage_statement_behavior": behavior}
    return {**contract(identity, start, hierarchy_configuration=link, **more), "customer": "d"}


def billed(folder: Path, *contracts: dict[str, Any], month: str = "2026-01") -> Bill:
    made = workspace(folder, [product("p")], [rate("p", "2")], contracts)
    events = [
        event("2026-01-20T00:00:00Z", customer, "p", n=quantity) for customer, quantity in (("c", "1"), ("d", "10"))
    ]
    return bill(made, events, month)


def consolidated(result: Bill) -> list[Any]:
    return [each for each in result.invoices if each["type"] == "USAGE_CONSOLIDATED"]


def test_t34_a_childs_period_inside_the_parents(tmp_path: Path) -> None:
    charge = {"product": "fee", "schedule": {"schedule_items": [{"timestamp": midnight("2026-01-20"), "amount": 1}]}}
    parent = contract(**CONCATENATE, net_payment_terms_days=7, scheduled_charges=[charge])
    children = [child("j", "2026-01-05", ending_before=midnight("2026-02-01"))]
    made = workspace(tmp_path, [product("p"), product("fee", "FIXED")], [rate("p", "2")], [parent, *children])
    events = [
        event("2026-01-20T00:00:00Z", customer, "p", n=quantity) for customer, quantity in (("c", "1"), ("d", "10"))
    ]
    result = bill(made, events, "2026-01")
    (both,) = consolidated(result)
    assert {
        key: both[key] for key in ("customer", "contract", "starting_at", "ending_before", "issued_at", "total")
    } == {
        "customer": "c",
        "contract": "k",
        "starting_at": datetime(2026, 1, 1),
        "ending_before": datetime(2026, 2, 1),
        "issued_at": datetime(2026, 2, 2),
        "total": 22,
    }
    assert both["constituent_invoices"] == (
        ("k", datetime(2026, 1, 1), datetime(2026, 2, 1)),
        ("j", datetime(2026, 1, 5), datetime(2026, 2, 1)),
    )
    columns = ("customer", "origin_customer", "origin_contract", "origin_invoice_starting_at", "starting_at", "total")
    assert rows(result, *columns, invoice_type="USAGE_CONSOLIDATED") == [
        ("c", "c", "k", datetime(2026, 1, 1), datetime(2026, 1, 1), 2),
        ("c", "d", "j", datetime(2026, 1, 5), datetime(2026, 1, 5), 20),
    ]
    assert rows(result, "contract", "origin_contract", invoice_type="USAGE") == [("k", None), ("j", None)]
    assert [(each["type"], each["payer_customer"]) for each in result.invoices if each["contract"] == "j"] == [
        ("USAGE", "c")
    ]


@pytest.mark.parametrize(
    "other",
    [
        child("j", "2025-12-28", usage_statement_schedule={"frequency": "MONTHLY", "day": "CONTRACT_START"}),
        child("j", "2026-01-05", ending_before=midnight("2026-01-31")),
        child("j", "2025-11-05", usage_statement_schedule={"frequency": "QUARTERLY", "day": "CUSTOM_DATE",
                                                           "billing_anchor_date": midnight("2025-11-01")}),
        child("j", "2026-01-05", "SEPARATE"),
    ],
)  # fmt: skip
def test_t34_a_childs_period_that_does_not_fit(tmp_path: Path, other: dict[str, Any]) -> None:
    result = billed(tmp_path, contract(**CONCATENATE), other)
    assert len(result.invoices) == 2
    assert consolidated(result) == []


def test_a_parent_that_does_not_concatenate(tmp_path: Path) -> None:
    result = billed(tmp_path, contract(), child("j", "2026-01-05"), child("i", "2026-01-05", "SEPARATE", "SELF"))
    assert consolidated(result) == []
    assert [each["payer_customer"] for each in result.invoices] == ["c", "c", "d"]
