"""The oracle alone on recurring commits and credits: periods, parts of them, invoices, seats (spec/rating.md §6.2)."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.credit_types import USD, CreditTypes
from tests.oracle.granted import DEPOSIT, due, entries, hold, lines
from tests.oracle.grants import grants, read_recurring
from tests.oracle.rating import Bill, bill_months
from tests.oracle.seats import assignments
from tests.oracle.small import contract, midnight, product, rate, workspace
from tests.oracle.subscriptions import read_subscription
from tests.oracle.tiny import event
from tests.oracle.written import Named

F = Fraction
PRODUCTS = Named({name: {"name": name} for name in ("deposit", "seat")})


def recurring(amount: str, since: str, **more: Any) -> dict[str, Any]:
    access = {"unit_price": amount, **({} if "subscription_config" in more else {"quantity": "1"})}
    return {
        "id": "rec",
        "name": "rec",
        "product": "deposit",
        "access_amount": access,
        "commit_duration": {"value": "1"},
        "starting_at": midnight(since),
        **more,
    }


def made(
    item: dict[str, Any],
    until: str,
    ends: str | None = None,
    subscription: dict[str, Any] | None = None,
    schedule: dict[str, Any] | None = None,
) -> list[Any]:
    """The grants under a contract that starts in January 2026."""
    terms: dict[str, Any] = {
        "starting_at": datetime(2026, 1, 1),
        "ending_before": datetime.fromisoformat(ends) if ends else None,
        "terms_end_at": None,
        "frequency": "MONTHLY",
        "day": "FIRST_OF_MONTH",
        "anchor": None,
        **(schedule or {}),
    }
    terms["subscriptions"] = [read_subscription(subscription, terms, PRODUCTS, "x")] if subscription else []
    read = read_recurring(item, PRODUCTS, CreditTypes([]), USD, "recurring_commits")
    return list(grants(terms, read, datetime.fromisoformat(until)))


def shown(found: list[Any]) -> list[tuple[Any, ...]]:
    return [(f"{each.starting_at:%m-%d}", f"{each.ending_before:%m-%d}", each.amount) for each in found]


def test_t23_a_part_of_the_first_month(tmp_path: Path) -> None:
    item = recurring("30", "2026-01-21", invoice_amount={"unit_price": "20", "quantity": "1"})
    first, second, _ = made(item, "2026-03-01")
    assert (first.amount, second.amount) == (F("10.645161290323"), 30)
    assert first.purchases == [(datetime(2026, 1, 21), F("7.096774193548"), 1)]
    assert second.purchases == [(datetime(2026, 2, 1), 20, 1)]
    assert shown([first, second])[1][:2] == ("02-01", "03-01")


@pytest.mark.parametrize(
    ("proration", "amounts"),
    [
        ("NONE", [31, 31, 31]),
        ("FIRST", [30, 31, 31]),
        ("LAST", [31, 31, 5]),
        ("FIRST_AND_LAST", [30, 31, 5]),
    ],
)
def test_which_parts_are_smaller(proration: str, amounts: list[int]) -> None:
    item = recurring("31", "2026-01-02", proration=proration, ending_before=midnight("2026-03-06"))
    assert [each.amount for each in made(item, "2026-06-01")] == amounts


@pytest.mark.parametrize(
    ("method", "places", "amount"),
    [("HALF_UP", 0, 11), ("FLOOR", 1, F("10.6")), ("CEILING", -1, 20), ("HALF_UP", -2, 0)],
)
def test_parts_are_rounded(method: str, places: int, amount: Fraction) -> None:
    rounding = {"access": {"rounding_method": method, "decimal_places": places}}
    assert made(recurring("30", "2026-01-21", proration_rounding=rounding), "2026-01-31")[0].amount == amount


def test_periods_of_its_own_do_not_drift() -> None:
    item = recurring("5", "2026-01-31", recurrence_frequency="MONTHLY")
    assert shown(made(item, "2026-03-31")) == [
        ("01-31", "02-28", 5),
        ("02-28", "03-31", 5),
        ("03-31", "04-30", 5),
    ]
    daily = recurring("5", "2026-01-30", recurrence_frequency="DAILY")
    assert shown(made(daily, "2026-02-01")) == [("01-30", "01-31", 5), ("01-31", "02-01", 5), ("02-01", "02-02", 5)]
    weekly = recurring("5", "2026-01-01")
    on_thursdays = {"frequency": "WEEKLY", "day": "CONTRACT_START"}
    assert shown(made(weekly, "2026-01-08", schedule=on_thursdays)) == [("01-01", "01-08", 5), ("01-08", "01-15", 5)]


def test_a_grant_lives_for_some_periods_and_ends_with_its_contract() -> None:
    item = recurring("28", "2026-01-01", commit_duration={"value": "2"})
    assert shown(made(item, "2026-03-01", ends="2026-02-15")) == [("01-01", "02-15", 28), ("02-01", "02-15", 14)]


def seats(**more: Any) -> dict[str, Any]:
    return {
        "id": "s",
        "subscription_rate": {"product": "seat", "billing_frequency": "MONTHLY"},
        "collection_schedule": "ADVANCE",
        **more,
    }


def linked(allocation: str, is_prorated: bool) -> dict[str, Any]:
    increase = {"is_prorated": is_prorated}
    return {"subscription_id": "s", "allocation": allocation, "apply_seat_increase_config": increase}


def test_a_pool_grows_by_more_than_ever_before() -> None:
    updates = [
        {"starting_at": midnight(day), "quantity": quantity}
        for day, quantity in (("2026-01-11", "6"), ("2026-01-15", "2"), ("2026-01-21", "7"))
    ]
    subscription = seats(initial_quantity="4", quantity_updates=updates)
    whole, prorated = (
        made(
            recurring("31", "2026-01-01", subscription_config=linked("POOLED", each)), "2026-02-01", None, subscription
        )
        for each in (False, True)
    )
    moments = [datetime(2026, 1, 11), datetime(2026, 1, 21)]
    assert [each.amount for each in whole] == [124, 217]
    assert whole[0].increases == list(zip(moments, (62, 31), strict=True))
    # 21 days of two, 11 days of one
    assert prorated[0].increases == list(zip(moments, (42, 11), strict=True))


def test_seats_of_their_own() -> None:
    def at(day: str, *names: str) -> dict[str, Any]:
        return {"starting_at": midnight(day), "seat_ids": list(names)}

    config = {"initial_seat_ids": ["a"], "initial_unassigned_seats": "3", "seat_group_key": "user"}
    updates = {"add_seat_ids": [at("2026-01-11", "b")], "remove_seat_ids": [at("2026-01-20", "a", "b")]}
    subscription = seats(quantity_management_mode="SEAT_BASED", seat_config=config, seat_updates=updates)
    item = recurring("31", "2026-01-01", subscription_config=linked("INDIVIDUAL", True))
    found = made(item, "2026-01-31", None, subscription)
    assert [each.seat for each in found] == [("user", "a"), ("user", "b")]
    assert shown(found) == [("01-01", "02-01", 31), ("01-11", "02-01", 21)]
    assert made(item, "2026-02-27", None, subscription)[2:] == []
    assert [sorted(each) for _, each in assignments(subscription)] == [["a"], ["a", "b"], []]


def billed(folder: Path, periods: list[str], terms: dict[str, Any], **usage: str) -> list[Bill]:
    products = [product("p", presentation_group_key=["org"]), product("seat", "SUBSCRIPTION"), DEPOSIT]
    rates = [rate("p", "1"), rate("seat", "10000", billing_frequency="ANNUAL")]
    folder = workspace(folder, products, rates, [terms])
    events = [event(f"{periods[0]}-05T00:00:00Z", "c", "p", n=n, org=org) for org, n in usage.items()]
    bills = bill_months(folder, events, periods)
    hold(bills)
    return bills


def test_t22_purchases_on_usage_invoices(tmp_path: Path) -> None:
    item = recurring("100", "2026-01-01", invoice_amount={"unit_price": "75", "quantity": "1"})
    terms = contract(recurring_commits=[item], scheduled_charges_on_usage_invoices="ALL")
    january, february = billed(tmp_path, ["2026-01", "2026-02"], terms, x="130")
    assert due(january) == [("USAGE", 105), ("SCHEDULED", 75)]
    assert lines(january, type="commit_purchase", invoice_type="USAGE")[0][:4] == ("rec", 1, 75, 75)
    assert due(february) == [("USAGE", 75)]
    assert [row["type"].removeprefix("PREPAID_COMMIT_") for row in (*january.ledger, *february.ledger)] == [
        "SEGMENT_START",
        "AUTOMATED_INVOICE_DEDUCTION",
        "SEGMENT_START",
        "EXPIRATION",
    ]


def test_t31_a_seat_more_brings_its_part(tmp_path: Path) -> None:
    more = [{"starting_at": midnight("2025-07-03"), "quantity_delta": "1"}]
    annual = seats(initial_quantity="4", quantity_updates=more)
    annual["subscription_rate"] = {"product": "seat", "billing_frequency": "ANNUAL"}
    of_usage = {"applicable_product_ids": ["p"]}
    item = recurring("100", "2025-06-01", subscription_config=linked("POOLED", True), **of_usage)
    july_first = {"billing_anchor_date": midnight("2025-06-01"), "day": "CUSTOM_DATE"}
    terms = contract(
        start="2025-06-01", subscriptions=[annual], recurring_credits=[item], usage_statement_schedule=july_first
    )
    june, july = billed(tmp_path, ["2025-06", "2025-07"], terms)
    assert due(june) == [("USAGE", 0), ("SCHEDULED", 40000)]
    assert [row["amount"] for row in june.ledger] == [400, -400]
    added = F("93.548387096774")
    assert [(row["type"], row["amount"]) for row in july.ledger] == [
        ("CREDIT_SEGMENT_START", 400),
        ("CREDIT_EXPIRATION", -400),
        ("CREDIT_SEAT_BASED_ADJUSTMENT", added),
        ("CREDIT_EXPIRATION", -added),
    ]
    # 333 of 365 days
    assert due(july) == [("USAGE", 0), ("SCHEDULED", F("9123.287671232877"))]


def test_a_seat_pays_for_itself_only(tmp_path: Path) -> None:
    config = {"initial_seat_ids": ["x", "y"], "seat_group_key": "org"}
    annual = seats(quantity_management_mode="SEAT_BASED", seat_config=config)
    annual["subscription_rate"] = {"product": "seat", "billing_frequency": "ANNUAL"}
    item = recurring("40", "2026-01-01", subscription_config=linked("INDIVIDUAL", True))
    terms = contract(subscriptions=[annual], recurring_credits=[item])
    (january,) = billed(tmp_path, ["2026-01"], terms, x="30", y="50", z="5")
    assert [row[1] for row in lines(january, invoice_type="USAGE", type="usage")] == [30, 40, 10, 5]
    # The seats themselves are no usage of anybody.
    assert due(january) == [("USAGE", 15), ("SCHEDULED", 20000)]
    assert [len(entries([january], each["balance"])) for each in january.balances] == [3, 2]


def test_edits_keep_what_they_do_not_mention(tmp_path: Path) -> None:
    edits: list[dict[str, Any]] = [
        {
            "contract": "k",
            "update_recurring_credits": [{"recurring_credit_id": "rec", "access_amount": {"unit_price": 7}}],
        },
        {"contract": "k", "add_credits": [{**recurring("1", "2026-01-01"), "id": "more"}]},
    ]
    added = edits[1]["add_credits"][0]
    added["access_schedule"] = {
        "schedule_items": [
            {"amount": 3, "starting_at": midnight("2026-01-01"), "ending_before": midnight("2026-02-01")}
        ]
    }
    folder = workspace(
        tmp_path,
        [product("p"), DEPOSIT],
        [rate("p")],
        [contract(recurring_credits=[recurring("5", "2026-01-01")])],
        contract_edits=edits,
    )
    (january,) = bill_months(folder, [event("2026-01-05T00:00:00Z", "c", "p", n="20")], ["2026-01"])
    assert sorted(row["granted"] for row in january.balances) == [3, 7]
    assert due(january) == [("USAGE", 10)]
