"""Reading exports that others have written: what is taken as meant, and what is refused, by file and column."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from engine.errors import UserError
from engine.metronome.column_types import UnlikeError, as_type
from engine.metronome.group_values import group_values
from engine.metronome.read import read_export
from engine.metronome.schema import AMOUNT, INSTANT, TEXT, WHOLE
from engine.metronome.tables import ALL_TABLES, NEEDED_TABLES
from tests.metronome.core_folders import Rows, bare, changed, put

DAY = timedelta(days=1)
T = datetime(2026, 11, 3)


def read(folder: Path, name: str) -> Rows:
    """The rows of a table, without what is NULL."""
    return [
        {key: value for key, value in row.items() if value is not None and key != "environment_type"}
        for row in read_export(folder)[name].to_pylist()
    ]


def refused(folder: Path) -> str:
    with pytest.raises(UserError) as error:
        read_export(folder)
    return str(error.value)


def test_tables_that_are_not_there_are_empty(tmp_path: Path) -> None:
    tables = read_export(bare(tmp_path))
    assert list(tables) == list(ALL_TABLES)
    assert all(table.num_rows == 0 and table.schema == ALL_TABLES[name].schema for name, table in tables.items())


@pytest.mark.parametrize("name", sorted(NEEDED_TABLES))
def test_a_table_that_is_needed_is_missed(tmp_path: Path, name: str) -> None:
    for path in (bare(tmp_path) / name).glob("*/*"):
        path.unlink()
    assert re.search(f"has no table {name}, without which nothing can be billed; did you mean", refused(tmp_path))


def test_a_row_is_as_it_was_updated_last_wherever_that_is(tmp_path: Path) -> None:
    bare(tmp_path)
    put(tmp_path, "customer", [{"id": "a", "name": "new", "updated_at": T}], T)
    put(tmp_path, "customer", [{"id": "a", "name": "old", "updated_at": T - DAY}, {"id": "b", "name": "b"}], T + DAY)
    assert [row["name"] for row in read(tmp_path, "customer")] == ["new", "b"]


def test_among_rows_of_one_time_the_last_transfer_and_the_last_part_count(tmp_path: Path) -> None:
    bare(tmp_path)
    for moment, part, name in ((T + DAY, 9, "ninth part"), (T + DAY, 10, "tenth part"), (T, 11, "earlier")):
        put(tmp_path, "customer", [{"id": "a", "name": name, "updated_at": T}], moment, part)
    assert [row["name"] for row in read(tmp_path, "customer")] == ["tenth part"]


def test_a_table_without_time_of_update_goes_by_transfer(tmp_path: Path) -> None:
    bare(tmp_path)
    put(tmp_path, "customer_alert_history", [{"id": "a", "alert_status": "ok"}], T + DAY)
    put(tmp_path, "customer_alert_history", [{"id": "a", "alert_status": "in_alarm"}], T)
    assert read(tmp_path, "customer_alert_history") == [{"id": "a", "alert_status": "ok"}]


def test_of_snapshots_the_latest_counts_whole_and_rows_sent_twice_once(tmp_path: Path) -> None:
    bare(tmp_path)
    old: Rows = [{"id": each, "snapshot_time": T - DAY} for each in ("gone", "stays")]
    put(tmp_path, "draft_invoice", old, T - DAY)
    put(tmp_path, "draft_invoice", [{"id": "stays", "snapshot_time": T, "status": "DRAFT"}], T)
    put(tmp_path, "draft_invoice", [{"id": "new", "snapshot_time": T}], T, 1)
    put(tmp_path, "draft_invoice", [{"id": "stays", "snapshot_time": T, "status": "DRAFT"}], T + DAY)
    assert [row["id"] for row in read(tmp_path, "draft_invoice")] == ["new", "stays"]


def test_an_empty_transfer_is_a_snapshot_without_rows(tmp_path: Path) -> None:
    bare(tmp_path)
    put(tmp_path, "draft_invoice", [{"id": "old", "snapshot_time": T}], T)
    put(tmp_path, "draft_invoice", [], T + DAY)
    assert read(tmp_path, "draft_invoice") == []
    put(tmp_path, "draft_invoice", [{"id": "part", "snapshot_time": T + DAY}], T + DAY, 1)
    assert [row["id"] for row in read(tmp_path, "draft_invoice")] == ["part"]


def test_columns_of_duckbill_and_old_ones_may_be_absent_and_others_come_along(tmp_path: Path) -> None:
    table = ALL_TABLES["invoice"]
    rows = table.of([{"id": "a", "total": Decimal("1.5"), "updated_at": T}])
    theirs = rows.drop_columns([*table.own_columns, "plan_id", "billing_provider_type"])
    put(bare(tmp_path), "invoice", theirs.append_column("surprise", pa.array([1])), T)
    assert read(tmp_path, "invoice") == [{"id": "a", "total": Decimal("1.5"), "updated_at": T}]


BERLIN = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("values", "wanted", "expected"),
    [
        (pa.array([datetime(2026, 11, 3, 1, tzinfo=BERLIN)], pa.timestamp("ms", "Europe/Berlin")), INSTANT, T),
        (pa.array([datetime(2026, 11, 3, tzinfo=UTC)], pa.timestamp("us", "UTC")), INSTANT, T),
        (pa.array([1793664000_000000_999], pa.timestamp("ns")), INSTANT, T),
        (pa.array([datetime(2026, 11, 3)], pa.timestamp("s")), INSTANT, T),
        (pa.array([Decimal("1.10")], pa.decimal128(9, 2)), AMOUNT, Decimal("1.1")),
        (pa.array([Decimal("-1E-26")], pa.decimal256(60, 30)), AMOUNT, Decimal("-1E-26")),
        (pa.array([-7], pa.int32()), AMOUNT, Decimal(-7)),
        (pa.array([2**63], pa.uint64()), WHOLE, None),
        (pa.array([0.1], pa.float64()), AMOUNT, Decimal("0.1")),
        (pa.array([1e-30], pa.float64()), AMOUNT, None),
        (pa.array([Decimal("1e13")], pa.decimal128(38, 0)), AMOUNT, None),
        (pa.array([Decimal("0.5")], pa.decimal128(38, 1)), WHOLE, None),
        (pa.array([Decimal("30.0")], pa.decimal128(38, 1)), WHOLE, 30),
        (pa.array(["é"], pa.large_string()), TEXT, "é"),
        (pa.array(["é"]).dictionary_encode(), TEXT, "é"),
        (pa.array([5]), TEXT, None),
        (pa.array(["5"]), AMOUNT, None),
        (pa.array(["2026-11-03T00:00:00Z"]), INSTANT, None),
        (pa.array([True]), WHOLE, None),
    ],
    ids=str,
)
def test_types_are_read_exactly_or_not_at_all(values: pa.Array, wanted: pa.DataType, expected: object) -> None:
    column = pa.chunked_array([values, pa.nulls(1, values.type)])
    if expected is None:
        with pytest.raises(UnlikeError):
            as_type(column, wanted)
        return
    read = as_type(column, wanted)
    assert read.type == wanted and read.to_pylist() == [expected, None]


def test_a_column_without_values_may_be_of_no_type(tmp_path: Path) -> None:
    assert as_type(pa.chunked_array([pa.nulls(2)]), AMOUNT).to_pylist() == [None, None]


def test_a_missing_column_is_named_with_the_nearest(tmp_path: Path) -> None:
    rows = changed(ALL_TABLES["invoice"], [{"id": "a"}], "start_timestamp", None)
    path = put(bare(tmp_path), "invoice", rows.append_column("start_time_stamp", pa.array([T])), T)
    message = f"{path}: column start_timestamp of invoice is missing; did you mean 'start_time_stamp'?"
    assert refused(tmp_path) == message
    put(tmp_path, "invoice", rows, T)
    assert "column start_timestamp of invoice is missing; it has id, environment_type" in refused(tmp_path)


def test_a_column_of_another_type_is_named(tmp_path: Path) -> None:
    rows = changed(ALL_TABLES["invoice"], [{"id": "a"}], "total", pa.array(["12"]))
    path = put(bare(tmp_path), "invoice", rows, T)
    assert refused(tmp_path) == (
        f"{path}: column total of invoice cannot be read as decimal128(38, 26): "
        "it is string, and not decimal128(38, 26)"
    )


def test_a_value_that_does_not_fit_is_named(tmp_path: Path) -> None:
    wide = pa.array([Decimal("1e20")], pa.decimal128(38, 0))
    put(bare(tmp_path), "invoice", changed(ALL_TABLES["invoice"], [{"id": "a"}], "total", wide), T)
    assert "column total of invoice cannot be read as decimal128(38, 26): " in refused(tmp_path)


@pytest.mark.parametrize("damage", [b"", b"PAR1", b"no Parquet at all"])
def test_a_damaged_file_is_named(tmp_path: Path, damage: bytes) -> None:
    path = put(bare(tmp_path), "events", [{"transaction_id": "e"}], T)
    path.write_bytes(damage)
    assert refused(tmp_path).startswith(f"{path}: cannot be read as Parquet; transfer it again: ")
    path.write_bytes(b"PAR1" + put(tmp_path, "events", [{"transaction_id": "e"}], T).read_bytes()[4:-40])
    assert refused(tmp_path).startswith(f"{path}: cannot be read as Parquet; transfer it again: ")


def test_a_file_of_another_name_is_refused(tmp_path: Path) -> None:
    path = put(bare(tmp_path), "events", [], T)
    path.rename(path.with_name("copy.parquet"))
    assert "is not named as a file of an export is, such as invoice/dt=" in refused(tmp_path)


def test_what_is_no_export_is_told_so(tmp_path: Path) -> None:
    assert refused(tmp_path / "none") == f"{tmp_path / 'none'}: no such folder; name the folder of an export"
    (tmp_path / "file").write_text("")
    assert refused(tmp_path / "file").endswith("file: is a file; name the folder of an export")
    (tmp_path / "lake").mkdir()
    assert refused(tmp_path).endswith("; it holds lake") and "is no Metronome export" in refused(tmp_path)


@pytest.mark.parametrize("text", ["5", '"x"', '[{"name": "a"}]', "[1]", "{"])
def test_group_values_are_pairs_or_an_object(text: str) -> None:
    with pytest.raises(ValueError):
        group_values(text)
