"""Arrow tables built column by column, and the column types that the rating inputs share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import pyarrow as pa

from engine.catalog.fields import TextMap
from engine.values.numbers import MAX_DIGITS

TEXTS = pa.list_(pa.string())
INSTANT = pa.timestamp("us")
WHOLE = pa.decimal128(MAX_DIGITS, 0)


def fields_text(fields: TextMap) -> str:
    """Custom fields as JSON text."""
    return json.dumps(dict(fields), ensure_ascii=False) if fields else "{}"


def group_pairs(values: Iterable[tuple[str, str]]) -> list[str] | None:
    """Group values as the `name=value` texts of the macro `named_values`; None when there are none."""
    return [f"{name}\x1f{value}" for name, value in values] or None


def arrow_table(**columns: tuple[pa.DataType, Sequence[object]]) -> pa.Table:
    """A table of the given columns, each with its type and its values."""
    return pa.table({name: pa.array(values, type=kind) for name, (kind, values) in columns.items()})
