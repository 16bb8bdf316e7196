"""The placeholders a compiled metric holds for exact arithmetic until the digits of its data are known."""

from __future__ import annotations

from sqlglot import exp

TO_DECIMAL = "TO_DECIMAL"
TO_WHOLE = "TO_WHOLE"
EXACT_DIVIDE = "EXACT_DIVIDE"
PLAIN_TEXT = "PLAIN_TEXT"
PERCENTILE_CONT = "EXACT_PERCENTILE_CONT"
PERCENTILE_DISC = "EXACT_PERCENTILE_DISC"


def to_decimal(text: exp.Expr) -> exp.Anonymous:
    """The exact number in a text; NULL when it is none."""
    return exp.Anonymous(this=TO_DECIMAL, expressions=[text])


def to_whole(text: exp.Expr) -> exp.Anonymous:
    """The whole number in a text; NULL when it is none, 1.5 included."""
    return exp.Anonymous(this=TO_WHOLE, expressions=[text])


def exact_divide(numerator: exp.Expr, denominator: exp.Expr) -> exp.Anonymous:
    """The quotient at 12 decimal places, half away from zero; an error when the divisor is 0."""
    return exp.Anonymous(this=EXACT_DIVIDE, expressions=[numerator, denominator])


def plain_number(number: exp.Expr) -> exp.Anonymous:
    """A number as text without needless zeros, the same whatever its scale."""
    return exp.Anonymous(this=PLAIN_TEXT, expressions=[number])
