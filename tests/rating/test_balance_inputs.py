"""Commits and credits as tables: what there is, in which order, who may draw on it, and what becomes of it."""

from __future__ import annotations

import random
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from engine.rating.earlier import Earlier, ThresholdCommit, ThresholdKind
from engine.rating.pools import pools
from engine.values.period import Period
from tests.rating.balance_catalogs import (
    POSTPAID,
    Row,
    Tables,
    balance,
    contract,
    invoiced,
    recurring,
    segment,
    shop,
    stamp,
)
from tests.rating.recurring import at

YEAR = ("2025-01-01", "2026-01-01")


def parent(contract_id: str, parent_id: str, customer_id: str = "x") -> Row:
    family = {"parent": {"contract_id": parent_id, "customer_id": customer_id}}
    return contract(contract_id, customer_id=customer_id, hierarchy_configuration=family)


def shared_with(kind: str, *contract_ids: str) -> Row:
    return {"hierarchy_configuration": {"child_access": {"type": kind, "contract_ids": contract_ids}}}


def test_a_credit_that_says_little() -> None:
    tables = Tables(shop(contract(credits=[balance("gift", segment("s", 500, *YEAR))])), "2025-05")
    assert tables.rows("balances") == [
        {
            "balance_no": 0,
            "balance_id": "gift",
            "kind": "CREDIT",
            "balance_name": "Fee",
            "product_id": "fee",
            "customer_id": "x",
            "contract_id": "c",
            "invoice_contract_id": "c",
            "access_type": "SPEND",
            "credit_type_id": "2714e483-4ff1-48e4-9e25-ac732e8f24f2",
            "rate_type": "LIST_RATE",
            "rollover_fraction": None,
            "rollover_of": None,
            "recurring_id": None,
            "custom_fields": "{}",
            "seats_no": None,
            "order_class": 3,
            "priority": None,
            "is_paid": False,
            "product_applicability": None,
            "usage_applicability": None,
            "contract_count": 1,
        }
    ]
    assert tables.rows("balance_segments") == [
        {
            "segment_no": 0,
            "balance_no": 0,
            "segment_id": "s",
            "granted_as": "SEGMENT_START",
            "amount": 500,
            "starting_at": at("2025-01-01"),
            "ending_before": at("2026-01-01"),
            "written_ending_before": at("2026-01-01"),
            "manual": 0,
            "earlier_drawn": 0,
            "seat_group_key": None,
            "seat_id": None,
        }
    ]
    nothing = {"any_tags": None, "all_tags": None, "pricing_pairs": None, "presentation_pairs": None}
    assert tables.rows("balance_targets") == [{"balance_no": 0, "target_no": 0, "product_id": None} | nothing]
    assert tables.rows("balance_contracts") == [{"balance_no": 0, "contract_id": "c"}]
    assert tables.rows("pools") == [{"contract_id": "c", "pool_no": 0}]
    assert tables.rows("trueups") == tables.rows("rollovers") == tables.rows("manual_entries") == []
    assert tables.rows("scheduled_charges") == []


def test_the_exact_types_of_the_numbers() -> None:
    amount = "499999999999.123456789012345678"
    given = balance("gift", segment("s", amount, *YEAR), priority="1.5", rollover_fraction="0.25")
    tables = Tables(shop(contract(credits=[given])), "2025-05")
    assert tables.rows("balance_segments")[0]["amount"] == Decimal(amount)
    assert tables.columns("balances", "priority", "rollover_fraction") == [(Decimal("1.5"), Decimal("0.25"))]


def test_segments_end_with_their_contract_and_empty_ones_are_left_out() -> None:
    given = balance("b", segment("first", 1, *YEAR), segment("second", 2, "2026-01-01", "2026-02-01"))
    owner = contract(ending_before=stamp("2025-06-01"), credits=[given])
    tables = Tables(shop(owner), Period(datetime(2025, 5, 1), datetime(2026, 3, 1)))
    columns = ("segment_id", "ending_before", "written_ending_before")
    assert tables.columns("balance_segments", *columns) == [("first", at("2025-06-01"), at("2026-01-01"))]


@pytest.mark.parametrize(
    ("frequency", "kept"), [("MONTHLY", "d"), ("WEEKLY", "cd"), ("QUARTERLY", "bcd"), ("ANNUAL", "abcd")]
)
def test_what_was_settled_before_the_period_or_begins_after_it_is_left_out(frequency: str, kept: str) -> None:
    """The statement period that holds the first of May began then, on April 28 or 1, or on January 1."""
    segments = [
        segment("0", 1, "2024-01-01", "2024-03-01"),
        segment("a", 1, "2024-06-01", "2025-03-31"),
        segment("b", 1, "2025-03-31", "2025-04-02"),
        segment("c", 1, "2025-04-02", "2025-04-30"),
        segment("d", 1, "2025-06-01", "2025-07-01"),
        segment("e", 1, "2025-07-01", "2025-08-01"),
    ]
    owner = contract(
        starting_at="2024-01-01",
        usage_statement_schedule={"frequency": frequency},
        credits=[balance("old", segments[0]), balance("b", *segments[1:])],
    )
    tables = Tables(shop(owner), "2025-05")
    assert [row["segment_id"] for row in tables.rows("balance_segments")] == list(kept)
    earlier = Earlier(drawn={"0": Decimal(1), "a": Decimal("0.5")})
    again = Tables(shop(owner), "2025-05", earlier).columns("balance_segments", "segment_id", "earlier_drawn")
    assert again == [(each, Decimal("0.5") if each == "a" else 0) for each in sorted({*kept, "a"})]


def test_a_postpaid_commit_is_kept_until_what_is_left_has_been_charged() -> None:
    late = balance("late", segment("s", 100, "2024-01-01", "2024-06-01"), type="POSTPAID")
    late |= {"invoice_schedule": invoiced(100, "2025-05-20")}
    owner = contract(starting_at="2024-01-01", commits=[late])
    columns = ("contract_id", "charged_at", "is_removed")
    assert Tables(shop(owner), "2025-05").columns("trueups", *columns) == [("c", at("2025-05-20"), False)]
    assert Tables(shop(owner), "2025-08").rows("balance_segments") == []


def test_customers_balances_are_for_the_contracts_named_or_for_all_and_do_not_end_with_one() -> None:
    contracts = [contract("c1", ending_before=stamp("2025-06-01")), contract("c2"), contract("y", customer_id="y")]
    commits = (
        balance("all", customer_id="x", type="PREPAID"),
        balance("one", customer_id="x", type="PREPAID", applicable_contract_ids=["c2"], invoice_contract_id="c1")
        | {"invoice_schedule": invoiced(7, "2025-05-31", "2025-06-01", "2025-06-02")},
    )
    tables = Tables(shop(*contracts, commits=commits, credits=(balance("gift", customer_id="y"),)), "2025-05")
    columns = ("balance_id", "contract_id", "invoice_contract_id", "contract_count", "customer_id")
    assert tables.columns("balances", *columns) == [
        ("all", None, None, None, "x"),
        ("one", None, "c1", 1, "x"),
        ("gift", None, None, None, "y"),
    ]
    assert tables.columns("balance_contracts", "balance_no", "contract_id") == [
        (0, "c1"),
        (0, "c2"),
        (1, "c2"),
        (2, "y"),
    ]
    assert {row["ending_before"] for row in tables.rows("balance_segments")} == {at("2026-01-01")}
    assert tables.columns("pools", "contract_id", "pool_no") == [("c1", 0), ("c2", 0), ("y", 1)]
    charged = tables.columns("scheduled_charges", "balance_id", "contract_id", "charged_at", "total")
    assert charged == [("one", "c1", at("2025-05-31"), 7), ("one", "c1", at("2025-06-01"), 7)]


@pytest.mark.parametrize(
    ("access", "contracts"),
    [
        ({}, ["top"]),
        (shared_with("NONE"), ["top"]),
        (shared_with("ALL"), ["top", "left", "right"]),
        (shared_with("CONTRACT_IDS", "right"), ["top", "right"]),
    ],
)
def test_children_draw_as_far_as_the_balance_is_shared(access: Row, contracts: list[str]) -> None:
    family = [
        contract("top", credits=[balance("own", **access)]),
        parent("left", "top"),
        parent("right", "top", "z"),
        contract("other"),
    ]
    shared = (balance("shared", customer_id="x", applicable_contract_ids=["top"], **access),)
    tables = Tables(shop(*family, credits=shared), "2025-05")
    found = tables.columns("balance_contracts", "balance_no", "contract_id")
    assert found == [(number, each) for number in (0, 1) for each in contracts]


def test_units_have_no_credit_type_and_other_money_its_own() -> None:
    counted = balance("b") | {
        "access_schedule": {"access_type": "QUANTITY", "schedule_items": [segment("s", 1, *YEAR)]}
    }
    named = balance("n") | {"access_schedule": {"credit_type_id": "tokens", "schedule_items": [segment("t", 1, *YEAR)]}}
    tables = Tables(shop(contract(credits=[counted, named])), "2025-05")
    assert tables.columns("balances", "access_type", "credit_type_id") == [("QUANTITY", None), ("SPEND", "tokens")]


def test_the_numbers_of_balances_follow_the_catalog() -> None:
    daily = recurring("daily", 1, "2025-05-30", recurrence_frequency="DAILY", ending_before=stamp("2025-06-01"))
    monthly = recurring("monthly", 1, "2025-05-01", ending_before=stamp("2025-06-01"))
    contracts = [
        contract("c1", credits=[balance("credit")], commits=[balance("commit", type="PREPAID")]),
        contract("c2", starting_at="2025-05-01", recurring_commits=[daily], recurring_credits=[monthly]),
    ]
    shared = {"customer_id": "x"}
    catalog = shop(
        *contracts,
        commits=(balance("their commit", type="PREPAID", **shared),),
        credits=(balance("their credit", **shared),),
    )
    found = Tables(catalog, "2025-05").columns("balances", "balance_no", "recurring_id", "balance_id")
    assert [number for number, _, _ in found] == list(range(7))
    assert [recurring_id or balance_id for _, recurring_id, balance_id in found] == [
        "commit",
        "credit",
        "monthly",
        "daily",
        "daily",
        "their commit",
        "their credit",
    ]


def test_pools_connect_contracts_over_several_balances() -> None:
    assert pools([("a", "b"), ("c",), ("d", "e"), (), ("e", "b"), ("c", "c"), ("f", "g")]) == {
        "a": 0,
        "b": 0,
        "c": 1,
        "d": 0,
        "e": 0,
        "f": 2,
        "g": 2,
    }
    chain = [(str(number), str(number + 1)) for number in range(5000)]
    random.Random(1).shuffle(chain)
    assert set(pools(chain).values()) == {0}


def test_commits_are_paid_by_their_schedule_until_the_terms_of_the_contract_end() -> None:
    schedule = invoiced(10, "2025-05-01", "2025-05-20", "2025-05-20", "2025-06-01")
    commits = [
        balance("own", type="PREPAID", invoice_schedule=schedule, name="Own", custom_fields={"k": "v"}),
        balance("quiet", type="PREPAID", invoice_schedule=schedule | {"do_not_invoice": True}),
        balance("later", **POSTPAID),
    ]
    tables = Tables(shop(contract(commits=commits, terms_end_at=stamp("2025-06-01"))), "2025-05")
    columns = ("balance_id", "charge_name", "charged_at", "occurrence_no", "quantity", "unit_price", "total")
    assert tables.columns("scheduled_charges", *columns) == [
        ("own", "Own", at("2025-05-01"), 1, 1, 10, 10),
        ("own", "Own", at("2025-05-20"), 1, 1, 10, 10),
        ("own", "Own", at("2025-05-20"), 2, 1, 10, 10),
    ]
    assert tables.rows("scheduled_charges")[0]["custom_fields"] == '{"k":"v"}'


def entry(segment_id: str, amount: object, timestamp: str | None) -> Row:
    given = {"id": "b", "customer_id": "x", "contract_id": "c", "segment_id": segment_id, "reason": "by hand"}
    return given | {"amount": amount, "timestamp": None if timestamp is None else stamp(timestamp)}


def test_manual_entries_count_from_their_time_on() -> None:
    entries = (
        entry("s", -5, "2025-05-31T23"),
        entry("s", "2.5", None),
        entry("s", 100, "2025-06-01"),
        entry("old", 1, "2025-05-01"),
        entry("gone", 1, "2025-04-30"),
    )
    given = balance(
        "b",
        segment("gone", 9, "2024-01-01", "2024-02-01"),
        segment("old", 9, "2024-02-01", "2024-03-01"),
        segment("s", 9, *YEAR),
    )
    tables = Tables(shop(contract(starting_at="2024-01-01", credits=[given]), entries=entries), "2025-05")
    found = tables.columns("balance_segments", "segment_id", "manual")
    assert found == [("old", 1), ("s", Decimal("-2.5"))]
    assert tables.columns("manual_entries", "entry_no", "segment_no", "amount", "entry_at", "reason") == [
        (0, 1, -5, at("2025-05-31T23"), "by hand"),
        (1, 1, Decimal("2.5"), at("2025-01-01"), "by hand"),
        (3, 0, 1, at("2025-05-01"), "by hand"),
    ]


def test_where_statements_have_been_billed_to() -> None:
    earlier = Earlier(billed={"c": at("2025-05-01")})
    tables = Tables(shop(contract()), "2025-05", earlier)
    assert tables.columns("earlier_statements", "contract_id", "billed_before") == [("c", at("2025-05-01"))]


def released(kind: ThresholdKind, **more: Any) -> ThresholdCommit:
    given: dict[str, Any] = {
        "kind": kind,
        "balance_id": "t",
        "balance_name": "Top-up",
        "contract_id": "c",
        "segment_id": "ts",
        "amount": Decimal(450),
        "starting_at": at("2025-04-01"),
        "ending_before": at("2025-08-01"),
        "written_ending_before": at("2026-04-01"),
        "credit_type_id": "tokens",
        "priority": Decimal(100),
    }
    return ThresholdCommit(**(given | more))


def test_what_a_threshold_released_applies_as_the_configuration_says_now() -> None:
    configuration = {
        "is_enabled": True,
        "threshold_amount": 50,
        "recharge_to_amount": 500,
        "commit": {"product_id": "fee", "applicable_product_ids": ["p"], "rate_type": "COMMIT_RATE"},
    }
    owner = contract(
        prepaid_balance_threshold_configuration=configuration,
        credits=[balance("gift")],
        ending_before=stamp("2025-07-01"),
    )
    commits = (
        released(ThresholdKind.PREPAID_BALANCE),
        released(ThresholdKind.SPEND, balance_id="u", segment_id="us", starting_at=at("2025-05-01")),
        released(ThresholdKind.PREPAID_BALANCE, contract_id="unknown"),
    )
    earlier = Earlier(threshold_commits=commits, drawn={"us": Decimal(450)})
    tables = Tables(shop(owner), "2025-05", earlier)
    columns = (
        "balance_id",
        "kind",
        "balance_name",
        "product_id",
        "credit_type_id",
        "rate_type",
        "order_class",
        "priority",
    )
    assert tables.columns("balances", *columns)[1:] == [
        ("t", "PREPAID", "Top-up", "fee", "tokens", "COMMIT_RATE", 3, 100),
        ("u", "PREPAID", "Top-up", None, "tokens", "LIST_RATE", 3, 100),
    ]
    assert tables.columns("balances", "is_paid", "product_applicability")[1:] == [(True, 1), (True, None)]
    found = tables.columns("balance_segments", "segment_id", "amount", "earlier_drawn", "ending_before")
    assert found[1:] == [("ts", 450, 0, at("2025-07-01")), ("us", 450, 450, at("2025-07-01"))]


def test_a_catalog_without_balances_has_empty_tables() -> None:
    tables = Tables(shop(contract()), "2025-05")
    names = ("balances", "balance_segments", "balance_targets", "balance_contracts", "pools", "trueups")
    assert all(tables.rows(name) == [] for name in (*names, "rollovers", "manual_entries", "earlier_statements"))
