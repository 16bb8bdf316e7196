"""Divisors: which of them cannot be 0, what divides, and where a division must not raise an error of its own."""

from __future__ import annotations

from decimal import Decimal

from sqlglot import exp

#: The macros that divide by what may be 0, and those that leave it to the database to say so.
_UNCHECKED = {
    "WHOLE_QUOTIENT": "SAFE_QUOTIENT",
    "WHOLE_REMAINDER": "SAFE_REMAINDER",
    "WIDE_QUOTIENT": "WIDE_SAFE_QUOTIENT",
    "WIDE_REMAINDER": "WIDE_SAFE_REMAINDER",
}
_DIVISIONS = frozenset({*_UNCHECKED, *_UNCHECKED.values()})


def never_zero(divisor: exp.Expr) -> bool:
    """Whether a divisor cannot be 0 by its form: a number written out, NULLIF(…, 0), the count of an average."""
    divisor = divisor.unnest()
    if isinstance(divisor, exp.Neg):
        return never_zero(divisor.this)
    if isinstance(divisor, exp.Literal):
        return not _is_zero(divisor)
    if not isinstance(divisor, exp.Case) or len(divisor.args["ifs"]) != 1:
        return False
    branch, default = divisor.args["ifs"][0], divisor.args.get("default")
    test, value = branch.this.unnest(), branch.args["true"].unnest()
    if not isinstance(test, (exp.GT, exp.EQ)) or not _is_zero(test.expression):
        return False
    tested = test.this.unnest()
    if isinstance(test, exp.GT):
        return default is None and bool(value == tested)
    return isinstance(value, exp.Null) and default is not None and bool(default.unnest() == tested)


def _is_zero(node: exp.Expr) -> bool:
    node = node.unnest()
    return isinstance(node, exp.Literal) and not node.is_string and Decimal(node.name) == 0


def divides(lowered: exp.Expr) -> bool:
    """Whether a lowered expression or query calls one of the macros that divide."""
    return any(str(call.this).upper() in _DIVISIONS for call in lowered.find_all(exp.Anonymous))


def without_own_errors(lowered: exp.Expr) -> exp.Expr:
    """A lowered expression for OVER (PARTITION BY … ORDER BY …), which takes no call of error: division by 0 is left to
    the database there. Changed in place.
    """
    for call in lowered.find_all(exp.Anonymous):
        call.set("this", _UNCHECKED.get(str(call.this).upper(), call.this))
    return lowered
