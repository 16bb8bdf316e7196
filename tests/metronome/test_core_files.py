"""The folder of an export: what is written, how other programs read it, and what more transfers make of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import UserError
from engine.metronome.read import read_export
from engine.metronome.tables import ALL_TABLES
from engine.metronome.write import write_export
from tests.metronome.core_folders import Rows

FIRST = datetime(2026, 11, 2, 6, 0, 30)
SECOND = datetime(2026, 11, 3, 6, 0, 30)
OCTOBER, NOVEMBER = datetime(2026, 10, 1), datetime(2026, 11, 1)
TOTAL = Decimal("123456789012.12345678901234567890123456")


def tables(now: datetime, **rows: Rows) -> dict[str, pa.Table]:
    """A transfer with these rows, and every other table empty."""
    return {name: table.of(rows.get(name, [])) for name, table in ALL_TABLES.items()}


def first() -> Mapping[str, pa.Table]:
    """One invoice is a draft, another final."""
    draft = {"snapshot_time": FIRST, "status": "DRAFT", "updated_at": FIRST}
    return tables(
        FIRST,
        customer=[{"id": each, "name": each.title(), "updated_at": FIRST} for each in ("ann", "bob")],
        draft_invoice=[{"id": "a", **draft, "total": Decimal(1)}, {"id": "x", **draft}],
        draft_line_item=[{"id": "a1", "invoice_id": "a", "snapshot_time": FIRST, "quantity": Decimal("0.5")}],
        invoice=[
            {"id": "b", "status": "FINALIZED", "total": TOTAL, "start_timestamp": OCTOBER, "updated_at": NOVEMBER},
        ],
        line_item=[{"id": "b1", "invoice_id": "b", "is_prorated": True, "updated_at": NOVEMBER}],
    )


def second() -> Mapping[str, pa.Table]:
    """The draft is final, the other void; Bob is gone."""
    return tables(
        SECOND,
        customer=[{"id": "ann", "name": "Ann-Marie", "updated_at": SECOND}],
        invoice=[
            {"id": "a", "status": "FINALIZED", "total": Decimal(1), "updated_at": SECOND},
            {"id": "b", "status": "VOID", "total": TOTAL, "updated_at": SECOND},
        ],
        line_item=[{"id": "a1", "invoice_id": "a", "quantity": Decimal("0.5"), "updated_at": SECOND}],
    )


def everything_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_are_named_by_table_day_part_and_time(tmp_path: Path) -> None:
    files = write_export(tmp_path / "out", first(), FIRST)
    assert tmp_path / "out" / "invoice" / "dt=2026-11-02" / "0_20261102060030.parquet" in files
    assert len(files) == len(ALL_TABLES), "empty tables have a file, too"
    assert {str(file.relative_to(tmp_path / "out")) for file in files} == everything_in(tmp_path / "out").keys()
    assert list(tmp_path.iterdir()) == [tmp_path / "out"], "nothing is left of what was written aside"


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    write_export(tmp_path, first(), FIRST)
    back = read_export(tmp_path)
    assert list(back) == list(ALL_TABLES)
    for name, table in first().items():
        assert back[name].equals(table), name


def test_other_programs_read_the_same(tmp_path: Path) -> None:
    write_export(tmp_path, first(), FIRST)
    database = duckdb.connect()
    for name, table in first().items():
        (path,) = (tmp_path / name).glob("dt=*/*.parquet")
        assert pq.read_table(path, partitioning=None).equals(table), name
        frame = pl.read_parquet(path)
        assert frame.to_dicts() == table.to_pylist(), name
        found = database.execute(f"SELECT * FROM read_parquet('{path}', hive_partitioning = false)")
        assert [column[0] for column in found.description or ()] == list(ALL_TABLES[name].columns)
        assert found.fetchall() == [tuple(row.values()) for row in table.to_pylist()], name
    invoices = f"'{tmp_path}/invoice/*/*.parquet'"
    described = database.execute(f"SELECT column_name, column_type FROM (DESCRIBE FROM {invoices})")
    types = dict(described.fetchall())
    assert types["total"] == "DECIMAL(38,26)" and types["start_timestamp"] == "TIMESTAMP" and types["id"] == "VARCHAR"
    partitioned = database.execute(f"SELECT dt::VARCHAR, status FROM {invoices}")
    assert partitioned.fetchall() == [("2026-11-02", "FINALIZED")]


def test_the_same_transfer_again_leaves_the_same_bytes(tmp_path: Path) -> None:
    write_export(tmp_path, first(), FIRST)
    write_export(tmp_path, second(), SECOND)
    before = everything_in(tmp_path)
    write_export(tmp_path, second(), SECOND)
    assert everything_in(tmp_path) == before


def test_another_transfer_is_added_and_the_latest_rows_count(tmp_path: Path) -> None:
    write_export(tmp_path, first(), FIRST)
    before = everything_in(tmp_path)
    write_export(tmp_path, second(), SECOND)
    after = everything_in(tmp_path)
    assert before.items() < after.items() and len(after) == 2 * len(before)
    read = read_export(tmp_path)
    assert [(row["id"], row["status"]) for row in read["invoice"].to_pylist()] == [("a", "FINALIZED"), ("b", "VOID")]
    assert [(row["id"], row["invoice_id"]) for row in read["line_item"].to_pylist()] == [("b1", "b"), ("a1", "a")]
    assert read["draft_invoice"].num_rows == read["draft_line_item"].num_rows == 0


def test_what_the_catalog_has_no_more_is_archived(tmp_path: Path) -> None:
    write_export(tmp_path, first(), FIRST)
    write_export(tmp_path, second(), SECOND)
    ann, bob = read_export(tmp_path)["customer"].to_pylist()
    assert (ann["name"], ann["archived_at"]) == ("Ann-Marie", None)
    assert (bob["name"], bob["archived_at"], bob["updated_at"]) == ("Bob", SECOND, SECOND)
    third = datetime(2026, 11, 4)
    write_export(tmp_path, tables(third, customer=[{"id": "bob", "name": "Bob", "updated_at": third}]), third)
    rows = {row["id"]: row["archived_at"] for row in read_export(tmp_path)["customer"].to_pylist()}
    assert rows == {"ann": third, "bob": None}


@pytest.mark.parametrize(("name", "is_folder"), [("notes.txt", False), ("invoices", True), ("invoice", False)])
def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path, name: str, is_folder: bool) -> None:
    foreign = tmp_path / "out" / name
    if is_folder:
        foreign.mkdir(parents=True)
    else:
        foreign.parent.mkdir()
        foreign.write_text("mine")
    with pytest.raises(UserError, match=f"holds {name}, which is no table of an export; name a new or empty folder"):
        write_export(tmp_path / "out", first(), FIRST)
    assert [path.name for path in (tmp_path / "out").rglob("*")] == [name]


def test_a_file_is_no_folder_to_write_to(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(UserError, match="name a new or empty folder"):
        write_export(tmp_path / "out", first(), FIRST)
