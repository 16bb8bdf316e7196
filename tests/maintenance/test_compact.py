"""Compacting a day keeps every event with all its columns, and every version of the table readable."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from engine.errors import CorruptFileError, DuckbillError, WorkspaceBusyError
from engine.events.commit import commit_compaction
from engine.events.compact import compact_day, days_to_compact
from engine.events.delta_check import check_log, open_checked
from engine.events.fixed_sql import fixed_sql
from engine.events.land import LandingLimits
from engine.events.table import EventTable
from engine.events.verify import verify
from tests.events.conftest import NOW, Lake
from tests.maintenance.conftest import compact, rows, rows_of

Line = Callable[..., str]

DAY = date(2026, 3, 19)


def land_small_files(lake: Lake, line: Line, files: int = 3) -> None:
    """Landings of a few events each on two days, each with a property of its own, and the last of one day only."""
    for number in range(files):
        lines = [line(f"a{number}", {"n": number, f"x{number}": "", "": "empty name"}, customer_id=f"c{number % 2}")]
        lines.append(line(f"b{number}", {"N": "1.50", "n": None}, event_type="other"))
        if number + 1 < files:
            lines.append(line(f"c{number}", timestamp="2026-03-18T23:59:59.999999Z"))
        lake.land_lines(*lines, now=NOW + timedelta(minutes=number))


def test_every_event_stays_as_it_was(lake: Lake, line: Line) -> None:
    land_small_files(lake, line)
    before, known = lake.snapshot(), rows_of(lake)
    done = compact(lake)
    after = lake.snapshot()
    assert [(day.date, day.files, day.events) for day in done] == [(date(2026, 3, 18), 2, 2), (DAY, 3, 6)]
    assert [(file.date, file.rows) for file in after.files] == [(date(2026, 3, 18), 2), (DAY, 6)]
    assert [day.bytes_after for day in done] == [file.bytes for file in after.files]
    assert sum(day.bytes_before for day in done) == sum(file.bytes for file in before.files)
    assert rows_of(lake) == known and len(known) == 8
    assert (after.version, after.property_fields) == (before.version, before.property_fields)
    assert after.profiles() == before.profiles()
    assert {file.last_ingested_at for file in after.files} == {NOW + timedelta(minutes=1), NOW + timedelta(minutes=2)}
    after.check_files()
    assert check_log(lake.folder / "events") == []
    assert not (lake.folder / ".staging").exists()


def test_the_new_file_is_sorted_as_landing_sorts_and_its_statistics_are_those_of_its_rows(
    lake: Lake, line: Line
) -> None:
    dice = random.Random(3)
    for number in range(3):
        lines = [
            line(f"t{number}-{n}", {"n": n}, customer_id=f"c{dice.randrange(20)}", event_type=dice.choice("ab"))
            for n in range(200)
        ]
        lake.land_lines(*lines, now=NOW + timedelta(hours=number))
    compact(lake)
    (file,) = lake.snapshot().files
    query = "SELECT event_type, customer_id, timestamp, transaction_id FROM read_parquet(?)"
    found = lake.connection.execute(query, [str(file.path)]).fetchall()
    assert len(found) == 600 and found == sorted(found)
    delta = open_checked(lake.folder / "events")
    assert delta is not None
    (action,) = delta.get_add_actions(flatten=False).to_struct_array().to_pylist()
    assert (action["min"]["ingested_at"], action["max"]["ingested_at"]) == (NOW, NOW + timedelta(hours=2))
    assert action["min"]["timestamp"] == action["max"]["timestamp"] == datetime(2026, 3, 19, 12)
    assert (action["num_records"], action["size_bytes"]) == (600, file.path.stat().st_size)


def test_days_with_fewer_files_are_left_alone(lake: Lake, line: Line) -> None:
    land_small_files(lake, line)
    lake.land_lines(line("alone", timestamp="2026-03-17T00:00:00Z"))
    before = {file.date: file.sha256 for file in lake.snapshot().files}
    assert days_to_compact(lake.snapshot(), 3) == [DAY]
    assert days_to_compact(lake.snapshot(), 2) == [date(2026, 3, 18), DAY]
    assert days_to_compact(lake.snapshot(), 2, last=date(2026, 3, 18)) == [date(2026, 3, 18)]
    assert days_to_compact(lake.snapshot(), 2, first=date(2026, 3, 20)) == []
    compact(lake)
    assert days_to_compact(lake.snapshot(), 0) == [], "one file is as few as a day can have"
    after = {file.date: file.sha256 for file in lake.snapshot().files}
    assert after.keys() == before.keys()
    assert after[date(2026, 3, 17)] == before[date(2026, 3, 17)] and after[DAY] != before[DAY]


def test_events_without_properties_and_fields_that_came_later(lake: Lake, line: Line) -> None:
    limits = LandingLimits(property_fields=3)
    lake.land_lines(line("t0"), now=NOW)
    lake.land_lines(line("t1"), now=NOW)
    compact(lake)
    (file,) = lake.snapshot().files
    assert pq.read_schema(file.path).field("properties").type.num_fields == 1
    assert lake.snapshot().property_fields == ("_",)
    lake.land_lines(line("t2", {"a": "", "b": None}), now=NOW, limits=limits)
    lake.land_lines(line("t3", {"A": "1", "": "2", "b": "x"}), now=NOW, limits=limits)
    lake.land_lines(line("t4", {"beyond": "the cap"}), line("t5", {"beyond": "9", "a": "2"}), now=NOW, limits=limits)
    known = rows_of(lake)
    compact(lake)
    assert rows_of(lake) == known
    sent = {event["transaction_id"]: event["sent"] for event in lake.events()}
    assert sent == {
        "t0": {},
        "t1": {},
        "t2": {"a": ""},
        "t3": {"A": "1", "": "2", "b": "x"},
        "t4": {"beyond": "the cap"},
        "t5": {"beyond": "9", "a": "2"},
    }
    assert lake.event("t3")["other_properties"] == {"A": "1", "": "2"}
    assert lake.event("t4")["other_properties"] == {"beyond": "the cap"}


def test_the_same_files_give_the_same_bytes(tmp_path: Path, connection: duckdb.DuckDBPyConnection, line: Line) -> None:
    names = []
    for threads in (1, 2, 8):
        one = Lake(tmp_path / f"lake{threads}", connection)
        connection.execute("SET threads=2")
        for number in range(3):
            one.land_lines(*(line(f"t{number}-{n}", {"n": n}, customer_id=f"c{n % 7}") for n in range(500)))
        connection.execute("SET threads=?", [threads])
        compact(one)
        names.append([file.sha256 for file in one.snapshot().files])
    assert len(names[0]) == 1 and names[0] == names[1] == names[2]


def test_an_id_that_landed_before_is_still_a_duplicate_for_34_days_of_its_own_arrival(lake: Lake, line: Line) -> None:
    wide = LandingLimits(past=timedelta(days=400))
    lake.land_lines(line("early", {"n": 1}), now=NOW, limits=wide)
    lake.land_lines(line("late", {"n": 1}), now=NOW + timedelta(days=20), limits=wide)
    compact(lake)
    (file,) = lake.snapshot().files
    assert (file.rows, file.last_ingested_at) == (2, NOW + timedelta(days=20))
    again = lake.land_lines(
        line("early", {"n": 1}), line("late", {"n": 1}), now=NOW + timedelta(days=34, seconds=1), limits=wide
    )
    assert (again.accepted, again.duplicates) == (1, {"duplicate": 1})
    other = lake.land_lines(line("late", {"n": 2}), now=NOW + timedelta(days=35), limits=wide)
    assert other.duplicates == {"duplicate_conflict": 1}
    # Two events of one day under one id, which arrived 34 days apart, in one file.
    known = rows_of(lake)
    assert compact(lake)[0].events == 3 and rows_of(lake) == known


def test_whoever_has_opened_the_table_before_goes_on_reading_it(lake: Lake, line: Line) -> None:
    land_small_files(lake, line)
    opened, known = lake.snapshot(), rows_of(lake)
    compact(lake)
    opened.check_files()
    assert rows(lake.connection, [file.path for file in opened.files]) == known


def test_every_version_has_its_own_events_after_compactions_and_landings(lake: Lake, line: Line) -> None:
    known = {}
    for number in range(6):
        result = lake.land_lines(line(f"t{number}", {f"x{number % 4}": number}))
        assert result.version is not None
        known[result.version] = rows_of(lake)
        if number in (2, 3, 5):
            compact(lake)
            assert lake.snapshot().version == result.version
            assert len(lake.snapshot().files) == 1
    table = EventTable(lake.folder)
    found = {}
    for version in known:
        snapshot = table.snapshot(version)
        assert snapshot is not None and snapshot.version == version
        found[version] = (rows_of(lake, version), len(snapshot.files))
    assert {version: events for version, (events, _) in found.items()} == known
    # Versions that were compacted before anything else landed are read from the file of the compaction.
    assert [files for _, files in found.values()] == [1, 2, 1, 1, 2, 1]


def test_a_version_of_several_days_is_read_from_all_of_its_compactions(lake: Lake, line: Line) -> None:
    land_small_files(lake, line)
    version, known = lake.snapshot().version, rows_of(lake)
    assert len(compact(lake)) == 2
    old = EventTable(lake.folder).snapshot(version)
    assert old is not None and len(old.files) == 2 and old.version == version
    lake.land_lines(line("more"))
    again = EventTable(lake.folder).snapshot(version)
    assert again is not None and again.files == old.files
    assert rows_of(lake, version) == known


@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_damage_is_not_put_into_a_sound_file(lake: Lake, line: Line, damage: str) -> None:
    land_small_files(lake, line)
    before = lake.snapshot()
    victim = before.files[-1].path
    content = bytearray(victim.read_bytes())
    content[len(content) // 3] ^= 4
    if damage == "remove":
        victim.unlink()
    else:
        victim.write_bytes(content if damage == "flip" else content[:-7])
    with pytest.raises(CorruptFileError, match=victim.name):
        compact_day(lake.folder, DAY, lake.connection)
    assert lake.snapshot() == before
    assert not (lake.folder / ".staging").exists()


#: What could be wrong with a rewritten file, as replacements in the statement that writes it.
MISTAKES = {
    "an event is lost": ("hive_partitioning = false)", "hive_partitioning = false) WHERE transaction_id <> 'a1'"),
    "an event is there twice": (
        "ORDER BY event_type",
        "CROSS JOIN (SELECT unnest([1, 2]) AS n) WHERE n = 1 OR transaction_id = 'a2' ORDER BY event_type",
    ),
    "one is lost and another there twice": (
        "ORDER BY event_type",
        "CROSS JOIN (SELECT unnest([1, 2]) AS n) WHERE CASE transaction_id WHEN 'a1' THEN false WHEN 'a2' THEN true "
        "ELSE n = 1 END ORDER BY event_type",
    ),
    "values are swapped between events": (
        "        customer_id,\n",
        "        CASE customer_id WHEN 'c0' THEN 'c1' WHEN 'c1' THEN 'c0' END AS customer_id,\n",
    ),
    "NULL becomes the empty text": (
        "        properties,\n",
        "        {'n': coalesce(properties.n, '')} AS properties,\n",
    ),
    "a field is lost": ("        properties,\n", "        {'n': properties.n} AS properties,\n"),
    "NULL becomes an empty map": (
        "        other_properties,\n",
        "        coalesce(other_properties, MAP {}) AS other_properties,\n",
    ),
    "all arrived at once": ("        ingested_at,\n", "        max(ingested_at) OVER () AS ingested_at,\n"),
    "a microsecond is lost": ("        timestamp,\n", "        date_trunc('second', timestamp) AS timestamp,\n"),
    "the batch is another": ("        batch_id\n", "        reverse(batch_id) AS batch_id\n"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_file_that_is_not_the_same_events_is_never_committed(
    lake: Lake, line: Line, mistake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    land_small_files(lake, line)
    day = date(2026, 3, 18) if mistake == "a microsecond is lost" else DAY
    lake.land_lines(line("nothing", timestamp=f"{day}T00:00:00.000001Z"))
    before, text, replaced = lake.snapshot(), fixed_sql("compact"), MISTAKES[mistake]
    assert text.count(replaced[0]) == 1

    def mistaken(name: str) -> str:
        return fixed_sql(name).replace(*replaced) if name == "compact" else fixed_sql(name)

    with monkeypatch.context() as patched:
        patched.setattr("engine.events.compact.fixed_sql", mistaken)
        with pytest.raises(DuckbillError, match="stay as they were"):
            compact_day(lake.folder, day, lake.connection)
    assert lake.snapshot() == before
    assert verify(EventTable(lake.folder)) == [] and not (lake.folder / ".staging").exists()
    assert compact_day(lake.folder, day, lake.connection).files > 1


def test_a_property_that_reading_overlooks_is_missed(lake: Lake, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read wrongly from old and new files alike is told by what landing had counted."""
    land_small_files(lake, line)

    def overlooks(name: str) -> str:
        text = fixed_sql(name)
        if name == "compact":
            return text.replace(
                "        properties,\n", "        {'n': properties.n, 'x1': NULL::VARCHAR} AS properties,\n"
            )
        return text.replace(" properties,", " NULL,").replace(", properties IS NULL", ", false")

    monkeypatch.setattr("engine.events.compact.fixed_sql", overlooks)
    with pytest.raises(DuckbillError, match="of 1 values of property 'x0' there are 0"):
        compact_day(lake.folder, DAY, lake.connection)


def test_a_crash_before_the_commit_changes_nothing(lake: Lake, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    land_small_files(lake, line)
    before, known = lake.snapshot(), rows_of(lake)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("engine.events.compact.commit_compaction", crash)
        with pytest.raises(KeyboardInterrupt):
            compact(lake)
    assert lake.snapshot() == before
    compact(lake)
    assert rows_of(lake) == known and len(lake.snapshot().files) == 2


def test_another_writer_in_between_is_a_clear_error(lake: Lake, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    land_small_files(lake, line)
    real = commit_compaction

    def late(*arguments: object) -> None:
        lake.land_lines(line("meanwhile"))
        real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("engine.events.compact.commit_compaction", late)
    with pytest.raises(WorkspaceBusyError, match="another program wrote"):
        compact_day(lake.folder, DAY, lake.connection)
    assert lake.snapshot().rows == 9
