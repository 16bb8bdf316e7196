"""Subscriptions and scheduled charges of a catalog as the tables that the stages start from."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.rating.charges import charge_inputs
from engine.values.period import ALWAYS
from tests.rating.recurring import at, month

MAY = month("2025-05")
SEATS = {
    "id": "s",
    "subscription_rate": {"product_id": "seats", "billing_frequency": "MONTHLY"},
    "collection_schedule": "ADVANCE",
}


def table(name: str, *contracts: dict[str, Any]) -> list[dict[str, Any]]:
    made = [
        Contract.model_validate(
            {"id": f"c{number}", "customer_id": "x", "rate_card_id": "r", "starting_at": at("2025-01-15")} | contract
        )
        for number, contract in enumerate(contracts)
    ]
    rows: list[dict[str, Any]] = charge_inputs(Catalog.model_construct(contracts=tuple(made)), MAY)[name].to_pylist()
    return rows


def charge(schedule: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"id": "fee", "product_id": "fee", "schedule": schedule} | more


def test_a_subscription_that_says_little() -> None:
    (row,) = table("subscriptions", {"subscriptions": [SEATS]})
    assert row == {
        "subscription_no": 0,
        "subscription_id": "s",
        "contract_id": "c0",
        "subscription_name": None,
        "product_id": "seats",
        "billing_frequency": "MONTHLY",
        "starting_at": at("2025-01-15"),
        "ending_before": ALWAYS.ending_before,
        "anchor_at": at("2025-01-01"),
        "collection_schedule": "ADVANCE",
        "is_prorated": True,
        "bill_immediately": True,
        "rounding_method": None,
        "rounding_places": None,
        "on_usage_invoice": True,
        "custom_fields": None,
    }


def test_a_subscription_that_says_all() -> None:
    full = SEATS | {
        "name": "Seats",
        "starting_at": "2025-02-01T00:00:00Z",
        "ending_before": "2025-08-01T00:00:00Z",
        "proration": {
            "is_prorated": False,
            "invoice_behavior": "BILL_ON_NEXT_COLLECTION_DATE",
            "rounding": {"rounding_method": "FLOOR", "decimal_places": -2},
        },
        "billing_cycle_config": {
            "anchor_date": "2025-01-31T00:00:00Z",
            "invoice_placement": "ON_SCHEDULED_INVOICE",
        },
        "custom_fields": {"b": "ü", "a": '"'},
    }
    (row,) = table("subscriptions", {"subscriptions": [full]})
    assert (row["starting_at"], row["ending_before"], row["anchor_at"]) == (
        at("2025-02-01"),
        at("2025-08-01"),
        at("2025-01-31"),
    )
    assert (row["subscription_name"], row["is_prorated"], row["bill_immediately"]) == ("Seats", False, False)
    assert (row["rounding_method"], row["rounding_places"], row["on_usage_invoice"]) == ("FLOOR", -2, False)
    assert row["custom_fields"] == '{"a":"\\"","b":"ü"}'


def test_arrears_bills_increases_at_the_end_unless_said() -> None:
    (row,) = table("subscriptions", {"subscriptions": [SEATS | {"collection_schedule": "ARREARS"}]})
    assert (row["collection_schedule"], row["bill_immediately"]) == ("ARREARS", False)


@pytest.mark.parametrize(
    ("schedule", "anchor"),
    [
        ({"frequency": "MONTHLY"}, "2025-05-01"),
        ({"frequency": "ANNUAL"}, "2025-05-01"),
        ({"frequency": "QUARTERLY"}, "2025-04-01"),
        ({"frequency": "QUARTERLY", "day": "CONTRACT_START"}, "2025-05-20T06"),
        ({"day": "CUSTOM_DATE", "billing_anchor_date": "2025-06-03T00:00:00Z"}, "2025-06-03"),
    ],
)
def test_without_an_anchor_of_its_own_it_is_counted_from_where_statements_are(
    schedule: dict[str, str], anchor: str
) -> None:
    contract = {"starting_at": at("2025-05-20T06"), "usage_statement_schedule": schedule, "subscriptions": [SEATS]}
    assert [row["anchor_at"] for row in table("subscriptions", contract)] == [at(anchor)]


def test_the_term_is_cut_to_the_contracts_and_an_empty_one_is_left_out() -> None:
    subscriptions = [
        SEATS | {"id": "wider", "starting_at": "2024-01-01T00:00:00Z", "ending_before": "2027-01-01T00:00:00Z"},
        SEATS | {"id": "before", "starting_at": "2024-01-01T00:00:00Z", "ending_before": "2025-01-15T00:00:00Z"},
        SEATS | {"id": "after", "starting_at": "2025-07-01T00:00:00Z"},
        SEATS | {"id": "inside", "starting_at": "2025-06-30T23:00:00Z"},
    ]
    contract = {"ending_before": at("2025-07-01"), "subscriptions": subscriptions}
    found = [
        (row["subscription_no"], row["subscription_id"], row["starting_at"], row["ending_before"])
        for row in table("subscriptions", contract)
    ]
    assert found == [
        (0, "wider", at("2025-01-15"), at("2025-07-01")),
        (1, "inside", at("2025-06-30T23"), at("2025-07-01")),
    ]


def test_updates_of_one_instant_take_effect_in_the_order_written() -> None:
    updates = [
        {"starting_at": "2025-05-21T00:00:00Z", "quantity": 12},
        {"starting_at": "2025-05-21T00:00:00Z", "quantity_delta": -1},
        {"starting_at": "2025-01-01T00:00:00Z", "quantity": "2.5"},
    ]
    contract = {"subscriptions": [SEATS, SEATS | {"id": "t", "quantity_updates": updates}]}
    found = [tuple(row.values()) for row in table("subscription_quantities", contract)]
    assert found == [
        (0, at("2025-01-15"), Decimal(1)),
        (1, at("2025-01-15"), Decimal("2.5")),
        (1, at("2025-05-21"), Decimal(11)),
    ]


def test_charges_of_the_billing_period_and_both_its_ends() -> None:
    instants = ["2025-04-30T23:59:59Z", "2025-05-01T00:00:00Z", "2025-06-01T00:00:00Z", "2025-06-01T00:00:01Z"]
    items = [{"timestamp": instant, "unit_price": "0.5", "quantity": 3} for instant in instants]
    contract = {"scheduled_charges": [charge({"schedule_items": items}, name="Fee", custom_fields={"k": "v"})]}
    first, second = table("scheduled_charges", contract)
    assert (first["charged_at"], second["charged_at"]) == (at("2025-05-01"), at("2025-06-01"))
    assert first | {"charged_at": None} == {
        "scheduled_charge_id": "fee",
        "discount_id": None,
        "balance_id": None,
        "contract_id": "c0",
        "product_id": "fee",
        "charge_name": "Fee",
        "charged_at": None,
        "occurrence_no": 1,
        "quantity": Decimal(3),
        "unit_price": Decimal("0.5"),
        "total": Decimal("1.5"),
        "custom_fields": '{"k":"v"}',
    }


def test_a_discount_is_negative_to_its_last_digit() -> None:
    amount = "12345678901.123456789012345678"
    items = [{"timestamp": "2025-05-02T00:00:00Z", "amount": amount}]
    (row,) = table("scheduled_charges", {"discounts": [charge({"schedule_items": items})]})
    assert (row["scheduled_charge_id"], row["discount_id"], row["quantity"]) == (None, "fee", 1)
    assert row["unit_price"] == row["total"] == Decimal(f"-{amount}")


def test_a_divided_amount_is_shared_out_exactly() -> None:
    recurring = {
        "starting_at": "2025-04-01T00:00:00Z",
        "ending_before": "2025-07-01T00:00:00Z",
        "frequency": "MONTHLY",
        "amount_distribution": "DIVIDED",
        "amount": 100,
    }
    rows = table("scheduled_charges", {"scheduled_charges": [charge({"recurring_schedule": recurring})]})
    assert [(row["charged_at"], row["total"]) for row in rows] == [
        (at("2025-05-01"), Decimal("33.333333333333333334")),
        (at("2025-06-01"), Decimal("33.333333333333333333")),
    ]


def test_equal_charges_are_told_apart_in_the_same_way_by_every_run() -> None:
    twice = [{"timestamp": instant, "amount": 5} for instant in ("2025-05-01T00:00:00Z", "2025-06-01T00:00:00Z") * 2]
    rows = table("scheduled_charges", {"scheduled_charges": [charge({"schedule_items": twice})]})
    assert [(row["charged_at"], row["occurrence_no"]) for row in rows] == [
        (at("2025-05-01"), 1),
        (at("2025-05-01"), 2),
        (at("2025-06-01"), 1),
        (at("2025-06-01"), 2),
    ]


@pytest.mark.parametrize(
    ("terms_end_at", "left"), [("2025-05-10", []), ("2025-05-10T01", ["2025-05-10"]), ("2025-04-01", [])]
)
def test_charges_stop_where_the_terms_end(terms_end_at: str, left: list[str]) -> None:
    items = [{"timestamp": "2025-05-10T00:00:00Z", "amount": 5}, {"timestamp": "2025-05-20T00:00:00Z", "amount": 5}]
    contract = {"terms_end_at": at(terms_end_at), "scheduled_charges": [charge({"schedule_items": items})]}
    assert [row["charged_at"] for row in table("scheduled_charges", contract)] == [at(day) for day in left]


def test_what_is_not_invoiced_is_left_out() -> None:
    items = [{"timestamp": "2025-05-10T00:00:00Z", "amount": 5}]
    contract = {"scheduled_charges": [charge({"schedule_items": items, "do_not_invoice": True})]}
    assert table("scheduled_charges", contract) == []


def test_an_amount_beyond_the_exact_types_is_null() -> None:
    items = [
        {"timestamp": "2025-05-10T00:00:00Z", "unit_price": "99999999999999999999.5", "quantity": "0.5"},
        {"timestamp": "2025-05-11T00:00:00Z", "amount": "999999999999.999999999999999999"},
        {"timestamp": "2025-05-12T00:00:00Z", "amount": "1000000000000"},
    ]
    rows = table("scheduled_charges", {"discounts": [charge({"schedule_items": items})]})
    assert [(row["unit_price"], row["total"]) for row in rows] == [
        (Decimal("-99999999999999999999.5"), None),
        (Decimal("-999999999999.999999999999999999"),) * 2,
        (Decimal(-1000000000000), None),
    ]


def test_a_catalog_without_any_has_empty_tables() -> None:
    tables = charge_inputs(Catalog(), MAY)
    assert {name: found.num_rows for name, found in tables.items()} == {
        "subscriptions": 0,
        "subscription_quantities": 0,
        "scheduled_charges": 0,
    }
