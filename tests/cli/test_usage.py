"""`duckbill usage` and `Workspace.usage`: absolute values by customer and window (spec/metering.md §10)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, localcontext
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from engine.result import Rows
from engine.workspace import Workspace
from tests.cli.command import Outcome, duckbill, duckbill_process
from tests.cli.test_bad_input import state
from tests.spec.workspaces import check, land, workspace

CATALOG = """
billable_metrics:
  - name: level
    aggregation_type: LATEST
    aggregation_key: level
    event_type_filter: { in_values: [report] }
    property_filters: [{ name: level, exists: true }]
  - name: calls
    aggregation_type: COUNT
    event_type_filter: { in_values: [call] }
    property_filters: [{ name: model, exists: true }, { name: region, exists: true }]
    group_keys: [[model], [region, model]]
  - name: users
    aggregation_type: UNIQUE
    aggregation_key: user
    event_type_filter: { in_values: [call] }
    property_filters: [{ name: user, exists: true }]
  - name: peak
    aggregation_type: MAX
    aggregation_key: size
    event_type_filter: { in_values: [call] }
    property_filters: [{ name: size, exists: true }, { name: model, exists: true }]
    group_keys: [[model]]
  - name: apart
    aggregation_type: COUNT
    event_type_filter: { in_values: [call] }
    property_filters:
      - { name: model, exists: true }
      - { name: region, exists: true }
      - { name: user, exists: true }
      - { name: size, exists: true }
    group_keys: [[model], [model, region, user], [size]]
  - name: sizes
    sql: >-
      SELECT SUM(properties.size) AS value, properties.model, properties.region AS Region
      FROM events WHERE event_type = 'call' GROUP BY model, region
  - name: busiest
    sql: >-
      SELECT MAX(properties.size) AS value, properties.user FROM events WHERE event_type = 'call' GROUP BY user
  - name: named
    aggregation_type: COUNT
    property_filters: [{ name: value, exists: true }, { name: customer_id, exists: true }]
    group_keys: [[customer_id, value]]
  - name: reports
    sql: SELECT COUNT(*) AS value FROM events WHERE event_type = 'report'

customers:
  - { id: one, name: One, ingest_aliases: [uno, eins] }
  - { id: two, name: Two }
"""

EVENTS = """
| time                       | arrived          | customer | type   | level | model | region | user | size |
|----------------------------|------------------|----------|--------|-------|-------|--------|------|------|
| 2026-10-01 09:00           | 2026-10-01 09:00 | one      | report | 7     |       |        |      |      |
| 2026-10-02 09:00           | 2026-10-02 09:00 | one      | report | 8     |       |        |      |      |
| 2026-10-03 09:00           | 2026-10-03 09:00 | one      | report | 9     |       |        |      |      |
| 2026-10-03 08:00           | 2026-10-05 12:00 | one      | report | 3     |       |        |      |      |
| 2026-09-30 23:59:59.999999 | 2026-10-01 09:00 | one      | call   |       | small | eu     | ann  | 1000 |
| 2026-10-01                 | 2026-10-01 09:00 | uno      | call   |       | small | eu     | ann  | 1    |
| 2026-10-01 00:59:59.999999 | 2026-10-01 09:00 | eins     | call   |       | small | us     | bob  | 20.5 |
| 2026-10-01 01:00           | 2026-10-01 09:00 | one      | call   |       | large | eu     | ann  | 3    |
| 2026-10-01 23:59:59.999999 | 2026-10-02 09:00 | one      | call   |       | large | eu     | cai  | 40   |
| 2026-10-02                 | 2026-10-02 09:00 | one      | call   |       | large | eu     | ann  | 500  |
| 2026-10-04                 | 2026-10-04 09:00 | one      | call   |       | small | eu     | ann  | 6000 |
| 2026-10-02 12:00           | 2026-10-02 12:00 | two      | call   |       | small | us     | zoe  | 70   |
| 2026-10-02 12:00           | 2026-10-02 12:00 | nobody   | call   |       | small | us     | zoe  | 1    |
"""

DAYS = ("--starting-on", "2026-10-01", "--ending-before", "2026-10-04")


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with usage on the edges of hours, days and the days asked for; not to be written to."""
    made = workspace(tmp_path_factory.mktemp("used") / "workspace", CATALOG)
    land(made, EVENTS)
    return made


def usage(used: Workspace, *arguments: str) -> Outcome:
    return duckbill("usage", *arguments, "-w", used.root)


def asked(used: Workspace, metric: str, window: str = "none", keys: Sequence[str] = (), **options: str) -> Rows:
    """The metric over the days that most tests ask about."""
    days = {"starting_on": "2026-10-01", "ending_before": "2026-10-04", **options}
    return used.usage(metric, window=window, group_by=keys, **days)  # type: ignore[arg-type]


def test_latest_by_day_is_absolute_and_over_all_days_the_last(used: Workspace) -> None:
    """metering.md §16, latest-usage-api: 7, 8, 9 is 7, 8, 9 by the day and 9 over all of them."""
    daily = asked(used, "level", "day", customer="One")
    check(
        """
| customer name | starting at | ending before | value |
|---------------|-------------|---------------|-------|
| One           | 2026-10-01  | 2026-10-02    | 7     |
| One           | 2026-10-02  | 2026-10-03    | 8     |
| One           | 2026-10-03  | 2026-10-04    | 9     |
""",
        daily,
    )
    whole = asked(used, "level", "none", customer="One").dicts()
    assert [(row["starting_at"], row["ending_before"], row["value"]) for row in whole] == [
        (datetime(2026, 10, 1), datetime(2026, 10, 4), Decimal(9))
    ]


def test_without_keys_every_customer_has_every_window_and_nothing_is_no_value(used: Workspace) -> None:
    """Also COUNT and UNIQUE, and events on the first instant and after the last of a window and of the days."""
    for metric, values in {"calls": ("4", "1"), "users": ("3", "1"), "peak": ("40", "500")}.items():
        check(
            f"""
| customer id | starting at | ending before | value       |
|-------------|-------------|---------------|-------------|
| one         | 2026-10-01  | 2026-10-02    | {values[0]} |
| one         | 2026-10-02  | 2026-10-03    | {values[1]} |
| one         | 2026-10-03  | 2026-10-04    | null        |
| two         | 2026-10-01  | 2026-10-02    | null        |
| two         | 2026-10-02  | 2026-10-03    | {70 if metric == "peak" else 1} |
| two         | 2026-10-03  | 2026-10-04    | null        |
""",
            asked(used, metric, "day"),
        )


def test_an_instant_on_the_hour_belongs_to_the_hour_that_it_begins(used: Workspace) -> None:
    rows = used.usage("calls", starting_on="2026-10-01", ending_before="2026-10-02", window="hour", customer="one")
    values = {row["starting_at"]: row["value"] for row in rows}
    assert [moment.hour for moment in values if isinstance(moment, datetime)] == list(range(24))
    counted = {moment: value for moment, value in values.items() if value is not None}
    assert counted == {
        datetime(2026, 10, 1, 0): 2,
        datetime(2026, 10, 1, 1): 1,
        datetime(2026, 10, 1, 23): 1,
    }
    for row in rows:
        start, end = row["starting_at"], row["ending_before"]
        assert isinstance(start, datetime) and isinstance(end, datetime) and (end - start).total_seconds() == 3600


def test_a_period_is_its_month(used: Workspace) -> None:
    (month,) = used.usage("peak", period="2026-10", customer="one").dicts()
    assert (month["starting_at"], month["ending_before"]) == (datetime(2026, 10, 1), datetime(2026, 11, 1))
    assert month["value"] == 6000
    (before,) = used.usage("peak", period="2026-09", customer="one").dicts()
    assert before["value"] == 1000
    assert len(used.usage("peak", period="2026-10", window="day")) == 2 * 31


def test_with_keys_only_what_was_used_has_a_row(used: Workspace) -> None:
    check(
        """
| customer id | starting at | model | value |
|-------------|-------------|-------|-------|
| one         | 2026-10-01  | small | 2     |
| one         | 2026-10-01  | large | 2     |
| one         | 2026-10-02  | large | 1     |
| two         | 2026-10-02  | small | 1     |
""",
        asked(used, "calls", "day", keys=["model"]),
    )


def test_a_compound_key_is_whole_and_in_any_order(used: Workspace) -> None:
    rows = """
| customer id | starting at | model | region | value |
|-------------|-------------|-------|--------|-------|
| one         | 2026-10-01  | small | eu     | 1     |
| one         | 2026-10-01  | small | us     | 1     |
| one         | 2026-10-01  | large | eu     | 3     |
| two         | 2026-10-01  | small | us     | 1     |
"""
    orders = (["region", "model"], ["model", "region"])
    for order in orders:
        found = asked(used, "calls", keys=order)
        assert found.columns[4:] == (*order, "value")
        check(rows, found)
    repeated = [["--group-by", "region,model"], ["--group-by", "region", "--group-by", "model"]]
    printed = [usage(used, "calls", *DAYS, *options, "-o", "csv") for options in repeated]
    assert printed[0].code == 0 and printed[0] == printed[1]
    assert printed[0].text.splitlines()[0].endswith(",region,model,value")
    outcome = usage(used, "calls", *DAYS, "--group-by", "region")
    assert outcome.code == 2
    assert outcome.stderr == (
        "duckbill: metric 'calls' cannot be grouped by region alone; it has the keys (model) and (region, model): "
        "give both, --group-by region,model\n"
    )


@pytest.mark.parametrize("command", ["usage", "preview"])
def test_help_shows_how_several_names_are_given(command: str) -> None:
    shown = " ".join(duckbill(command, "--help").text.replace("│", " ").split())
    assert "model,region, or --group-by for each; together they are one key." in shown


def test_preview_takes_the_names_of_a_key_in_both_ways(used: Workspace) -> None:
    ways = [["--group-by", "region, model"], ["--group-by", "region", "--group-by", "model"]]
    first, second = (duckbill("preview", "calls", "-p", "2026-10", "-w", used.root, "-o", "csv", *way) for way in ways)
    assert first.code == 0 and first == second
    assert first.text.splitlines()[0] == "customer_id,customer_name,region,model,value"


def test_a_sql_metric_by_its_columns_and_the_others_summed(used: Workspace) -> None:
    check(
        """
| customer id | model | region | value |
|-------------|-------|--------|-------|
| one         | small | eu     | 1     |
| one         | small | us     | 20.5  |
| one         | large | eu     | 543   |
| two         | small | us     | 70    |
""",
        asked(used, "sizes", keys=["model", "region"]),
    )
    check(
        """
| customer id | REGION | value |
|-------------|--------|-------|
| one         | eu     | 544   |
| one         | us     | 20.5  |
| two         | us     | 70    |
""",
        asked(used, "sizes", keys=["REGION"]),
    )
    # metering.md §16, sql-unused-column: the sum of each user's maximum.
    check(
        """
| customer id | starting at | value |
|-------------|-------------|-------|
| one         | 2026-10-01  | 63.5  |
| one         | 2026-10-02  | 500   |
| one         | 2026-10-03  | null  |
| two         | 2026-10-01  | null  |
| two         | 2026-10-02  | 70    |
| two         | 2026-10-03  | null  |
""",
        asked(used, "busiest", "day"),
    )


def test_a_sql_metric_has_no_value_where_there_is_no_event(used: Workspace) -> None:
    """Where events of other kinds are, COUNT says 0 of them (metering.md §17.4)."""
    check(
        """
| customer id | starting at | value |
|-------------|-------------|-------|
| one         | 2026-10-02  | 1     |
| one         | 2026-10-03  | 2     |
| two         | 2026-10-02  | 0     |
| two         | 2026-10-03  | null  |
""",
        asked(used, "reports", "day", starting_on="2026-10-02"),
    )


CAPPED = """
billable_metrics:
  - name: at most 5
    sql: SELECT SUM(LEAST(CAST(properties.size AS DECIMAL), 5)) AS value FROM events WHERE event_type = 'upload'
  - name: at least 60
    sql: SELECT SUM(GREATEST(CAST(properties.size AS DECIMAL), 60)) AS value FROM events WHERE event_type = 'upload'
  - name: at most 5, else 5
    sql: >-
      SELECT SUM(COALESCE(LEAST(CAST(properties.size AS DECIMAL), 5), 5)) AS value
      FROM events WHERE event_type = 'upload'

customers:
  - { id: one, name: One }
  - { id: two, name: Two }
"""

UPLOADS = """
| time             | arrived          | customer | type   | size | other |
|------------------|------------------|----------|--------|------|-------|
| 2026-10-01 01:00 | 2026-10-01 09:00 | one      | upload | 3    | x     |
| 2026-10-01 02:00 | 2026-10-01 09:00 | one      | upload | 70   | x     |
| 2026-10-01 03:00 | 2026-10-01 09:00 | one      | upload | many | x     |
| 2026-10-01 04:00 | 2026-10-01 09:00 | one      | upload |      | x     |
| 2026-10-01 05:00 | 2026-10-01 09:00 | two      | upload | many | x     |
"""
#: A number that no decimal holds beside the others, so that all of them are read in the wide form.
LONG = """
| time             | arrived          | customer | type   | size                                | other |
|------------------|------------------|----------|--------|-------------------------------------|-------|
| 2026-10-01 06:00 | 2026-10-01 10:00 | one      | upload | 1234567890123456789012345678901.5   | x     |
| 2026-10-01 07:00 | 2026-10-01 10:00 | one      | upload | -0.00000000000000000000000000000025 | x     |
"""


@pytest.mark.parametrize("long", [False, True], ids=["fast", "wide"])
def test_what_is_no_number_is_not_billed_as_the_other_argument(tmp_path: Path, long: bool) -> None:
    made = workspace(tmp_path / "workspace", CAPPED)
    land(made, UPLOADS)
    if long:
        land(made, LONG)

    def values(metric: str) -> list[object]:
        return [None if row["value"] is None else Decimal(str(row["value"])) for row in asked(made, metric)]

    small, large = Decimal("-0.00000000000000000000000000000025"), Decimal("1234567890123456789012345678901.5")
    if not long:
        assert values("at most 5") == [8, None]
        assert values("at least 60") == [130, None]
        assert values("at most 5, else 5") == [18, 5]
    else:
        with localcontext() as context:
            context.prec = 100
            assert values("at most 5") == [13 + small, None]
            assert values("at least 60") == [190 + large, None]
            assert values("at most 5, else 5") == [23 + small, 5]


def test_keys_with_the_names_of_other_columns(tmp_path: Path) -> None:
    made = workspace(tmp_path / "workspace", CATALOG)
    (made.root / "events.ndjson").write_text(
        '{"transaction_id": "1", "customer_id": "two", "timestamp": "2026-10-01T00:00:00Z", "event_type": "odd", '
        '"properties": {"value": "v", "customer_id": "c"}}\n'
    )
    made.land(made.root / "events.ndjson", now="2026-10-01T00:00:00Z")
    outcome = usage(made, "named", *DAYS, "--group-by", "value,customer_id", "-o", "json")
    assert outcome.json() == {
        "customer_id": "two",
        "customer_name": "Two",
        "starting_at": "2026-10-01T00:00:00Z",
        "ending_before": "2026-10-04T00:00:00Z",
        "key:value": "v",
        "key:customer_id": "c",
        "value": 1,
    }
    header, row = usage(made, "named", *DAYS, "--group-by", "value,customer_id").text.splitlines()
    assert dict(zip(header.split(), row.split(), strict=True))["key:customer_id"] == "c"


def test_what_arrived_later_does_not_count(used: Workspace) -> None:
    def values(metric: str, as_of: str) -> list[object]:
        return [row["value"] for row in asked(used, metric, "day", customer="one", as_of=as_of)]

    assert values("level", "2026-10-02T09:00:00Z") == [7, 8, None]
    assert values("level", "2026-10-02T08:59:59.999999Z") == [7, None, None]
    # A day is its first instant.
    assert values("level", "2026-10-03") == [7, 8, None]
    assert values("calls", "2026-10-02") == [3, None, None]
    assert values("sizes", "2026-10-02") == [Decimal("24.5"), None, None]
    late = usage(used, "level", *DAYS, "--as-of", "2026-10-02T09:00:00Z", "--customer", "one", "-o", "json").json()
    assert late["value"] == "8"


def test_every_format(used: Workspace) -> None:
    arguments = ("calls", *DAYS, "--window", "day", "--group-by", "region, model")
    outcomes = {form: usage(used, *arguments, "-o", form) for form in ("table", "json", "csv", "parquet")}
    assert all((outcome.code, outcome.stderr) == (0, "") for outcome in outcomes.values())
    table = pq.read_table(io.BytesIO(outcomes["parquet"].stdout))
    assert table.column_names == [
        *("customer_id", "customer_name", "starting_at", "ending_before", "region", "model", "value"),
    ]
    assert table.equals(asked(used, "calls", "day", keys=["region", "model"]).arrow())
    by_json = [json.loads(line) for line in outcomes["json"].text.splitlines()]
    assert by_json[0] == {
        "customer_id": "one",
        "customer_name": "One",
        "starting_at": "2026-10-01T00:00:00Z",
        "ending_before": "2026-10-02T00:00:00Z",
        "region": "eu",
        "model": "large",
        "value": by_json[0]["value"],
    }
    by_csv = list(csv.DictReader(io.StringIO(outcomes["csv"].text)))
    assert [{name: str(value) for name, value in row.items()} for row in by_json] == by_csv
    lines = outcomes["table"].text.splitlines()
    assert lines[0].split() == table.column_names
    assert [line.split() for line in lines[1:]] == [list(row.values()) for row in by_csv]
    assert len(by_csv) == table.num_rows == 5


def test_no_value_in_every_format(used: Workspace) -> None:
    arguments = ("calls", *DAYS, "--window", "day", "--customer", "Two")
    by_json = [json.loads(line)["value"] for line in usage(used, *arguments, "-o", "json").text.splitlines()]
    assert by_json[0] is None and by_json[1] is not None
    by_csv = list(csv.DictReader(io.StringIO(usage(used, *arguments, "-o", "csv").text)))
    assert [row["value"] for row in by_csv] == ["", "1", ""]


@pytest.mark.parametrize("name", ["one", "One", "uno", "eins"])
def test_a_customer_by_any_name(used: Workspace, name: str) -> None:
    outcome = usage(used, "calls", *DAYS, "--customer", name, "-o", "csv")
    assert outcome.text.splitlines()[1:] == ["one,One,2026-10-01T00:00:00Z,2026-10-04T00:00:00Z,5"]


def test_the_metric_by_its_id(used: Workspace) -> None:
    metric = used.catalog.metric_named("calls")
    assert metric.id != metric.name
    assert usage(used, metric.id, *DAYS) == usage(used, "calls", *DAYS)


def test_the_process_time_zone_does_not_matter(used: Workspace) -> None:
    arguments = ("usage", "sizes", *DAYS, "--window", "hour", "--group-by", "model", "-w", used.root, "-o", "csv")
    here = duckbill(*arguments)
    assert len(here.text.splitlines()) == 1 + 5
    assert duckbill_process(*arguments, variables={"TZ": "Pacific/Kiritimati"}) == here


def test_isolated_is_the_same_and_nothing_is_written(used: Workspace) -> None:
    before = state(used.root)
    arguments = ("sizes", *DAYS, "--window", "day", "--group-by", "model", "-o", "parquet")
    assert usage(used, *arguments, "--isolate") == usage(used, *arguments)
    assert state(used.root) == before


MISTAKES: dict[str, tuple[tuple[str, ...], str]] = {
    "unknown metric": (("cals", *DAYS), "unknown billable metric 'cals'; did you mean 'calls'?"),
    "unknown key": (
        ("peak", *DAYS, "--group-by", "modle"),
        "metric 'peak' cannot be grouped by modle; it has one key of (model): did you mean 'model'?",
    ),
    "a key of a metric that has none": (
        ("level", *DAYS, "--group-by", "model"),
        "metric 'level' cannot be grouped by model: it has no group keys",
    ),
    "more keys than one group key has": (
        ("peak", *DAYS, "--group-by", "model,region"),
        "metric 'peak' cannot be grouped by model and region; it has one key of (model)",
    ),
    "a part of the only key": (
        ("named", *DAYS, "--group-by", "value"),
        "metric 'named' cannot be grouped by value alone; it has one key of (customer_id, value): "
        "give both, --group-by customer_id,value",
    ),
    "a part of a key of three": (
        ("apart", *DAYS, "--group-by", "user", "--group-by", "region"),
        "metric 'apart' cannot be grouped by user and region alone; it has the keys (model) and (model, region, user) "
        "and (size): give all 3, --group-by model,region,user",
    ),
    "names of two keys": (
        ("apart", *DAYS, "--group-by", "model,size"),
        "metric 'apart' cannot be grouped by model and size together; it has the keys (model) and "
        "(model, region, user) and (size)",
    ),
    "a key twice in two options": (
        ("calls", *DAYS, "--group-by", "model", "--group-by", "region,model"),
        "key 'model' is given twice; give it once",
    ),
    "unknown column": (
        ("sizes", *DAYS, "--group-by", "regoin"),
        "SQL metric 'sizes' returns no column 'regoin'; did you mean 'Region'?",
    ),
    "the value as a column": (
        ("busiest", *DAYS, "--group-by", "value"),
        "SQL metric 'busiest' returns no column 'value'; known: 'user'",
    ),
    "a key twice": (("calls", *DAYS, "--group-by", "model,model"), "key 'model' is given twice; give it once"),
    "a column twice": (("sizes", *DAYS, "--group-by", "region,REGION"), "key 'REGION' is given twice; give it once"),
    "period and last day": (
        ("calls", "-p", "2026-10", "--ending-before", "2026-10-04"),
        "a period and starting_on or ending_before are both given; keep one of them",
    ),
    "neither": (
        ("calls",),
        "say which days: a period such as 2026-10, or both starting_on and ending_before",
    ),
    "no day": (
        ("calls", "--starting-on", "2026-10-32", "--ending-before", "2026-11-01"),
        "'2026-10-32' is not a day such as 2026-10-05",
    ),
    "empty range": (
        ("calls", "--starting-on", "2026-10-01", "--ending-before", "2026-10-01"),
        "starting_on 2026-10-01 is not before ending_before 2026-10-01",
    ),
    "range the wrong way round": (
        ("calls", "--starting-on", "2026-10-02", "--ending-before", "2026-10-01"),
        "starting_on 2026-10-02 is not before ending_before 2026-10-01",
    ),
    "unknown customer": (("calls", *DAYS, "--customer", "Onee"), "unknown customer 'Onee'; did you mean 'One'?"),
    "no time": (
        ("calls", *DAYS, "--as-of", "yesterday"),
        "'yesterday' is not an RFC 3339 timestamp such as 2026-10-01T00:00:00Z",
    ),
}


@pytest.mark.parametrize("title", MISTAKES)
def test_mistake(used: Workspace, title: str) -> None:
    arguments, message = MISTAKES[title]
    outcome = usage(used, *arguments)
    assert (outcome.code, outcome.stdout, outcome.stderr) == (2, b"", f"duckbill: {message}\n")


def test_an_unknown_window(used: Workspace) -> None:
    outcome = usage(used, "calls", *DAYS, "--window", "week")
    assert outcome.code == 2 and outcome.stdout == b"" and "'week' is not one of" in outcome.stderr


def test_no_events_have_landed(tmp_path: Path) -> None:
    made = workspace(tmp_path / "workspace", CATALOG)
    outcome = usage(made, "calls", *DAYS)
    assert outcome.code == 2 and outcome.stdout == b"" and len(outcome.stderr.splitlines()) == 1
    assert "no events have landed" in outcome.stderr


def test_days_without_any_event(used: Workspace) -> None:
    for metric in ("calls", "level", "sizes"):
        rows = asked(used, metric, "day", starting_on="2026-11-01", ending_before="2026-11-03").dicts()
        assert len(rows) == 4 and {row["value"] for row in rows} == {None}, metric
    assert len(asked(used, "calls", "day", ["model"], starting_on="2026-11-01", ending_before="2026-11-03")) == 0
