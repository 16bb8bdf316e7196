"""Which events are behind a line, by each aggregation; the run's events, not those of today."""

from __future__ import annotations

import pytest

import engine
from engine.workspace import Workspace
from tests.explain.lines import line

NOW = "2026-11-01T06:00:00Z"
LATER = "2026-11-03T06:00:00Z"

#: Half price from the 16th on, so that every product has a line before and one after.
CATALOG = """
billable_metrics:
  - {id: counted, name: counted, aggregation_type: COUNT, event_type_filter: {in_values: [use]},
     property_filters: [{name: team, exists: true}], group_keys: [[team]]}
%s
products:
%s
rate_cards:
  - {id: list, name: list}
rates:
%s
customers:
  - {id: acme, name: Acme, ingest_aliases: [acme-sends]}
contracts:
  - id: contract
    customer: Acme
    rate_card: list
    starting_at: 2026-10-01T00:00:00Z
    overrides: [{starting_at: 2026-10-16T00:00:00Z, type: MULTIPLIER, multiplier: 0.5}]
"""
METRICS = {"counted": None, "summed": "SUM", "largest": "MAX", "last": "LATEST", "distinct": "UNIQUE"}
_METRIC = """
  - id: {id}
    name: {id}
    aggregation_type: {aggregation}
    aggregation_key: size
    event_type_filter: {{in_values: [use]}}
    property_filters: [{{name: size, exists: true}}, {{name: team, exists: true}}]
    group_keys: [[team]]
"""
_PRODUCT = "  - {{id: {id}, name: {id}, type: USAGE, billable_metric: {id}, presentation_group_key: [team]}}\n"
_RATE = (
    "  - {{rate_card: list, product: {id}, starting_at: 2026-01-01T00:00:00Z, entitled: true, "
    "rate_type: FLAT, price: 10}}\n"
)

TEAM = '{"team":"a"}'

#: transaction id, sender, day, size, team.
EVENTS = [
    ("e1", "acme", 2, "5", "a"),
    ("e2", "acme-sends", 3, "7", "a"),
    ("e3", "acme", 4, "5.0", "a"),
    ("other-team", "acme", 4, "100", "b"),
    ("e4", "acme", 17, "7", "a"),
    ("e5", "acme", 18, "9", "a"),
    ("e6", "acme", 19, "nine", "a"),
    ("e7", "acme", 20, "6", "a"),
]


def event(name: str, sender: str, day: int, size: str, team: str) -> dict[str, object]:
    return {
        "transaction_id": name,
        "customer_id": sender,
        "event_type": "use",
        "timestamp": f"2026-10-{day:02}T12:00:00Z",
        "properties": {"size": size, "team": team},
    }


@pytest.fixture(scope="module")
def sizes(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Billed once, with one more event that has landed since."""
    folder = tmp_path_factory.mktemp("sizes")
    metrics = "".join(_METRIC.format(id=name, aggregation=kind) for name, kind in METRICS.items() if kind)
    products = "".join(_PRODUCT.format(id=name) for name in METRICS)
    rates = "".join(_RATE.format(id=name) for name in METRICS)
    (folder / "catalog").mkdir()
    (folder / "catalog" / "all.yml").write_text(CATALOG % (metrics, products, rates), encoding="utf-8")
    (folder / "duckbill.toml").write_text("[workspace]\nname = 'sizes'\n", encoding="utf-8")
    workspace = engine.open(folder)
    workspace.land([event(*each) for each in EVENTS], now=NOW)
    workspace.run("2026-10", now=NOW)
    workspace.land([event("late", "acme", 21, "1000", "a")], now=LATER)
    return workspace


def of_team(workspace: Workspace, metric: str, start: str) -> str:
    """The id of team a's line of a product from a day on."""
    found = line(workspace, name=metric, starting_at=start, presentation_group_values=TEAM)
    return str(found["id"])


def rows(workspace: Workspace, metric: str, start: str) -> list[tuple[object, object, object]]:
    found = workspace.explain_events(of_team(workspace, metric, start))
    return [(each["transaction_id"], each["value"], each["counted"]) for each in found.dicts()]


@pytest.mark.parametrize(
    ("metric", "before", "after"),
    [
        ("counted", [("e1", None, True), ("e2", None, True), ("e3", None, True)], ["e4", "e5", "e6", "e7"]),
        (
            "summed",
            [("e1", "5", True), ("e2", "7", True), ("e3", "5", True)],
            [("e4", "7", True), ("e5", "9", True), ("e6", None, False), ("e7", "6", True)],
        ),
        (
            "largest",
            [("e1", "5", False), ("e2", "7", True), ("e3", "5", False)],
            [("e4", "7", False), ("e5", "9", True), ("e6", None, False), ("e7", "6", False)],
        ),
        (
            "last",
            [("e1", "5", False), ("e2", "7", False), ("e3", "5", True)],
            [("e4", "7", False), ("e5", "9", False), ("e6", None, False), ("e7", "6", True)],
        ),
        (
            "distinct",
            [("e1", "5", True), ("e2", "7", True), ("e3", "5.0", True)],
            [("e4", "7", False), ("e5", "9", True), ("e6", "nine", True), ("e7", "6", True)],
        ),
    ],
)
def test_events_of_each_aggregation(metric: str, before: list[object], after: list[object], sizes: Workspace) -> None:
    wanted = [(each, None, True) if isinstance(each, str) else each for each in after]
    assert rows(sizes, metric, "2026-10-01") == before
    assert rows(sizes, metric, "2026-10-16") == wanted


@pytest.mark.parametrize("metric", METRICS)
def test_every_value_is_that_of_the_events(metric: str, sizes: Workspace) -> None:
    for start in ("2026-10-01", "2026-10-16"):
        steps = sizes.explain(
            line(sizes, name=metric, starting_at=start, presentation_group_values=TEAM)["id"]
        ).steps.dicts()
        (events,) = [each for each in steps if each["step"] == "events"]
        first = start == "2026-10-01"
        assert events["result"] == ("3" if first else "4")
        assert ("4 after it" if first else "3 before it") in str(events["what"])
