"""A stage is left out only when it really has no rows, and its table is the one that it would have made."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest
from sqlglot import parse_one

import engine
from engine.executors import empty_tables
from engine.executors.duckdb import DuckDBExecutor
from engine.executors.empty_tables import EmptyTables
from engine.rating.pipeline import Stage

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"

#: Queries over `nothing`, which has no rows, and `something`, which may have; and whether they can have any.
QUERIES = [
    ("SELECT * FROM nothing", True),
    ("SELECT * FROM something", False),
    ("SELECT * FROM something JOIN nothing USING (x)", True),
    ("SELECT * FROM something, nothing", True),
    ("SELECT * FROM something CROSS JOIN nothing", True),
    ("SELECT * FROM something LEFT JOIN nothing USING (x)", False),
    ("SELECT * FROM nothing LEFT JOIN something USING (x)", True),
    ("SELECT * FROM nothing RIGHT JOIN something USING (x)", False),
    ("SELECT * FROM nothing FULL JOIN something USING (x)", False),
    ("SELECT * FROM something SEMI JOIN nothing USING (x)", True),
    ("SELECT * FROM something ANTI JOIN nothing USING (x)", False),
    ("SELECT * FROM nothing ANTI JOIN something USING (x)", True),
    ("SELECT * FROM something ASOF JOIN nothing ON something.x >= nothing.x", True),
    ("SELECT * FROM something ASOF LEFT JOIN nothing ON something.x >= nothing.x", False),
    ("SELECT count(*) FROM nothing", False),
    ("SELECT max(x) FROM nothing", False),
    ("SELECT arg_max_null(x, y) FROM nothing", False),
    ("SELECT (SELECT max(x) FROM something) AS y FROM nothing", True),
    ("SELECT sum(x) OVER (ORDER BY y) FROM nothing", True),
    ("SELECT x, count(*) FROM nothing GROUP BY x", True),
    ("SELECT x, count(*) FROM nothing GROUP BY ALL", True),
    ("SELECT * FROM nothing UNION ALL SELECT * FROM something", False),
    ("SELECT * FROM nothing UNION ALL BY NAME SELECT * FROM nothing", True),
    ("SELECT * FROM nothing EXCEPT SELECT * FROM something", True),
    ("SELECT * FROM something EXCEPT SELECT * FROM nothing", False),
    ("WITH a AS (SELECT * FROM nothing) SELECT * FROM a JOIN something USING (x)", True),
    ("WITH nothing AS (SELECT * FROM something) SELECT * FROM nothing", False),
    ("WITH a AS (SELECT count(*) AS x FROM nothing) SELECT * FROM a", False),
    ("SELECT * FROM (SELECT * FROM nothing) AS a", True),
    ("SELECT * FROM (SELECT count(*) FROM nothing) AS a", False),
    ("SELECT * FROM something WHERE x IN (SELECT x FROM nothing)", False),
    ("FROM nothing", True),
    ("SELECT 1", False),
]


@pytest.mark.parametrize(("query", "is_empty"), QUERIES)
def test_what_no_rows_leave(query: str, is_empty: bool) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE nothing (x INTEGER, y INTEGER)")
    connection.execute("CREATE TABLE something AS SELECT 1 AS x, 2 AS y")
    tables = EmptyTables(connection)
    tables.loaded("nothing", pa.table({"x": pa.array([], pa.int32())}))
    assert tables.leaves_none(parse_one(query, read="duckdb")) is is_empty
    if is_empty:
        assert connection.execute(query).fetchall() == []


@pytest.mark.parametrize(
    ("scenario", "period"), [("starter", "2026-10"), ("agreements", "2026-10"), ("widgets-express", "2024-11")]
)
def test_what_is_left_out_has_no_rows(
    scenario: str, period: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_out: list[str] = []
    make, run_stage = EmptyTables.make, DuckDBExecutor.run_stage

    def made(self: EmptyTables, name: str) -> None:
        make(self, name)
        left_out.append(name)

    def run(self: DuckDBExecutor, stage: Stage) -> None:
        run_stage(self, stage)
        if stage.name in left_out and left_out[-1] == stage.name:
            described = {name: self.connection.execute(f"DESCRIBE {name}").fetchall() for name in (stage.name,)}
            assert self.connection.execute(stage.sql).fetchall() == []
            assert described[stage.name] == self.connection.execute(f"DESCRIBE {stage.sql}").fetchall()

    monkeypatch.setattr(EmptyTables, "make", made)
    monkeypatch.setattr(DuckDBExecutor, "run_stage", run)
    monkeypatch.setattr(empty_tables, "_MADE", {})
    published = []
    for attempt in ("first", "second"):
        folder = tmp_path / attempt
        shutil.copytree(FIXTURES / scenario, folder)
        workspace = engine.open(folder)
        events = sorted(path for path in (folder / "events").iterdir())
        workspace.land_files([str(path) for path in events], now="2026-11-01T06:00:00Z")
        published.append(workspace.run(period, now="2026-11-01T06:00:00Z"))
        assert bool(left_out) is (attempt == "second")
    first, second = published
    assert first.run_id == second.run_id
    assert first.line_items.arrow().equals(second.line_items.arrow())
    assert first.invoices.arrow().equals(second.invoices.arrow())
