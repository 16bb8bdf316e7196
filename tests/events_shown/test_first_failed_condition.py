"""For every metric that an event does not match, the first condition that failed, with the value it met."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.reports.event_matches import EventReport
from engine.workspace import Workspace
from tests.events_shown.shop import NOW, PROPERTIES, event, make_shop

#: An event, a metric, and the verdict: (outcome, reason).
CASES = {
    "everything passes": (event("t"), "Tokens", "matched", ""),
    "event type of one or more": (
        event("t", event_type="login"),
        "Tokens",
        "not_matched",
        "event_type is 'login', which is not one of 'llm_request', 'llm_batch'",
    ),
    "event type left out": (
        event("t", event_type="heartbeat"),
        "Requests",
        "not_matched",
        "event_type is 'heartbeat', which is excluded",
    ),
    "property that must be there": (
        event("t", {"model": "large", "region": "eu"}),
        "Tokens",
        "not_matched",
        "property 'tokens' is absent",
    ),
    "value of one or more": (
        event("t", PROPERTIES | {"model": "small"}),
        "Tokens",
        "not_matched",
        "property 'model' is 'small', which is not one of 'large', 'xl'",
    ),
    "the first of two": (
        event("t", {"model": "small"}),
        "Tokens",
        "not_matched",
        "property 'tokens' is absent",
    ),
    "value of exactly one": (
        event("t", {"region": "us"}),
        "Recent requests",
        "not_matched",
        "property 'region' is 'us', which is not 'eu'",
    ),
    "value with a quote": (
        event("t", {"region": "it's"}),
        "Recent requests",
        "not_matched",
        "property 'region' is 'it''s', which is not 'eu'",
    ),
    "no value where one is wanted": (event("t", {}), "Recent requests", "not_matched", "property 'region' is absent"),
    "property that must not be there": (
        event("t", PROPERTIES | {"test": "yes"}),
        "Tokens",
        "not_matched",
        "property 'test' is 'yes', and only events without it count",
    ),
    "value left out": (
        event("t", PROPERTIES | {"status": "503"}),
        "Tokens",
        "not_matched",
        "property 'status' is '503', which is excluded: none of '500', '503' counts",
    ),
    "no number": (
        event("t", PROPERTIES | {"tokens": "abc"}),
        "Tokens",
        "invalid_value",
        "property 'tokens': value 'abc' is not a number",
    ),
    "nothing to aggregate": (
        event("t"),
        "Highest",
        "not_matched",
        "property 'level', which MAX aggregates, is absent",
    ),
    "SQL, all true": (event("t", {"seconds": "11"}, event_type="answer"), "Long answers", "matched", ""),
    "SQL, the first": (
        event("t", {"seconds": "9"}),
        "Long answers",
        "not_matched",
        "event_type = 'answer' is not true: event_type is 'llm_request'",
    ),
    "SQL, the second": (
        event("t", {"seconds": "9"}, event_type="answer"),
        "Long answers",
        "not_matched",
        "CAST(properties.seconds AS DECIMAL) > 10 is not true: properties.seconds is '9'",
    ),
    "SQL, unknown is not true": (
        event("t", {"seconds": "abc"}, event_type="answer"),
        "Long answers",
        "not_matched",
        "CAST(properties.seconds AS DECIMAL) > 10 is not true: properties.seconds is 'abc'",
    ),
    "SQL, in parentheses": (
        event("t", {"seconds": "11", "kind": "voice"}, event_type="answer"),
        "Long answers",
        "not_matched",
        "(properties.kind = 'text' OR properties.kind IS NULL) is not true: properties.kind is 'voice'",
    ),
    "SQL, a join to other events": (
        event("t", {"call": "1"}, event_type="call_start"),
        "Pairs",
        "depends_on_other_events",
        "b.event_type = 'call_end' depends on other events",
    ),
    "SQL, neither side of a join": (
        event("t", {"call": "1"}),
        "Pairs",
        "not_matched",
        "a.event_type = 'call_start' is not true: event_type is 'llm_request'; and "
        "b.event_type = 'call_end' is not true: event_type is 'llm_request'",
    ),
    "SQL, a sub-query": (
        event("t", {"user": "ann"}, event_type="signup"),
        "Known users",
        "depends_on_other_events",
        "properties.user IN (SELECT properties.user FROM events WHERE event_type = 'signup') depends on other events",
    ),
}

#: In which line of the file a condition of these cases stands.
LINES = {"SQL, the first": 8, "SQL, the second": 9, "SQL, in parentheses": 10, "SQL, a sub-query": 6}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, EventReport]:
    """What is shown of each case's event, all of them landed together."""
    shop = make_shop(tmp_path_factory.mktemp("cases") / "shop")
    ids = {name: f"case-{number}" for number, name in enumerate(CASES)}
    shop.land([sent | {"transaction_id": ids[name]} for name, (sent, *_) in CASES.items()], now=NOW)
    return {name: shop.event(transaction_id) for name, transaction_id in ids.items()}


@pytest.mark.parametrize("name", CASES)
def test_the_first_failed_condition(name: str, shown: dict[str, EventReport]) -> None:
    _, metric, outcome, reason = CASES[name]
    (row,) = [row for row in shown[name].metrics if row["name"] == metric]
    assert (row["outcome"], row["reason"]) == (outcome, reason)
    if name in LINES:
        assert row["line"] == LINES[name] and str(row["file"]).startswith("metrics_sql/")


def test_every_metric_has_a_verdict(shown: dict[str, EventReport]) -> None:
    for report in shown.values():
        assert len(report.metrics) == 7


def test_an_event_that_arrived_too_early(shop: Workspace) -> None:
    sent = event("early")
    shop.land([sent], now="2026-10-19T23:59:59Z")
    shop.land([sent | {"transaction_id": "in time"}], now="2026-10-20T00:00:00Z")
    rows = {
        name: next(row for row in shop.event(name).metrics if row["name"] == "Recent requests")
        for name in ("early", "in time")
    }
    assert rows["in time"]["outcome"] == "matched"
    assert rows["early"]["reason"] == (
        "the event arrived at 2026-10-19T23:59:59Z, before the metric is effective, from 2026-10-20T00:00:00Z"
    )


def test_a_number_that_is_none_in_a_sql_metric_is_named(shop: Workspace) -> None:
    text = "/* @metric\nname: Waits\n@metric */\nSELECT SUM(properties.wait) AS value FROM events\n"
    (shop.root / "metrics_sql" / "waits.sql").write_text(text)
    shop.land([event("t", {"wait": "long"})], now=NOW)
    (row,) = [row for row in shop.event("t").metrics if row["name"] == "Waits"]
    assert (row["outcome"], row["reason"]) == ("matched", "properties.wait: value 'long' is not a number")


def test_a_refused_metric_does_not_hide_the_others(shop: Workspace) -> None:
    (shop.root / "metrics_sql" / "bad.sql").write_text("/* @metric\nname: Bad\n@metric */\nSELECT evnt FROM events\n")
    shop.land([event("t")], now=NOW)
    rows = {row["name"]: row for row in shop.event("t").metrics}
    assert rows["Bad"]["outcome"] == "refused" and rows["Bad"]["line"] == 4
    assert rows["Tokens"]["outcome"] == "matched"


def test_what_other_events_decide_later_is_said(shop: Workspace) -> None:
    text = """/* @metric
name: Heavy users
@metric */
SELECT COUNT(*) AS value
FROM (SELECT properties.user AS u FROM events WHERE event_type = 'call' GROUP BY properties.user HAVING COUNT(*) > 2)
"""
    (shop.root / "metrics_sql" / "heavy.sql").write_text(text)
    shop.land([event("t", {"user": "ann"}, event_type="call")], now=NOW)
    (row,) = [row for row in shop.event("t").metrics if row["name"] == "Heavy users"]
    assert row["outcome"] == "matched" and "HAVING COUNT(*) > 2 in line 5" in str(row["reason"])


def test_nested_and_odd_properties_are_read_as_metrics_read_them(shop: Workspace) -> None:
    text = """/* @metric
name: Nested
@metric */
SELECT COUNT(*) AS value FROM events WHERE properties.resource.region = 'eu' AND properties."Model" = 'xl'
"""
    (shop.root / "metrics_sql" / "nested.sql").write_text(text)
    nested = {"resource": {"region": "eu"}, "model": "small", "Model": "xl"}
    shop.land([event("t") | {"properties": nested}, event("u") | {"properties": nested | {"Model": "s"}}], now=NOW)
    rows = [next(row for row in shop.event(name).metrics if row["name"] == "Nested") for name in ("t", "u")]
    assert [row["outcome"] for row in rows] == ["matched", "not_matched"]
    assert rows[1]["reason"] == "properties.\"Model\" = 'xl' is not true: properties.Model is 's'"


@pytest.mark.parametrize(
    ("where", "properties", "failed"),
    [
        ("properties.a = 'x and y' AND properties.b = 'z'", {"a": "x and y", "b": "n"}, "properties.b = 'z'"),
        ("properties.a = 'group' AND\n  properties.b   =\n 'z'", {"a": "group"}, "properties.b = 'z'"),
        (
            "CAST(properties.a AS INT) BETWEEN 1 AND 3 AND properties.b = 'z'",
            {"a": "4"},
            "CAST(properties.a AS INT) BETWEEN 1 AND 3",
        ),
        (
            "CASE WHEN properties.a = '1' AND properties.b = '2' THEN 'p' ELSE 'q' END = 'p' AND event_type = 'e'",
            {"a": "1"},
            "CASE WHEN properties.a = '1' AND properties.b = '2' THEN 'p' ELSE 'q' END = 'p'",
        ),
        ("properties.a = '1' OR properties.b = '2' AND event_type = 'e'", {}, None),
        (
            "NOT (properties.a = 'where' AND properties.b = '2') HAVING COUNT(*) > 0",
            {"a": "where", "b": "2"},
            "NOT (…)",
        ),
    ],
)
def test_conditions_are_quoted_as_they_were_written(
    where: str, properties: dict[str, str], failed: str | None, shop: Workspace
) -> None:
    text = f"/* @metric\nname: Written\n@metric */\nSELECT COUNT(*) AS value, 'where' AS k FROM events WHERE {where}\n"
    (shop.root / "metrics_sql" / "written.sql").write_text(text)
    shop.land([event("t", properties)], now=NOW)
    (row,) = [row for row in shop.event("t").metrics if row["name"] == "Written"]
    wanted = (failed or where).replace("(…)", "(properties.a = 'where' AND properties.b = '2')")
    assert str(row["reason"]).startswith(f"{wanted} is not true: ")


def test_files_are_left_alone(shop: Workspace) -> None:
    shop.land([event("t")], now=NOW)
    before = sorted(Path(shop.root).rglob("*"))
    shop.event("t")
    assert sorted(Path(shop.root).rglob("*")) == before
