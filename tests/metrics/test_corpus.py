"""Every entry of the corpus comes out as its verdict says; the decisions that differ are in policy_decisions.md."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.errors import CatalogError
from engine.metrics.sql import parse_sql_metric
from tests.metrics.toy import Event, connection, run

HERE = Path(__file__).parent
CORPUS = json.loads((HERE / "sql_metrics.json").read_text(encoding="utf-8"))
#: Entries marked `policy` that are decided otherwise, each with its reason in policy_decisions.md.
DECIDED_OTHERWISE = {"r135", "r141", "r183"}

EVENTS = [
    Event(
        datetime(2026, 3, 1) + timedelta(hours=7 * i),
        ("api_request", "a", "storage_heartbeat")[i % 3],
        {"a": str(i), "region": "us", "user_id": f"u{i % 2}", "bytes": f"{i}.5", "x": "1e1", "storage_used": "9"},
    )
    for i in range(9)
]


def expected(entry: dict[str, str]) -> str:
    return "accept" if entry["id"] in DECIDED_OTHERWISE else entry["verdict"]


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry["id"])
def test_verdict(entry: dict[str, str]) -> None:
    try:
        parse_sql_metric(entry["sql"])
        verdict = "accept"
    except CatalogError as error:
        verdict = "refuse"
        assert all(problem.line >= 1 and problem.column >= 1 for problem in error.problems)
    assert verdict == expected(entry), entry["why"]


def test_what_is_accepted_also_runs_and_is_exact() -> None:
    con = connection()
    for entry in CORPUS:
        if expected(entry) == "accept":
            query = parse_sql_metric(entry["sql"])
            for row in run(con, query, EVENTS):
                assert len(row) == len(query.columns), entry["id"]


def test_only_policy_entries_are_decided_otherwise_and_each_is_written_down() -> None:
    policy = {entry["id"] for entry in CORPUS if entry.get("policy")}
    written = (HERE / "policy_decisions.md").read_text(encoding="utf-8")
    assert policy >= DECIDED_OTHERWISE
    assert all(f"`{name}`" in written for name in policy)
