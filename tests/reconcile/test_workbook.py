"""The workbook of a reconciliation, read back from its XML: exact numbers, cut tables, the same bytes each time."""

from __future__ import annotations

import dataclasses
import re
import time
import zipfile
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pytest

from engine.reports.reconcile import workbook
from engine.reports.reconcile.sheet_names import NAME_CHARACTERS, sheet_names
from engine.reports.reconcile.workbook import kept_exactly, write_workbook
from tests.reconcile.made_up import CONTROL_CHARACTER, FORMULA, HOSTILE, NARROW, RIGHT_TO_LEFT, WIDE, control, model

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_ESCAPE = re.compile(r"_x([0-9A-F]{4})_")

#: A cell: how it is stored ("n" a number, "s" text) and what it says.
Cells = dict[str, tuple[str, str]]


def read_sheets(path: Path) -> dict[str, Cells]:
    """Every cell of every sheet, without a library that might interpret it."""
    with zipfile.ZipFile(path) as archive:
        sheets = ElementTree.fromstring(archive.read("xl/workbook.xml")).iter(f"{_MAIN}sheet")
        names = [sheet.attrib["name"] for sheet in sheets]
        return {
            name: _cells(ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{number}.xml")))
            for number, name in enumerate(names, 1)
        }


def _cells(sheet: ElementTree.Element) -> Cells:
    cells: Cells = {}
    for cell in sheet.iter(f"{_MAIN}c"):
        assert cell.find(f"{_MAIN}f") is None, "no cell is a formula"
        if cell.attrib.get("t") == "inlineStr":
            text = "".join(part.text or "" for part in cell.iter(f"{_MAIN}t"))
            cells[cell.attrib["r"]] = ("s", _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text))
        else:
            cells[cell.attrib["r"]] = ("n", cell.findtext(f"{_MAIN}v") or "")
    return cells


def test_every_table_has_a_sheet(tmp_path: Path) -> None:
    write_workbook(model(), tmp_path / "book.xlsx")
    sheets = read_sheets(tmp_path / "book.xlsx")
    assert list(sheets) == ["summary", "controls", "unknown_customers", "changed_invoices", "unrated"]
    assert sheets["summary"]["B5"] == ("s", "FAIL")
    assert sheets["summary"]["B11"] == ("n", "45")
    assert "more than 15 digits are text" in sheets["summary"]["B7"][1]
    assert sheets["unrated"] == {"A1": ("s", "customer_id")}


def test_numbers_are_numbers_when_a_cell_keeps_every_digit_and_text_otherwise(tmp_path: Path) -> None:
    write_workbook(model(), tmp_path / "book.xlsx")
    cells = read_sheets(tmp_path / "book.xlsx")["unknown_customers"]
    assert cells["E2"] == ("n", str(NARROW))
    assert cells["E3"] == ("s", str(WIDE))
    assert cells["D4"] == ("n", "2000")
    changed = read_sheets(tmp_path / "book.xlsx")["changed_invoices"]
    assert (changed["A2"], changed["B2"]) == (("s", "0012"), ("n", "-5.1"))


def test_numbers_of_controls_are_numbers_too(tmp_path: Path) -> None:
    rows = [control("C01", "PASS", left="10.50", right="12345678901234567890", diff="-0.0000001", scope="007")]
    write_workbook(model(rows), tmp_path / "book.xlsx")
    cells = read_sheets(tmp_path / "book.xlsx")["controls"]
    assert (cells["E2"], cells["G2"]) == (("n", "10.5"), ("s", "12345678901234567890"))
    assert cells["C2"] == ("s", "007")
    assert (cells["H2"][0], Decimal(cells["H2"][1])) == ("n", Decimal("-0.0000001"))


def test_text_stays_text(tmp_path: Path) -> None:
    write_workbook(model(), tmp_path / "book.xlsx")
    cells = read_sheets(tmp_path / "book.xlsx")["unknown_customers"]
    assert [cells[f"A{row}"] for row in range(2, 6)] == [
        ("s", HOSTILE),
        ("s", RIGHT_TO_LEFT),
        ("s", FORMULA),
        ("s", CONTROL_CHARACTER),
    ]
    assert cells["B2"] == ("s", "2026-10-01T12:00:01.000500Z")


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    write_workbook(model(), tmp_path / "one.xlsx")
    time.sleep(2.1)  # longer than the resolution of the times in an archive
    write_workbook(model(), tmp_path / "two.xlsx")
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_a_table_longer_than_a_sheet_is_cut_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 46)
    write_workbook(model(), tmp_path / "whole.xlsx")
    whole = read_sheets(tmp_path / "whole.xlsx")["unknown_customers"]
    assert (whole["A1"][1], "A46" in whole) == ("customer_id", True)
    monkeypatch.setattr(workbook, "SHEET_ROWS", 45)
    write_workbook(model(), tmp_path / "cut.xlsx")
    cut = read_sheets(tmp_path / "cut.xlsx")["unknown_customers"]
    assert cut["A1"][1] == "CUT: 2 more rows do not fit; all are in unknown_customers.parquet"
    assert (cut["A2"][1], "A45" in cut, "A46" in cut) == ("customer_id", True, False)


def test_text_longer_than_a_cell_is_cut_and_says_so(tmp_path: Path) -> None:
    long = dataclasses.replace(model(), details={"long": pa.table({"line": ["y" * 40_000, "z" * 32_767]})})
    write_workbook(long, tmp_path / "book.xlsx")
    cells = read_sheets(tmp_path / "book.xlsx")["long"]
    assert len(cells["A2"][1]) == 32_767
    assert cells["A2"][1].endswith("(cut: 40,000 characters; whole in the Parquet file)")
    assert cells["A3"][1] == "z" * 32_767


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        ("999999999999999", True),
        ("1000000000000000", False),
        ("0.000000000000123456789012345", True),
        ("0.1234567890123456", False),
        ("123.000000000000000000000000", True),
        ("0E-26", True),
        ("1E-31", False),
    ],
)
def test_what_a_cell_keeps_is_what_a_double_gives_back(number: str, kept: bool) -> None:
    assert kept_exactly(Decimal(number)) is kept
    if kept:
        assert Decimal(repr(float(number))) == Decimal(number)


def test_names_of_sheets_are_what_a_spreadsheet_takes() -> None:
    names = ["a" * 40, "a" * 41, "b/c", "B_C", "'quoted'", "History", "[x]:*?\\"]
    given = sheet_names(names)
    assert list(given) == names
    assert all(0 < len(name) <= NAME_CHARACTERS for name in given.values())
    assert len({name.casefold() for name in given.values()}) == len(names)
    assert not any(set("[]:*?/\\") & set(name) or name.startswith("'") for name in given.values())
    assert given["b/c"] == "b_c"
