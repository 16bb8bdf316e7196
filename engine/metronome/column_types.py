"""Columns of foreign Parquet files in the types that duckbill reads them with, exactly or not at all."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from engine.catalog.exact import EXACT


class UnlikeError(ValueError):
    """A column that cannot stand for the type that is asked for."""


def as_type(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    """A column in the type that is wanted; raises UnlikeError when some value of it would not be the same.

    Times with a zone become UTC, and lose what is past the microsecond; decimals of any width and whole numbers become
    decimals; so do binary fractions, by the shortest text that stands for them.
    """
    kind = column.type
    if kind == wanted:
        return column
    try:
        if pa.types.is_null(kind):
            return pa.chunked_array([pa.nulls(len(column), wanted)])
        if pa.types.is_string(wanted) and _is_text(kind):
            return column.cast(wanted)
        if pa.types.is_timestamp(wanted) and pa.types.is_timestamp(kind):
            return _as_utc(column, wanted)
        if pa.types.is_decimal(wanted) and (pa.types.is_decimal(kind) or pa.types.is_integer(kind)):
            return _as_decimal(column, wanted)
        if pa.types.is_decimal(wanted) and pa.types.is_floating(kind):
            return _from_fractions(column, wanted)
        if pa.types.is_integer(wanted) and (pa.types.is_integer(kind) or pa.types.is_decimal(kind)):
            return column.cast(wanted)
        if pa.types.is_floating(wanted) and (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
            return column.cast(wanted)
    except (pa.ArrowInvalid, ArithmeticError) as error:
        raise UnlikeError(str(error)) from error
    raise UnlikeError(f"it is {kind}, and not {wanted}")


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _as_utc(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    options = pc.CastOptions(target_type=pa.timestamp(wanted.unit, tz=column.type.tz), allow_time_truncate=True)
    micros = pc.cast(column, options=options)
    # A timestamp with a zone is kept as UTC; only what it shows as is local.
    return micros.cast(pa.timestamp(wanted.unit, tz="UTC")).cast(wanted) if column.type.tz else micros


def _as_decimal(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_integer(column.type):
        column = column.cast(pa.decimal128(20, 0))
    return column.cast(wanted)


def _from_fractions(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    place = EXACT.scaleb(Decimal(1), -wanted.scale)
    values = [None if value is None else EXACT.quantize(Decimal(repr(value)), place) for value in column.to_pylist()]
    return pa.chunked_array([pa.array(values, type=wanted)])
