"""What recurring commits and credits grant and cost, worked out by hand (spec/rating.md §6.2, §15 T-23 and T-31)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.catalog.contract import Contract
from engine.catalog.recurring_balance import RecurringCredit
from engine.catalog.subscription import ProrationRounding
from engine.errors import UserError
from engine.rating.prorated import prorated
from engine.rating.recurring_grants import grant_periods
from engine.values.ids import derived_id
from engine.values.period import Period
from tests.rating.balance_catalogs import Row, Tables, contract, recurring, shop, stamp
from tests.rating.recurring import at, month

DAY = 86_400_000_000
QUARTER = Period(datetime(2025, 1, 1), datetime(2025, 4, 1))


def seats(**more: object) -> Row:
    given = {
        "id": "seats",
        "subscription_rate": {"product_id": "seat", "billing_frequency": "ANNUAL"},
        "collection_schedule": "ADVANCE",
        "initial_quantity": 4,
    }
    return given | more


def linked(allocation: str = "POOLED", *, is_prorated: bool = True) -> Row:
    return {
        "access_amount": {"unit_price": 100},
        "subscription_config": {
            "subscription_id": "seats",
            "allocation": allocation,
            "apply_seat_increase_config": {"is_prorated": is_prorated},
        },
    }


def periods(
    owner: Row, given: Row, first: str = "2025-01-01", last: str = "2025-12-31"
) -> list[tuple[datetime, datetime]]:
    found = grant_periods(Contract.model_validate(owner), RecurringCredit.model_validate(given), at(first), at(last))
    return [(each.within.starting_at, each.within.ending_before) for each in found]


def test_a_grant_that_starts_inside_a_month_has_its_part_of_the_amount_and_of_the_price() -> None:
    plan = recurring("plan", 30, "2025-01-21", invoice_amount={"unit_price": 20})
    tables = Tables(shop(contract(starting_at="2025-01-21", recurring_commits=[plan])), "2025-01")
    first, second = tables.rows("balance_segments")
    # 30 x 11/31 = 10.6451612903225806...
    assert (first["amount"], first["starting_at"], first["ending_before"]) == (
        Decimal("10.645161290323"),
        at("2025-01-21"),
        at("2025-02-01"),
    )
    assert (second["amount"], second["starting_at"], second["ending_before"]) == (
        30,
        at("2025-02-01"),
        at("2025-03-01"),
    )
    balance_id = derived_id("recurring", "plan", "2025-01-01T00:00:00.000000Z")
    assert tables.columns("balances", "balance_id", "kind", "balance_name", "is_paid", "recurring_id")[0] == (
        balance_id,
        "PREPAID",
        "Fee",
        True,
        "plan",
    )
    assert first["segment_id"] == derived_id("segment", balance_id, "0")
    charged = tables.columns("scheduled_charges", "balance_id", "charged_at", "quantity", "unit_price", "total")
    # 20 x 11/31 = 7.0967741935483870...
    cut = Decimal("7.096774193548")
    assert charged == [
        (balance_id, at("2025-01-21"), 1, cut, cut),
        (tables.rows("balances")[1]["balance_id"], at("2025-02-01"), 1, 20, 20),
    ]


def test_a_price_for_several_is_kept_as_such_when_nothing_is_cut() -> None:
    plan = recurring("plan", 30, "2025-01-01", invoice_amount={"unit_price": "2.5", "quantity": 4}, name="Plan")
    (row,) = Tables(shop(contract(recurring_commits=[plan])), "2025-05").rows("scheduled_charges")[:1]
    assert (row["charge_name"], row["quantity"], row["unit_price"], row["total"]) == ("Plan", 4, Decimal("2.5"), 10)
    assert (row["scheduled_charge_id"], row["discount_id"], row["contract_id"]) == (None, None, "c")


def test_pooled_seats_add_their_part_of_the_month_as_an_adjustment() -> None:
    more = [{"starting_at": stamp("2025-07-03"), "quantity_delta": 1}]
    owner = contract(
        starting_at="2025-06-01",
        subscriptions=[seats(quantity_updates=more)],
        recurring_credits=[recurring("credit", 100, "2025-06-01", **linked())],
    )
    tables = Tables(shop(owner), "2025-07")
    found = tables.columns("balance_segments", "balance_no", "granted_as", "amount", "starting_at", "ending_before")
    assert found == [
        (0, "SEGMENT_START", 400, at("2025-06-01"), at("2025-07-01")),
        (1, "SEGMENT_START", 400, at("2025-07-01"), at("2025-08-01")),
        # 100 x 29/31 = 93.5483870967741935...
        (1, "SEAT_BASED_ADJUSTMENT", Decimal("93.548387096774"), at("2025-07-03"), at("2025-08-01")),
        (2, "SEGMENT_START", 500, at("2025-08-01"), at("2025-09-01")),
    ]
    ids = [row["segment_id"] for row in tables.rows("balance_segments")]
    balance_id = tables.rows("balances")[1]["balance_id"]
    assert ids[2] == derived_id("segment", balance_id, "2025-07-03T00:00:00.000000Z")


def test_only_what_exceeds_the_most_seats_of_the_period_is_added_and_all_of_it_if_not_prorated() -> None:
    steps = [("2025-07-03", 6), ("2025-07-10", 2), ("2025-07-20", 7)]
    updates = [{"starting_at": stamp(day), "quantity": quantity} for day, quantity in steps]
    owner = contract(
        subscriptions=[seats(quantity_updates=updates)],
        recurring_credits=[recurring("credit", 100, "2025-07-01", **linked(is_prorated=False))],
    )
    tables = Tables(shop(owner), "2025-07")
    assert tables.windows()[:3] == [
        (400, at("2025-07-01"), at("2025-08-01")),
        (200, at("2025-07-03"), at("2025-08-01")),
        (100, at("2025-07-20"), at("2025-08-01")),
    ]


def test_nothing_is_granted_for_a_subscription_that_has_not_begun_or_has_ended() -> None:
    owner = contract(
        subscriptions=[seats(starting_at=stamp("2025-02-15"), ending_before=stamp("2025-03-20"))],
        recurring_commits=[recurring("plan", 100, "2025-01-01", invoice_amount={"unit_price": 1}, **linked())],
    )
    tables = Tables(shop(owner), Period(datetime(2025, 1, 1), datetime(2025, 6, 1)))
    assert tables.windows() == [
        (200, at("2025-02-15"), at("2025-03-01")),
        (400, at("2025-03-01"), at("2025-04-01")),
    ]
    assert tables.columns("scheduled_charges", "charged_at", "total") == [(at("2025-03-01"), 4)]


def test_each_assigned_seat_has_a_balance_from_when_it_is_assigned() -> None:
    subscription = seats(
        quantity_management_mode="SEAT_BASED",
        initial_quantity=1,
        seat_config={"initial_seat_ids": ["ann", "bob"], "seat_group_key": "user", "initial_unassigned_seats": 3},
        seat_updates={
            "add_seat_ids": [
                {"starting_at": stamp("2025-04-16"), "seat_ids": ["cid"]},
                {"starting_at": stamp("2025-04-25"), "seat_ids": ["bob"]},
            ],
            "remove_seat_ids": [
                {"starting_at": stamp("2025-03-31"), "seat_ids": ["ann"]},
                {"starting_at": stamp("2025-04-10"), "seat_ids": ["bob", "nobody"]},
            ],
        },
    )
    plan = recurring("plan", 100, "2025-04-01", invoice_amount={"unit_price": 7}, **linked("INDIVIDUAL"))
    owner = contract(subscriptions=[subscription], recurring_commits=[plan], ending_before=stamp("2025-05-01"))
    tables = Tables(shop(owner), "2025-04")
    found = tables.columns("balance_segments", "balance_no", "seat_group_key", "seat_id", "granted_as", "amount")
    assert found == [(0, "user", "bob", "SEGMENT_START", 100), (1, "user", "cid", "SEGMENT_START", 50)]
    assert tables.columns("balances", "balance_id", "seats_no") == [
        (derived_id("recurring", "plan", "2025-04-01T00:00:00.000000Z", "bob"), 0),
        (derived_id("recurring", "plan", "2025-04-01T00:00:00.000000Z", "cid"), 0),
    ]
    # A seat that comes later costs nothing more until the next period.
    assert tables.columns("scheduled_charges", "charged_at", "total") == [(at("2025-04-01"), 7)]


def test_a_grant_may_last_for_two_periods_but_not_past_its_contract() -> None:
    plan = recurring("plan", 10, "2025-01-01", commit_duration={"value": 2})
    owner = contract(recurring_credits=[plan], ending_before=stamp("2025-03-10"))
    tables = Tables(shop(owner), "2025-03")
    columns = ("amount", "starting_at", "ending_before", "written_ending_before")
    assert tables.columns("balance_segments", *columns) == [
        (10, at("2025-01-01"), at("2025-03-01"), at("2025-03-01")),
        (10, at("2025-02-01"), at("2025-03-10"), at("2025-04-01")),
        # 10 x 9/31 = 2.9032258064516129...
        (Decimal("2.903225806452"), at("2025-03-01"), at("2025-03-10"), at("2025-05-01")),
    ]


@pytest.mark.parametrize(
    ("proration", "first", "last"),
    [
        ("NONE", 31, 30),
        ("FIRST", 11, 30),
        ("LAST", 31, 10),
        ("FIRST_AND_LAST", 11, 10),
    ],
)
def test_the_first_and_the_last_grant_are_prorated_as_asked(proration: str, first: int, last: int) -> None:
    plan = recurring("plan", 1, "2025-01-21", proration=proration, ending_before=stamp("2025-04-11"))
    found = list(
        grant_periods(
            Contract.model_validate(contract()),
            RecurringCredit.model_validate(plan),
            at("2025-01-01"),
            at("2026-01-01"),
        )
    )
    assert [(each.part, each.whole) for each in found] == [
        (first * DAY, 31 * DAY),
        (28 * DAY, 28 * DAY),
        (31 * DAY, 31 * DAY),
        (last * DAY, 30 * DAY),
    ]
    assert found[-1].usable_before == at("2025-05-01")


def test_the_ends_of_months_do_not_drift() -> None:
    given = recurring("plan", 1, "2025-01-31", recurrence_frequency="MONTHLY")
    found = periods(contract(), given, last="2025-05-31")
    assert [start for start, _ in found] == [
        at("2025-01-31"),
        at("2025-02-28"),
        at("2025-03-31"),
        at("2025-04-30"),
        at("2025-05-31"),
    ]
    assert found[0] == (at("2025-01-31"), at("2025-02-28"))


@pytest.mark.parametrize(
    ("schedule", "more", "starts"),
    [
        ({}, {"recurrence_frequency": "WEEKLY"}, ["2025-01-15", "2025-01-22", "2025-01-29"]),
        (
            {},
            {"recurrence_frequency": "DAILY", "ending_before": stamp("2025-01-17T12")},
            ["2025-01-15", "2025-01-16", "2025-01-17"],
        ),
        ({}, {"recurrence_frequency": "QUARTERLY"}, ["2025-01-15", "2025-04-15", "2025-07-15"]),
        ({}, {"recurrence_frequency": "ANNUAL"}, ["2025-01-15", "2026-01-15"]),
        ({"frequency": "QUARTERLY"}, {}, ["2025-01-15", "2025-04-01", "2025-07-01"]),
        (
            {"day": "CUSTOM_DATE", "billing_anchor_date": stamp("2024-12-20")},
            {},
            ["2025-01-15", "2025-01-20", "2025-02-20"],
        ),
        ({"frequency": "WEEKLY", "day": "CONTRACT_START"}, {}, ["2025-01-15", "2025-01-22", "2025-01-29"]),
    ],
)
def test_periods_are_counted_from_the_balance_or_are_those_of_statements(
    schedule: Row, more: Row, starts: list[str]
) -> None:
    owner = contract(starting_at="2025-01-15", usage_statement_schedule=schedule)
    found = periods(owner, recurring("plan", 1, "2025-01-15", **more), last="2026-02-01")
    assert [start for start, _ in found[:3]] == [at(start) for start in starts]


def test_only_the_periods_asked_for_are_made() -> None:
    given = recurring("plan", 1, "2020-01-01", commit_duration={"value": 2})
    owner = contract(starting_at="2020-01-01")
    assert [start for start, _ in periods(owner, given, "2025-03-01", "2025-04-01")] == [
        at("2025-01-01"),
        at("2025-02-01"),
        at("2025-03-01"),
        at("2025-04-01"),
    ]
    assert periods(owner, given, "2019-01-01", "2019-12-31") == []


def test_grants_stop_where_the_terms_of_the_contract_end() -> None:
    plan = recurring("plan", 31, "2025-01-01", invoice_amount={"unit_price": 31})
    owner = contract(recurring_commits=[plan], terms_end_at=stamp("2025-02-15"), ending_before=stamp("2025-02-15"))
    tables = Tables(shop(owner), QUARTER)
    assert tables.windows() == [
        (31, at("2025-01-01"), at("2025-02-01")),
        # 31 x 14/28
        (Decimal("15.5"), at("2025-02-01"), at("2025-02-15")),
    ]
    assert tables.columns("scheduled_charges", "total") == [(31,), (Decimal("15.5"),)]


ELEVEN_DAYS = (11 * DAY, 31 * DAY)


@pytest.mark.parametrize(
    ("method", "places", "amount"),
    [
        # 3000 x 11/31 = 1064.5161290322580...
        ("HALF_UP", -2, "1100"),
        ("FLOOR", -2, "1000"),
        ("CEILING", -2, "1100"),
        ("HALF_UP", 0, "1065"),
        ("FLOOR", 0, "1064"),
        ("HALF_UP", 2, "1064.52"),
        ("FLOOR", 2, "1064.51"),
        ("CEILING", 1, "1064.6"),
    ],
)
def test_a_part_is_rounded_as_asked(method: str, places: int, amount: str) -> None:
    rounding = ProrationRounding.model_validate({"rounding_method": method, "decimal_places": places})
    assert prorated(Decimal(3000), Decimal(1), *ELEVEN_DAYS, rounding) == Decimal(amount)
    assert prorated(Decimal(1000), Decimal(3), *ELEVEN_DAYS, rounding) == Decimal(amount)


def test_exactly_half_goes_up_and_a_whole_period_is_never_rounded() -> None:
    rounding = ProrationRounding.model_validate({"rounding_method": "HALF_UP", "decimal_places": -2})
    assert prorated(Decimal(100), Decimal(1), 1, 2, rounding) == 100
    assert prorated(Decimal("99.99"), Decimal(1), 1, 2, rounding) == 0
    assert prorated(Decimal("33.3"), Decimal("1.1"), 5, 5, rounding) == Decimal("36.63")
    # 12 places, away from zero: 1/3 of 0.000000000005 and of 0.0000000000045.
    assert prorated(Decimal("5E-12"), Decimal(1), 1, 2, None) == Decimal("3E-12")
    assert prorated(Decimal("4.5E-12"), Decimal(1), 1, 3, None) == Decimal("2E-12")


def test_roundings_are_of_access_and_invoice_each_by_itself() -> None:
    roundings = {
        "access": {"rounding_method": "CEILING", "decimal_places": -2},
        "invoice": {"rounding_method": "FLOOR", "decimal_places": 0},
    }
    plan = recurring("plan", 3000, "2025-01-21", invoice_amount={"unit_price": 2000}, proration_rounding=roundings)
    tables = Tables(shop(contract(recurring_commits=[plan])), "2025-01")
    assert tables.windows()[0][0] == 1100
    # 2000 x 11/31 = 709.67...
    assert tables.columns("scheduled_charges", "total")[0] == (709,)


def test_a_grant_too_large_to_be_counted_exactly_is_refused() -> None:
    more = linked() | {"access_amount": {"unit_price": 10**11}}
    plan = recurring("plan", 1, "2025-01-01", name="Vast", **more)
    owner = contract(subscriptions=[seats(initial_quantity=5)], recurring_credits=[plan])
    with pytest.raises(UserError, match=r"'Vast' grants 500000000000 at 2025-01-01T00:00:00Z; a balance is below"):
        Tables(shop(owner), "2025-01")


def test_every_grant_is_invoiced_in_exactly_one_run() -> None:
    plan = recurring("plan", 5, "2025-01-10", recurrence_frequency="WEEKLY", invoice_amount={"unit_price": 5})
    catalog = shop(contract(starting_at="2025-01-10", recurring_commits=[plan]))
    found: list[Any] = []
    for label in ("2025-01", "2025-02", "2025-03"):
        charged = Tables(catalog, label).columns("scheduled_charges", "charged_at", "balance_id")
        found += [each for each in charged if each[0] < month(label).ending_before]
    assert len(found) == len(set(found)) == 12
    granted = Tables(catalog, QUARTER).columns("balances", "balance_id")
    assert [(balance_id,) for _, balance_id in found] == granted[: len(found)]
