"""The oracle alone on drawing: which lines a balance covers, in which order, and how they are split."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import yaml

from tests.oracle.granted import DEPOSIT, balance, closing, due, entries, hold, lines, postpaid, prepaid
from tests.oracle.metering import Event
from tests.oracle.rating import Bill, bill, bill_months
from tests.oracle.small import contract, percentage, product, rate, workspace
from tests.oracle.tiny import event

F = Fraction


def billed(
    folder: Path, period: str, usage: dict[str, str], terms: dict[str, Any], prices: dict[str, str], **more: Any
) -> Bill:
    """A month of products with flat prices; `usage` is by product, on the first day that the month is open."""
    names = sorted(prices)
    rates = [rate(name, prices[name]) for name in names]
    made = workspace(folder, [*(product(name) for name in names), DEPOSIT], rates, [contract(**terms)], **more)
    events = [event(f"{period}-01T00:00:00Z", "c", name, n=amount) for name, amount in usage.items()]
    result = bill(made, events, period)
    hold([result])
    return result


def test_t01_a_commit_splits_a_line(tmp_path: Path) -> None:
    own = prepaid("Prepaid Tokens", ("5000", "2024-09-01", "2024-10-01"))
    result = billed(tmp_path, "2024-09", {"tokens": "80"}, {"start": "2024-09-01", "commits": [own]}, {"tokens": "100"})
    assert lines(result) == [
        ("tokens", 50, 100, 5000, "Prepaid Tokens"),
        ("Prepaid Tokens applied", None, None, -5000, "Prepaid Tokens"),
        ("tokens", 30, 100, 3000, None),
    ]
    spans = {(line["starting_at"], line["ending_before"]) for line in result.lines}
    assert spans == {(datetime(2024, 9, 1), datetime(2024, 10, 1))}
    assert (due(result), result.invoices[0]["line_items"]) == ([("USAGE", 3000)], 3)
    columns = ("commit_type", "applied_balance_type", "access_type", "quantity_consumed", "in_total")
    assert [tuple(line[column] for column in columns) for line in result.lines] == [
        ("PrepaidCommit", "PREPAID", "SPEND", None, True),
        ("PrepaidCommit", "PREPAID", "SPEND", None, True),
        (None, None, None, None, True),
    ]


def test_t02_the_rest_of_a_line(tmp_path: Path) -> None:
    own = prepaid("Prepaid Commit", ("400", "2024-10-01", "2024-11-01"))
    result = billed(
        tmp_path, "2024-10", {"storage": "10"}, {"start": "2024-10-01", "commits": [own]}, {"storage": "100"}
    )
    assert [row[:4] for row in lines(result)] == [
        ("storage", 4, 100, 400),
        ("Prepaid Commit applied", None, None, -400),
        ("storage", 6, 100, 600),
    ]
    assert due(result) == [("USAGE", 600)]


def test_t03_prepaid_before_postpaid_whatever_their_priority(tmp_path: Path) -> None:
    commits = [
        postpaid("post", ("400", "2026-01-01", "2027-01-01"), "2027-01-01", priority=1),
        prepaid("pre", ("400", "2026-01-01", "2027-01-01"), priority=2),
    ]
    result = billed(tmp_path, "2026-01", {"p": "500"}, {"commits": commits}, {"p": "1"})
    assert lines(result) == [
        ("p", 400, 1, 400, "pre"),
        ("pre applied", None, None, -400, "pre"),
        ("p", 100, 1, 100, "post"),
        ("post applied", None, None, -100, "post"),
    ]
    assert [(line["in_total"], line["commit_type"]) for line in result.lines][2:] == [
        (True, "PostpaidCommit"),
        (False, "PostpaidCommit"),
    ]
    assert due(result) == [("USAGE", 100)]
    assert closing(result) == {"post": 300, "pre": 0}


def latest(folder: Path, changes: list[tuple[str, str]], prices: list[Any], **terms: Any) -> Bill:
    """March of a product that measures the LATEST value; a breakdown starts where a price or a balance does."""
    products = [product("p"), DEPOSIT]
    made = workspace(folder, products, prices, [contract(start="2026-03-01", **terms)])
    number = {"name": "n", "exists": True}
    measured_by(made, aggregation_type="LATEST", aggregation_key="n", property_filters=[number])
    events = [event(f"2026-03-{day}T00:00:00Z", "c", "p", n=level) for day, level in changes]
    result = bill(made, events, "2026-03")
    hold([result])
    return result


def test_t04_a_commit_from_the_second_day_covers_the_increase(tmp_path: Path) -> None:
    own = prepaid("own", ("1000", "2026-03-02", "2026-04-01"))
    result = latest(tmp_path, [("01", "7"), ("02", "9")], [rate("p", "10")], commits=[own])
    assert [row[:4] for row in lines(result)] == [
        ("p", 7, 10, 70),
        ("p", 2, 10, 20),
        ("own applied", None, None, -20),
    ]


T05_PRICES = [rate("p", "3"), rate("p", "4", "2026-03-17")]


def test_t05c_a_credit_from_the_new_price_on(tmp_path: Path) -> None:
    own = balance("own", ("100", "2026-03-17", "2026-04-01"))
    result = latest(tmp_path, [("05", "40"), ("20", "120")], T05_PRICES, credits=[own])
    assert [row[:4] for row in lines(result)] == [
        ("p", 40, 3, 120),
        ("p", 25, 4, 100),
        ("own applied", None, None, -100),
        ("p", 55, 4, 220),
    ]
    assert due(result) == [("USAGE", 340)]


def test_t05d_what_comes_back_restores_nothing(tmp_path: Path) -> None:
    own = balance("own", ("100", "2026-03-01", "2026-04-01"))
    result = latest(tmp_path, [("05", "40"), ("20", "30")], T05_PRICES, credits=[own])
    third = F("33.333333333333")
    assert [row[:4] for row in lines(result)] == [
        ("p", third, 3, 100),
        ("own applied", None, None, -100),
        ("p", 40 - third, 3, 20),
        ("p", -10, 4, -40),
    ]
    assert due(result) == [("USAGE", -20)]
    assert closing(result) == {"own": 0}


def measured_by(made: Path, **metric: Any) -> Path:
    """The workspace with the one metric that it has changed."""
    path = made / "catalog" / "all.yml"
    catalog = yaml.safe_load(path.read_text(encoding="utf-8"))
    (kept,) = catalog["billable_metrics"]
    catalog["billable_metrics"] = [{"id": kept["id"], "name": kept["name"], **metric}]
    path.write_text(yaml.safe_dump(catalog, sort_keys=False), encoding="utf-8")
    return made


def sql_sum(folder: Path, granularity: str, own: dict[str, Any]) -> Bill:
    """January of 5, 10 and 15 on its first days by a SQL metric, $10 until the 15th and $20 after."""
    products = [product("p", sql_breakdown_granularity=granularity), DEPOSIT]
    prices = [rate("p", "10"), rate("p", "20", "2026-01-15")]
    made = workspace(folder, products, prices, [contract(credits=[own])])
    measured_by(made, sql="SELECT sum(CAST(properties.n AS DECIMAL(38, 12))) AS value FROM events")
    events = [event(f"2026-01-0{day}T00:00:00Z", "c", "p", n=str(5 * day)) for day in (1, 2, 3)]

    def total(counted: Sequence[Event]) -> list[dict[str, Any]]:
        return [{"value": sum((F(each["properties"]["n"]) for each in counted), F(0))}]

    result = bill(made, events, "2026-01", {"p": total})
    hold([result])
    return result


def test_t06_by_the_hour_a_credit_of_the_second_day_covers_that_day(tmp_path: Path) -> None:
    own = balance("own", ("1000", "2026-01-02", "2026-01-03"))
    result = sql_sum(tmp_path, "HOUR", own)
    assert [row[:4] for row in lines(result)] == [
        ("p", 5, 10, 50),
        ("p", 10, 10, 100),
        ("own applied", None, None, -100),
        ("p", 15, 10, 150),
        ("p", 0, 20, 0),
    ]
    assert due(result) == [("USAGE", 200)]


def test_t06_for_the_service_period_a_credit_must_cover_its_last_instant(tmp_path: Path) -> None:
    for number, (start, end, total) in enumerate(
        (("2026-01-02", "2026-01-03", 600), ("2026-01-01", "2026-01-31", 600), ("2026-01-31", "2026-02-01", 0))
    ):
        result = sql_sum(tmp_path / str(number), "SERVICE_PERIOD", balance("own", ("1000", start, end)))
        assert due(result) == [("USAGE", total)]
        assert lines(result)[0][:4] == ("p", 30, 20, 600)


def test_t09_a_credit_for_half_of_the_month(tmp_path: Path) -> None:
    own = balance("Free", ("500", "2024-01-01", "2024-01-16"))
    prices = {"Compute": "1", "Storage": "0.5"}
    rates = [rate(name, price) for name, price in prices.items()]
    products = [*(product(name) for name in prices), DEPOSIT]
    made = workspace(tmp_path, products, rates, [contract(start="2024-01-01", credits=[own])])
    used = [("01", "Compute", "360"), ("01", "Storage", "100"), ("16", "Compute", "384"), ("20", "Storage", "150")]
    events = [event(f"2024-01-{day}T00:00:00Z", "c", name, n=amount) for day, name, amount in used]
    result = bill(made, events, "2024-01")
    assert lines(result) == [
        ("Compute", 360, 1, 360, "Free"),
        ("Free applied", None, None, -360, "Free"),
        ("Compute", 384, 1, 384, None),
        ("Storage", 100, F("0.5"), 50, "Free"),
        ("Free applied", None, None, -50, "Free"),
        ("Storage", 150, F("0.5"), 75, None),
    ]
    assert due(result) == [("USAGE", 459)]
    assert entries([result], "Free") == [
        ("CREDIT_SEGMENT_START", "2024-01-01", 500, 500),
        ("CREDIT_AUTOMATED_INVOICE_DEDUCTION", "2024-01-16", -410, 90),
        ("CREDIT_EXPIRATION", "2024-01-16", -90, 0),
    ]
    (_, deduction, _) = result.ledger
    assert deduction["invoice"] == (
        "k",
        "USAGE",
        datetime(2024, 1, 1),
        datetime(2024, 2, 1),
        datetime(2024, 2, 2),
    )
    assert deduction["applied_lines"] == 2
    hold([result])


def test_t12_the_dearest_line_first(tmp_path: Path) -> None:
    prices = {"Data Storage": "1", "Data Reads": "2.6"}
    own = balance("own", ("30", "2026-01-01", "2026-02-01"))
    result = billed(tmp_path, "2026-01", dict.fromkeys(prices, "10"), {"credits": [own]}, prices)
    assert [row[:4] for row in lines(result)] == [
        ("Data Reads", 10, F("2.6"), 26),
        ("own applied", None, None, -26),
        ("Data Storage", 4, 1, 4),
        ("own applied", None, None, -4),
        ("Data Storage", 6, 1, 6),
    ]


def test_t26_used_and_expired_at_the_end_of_the_month(tmp_path: Path) -> None:
    own = balance("own", ("100", "2026-09-01", "2026-10-01"))
    result = billed(tmp_path, "2026-09", {"p": "63"}, {"start": "2026-09-01", "credits": [own]}, {"p": "1"})
    assert entries([result], "own") == [
        ("CREDIT_SEGMENT_START", "2026-09-01", 100, 100),
        ("CREDIT_AUTOMATED_INVOICE_DEDUCTION", "2026-10-01", -63, 37),
        ("CREDIT_EXPIRATION", "2026-10-01", -37, 0),
    ]
    columns = ("opening", "granted", "drawn", "expired", "closing")
    assert [tuple(row[column] for column in columns) for row in result.balances] == [(0, 100, 63, 37, 0)]


def test_t27_a_tranche_is_not_used_up(tmp_path: Path) -> None:
    own = prepaid("Q1", ("30000", "2026-01-01", "2026-04-01"))
    prices = {"hours": "0.1", "storage": "0.05"}
    usage = {"hours": "200000", "storage": "5000"}
    result = billed(tmp_path, "2026-01", usage, {"commits": [own]}, prices)
    assert [row[3] for row in lines(result)] == [20000, -20000, 250, -250]
    assert (due(result), closing(result)) == ([("USAGE", 0)], {"Q1": 9750})


def test_nothing_covers_what_costs_nothing_or_gives_back(tmp_path: Path) -> None:
    own = balance("own", ("100", "2026-01-01", "2026-02-01"))
    result = billed(tmp_path, "2026-01", {"p": "-3", "q": "5"}, {"credits": [own]}, {"p": "2", "q": "0"})
    assert [row[:4] for row in lines(result)] == [("p", -3, 2, -6), ("q", 5, 0, 0)]


def test_composites_after_usage(tmp_path: Path) -> None:
    own = balance("own", ("100", "2026-01-01", "2026-02-01"))
    products = [product("p"), product("fee", "COMPOSITE", composite_product_ids=["p"]), DEPOSIT]
    rates = [rate("p", "1"), percentage("fee", "0.5")]
    made = workspace(tmp_path, products, rates, [contract(credits=[own])])
    result = bill(made, [event("2026-01-09T00:00:00Z", "c", "p", n="80")], "2026-01")
    # The percentage is of what was spent before balances.
    assert [row[:4] for row in lines(result)] == [
        ("p", 80, 1, 80),
        ("own applied", None, None, -80),
        ("fee", 40, F("0.5"), 20),
        ("own applied", None, None, -20),
        ("fee", 40, F("0.5"), 20),
    ]
    hold([result])


def test_a_percentage_of_all_of_it_at_once(tmp_path: Path) -> None:
    """A line that is no multiple of its price keeps the exact rest of its amount."""
    own = balance("own", ("1", "2026-01-01", "2026-02-01"))
    result = billed(tmp_path, "2026-01", {"p": "1"}, {"credits": [own]}, {"p": "3"})
    third = F("0.333333333333")
    assert [row[1:4] for row in lines(result)] == [(third, 3, 1), (None, None, -1), (1 - third, 3, 2)]


def regions(folder: Path, *credits: dict[str, Any], **terms: Any) -> Bill:
    """January of 10 in each of two regions at 1, for two teams each."""
    own = product("p", pricing_group_key=["region"], presentation_group_key=["org"])
    made = workspace(folder, [own, DEPOSIT], [rate("p", "1")], [contract(credits=list(credits), **terms)])
    events = [
        event(f"2026-01-{day}T00:00:00Z", "c", "p", n="5", region=region, org=org)
        for day in ("02", "20")
        for region in ("eu", "us")
        for org in ("a", "b")
    ]
    result = bill(made, events, "2026-01")
    hold([result])
    return result


def test_a_line_is_cut_only_for_the_groups_that_a_balance_can_cover(tmp_path: Path) -> None:
    only_eu = [{"product": "p", "pricing_group_values": {"region": "eu"}, "presentation_group_values": {"org": "b"}}]
    own = balance("own", ("3", "2026-01-10", "2026-02-01"), specifiers=only_eu)
    result = regions(tmp_path, own)
    columns = ("pricing", "presentation", "starting_at", "quantity", "total")
    assert [tuple(line[column] for column in columns) for line in result.lines] == [
        (("eu",), ("a",), datetime(2026, 1, 1), 10, 10),
        (("eu",), ("b",), datetime(2026, 1, 1), 5, 5),
        (("eu",), ("b",), datetime(2026, 1, 10), 3, 3),
        (("eu",), ("b",), datetime(2026, 1, 10), None, -3),
        (("eu",), ("b",), datetime(2026, 1, 10), 2, 2),
        (("us",), ("a",), datetime(2026, 1, 1), 10, 10),
        (("us",), ("b",), datetime(2026, 1, 1), 10, 10),
    ]


def test_t19_a_commit_for_one_product_only(tmp_path: Path) -> None:
    own = prepaid("A", ("1000", "2026-02-01", "2026-04-01"), applicable_product_ids=["Reads"])
    prices = {"Reads": "10", "Writes": "5"}
    usage = {"Reads": "10", "Writes": "10"}
    terms = {"start": "2026-02-01", "commits": [own]}
    assert due(billed(tmp_path / "1", "2026-02", usage, terms, prices)) == [("USAGE", 50)]
    both = [{"contract": "k", "update_commits": [{"commit_id": "A", "applicable_product_ids": list(prices)}]}]
    result = billed(tmp_path / "2", "2026-02", usage, terms, prices, contract_edits=both)
    assert (due(result), closing(result)) == ([("USAGE", 0)], {"A": 850})


def test_contracts_share_a_balance_in_the_order_of_their_invoices(tmp_path: Path) -> None:
    own = {**prepaid("shared", ("25", "2026-01-01", "2026-03-01")), "customer": "c"}
    half = {"frequency": "MONTHLY", "day": "CUSTOM_DATE", "billing_anchor_date": "2026-01-15T00:00:00Z"}
    contracts = [contract("later"), contract("sooner", usage_statement_schedule=half)]
    made = workspace(tmp_path, [product("p"), DEPOSIT], [rate("p", "1")], contracts, commits=[own])
    events = [event(f"2026-01-{day}T00:00:00Z", "c", "p", n="10") for day in ("02", "20")]
    first, second = bill_months(made, events, ["2026-01", "2026-02"])
    # The statement that ends on the 15th comes first; later, that of a whole month takes what is left.
    assert lines(first, contract="sooner") == [
        ("p", 10, 1, 10, "shared"),
        ("shared applied", None, None, -10, "shared"),
    ]
    assert [row[1:4] for row in lines(first, contract="later")] == [(15, 1, 15), (None, None, -15), (5, 1, 5)]
    assert [row["amount"] for row in first.ledger] == [25, -10, -15]
    assert [row["timestamp"] for row in first.ledger][1:] == [datetime(2026, 1, 15), datetime(2026, 2, 1)]
    assert [row[3] for row in lines(second, contract="sooner")] == [10]
    hold([first, second])


def test_a_child_draws_on_a_parent_that_lets_it(tmp_path: Path) -> None:
    for number, (access, total) in enumerate((({"type": "ALL"}, 0), ({"type": "NONE"}, 10), (None, 10))):
        config = {"hierarchy_configuration": {"child_access": access}} if access else {}
        parent = contract("parent", commits=[prepaid("own", ("100", "2026-01-01", "2026-02-01"), **config)])
        child = contract("child", customer="d", hierarchy_configuration={"parent": {"contract": "parent"}})
        made = workspace(tmp_path / str(number), [product("p"), DEPOSIT], [rate("p", "1")], [parent, child])
        result = bill(made, [event("2026-01-02T00:00:00Z", "d", "p", n="10")], "2026-01")
        assert [invoice["total"] for invoice in result.invoices] == [0, total]
        hold([result])


def test_contracts_wait_for_earlier_statements(tmp_path: Path) -> None:
    own = {**prepaid("shared", ("25", "2026-01-01", "2026-06-01")), "customer": "c"}
    contracts = [contract("old"), contract("new", start="2026-02-01"), contract("other", customer="d")]
    made = workspace(tmp_path, [product("p"), DEPOSIT], [rate("p", "1")], contracts, commits=[own])
    february = bill(made, [], "2026-02")
    assert february.parked == {"old", "new"}
    assert [invoice["contract"] for invoice in february.invoices] == ["other"]
    assert (february.ledger, february.balances) == ([], [])
    assert [each.parked for each in bill_months(made, [], ["2026-01", "2026-02"])] == [frozenset()] * 2
