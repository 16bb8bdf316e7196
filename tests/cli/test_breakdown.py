"""`duckbill invoices breakdown` and `Workspace.breakdown`: the lines by day or hour, which add up to the invoice."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from engine.demo import fixtures
from engine.workspace import Workspace
from tests.cli.command import NOW, duckbill
from tests.cli.test_bad_input import state
from tests.spec.workspaces import check, land, workspace

#: What a line has besides its time, its tier and its amounts.
GROUP = ("invoice_id", "product_id", "billable_metric_id", "pricing_group_values", "presentation_group_values")

Added = dict[tuple[object, ...], Fraction]


def added(rows: Iterable[Mapping[str, object]], amount: str, *more: str) -> Added:
    """The exact sum of an amount by what else a line has, without the sums that are 0."""
    sums: defaultdict[tuple[object, ...], Fraction] = defaultdict(Fraction)
    for row in rows:
        value = row[amount]
        assert not isinstance(value, float)
        sums[tuple(row[name] for name in (*GROUP, *more))] += Fraction(str(value))
    return {key: value for key, value in sums.items() if value}


def adds_up(made: Workspace, period: str, window: str, customer: str | None = None) -> list[dict[str, object]]:
    """The windows of a breakdown, once their sums are those of the lines and invoices that are published."""
    rows = made.breakdown(period, window=window, customer=customer).dicts()
    lines = made.line_items(period).dicts()
    if customer is not None:
        customer_id = made.catalog.customer_named(customer).id
        lines = [line for line in lines if line["customer_id"] == customer_id]
    assert added(rows, "quantity", "unit_price", "tier_level") == added(lines, "quantity", "unit_price", "tier_level")
    assert added(rows, "total") == added(lines, "total")
    invoices = {row["id"]: Fraction(str(row["total"])) for row in made.invoices(period).dicts() if row["total"]}
    by_invoice: defaultdict[object, Fraction] = defaultdict(Fraction)
    for row in rows:
        by_invoice[row["invoice_id"]] += Fraction(str(row["total"]))
    assert {key: value for key, value in by_invoice.items() if value} == {
        key: value for key, value in invoices.items() if customer is None or key in by_invoice
    }
    length = timedelta(days=1) if window == "day" else timedelta(hours=1)
    for row in rows:
        start, end = row["window_starting_at"], row["window_ending_before"]
        assert isinstance(start, datetime) and isinstance(end, datetime) and end - start == length
        assert start == start.replace(minute=0, second=0, microsecond=0) and (window == "hour" or start.hour == 0)
        ends = row["ending_before"]
        assert isinstance(ends, datetime) and start < ends <= end
    return rows


SCENARIOS = ("ai-saas/small", "api-quickstart", "sdk-guide")


@pytest.fixture(scope="module")
def demos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Workspace]:
    """The bundled scenarios with their periods billed; not to be written to."""
    billed = {}
    for scenario in SCENARIOS:
        folder = tmp_path_factory.mktemp("demo") / "workspace"
        shutil.copytree(fixtures() / scenario, folder, ignore=shutil.ignore_patterns("expected"))
        made = Workspace(folder)
        assert made.config.demo is not None
        made.land_files([str(path) for path in sorted((folder / "events").iterdir())], now=made.config.demo.now)
        made.run(made.config.demo.period, now=made.config.demo.now)
        billed[scenario] = made
    return billed


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_days_of_a_bundled_scenario_add_up(scenario: str, demos: dict[str, Workspace]) -> None:
    made = demos[scenario]
    assert made.config.demo is not None
    rows = adds_up(made, made.config.demo.period, "day")
    assert len({row["window_starting_at"] for row in rows}) > (1 if scenario == "sdk-guide" else 5)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_hours_of_one_customer_add_up(scenario: str, demos: dict[str, Workspace]) -> None:
    made = demos[scenario]
    assert made.config.demo is not None
    period = made.config.demo.period
    largest = max(made.invoices(period).dicts(), key=lambda invoice: Decimal(str(invoice["total"])))
    rows = adds_up(made, period, "hour", str(largest["customer_id"]))
    assert rows and {row["customer_id"] for row in rows} == {largest["customer_id"]}


CATALOG = """
billable_metrics:
  - name: level
    aggregation_type: LATEST
    aggregation_key: level
    property_filters: [{ name: level, exists: true }]
  - name: units
    aggregation_type: SUM
    aggregation_key: units
    property_filters: [{ name: units, exists: true }]
  - name: average
    sql: SELECT AVG(properties.size) AS value FROM events WHERE event_type = 'size'
products:
  - { name: Level, type: USAGE, billable_metric: level }
  - { name: Units, type: USAGE, billable_metric: units }
  - name: Dozens
    type: USAGE
    billable_metric: units
    quantity_conversion: { conversion_factor: 12, operation: DIVIDE }
    quantity_rounding: { rounding_method: ROUND_UP, decimal_places: 0 }
  - { name: Average by the hour, type: USAGE, billable_metric: average, sql_breakdown_granularity: HOUR }
  - { name: Average, type: USAGE, billable_metric: average, sql_breakdown_granularity: SERVICE_PERIOD }
rate_cards:
  - name: card
    rates:
      - { product: Level, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 3 }
      - { product: Level, starting_at: 2026-10-03T00:00:00Z, entitled: true, rate_type: FLAT, price: 4 }
      - { product: Units, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: TIERED,
          tiers: [{ size: 10, price: 0 }, { size: 5, price: 2 }, { price: 1.5 }] }
      - { product: Dozens, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 100 }
      - { product: Average by the hour, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 10 }
      - { product: Average, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 10 }
customers:
  - { id: one, name: One }
  - { id: two, name: Two }
contracts:
  - { id: first, customer: One, rate_card: card, starting_at: 2026-01-01T00:00:00Z }
  - { id: weekly, customer: Two, rate_card: card, starting_at: 2026-09-30T00:00:00Z,
      usage_statement_schedule: { frequency: WEEKLY, day: CONTRACT_START } }
"""

EVENTS = """
| time                       | customer | type  | level | units | size |
|----------------------------|----------|-------|-------|-------|------|
| 2026-10-01 10:00           | one      | level | 40    |       |      |
| 2026-10-03 10:00           | one      | level | 30    |       |      |
| 2026-10-03 11:59:59.999999 | one      | level | 35    |       |      |
| 2026-10-05                 | one      | level | 5     |       |      |
| 2026-10-01                 | one      | unit  |       | 7     |      |
| 2026-10-01 23:59:59.999999 | one      | unit  |       | 5     |      |
| 2026-10-02                 | one      | unit  |       | 1     |      |
| 2026-10-02 01:00           | one      | unit  |       | 4     |      |
| 2026-10-31 23:59:59.999999 | one      | unit  |       | 0.5   |      |
| 2026-10-01 10:00           | one      | size  |       |       | 4    |
| 2026-10-02 10:30           | one      | size  |       |       | 6    |
| 2026-09-30 05:00           | two      | unit  |       | 11    |      |
| 2026-10-06 23:00           | two      | unit  |       | 3     |      |
| 2026-10-07                 | two      | unit  |       | 2     |      |
| 2026-10-29                 | two      | unit  |       | 1000  |      |
"""


@pytest.fixture(scope="module")
def billed(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with October billed; not to be written to."""
    made = workspace(tmp_path_factory.mktemp("billed") / "workspace", CATALOG)
    land(made, EVENTS)
    made.run("2026-10", now=NOW)
    return made


def of(product: str, rows: Iterable[Mapping[str, object]], customer: str = "One") -> list[Mapping[str, object]]:
    """The rows of one product with a quantity; a product without group keys also has rows of 0."""
    named = (row for row in rows if (row["product_name"], row["customer_name"]) == (product, customer))
    return [row for row in named if row["quantity"]]


def test_a_product_without_keys_has_a_row_for_each_day(billed: Workspace) -> None:
    rows = [row for row in billed.breakdown("2026-10", customer="One") if row["product_name"] == "Dozens"]
    assert [row["window_starting_at"] for row in rows] == [datetime(2026, 10, day) for day in range(1, 32)]
    assert {row["total"] for row in rows if not row["quantity"]} == {Decimal(0)}


def test_latest_shows_what_each_day_added_also_when_that_is_less_than_nothing(billed: Workspace) -> None:
    rows = adds_up(billed, "2026-10", "day")
    check(
        """
| window starting at | window ending before | quantity | unit price | total |
|--------------------|----------------------|----------|------------|-------|
| 2026-10-01         | 2026-10-02           | 40       | 3          | 120   |
| 2026-10-03         | 2026-10-04           | -5       | 4          | -20   |
| 2026-10-05         | 2026-10-06           | -30      | 4          | -120  |
""",
        of("Level", rows),
    )


def test_tiers_go_on_from_day_to_day(billed: Workspace) -> None:
    check(
        """
| window starting at | tier level | quantity | unit price | total |
|--------------------|------------|----------|------------|-------|
| 2026-10-01         | 1          | 10       | 0          | 0     |
| 2026-10-01         | 2          | 2        | 2          | 4     |
| 2026-10-02         | 2          | 3        | 2          | 6     |
| 2026-10-02         | 3          | 2        | 1.5        | 3     |
| 2026-10-31         | 3          | 0.5      | 1.5        | 0.75  |
""",
        of("Units", adds_up(billed, "2026-10", "day")),
    )


def test_what_is_rounded_is_the_running_quantity(billed: Workspace) -> None:
    """12, 17 and 17.5 units are 1, 2 and 2 dozens, rounded up."""
    check(
        """
| window starting at | quantity | total |
|--------------------|----------|-------|
| 2026-10-01         | 1        | 100   |
| 2026-10-02         | 1        | 100   |
""",
        of("Dozens", adds_up(billed, "2026-10", "day")),
    )


def test_sql_metrics_by_the_hour_and_once_for_the_service_period(billed: Workspace) -> None:
    rows = adds_up(billed, "2026-10", "day")
    check(
        """
| window starting at | window ending before | quantity | total |
|--------------------|----------------------|----------|-------|
| 2026-10-01         | 2026-10-02           | 4        | 40    |
| 2026-10-02         | 2026-10-03           | 1        | 10    |
""",
        of("Average by the hour", rows),
    )
    check(
        """
| window starting at | window ending before | starting at | ending before | quantity | total |
|--------------------|----------------------|-------------|---------------|----------|-------|
| 2026-10-31         | 2026-11-01           | 2026-10-01  | 2026-11-01    | 5        | 50    |
""",
        of("Average", rows),
    )


def test_by_the_hour(billed: Workspace) -> None:
    rows = adds_up(billed, "2026-10", "hour", "One")
    check(
        """
| window starting at | window ending before | quantity |
|--------------------|----------------------|----------|
| 2026-10-01 10:00   | 2026-10-01 11:00     | 40       |
| 2026-10-03 10:00   | 2026-10-03 11:00     | -10      |
| 2026-10-03 11:00   | 2026-10-03 12:00     | 5        |
| 2026-10-05         | 2026-10-05 01:00     | -30      |
""",
        of("Level", rows),
    )
    check(
        """
| window starting at | window ending before | quantity |
|--------------------|----------------------|----------|
| 2026-10-01         | 2026-10-01 01:00     | 1        |
| 2026-10-02         | 2026-10-02 01:00     | 1        |
""",
        of("Dozens", rows),
    )
    (whole,) = of("Average", rows)
    assert (whole["window_starting_at"], whole["quantity"]) == (datetime(2026, 10, 31, 23), 5)


def test_statement_periods_that_are_no_months(billed: Workspace) -> None:
    """Weeks from Wednesday 30 September: those that end in October, the last one on 28 October at midnight."""
    rows = adds_up(billed, "2026-10", "day")
    check(
        """
| window starting at | period starting at | period ending before | tier level | quantity |
|--------------------|--------------------|----------------------|------------|----------|
| 2026-09-30         | 2026-09-30         | 2026-10-07           | 1          | 10       |
| 2026-09-30         | 2026-09-30         | 2026-10-07           | 2          | 1        |
| 2026-10-06         | 2026-09-30         | 2026-10-07           | 2          | 3        |
| 2026-10-07         | 2026-10-07         | 2026-10-14           | 1          | 2        |
""",
        of("Units", rows, "Two"),
    )


@pytest.mark.parametrize("name", ["one", "One"])
def test_one_customer(billed: Workspace, name: str) -> None:
    everybody = billed.breakdown("2026-10").dicts()
    alone = billed.breakdown("2026-10", customer=name).dicts()
    assert alone == [row for row in everybody if row["customer_id"] == "one"] and len(alone) < len(everybody)


def test_nothing_is_written(billed: Workspace) -> None:
    before = state(billed.root)
    for arguments in (("--window", "day"), ("--window", "hour", "--customer", "One"), ("--window", "hour")):
        duckbill("invoices", "breakdown", "-p", "2026-10", *arguments, "-w", billed.root)
    assert state(billed.root) == before


def test_it_shows_the_events_as_they_are_now_or_as_of_a_time(tmp_path: Path) -> None:
    made = workspace(tmp_path / "workspace", CATALOG)
    land(made, "| time | customer | type | units | arrived |\n| 2026-10-05 | one | unit | 12 | 2026-10-05 |")
    land(made, "| time | customer | type | units | arrived |\n| 2026-10-04 | one | unit | 24 | 2026-10-06 |")

    def dozens(as_of: str | None = None) -> list[tuple[object, object]]:
        rows = of("Dozens", made.breakdown("2026-10", as_of=as_of).dicts())
        return [(row["window_starting_at"], row["quantity"]) for row in rows]

    # No run is needed.
    assert dozens() == [(datetime(2026, 10, 4), 2), (datetime(2026, 10, 5), 1)]
    assert dozens("2026-10-05T23:59:59Z") == [(datetime(2026, 10, 5), 1)]
    assert dozens("2026-10-06") == dozens()


def test_every_format(billed: Workspace) -> None:
    arguments = ("invoices", "breakdown", "-p", "2026-10", "--customer", "One", "-w", billed.root, "-o")
    outcomes = {form: duckbill(*arguments, form) for form in ("table", "json", "csv", "parquet")}
    assert all((outcome.code, outcome.stderr) == (0, "") for outcome in outcomes.values())
    table = pq.read_table(io.BytesIO(outcomes["parquet"].stdout))
    assert table.equals(billed.breakdown("2026-10", window="day", customer="One").arrow())
    by_json = [json.loads(line) for line in outcomes["json"].text.splitlines()]
    by_csv = list(csv.DictReader(io.StringIO(outcomes["csv"].text)))
    for names in (list(by_json[0]), list(by_csv[0])):
        assert names == table.column_names
    assert names[:3] == ["window_starting_at", "window_ending_before", "customer_name"]
    assert names[3:] == billed.line_items("2026-10").arrow().column_names
    lines = outcomes["table"].text.splitlines()
    assert len(by_json) == len(by_csv) == table.num_rows
    # People are shown the windows in which something was used.
    assert len(lines) - 1 == sum(quantity != 0 for quantity in table.column("quantity").to_pylist()) == 13
    assert {"window_starting_at", "quantity", "unit_price", "total"} <= set(lines[0].split())


MISTAKES: dict[str, tuple[tuple[str, ...], str]] = {
    "hours of everybody": (
        ("-p", "2026-10", "--window", "hour"),
        "hours are shown for one customer at a time; name a customer, or ask for days",
    ),
    "unknown customer": (
        ("-p", "2026-10", "--window", "hour", "--customer", "Onee"),
        "unknown customer 'Onee'; did you mean 'One'?",
    ),
    "no period": (("-p", "October"), "unknown period 'October': a period is a calendar month such as 2026-10"),
    "no time": (
        ("-p", "2026-10", "--as-of", "1"),
        "'1' is not an RFC 3339 timestamp such as 2026-10-01T00:00:00Z",
    ),
}


@pytest.mark.parametrize("title", MISTAKES)
def test_mistake(billed: Workspace, title: str) -> None:
    arguments, message = MISTAKES[title]
    outcome = duckbill("invoices", "breakdown", *arguments, "-w", billed.root)
    assert (outcome.code, outcome.stdout, outcome.stderr) == (2, b"", f"duckbill: {message}\n")


@pytest.mark.parametrize("window", ["none", "week"])
def test_an_unknown_window(billed: Workspace, window: str) -> None:
    outcome = duckbill("invoices", "breakdown", "-p", "2026-10", "--window", window, "-w", billed.root)
    assert outcome.code == 2 and outcome.stdout == b"" and f"'{window}' is not one of" in outcome.stderr
