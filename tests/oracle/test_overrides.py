"""The oracle alone on overrides: TIERED ones, what goes first and why, and what they reach."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.overrides import Target, reaches, read_override
from tests.oracle.rating import bill
from tests.oracle.small import contract, midnight, product, rate, rows, workspace
from tests.oracle.tiny import event
from tests.oracle.written import Named

F = Fraction
OVERWRITE = {"rate_type": "FLAT", "price": 3}


def override(identity: str, kind: str | None = None, **more: Any) -> dict[str, Any]:
    body = {"id": identity, "starting_at": midnight("2020-01-01"), **more}
    return {**body, "type": kind} if kind else body


def tiered(identity: str, *tiers: tuple[str | None, str], priority: str = "1", **more: Any) -> dict[str, Any]:
    written = [{"multiplier": factor, **({"size": size} if size else {})} for size, factor in tiers]
    return override(identity, "TIERED", tiers=written, priority=priority, **more)


def times(identity: str, multiplier: str, **more: Any) -> dict[str, Any]:
    return override(identity, "MULTIPLIER", multiplier=multiplier, **more)


def explicit(*overrides: dict[str, Any]) -> dict[str, Any]:
    return contract(multiplier_override_prioritization="EXPLICIT", overrides=list(overrides))


def test_t15_tiered_override(tmp_path: Path) -> None:
    terms = explicit(tiered("o", ("10", "0.8"), ("10", "0.7")))
    folder = workspace(tmp_path, [product("p")], [rate("p", "1")], [terms])
    result = bill(folder, [event("2026-03-05T00:00:00Z", "c", "p", n="25")], "2026-03")
    columns = ("tier", "override_tier_level", "quantity", "unit_price", "override_multiplier", "override_reason")
    assert rows(result, *columns) == [
        (None, 1, 10, F("0.8"), F("0.8"), "only override"),
        (None, 2, 10, F("0.7"), F("0.7"), "only override"),
        (None, 3, 5, 1, 1, "only override"),
    ]
    assert result.invoices[0]["total"] == 20


def test_tiers_of_the_list_and_of_the_override_cut_each_other(tmp_path: Path) -> None:
    prices = [{"size": 6, "price": 10}, {"price": 20}]
    terms = explicit(tiered("o", ("4", "0.5"), (None, "0.1")))
    folder = workspace(tmp_path, [product("p")], [rate("p", rate_type="TIERED", tiers=prices)], [terms])
    result = bill(folder, [event("2026-03-05T00:00:00Z", "c", "p", n="9")], "2026-03")
    assert rows(result, "tier", "tier_lower", "tier_upper", "override_tier_level", "quantity", "unit_price") == [
        (1, None, 6, 1, 4, 5),
        (1, None, 6, 2, 2, 1),
        (2, 6, None, 2, 3, 2),
    ]


def test_nothing_used_is_one_line_at_the_first_piece(tmp_path: Path) -> None:
    folder = workspace(tmp_path, [product("p")], [rate("p")], [explicit(tiered("o", ("4", "0.5")))])
    assert rows(bill(folder, [], "2026-03"), "override_tier_level", "quantity") == [(1, 0)]


@pytest.mark.parametrize(
    ("scheme", "overrides", "chosen", "reason"),
    [
        ("LOWEST_MULTIPLIER", [], None, None),
        ("LOWEST_MULTIPLIER", [override("a", entitled=True)], None, None),
        ("LOWEST_MULTIPLIER", [times("a", "2"), override("b", entitled=True)], "a", "only override"),
        ("LOWEST_MULTIPLIER", [times("a", "2"), times("b", "0.5"), times("c", "1")], "b", "lowest multiplier"),
        ("LOWEST_MULTIPLIER", [times("a", "2"), times("b", "2.0")], "b", "lowest multiplier"),
        ("EXPLICIT", [times("a", "2", priority=1), times("b", "0.5", priority=2)], "a", "smallest priority"),
        ("EXPLICIT", [times("a", "2", priority=1), times("b", "0.5", priority=1)], "b", "smallest priority"),
        ("EXPLICIT", [times("a", "0.1"), times("b", "0.5", priority=9)], "b", "smallest priority"),
        ("EXPLICIT", [tiered("a", ("4", "9")), times("b", "0.5", priority=1)], "a", "smallest priority"),
        ("EXPLICIT", [tiered("a", ("4", "9")), tiered("b", ("4", "8"))], "b", "smallest priority"),
        (
            "EXPLICIT",
            [override("a", "OVERWRITE", overwrite_rate=OVERWRITE), tiered("b", ("4", "0"))],
            "a",
            "overwrite before multiplier",
        ),
        (
            "LOWEST_MULTIPLIER",
            [
                override("a", "OVERWRITE", overwrite_rate=OVERWRITE),
                times("b", "0"),
                override("c", "OVERWRITE", overwrite_rate={**OVERWRITE, "price": 9}),
            ],
            "c",
            "last added overwrite",
        ),
    ],
)
def test_which_override_and_why(
    tmp_path: Path, scheme: str, overrides: list[dict[str, Any]], chosen: str | None, reason: str | None
) -> None:
    terms = contract(multiplier_override_prioritization=scheme, overrides=overrides)
    folder = workspace(tmp_path, [product("p")], [rate("p")], [terms])
    result = bill(folder, [event("2026-03-05T00:00:00Z", "c", "p", n="1")], "2026-03")
    assert rows(result, "override_id", "override_reason") == [(chosen, reason)]


def test_t32_trial(tmp_path: Path) -> None:
    week = {"starting_at": midnight("2024-09-01"), "ending_before": midnight("2024-09-08")}
    trial = [
        {"id": "free", "type": "MULTIPLIER", "multiplier": 0, "applicable_product_tags": ["trial"], **week},
        {"id": "off", "entitled": False, "applicable_product_tags": ["paid"], **week},
    ]
    products = [product("p", tags=["trial"]), product("q", tags=["paid"])]
    folder = workspace(
        tmp_path, products, [rate("p", "7"), rate("q", "9")], [contract(start="2024-09-01", overrides=trial)]
    )
    events = [event(f"2024-09-{day}T00:00:00Z", "c", kind, n="1") for day in ("03", "08") for kind in "pq"]
    result = bill(folder, events, "2024-09")
    assert rows(result, "product", "starting_at", "quantity", "unit_price") == [
        ("p", datetime(2024, 9, 1), 1, 0),
        ("p", datetime(2024, 9, 8), 1, 7),
        ("q", datetime(2024, 9, 8), 1, 9),
    ]
    assert [(row["product"], row["quantity"]) for row in result.not_entitled] == [("q", 1)]


PRODUCTS = Named({name: {"name": name} for name in "pqs"})
USAGE = Target("p", "USAGE", ("a", "b"), {"region": "eu"}, {"org": "x"})
MONTHLY = Target("s", "SUBSCRIPTION", ("a",), frequency="MONTHLY")
COMPOSITE = Target("q", "COMPOSITE", ("a", "b"))


@pytest.mark.parametrize(
    ("target", "reached"),
    [
        ({}, [USAGE, MONTHLY, COMPOSITE]),
        ({"product": "s"}, [MONTHLY]),
        ({"applicable_product_tags": ["b", "z"]}, [USAGE, COMPOSITE]),
        ({"override_specifiers": [{"product_tags": ["a", "b"]}]}, [USAGE, COMPOSITE]),
        ({"override_specifiers": [{"product_tags": ["a"], "pricing_group_values": {"region": "eu"}}]}, [USAGE]),
        ({"override_specifiers": [{"product_tags": ["a"], "presentation_group_values": {"org": "y"}}]}, []),
        ({"override_specifiers": [{"product": "s", "billing_frequency": "MONTHLY"}]}, [MONTHLY]),
        ({"override_specifiers": [{"product": "s", "billing_frequency": "ANNUAL"}]}, []),
        ({"override_specifiers": [{"product": "s"}, {"product": "q"}]}, [MONTHLY, COMPOSITE]),
        ({"override_specifiers": [{"billing_frequency": "MONTHLY"}]}, [MONTHLY]),
    ],
)
def test_what_a_multiplier_reaches(target: dict[str, Any], reached: list[Target]) -> None:
    read = read_override(times("o", "1", **target), PRODUCTS)
    assert [each for each in (USAGE, MONTHLY, COMPOSITE) if reaches(read, each)] == reached


def test_what_cannot_be_priced_so_is_not_reached() -> None:
    flat = read_override(override("o", "OVERWRITE", overwrite_rate=OVERWRITE), PRODUCTS)
    share = {"rate_type": "PERCENTAGE", "price": 0.1}
    fraction = read_override(override("o", "OVERWRITE", overwrite_rate=share), PRODUCTS)
    every = (USAGE, MONTHLY, COMPOSITE)
    assert [[reaches(each, target) for target in every] for each in (flat, fraction)] == [
        [True, True, False],
        [False, False, True],
    ]
    assert [reaches(read_override(tiered("o", ("1", "1")), PRODUCTS), target) for target in every] == [
        True,
        False,
        False,
    ]
