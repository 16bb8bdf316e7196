"""Examples match by the engine and by an independent reading of the rules; where there is none, none can exist."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.catalog.metric import Aggregation, BillableMetric, EventTypeFilter, PropertyFilter
from engine.catalog.place import Place
from engine.errors import UserError
from engine.executors.connection import EngineSettings, connect
from engine.reports.example_event import example_event
from engine.reports.example_sender import Sender
from engine.workspace import Workspace
from tests.events_shown.shop import NOW
from tests.oracle.metering import passes
from tests.oracle.numbers import to_number
from tests.oracle.properties import text_of

REPOSITORY = Path(__file__).parents[2]
WORKSPACES = ("starter", "ai-saas/small", "api-quickstart", "sdk-guide")
MOMENT = datetime(2026, 10, 5, 3)

NAMES = ("a", "A", "a.b", "größe x")
VALUES = ("x", "y", "1", "-2.5", "example")
TYPES = ("call", "Call", "example")


def built(metric: BillableMetric, folder: Path) -> dict[str, Any]:
    with connect(EngineSettings(), folder) as connection:
        return example_event(connection, metric, Sender("acme", MOMENT))


def sql_metric(text: str) -> BillableMetric:
    return BillableMetric(id="m", name="m", sql=text, source=Place("m.sql", 1, 1))


def subset(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...] | None]:
    return st.none() | st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True).map(tuple)


@st.composite
def metrics(draw: st.DrawFn) -> BillableMetric:
    aggregation = draw(st.sampled_from(Aggregation))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3))
    key = None if aggregation is Aggregation.COUNT else names[0]
    filters = []
    for name in names:
        wanted = draw(subset(VALUES))
        exists = draw(st.sampled_from([None, True] if name == key or wanted else [None, True, False]))
        filters.append(PropertyFilter(name=name, exists=exists, in_values=wanted, not_in_values=draw(subset(VALUES))))
    types = EventTypeFilter(in_values=draw(subset(TYPES)), not_in_values=draw(subset(TYPES)))
    effective_from = draw(st.sampled_from([None, datetime(2026, 10, 9, 5, 30)]))
    return BillableMetric(
        id="m",
        name="m",
        aggregation_type=aggregation,
        aggregation_key=key,
        event_type_filter=draw(st.sampled_from([None, types])),
        property_filters=tuple(filters),
        effective_from=effective_from,
    )


def counted(metric: BillableMetric, event: dict[str, Any]) -> bool:
    """Whether an event adds something to a metric, by a reading of the rules that shares nothing with the engine."""
    types = metric.event_type_filter or EventTypeFilter()
    rules = [each.model_dump() for each in metric.property_filters]
    known = {
        "effective_from": metric.effective_from,
        "event_types": types.in_values,
        "other_event_types": types.not_in_values or (),
        "filters": rules,
    }
    if not passes(event, known):
        return False
    if metric.aggregation_key is None:
        return True
    text = text_of(event["properties"], metric.aggregation_key)
    return text is not None and (metric.aggregation_type is Aggregation.UNIQUE or to_number(text) is not None)


def everything(metric: BillableMetric) -> Iterator[dict[str, Any]]:
    """An event of every kind that these metrics can tell apart."""
    names = sorted({each.name for each in metric.property_filters})
    choices = [*VALUES, "another", "17", None]
    for event_type, *values in product((*TYPES, "another"), *([choices] * len(names))):
        properties = {name: value for name, value in zip(names, values, strict=True) if value is not None}
        yield {"event_type": event_type, "properties": properties, "ingested_at": datetime(2027, 1, 1)}


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(metric=metrics())
def test_examples_of_any_streaming_metric(metric: BillableMetric, tmp_path: Path) -> None:
    try:
        event = built(metric, tmp_path)
    except UserError as error:
        assert "no example event can be built" in str(error)
        assert not any(counted(metric, each) for each in everything(metric)), error
    else:
        moment = datetime.fromisoformat(event["timestamp"]).replace(tzinfo=None)
        assert counted(metric, event | {"ingested_at": moment})


@pytest.mark.parametrize("name", WORKSPACES)
def test_examples_of_all_bundled_metrics(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    folder.mkdir()
    for part in ("catalog", "metrics_sql", "duckbill.toml"):
        if (REPOSITORY / "fixtures" / name / part).exists():
            (folder / part).symlink_to((REPOSITORY / "fixtures" / name / part).resolve())
    workspace = Workspace(folder)
    wanted = {}
    for number, metric in enumerate(workspace.catalog.billable_metrics):
        event = workspace.example_event(metric.name, now=NOW)
        assert json.loads(json.dumps(event)) == event and event["transaction_id"] == "example-1"
        wanted[f"example-{number}"] = (metric.name, event | {"transaction_id": f"example-{number}"})
    landed = workspace.land([event for _, event in wanted.values()], now=NOW)
    assert landed.accepted == len(wanted) > 0
    for transaction_id, (metric_name, _) in wanted.items():
        report = workspace.event(transaction_id)
        assert next(row["outcome"] for row in report.metrics if row["name"] == metric_name) == "matched"
        assert report.accepted[0].attribution.customer is not None
        contracts = report.accepted[0].contracts
        assert any(held.statement_period is not None and not held.outside for held in contracts)


def test_examples_of_the_library_of_sql_metrics(tmp_path: Path) -> None:
    files = sorted((REPOSITORY / "metrics_sql").glob("*.sql"))
    assert files
    for path in files:
        event = built(sql_metric(path.read_text(encoding="utf-8")), tmp_path)
        assert event["timestamp"] == "2026-10-05T03:00:00Z"


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("event_type IN ('a', 'b') AND event_type <> 'a'", {"event_type": "b"}),
        ("properties.p LIKE 'gpt-%'", {"p": "gpt-"}),
        ("properties.p IS NULL", {}),
        ("CAST(properties.n AS DECIMAL) > 100", {"n": "101"}),
        ("CAST(properties.n AS DECIMAL) BETWEEN 3 AND 4 AND properties.n NOT IN ('3', '4')", None),
        ("LENGTH(properties.p) = 12", {"p": "x" * 12}),
        ("properties.p = 'a' OR properties.q = 'b'", {"p": "a", "q": "b"}),
        ("properties.resource.region = 'eu'", {"resource.region": "eu"}),
        ("timestamp >= '2026-12-24' AND timestamp < '2026-12-25'", {"timestamp": "2026-12-24T00:00:00Z"}),
        ("EXTRACT(hour FROM timestamp) = 22", {"timestamp": "2026-10-05T22:00:00Z"}),
    ],
)
def test_examples_of_conditions_in_sql(where: str, says: dict[str, str] | None, tmp_path: Path) -> None:
    metric = sql_metric(f"SELECT COUNT(*) AS value FROM events WHERE {where}")
    if says is None:
        with pytest.raises(UserError, match=r"m\.sql:1:"):
            built(metric, tmp_path)
        return
    event = built(metric, tmp_path)
    columns = {name: says.pop(name) for name in ("event_type", "timestamp") if name in says}
    assert columns.items() <= event.items()
    assert event["properties"] == says


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (
            "SELECT COUNT(*) AS value FROM events\nWHERE event_type = 'a' AND event_type = 'b'",
            "m.sql:2:28: found nothing for which event_type = 'b' is true",
        ),
        (
            "SELECT SUM(v) AS value FROM (SELECT properties.v AS v, event_type AS t FROM events)\nWHERE t = 'a'",
            "m.sql:2:7: WHERE t = 'a' may drop it",
        ),
        (
            "SELECT COUNT(*) AS value FROM events WHERE EXISTS (SELECT 1 FROM events AS o WHERE o.event_type = 'b')",
            "depends on other events",
        ),
    ],
)
def test_what_stands_in_the_way_is_named(sql: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        built(sql_metric(sql), tmp_path)
    assert str(raised.value).startswith("no example event can be built for metric 'm': ")
    assert says in str(raised.value)


def test_filters_that_exclude_each_other_are_named(tmp_path: Path) -> None:
    metric = BillableMetric(
        id="m",
        name="m",
        aggregation_type=Aggregation.COUNT,
        property_filters=(
            PropertyFilter(name="p", in_values=("x",)),
            PropertyFilter(name="p", not_in_values=("x",)),
        ),
    )
    with pytest.raises(UserError, match="property 'p' is 'x', which is excluded"):
        built(metric, tmp_path)
