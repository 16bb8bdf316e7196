"""The reconciliation as a workbook, for those who go on working with it in a spreadsheet.

A cell of a spreadsheet is a double and shows 15 digits, so only numbers of at most 15 digits are numbers here; a
number with more is text, digit by digit, and the first sheet says so. The Parquet files stay the record. The same
model gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from engine.reports.reconcile.model import ReconciliationModel
from engine.reports.reconcile.number_text import grouped
from engine.reports.reconcile.sheet_names import sheet_names
from engine.result import shown
from engine.values.numbers import PLAIN_NUMBER
from engine.values.period import parse_period

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

#: How many rows a sheet has, how many characters a cell takes, and how many digits a number keeps.
SHEET_ROWS = 1_048_576
CELL_CHARACTERS = 32_767
CELL_DIGITS = 15

#: The most decimal places that a format of a spreadsheet can show.
FORMAT_PLACES = 30

#: What the first sheet says about numbers.
NOTE = (
    "Numbers of more than 15 digits are text, digit by digit: a cell cannot hold them as a number. "
    "The Parquet files beside this workbook hold everything exactly; they are the record."
)

#: The columns of `controls` whose text is a number.
CONTROL_NUMBERS = frozenset({"left", "right", "diff", "tolerance"})

#: The first day that a spreadsheet counts right: its calendar has a 29 February 1900.
_FIRST_DAY = date(1900, 3, 1)

_STATUS_COLOURS = {"PASS": "#E8F3EC", "WARN": "#FDF3DC", "FAIL": "#F4C7C3", "SKIPPED": "#EEF0F2"}


def write_workbook(model: ReconciliationModel, path: Path) -> None:
    """Writes the workbook: what it is, the controls, and a sheet for each exception class.

    Raises ImportError when the extra `reports` is not installed.
    """
    from xlsxwriter import Workbook

    tables = {"controls": model.controls, **model.details}
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(str(path), options) as book:
        book.set_properties({"created": parse_period(model.period).starting_at, "title": _title(model)})
        formats = Formats(book)
        names = sheet_names(("summary", *tables))
        _write_summary(book.add_worksheet(names["summary"]), model, tables, names, formats)
        for name, table in tables.items():
            numbers = CONTROL_NUMBERS if name == "controls" else frozenset()
            _write_table(book.add_worksheet(names[name]), name, table, numbers, formats)


class Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._numbers: dict[int, Format] = {}
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.note = book.add_format({"text_wrap": True, "valign": "top"})
        self.loud = book.add_format({"bold": True, "font_color": "#A11D1D"})
        self.head = book.add_format({"bold": True, "bottom": 1, "valign": "top"})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.digits = book.add_format({"align": "right", "num_format": "@"})
        self.statuses = {
            status: book.add_format({"bg_color": colour, "bold": True}) for status, colour in _STATUS_COLOURS.items()
        }

    def number(self, places: int) -> Format:
        """Thousands separated, and exactly so many decimal places that none is rounded away on the screen."""
        if places not in self._numbers:
            shape = f"#,##0.{'0' * places}" if places else "#,##0"
            self._numbers[places] = self._book.add_format({"num_format": shape})
        return self._numbers[places]


def kept_exactly(number: Decimal) -> bool:
    """Whether a spreadsheet keeps and shows every digit of a number.

    >>> kept_exactly(Decimal("123456789012.345")), kept_exactly(Decimal("1234567890123.456"))
    (True, False)
    """
    whole, _, fraction = shown(number.copy_abs()).partition(".")
    digits = f"{whole}{fraction}".strip("0")
    return len(digits) <= CELL_DIGITS >= len(whole) and len(fraction) <= FORMAT_PLACES


def _title(model: ReconciliationModel) -> str:
    return f"Reconciliation {model.period}"


def _write_summary(
    sheet: Worksheet,
    model: ReconciliationModel,
    tables: Mapping[str, pa.Table],
    names: Mapping[str, str],
    formats: Formats,
) -> None:
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 2, 60)
    statuses = model.controls["status"].to_pylist()
    verdict = "FAIL" if "FAIL" in statuses or not set(statuses) - {"SKIPPED"} else "PASS"
    sheet.write_string(0, 0, _title(model), formats.title)
    for row, (name, said) in enumerate((("Workspace", model.workspace), ("Run", model.run_id)), start=2):
        sheet.write_string(row, 0, name, formats.head)
        _write_text(sheet, row, 1, said)
    sheet.write_string(4, 0, "Verdict", formats.head)
    sheet.write_string(4, 1, verdict, formats.statuses[verdict])
    sheet.write_string(6, 0, "Exact numbers", formats.head)
    sheet.write_string(6, 1, NOTE, formats.note)
    for column, heading in enumerate(("Sheet", "Rows", "All rows in")):
        sheet.write_string(8, column, heading, formats.head)
    for row, (name, table) in enumerate(tables.items(), start=9):
        sheet.write_url(row, 0, f"internal:'{names[name]}'!A1", string=names[name])
        sheet.write_number(row, 1, table.num_rows, formats.number(0))
        sheet.write_string(row, 2, f"{name}.parquet")


def _write_table(sheet: Worksheet, name: str, table: pa.Table, numbers: frozenset[str], formats: Formats) -> None:
    """A header, then the rows; a table too long for a sheet is cut, and the first row says so."""
    top = 0
    kept = table.num_rows
    if table.num_rows > SHEET_ROWS - 1:
        top, kept = 1, SHEET_ROWS - 2
        left_out = grouped(str(table.num_rows - kept))
        sheet.write_string(0, 0, f"CUT: {left_out} more rows do not fit; all are in {name}.parquet", formats.loud)
    for column, heading in enumerate(table.column_names):
        sheet.set_column(column, column, min(60, max(12, len(heading) + 4)))
        sheet.write_string(top, column, heading, formats.head)
    sheet.freeze_panes(top + 1, 0)
    if kept and table.num_columns:
        sheet.autofilter(top, 0, top + kept, table.num_columns - 1)
    for at, row in enumerate(_rows(table.slice(0, kept)), start=top + 1):
        for column, (heading, value) in enumerate(row.items()):
            if heading in numbers and isinstance(value, str) and PLAIN_NUMBER.fullmatch(value):
                value = Decimal(value)
            _write_value(sheet, at, column, value, formats)


def _rows(table: pa.Table) -> Iterator[dict[str, object]]:
    for batch in table.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()


def _write_value(sheet: Worksheet, row: int, column: int, value: object, formats: Formats) -> None:
    if value is None:
        return
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        _write_number(sheet, row, column, Decimal(value), formats)
    elif isinstance(value, date) and not isinstance(value, datetime) and value >= _FIRST_DAY:
        sheet.write_datetime(row, column, value, formats.day)
    elif isinstance(value, list | dict):
        _write_text(sheet, row, column, json.dumps(value, ensure_ascii=False, default=shown))
    else:
        text = shown(value)
        _write_text(sheet, row, column, text, formats.statuses.get(text))


def _write_number(sheet: Worksheet, row: int, column: int, number: Decimal, formats: Formats) -> None:
    text = shown(number)
    if not kept_exactly(number):
        sheet.write_string(row, column, text, formats.digits)
        return
    sheet.write_number(row, column, Decimal(text), formats.number(len(text.partition(".")[2])))


def _write_text(sheet: Worksheet, row: int, column: int, text: str, style: Format | None = None) -> None:
    """Text as it is; what no cell takes is cut, and its last words say so."""
    if len(text) > CELL_CHARACTERS:
        remark = f"… (cut: {grouped(str(len(text)))} characters; whole in the Parquet file)"
        text = text[: CELL_CHARACTERS - len(remark)] + remark
    sheet.write_string(row, column, text, style)
