"""`[engine] metric_seconds`: a SQL metric that would never end is stopped, and nothing else is."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from engine.catalog.metric import BillableMetric
from engine.config import load_config
from engine.errors import CatalogError, UserError
from engine.executors.connection import EngineSettings, connect, metric_time_limit
from tests.cli.command import NOW, duckbill

SQL = BillableMetric(id="sql", name="In SQL", sql="SELECT COUNT(*) AS value FROM events")
STREAMING = BillableMetric.model_validate({"id": "count", "name": "Count", "aggregation_type": "COUNT"})
#: Four billion rows: more than any machine counts in a second, when each is looked at.
ENDLESS = "SELECT count(*) FROM range(65536) AS a, range(65536) AS b WHERE (a.range * b.range) % 7 = 3"
STOPPED = (
    "metric 'Active users' was stopped after 1 s; make it read or compute less, or raise metric_seconds in [engine] of "
    "duckbill.toml"
)


def limit(connection: duckdb.DuckDBPyConnection) -> object:
    """What DuckDB itself would stop a query after, in milliseconds; 0 is never."""
    return connection.execute("SELECT current_setting('max_execution_time')").fetchall()[0][0]


def configure(folder: Path, seconds: str) -> None:
    path = folder / "duckbill.toml"
    path.write_text(path.read_text().replace("[engine]\n", f"[engine]\nmetric_seconds = {seconds}\n"))


@pytest.fixture
def connection(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    return connect(EngineSettings(metric_seconds=1), tmp_path)


def test_only_queries_of_sql_metrics_are_limited(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert limit(connection) == 0
    with metric_time_limit(connection, SQL):
        assert limit(connection) == 1000
    assert limit(connection) == 0
    with metric_time_limit(connection, STREAMING):
        assert limit(connection) == 0
    without = connect(EngineSettings(), tmp_path)
    with metric_time_limit(without, SQL):
        assert limit(without) == 0


def test_a_query_is_stopped_and_the_connection_goes_on(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    with pytest.raises(UserError, match="metric 'In SQL' was stopped after 1 s; "), metric_time_limit(connection, SQL):
        connection.execute("INSERT INTO kept " + ENDLESS)
    assert limit(connection) == 0
    assert connection.execute("SELECT n FROM kept").fetchall() == [(1,)]


def test_what_else_goes_wrong_is_left_as_it_is(connection: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.ConversionException), metric_time_limit(connection, SQL):
        connection.execute("SELECT 'x'::INTEGER")
    assert limit(connection) == 0


@pytest.fixture(scope="module")
def endless(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter workspace with events and, as its SQL metric, one that joins them with themselves again and again."""
    folder = Path(shutil.copytree(starter, tmp_path_factory.mktemp("endless") / "workspace"))
    assert duckbill("land", folder / "events" / "events.ndjson", "-w", folder, "--now", NOW).code == 0
    tables = " ".join(f"JOIN events AS e{number} ON e{number}.event_type = e0.event_type" for number in range(1, 7))
    (folder / "metrics_sql" / "active_users.sql").write_text(
        "/* @metric\nname: Active users\n@metric */\n"
        f"SELECT SUM(LENGTH(e1.event_type)) AS value FROM events AS e0 {tables}\n"
    )
    configure(folder, "1")
    return folder


@pytest.mark.parametrize(
    "command",
    [
        ("run", "-p", "2026-10", "--now", NOW),
        ("preview", "Active users", "-p", "2026-10"),
        ("usage", "Active users", "-p", "2026-10"),
    ],
    ids=lambda command: command[0],
)
def test_a_command_says_which_metric_was_stopped(endless: Path, command: tuple[str, ...]) -> None:
    outcome = duckbill(*command, "-w", endless)
    assert (outcome.code, outcome.stdout, outcome.stderr) == (2, b"", f"duckbill: {STOPPED}\n")
    assert not (endless / "lake" / "line_items").exists()


def test_an_isolated_metric_has_limits_of_its_own(fresh: Path) -> None:
    """Those of `[isolation]`; what this one does not say is an hour."""
    assert load_config(fresh).engine.metric_seconds == 3600
    configure(fresh, "7")
    config = load_config(fresh)
    assert config.engine.settings().metric_seconds == 7
    limits = config.isolation.limits(True)
    assert limits is not None and limits.wall_seconds == 120


@pytest.mark.parametrize("seconds", ["0", "-1", "1.5", '"1 h"', "99999999999"])
def test_seconds_that_are_none(fresh: Path, seconds: str) -> None:
    configure(fresh, seconds)
    with pytest.raises(CatalogError, match=r"duckbill\.toml:[0-9]+:1: engine\.metric_seconds: "):
        load_config(fresh)
