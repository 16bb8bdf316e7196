"""By how many percent an amount differs from what it was before, to four places."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction

import pyarrow as pa

#: Decimal places of a percentage; what has more is rounded half away from zero.
PLACES = 4

_PERCENT = pa.decimal128(38, PLACES)

_EXACT = Context(prec=60)


def percent(before: Decimal, difference: Decimal) -> Decimal | None:
    """`difference` in percent of `before`; None where nothing was before.

    >>> percent(Decimal("30"), Decimal("-20")), percent(Decimal(0), Decimal(1))
    (Decimal('-66.6667'), None)
    """
    if not before:
        return None
    share = abs(Fraction(difference) / Fraction(before)) * 100 * 10**PLACES
    rounded = (share + Fraction(1, 2)).__floor__()
    signed = rounded if (difference < 0) == (before < 0) else -rounded
    return Decimal(signed).scaleb(-PLACES, _EXACT)


def with_percent(table: pa.Table) -> pa.Table:
    """The table with the column `percent`, DECIMAL(38,4), right of `difference`; `before` is what it is a share of."""
    pairs = zip(table["before"].to_pylist(), table["difference"].to_pylist(), strict=True)
    column = pa.array([percent(before, difference) for before, difference in pairs], _PERCENT)
    return table.add_column(table.column_names.index("difference") + 1, pa.field("percent", _PERCENT), column)
