"""The oracle alone on which balance goes first (spec/rating.md §7.1)."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.granted import DEPOSIT, balance, hold, lines, postpaid, prepaid
from tests.oracle.rating import bill
from tests.oracle.small import contract, product, rate, workspace
from tests.oracle.tiny import event

YEAR = ("1", "2024-10-01", "2025-10-01")


def burned(folder: Path, commits: list[dict[str, Any]], credits: list[dict[str, Any]] | None = None) -> str:
    """The order in which balances of 1 each go, for 100 of `P` in us-east-1 and 0 of another product."""
    products = [product("P", pricing_group_key=["region"]), product("Q", tags=["t"]), DEPOSIT]
    terms = contract(start="2024-10-01", commits=commits, credits=credits or [])
    made = workspace(folder, products, [rate("P", "1"), rate("Q", "1")], [terms])
    result = bill(made, [event("2024-10-02T00:00:00Z", "c", "P", n="100", region="us-east-1")], "2024-10")
    hold([result])
    return " ".join(row[4] for row in lines(result, product="P", type="usage") if row[4])


def paid(identity: str, end: str = "2025-10-01", priority: str = "100", **more: Any) -> dict[str, Any]:
    own = ("1", "2024-10-01", end)
    return prepaid(identity, own, bills=[("2024-10-01", "1")], priority=priority, **more)


def in_region(region: str) -> dict[str, Any]:
    return {"pricing_group_values": {"region": region}}


T13 = [
    paid("A", priority="50"),
    prepaid("B", YEAR, priority="100"),
    paid("C", applicable_product_ids=["P"]),
    paid("D", specifiers=[{"product": "P", **in_region("us-east-1")}, in_region("us-west-1")]),
    paid("E", end="2026-10-01", specifiers=[{"product": "P", **in_region("us-east-1")}, in_region("us-west-1")]),
    paid("F"),
]


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4, 5), (5, 4, 3, 2, 1, 0), (3, 5, 1, 4, 0, 2)])
def test_t13_the_documented_order(tmp_path: Path, order: tuple[int, ...]) -> None:
    assert burned(tmp_path, [T13[position] for position in order]) == "A B C D E F"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # A postpaid commit comes last whatever its priority, and none comes after some.
        (balance("1", YEAR, priority=9), postpaid("2", YEAR, "2025-10-01", priority=1)),
        (prepaid("1", YEAR, priority=9), prepaid("2", YEAR)),
        # Paid after free, but only where the priority is the same.
        (paid("1", priority="1"), prepaid("2", YEAR, priority="2")),
        # What names no product at all but groups of values is narrower than what names one.
        (prepaid("1", YEAR, specifiers=[in_region("us-east-1")]), prepaid("2", YEAR, applicable_product_ids=["P"])),
        (prepaid("1", YEAR, applicable_product_ids=["P"]), prepaid("2", YEAR, applicable_products=["P", "Q"])),
        (
            prepaid("1", YEAR, specifiers=[{"product": "P"}]),
            prepaid("2", YEAR, applicable_product_ids=["P"], applicable_product_tags=["t"]),
        ),
        # What ends sooner, then what started sooner.
        (prepaid("1", ("1", "2024-10-01", "2025-01-01")), prepaid("2", ("1", "2024-09-01", "2025-02-01"))),
        (prepaid("1", ("1", "2024-09-01", "2025-01-01")), prepaid("2", ("1", "2024-10-01", "2025-01-01"))),
    ],
)
def test_one_before_the_other(tmp_path: Path, first: dict[str, Any], second: dict[str, Any]) -> None:
    for number, pair in enumerate(permutations((first, second))):
        commits = [each for each in pair if "type" in each]
        credits = [each for each in pair if "type" not in each]
        assert burned(tmp_path / str(number), commits, credits) == "1 2"


def test_contract_before_customer_and_few_contracts_before_all(tmp_path: Path) -> None:
    every = {**prepaid("every", YEAR), "customer": "c"}
    named = {**prepaid("named", YEAR), "customer": "c", "applicable_contract_ids": ["k"]}
    terms = contract(start="2024-10-01", commits=[prepaid("own", YEAR)])
    made = workspace(tmp_path, [product("P"), DEPOSIT], [rate("P", "1")], [terms], commits=[every, named])
    result = bill(made, [event("2024-10-02T00:00:00Z", "c", "P", n="9")], "2024-10")
    assert [row[4] for row in lines(result, type="usage")] == ["own", "named", "every", None]
