"""How many of a subscription are asked for at which time."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.catalog.subscription import InvoiceBehavior, Subscription

START = datetime(2026, 1, 15)


def subscription(**fields: Any) -> Subscription:
    rate = {"product_id": "seats", "billing_frequency": "monthly"}
    return Subscription(
        **{"id": "s", "subscription_rate": rate, "collection_schedule": "advance", **fields},
    )


def steps(given: Subscription) -> list[tuple[str, str]]:
    return [(at.strftime("%m-%d"), str(quantity)) for at, quantity in given.quantities(START)]


def at(day: str, **fields: Any) -> dict[str, Any]:
    return {"starting_at": f"2026-{day}T00:00:00Z", **fields}


def test_without_updates() -> None:
    assert steps(subscription()) == [("01-15", "1")]
    assert steps(subscription(initial_quantity="2.5")) == [("01-15", "2.5")]


def test_updates_at_one_instant_in_the_order_written() -> None:
    updates = [at("02-01", quantity=12), at("02-01", quantity_delta=-1)]
    assert steps(subscription(quantity_updates=updates)) == [("01-15", "1"), ("02-01", "11")]
    assert steps(subscription(quantity_updates=updates[::-1])) == [("01-15", "1"), ("02-01", "12")]


def test_updates_in_the_order_of_their_times() -> None:
    updates = [at("03-01", quantity_delta=1), at("02-01", quantity=5)]
    assert steps(subscription(quantity_updates=updates)) == [("01-15", "1"), ("02-01", "5"), ("03-01", "6")]


def test_updates_until_the_start_have_taken_effect() -> None:
    updates = [at("01-01", quantity=4), at("01-15", quantity_delta=1), at("02-01", quantity_delta=1)]
    assert steps(subscription(quantity_updates=updates)) == [("01-15", "5"), ("02-01", "6")]


def test_what_changes_nothing_is_no_step() -> None:
    updates = [at("02-01", quantity_delta=0), at("03-01", quantity=1), at("04-01", quantity=2)]
    assert steps(subscription(quantity_updates=updates)) == [("01-15", "1"), ("04-01", "2")]


def test_no_quantity_is_rounded() -> None:
    given = subscription(
        initial_quantity="12345678901234567890.12345678", quantity_updates=[at("02-01", quantity_delta="0.00000001")]
    )
    assert given.quantities(START)[-1][1] == Decimal("12345678901234567890.12345679")


def seats(**updates: Any) -> Subscription:
    config = {"seat_group_key": "user", "initial_seat_ids": ["ann", "bob"], "initial_unassigned_seats": 2}
    return subscription(quantity_management_mode="seat_based", seat_config=config, seat_updates=updates)


def test_initial_seats_count_assigned_or_not() -> None:
    assert steps(seats()) == [("01-15", "4")]


def test_new_seats_fill_unassigned_ones_first() -> None:
    added = [at("02-01", seat_ids=["cid"]), at("03-01", seat_ids=["dan", "eve"])]
    assert steps(seats(add_seat_ids=added)) == [("01-15", "4"), ("03-01", "5")]


def test_seats_that_are_there_already_and_those_that_never_were_change_nothing() -> None:
    given = seats(add_seat_ids=[at("02-01", seat_ids=["ann", "bob"])], remove_seat_ids=[at("03-01", seat_ids=["zoe"])])
    assert steps(given) == [("01-15", "4")]


def test_removed_seats_lower_the_quantity() -> None:
    given = seats(
        remove_seat_ids=[at("02-01", seat_ids=["ann", "zoe"])],
        remove_unassigned_seats=[at("03-01", quantity=2)],
        add_unassigned_seats=[at("04-01", quantity=5)],
    )
    assert steps(given) == [("01-15", "4"), ("02-01", "3"), ("03-01", "1"), ("04-01", "6")]


def test_order_of_seat_updates_at_one_instant() -> None:
    """Ids come before ids go, and unassigned seats before they go: cid fills one of two and is gone again."""
    given = seats(
        remove_unassigned_seats=[at("02-01", quantity=3)],
        add_unassigned_seats=[at("02-01", quantity=2)],
        remove_seat_ids=[at("02-01", seat_ids=["cid"])],
        add_seat_ids=[at("02-01", seat_ids=["cid"])],
    )
    assert steps(given) == [("01-15", "4"), ("02-01", "2")]


@pytest.mark.parametrize(
    ("schedule", "said", "effective"),
    [
        ("ADVANCE", None, InvoiceBehavior.BILL_IMMEDIATELY),
        ("ADVANCE", "bill_on_next_collection_date", InvoiceBehavior.BILL_ON_NEXT_COLLECTION_DATE),
        ("ARREARS", None, InvoiceBehavior.BILL_ON_NEXT_COLLECTION_DATE),
    ],
)
def test_when_an_increase_is_billed(schedule: str, said: str | None, effective: InvoiceBehavior) -> None:
    given = subscription(collection_schedule=schedule, proration={"invoice_behavior": said})
    assert given.invoice_behavior is effective
