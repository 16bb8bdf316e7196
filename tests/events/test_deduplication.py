"""First accepted wins for 34 days of arrival, within the input and across landings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from engine.events.rejected import rejected_events
from tests.events.conftest import NOW, Lake

Line = Callable[..., str]


def test_first_line_wins_within_the_input(lake: Lake, line: Line) -> None:
    first, other = line("t1", {"n": "1"}), line("t1", {"n": "2"})
    result = lake.land_lines(first, other, first, line("t2"))
    assert (result.accepted, result.duplicates) == (2, {"duplicate": 1, "duplicate_conflict": 1})
    assert lake.event("t1")["sent"] == {"n": "1"}
    kept = rejected_events(lake.folder).to_pylist()
    assert [(row["line"], row["verdict"], row["reason"]) for row in kept] == [
        (2, "duplicate", "duplicate_conflict"),
        (3, "duplicate", "duplicate"),
    ]


def test_an_id_landed_before_wins_over_every_line(lake: Lake, line: Line) -> None:
    lake.land_lines(line("t1", {"a": "1", "A": "x"}), now=NOW)
    result = lake.land_lines(
        line("t1", {"b": "1"}),
        line("t1", {"A": "x", "a": 1}, timestamp="2026-03-19T13:00:00+01:00"),
        line("t3"),
        now=NOW + timedelta(days=1),
    )
    assert (result.accepted, result.duplicates) == (1, {"duplicate": 1, "duplicate_conflict": 1})
    assert lake.event("t1")["sent"] == {"a": "1", "A": "x"}


def test_same_event_under_other_fields_is_a_conflict(lake: Lake, line: Line) -> None:
    lake.land_lines(line("t1"))
    changed = [line("t1", customer_id="c2"), line("t1", event_type="x"), line("t1", timestamp="2026-03-19T12:00:01Z")]
    result = lake.land_lines(*changed, line("t1"), now=NOW + timedelta(hours=1))
    assert result.duplicates == {"duplicate": 1, "duplicate_conflict": 3}


def test_the_window_runs_34_days_from_arrival(lake: Lake, line: Line) -> None:
    lake.land_lines(line("t1"), now=NOW)
    inside, outside = NOW + timedelta(days=34), NOW + timedelta(days=34, microseconds=1)
    recent = inside - timedelta(days=1)
    resent = line("t1", timestamp=recent.isoformat() + "Z")
    assert lake.land_lines(resent, now=inside).duplicates == {"duplicate_conflict": 1}
    assert lake.land_lines(resent + " ", now=outside).accepted == 1
    assert [event["timestamp"] for event in lake.events()] == [NOW - timedelta(hours=12), recent]


def test_ids_are_compared_byte_by_byte(lake: Lake, line: Line) -> None:
    ids = ["x", "X", "x ", "х", "caf\u00e9", "cafe\u0301"]
    assert lake.land_lines(*map(line, ids)).accepted == len(ids)


def test_the_id_of_a_rejected_event_stays_free(lake: Lake, line: Line) -> None:
    result = lake.land_lines(line("t1", timestamp="2025-01-01T00:00:00Z"), line("t1"))
    assert (result.accepted, result.reasons) == (1, {"too_old": 1})


def test_landing_the_same_file_again_changes_nothing(lake: Lake, line: Line) -> None:
    lines = [line("t1"), line("t1"), line("bad", timestamp="?"), line("t2", extra="x")]
    first = lake.land_lines(*lines)
    before = sorted(path for path in lake.folder.rglob("*") if path.is_file())
    again = lake.land_lines(*lines, now=NOW + timedelta(days=2))
    assert again.already_landed and not first.already_landed
    assert (again.read, again.accepted, again.duplicates, again.reasons, again.unknown_fields, again.version) == (
        4, 2, {"duplicate": 1}, {"bad_timestamp": 1}, {"extra": 1}, first.version,
    )  # fmt: skip
    assert sorted(path for path in lake.folder.rglob("*") if path.is_file()) == before


def test_a_property_that_only_duplicates_had_is_in_no_file_and_in_nobodys_way(lake: Lake, line: Line) -> None:
    lake.land_lines(line("t1", {"a": "1"}))
    assert lake.land_lines(line("t1", {"a": "1", "new": "2"})).duplicates == {"duplicate_conflict": 1}
    again = lake.land_lines(line("t1", {"a": "1"}), line("t1", {"new": "3"}), line("t2", {"new": "4"}))
    assert (again.accepted, again.duplicates) == (1, {"duplicate": 1, "duplicate_conflict": 1})
    assert lake.event("t2")["sent"] == {"new": "4"}
