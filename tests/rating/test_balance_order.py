"""In which order balances are drawn, and what each of them applies to (spec/rating.md §7.1, §15 T-13)."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from tests.rating.balance_catalogs import POSTPAID, Row, Tables, balance, contract, invoiced, segment, shop, stamp


def specified(*specifiers: Row) -> Row:
    return {"specifiers": specifiers}


def test_the_documented_order_of_balances_whatever_order_they_are_written_in() -> None:
    """Spec/rating.md §15 T-13: A, B, C, D, E, F."""
    paid = {"type": "PREPAID", "invoice_schedule": invoiced(80, "2024-10-01")}
    window, longer = ("2024-10-01", "2025-10-01"), ("2024-10-01", "2026-10-01")
    regions = specified(
        {"product_id": "p", "presentation_group_values": {"region": "us-east-1"}},
        {"presentation_group_values": {"region": "us-west-1"}},
    )
    written = [
        balance("A", segment("a", 100, *window), priority=50, **paid),
        balance("B", segment("b", 100, *window), priority=100, type="PREPAID"),
        balance("C", segment("c", 100, *window), priority=100, applicable_product_ids=["p"], **paid),
        balance("D", segment("d", 100, *window), priority=100, **regions, **paid),
        balance("E", segment("e", 100, *longer), priority=100, **regions, **paid),
        balance("F", segment("f", 100, *window), priority=100, **paid),
    ]
    for seed in range(10):
        random.Random(seed).shuffle(written)
        tables = Tables(shop(contract(starting_at="2024-10-01", commits=written)), "2025-05")
        keys = {row["balance_id"]: _key(row) for row in tables.rows("balances")}
        ends = {row["balance_no"]: row["ending_before"] for row in tables.rows("balance_segments")}
        numbers = {row["balance_id"]: row["balance_no"] for row in tables.rows("balances")}
        assert sorted(keys, key=lambda each: (keys[each], ends[numbers[each]])) == list("ABCDEF")
        assert keys["D"] == keys["E"] == ((3, Decimal(100), True), (False, 1), (False, 1), (False, 1))
        assert keys["C"] == ((3, Decimal(100), True), (False, 1), (False, 0), (False, 1))


def _key(row: Row) -> tuple[Any, ...]:
    last = ("product_applicability", "usage_applicability", "contract_count")
    return (
        (row["order_class"], row["priority"], row["is_paid"]),
        *((row[column] is None, row[column]) for column in last),
    )


@pytest.mark.parametrize(
    ("given", "is_paid"),
    [
        ({}, False),
        ({"invoice_schedule": invoiced(0, "2025-01-01")}, False),
        ({"invoice_schedule": invoiced(1, "2025-01-01")}, True),
        ({"invoice_schedule": invoiced(1, "2025-01-01", do_not_invoice=True)}, True),
        (
            {
                "invoice_schedule": {
                    "recurring_schedule": {
                        "starting_at": stamp("2025-01-01"),
                        "ending_before": stamp("2026-01-01"),
                        "frequency": "QUARTERLY",
                        "amount_distribution": "EACH",
                        "unit_price": 3,
                        "quantity": 2,
                    }
                }
            },
            True,
        ),
    ],
)
def test_what_was_paid_for_comes_after_what_was_not(given: Row, is_paid: bool) -> None:
    tables = Tables(shop(contract(commits=[balance("b", type="PREPAID", **given)])), "2025-05")
    assert tables.columns("balances", "kind", "is_paid") == [("PREPAID", is_paid)]


@pytest.mark.parametrize(
    ("applicability", "products", "groups", "targets"),
    [
        ({"applicable_product_ids": ["p", "r"]}, 2, 0, [("p", None, None), ("r", None, None)]),
        ({"applicable_product_tags": ["cloud"]}, 2, 0, [(None, ["cloud"], None)]),
        (
            {"applicable_product_ids": ["p"], "applicable_product_tags": ["us", "cloud"]},
            2,
            0,
            [("p", None, None), (None, ["us", "cloud"], None)],
        ),
        (specified({"product_tags": ["cloud", "us"]}), 1, 0, [(None, None, ["cloud", "us"])]),
        (specified({"product_id": "q", "product_tags": ["cloud"]}), 1, 0, [("q", None, ["cloud"])]),
        (specified({"pricing_group_values": {"a": "1"}}), 0, 1, [(None, None, None)]),
        (
            specified({"product_tags": ["us"], "pricing_group_values": {"a": "1"}}, {"product_id": "q"}),
            2,
            0,
            [(None, None, ["us"]), ("q", None, None)],
        ),
    ],
)
def test_what_a_balance_applies_to(
    applicability: Row, products: int, groups: int, targets: list[tuple[object, ...]]
) -> None:
    tables = Tables(shop(contract(credits=[balance("b", **applicability)])), "2025-05")
    assert tables.columns("balances", "product_applicability", "usage_applicability") == [(products, groups)]
    assert tables.columns("balance_targets", "product_id", "any_tags", "all_tags") == targets


def test_group_values_are_pairs() -> None:
    given = specified({"pricing_group_values": {"b": "2", "a": "1"}, "presentation_group_values": {"c": "3"}})
    tables = Tables(shop(contract(credits=[balance("b", **given)])), "2025-05")
    found = tables.columns("balance_targets", "pricing_pairs", "presentation_pairs")
    assert found == [(["a\x1f1", "b\x1f2"], ["c\x1f3"])]


def test_specifiers_do_not_tell_postpaid_commits_apart() -> None:
    given = specified({"pricing_group_values": {"a": "1"}})
    commits = [balance("plain", **POSTPAID), balance("narrow", **POSTPAID, **given)]
    tables = Tables(shop(contract(commits=commits)), "2025-05")
    columns = ("order_class", "is_paid", "product_applicability", "usage_applicability")
    assert tables.columns("balances", *columns) == [(4, True, None, 0), (4, True, 0, 0)]
