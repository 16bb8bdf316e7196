"""Price seeds: a CSV file of rates of one price, one a row, whose further columns are pricing group keys.

The file's stem names the rate card unless a column `rate_card` does, and a rate is FLAT unless `rate_type` says
otherwise; `commit_rate_price` is the price of a FLAT commit rate. An empty cell is a value not given; an empty pricing
cell leaves that key out, and a row without any is the product's default rate. Rates of tiers are not for a table.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from pathlib import PurePosixPath

from engine.catalog.fields import Path
from engine.errors import CatalogError, Problem, did_you_mean
from engine.values.numbers import plain_text

#: Columns that are fields of a rate; every other column is a pricing group key.
RATE_COLUMNS = (
    "rate_card",
    "product",
    "starting_at",
    "ending_before",
    "entitled",
    "rate_type",
    "price",
    "credit_type",
    "billing_frequency",
)
#: The column of what a commit rate costs.
_COMMIT_PRICE = "commit_rate_price"
_NEEDED = ("product", "starting_at", "price")
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class RateCsv:
    """The rows as rate items; `lines` is the line on which each row starts, `columns` the header."""

    file: str
    text: str
    content: dict[str, list[object]]
    lines: tuple[int, ...]
    columns: tuple[str, ...]

    def locate(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        if len(path) < 2 or not isinstance(path[1], int):
            return 1, 1
        line = self.lines[path[1]]
        name = path[-1] if len(path) > 2 else ""
        if path[2:3] == ("commit_rate",):
            name = _COMMIT_PRICE
        if name not in self.columns:
            return line, 1
        row = self.text.split("\n")[line - 1]
        return line, _cell_start(row, self.columns.index(str(name)))


def read_rate_csv(file: str, text: str) -> RateCsv:
    """Rate items from a price seed. Raises CatalogError with every malformed header cell and row."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    problems: list[Problem] = []
    rates: list[object] = []
    lines: list[int] = []
    columns: tuple[str, ...] = ()
    line = 1
    try:
        for row in reader:
            if not columns:
                columns = tuple(row)
                problems.extend(_header_problems(file, columns))
            elif row and len(row) != len(columns):
                what = f"a row of {len(row)} cells under a header of {len(columns)}"
                problems.append(Problem(file, line, 1, what, "quote a cell that holds a comma"))
            elif row:
                rates.append(_rate(dict(zip(columns, row, strict=True)), PurePosixPath(file).stem))
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        problems.append(Problem(file, line, 1, f"not valid CSV: {error}"))
    if not columns:
        problems.append(Problem(file, 0, 0, "no header line", f"start with {','.join(_NEEDED)}"))
    if problems:
        raise CatalogError(problems)
    return RateCsv(file, text, {"rates": rates}, tuple(lines), columns)


def _header_problems(file: str, columns: tuple[str, ...]) -> list[Problem]:
    problems = []
    for position, name in enumerate(columns):
        at = sum(len(each) + 1 for each in columns[:position]) + 1
        if not name.strip() or name != name.strip():
            problems.append(Problem(file, 1, at, f"column name {name!r} is blank or has outer spaces"))
        elif name in columns[:position]:
            problems.append(Problem(file, 1, at, f"column {name!r} is given twice", "keep one of them"))
    for name in _NEEDED:
        if name not in columns:
            near = did_you_mean(name, [each for each in columns if each not in (*RATE_COLUMNS, _COMMIT_PRICE)])
            remedy = near if near.startswith("did") else f"add the column {name}"
            problems.append(Problem(file, 1, 1, f"column {name!r} is missing", remedy))
    return problems


def _rate(cells: dict[str, str], card: str) -> dict[str, object]:
    item: dict[str, object] = {"rate_card": card, "entitled": True, "rate_type": "FLAT"}
    for name in RATE_COLUMNS:
        text = cells.pop(name, "")
        if text:
            item[name] = _typed(name, text)
    commit_price = cells.pop(_COMMIT_PRICE, "")
    if commit_price:
        item["commit_rate"] = {"rate_type": "FLAT", "price": _typed("price", commit_price)}
    values = {name: text for name, text in cells.items() if text}
    if values:
        item["pricing_group_values"] = values
    return item


def _typed(name: str, text: str) -> object:
    if name == "entitled":
        return _FLAGS.get(text, text)
    if name == "price" and plain_text(text) is not None:
        return Decimal(text)
    return text


def _cell_start(row: str, position: int) -> int:
    """Column, from 1, of the cell at `position` of a CSV line."""
    quoted = False
    for at, letter in enumerate(row):
        if position == 0:
            return at + 1
        if letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            position -= 1
    return len(row) + 1
