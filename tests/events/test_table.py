"""The event table: fields, files, versions, what a crash leaves, and what verify finds."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from engine.errors import CorruptFileError, UserError, WorkspaceBusyError
from engine.events import commit
from engine.events.delta_check import open_checked
from engine.events.land import LandingLimits
from engine.events.rejected import rejected_events
from engine.events.table import EventTable
from engine.events.verify import verify
from tests.events.conftest import NOW, Lake

Line = Callable[..., str]


def test_nothing_landed_is_no_snapshot(tmp_path: Path) -> None:
    assert EventTable(tmp_path / "lake").snapshot() is None
    assert verify(EventTable(tmp_path / "lake")) == []


def test_columns_and_file_names(lake: Lake, line: Line) -> None:
    result = lake.land_lines(line("t2", {"n": 1}), line("t1", {"n": 2}, timestamp="2026-03-18T23:59:59.999999Z"))
    snapshot = lake.snapshot()
    assert snapshot.version == result.version and snapshot.rows == 2
    assert [file.date for file in snapshot.files] == [date(2026, 3, 18), date(2026, 3, 19)]
    for file in snapshot.files:
        assert hashlib.sha256(file.path.read_bytes()).hexdigest() == file.sha256 == file.path.stem
        assert file.path.parent.name == f"date={file.date}"
    query = "DESCRIBE SELECT * FROM read_parquet($files, hive_partitioning = false)"
    described = lake.connection.execute(query, {"files": [str(file.path) for file in snapshot.files]}).fetchall()
    assert [(name, kind) for name, kind, *_ in described] == [
        ("transaction_id", "VARCHAR"),
        ("customer_id", "VARCHAR"),
        ("event_type", "VARCHAR"),
        ("timestamp", "TIMESTAMP"),
        ("properties", "STRUCT(n VARCHAR)"),
        ("other_properties", "MAP(VARCHAR, VARCHAR)"),
        ("ingested_at", "TIMESTAMP"),
        ("batch_id", "VARCHAR"),
    ]
    assert snapshot.between(datetime(2026, 3, 19), datetime(2026, 3, 20)).files == snapshot.files[1:]
    assert snapshot.between(datetime(2026, 3, 18, 12), datetime(2026, 3, 19)).files == snapshot.files[:1]


def test_files_are_sorted(lake: Lake, line: Line) -> None:
    lake.land_lines(line("t3", event_type="b"), line("t2", customer_id="c2"), line("t1"), line("t0", event_type="b"))
    (file,) = lake.snapshot().files
    rows = lake.connection.execute("SELECT transaction_id FROM read_parquet(?)", [str(file.path)]).fetchall()
    assert rows == [("t0",), ("t3",), ("t1",), ("t2",)]


def test_a_file_of_many_row_groups_is_sorted(lake: Lake, line: Line) -> None:
    dice = random.Random(7)
    lake.land_lines(*(line(f"t{n}", customer_id=f"c{dice.randrange(1000)}") for n in range(130_000)))
    (file,) = lake.snapshot().files
    query = "SELECT customer_id, transaction_id FROM read_parquet(?)"
    rows = lake.connection.execute(query, [str(file.path)]).fetchall()
    assert len(rows) == 130_000
    assert rows == sorted(rows)


def test_landing_leaves_the_settings_of_the_connection_alone(lake: Lake, line: Line) -> None:
    query = "SELECT name, value FROM duckdb_settings() ORDER BY name"
    before = lake.connection.execute(query).fetchall()
    lake.land_lines(line("t1"))
    assert lake.connection.execute(query).fetchall() == before


def test_new_properties_widen_the_struct(lake: Lake, line: Line) -> None:
    first = lake.land_lines(line("t1", {"a": "1"}))
    second = lake.land_lines(line("t2", {"b": "2", "a.b": "3"}))
    table = EventTable(lake.folder)
    assert first.version is not None and second.version is not None
    old = table.snapshot(first.version)
    assert old is not None and (old.property_fields, old.rows) == (("a",), 1)
    assert lake.snapshot().property_fields == ("a", "a.b", "b")
    assert [event["sent"] for event in lake.events()] == [{"a": "1"}, {"b": "2", "a.b": "3"}]
    with pytest.raises(UserError):
        table.snapshot(99)


def test_names_no_struct_can_hold_go_to_other_properties(lake: Lake, line: Line) -> None:
    lake.land_lines(line("t1", {"Model": "1"}))
    lake.land_lines(line("t2", {"model": "2", "": "3", "new": "4"}), line("t3", {"NEW": "5"}), line("t4", {"new": "6"}))
    assert lake.snapshot().property_fields == ("Model", "new")
    assert lake.event("t2")["other_properties"] == {"model": "2", "": "3"}
    assert lake.event("t3")["other_properties"] == {"NEW": "5"}
    assert lake.event("t4")["other_properties"] is None
    profiles = lake.snapshot().profiles()
    assert (profiles["new"].in_struct, profiles["new"].in_other) == (True, False)
    assert (profiles["NEW"].in_struct, profiles["NEW"].in_other) == (False, True)


def test_fields_beyond_the_cap_go_to_other_properties_by_frequency(lake: Lake, line: Line) -> None:
    lines = [line("t1", {"rare": "1", "common": "2"}), line("t2", {"common": "3"}), line("t3", {"mid": "4"})]
    lines.append(line("t4", {"mid": "5", "common": "6"}))
    lake.land_lines(*lines, limits=LandingLimits(property_fields=2))
    assert lake.snapshot().property_fields == ("common", "mid")
    assert lake.event("t1")["sent"] == {"rare": "1", "common": "2"}
    assert lake.event("t1")["other_properties"] == {"rare": "1"}


def test_events_without_properties_leave_a_placeholder_field(lake: Lake, line: Line) -> None:
    lake.land_lines(line("t1"))
    assert lake.snapshot().property_fields == ("_",)
    assert lake.event("t1")["sent"] == {}
    lake.land_lines(line("t2", {"a": 1}))
    assert lake.snapshot().property_fields == ("_", "a")


def test_limits_are_inclusive_and_configurable(lake: Lake, line: Line) -> None:
    limits = LandingLimits(past=timedelta(days=1), future=timedelta(0))
    times = [
        "2026-03-19T00:00:00Z",
        "2026-03-18T23:59:59.999999Z",
        "2026-03-20T00:00:00Z",
        "2026-03-20T00:00:00.000001Z",
    ]
    result = lake.land_lines(*(line(f"t{n}", timestamp=time) for n, time in enumerate(times)), limits=limits)
    assert (result.accepted, result.reasons) == (2, {"too_old": 1, "in_future": 1})


def test_a_landing_that_accepts_nothing_is_remembered(lake: Lake, line: Line) -> None:
    lake.land_lines(line("t1", timestamp="?"))
    assert lake.land_lines(line("t1", timestamp="?")).already_landed
    assert lake.snapshot().rows == 0


def test_verify_finds_a_flipped_byte_a_missing_file_and_strange_files(lake: Lake, line: Line) -> None:
    lake.land_lines(line("t1"), line("t2", timestamp="2026-03-18T00:00:00Z"))
    table = EventTable(lake.folder)
    assert verify(table) == []
    first, second = (file.path for file in lake.snapshot().files)
    content = bytearray(first.read_bytes())
    content[len(content) // 3] ^= 1
    first.write_bytes(content)
    second.rename(second.with_name("elsewhere.parquet"))
    left = first.with_name(f"{hashlib.sha256(b'by a crash').hexdigest()}.parquet")
    left.write_bytes(b"by a crash")
    found = {finding.path: finding.kind for finding in verify(table)}
    strange = second.with_name("elsewhere.parquet")
    assert found == {first: "changed", left: "orphan", second: "missing", strange: "foreign"}
    assert list(found) == sorted(found)


def test_a_missing_file_stops_a_landing(lake: Lake, line: Line) -> None:
    lake.land_lines(line("t1"))
    (file,) = lake.snapshot().files
    file.path.unlink()
    with pytest.raises(CorruptFileError, match="duckbill verify"):
        lake.land_lines(line("t2"), now=NOW + timedelta(hours=1))
    with pytest.raises(CorruptFileError, match="duckbill verify"):
        _ = file.profile


def test_a_crash_before_the_commit_shows_nothing(lake: Lake, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    lake.land_lines(line("t0"))
    lines = [line("t1"), line("t1"), line("bad", timestamp="?")]

    def crash(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("engine.events.commit.commit_events", crash)
        with pytest.raises(KeyboardInterrupt):
            lake.land_lines(*lines)
    assert lake.snapshot().rows == 1
    assert rejected_events(lake.folder).num_rows == 0
    assert [finding.kind for finding in verify(EventTable(lake.folder))] == ["orphan"]
    assert lake.land_lines(*lines).accepted == 1
    assert rejected_events(lake.folder).num_rows == 2
    assert verify(EventTable(lake.folder)) == []


def test_another_writer_is_a_clear_error(lake: Lake, line: Line) -> None:
    lake.land_lines(line("t0"))
    events = lake.folder / "events"
    mine, other = open_checked(events), open_checked(events)
    commit.commit_events(other, events, ["_"], [], NOW.isoformat(), ["other"], {})
    with pytest.raises(WorkspaceBusyError, match="nothing was changed"):
        commit.commit_events(mine, events, ["_"], [], NOW.isoformat(), ["mine"], {})


def test_same_input_gives_the_same_files(tmp_path: Path, connection: duckdb.DuckDBPyConnection, line: Line) -> None:
    lines = [line(f"t{n}", {"n": n, "m": str(n % 7)}, customer_id=f"c{n % 5}") for n in range(3000)]
    names = []
    for threads in (1, 2):
        connection.execute("SET threads=?", [threads])
        one = Lake(tmp_path / f"lake{threads}", connection)
        one.land_lines(*lines)
        names.append([file.sha256 for file in one.snapshot().files])
    assert names[0] == names[1]
