"""The oracle alone on composites: percentages, tiers over the spend, minimums and who is a member when."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from tests.oracle.rating import bill
from tests.oracle.small import contract, midnight, percentage, product, rate, rows, workspace
from tests.oracle.tiny import event

F = Fraction
START, HALF, END = datetime(2026, 3, 1), datetime(2026, 3, 16), datetime(2026, 4, 1)
LINE = ("starting_at", "ending_before", "quantity", "unit_price", "total")


def used(**quantities: str) -> list[dict[str, Any]]:
    """p_02="5" is 5 of p on the second."""
    return [
        event(f"2026-03-{key.partition('_')[2]}T12:00:00Z", "c", key.partition("_")[0], n=text)
        for key, text in quantities.items()
    ]


def fee(**more: Any) -> dict[str, Any]:
    return product("fee", "COMPOSITE", **more)


def test_a_percentage_of_what_its_members_came_to(tmp_path: Path) -> None:
    products = [
        product("p"),
        product("q", tags=["in"]),
        product("x"),
        fee(composite_products=["p"], composite_tags=["in"]),
    ]
    half_price = {"type": "MULTIPLIER", "multiplier": 0.5, "starting_at": midnight("2020-01-01"), "product": "p"}
    rates = [rate("p", "10"), rate("q", "3"), rate("x", "1000"), percentage("fee", "0.1")]
    folder = workspace(tmp_path, products, rates, [contract(overrides=[half_price])])
    result = bill(folder, used(p_02="4", q_20="2", x_02="1"), "2026-03")
    # 4 at 5 and 2 at 3
    assert rows(result, *LINE, "type", "tier", product="fee") == [(START, END, 26, F("0.1"), F("2.6"), "usage", None)]
    assert result.invoices[0]["total"] == 26 + 1000 + F("2.6")
    assert rows(bill(folder, [], "2026-03"), "total", product="fee") == []


def test_a_composites_changes_cut_its_members(tmp_path: Path) -> None:
    products = [product("p"), product("x"), fee(composite_products=["p"])]
    rates = [rate("p"), rate("x"), percentage("fee", "0.1"), percentage("fee", "0.2", since="2026-03-16")]
    folder = workspace(tmp_path, products, rates)
    result = bill(folder, used(p_02="4", p_20="5"), "2026-03")
    assert rows(result, *LINE, product="p") == [(START, HALF, 4, 1, 4), (HALF, END, 5, 1, 5)]
    assert rows(result, *LINE, product="x") == [(START, END, 0, 1, 0)]
    assert rows(result, *LINE, product="fee") == [(START, HALF, 4, F("0.1"), F("0.4")), (HALF, END, 5, F("0.2"), 1)]


def test_tiers_go_by_the_spend_of_the_period(tmp_path: Path) -> None:
    tiers = [{"size": 100, "price": "0.01"}, {"price": "0.005"}]
    rates = [
        rate("p", "10"),
        rate("fee", "", rate_type="TIERED_PERCENTAGE", tiers=tiers),
        rate("fee", "", since="2026-03-16", rate_type="TIERED_PERCENTAGE", tiers=tiers),
    ]
    folder = workspace(tmp_path, [product("p"), fee(composite_products=["p"])], rates)
    result = bill(folder, used(p_02="8", p_20="5", p_21="-1"), "2026-03")
    assert rows(result, "starting_at", "tier", "tier_lower", "quantity", "unit_price", product="fee") == [
        (START, 1, None, 80, F("0.01")),
        (HALF, 1, None, 20, F("0.01")),
        (HALF, 2, 100, 20, F("0.005")),
    ]


def test_members_come_and_go_with_their_tags(tmp_path: Path) -> None:
    products = [
        product("p", updates=[{"starting_at": midnight("2026-03-16"), "tags": ["in"]}]),
        product("q"),
        fee(composite_products=["q"], composite_tags=["in"]),
    ]
    folder = workspace(tmp_path, products, [rate("p"), rate("q"), percentage("fee", "0.5")])
    result = bill(folder, used(p_02="4", p_20="6", q_03="10"), "2026-03")
    assert rows(result, *LINE, product="fee") == [(START, END, 16, F("0.5"), 8)]
    # That p comes and goes changes nothing for q.
    assert [line[2] for line in rows(result, *LINE, product="q")] == [10]


def test_a_member_of_the_service_period_is_spent_at_its_last_instant(tmp_path: Path) -> None:
    sql = {"id": "m", "name": "Tokens by region", "sql": "SELECT 1"}
    products = [product("p", billable_metric="Tokens by region"), fee(composite_products=["p"])]
    rates = [rate("p"), percentage("fee", "0.1"), percentage("fee", "0.2", since="2026-03-16")]
    folder = workspace(tmp_path, products, rates, billable_metrics=[sql])
    result = bill(folder, [event("2026-03-02T00:00:00Z", "c", "api_call", tokens="7")], "2026-03")
    assert rows(result, *LINE, product="p") == [(START, END, 7, 1, 7)]
    assert rows(result, *LINE, product="fee") == [(HALF, END, 7, F("0.2"), F("1.4"))]


def test_the_minimum_is_what_is_missing(tmp_path: Path) -> None:
    rates = [
        rate("p", "10"),
        percentage("fee", "0.1", minimum_config={"minimum": 7}),
    ]
    products = [product("p"), fee(composite_products=["p"])]
    double = {"type": "MULTIPLIER", "multiplier": 2, "starting_at": midnight("2020-01-01"), "product": "fee"}
    folder = workspace(tmp_path, products, rates, [contract(start="2026-03-11", overrides=[double])])
    result = bill(folder, used(p_12="2"), "2026-03")
    span = datetime(2026, 3, 11), END
    assert rows(result, "name", *LINE, "override_multiplier", product="fee") == [
        ("fee", *span, 20, F("0.2"), 4, 2),
        ("fee minimum", *span, 1, 3, 3, 2),
    ]
    assert rows(bill(folder, [], "2026-03"), "name", "total", product="fee") == [("fee minimum", 7)]
    assert rows(bill(folder, used(p_12="5"), "2026-03"), "name", "total", product="fee") == [("fee", 10)]


def test_an_overwrite_has_its_own_minimum(tmp_path: Path) -> None:
    share = {"rate_type": "PERCENTAGE", "price": 0, "minimum_config": {"minimum": 5}}
    terms = [{"type": "OVERWRITE", "overwrite_rate": share, "starting_at": midnight("2026-03-16"), "product": "fee"}]
    rates = [rate("p"), percentage("fee", "0.1", minimum_config={"minimum": 90})]
    folder = workspace(tmp_path, [product("p"), fee(composite_products=["p"])], rates, [contract(overrides=terms)])
    result = bill(folder, used(p_02="10"), "2026-03")
    assert rows(result, "name", "total", "override_type", product="fee") == [
        ("fee", 1, None),
        ("fee minimum", 4, "OVERWRITE"),
    ]


def test_what_is_not_entitled_or_unrated_is_reported_as_spend(tmp_path: Path) -> None:
    off = {"entitled": False, "starting_at": midnight("2026-03-16"), "product": "fee"}
    rates = [rate("p"), percentage("fee", "0.1", since="2026-03-10", minimum_config={"minimum": 90})]
    folder = workspace(tmp_path, [product("p"), fee(composite_products=["p"])], rates, [contract(overrides=[off])])
    result = bill(folder, used(p_02="1", p_12="2", p_20="4"), "2026-03")
    assert rows(result, "quantity", product="fee") == [(2,)]
    assert [(row["product"], row["quantity"], row["starting_at"]) for row in result.unrated] == [("fee", 1, START)]
    assert [(row["product"], row["quantity"], row["starting_at"]) for row in result.not_entitled] == [("fee", 4, HALF)]


def test_a_breakdown_has_the_spend_of_each_day(tmp_path: Path) -> None:
    rates = [rate("p", "10"), percentage("fee", "0.1", minimum_config={"minimum": 9})]
    folder = workspace(tmp_path, [product("p"), fee(composite_products=["p"])], rates)
    result = bill(folder, used(p_02="3", p_20="5"), "2026-03", window="day")
    assert rows(result, "window_starting_at", "name", "total", product="fee") == [
        (datetime(2026, 3, 31), "fee minimum", 1),
        (datetime(2026, 3, 2), "fee", 3),
        (datetime(2026, 3, 20), "fee", 5),
    ]
