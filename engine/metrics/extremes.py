"""LEAST and GREATEST of several values: NULL as soon as one of them is NULL.

A property that is absent or no number contributes nothing (`spec/metering.md` §17.7), so the other arguments must not
stand in for it. DuckDB's own functions pass over NULL; here they run only where every argument is there. A metric
that wants another value in its place says so with COALESCE.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from engine.metrics.digits import Lowered, common_profile, united
from engine.metrics.lowering import SelectLowering

#: Operations that give NULL exactly where what they take is NULL.
_OF_ONE = (exp.Paren, exp.Neg, exp.Abs, exp.Sign, exp.Ceil, exp.Floor, exp.Round)
_OF_TWO = (exp.Add, exp.Sub, exp.Mul)
_WRITTEN = (exp.Literal, exp.Boolean, exp.Interval)


def lower_extreme(of: SelectLowering, node: exp.Least | exp.Greatest) -> Lowered:
    """The function as it is where no argument can be NULL, else in a CASE that asks for all of them first."""
    values = [of.expression(each) for each in (node.this, *node.expressions)]
    results, digits = united(of.form, values)
    found: exp.Expr = type(node)(this=results[0], expressions=results[1:], ignore_nulls=True)
    tests = list(dict.fromkeys(test for result in results for test in _present(result)))
    if tests:
        found = exp.Case(ifs=[exp.If(this=exp.and_(*tests, copy=False), true=found)])
    return Lowered(found, digits, common_profile(values))


def _present(node: exp.Expr) -> Iterator[exp.Expr]:
    """Conditions that hold together exactly where a lowered expression is not NULL; none where it never is."""
    if isinstance(node, _OF_ONE) or type(node) is exp.Cast:
        yield from _present(node.this)
    elif isinstance(node, _OF_TWO):
        yield from _present(node.this)
        yield from _present(node.expression)
    elif isinstance(node, exp.Case) and _is_extreme(node):
        yield node.args["ifs"][0].this.copy()
    elif not isinstance(node, _WRITTEN) and not _has_default(node):
        yield exp.Not(this=exp.Is(this=exp.paren(node.copy(), copy=False), expression=exp.Null()))


def _is_extreme(case: exp.Case) -> bool:
    """Whether this is what `lower_extreme` made: its test says all, and LEAST in LEAST does not double each time."""
    (branch, *others) = case.args["ifs"]
    bare = isinstance(branch.args["true"], (exp.Least, exp.Greatest))
    return bare and not others and case.this is None and case.args.get("default") is None


def _has_default(node: exp.Expr) -> bool:
    """COALESCE that ends in something that is never NULL."""
    return isinstance(node, exp.Coalesce) and any(not list(_present(each)) for each in (node.this, *node.expressions))
