"""What a question gives back: rows that a notebook shows as a table and any frame library takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from html import escape

import polars as pl
import pyarrow as pa

from engine.values.period import format_instant

#: How many rows a notebook shows.
SHOWN_ROWS = 50


class Rows:
    """An Arrow table with the conversions people ask for; numbers stay exact decimals."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table

    def arrow(self) -> pa.Table:
        """The rows as a pyarrow Table."""
        return self._table

    def pl(self) -> pl.DataFrame:
        """The rows as a Polars frame."""
        frame = pl.from_arrow(self._table)
        assert isinstance(frame, pl.DataFrame)
        return frame

    def dicts(self) -> list[dict[str, object]]:
        """The rows as dicts of Python values."""
        return list(self._table.to_pylist())

    def select(self, *columns: str) -> Rows:
        """The same rows with these columns only, in this order."""
        return Rows(self._table.select(list(columns)))

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self._table.column_names)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __iter__(self) -> Iterator[dict[str, object]]:
        return iter(self.dicts())

    def __repr__(self) -> str:
        return repr(self.pl())

    def _repr_html_(self) -> str:
        header = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(shown(value))}</td>" for value in row.values()) + "</tr>"
            for row in self._table.slice(0, SHOWN_ROWS).to_pylist()
        )
        more = f"<p>{len(self) - SHOWN_ROWS} more rows</p>" if len(self) > SHOWN_ROWS else ""
        return f"<table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>{more}"


def shown(value: object) -> str:
    """A value as people read it: no needless zeros, instants as RFC 3339, lists as JSON, NULL as nothing."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        plain = format(value, "f")
        return (plain.rstrip("0").rstrip(".") if "." in plain else plain) or "0"
    if isinstance(value, datetime):
        return format_instant(value)
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
