"""Exact numbers in SQL: placeholders become arithmetic once the digits of the data are known (DESIGN §6).

Every number of the lowered query is DECIMAL(38, s) with a scale s that is known here, or an integer type. A sum
cannot round; where the digits prove that it cannot overflow either, the query is `proven`. Where they do not, the
query is lowered again in the `wide` form, which has no limit and is slower. Division is so much slower there that a
query with it is `checked` instead where its numbers can be written: DuckDB raises an error instead of losing a digit,
and only then it is lowered again. The arithmetic that DuckDB lacks is in `engine/executors/macros.sql`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from engine.metrics import arithmetic, exact_calls, wide
from engine.metrics.digits import DecimalForm, TooManyDigits
from engine.metrics.divisors import divides
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

PROVEN, WIDE, CHECKED = "proven", "wide", "checked"


@dataclass(frozen=True, slots=True)
class LoweredQuery:
    """A query without placeholders.

    `scale` is the most decimal places of its number columns. `exact_path` is `proven` when the digits of the data
    rule out an overflow, `checked` when DuckDB would raise on one (see `overflow.needs_more_digits`), and `wide`
    when numbers are BIGNUM inside and there is no limit: then the number columns come out as VARCHAR, plain decimal
    text without needless zeros.
    """

    select: exp.Query
    scale: int
    exact_path: str


def lower_numbers(
    query: exp.Query, profiles: Mapping[str, NumberProfile], rows: int, *, prefer_wide: bool = False
) -> LoweredQuery:
    """Replace the placeholders of a metric's query, given what landing knows about its properties.

    `profiles` is keyed by property name, and a name that is missing has no values; `rows` bounds the number of
    events any one window can hold. `prefer_wide` takes the wide path even where the fast one is expected to do: for
    a query that turned out to need more digits while it ran.
    """
    row_digits = len(str(max(rows, 1)))
    fast = None if prefer_wide else _fast(query, profiles, row_digits)
    return fast or _wide(query, profiles, row_digits)


def _fast(query: exp.Query, profiles: Mapping[str, NumberProfile], row_digits: int) -> LoweredQuery | None:
    """The query in DECIMAL; None where its numbers fit none, or might not and it would be no slower without limit."""
    lowering = Lowering(DecimalForm(), profiles, row_digits, arithmetic.HANDLERS, exact_calls.CALLS)
    tree = query.copy()
    try:
        columns, _ = lowering.query(tree, {}, {})
    except TooManyDigits:
        return None
    if not lowering.proven and not divides(tree):
        return None
    scales = [column.digits.scale for column in columns.values() if column.digits is not None]
    return LoweredQuery(tree, max(scales, default=0), PROVEN if lowering.proven else CHECKED)


def _wide(query: exp.Query, profiles: Mapping[str, NumberProfile], row_digits: int) -> LoweredQuery:
    lowering = Lowering(wide.WideForm(), profiles, row_digits, wide.HANDLERS, wide.CALLS)
    tree = query.copy()
    columns, _ = lowering.query(tree, {}, {})
    scales = [column.digits.scale for column in columns.values() if column.digits is not None]
    return LoweredQuery(wide.with_text_values(tree, columns), max(scales, default=0), WIDE)
