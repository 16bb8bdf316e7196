"""The oracle alone on metric swaps, usage filters, arrival cut-offs and dotted names."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.metering import Event, Row
from tests.oracle.numbers import divide, to_number
from tests.oracle.properties import text_of
from tests.oracle.rating import Bill, bill
from tests.oracle.tiny import event, priced, since, workspace
from tests.oracle.usage import usage

DAYS = [since("2026-03-01", "1"), since("2026-03-02", "2"), since("2026-03-15", "3"), since("2026-03-16", "4")]
MARCH = datetime(2026, 3, 1), datetime(2026, 4, 1)


def average(name: str) -> Any:
    def rows(events: Any) -> list[Row]:
        numbers = [number for each in events if (number := to_number(each["properties"].get(name))) is not None]
        return [{"value": divide(sum(numbers, Fraction(0)), Fraction(len(numbers))) if numbers else None}]

    return rows


def summed(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": f"Sum of {name}",
        "aggregation_type": "SUM",
        "aggregation_key": name,
        "property_filters": [{"name": name, "exists": True}],
        **more,
    }


SQL = {"Average of a": average("a"), "Average of b": average("b")}
AVERAGES = [
    event("2026-03-01T05:00:00Z", a="4"),
    event("2026-03-02T05:00:00Z", a="6"),
    event("2026-03-15T05:00:00Z", a="100", b="10"),
    event("2026-03-16T05:00:00Z", b="12"),
]


def swapped(
    folder: Path, granularity: str, *updates: tuple[str, str], rates: list[dict[str, Any]] | None = None
) -> Path:
    metrics = [{"name": "Average of b", "sql": "SELECT 2"}, summed("a"), summed("b")]
    product = {
        "sql_breakdown_granularity": granularity,
        "updates": [{"starting_at": f"{when}Z", "billable_metric": name} for when, name in updates],
    }
    first = {"name": "Average of a", "sql": "SELECT 1"}
    return workspace(folder, rates or DAYS, first, product, more_metrics=metrics)


def in_march(folder: Path, events: list[Event], **more: Any) -> Bill:
    return bill(folder, events, "2026-03", SQL, **more)


def test_sql_metric_swapped_for_another(tmp_path: Path) -> None:
    folder = swapped(tmp_path, "HOUR", ("2026-03-15T00:00:00", "Average of b"))
    result = in_march(folder, AVERAGES)
    assert priced(result) == [(4, 1), (1, 2), (10, 3), (1, 4)]
    names = [line["metric_name"] for line in sorted(result.lines, key=lambda line: line["starting_at"])]
    assert names == ["Average of a"] * 2 + ["Average of b"] * 2


def test_what_the_new_metric_saw_before_it_took_over_is_not_billed(tmp_path: Path) -> None:
    folder = swapped(tmp_path, "HOUR", ("2026-03-15T00:00:00", "Average of b"))
    early = [*AVERAGES, event("2026-03-02T00:00:00Z", b="2")]
    assert priced(in_march(folder, early)) == [(4, 1), (1, 2), (4, 3), (2, 4)]


def test_sql_metrics_of_the_service_period_are_priced_at_its_end(tmp_path: Path) -> None:
    folder = swapped(tmp_path, "SERVICE_PERIOD", ("2026-03-15T00:00:00", "Average of b"))
    assert priced(in_march(folder, AVERAGES)) == [(5, 4), (11, 4)]


def test_swaps_across_kinds(tmp_path: Path) -> None:
    folder = swapped(
        tmp_path, "SERVICE_PERIOD", ("2026-03-02T00:00:00", "Sum of b"), ("2026-03-16T00:00:00", "Average of a")
    )
    events = [*AVERAGES, event("2026-03-20T00:00:00Z", a="10")]
    # a: 4, then average (4 + 6 + 100 + 10) / 4 less (4 + 6 + 100) / 3; b: 10 on the 15th, priced when it happens.
    last = Fraction(30) - divide(Fraction(110), Fraction(3))
    assert priced(in_march(folder, events)) == [(4, 4), (0, 2), (10, 3), (last, 4)]


def test_a_swap_back_goes_on_from_the_value_that_was_reached(tmp_path: Path) -> None:
    rates = [since("2023-01-01", "1")]
    updates = (
        ("2026-03-02T00:00:00", "Sum of b"),
        ("2026-03-15T00:00:00", "Sum of a"),
        ("2026-04-01T00:00:00", "Sum of b"),
    )
    folder = swapped(tmp_path, "HOUR", *updates, rates=rates)
    assert priced(in_march(folder, AVERAGES)) == [(4, 1), (0, 1), (100, 1)]


@pytest.mark.parametrize("window", ["day", "hour"])
def test_a_breakdown_adds_up_and_no_row_is_longer_than_its_window(tmp_path: Path, window: str) -> None:
    folder = swapped(tmp_path, "HOUR", ("2026-03-15T00:00:00", "Sum of b"))
    lines = in_march(folder, AVERAGES, window=window).lines
    used = [(line["starting_at"], line["quantity"], line["unit_price"]) for line in lines if line["quantity"]]
    hour = 5 if window == "hour" else 0
    assert used == [
        (datetime(2026, 3, 1, hour), 4, 1),
        (datetime(2026, 3, 2, hour), 1, 2),
        (datetime(2026, 3, 15, hour), 10, 3),
        (datetime(2026, 3, 16, hour), 12, 4),
    ]
    assert len(lines) == (31 if window == "day" else 31 * 24)


def test_a_service_period_stands_in_the_last_window(tmp_path: Path) -> None:
    (line,) = in_march(swapped(tmp_path, "SERVICE_PERIOD"), AVERAGES, window="day").lines
    assert (line["starting_at"], line["ending_before"]) == MARCH
    assert (line["window_starting_at"], line["window_ending_before"]) == (datetime(2026, 3, 31), datetime(2026, 4, 1))
    assert line["quantity"] == divide(Fraction(110), Fraction(3))


def test_usage_filters_go_by_the_time_of_the_event(tmp_path: Path) -> None:
    filters = [
        {"starting_at": "2026-03-10T00:00:00Z", "group_key": "r", "group_values": ["eu"]},
        {"starting_at": "2026-03-20T00:00:00Z", "group_key": "r", "group_values": ["us", "ca"]},
    ]
    metric = summed("n", group_keys=[["r"]])
    folder = workspace(tmp_path, [since("2023-01-01", "1")], metric, contract={"usage_filter": filters})
    events = [
        event("2026-03-09T23:59:59.999999Z", n="1"),
        event("2026-03-10T00:00:00Z", n="10", r="us"),
        event("2026-03-10T00:00:00Z", n="100", r="eu"),
        event("2026-03-19T00:00:00Z", n="1000"),
        event("2026-03-20T00:00:00Z", n="10000", r="eu"),
        event("2026-03-20T00:00:00Z", n="100000", r="ca"),
    ]
    assert priced(bill(folder, events, "2026-03")) == [(100101, 1)]


def test_arrival_decides_for_effective_from_and_as_of(tmp_path: Path) -> None:
    metric = summed("n", effective_from="2026-03-05T00:00:00Z")
    folder = workspace(tmp_path, [since("2023-01-01", "1")], metric)
    arrivals = ["2026-03-04T23:59:59.999999Z", "2026-03-05T00:00:00Z", "2026-04-02T00:00:00Z"]
    events = [
        event("2026-03-02T00:00:00Z", arrived=arrived, n=str(10**position)) for position, arrived in enumerate(arrivals)
    ]
    assert priced(bill(folder, events, "2026-03")) == [(110, 1)]
    assert priced(bill(folder, events, "2026-03", as_of=datetime(2026, 4, 2))) == [(110, 1)]
    assert priced(bill(folder, events, "2026-03", as_of=datetime(2026, 4, 1, 23, 59))) == [(10, 1)]


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ({"a.b": "flat", "a": '{"b":"nested"}'}, "flat"),
        ({"a": '{"b":"nested"}'}, "nested"),
        ({"a": '{"b":1.10}'}, "1.10"),
        ({"a": '{"b":1E2}'}, "1E2"),
        ({"a": '{"b":true}'}, "true"),
        ({"a": '{"b":""}'}, ""),
        ({"a": '{"b":null}'}, None),
        ({"a": '{"b":{}}'}, None),
        ({"a": '{"b":[1]}'}, None),
        ({"a": '[{"b":1}]'}, None),
        ({"a": '{"b":1'}, None),
        ({"a": '{"b":1,"c":NaN}'}, None),
        ({"a": "b"}, None),
        ({"A": '{"b":1}'}, None),
        ({}, None),
    ],
)
def test_dotted_names(properties: dict[str, str], text: str | None) -> None:
    assert text_of(properties, "a.b") == text


def test_a_walk_starts_at_the_first_dot() -> None:
    properties = {"a.b": '{"c":"1"}', "a": '{"b":{"c":"2"},"b.c":"3"}'}
    assert text_of(properties, "a.b.c") == "2"
    assert text_of({"a.b": '{"c":"1"}'}, "a.b.c") is None


def test_usage_is_of_each_window_alone(tmp_path: Path) -> None:
    latest = {"aggregation_type": "LATEST", "aggregation_key": "n", "group_keys": [["r"]]}
    folder = workspace(tmp_path, [], latest)
    events = [
        event("2026-03-01T00:00:00Z", n="7", r="x"),
        event("2026-03-02T00:00:00Z", n="8", r="x", customer="alias"),
        event("2026-03-02T23:59:59Z", n="9", r="y"),
        event("2026-03-03T00:00:00Z", n="junk", r="y"),
    ]
    days = usage(folder, events, "Metric", MARCH, "day")
    assert [row["value"] for row in days] == [7, 9, *[None] * 29]
    assert [
        (row["starting_at"].day, row["group"], row["value"])
        for row in usage(folder, events, "Metric", MARCH, "day", ["r"])
    ] == [
        (1, ("x",), 7),
        (2, ("x",), 8),
        (2, ("y",), 9),
    ]
    (whole,) = usage(folder, events, "Metric", MARCH, "none")
    assert (whole["customer"], whole["starting_at"], whole["ending_before"], whole["value"]) == ("c1", *MARCH, 9)
    assert len(usage(folder, events, "Metric", MARCH, "hour")) == 31 * 24
