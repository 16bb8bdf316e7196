"""CAST: every numeric type means an exact number, and no cast rounds unless it states a scale.

To a whole number: a text must be a whole number (`1`, `1.0`, `1e3`), and 1.5 is an invalid value rather than 1 or 2;
a computed number must be rounded by name first. To DECIMAL without a scale, DOUBLE or FLOAT: exact, nothing is lost.
To DECIMAL(p, s): rounded to s places, half away from zero, as the metric says. See `spec/metering.md` §17.8.
"""

from __future__ import annotations

from sqlglot import exp

from engine.metrics import placeholders
from engine.metrics.expressions import Expressions, Handler, operand
from engine.metrics.kinds import (
    NUMERIC,
    TEMPORAL,
    TEXTUAL,
    Kind,
    KindError,
    Typed,
    as_timestamp,
    date_literal,
    timestamp_literal,
)

_WHOLE_TYPES = frozenset(
    {exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT, exp.DType.TINYINT, exp.DType.INT128}
    | {exp.DType.UINT, exp.DType.UBIGINT, exp.DType.USMALLINT, exp.DType.UTINYINT, exp.DType.UINT128}
)
_EXACT_TYPES = frozenset({exp.DType.DECIMAL, exp.DType.DOUBLE, exp.DType.FLOAT, exp.DType.BIGDECIMAL})
_TEXT_TYPES = frozenset({exp.DType.VARCHAR, exp.DType.TEXT, exp.DType.CHAR, exp.DType.NVARCHAR})
_TIMESTAMP_TYPES = frozenset({exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.TIMESTAMPTZ, exp.DType.DATETIME})


def _cast(typer: Expressions, node: exp.Cast) -> Typed:
    value, target = typer.typed(node.this), node.to
    if value.kind is Kind.BROKEN:
        return value
    if target.this in _WHOLE_TYPES:
        return _whole(value, target)
    if target.this in _EXACT_TYPES:
        return _exact(value, target)
    if target.this in _TEXT_TYPES:
        return _text(value)
    if target.this is exp.DType.DATE:
        if value.literal is not None:
            return date_literal(value.literal)
        if value.kind in TEMPORAL:
            return Typed(exp.cast(value.node, "DATE"), Kind.DATE)
    if target.this in _TIMESTAMP_TYPES:
        if value.literal is not None:
            return timestamp_literal(value.literal)
        if value.kind in TEMPORAL:
            return as_timestamp(value, "CAST")
    if target.this is exp.DType.BOOLEAN and value.kind in TEXTUAL:
        raise KindError("text has no agreed meaning as a condition", "write … = 'true'")
    if target.this in _TIMESTAMP_TYPES or target.this is exp.DType.DATE:
        raise KindError("only the event's timestamp can be read as a date", "use the column timestamp")
    raise KindError(f"CAST to {target.sql(dialect='duckdb')} is not supported", "use INT, DECIMAL, VARCHAR or DATE")


def _whole(value: Typed, target: exp.DataType) -> Typed:
    if value.kind in TEXTUAL:
        return Typed(placeholders.to_whole(value.node), Kind.WHOLE)
    if value.kind in (Kind.WHOLE, Kind.NULL):
        return Typed(value.node, Kind.WHOLE)
    if value.kind is Kind.NUMBER:
        what = "CAST to a whole number does not say which way to round"
        raise KindError(what, "write FLOOR(…), CEIL(…) or ROUND(…)")
    if value.kind is Kind.BOOLEAN:
        one, zero = exp.Literal.number(1), exp.Literal.number(0)
        test = operand(value.node)
        branches = [exp.If(this=test, true=one), exp.If(this=exp.Not(this=test.copy()), true=zero)]
        return Typed(exp.Case(ifs=branches), Kind.WHOLE)
    raise KindError(f"CAST cannot turn {value.kind.value} into a whole number", "")


def _exact(value: Typed, target: exp.DataType) -> Typed:
    if value.kind in TEXTUAL:
        value = Typed(placeholders.to_decimal(value.node), Kind.NUMBER)
    elif value.kind not in NUMERIC and value.kind is not Kind.NULL:
        raise KindError(f"CAST cannot turn {value.kind.value} into a number", "")
    sizes = [int(size.name) for size in target.expressions if size.name.isdigit()]
    # DECIMAL(p) and DECIMAL(p, s) state a scale and round to it, half away from zero; plain DECIMAL keeps all.
    if target.this is exp.DType.DECIMAL and sizes:
        scale = sizes[1] if len(sizes) > 1 else 0
        if sizes[0] > 38 or scale > sizes[0]:
            raise KindError(f"{target.sql(dialect='duckdb')} is not a type", "the widest is DECIMAL(38, s)")
        rounded = exp.Round(this=value.node, decimals=exp.Literal.number(scale))
        return Typed(rounded, Kind.WHOLE if scale == 0 else Kind.NUMBER)
    return Typed(value.node, Kind.NUMBER if value.kind is not Kind.WHOLE else Kind.WHOLE)


def _text(value: Typed) -> Typed:
    if value.kind in TEXTUAL or value.kind is Kind.NULL:
        return Typed(value.node, Kind.TEXT)
    return Typed(text_of(value), Kind.TEXT)


def text_of(value: Typed) -> exp.Expr:
    """Any value as text, the same text for the same value whatever its physical type."""
    if value.kind in NUMERIC:
        return placeholders.plain_number(value.node)
    if value.kind in TEXTUAL:
        return value.node
    if value.kind in (Kind.DATE, Kind.TIMESTAMP, Kind.BOOLEAN, Kind.NULL):
        return exp.cast(value.node, "VARCHAR")
    raise KindError(f"{value.kind.value} has no text", "use DATE_DIFF or EXTRACT")


HANDLERS: dict[type[exp.Expr], Handler] = dict.fromkeys((exp.Cast, exp.TryCast), _cast)
