"""Strict mode: refuse what Metronome does not document, so that a metric stays portable (`spec/metering.md` §7.1)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.tokenizer_core import TokenType

from engine.errors import Problem
from engine.metrics.guard import Places

#: What the documented surface consists of. Some of these are refused in some uses: see `_restricted`.
_DOCUMENTED: frozenset[type[exp.Expr]] = frozenset((
    exp.Select, exp.Subquery, exp.TableAlias, exp.From, exp.Table, exp.Where, exp.Group, exp.Distinct, exp.Alias,
    exp.Identifier, exp.Column, exp.Dot, exp.Star, exp.Literal, exp.Null, exp.Paren, exp.Var, exp.DataType,
    exp.DataTypeParam, exp.Cast, exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Is,
    exp.In, exp.Case, exp.If, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Least, exp.Greatest, exp.Round, exp.Ceil,
    exp.Floor, exp.TimestampTrunc, exp.Count, exp.Sum, exp.Min, exp.Max, exp.Avg,
))  # fmt: skip
_NAMED = frozenset({"LATEST", "EARLIEST"})
_TRUNCATIONS = frozenset({"hour", "day"})

#: Clauses of a query: its argument, what to call it, what to write instead.
_CLAUSES = (
    ("with_", "WITH", "write the sub-query in FROM"),
    ("distinct", "SELECT DISTINCT", "write GROUP BY"),
    ("having", "HAVING", "filter in an outer SELECT … WHERE"),
    ("qualify", "QUALIFY", ""),
    ("order", "ORDER BY", ""),
    ("limit", "LIMIT", ""),
    ("offset", "OFFSET", ""),
)
#: The parts that clauses consist of, already reported with their clause.
_OF_CLAUSES = (exp.Having, exp.Qualify, exp.Order, exp.Ordered, exp.Limit, exp.Offset, exp.With, exp.CTE)

_CASE = "write CASE WHEN … THEN … END"
_SUM_OF_CASE = "write SUM(CASE WHEN … THEN 1 ELSE 0 END)"
_TRUNCATE = "write DATE_TRUNC('hour', timestamp) or DATE_TRUNC('day', timestamp)"
#: Other nodes: what to call them, or nothing for a function that is called as it is spelt; what to write instead.
_UNDOCUMENTED: dict[type[exp.Expr], tuple[str, str]] = {
    exp.Window: ("a window function (OVER)", ""),
    exp.Join: ("a join", ""),
    exp.Union: ("UNION", ""),
    exp.Except: ("EXCEPT", ""),
    exp.Intersect: ("INTERSECT", ""),
    exp.Exists: ("EXISTS", ""),
    exp.Filter: ("FILTER (WHERE …)", "write CASE WHEN … inside the aggregate"),
    exp.WithinGroup: ("WITHIN GROUP", ""),
    exp.Interval: ("date arithmetic (INTERVAL)", ""),
    exp.Between: ("BETWEEN", "write x >= … AND x <= …"),
    exp.Like: ("LIKE", "write IN (…) with the whole values"),
    exp.ILike: ("ILIKE", "write IN (…) with the whole values"),
    exp.Mod: ("%", "write a - b * FLOOR(a / b)"),
    exp.DPipe: ("||", ""),
    exp.NullSafeEQ: ("IS NOT DISTINCT FROM", "write a = b OR a IS NULL AND b IS NULL"),
    exp.NullSafeNEQ: ("IS DISTINCT FROM", "write NOT (…) with = and IS NULL"),
    exp.Boolean: ("TRUE or FALSE as a value", "write a comparison"),
    exp.Bracket: ("properties['…']", "write properties.name"),
    exp.TryCast: ("TRY_CAST", "write CAST"),
    exp.Coalesce: ("", "write CASE WHEN x IS NULL THEN … ELSE x END"),
    exp.If: ("", _CASE),
    exp.Nullif: ("", "write CASE WHEN a = b THEN NULL ELSE a END"),
    exp.Abs: ("", "write GREATEST(x, -x)"),
    exp.Sign: ("", _CASE),
    exp.CountIf: ("", _SUM_OF_CASE),
    exp.ArgMax: ("", "write LATEST(x) where the order is by timestamp"),
    exp.ArgMin: ("", "write EARLIEST(x) where the order is by timestamp"),
    exp.Date: ("", "write DATE_TRUNC('day', timestamp)"),
    exp.DateTrunc: ("DATE_TRUNC of anything but timestamp", _TRUNCATE),
}


def strict_problems(tree: exp.Query, places: Places) -> Iterator[Problem]:
    """Each part of a parsed metric that goes beyond the documented surface, with what is documented instead."""
    for token in places.tokens:
        if token.token_type is TokenType.DCOLON:
            yield places.text.problem(token.start, *_words("x::type", "write CAST(x AS type)"))
    # What stands inside an undocumented part goes with it.
    for node in tree.walk(prune=lambda node: not _documented(node) and not isinstance(node, (exp.Query, *_OF_CLAUSES))):
        if not _documented(node) and not isinstance(node, _OF_CLAUSES):
            name, instead = _UNDOCUMENTED.get(type(node), ("", ""))
            yield places.problem(node, *_words(name or places.shown(node), instead))
        if isinstance(node, exp.Query):
            for clause, name, instead in _CLAUSES:
                if node.args.get(clause) and not (clause == "distinct" and not isinstance(node, exp.Select)):
                    place = node if clause == "distinct" else node.args[clause]
                    yield places.problem(place, *_words(name, instead))
        for place, name, instead in _restricted(node):
            yield places.problem(place, *_words(name, instead))


def _documented(node: exp.Expr) -> bool:
    if isinstance(node, exp.Anonymous):
        return str(node.this).upper() in _NAMED
    if isinstance(node, exp.If):
        return isinstance(node.parent, exp.Case)
    if isinstance(node, exp.Boolean):
        return isinstance(node.parent, exp.Is)
    return type(node) in _DOCUMENTED


def _words(name: str, instead: str) -> tuple[str, str]:
    return f"{name} is not portable", f"Metronome does not document it; {instead or 'leave strict mode to use it'}"


def _restricted(node: exp.Expr) -> Iterator[tuple[exp.Expr, str, str]]:
    """Undocumented uses of documented parts."""
    if isinstance(node, exp.In) and node.args.get("query"):
        yield node, "IN (SELECT …)", ""
    elif isinstance(node, exp.Subquery) and not isinstance(node.parent, (exp.From, exp.In, exp.SetOperation)):
        yield node, "a sub-query outside FROM", ""
    elif isinstance(node, exp.Case) and node.this is not None:
        yield node, "CASE x WHEN …", "write CASE WHEN x = …"
    elif isinstance(node, exp.Is) and not isinstance(node.expression, exp.Null):
        yield node, "IS TRUE or IS FALSE", "write a comparison"
    elif isinstance(node, exp.Distinct) and isinstance(node.parent, exp.AggFunc):
        if not isinstance(node.parent, exp.Count):
            yield node.parent, "DISTINCT in any aggregate but COUNT", "write GROUP BY in a sub-query"
    elif isinstance(node, exp.Group):
        if node.args.get("all"):
            yield node, "GROUP BY ALL", "name the columns"
        yield from (
            (each, f"GROUP BY {each.name}", "name the column")
            for each in node.expressions
            if isinstance(each, exp.Literal) and not each.is_string
        )
    elif isinstance(node, exp.TimestampTrunc):
        if node.args["unit"].name.lower() not in _TRUNCATIONS:
            yield node, "DATE_TRUNC by other than hour or day", _TRUNCATE
        elif not (isinstance(node.this, exp.Column) and node.this.name.lower() == "timestamp"):
            yield node, "DATE_TRUNC of anything but timestamp", _TRUNCATE
