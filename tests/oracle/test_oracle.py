"""The oracle alone against worked examples whose results are stated, not computed by any program."""

from __future__ import annotations

import ast
import sys
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.numbers import divide, round_quantity
from tests.oracle.rating import bill
from tests.oracle.sql_metrics import SQL_FUNCTIONS
from tests.oracle.times import statement_periods
from tests.oracle.tiny import event, priced, since, total, workspace

HERE = Path(__file__).parent
ALLOWED_IMPORTS = {*sys.stdlib_module_names, "yaml", "pytest", "tests"}


LATEST = {
    "aggregation_type": "LATEST",
    "aggregation_key": "n",
    "property_filters": [{"name": "n", "exists": True}],
}


def test_t04_latest_bills_increments(tmp_path: Path) -> None:
    rates = [
        since("2026-03-01", "1"),
        since("2026-03-02", "2"),
        since("2026-03-03", "3"),
        since("2026-03-04", "4"),
    ]
    reports = ["7", "9", "10", "5"]
    events = [event(f"2026-03-0{day}T12:00:00Z", n=text) for day, text in enumerate(reports, start=1)]
    result = bill(workspace(tmp_path, rates, LATEST), events, "2026-03")
    assert priced(result) == [(7, 1), (2, 2), (1, 3), (-5, 4)]
    assert [line["rate"] for line in sorted(result.lines, key=lambda line: line["starting_at"])] == [
        0,
        1,
        2,
        3,
    ]


def test_t04_one_rate_is_one_line(tmp_path: Path) -> None:
    events = [event(f"2026-03-0{day}T12:00:00Z", n=str(day)) for day in (1, 2, 3)]
    result = bill(workspace(tmp_path, [since("2023-01-01", "1")], LATEST), events, "2026-03")
    assert priced(result) == [(3, 1)]


@pytest.mark.parametrize(
    ("first", "second", "lines", "amount"),
    [("7", "9", [(7, 3), (2, 4)], 29), ("40", "30", [(40, 3), (-10, 4)], 80)],
    ids=["T-05a", "T-05b"],
)
def test_t05_latest_over_a_rate_change(
    tmp_path: Path, first: str, second: str, lines: list[tuple[int, int]], amount: int
) -> None:
    rates = [since("2023-01-01", "3"), since("2026-03-17", "4")]
    events = [event("2026-03-02T00:00:00Z", n=first), event("2026-03-17T00:00:00Z", n=second)]
    result = bill(workspace(tmp_path, rates, LATEST), events, "2026-03")
    assert priced(result) == lines
    assert total(result) == amount


@pytest.mark.parametrize(("granularity", "amount"), [("HOUR", 300), ("SERVICE_PERIOD", 600), (None, 600)])
def test_t06_granularity_of_a_sql_metric(tmp_path: Path, granularity: str | None, amount: int) -> None:
    metric = {"name": "Tokens by region", "sql": "SELECT SUM(properties.tokens) AS total_tokens"}
    product = {"sql_breakdown_granularity": granularity} if granularity else {}
    rates = [since("2023-01-01", "10"), since("2026-01-15", "20")]
    folder = workspace(tmp_path, rates, metric, product)
    events = [
        event(f"2026-01-0{day}T09:00:00Z", kind="api_call", tokens=text)
        for day, text in ((1, "5"), (2, "10"), (3, "15"))
    ]
    assert total(bill(folder, events, "2026-01")) == amount


TIERS = {"rate_type": "TIERED", "tiers": [{"size": 5, "price": 0}, {"size": 5, "price": 1}, {"price": 1.5}]}


@pytest.mark.parametrize(
    ("quantity", "amount", "levels"),
    [
        ("5", "0", [1]),
        ("6", "1", [1, 2]),
        ("10", "5", [1, 2]),
        ("11", "6.5", [1, 2, 3]),
        ("20", "20", [1, 2, 3]),
    ],
)
def test_t08_tiers(tmp_path: Path, quantity: str, amount: str, levels: list[int]) -> None:
    folder = workspace(tmp_path, [since("2023-01-01", "", **TIERS)])
    result = bill(folder, [event("2026-03-05T00:00:00Z", n=quantity)], "2026-03")
    assert total(result) == Fraction(amount)
    assert sorted(line["tier"] for line in result.lines) == levels


def test_t08_tiers_count_on_over_a_rate_change_and_walk_back(tmp_path: Path) -> None:
    rates = [since("2023-01-01", "", **TIERS), since("2026-03-10", "", **TIERS)]
    folder = workspace(tmp_path, rates)
    events = [event("2026-03-01T00:00:00Z", n="8"), event("2026-03-10T00:00:00Z", n="-5")]
    result = bill(folder, events, "2026-03")
    assert priced(result) == [(5, 0), (3, 1), (-2, 0), (-3, 1)]


def test_t08b_two_tiers(tmp_path: Path) -> None:
    tiers = [{"size": 10000, "price": 1}, {"price": 0.5}]
    folder = workspace(tmp_path, [since("2023-01-01", "", rate_type="TIERED", tiers=tiers)])
    result = bill(folder, [event("2026-03-05T00:00:00Z", n="15000")], "2026-03")
    assert priced(result) == [(10000, 1), (5000, Fraction(1, 2))]
    assert total(result) == 12500


def test_t08d_tiers_apply_to_each_presentation_value(tmp_path: Path) -> None:
    metric = {
        "aggregation_type": "sum",
        "aggregation_key": "n",
        "property_filters": [{"name": "n", "exists": True}, {"name": "project_id", "exists": True}],
        "group_keys": [["project_id"]],
    }
    product = {"presentation_group_key": ["project_id"]}
    folder = workspace(tmp_path, [since("2023-01-01", "", **TIERS)], metric, product)
    events = [event("2026-03-05T00:00:00Z", n="6", project_id=project) for project in "AB"]
    assert total(bill(folder, events, "2026-03")) == 2
    nothing = bill(folder, [], "2026-03")
    assert [(line["presentation"], line["tier"], line["quantity"]) for line in nothing.lines] == [((None,), 1, 0)]


def keyed(*keys: str) -> dict[str, Any]:
    return {
        "aggregation_type": "SUM",
        "aggregation_key": "n",
        "property_filters": [{"name": name, "exists": True} for name in ("n", *keys)],
        "group_keys": [list(keys)],
    }


def test_t14_multiplier_on_a_subset_of_keys(tmp_path: Path) -> None:
    keys = ["resource.region", "resource.hardware"]
    override = {
        "type": "MULTIPLIER",
        "multiplier": 0.7,
        "starting_at": "2023-01-01T00:00:00Z",
        "override_specifiers": [
            {"product_id": "p1", "pricing_group_values": {"resource.region": region}}
            for region in ("af-south-1", "uaenorth")
        ],
    }
    folder = workspace(
        tmp_path,
        [since("2023-01-01", "10")],
        keyed(*keys),
        {"pricing_group_key": keys},
        {"overrides": [override]},
    )
    events = [
        event("2026-03-05T00:00:00Z", n="1", **{"resource.region": region, "resource.hardware": hardware})
        for region in ("af-south-1", "uaenorth", "us-east-1")
        for hardware in ("cpu", "gpu")
    ]
    prices = {line["pricing"]: line["unit_price"] for line in bill(folder, events, "2026-03").lines}
    assert len(prices) == 6
    for (region, _), price in prices.items():
        assert price == (10 if region == "us-east-1" else 7)


def test_t18b_lowest_multiplier_from_the_day_it_starts(tmp_path: Path) -> None:
    overrides = [
        {"type": "MULTIPLIER", "multiplier": multiplier, "starting_at": f"{year}-01-01T00:00:00Z"}
        for multiplier, year in ((0.9, 2024), (0.8, 2025))
    ]
    folder = workspace(tmp_path, [since("2023-01-01", "100")], contract={"overrides": overrides})
    for month, price in (("2023-12", 100), ("2024-12", 90), ("2025-01", 80)):
        result = bill(folder, [event(f"{month}-05T00:00:00Z", n="1")], month)
        assert priced(result) == [(1, price)]


def test_t21_custom_anchor_before_the_start(tmp_path: Path) -> None:
    schedule = {
        "frequency": "MONTHLY",
        "day": "CUSTOM_DATE",
        "billing_anchor_date": "2024-09-10T00:00:00Z",
    }
    contract = {"starting_at": "2024-09-15T00:00:00Z", "usage_statement_schedule": schedule}
    folder = workspace(tmp_path, [since("2023-01-01", "1")], contract=contract)
    found = []
    for month in ("2024-09", "2024-10", "2024-11"):
        for invoice in bill(folder, [], month).invoices:
            found.append((invoice["starting_at"], invoice["ending_before"]))
    assert found == [
        (datetime(2024, 9, 15), datetime(2024, 10, 10)),
        (datetime(2024, 10, 10), datetime(2024, 11, 10)),
    ]


def test_t28_conversion_and_presentation_values(tmp_path: Path) -> None:
    product = {
        "presentation_group_key": ["user_id"],
        "quantity_conversion": {"conversion_factor": 1000000, "operation": "divide"},
    }
    contract = {"starting_at": "2024-08-01T00:00:00Z"}
    folder = workspace(tmp_path, [since("2024-08-01", "50")], keyed("user_id"), product, contract)
    events = [
        event("2024-08-01T00:00:00Z", n="1000000", user_id="john"),
        event("2024-08-15T00:00:00Z", n="1000000", user_id="john"),
        event("2024-08-16T00:00:00Z", n="5500000", user_id="jane", customer="alias"),
        event("2024-08-17T00:00:00Z", n="3000000", user_id="john"),
        event("2024-08-18T00:00:00Z", n="3000000", user_id="john", customer="Customer"),
    ]
    lines = {line["presentation"]: line for line in bill(folder, events, "2024-08").lines}
    assert {user: (line["quantity"], line["total"]) for user, line in lines.items()} == {
        ("john",): (5, 250),
        ("jane",): (Fraction("5.5"), 275),
    }


def test_t29_dimensional_table(tmp_path: Path) -> None:
    table = {("R1", "AWS"): "0.12", ("R1", "AZURE"): "0.14", ("R2", "AWS"): "0.16", ("R2", "AZURE"): "0.18"}
    rates = [
        since("2023-01-01", price, pricing_group_values={"region": region, "cloud": cloud})
        for (region, cloud), price in table.items()
    ]
    product = {"pricing_group_key": ["region", "cloud"], "presentation_group_key": ["org"]}
    folder = workspace(tmp_path, rates, keyed("region", "cloud", "org"), product)
    used = {"Org1": ("15", "10", "10", "5"), "Org2": ("10", "0", "6", "3")}
    events = [
        event("2026-03-05T00:00:00Z", n=quantity, region=region, cloud=cloud, org=org)
        for org, quantities in used.items()
        for (region, cloud), quantity in zip(table, quantities, strict=True)
    ]
    events.append(event("2026-03-05T00:00:00Z", n="1", region="r1", cloud="AWS", org="Org1"))
    result = bill(folder, events, "2026-03")
    assert len(result.lines) == 7
    assert total(result) == Fraction("1.8") + Fraction("1.4") + Fraction("1.6") + Fraction("0.9") + Fraction(
        "1.2"
    ) + Fraction("0.96") + Fraction("0.54")
    assert [(row["pricing"], row["quantity"]) for row in result.unrated] == [(("r1", "AWS"), 1)]


def test_overwrite_prices_what_the_list_does_not_and_entitlement_hides_it(tmp_path: Path) -> None:
    overrides: list[dict[str, Any]] = [
        {
            "type": "OVERWRITE",
            "starting_at": "2026-03-10T00:00:00Z",
            "overwrite_rate": {"rate_type": "FLAT", "price": 7},
            "product_id": "p1",
        },
        {"entitled": False, "starting_at": "2026-03-20T00:00:00Z"},
    ]
    rates = [since("2023-01-01", "1", ending_before="2026-03-01T00:00:00Z")]
    folder = workspace(tmp_path, rates, contract={"overrides": overrides})
    events = [event(f"2026-03-{day}T00:00:00Z", n=day) for day in ("05", "15", "25")]
    result = bill(folder, events, "2026-03")
    assert [row["quantity"] for row in result.unrated] == [5]
    assert priced(result) == [(15, 7)]
    assert [row["quantity"] for row in result.not_entitled] == [25]


def test_entitlement_does_not_split_what_is_unrated(tmp_path: Path) -> None:
    overrides: list[dict[str, Any]] = [
        {"entitled": False, "starting_at": "2026-03-10T00:00:00Z"},
    ]
    rates = [since("2023-01-01", "1", ending_before="2026-03-01T00:00:00Z")]
    folder = workspace(tmp_path, rates, contract={"overrides": overrides})
    events = [event(f"2026-03-{day}T00:00:00Z", n=day) for day in ("05", "15", "25")]
    (row,) = bill(folder, events, "2026-03").unrated
    assert (row["quantity"], row["starting_at"], row["ending_before"]) == (
        45,
        datetime(2026, 3, 1),
        datetime(2026, 4, 1),
    )


def schedule(start: str, frequency: str, day: str, anchor: str | None = None) -> dict[str, Any]:
    return {
        "starting_at": datetime.fromisoformat(start),
        "ending_before": None,
        "frequency": frequency,
        "day": day,
        "anchor": datetime.fromisoformat(anchor) if anchor else None,
    }


@pytest.mark.parametrize(
    ("contract", "month", "expected"),
    [
        (schedule("2026-01-31", "MONTHLY", "CONTRACT_START"), "2026-02", [("01-31", "02-28")]),
        (schedule("2026-01-31", "MONTHLY", "CONTRACT_START"), "2026-03", [("02-28", "03-31")]),
        (schedule("2026-01-15", "MONTHLY", "FIRST_OF_MONTH"), "2026-01", [("01-15", "02-01")]),
        (schedule("2026-02-15", "QUARTERLY", "FIRST_OF_MONTH"), "2026-03", [("02-15", "04-01")]),
        (schedule("2026-02-15", "QUARTERLY", "CONTRACT_START"), "2026-05", [("02-15", "05-15")]),
        (schedule("2025-06-15", "ANNUAL", "FIRST_OF_MONTH"), "2026-05", [("2025-06-15", "06-01")]),
        (
            schedule("2026-02-20", "WEEKLY", "FIRST_OF_MONTH"),
            "2026-02",
            [("02-20", "02-22"), ("02-22", "03-01")],
        ),
        (schedule("2026-05-01", "MONTHLY", "CUSTOM_DATE", "2026-08-31"), "2026-06", [("05-31", "06-30")]),
    ],
)
def test_statement_periods(contract: dict[str, Any], month: str, expected: list[tuple[str, str]]) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text if len(text) > 5 else f"2026-{text}")

    assert list(statement_periods(contract, month)) == [(moment(a), moment(b)) for a, b in expected]


def test_rounding_and_quotients() -> None:
    tie = Fraction(-5, 2)
    assert [round_quantity(tie, way, 0) for way in ("ROUND_UP", "ROUND_DOWN", "ROUND_HALF_UP")] == [
        -2,
        -3,
        -3,
    ]
    assert round_quantity(Fraction("1.005"), "ROUND_HALF_UP", 2) == Fraction("1.01")
    assert divide(Fraction(2), Fraction(3)) == Fraction("0.666666666667")
    assert divide(Fraction(-1), Fraction(8)) == Fraction("-0.125")


def test_sql_metric_average_of_daily_peaks() -> None:
    beats = [
        event("2026-03-01T00:00:00Z", kind="heartbeat", user_id="u", region="r", storage="9"),
        event("2026-03-01T23:59:59.999999Z", kind="heartbeat", user_id="u", region="r", storage="10"),
        event("2026-03-02T00:00:00Z", kind="heartbeat", user_id="u", region="r", storage="5"),
        event("2026-03-02T00:00:00Z", kind="heartbeat", user_id="v", region="r", storage="junk"),
    ]
    assert SQL_FUNCTIONS["Average daily peak"](beats) == [
        {"value": Fraction("7.5"), "user_id": "u", "region": "r"},
        {"value": None, "user_id": "v", "region": "r"},
    ]


def test_the_oracle_shares_nothing_with_the_engine() -> None:
    for path in sorted(HERE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0
                modules = [node.module or ""]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            else:
                continue
            for module in modules:
                assert module.partition(".")[0] in ALLOWED_IMPORTS, f"{path.name} imports {module}"
                assert not module.startswith("tests.") or module.startswith("tests.oracle."), path.name
