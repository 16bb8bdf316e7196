"""One section for each class of exceptions: how many there are, the first of them, and where all of them are."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.types as pat

from engine.reports.reconcile.markup import Markup, element, isolated, joined
from engine.reports.reconcile.number_text import grouped, value_text

#: How many rows of a table the page shows.
MOST_ROWS = 20

#: How much of a long text a cell shows.
MOST_CHARACTERS = 300

#: From how many characters on a text gets a wider cell.
LONG_TEXT = 60


def exception_tables(details: Mapping[str, pa.Table]) -> Markup:
    """The sections in the order of `details`; classes without a row are named in one sentence."""
    found = [_exceptions(name, table) for name, table in details.items() if table.num_rows]
    clear = [name for name, table in details.items() if not table.num_rows]
    parts = [element("h2", "Exceptions"), *found]
    if clear:
        names = ", ".join(_heading(name) for name in clear)
        parts.append(element("p", f"Without a row: {names}.", class_="soft clear"))
    if not details:
        parts.append(element("p", "There is no class of exceptions to list.", class_="soft"))
    return element("section", *parts)


def _exceptions(name: str, table: pa.Table) -> Markup:
    count = f"{grouped(str(table.num_rows))} row{'' if table.num_rows == 1 else 's'}"
    some = f", the first {MOST_ROWS} shown" if table.num_rows > MOST_ROWS else ""
    file = element("span", f"{name}.parquet", class_="file")
    said = element("p", joined((f"{count}{some}; all of them in ", file, ".")), class_="soft")
    heading = element("h3", _heading(name))
    return element("section", heading, said, element("div", _rows(table), class_="wide"), id=name)


def _heading(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _rows(table: pa.Table) -> Markup:
    classes = [_class_of(field.name, field.type) for field in table.schema]
    names = zip(table.column_names, classes, strict=True)
    head = [element("th", name.replace("_", " "), scope="col", class_=style) for name, style in names]
    body = [
        element("tr", *(_cell(value, style) for value, style in zip(row.values(), classes, strict=True)))
        for row in table.slice(0, MOST_ROWS).to_pylist()
    ]
    return element("table", element("thead", element("tr", *head)), element("tbody", *body), class_="rows")


def _class_of(name: str, kind: pa.DataType) -> str | None:
    if pat.is_integer(kind) or pat.is_decimal(kind):
        return "number"
    if pat.is_temporal(kind):
        return "when"
    return "id" if name.endswith("_id") else None


def _cell(value: object, style: str | None) -> Markup:
    if value is None:
        return element("td", "–", class_=f"{style or ''} none".strip())
    if isinstance(value, list | dict | tuple):
        value = json.dumps(value, ensure_ascii=False, default=value_text)
    text = value_text(value)
    if len(text) > MOST_CHARACTERS:
        text = f"{text[:MOST_CHARACTERS]}…"
    if style is None and len(text) > LONG_TEXT:
        style = "long"
    return element("td", isolated(text) if isinstance(value, str) else text, class_=style)
