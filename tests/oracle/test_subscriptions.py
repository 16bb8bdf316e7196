"""The oracle alone on subscriptions: periods, proration, seats, and where and when a part is billed."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.rating import Bill, bill
from tests.oracle.seats import by_quantity, by_seats, increases, requested
from tests.oracle.small import contract, midnight, product, rate, rows, totals, workspace
from tests.oracle.times import number_at

F = Fraction
WHERE = ("invoice_type", "issued_at", "quantity", "unit_price", "is_prorated")


def subscription(frequency: str = "MONTHLY", collection: str = "ADVANCE", **more: Any) -> dict[str, Any]:
    return {
        "id": "s",
        "subscription_rate": {"billing_frequency": frequency, "product": "seat"},
        "collection_schedule": collection,
        **more,
    }


def changes(*updates: tuple[str, str, str]) -> list[dict[str, Any]]:
    return [{"starting_at": midnight(day), kind: text} for day, kind, text in updates]


def monthly(price: str = "31", **more: Any) -> dict[str, Any]:
    return rate("seat", price, billing_frequency="MONTHLY", **more)


def billed(
    folder: Path,
    month: str,
    *subscriptions: dict[str, Any],
    rates: list[dict[str, Any]] | None = None,
    **more: Any,
) -> Bill:
    place = folder if (folder / "catalog").exists() else None
    if place is None:
        seat = product("seat", "SUBSCRIPTION", tags=["seats"])
        terms = contract(subscriptions=list(subscriptions), **more)
        place = workspace(folder, [seat], rates if rates is not None else [monthly()], [terms])
    return bill(place, [], month)


def test_in_advance_the_first_period_is_on_a_scheduled_invoice_and_the_next_on_usage_invoices(tmp_path: Path) -> None:
    january = billed(tmp_path, "2026-01", subscription(), start="2026-01-11")
    # 21 of 31 days at 31 a month; then February, due on 1 February, where January's statement ends.
    assert rows(january, *WHERE, "starting_at", "ending_before") == [
        ("SCHEDULED", datetime(2026, 1, 11), 1, 21, True, datetime(2026, 1, 11), datetime(2026, 2, 1)),
        ("USAGE", datetime(2026, 2, 2), 1, 31, False, datetime(2026, 2, 1), datetime(2026, 3, 1)),
    ]
    assert sorted(totals(january)) == [("k", "SCHEDULED", 21), ("k", "USAGE", 31)]
    assert rows(billed(tmp_path, "2026-02"), *WHERE[:3]) == [("USAGE", datetime(2026, 3, 2), 1)]


def test_in_arrears_everything_is_billed_at_the_end(tmp_path: Path) -> None:
    more = changes(("2026-01-21", "quantity", "3"), ("2026-01-26", "quantity", "2"))
    january = billed(tmp_path, "2026-01", subscription(collection="ARREARS", quantity_updates=more), start="2026-01-11")
    assert rows(january, *WHERE, "starting_at") == [
        ("USAGE", datetime(2026, 2, 2), 1, 21, True, datetime(2026, 1, 11)),
        ("USAGE", datetime(2026, 2, 2), 2, 11, True, datetime(2026, 1, 21)),
    ]
    assert rows(billed(tmp_path, "2026-02"), "quantity", "unit_price") == [(2, 31)]


def test_an_increase_is_billed_at_once_and_a_decrease_waits(tmp_path: Path) -> None:
    more = changes(
        ("2026-03-05", "quantity", "1"),
        ("2026-03-11", "quantity_delta", "2"),
        ("2026-03-21", "quantity_delta", "2"),
        ("2026-03-26", "quantity", "4"),
    )
    march = billed(tmp_path, "2026-03", subscription(initial_quantity=2, quantity_updates=more))
    # Asked for: 2, 1, 3, 5, 4. The most so far: 2, 2, 3, 5, 5.
    assert rows(march, *WHERE) == [
        ("SCHEDULED", datetime(2026, 3, 11), 1, 21, True),
        ("SCHEDULED", datetime(2026, 3, 21), 2, 11, True),
        ("USAGE", datetime(2026, 4, 2), 4, 31, False),
    ]


def test_an_increase_may_wait_for_the_next_collection(tmp_path: Path) -> None:
    later = {"invoice_behavior": "BILL_ON_NEXT_COLLECTION_DATE", "is_prorated": False}
    more = changes(("2026-03-11", "quantity", "3"))
    march = billed(tmp_path, "2026-03", subscription(quantity_updates=more, proration=later))
    assert rows(march, *WHERE, "starting_at") == [
        ("USAGE", datetime(2026, 4, 2), 2, 31, False, datetime(2026, 3, 11)),
        ("USAGE", datetime(2026, 4, 2), 3, 31, False, datetime(2026, 4, 1)),
    ]


def test_t31_a_seat_more_of_an_annual_subscription(tmp_path: Path) -> None:
    annual = subscription("ANNUAL", initial_quantity=4, quantity_updates=changes(("2025-07-03", "quantity_delta", "1")))
    rates = [rate("seat", "10000", billing_frequency="ANNUAL"), monthly()]
    june = billed(tmp_path, "2025-06", annual, rates=rates, start="2025-06-01")
    assert rows(june, "quantity", "total", "billing_frequency", "issued_at") == [
        (4, 40000, "ANNUAL", datetime(2025, 6, 1))
    ]
    july = billed(tmp_path, "2025-07")
    # 333 of 365 days
    assert rows(july, "quantity", "total", "issued_at") == [(1, F("9123.287671232877"), datetime(2025, 7, 3))]


@pytest.mark.parametrize(
    ("method", "places", "price"),
    [
        (None, None, F("9123.287671232877")),
        ("HALF_UP", 0, 9123),
        ("HALF_UP", 1, F("9123.3")),
        ("CEILING", -2, 9200),
        ("FLOOR", -2, 9100),
        ("HALF_UP", -4, 10000),
        ("FLOOR", -5, 0),
    ],
)
def test_the_unit_price_of_a_part_is_rounded(tmp_path: Path, method: str | None, places: int, price: Fraction) -> None:
    rounding = {"rounding": {"rounding_method": method, "decimal_places": places}} if method else {}
    annual = subscription("ANNUAL", starting_at=midnight("2025-07-03"), proration=rounding, initial_quantity=2)
    rates = [rate("seat", "10000", billing_frequency="ANNUAL")]
    july = billed(tmp_path, "2025-07", annual, rates=rates, start="2025-06-01")
    # Not the start of the contract: the usage invoice that has it, of July.
    assert rows(july, *WHERE) == [("USAGE", datetime(2025, 8, 2), 2, price, True)]


def test_t30_updates_of_one_instant_in_the_order_written() -> None:
    updates = changes(("2026-05-21", "quantity", "12"), ("2026-05-21", "quantity_delta", "-1"))
    requests = by_quantity({"quantity_updates": updates})
    assert [requested(requests, datetime(2026, 5, day)) for day in (20, 21)] == [1, 11]
    back = by_quantity({"quantity_updates": updates[::-1]})
    assert requested(back, datetime(2026, 5, 21)) == 12
    assert increases(back, datetime(2026, 5, 1), datetime(2026, 6, 1)) == [(datetime(2026, 5, 21), F(11))]


def test_seats() -> None:
    def at(day: str, **entry: Any) -> dict[str, Any]:
        return {"starting_at": midnight(day), **entry}

    updates = {
        "remove_unassigned_seats": [at("2026-01-05", quantity=1)],
        "add_unassigned_seats": [at("2026-01-05", quantity=2)],
        "remove_seat_ids": [at("2026-01-04", seat_ids=["b", "z"]), at("2026-01-03", seat_ids=["nobody"])],
        "add_seat_ids": [
            at("2026-01-02", seat_ids=["a", "c"]),
            at("2026-01-03", seat_ids=["c", "d", "e", "f"]),
            at("2026-01-04", seat_ids=["z"]),
        ],
    }
    config = {"initial_seat_ids": ["a", "b"], "initial_unassigned_seats": 2, "seat_group_key": "user"}
    requests = by_seats({"seat_config": config, "seat_updates": updates})
    # a b + 2; c takes one; d takes the other, e and f are more; b leaves and z comes and goes; + 2 - 1.
    assert [requested(requests, datetime(2026, 1, day)) for day in range(1, 6)] == [4, 4, 6, 5, 6]


def test_seats_are_billed(tmp_path: Path) -> None:
    config = {"initial_seat_ids": ["a", "b"], "seat_group_key": "user"}
    seats = subscription(quantity_management_mode="SEAT_BASED", seat_config=config, initial_quantity=9)
    assert rows(billed(tmp_path, "2026-01", seats), "quantity", "total") == [(2, 62), (2, 62)]


def test_on_scheduled_invoices_of_its_own_cycle(tmp_path: Path) -> None:
    cycle = {"anchor_date": midnight("2025-12-31"), "invoice_placement": "ON_SCHEDULED_INVOICE"}
    own = subscription(billing_cycle_config=cycle)
    assert rows(billed(tmp_path, "2026-02", own), *WHERE, "starting_at", "ending_before") == [
        ("SCHEDULED", datetime(2026, 2, 28), 1, 31, False, datetime(2026, 2, 28), datetime(2026, 3, 31)),
    ]
    # From 1 to 31 January are 30 of 31 days; then a period of its own that begins on the 31st.
    assert rows(billed(tmp_path, "2026-01"), *WHERE) == [
        ("SCHEDULED", datetime(2026, 1, 1), 1, 30, True),
        ("SCHEDULED", datetime(2026, 1, 31), 1, 31, False),
    ]


def test_one_price_for_a_billing_period(tmp_path: Path) -> None:
    rates = [monthly("10"), monthly("20", since="2026-01-15"), monthly("40", since="2026-02-01")]
    half = {"type": "MULTIPLIER", "multiplier": 0.5, "starting_at": midnight("2026-01-20"), "product": "seat"}
    more = changes(("2026-01-21", "quantity", "2"))
    january = billed(tmp_path, "2026-01", subscription(quantity_updates=more), rates=rates, overrides=[half])
    assert rows(january, "quantity", "unit_price", "override_reason") == [
        (1, 10, None),
        (1, F("3.548387096774"), None),
        (2, 20, "only override"),
    ]


def test_what_cannot_be_billed_is_reported_when_it_would_have_been(tmp_path: Path) -> None:
    rates = [monthly(since="2026-02-01"), rate("seat", billing_frequency="ANNUAL")]
    off = {
        "entitled": False,
        "starting_at": midnight("2026-03-01"),
        "override_specifiers": [{"product_tags": ["seats"]}],
    }
    january = billed(tmp_path, "2026-01", subscription(initial_quantity=3), rates=rates, overrides=[off])
    (row,) = january.unrated
    assert (row["quantity"], row["starting_at"], row["ending_before"], row["period_starting_at"]) == (
        3,
        datetime(2026, 1, 1),
        datetime(2026, 2, 1),
        None,
    )
    assert totals(january) == [("k", "USAGE", 93)]
    (row,) = billed(tmp_path, "2026-02").not_entitled
    assert (row["subscription_id"], row["starting_at"], row["period_starting_at"]) == (
        "s",
        datetime(2026, 3, 1),
        datetime(2026, 2, 1),
    )


def test_the_end_of_the_contract_ends_a_subscription(tmp_path: Path) -> None:
    own = subscription(collection="ARREARS", ending_before=midnight("2027-01-01"))
    march = billed(tmp_path, "2026-03", own, ending_before=midnight("2026-03-11"))
    assert rows(march, *WHERE, "ending_before") == [
        ("USAGE", datetime(2026, 3, 12), 1, 10, True, datetime(2026, 3, 11)),
    ]
    assert billed(tmp_path, "2026-04").lines == []


def test_weekly_parts_of_an_annual_statement(tmp_path: Path) -> None:
    schedule = {"frequency": "ANNUAL", "day": "CONTRACT_START"}
    more: dict[str, Any] = {"rates": [rate("seat", "7", billing_frequency="WEEKLY")], "start": "2025-03-01"}
    february = billed(tmp_path, "2026-02", subscription("WEEKLY"), usage_statement_schedule=schedule, **more)
    # The year has 52 boundaries after its start: the first week was due at the start itself.
    assert len(february.lines) == 52
    assert totals(february) == [("k", "USAGE", 364)]


def test_nothing_asked_for_is_no_line(tmp_path: Path) -> None:
    january = billed(tmp_path, "2026-01", subscription(initial_quantity=0))
    assert totals(january) == [("k", "USAGE", 0)]
    assert january.lines == []


def test_numbers_of_boundaries() -> None:
    anchor = datetime(2026, 1, 31, 5)
    moments = [
        datetime(2026, 1, 31, 4),
        anchor,
        datetime(2026, 2, 28, 4),
        datetime(2026, 2, 28, 5),
        datetime(2025, 1, 1),
    ]
    assert [number_at(anchor, "MONTHLY", moment) for moment in moments] == [-1, 0, 0, 1, -13]
    assert [number_at(anchor, "ANNUAL", moment) for moment in moments] == [-1, 0, 0, 0, -2]
    assert [number_at(anchor, "WEEKLY", moment) for moment in moments] == [-1, 0, 3, 4, -57]
