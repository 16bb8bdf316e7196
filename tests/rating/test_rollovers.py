"""What becomes of balances when their contract is renewed (spec/rating.md §6.1, §6.3, §17 Q29)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.rating.earlier import Earlier
from engine.values.ids import derived_id
from engine.values.period import ALWAYS
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


def renewing(trueup: str = "AS_IS", **more: object) -> Row:
    transition = {"type": "RENEWAL", "from_contract_id": "c", "future_invoice_behavior": {"trueup": trueup}}
    return contract("n", starting_at="2025-06-01", transition=transition) | more


def ended(**more: object) -> Row:
    return contract() | {"ending_before": stamp("2025-06-01"), "terms_end_at": stamp("2025-06-01")} | more


def test_balances_that_roll_over_become_balances_of_the_new_contract() -> None:
    rolling = balance(
        "b",
        segment("early", 10, "2025-01-01", "2025-03-01"),
        segment("until", 20, "2025-03-01", "2025-06-01"),
        type="PREPAID",
        invoice_schedule=invoiced(1, "2025-01-01"),
        name="Big",
        priority=3,
        rollover_fraction="0.5",
        applicable_product_ids=["p"],
        custom_fields={"k": "v"},
    )
    across = balance("across", segment("a", 30, *YEAR), rollover_fraction=1)
    stays = balance("stays", segment("s", 30, *YEAR))
    owner = ended(commits=[rolling], credits=[across, stays])
    tables = Tables(shop(owner, renewing(ending_before=stamp("2026-06-01"))), "2025-05")
    new_id = derived_id("rollover", "b", "n")
    told = ("balance_id", "kind", "balance_name", "contract_id", "order_class", "priority", "is_paid")
    assert tables.columns("balances", *told)[-2:] == [
        (new_id, "PREPAID", "Big", "n", 2, 3, True),
        (derived_id("rollover", "across", "n"), "CREDIT", "Fee", "n", 2, None, False),
    ]
    columns: tuple[str, ...] = (
        "rollover_of",
        "rollover_fraction",
        "product_applicability",
        "usage_applicability",
        "contract_count",
    )
    assert tables.columns("balances", *columns)[-2] == ("b", None, 1, 0, 1)
    segments = tables.rows("balance_segments")
    assert [row["segment_id"] for row in segments] == [
        "until",
        "a",
        "s",
        derived_id("segment", new_id, "0"),
        derived_id("segment", derived_id("rollover", "across", "n"), "0"),
    ]
    assert (segments[3]["amount"], segments[3]["starting_at"], segments[3]["ending_before"]) == (
        None,
        at("2025-06-01"),
        at("2026-06-01"),
    )
    columns = ("from_segment_no", "to_segment_no", "rolled_at", "fraction")
    assert tables.columns("rollovers", *columns) == [
        (0, 3, at("2025-06-01"), Decimal("0.5")),
        (1, 4, at("2025-06-01"), 1),
    ]


def test_what_an_earlier_run_rolled_over_is_known() -> None:
    owner = ended(credits=[balance(each, rollover_fraction=1) for each in ("b", "empty")])
    catalog = shop(owner, renewing())
    segment_id = derived_id("segment", derived_id("rollover", "b", "n"), "0")
    earlier = Earlier(rollovers={segment_id: Decimal("12.5")}, billed={"c": at("2025-06-01")})
    for label in ("2025-06", "2026-06"):
        rows = Tables(catalog, label, earlier).rows("balance_segments")
        known = [(row["amount"], row["ending_before"]) for row in rows if row["starting_at"] == at("2025-06-01")]
        assert known == [(Decimal("12.5"), ALWAYS.ending_before), (0, ALWAYS.ending_before)]
    unbilled = Tables(catalog, "2025-06", Earlier(billed={"c": at("2025-05-01")})).rows("balance_segments")
    assert [row["amount"] for row in unbilled if row["starting_at"] == at("2025-06-01")] == [None, None]


def test_the_grant_in_force_at_a_renewal_rolls_over_for_its_seat() -> None:
    subscription = {
        "id": "seats",
        "subscription_rate": {"product_id": "seat", "billing_frequency": "MONTHLY"},
        "collection_schedule": "ADVANCE",
        "quantity_management_mode": "SEAT_BASED",
        "seat_config": {"initial_seat_ids": ["ann", "bob"], "seat_group_key": "user"},
    }
    link = {
        "subscription_id": "seats",
        "allocation": "INDIVIDUAL",
        "apply_seat_increase_config": {"is_prorated": True},
    }
    plan = recurring("plan", 0, "2025-01-01", rollover_fraction=1)
    plan |= {"access_amount": {"unit_price": 31}, "subscription_config": link}
    owner = ended(subscriptions=[subscription], recurring_credits=[plan])
    tables = Tables(shop(owner, renewing()), "2025-06")
    rows = tables.rows("balance_segments")
    sources = [row["segment_no"] for row in rows if row["starting_at"] == at("2025-05-01")]
    targets = [row for row in rows if row["starting_at"] == at("2025-06-01")]
    assert [(row["seat_group_key"], row["seat_id"]) for row in targets] == [("user", "ann"), ("user", "bob")]
    found = tables.columns("rollovers", "from_segment_no", "to_segment_no")
    assert found == [(sources[0], targets[0]["segment_no"]), (sources[1], targets[1]["segment_no"])]
    together = [row["seats_no"] for row in tables.rows("balances") if row["rollover_of"] is not None]
    assert together == [targets[0]["balance_no"]] * 2


def test_a_renewed_grant_that_a_long_contract_still_uses_is_found_years_later() -> None:
    plan = recurring("plan", 31, "2020-01-01", rollover_fraction=1)
    old = contract(starting_at="2020-01-01", ending_before=stamp("2020-06-01"), recurring_credits=[plan])
    transition = {"type": "RENEWAL", "from_contract_id": "c"}
    tables = Tables(shop(old, contract("n", starting_at="2020-06-01", transition=transition)), "2025-05")
    assert tables.windows() == [
        (31, at("2020-05-01"), at("2020-06-01")),
        (None, at("2020-06-01"), ALWAYS.ending_before),
    ]
    assert tables.columns("rollovers", "from_segment_no", "to_segment_no") == [(0, 1)]


@pytest.mark.parametrize(("end", "charged"), [(None, []), ("2026-06-01", [at("2026-06-01")])])
def test_a_postpaid_rollover_charges_what_is_left_when_the_new_contract_ends(
    end: str | None, charged: list[Any]
) -> None:
    owner = ended(commits=[balance("b", rollover_fraction=1, **POSTPAID)])
    tables = Tables(shop(owner, renewing(ending_before=None if end is None else stamp(end))), "2025-06")
    assert tables.columns("balances", "order_class", "usage_applicability") == [(4, 0), (1, None)]
    found = tables.columns("trueups", "balance_no", "contract_id", "charged_at", "is_removed")
    assert found == [(0, "c", at("2026-01-01"), False), *((1, "n", moment, False) for moment in charged)]


@pytest.mark.parametrize(
    ("trueup", "charged_at", "more", "is_removed"),
    [
        ("AS_IS", "2025-06-01", {}, False),
        ("REMOVE", "2025-06-01", {}, True),
        ("REMOVE", "2025-05-31", {}, False),
        ("AS_IS", "2025-05-31", {"do_not_invoice": True}, True),
    ],
)
def test_a_transition_may_take_away_the_trueups_still_to_come(
    trueup: str, charged_at: str, more: Row, is_removed: bool
) -> None:
    commit = balance("b", type="POSTPAID", invoice_schedule=invoiced(100, charged_at, **more))
    tables = Tables(shop(ended(commits=[commit]), renewing(trueup)), "2025-05")
    assert tables.columns("trueups", "is_removed") == [(is_removed,)]


def test_a_customers_postpaid_commit_is_trued_up_on_the_contract_it_names() -> None:
    commit = balance("b", customer_id="x", invoice_contract_id="c", **POSTPAID)
    tables = Tables(shop(ended(), renewing("REMOVE"), commits=(commit,)), "2025-05")
    assert tables.columns("trueups", "contract_id", "is_removed") == [("c", False)]
