"""An isolated metric gives the same rows, and what DuckDB's own limits do not stop is stopped."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import DuckbillError, UserError
from engine.executors import isolated
from engine.executors.confinement import can_confine_files
from engine.executors.connection import EngineSettings, connect
from engine.executors.isolated import Isolated, IsolationLimits, run_isolated
from engine.metrics.meter import compile_meter
from engine.metrics.scope import PropertyStore, Scope
from engine.metrics.sql import parse_sql_metric
from engine.values.numbers import NumberProfile

ROOT = Path(__file__).parent.parent.parent
START = datetime(2026, 3, 1)
LIMITS = IsolationLimits(cpu_seconds=1, memory="512MiB", wall_seconds=5)


def event_file(folder: Path) -> Path:
    names = ("user", "n")
    properties = [{"user": f"u{i % 3}", "n": f"{i}.{i % 10}"} for i in range(1000)]
    moments = [START + timedelta(minutes=i) for i in range(1000)]
    columns = {
        "transaction_id": pa.array([f"t{i}" for i in range(1000)]),
        "customer_id": pa.array([f"c{i % 4}" for i in range(1000)]),
        "event_type": pa.array(["call"] * 1000),
        "timestamp": pa.array(moments, pa.timestamp("us")),
        "properties": pa.array(properties, pa.struct([(name, pa.string()) for name in names])),
        "ingested_at": pa.array(moments, pa.timestamp("us")),
    }
    path = folder / "it's [one].parquet"
    pq.write_table(pa.table(columns), path)
    return path


@pytest.fixture(scope="module")
def setup(tmp_path_factory: pytest.TempPathFactory) -> Isolated:
    path = event_file(tmp_path_factory.mktemp("events"))
    bounds = {
        "starting_at": pa.array([START] * 4, pa.timestamp("us")),
        "ending_before": pa.array([START + timedelta(hours=9)] * 4, pa.timestamp("us")),
    }
    windows = pa.table({"window_id": [1, 2, 3, 4], "customer_id": [f"c{i}" for i in range(4)], **bounds})
    aliased = pa.table({"alias": [f"c{i}" for i in range(4)], "window_id": [1, 2, 3, 4], **bounds})
    quoted = str(path).replace("'", "''")
    views = (
        f"CREATE TEMP VIEW landed_events AS SELECT * FROM read_parquet(['{quoted}'])",
        "CREATE TEMP VIEW event_files AS SELECT * FROM landed_events",
    )
    return Isolated("peak", {"windows": windows, "alias_windows": aliased}, (path,), views)


def in_process(sql: str, setup: Isolated, spill: Path) -> pa.Table:
    con = connect(EngineSettings(threads=1), spill)
    for name, table in setup.tables.items():
        con.from_arrow(table).create(name)
    for view in setup.views:
        con.execute(view)
    return con.sql(sql).to_arrow_table()


def compiled(text: str, keys: tuple[str, ...] = ()) -> str:
    known = {
        "n": NumberProfile(1000, 3, 1, in_struct=True),
        "user": NumberProfile(1000, 0, 0, 0, 1000, in_struct=True),
    }
    return compile_meter(parse_sql_metric(text), keys, Scope(PropertyStore(known)), 1000).sql("duckdb")


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("SELECT SUM(properties.n) AS value, properties.user FROM events GROUP BY user", ("user",)),
        ("SELECT SUM(m) / SUM(c) AS value FROM (SELECT MAX(properties.n) AS m, 1 AS c FROM events "
         "GROUP BY DATE_TRUNC('hour', timestamp), properties.user)", ()),
    ],
)  # fmt: skip
def test_rows_are_the_same_bytes(setup: Isolated, tmp_path: Path, text: str, keys: tuple[str, ...]) -> None:
    sql = compiled(text, keys) + " ORDER BY 1, 2"
    alone, here = run_isolated(sql, setup, LIMITS), in_process(sql, setup, tmp_path)
    assert alone.num_rows >= 4
    assert alone.schema == here.schema
    assert serialized(alone) == serialized(here)


def serialized(table: pa.Table) -> bytes:
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, table.schema) as writer:
        writer.write_table(table.combine_chunks())
    return bytes(stream.getvalue())


def test_what_the_second_opinion_refuses_does_not_run(setup: Isolated) -> None:
    with pytest.raises(DuckbillError, match="DuckDB's parser found the function 'random'"):
        run_isolated("SELECT random() AS value FROM windows AS w", setup, LIMITS)


def test_an_error_of_the_metric_is_said(setup: Isolated) -> None:
    sql = compiled("SELECT SUM(properties.n) / SUM(properties.n - properties.n) AS value FROM events")
    with pytest.raises(UserError, match=r"metric 'peak' failed: .*divides by zero"):
        run_isolated(sql, setup, LIMITS)


def test_memory_is_read_exactly() -> None:
    assert IsolationLimits(memory="512MiB").memory_bytes() == 536_870_912
    assert IsolationLimits(memory="1.5 GB").memory_bytes() == 1_500_000_000
    assert IsolationLimits(memory="7B").memory_bytes() == 7
    with pytest.raises(UserError, match="write it like 512MiB"):
        IsolationLimits(memory="lots").memory_bytes()


#: Runs the child with the second opinion left out, so that only its confinement stands.
UNOPPOSED = """
import engine.executors.isolated_child as child
child.second_opinion = lambda connection, sql, relations: None
child.run()
"""


@pytest.fixture
def unopposed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "CHILD", ("-P", "-s", "-c", UNOPPOSED))


@pytest.mark.usefixtures("unopposed")
class TestConfinementAlone:
    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT sum(length(regexp_replace(repeat('ab', 9999) || i, '(a|ab)*c', 'x', 'g'))) FROM range(100000) t(i)",
            "SELECT levenshtein(repeat('a', 100000), repeat('b', 100000))",
            "SELECT count(*) FROM range(10000000000) a, range(100000) b",
            "SELECT max(i) FROM (SELECT unnest(list_transform(range(100000000), lambda x: x % 7)) AS i)",
            "SELECT length(lpad('', 2000000000, 'x'))",
        ],
        ids=["regexp", "levenshtein", "cross join", "list", "lpad"],
    )
    def test_time_ends(self, setup: Isolated, sql: str) -> None:
        started = time.monotonic()
        with pytest.raises(UserError, match=r"metric 'peak' was stopped (after [15] s|because it needs more)"):
            run_isolated(sql, setup, LIMITS)
        assert time.monotonic() - started < LIMITS.wall_seconds + 3

    @pytest.mark.parametrize(
        "sql",
        [
            "SELECT length(repeat('x', 4000000000))",
            "SELECT string_agg(repeat('x', 1000000), '') FROM range(100000)",
            "SELECT list(i) FROM range(1000000000) t(i)",
            "SELECT count(*) FROM (SELECT DISTINCT i || repeat('x', 1000) FROM range(10000000) t(i))",
        ],
        ids=["repeat", "string_agg", "list", "distinct"],
    )
    def test_memory_ends(self, setup: Isolated, sql: str) -> None:
        limits = IsolationLimits(cpu_seconds=5, memory="256MiB", wall_seconds=15)
        with pytest.raises(UserError, match=r"metric 'peak' .* needs? more than 256MiB of memory"):
            run_isolated(sql, setup, limits)

    def test_the_wall_limit_holds_for_a_process_that_only_waits(self, setup: Isolated) -> None:
        limits = IsolationLimits(cpu_seconds=5, memory="512MiB", wall_seconds=1)
        with pytest.raises(UserError, match="metric 'peak' was stopped after 1 s"):
            run_isolated("SELECT sleep_ms(60000)", setup, limits)

    def test_other_files_cannot_be_read(self, setup: Isolated, tmp_path: Path) -> None:
        secret = tmp_path / "secret.csv"
        secret.write_text("a\n1\n", encoding="utf-8")
        own = str(setup.event_files[0]).replace("'", "''")
        for sql in (
            f"SELECT * FROM read_csv('{secret}')",
            f"SELECT * FROM '{secret}'",
            f"SELECT * FROM read_text('{own}/../../{secret.parent.name}/secret.csv')",
            "SELECT * FROM glob('/etc/*')",
            "SELECT * FROM read_text('/proc/self/environ')",
        ):
            with pytest.raises(UserError, match="Permission Error"):
                run_isolated(sql, setup, LIMITS)

    def test_nothing_can_be_written(self, setup: Isolated, tmp_path: Path) -> None:
        events = setup.event_files[0]
        before = events.read_bytes()
        own = str(events).replace("'", "''")
        for sql in (
            f"COPY (SELECT 1 AS a) TO '{tmp_path}/new.csv'",
            f"COPY (SELECT 1 AS a) TO '{own}' (FORMAT parquet)",
            f"ATTACH '{tmp_path}/new.db'",
            # DuckDB lets whoever may read a file open it for writing, which empties it.
            *(
                f"WITH x AS (COPY (SELECT 1 AS a) TO '{own}' (FORMAT parquet, USE_TMP_FILE false)) SELECT 1"
                for _ in range(can_confine_files())
            ),
        ):
            with pytest.raises(UserError, match="metric 'peak' failed"):
                run_isolated(sql, setup, LIMITS)
        assert events.read_bytes() == before
        assert not list(tmp_path.iterdir())

    def test_nothing_can_be_unlocked(self, setup: Isolated) -> None:
        for sql in ("SET enable_external_access = true", "SET memory_limit = '9GB'", "RESET max_execution_time"):
            with pytest.raises(UserError, match="configuration"):
                run_isolated(sql, setup, LIMITS)


#: What a process tries once it may read one file; prints what it could not do.
ESCAPES = """
import os, socket, sys
from pathlib import Path
from engine.executors.confinement import allow_only_reading
mine, other = Path(sys.argv[1]), Path(sys.argv[2])
assert allow_only_reading([mine])
assert mine.read_bytes() == b"mine"
for name, attempt in {
    "read": other.read_bytes,
    "list": lambda: list(other.parent.iterdir()),
    "write": lambda: mine.write_bytes(b""),
    "truncate": lambda: os.truncate(mine, 0),
    "create": lambda: (mine.parent / "new").touch(),
    "remove": mine.unlink,
    "rename": lambda: mine.rename(mine.parent / "new"),
    "execute": lambda: os.execv("/bin/true", ["true"]),
    "connect": lambda: socket.socket().connect(("127.0.0.1", 9)),
}.items():
    try:
        attempt()
    except PermissionError:
        print(name)
"""


@pytest.mark.skipif(not can_confine_files(), reason="needs Landlock")
def test_the_kernel_confines_files(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    for path in (mine, other):
        path.write_bytes(path.name.encode())
    done = subprocess.run(
        [sys.executable, "-c", ESCAPES, mine, other], capture_output=True, text=True, check=True, cwd=ROOT
    )
    refused = done.stdout.split()
    version_4 = {"connect"} if "connect" in refused else set()
    assert set(refused) == {"read", "list", "write", "truncate", "create", "remove", "rename", "execute"} | version_4
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "other"]
    assert mine.read_bytes() == b"mine"


def test_the_environment_of_the_parent_stays_with_the_parent(setup: Isolated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUCKBILL_SECRET", "hunter2")
    spy = "import json, os, sys; print(json.dumps(dict(os.environ)), file=sys.stderr); sys.exit(9)"
    monkeypatch.setattr(isolated, "CHILD", ("-c", spy))
    with pytest.raises(UserError, match="ended with exit code 9 after saying: ") as caught:
        run_isolated("SELECT 1 AS value", setup, LIMITS)
    seen: Mapping[str, str] = json.loads(str(caught.value).partition("after saying: ")[2])
    assert seen.keys() <= {"PYTHONPATH", "TZ", "LC_ALL", "LC_CTYPE", "MALLOC_ARENA_MAX", "PYTHONHASHSEED"}


def test_a_crash_is_the_metrics_failure_and_not_the_programs(setup: Isolated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolated, "CHILD", ("-c", "import os; os.write(2, b'one\\ntwo\\n'); os.abort()"))
    with pytest.raises(UserError, match="metric 'peak' failed: its process ended by SIGABRT after saying: two"):
        run_isolated("SELECT 1 AS value", setup, LIMITS)


def test_an_interrupted_parent_leaves_no_process(setup: Isolated, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Interrupted(subprocess.Popen[bytes]):
        def communicate(self, *given: object, **named: object) -> tuple[bytes, bytes]:
            if self not in started:
                started.append(self)
                raise KeyboardInterrupt
            return super().communicate()

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    monkeypatch.setattr(isolated, "CHILD", ("-c", "import time; time.sleep(60)"))
    with pytest.raises(KeyboardInterrupt):
        run_isolated("SELECT 1 AS value", setup, LIMITS)
    assert started[0].returncode == -9


@pytest.fixture(scope="module", autouse=True)
def children() -> Iterator[None]:
    """No child outlives its test."""
    yield
    if sys.platform.startswith("linux"):
        listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        assert "isolated_child" not in listed
