"""Arrow tables built column by column, and the column types that the rating inputs share."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from engine.values.numbers import MAX_DIGITS

TEXTS = pa.list_(pa.string())
INSTANT = pa.timestamp("us")
WHOLE = pa.decimal128(MAX_DIGITS, 0)


def arrow_table(**columns: tuple[pa.DataType, Sequence[object]]) -> pa.Table:
    """A table of the given columns, each with its type and its values."""
    return pa.table({name: pa.array(values, type=kind) for name, (kind, values) in columns.items()})
