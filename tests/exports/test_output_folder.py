"""Folders of tables: whole or not at all, nobody else's files lost, the same bytes for the same rows."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.errors import UserError
from engine.reports.output_folder import FolderKind, add_tables, check_target, write_tables

KIND = FolderKind("a test", "first.parquet")
ROWS = pa.table({"n": [1, 2]})
MORE = pa.table({"n": [3]})


def write_page(path: Path) -> None:
    path.write_text("hello", encoding="utf-8")


def everything_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    write_tables(folder, {"first.parquet": ROWS, "deep/er/second.parquet": MORE}, KIND)
    assert everything_in(folder) == ["deep/er/second.parquet", "first.parquet"]
    write_tables(folder, {"first.parquet": MORE}, KIND, {"page.html": write_page})
    assert everything_in(tmp_path) == ["new/out/first.parquet", "new/out/page.html"]
    assert pq.read_table(folder / "first.parquet") == MORE


def test_somebody_elses_folder_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all of it")
    with pytest.raises(UserError, match="something else than a test; name a new or empty folder"):
        write_tables(tmp_path, {"first.parquet": ROWS}, KIND)
    with pytest.raises(UserError, match="something else than a test"):
        check_target(tmp_path / "thesis.txt", KIND)
    assert everything_in(tmp_path) == ["thesis.txt"]


def test_what_fails_while_writing_leaves_what_was_there(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        raise RuntimeError("no space")

    folder = tmp_path / "out"
    write_tables(folder, {"first.parquet": ROWS}, KIND)
    with pytest.raises(RuntimeError, match="no space"):
        write_tables(folder, {"first.parquet": MORE}, KIND, {"page.html": fail})
    assert pq.read_table(folder / "first.parquet") == ROWS
    # What was left half done is in nobody's way.
    write_tables(folder, {"first.parquet": MORE}, KIND)
    assert everything_in(tmp_path) == ["out/first.parquet"]


def test_the_same_rows_are_the_same_bytes_however_they_are_cut(tmp_path: Path) -> None:
    cut = pa.concat_tables([ROWS.slice(0, 1), ROWS.slice(1)])
    assert cut["n"].num_chunks == 2
    for name, table in (("one", ROWS), ("two", cut)):
        write_tables(tmp_path / name, {"first.parquet": table}, KIND)
    assert (tmp_path / "one/first.parquet").read_bytes() == (tmp_path / "two/first.parquet").read_bytes()


def test_tables_are_added_beside_those_that_are_there(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    add_tables(folder, {"invoice/dt=2026-11-01/0.parquet": ROWS, "line_item/dt=2026-11-01/0.parquet": ROWS})
    add_tables(folder, {"invoice/dt=2026-11-02/0.parquet": MORE, "line_item/dt=2026-11-01/0.parquet": MORE})
    assert everything_in(tmp_path) == [
        "out/invoice/dt=2026-11-01/0.parquet",
        "out/invoice/dt=2026-11-02/0.parquet",
        "out/line_item/dt=2026-11-01/0.parquet",
    ]
    assert pq.read_table(folder / "line_item/dt=2026-11-01/0.parquet", partitioning=None) == MORE
