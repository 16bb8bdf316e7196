"""Each optimisation can be switched off and changes no byte of what is published; and by default each is at work."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.billing import property_store
from engine.catalog.metric import Aggregation
from engine.events.table import EventTable
from engine.metrics.meter import MeterPlan, plan_meters
from engine.metrics.optimisations import Optimisations
from engine.metrics.query import Combination
from engine.metrics.scope import Scope
from engine.rating.inputs import rated_products
from engine.workspace import Workspace
from tests.runs.conftest import NOW
from tests.spec.workspaces import land, workspace

SWITCHES = ("parts", "first_seen", "batches", "plain_casts")


def _metric(name: str, aggregation: str, key: str = "", more: str = "") -> str:
    aggregated = f"aggregation_key: {key}, " if key else ""
    filters = (f"{{ name: {key}, exists: true }}, " if key else "") + more
    return (
        f"  - {{ name: {name}, aggregation_type: {aggregation}, {aggregated}"
        "event_type_filter: { in_values: [call] }, "
        f"property_filters: [{filters}{{ name: model, exists: true }}], group_keys: [[model]] }}\n"
    )


ANN = "{ name: user, in_values: [ann] }, "
STREAMING = {
    "calls": _metric("calls", "COUNT"),
    "sum": _metric("sum", "SUM", "plain"),
    "peak": _metric("peak", "MAX", "plain"),
    "level": _metric("level", "LATEST", "plain"),
    "users": _metric("users", "UNIQUE", "user"),
    "ann calls": _metric("ann calls", "COUNT", more=ANN),
    "ann sum": _metric("ann sum", "SUM", "plain", ANN),
    "not by bob": _metric("not by bob", "MAX", "plain", "{ name: user, not_in_values: [bob] }, "),
    "odd sum": _metric("odd sum", "SUM", "odd"),
    "odd level": _metric("odd level", "LATEST", "odd"),
}
SQL = {
    "parts": "SELECT SUM(properties.plain) AS value, properties.model FROM events GROUP BY model",
    "lowest": "SELECT MIN(properties.odd) AS value, properties.model FROM events GROUP BY model",
    "average": "SELECT AVG(properties.plain) AS value, properties.model FROM events GROUP BY model",
}


def catalog_text() -> str:
    """A product for each metric, by model, whose price changes three times within October."""
    metrics = "".join(STREAMING.values()) + "".join(
        f"  - {{ name: {name}, sql: '{sql}' }}\n" for name, sql in SQL.items()
    )
    names = [*STREAMING, *SQL]
    products = "".join(
        f"  - {{ name: P {name}, type: USAGE, billable_metric: {name}, pricing_group_key: [model], "
        "sql_breakdown_granularity: HOUR }\n"
        for name in names
    )
    starts = ("2026-01-01T00", "2026-10-03T05", "2026-10-10T00", "2026-10-20T23")
    rates = "".join(
        f"      - {{ product: P {name}, starting_at: '{start}:00:00Z', entitled: true, rate_type: FLAT, "
        f"price: {price}, pricing_group_values: {{ model: {model} }} }}\n"
        for name in names
        for price, start in enumerate(starts, start=1)
        for model in "ab"
    )
    return (
        f"billable_metrics:\n{metrics}products:\n{products}rate_cards:\n  - name: card\n    rates:\n{rates}"
        "customers: [{ id: one, name: One }, { id: two, name: Two }]\n"
        "contracts:\n"
        "  - { customer: One, rate_card: card, starting_at: '2026-01-01T00:00:00Z' }\n"
        "  - { customer: Two, rate_card: card, starting_at: '2026-01-01T00:00:00Z' }\n"
    )


EVENTS = """
| time                       | customer | type  | model | plain  | user | odd    |
|----------------------------|----------|-------|-------|--------|------|--------|
| 2026-10-01                 | one      | call  | a     | 7      | ann  | 1e2    |
| 2026-10-02 12:00           | one      | call  | a     | 9.25   | bob  | +5     |
| 2026-10-03 04:59:59.999999 | one      | call  | b     | 10     | ann  | .5     |
| 2026-10-03 05:00           | one      | call  | a     | 4      | ann  | 12     |
| 2026-10-03 05:00           | one      | call  | a     | 3      | cai  | many   |
| 2026-10-09 23:59:59.999999 | one      | call  | a     | 1      |      | -2.50  |
| 2026-10-10                 | one      | call  | b     | -20.5  | dee  | 1.     |
| 2026-10-20 23:00           | one      | call  | b     | 30     | ann  | 7      |
| 2026-10-31 23:59:59.999999 | one      | call  | a     | 0.001  | eve  | 3E+1   |
| 2026-10-15                 | one      | other | a     | 1000   | zoe  | 1000   |
| 2026-10-04                 | two      | call  | a     | 5      | ann  | 5      |
| 2026-10-21                 | two      | call  | a     | 2      | ann  |        |
| 2026-10-21 01:00           | two      | call  |       | 800    | ann  | 800    |
"""


@pytest.fixture(scope="module")
def metered(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Every aggregation over one type of events, with prices that change; not to be written to."""
    made = workspace(tmp_path_factory.mktemp("metered") / "workspace", catalog_text())
    land(made, EVENTS)
    return made


def published(metered: Workspace, folder: Path, switches: Mapping[str, bool]) -> tuple[dict[str, str], dict[str, str]]:
    """The SHA-256 of every output of a run, and the SQL that it ran, by name."""
    copy = Path(shutil.copytree(metered.root, folder))
    if switches:
        lines = "".join(f"{name} = {str(on).lower()}\n" for name, on in switches.items())
        with (copy / "duckbill.toml").open("a") as file:
            file.write(f"\n[optimisations]\n{lines}")
    run = Workspace(copy).run("2026-10", now=NOW)
    hashes: dict[str, str] = json.loads((run.folder / "manifest.json").read_text())["outputs"]
    return hashes, {path.name: path.read_text() for path in (run.folder / "sql").iterdir()}


@pytest.fixture(scope="module")
def default(metered: Workspace, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], dict[str, str]]:
    return published(metered, tmp_path_factory.mktemp("default") / "workspace", {})


@pytest.mark.parametrize("off", [*((name,) for name in SWITCHES), SWITCHES], ids=" ".join)
def test_without_it_the_bytes_are_the_same(
    off: tuple[str, ...], metered: Workspace, default: tuple[dict[str, str], dict[str, str]], tmp_path: Path
) -> None:
    hashes, sql = published(metered, tmp_path / "workspace", dict.fromkeys(off, False))
    assert hashes == default[0]
    assert sql != default[1]


def test_what_is_published_has_something_to_get_wrong(metered: Workspace, tmp_path: Path) -> None:
    copy = Workspace(shutil.copytree(metered.root, tmp_path / "workspace"))
    run = copy.run("2026-10", now=NOW)
    lines = run.line_items.pl().filter(run.line_items.pl()["quantity"] != 0)
    for name in (*STREAMING, *SQL):
        assert lines.filter(lines["metric_name"] == name)["unit_price"].n_unique() > 1, name
    assert (lines["quantity"] < 0).any()
    assert {row["metric_name"] for row in run.invalid_values} >= {"odd sum", "odd level"}


def plan(metered: Workspace, optimisations: Optimisations) -> MeterPlan:
    snapshot = EventTable(metered.lake).snapshot()
    assert snapshot is not None
    catalog = metered.catalog
    scope = Scope(property_store(snapshot, optimisations))
    return plan_meters(catalog, rated_products(catalog), scope, snapshot.rows, optimisations)


def combined(metered: Workspace, optimisations: Optimisations) -> dict[str, Combination | None]:
    return {meter.metric.name: meter.combined_by for meter in plan(metered, optimisations).meters}


def test_by_default_values_are_combined_from_parts(metered: Workspace) -> None:
    assert combined(metered, Optimisations()) == {
        "calls": Combination.SUM,
        "sum": Combination.SUM,
        "peak": Combination.MAX,
        "level": Combination.LAST,
        "users": Combination.SUM,
        "ann calls": Combination.SUM,
        "ann sum": Combination.SUM,
        "not by bob": Combination.MAX,
        "odd sum": Combination.SUM,
        "odd level": Combination.LAST,
        "parts": Combination.SUM,
        "lowest": Combination.MIN,
        "average": None,
    }
    assert set(combined(metered, Optimisations(parts=False)).values()) == {None}


def test_by_default_distinct_values_are_read_once(metered: Workspace) -> None:
    def first_seen(optimisations: Optimisations) -> list[Aggregation | None]:
        readings = plan(metered, optimisations).readings
        return [reading.meters[0].metric.aggregation_type for reading in readings if reading.first_seen]

    assert first_seen(Optimisations()) == [Aggregation.UNIQUE]
    assert first_seen(Optimisations(first_seen=False)) == []
    assert combined(metered, Optimisations(first_seen=False))["users"] is None


def test_by_default_metrics_over_the_same_events_are_read_together(metered: Workspace) -> None:
    def together(optimisations: Optimisations) -> list[set[str]]:
        readings = plan(metered, optimisations).readings
        return [{meter.metric.name for meter in reading.meters} for reading in readings if len(reading.meters) > 1]

    assert together(Optimisations()) == [set(STREAMING) - {"users"}]
    assert together(Optimisations(batches=False)) == []
    planned = plan(metered, Optimisations())
    assert len(planned.readings) == len(planned.meters) - 8


def test_by_default_plain_numbers_are_cast_without_a_second_look(metered: Workspace) -> None:
    snapshot = EventTable(metered.lake).snapshot()
    assert snapshot is not None
    known = property_store(snapshot, Optimisations()).profiles
    assert known["plain"].all_plain and not known["odd"].all_plain
    assert not property_store(snapshot, Optimisations(plain_casts=False)).profiles["plain"].all_plain
