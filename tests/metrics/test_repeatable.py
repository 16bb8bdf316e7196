"""Metrics give the same rows in any order of events and with any number of threads; what does not is noticed."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from engine.errors import DuckbillError
from engine.executors import repeatable
from engine.executors.repeatable import check_repeatable, differing_rows, generated_events
from engine.metrics.sql import parse_sql_metric
from tests.metrics.test_documented_examples import COUNTED, STORAGE, UNIQUE

TIES = [
    *(STORAGE, COUNTED, UNIQUE),
    "SELECT LATEST(properties.n) AS value, properties.k FROM events GROUP BY k",
    "SELECT ARG_MAX(properties.n, CAST(properties.m AS DECIMAL)) AS value FROM events",
    "SELECT SUM(n) AS value FROM (SELECT properties.n AS n FROM events "
    "QUALIFY ROW_NUMBER() OVER (PARTITION BY properties.k ORDER BY timestamp) = 1)",
    "SELECT SUM(n) AS value FROM (SELECT properties.n AS n, timestamp AS t FROM events ORDER BY t LIMIT 10)",
    "SELECT SUM(x) AS value FROM (SELECT LAG(properties.n) OVER (ORDER BY timestamp) * properties.m AS x FROM events)",
    "SELECT AVG(properties.n) / 7 AS value FROM events WHERE properties.k = 'wanted'",
]


@pytest.mark.parametrize("text", TIES)
def test_metrics_repeat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    seen: list[int] = []
    rows = repeatable._rows

    def counted(sql: str, events: pa.Table, threads: int, spill: Path) -> repeatable.Rows:
        found = rows(sql, events, threads, spill)
        seen.append(sum(found.values()))
        return found

    monkeypatch.setattr(repeatable, "_rows", counted)
    query = parse_sql_metric(text)
    check_repeatable("ties", query, query.group_columns, tmp_path)
    # The generated events reach the metric: no run was empty.
    assert len(seen) == 3
    assert all(seen)


@pytest.mark.parametrize(
    "value",
    [
        "first(e.other_properties['n'])",
        "any_value(e.transaction_id)",
        "arg_max(e.transaction_id, e.timestamp)",
        "string_agg(e.transaction_id, '')",
        "random()",
        "sum(CAST(e.transaction_id[3:] AS DOUBLE) / 7)",
    ],
)
def test_what_depends_on_order_or_chance_is_noticed(tmp_path: Path, value: str) -> None:
    events = generated_events(["n"], [])
    difference = differing_rows(f"SELECT {value} FROM event_files AS e", events, tmp_path)
    assert difference is not None
    assert difference.startswith("with 1 thread (")


def test_the_message_names_the_metric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeatable, "differing_rows", lambda *given: "with 1 thread (1,), with 2 threads (2,)")
    with pytest.raises(DuckbillError, match="metric 'odd' does not give the same rows each time: with 1 thread"):
        check_repeatable("odd", parse_sql_metric("SELECT COUNT(*) AS value FROM events"), (), tmp_path)
