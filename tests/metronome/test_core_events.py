"""Events of an export: exactly what was sent, so that landing them again gives the same events."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

import engine
from engine.executors.duckdb import DuckDBExecutor
from engine.metronome.event_rows import event_rows, statement_bounds
from engine.metronome.schema import INSTANT
from engine.values.period import Period, parse_period
from engine.workspace import Workspace

ARRIVED = "2026-11-01T06:00:00Z"
OCTOBER = parse_period("2026-10")
SETTINGS = '[workspace]\nname = "odd"\n\n[landing]\npast_days = 4000\nproperty_fields = 2\n'
#: More properties than have a column, names that look like paths or differ in case alone, and text of all kinds.
ODD: list[dict[str, Any]] = [
    {"units": "1", "Units": "one", "x.y": "1", "$.a": "p", "a b": "", 'q"uo': "é\n\u2028", "_": "under"},
    {"flag": True, "nothing": None, "nested": {"a": [1, {"b": None}]}, "many": "9" * 40},
    {},
]


def landed(root: Path, *batches: list[dict[str, Any]]) -> Workspace:
    (root / "catalog").mkdir(parents=True)
    (root / "duckbill.toml").write_text(SETTINGS, encoding="utf-8")
    workspace = engine.open(root)
    for batch in batches:
        assert workspace.land(batch, now=ARRIVED).accepted == len(batch)
    return workspace


def event(number: int, properties: dict[str, Any], moment: str = "2026-10-02T00:00:00Z") -> dict[str, Any]:
    names = {"transaction_id": f"t{number}", "customer_id": "ann", "event_type": "use"}
    return {**names, "timestamp": moment, "properties": properties}


def exported(workspace: Workspace, bounds: Period = OCTOBER) -> list[dict[str, Any]]:
    @contextmanager
    def executors() -> Iterator[DuckDBExecutor]:
        with workspace.connect() as connection:
            yield DuckDBExecutor(connection)

    rows: list[dict[str, Any]] = event_rows(workspace._snapshot(needed=False), bounds, executors)["events"].to_pylist()
    return rows


def parsed(row: dict[str, Any]) -> dict[str, Any]:
    """Properties have no order."""
    return {**row, "properties": json.loads(row["properties"])}


def test_properties_are_what_was_sent_without_those_that_were_null(tmp_path: Path) -> None:
    batches = [[event(number, properties)] for number, properties in enumerate(ODD)]
    rows = exported(landed(tmp_path / "odd", *batches))
    found = [json.loads(row["properties"]) for row in rows]
    assert found[0] == ODD[0] and found[2] == {}
    nested = json.loads(found[1].pop("nested"))
    assert nested == ODD[1]["nested"] and found[1] == {"flag": "true", "many": "9" * 40}


def test_landing_them_again_gives_the_same_events(tmp_path: Path) -> None:
    first = exported(landed(tmp_path / "first", [event(number, each) for number, each in enumerate(ODD)]))
    names = ("transaction_id", "customer_id", "event_type")
    again = [
        {
            **{name: row[name] for name in names},
            "timestamp": row["timestamp"].isoformat() + "Z",
            "properties": json.loads(row["properties"]),
        }
        for row in first
    ]
    second = exported(landed(tmp_path / "again", again))
    assert [parsed(row) for row in second] == [parsed(row) for row in first]


def test_only_what_lies_in_the_bounds(tmp_path: Path) -> None:
    moments = ["2026-09-30T23:59:59.999999Z", "2026-10-01T00:00:00Z", "2026-10-31T23:59:59Z", "2026-11-01T00:00:00Z"]
    workspace = landed(tmp_path / "bounds", [event(number, {}, each) for number, each in enumerate(moments)])
    assert [row["transaction_id"] for row in exported(workspace)] == ["t1", "t2"]
    longer = Period(OCTOBER.starting_at - timedelta(microseconds=1), OCTOBER.ending_before)
    assert [row["transaction_id"] for row in exported(workspace, longer)] == ["t0", "t1", "t2"]


def test_nothing_landed_is_no_event(tmp_path: Path) -> None:
    assert exported(landed(tmp_path / "empty")) == []


def test_bounds_hold_every_statement_and_billing_period() -> None:
    statements = pa.table(
        {
            "starting_at": pa.array([datetime(2026, 8, 15), None], INSTANT),
            "ending_before": pa.array([datetime(2026, 10, 15), None], INSTANT),
        }
    )
    assert statement_bounds(["2026-10"], [statements.slice(1)]) == OCTOBER
    assert statement_bounds(["2026-10"], [statements]) == Period(datetime(2026, 8, 15), OCTOBER.ending_before)
    assert statement_bounds(["2026-09", "2026-10"], []) == Period(datetime(2026, 9, 1), OCTOBER.ending_before)
