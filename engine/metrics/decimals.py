"""Exact numbers in SQL: placeholders become DECIMAL arithmetic once the digits of the data are known (DESIGN §6).

Every number of the lowered query is DECIMAL(38, s) with a scale s that is known here, or an integer type. A sum
cannot round; where the digits prove that it cannot overflow either, the query is `proven`, and otherwise DuckDB
raises an error instead of losing a digit. The arithmetic that DuckDB lacks is in `engine/executors/macros.sql`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from engine.metrics import arithmetic, exact_calls
from engine.metrics.lowering import Lowering
from engine.metrics.placeholders import exact_divide, plain_number, to_decimal, to_whole
from engine.values.numbers import NumberProfile

__all__ = [
    "LoweredQuery",
    "exact_divide",
    "lower_numbers",
    "plain_number",
    "to_decimal",
    "to_whole",
]


@dataclass(frozen=True, slots=True)
class LoweredQuery:
    """A query without placeholders. `scale` is the decimal places of its number columns; `exact_path` is `proven`
    when the digits of the data rule out an overflow, and `checked` when DuckDB would raise on one."""

    select: exp.Query
    scale: int
    exact_path: str


def lower_numbers(query: exp.Query, profiles: Mapping[str, NumberProfile], rows: int) -> LoweredQuery:
    """Replace the placeholders of a metric's query, given what landing knows about its properties.

    `profiles` is keyed by property name, and a name that is missing has no values; `rows` bounds the number of
    events any one window can hold. Raises UserError when numbers need more than 38 digits.
    """
    lowering = Lowering(profiles, len(str(max(rows, 1))), arithmetic.HANDLERS, exact_calls.CALLS)
    tree = query.copy()
    columns, _ = lowering.query(tree, {}, {})
    scales = [column.digits.scale for column in columns.values() if column.digits is not None]
    return LoweredQuery(tree, max(scales, default=0), "proven" if lowering.proven else "checked")
