"""The oracle alone on versions of products."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.oracle.rating import bill
from tests.oracle.small import contract, midnight, product, rate, rows, workspace
from tests.oracle.tiny import event

HALF = datetime(2026, 3, 16)
DIVIDE = {"operation": "DIVIDE", "conversion_factor": 10}
UP = {"rounding_method": "ROUND_UP", "decimal_places": 0}


def used(*days: tuple[str, str], kind: str = "p", **properties: str) -> list[dict[str, Any]]:
    return [event(f"2026-03-{day}T12:00:00Z", "c", kind, n=quantity, **properties) for day, quantity in days]


def update(**changed: Any) -> dict[str, Any]:
    return {"starting_at": midnight("2026-03-16"), **changed}


def test_conversion_and_rounding_of_the_version_that_bills(tmp_path: Path) -> None:
    # V: 0, 26, 51. Before: whole units. After: tens, rounded up: ceil(5.1) - ceil(2.6) = 6 - 3.
    changed = update(quantity_conversion=DIVIDE, quantity_rounding=UP)
    folder = workspace(tmp_path, [product("p", updates=[changed])], [rate("p", "2")])
    result = bill(folder, used(("02", "26"), ("20", "25")), "2026-03")
    assert rows(result, "starting_at", "quantity", "total") == [(datetime(2026, 3, 1), 26, 52), (HALF, 3, 6)]


def test_the_position_in_the_tiers_is_what_was_billed(tmp_path: Path) -> None:
    tiers = [{"size": 28, "price": 0}, {"price": 1}]
    changed = update(quantity_conversion=DIVIDE, quantity_rounding=UP)
    rates = [rate("p", rate_type="TIERED", tiers=tiers)]
    folder = workspace(tmp_path, [product("p", updates=[changed])], rates)
    result = bill(folder, used(("02", "26"), ("20", "25")), "2026-03")
    # 26, then 3: the tier ends at 28.
    assert rows(result, "starting_at", "tier", "quantity") == [
        (datetime(2026, 3, 1), 1, 26),
        (HALF, 1, 2),
        (HALF, 2, 1),
    ]


def test_null_clears_and_what_is_not_mentioned_stays(tmp_path: Path) -> None:
    first = product("p", quantity_conversion=DIVIDE, quantity_rounding=UP, updates=[update(quantity_rounding=None)])
    folder = workspace(tmp_path, [first], [rate("p")])
    result = bill(folder, used(("02", "26"), ("20", "25")), "2026-03")
    assert rows(result, "quantity") == [(3,), (Fraction("2.5"),)]


def test_an_update_that_changes_nothing_splits_nothing(tmp_path: Path) -> None:
    first = product("p", quantity_rounding=UP, tags=["a"], updates=[update(quantity_rounding=UP, tags=["b"], name="q")])
    folder = workspace(tmp_path, [first], [rate("p")])
    assert rows(bill(folder, used(("02", "26")), "2026-03"), "name", "quantity") == [("q", 26)]


def test_the_name_is_that_of_the_last_instant(tmp_path: Path) -> None:
    renamed = {"starting_at": midnight("2026-04-01"), "name": "q"}
    folder = workspace(tmp_path, [product("p", updates=[renamed])], [rate("p")])
    assert rows(bill(folder, [], "2026-03"), "name", "product_name") == [("p", "p")]
    assert rows(bill(folder, [], "2026-04"), "name", "product_name") == [("q", "q")]


def test_keys_change(tmp_path: Path) -> None:
    tiers = [{"size": 10, "price": 0}, {"price": 1}]
    rates = [
        rate("p", rate_type="TIERED", tiers=tiers),
        rate("p", "5", pricing_group_values={"region": "eu"}),
    ]
    changed = update(pricing_group_key=["region"], presentation_group_key=["org"])
    folder = workspace(tmp_path, [product("p", updates=[changed])], rates)
    events = [
        *used(("02", "8"), region="eu", org="a"),
        *used(("20", "4"), region="us", org="a"),
        *used(("21", "3"), region="eu", org="a"),
    ]
    result = bill(folder, events, "2026-03")
    # The tiers of a group begin anew with its keys: 4 of us are in the first tier though 8 came before.
    assert rows(result, "starting_at", "pricing", "presentation", "tier", "quantity", "unit_price") == [
        (datetime(2026, 3, 1), (), (), 1, 8, 0),
        (HALF, ("eu",), ("a",), None, 3, 5),
        (HALF, ("us",), ("a",), 1, 4, 0),
    ]


def test_rounding_counts_on_from_the_start_of_the_period_under_new_keys(tmp_path: Path) -> None:
    first = product("p", quantity_rounding=UP, updates=[update(presentation_group_key=["org"])])
    folder = workspace(tmp_path, [first], [rate("p")])
    events = [*used(("02", "0.4"), org="a"), *used(("20", "0.4"), org="a"), *used(("20", "0.4"), org="b")]
    result = bill(folder, events, "2026-03")
    # a: ceil(0.8) - ceil(0.4) = 0, no line; b: ceil(0.4).
    assert rows(result, "presentation", "quantity") == [((), 1), (("b",), 1)]


def test_keys_taken_away_leave_a_line_of_nothing(tmp_path: Path) -> None:
    first = product("p", pricing_group_key=["region"], updates=[update(pricing_group_key=[])])
    folder = workspace(tmp_path, [first], [rate("p")])
    assert rows(bill(folder, [], "2026-03"), "starting_at", "pricing_keys", "quantity") == [(HALF, (), 0)]


def test_tags_decide_what_an_override_reaches_when_they_are_in_force(tmp_path: Path) -> None:
    override = {
        "id": "o",
        "type": "MULTIPLIER",
        "multiplier": 0.5,
        "starting_at": midnight("2020-01-01"),
        "applicable_product_tags": ["cheap"],
    }
    products = [product("p", updates=[update(tags=["cheap"])])]
    folder = workspace(tmp_path, products, [rate("p", "10")], [contract(overrides=[override])])
    result = bill(folder, used(("02", "1"), ("20", "2")), "2026-03")
    assert rows(result, "quantity", "unit_price", "override_id", "override_reason") == [
        (1, 10, None, None),
        (2, 5, "o", "only override"),
    ]


def test_a_service_period_is_cut_by_conversions_and_not_by_prices_and_tags(tmp_path: Path) -> None:
    sql = {"id": "m", "name": "Tokens by region", "sql": "SELECT 1"}
    override = {
        "type": "MULTIPLIER",
        "multiplier": 0.5,
        "starting_at": midnight("2020-01-01"),
        "applicable_product_tags": ["cheap"],
    }
    day = {"starting_at": midnight("2026-03-10"), "tags": ["cheap"]}
    first = product("p", billable_metric_id="m", updates=[day, update(quantity_conversion=DIVIDE)])
    first.pop("billable_metric")
    rates = [rate("p", "10"), rate("p", "20", since="2026-03-20")]
    folder = workspace(tmp_path, [first], rates, [contract(overrides=[override])], billable_metrics=[sql])
    events = [
        event(f"2026-03-{day}T00:00:00Z", "c", "api_call", tokens=text) for day, text in (("05", "7"), ("17", "20"))
    ]
    assert rows(bill(folder, events, "2026-03"), "starting_at", "quantity", "unit_price") == [
        (datetime(2026, 3, 1), 7, 10),
        (HALF, 2, 10),
    ]
