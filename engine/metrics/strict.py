"""Strict mode: refuse what Metronome does not document, so that a metric stays portable (`spec/metering.md` §7.1)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from engine.errors import Problem
from engine.metrics.guard import Places

_DOCUMENTED: tuple[type[exp.Expr], ...] = (
    exp.Select, exp.Subquery, exp.TableAlias, exp.From, exp.Table, exp.Where, exp.Group, exp.Distinct, exp.Alias,
    exp.Identifier, exp.Column, exp.Dot, exp.Bracket, exp.Star, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Var,
    exp.DataType, exp.DataTypeParam, exp.Cast, exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT,
    exp.LTE, exp.Is, exp.In, exp.Case, exp.If, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Least, exp.Greatest,
    exp.Round, exp.Ceil, exp.Floor, exp.TimestampTrunc, exp.Count, exp.Sum, exp.Min, exp.Max, exp.Avg,
)  # fmt: skip
_CLAUSES = {"having": "HAVING", "qualify": "QUALIFY", "order": "ORDER BY", "limit": "LIMIT", "with_": "WITH"}
_REMEDY = "Metronome does not document it; leave strict mode to use it"


def strict_problems(tree: exp.Query, places: Places) -> Iterator[Problem]:
    """Each part of a parsed metric that goes beyond the documented surface."""
    for node in tree.walk():
        named = isinstance(node, exp.Anonymous) and str(node.this).upper() in ("LATEST", "EARLIEST")
        if not named and type(node) not in _DOCUMENTED and type(node).__name__ not in _CLAUSE_NODES:
            yield places.problem(node, f"{type(node).__name__.upper()} is not portable", _REMEDY)
        for clause, name in _CLAUSES.items():
            if isinstance(node, exp.Query) and node.args.get(clause):
                yield places.problem(node.args[clause], f"{name} is not portable", _REMEDY)
        if isinstance(node, exp.Select) and node.args.get("distinct"):
            yield places.problem(node, "SELECT DISTINCT is not portable", _REMEDY)
        if isinstance(node, exp.In) and node.args.get("query"):
            yield places.problem(node, "IN (SELECT …) is not portable", _REMEDY)
        if isinstance(node, exp.Subquery) and not isinstance(node.parent, exp.From):
            yield places.problem(node, "a sub-query outside FROM is not portable", _REMEDY)
        if isinstance(node, exp.TimestampTrunc) and node.args["unit"].name.lower() not in ("hour", "day"):
            yield places.problem(node, "DATE_TRUNC by other than hour or day is not portable", _REMEDY)


#: Parts of the clauses that are reported as a whole.
_CLAUSE_NODES = frozenset({"Having", "Qualify", "Order", "Ordered", "Limit", "With", "CTE"})
