"""Aggregates and window functions, rewritten so that their result never depends on the order of rows.

A condition of FILTER moves inside the aggregate as a CASE, because DuckDB evaluates an aggregate's argument on
the rows that FILTER excludes (`spec/reliability.md` §2.2). LATEST and EARLIEST order events by timestamp, then
arrival, then transaction id (`spec/metering.md` §17.5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlglot import exp

from engine.metrics import placeholders
from engine.metrics.expressions import Expressions, Handler
from engine.metrics.function_list import nearest_function
from engine.metrics.functions import named_date_part
from engine.metrics.kinds import NUMERIC, Kind, KindError, Typed, as_condition, as_number

_LATEST = frozenset({"LATEST", "EARLIEST"})
_PERCENTILES = frozenset({placeholders.PERCENTILE_CONT, placeholders.PERCENTILE_DISC})
_AGGREGATES = (exp.Sum, exp.Count, exp.Min, exp.Max, exp.ArgMax, exp.ArgMin, exp.LogicalAnd, exp.LogicalOr)
#: Functions people reach for to limit a metric to a period.
_CLOCKS = frozenset({"NOW", "TODAY", "GET_CURRENT_TIMESTAMP", "TRANSACTION_TIMESTAMP", "CURRENT_LOCALTIMESTAMP"})
#: Mark of a window whose rows must be ordered completely; `selects` appends the tie-breakers.
TOTAL_ORDER = "total_order"

Aggregate = Callable[[Expressions, Any, exp.Expr | None], Typed]


def is_aggregate(node: exp.Expr) -> bool:
    """Whether a node of a rewritten tree folds many rows into one; a window's own function does not."""
    found = isinstance(node, _AGGREGATES) or (isinstance(node, exp.Anonymous) and node.this in _PERCENTILES)
    return found and not isinstance(node.parent, exp.Window)


def aggregates_in(tree: exp.Expr) -> Iterator[exp.Expr]:
    """The aggregates of an expression, not those of the sub-queries inside it."""
    for node in tree.walk(prune=lambda each: isinstance(each, exp.Query)):
        if is_aggregate(node):
            yield node


def _only_if(condition: exp.Expr | None, value: exp.Expr) -> exp.Expr:
    if condition is None:
        return value
    return exp.Case(ifs=[exp.If(this=condition.copy(), true=value)])


def _argument(typer: Expressions, node: exp.Expr, where: str) -> tuple[Typed, bool]:
    """The typed argument of an aggregate and whether DISTINCT stands before it."""
    distinct = isinstance(node, exp.Distinct)
    if isinstance(node, exp.Distinct):
        if len(node.expressions) != 1:
            raise KindError(f"{where}(DISTINCT …) takes one expression", "join texts with || and a separator")
        node = node.expressions[0]
    with typer.within(aggregates=f"inside {where}", windows=f"inside {where}"):
        return typer.typed(node), distinct


def _folded(cls: type[exp.Expr], value: exp.Expr, distinct: bool, condition: exp.Expr | None) -> exp.Expr:
    inner = _only_if(condition, value)
    return cls(this=exp.Distinct(expressions=[inner]) if distinct else inner)


def _count(typer: Expressions, node: exp.Count, condition: exp.Expr | None) -> Typed:
    if node.this is None or isinstance(node.this, exp.Star):
        inner = exp.Star() if condition is None else _only_if(condition, exp.Literal.number(1))
        return Typed(exp.Count(this=inner), Kind.WHOLE)
    value, distinct = _argument(typer, node.this, "COUNT")
    return Typed(_folded(exp.Count, value.node, distinct, condition), Kind.WHOLE)


def _count_if(typer: Expressions, node: exp.CountIf, condition: exp.Expr | None) -> Typed:
    value, _ = _argument(typer, node.this, "COUNT_IF")
    test = as_condition(value, "COUNT_IF").node
    counted = _only_if(test, exp.Literal.number(1))
    return Typed(exp.Count(this=_only_if(condition, counted)), Kind.WHOLE)


def _sum(typer: Expressions, node: exp.Sum, condition: exp.Expr | None) -> Typed:
    value, distinct = _argument(typer, node.this, "SUM")
    value = as_number(value, "SUM")
    return Typed(_folded(exp.Sum, value.node, distinct, condition), value.kind)


def _extreme(typer: Expressions, node: exp.Min | exp.Max, condition: exp.Expr | None) -> Typed:
    word = type(node).__name__.upper()
    value, _ = _argument(typer, node.this, word)
    if value.kind is Kind.PROPERTY:
        value = as_number(value, word)
    if value.kind is Kind.INTERVAL:
        raise KindError(f"{word} of an interval is not supported", "use DATE_DIFF('second', a, b)")
    return Typed(_folded(type(node), value.node, False, condition), value.kind)


def _avg(typer: Expressions, node: exp.Avg, condition: exp.Expr | None) -> Typed:
    value, distinct = _argument(typer, node.this, "AVG")
    value = as_number(value, "AVG")
    total = _folded(exp.Sum, value.node, distinct, condition)
    count = _folded(exp.Count, value.node.copy(), distinct, condition)
    return Typed(placeholders.exact_divide(total, _null_if_zero(count)), Kind.NUMBER)


def _null_if_zero(count: exp.Expr) -> exp.Expr:
    test = exp.GT(this=count, expression=exp.Literal.number(0))
    return exp.Case(ifs=[exp.If(this=test, true=count.copy())])


def _logical(typer: Expressions, node: exp.Expr, condition: exp.Expr | None) -> Typed:
    value, _ = _argument(typer, node.this, "BOOL_AND or BOOL_OR")
    test = as_condition(value, "BOOL_AND or BOOL_OR")
    return Typed(_folded(type(node), test.node, False, condition), Kind.BOOLEAN)


def _picked(typer: Expressions, cls: type[exp.Expr], value: Typed, key: list[exp.Expr], tests: list[exp.Expr]) -> Typed:
    """The value in the row with the greatest or least key; a key is never NULL where `tests` hold."""
    order = exp.Anonymous(this="ROW", expressions=key)
    found = cls(this=value.node, expression=order)
    present = [exp.Not(this=exp.Is(this=value.node.copy(), expression=exp.Null())), *tests]
    return Typed(exp.Filter(this=found, expression=exp.Where(this=exp.and_(*present, copy=False))), value.kind)


def _latest(typer: Expressions, node: exp.Anonymous, condition: exp.Expr | None) -> Typed:
    word = node.name.upper()
    if len(node.expressions) != 1:
        raise KindError(f"{word} takes one expression", f"write {word}(properties.seats)")
    value, _ = _argument(typer, node.expressions[0], word)
    value = as_number(value, word) if value.kind is Kind.PROPERTY else value
    relations = list(typer.scope.relations.values())
    if len(relations) != 1 or not relations[0].is_events:
        raise KindError(
            f"{word} reads events directly, because it orders them by arrival",
            f"use {word} in the sub-query that reads events",
        )
    cls = exp.ArgMax if word == "LATEST" else exp.ArgMin
    return _picked(typer, cls, value, relations[0].total_order(), [condition] if condition is not None else [])


def _arg_extreme(typer: Expressions, node: exp.ArgMax | exp.ArgMin, condition: exp.Expr | None) -> Typed:
    word = "ARG_MAX" if isinstance(node, exp.ArgMax) else "ARG_MIN"
    value, _ = _argument(typer, node.this, word)
    value = as_number(value, word) if value.kind is Kind.PROPERTY else value
    key, _ = _argument(typer, node.expression, word)
    key = as_number(key, word) if key.kind is Kind.PROPERTY else key
    known = exp.Not(this=exp.Is(this=key.node.copy(), expression=exp.Null()))
    ties = [column for relation in typer.scope.relations.values() for column in relation.total_order()]
    tests = [known, *([condition] if condition is not None else [])]
    return _picked(typer, type(node), value, [key.node, *ties], tests)


def _percentile(typer: Expressions, node: exp.Expr, condition: exp.Expr | None) -> Typed:
    """quantile_cont, quantile_disc, median, and percentile_… WITHIN GROUP: exact, in decimals."""
    share: exp.Expr | None
    function: exp.Expr
    if isinstance(node, exp.WithinGroup):
        ordered = node.expression.expressions
        if len(ordered) != 1 or ordered[0].args.get("desc") or not isinstance(node.this, _PERCENTILE_NODES):
            raise KindError(
                "WITHIN GROUP takes one ascending ORDER BY", "write percentile_cont(0.95) WITHIN GROUP (ORDER BY …)"
            )
        argument, share, function = ordered[0].this, node.this.this, node.this
    else:
        argument, function = node.this, node
        share = node.args.get("expression") or node.args.get("quantile")
    value, distinct = _argument(typer, argument, "a percentile")
    if distinct:
        raise KindError("a percentile of DISTINCT values is not supported", "use a sub-query with GROUP BY")
    number = as_number(value, "a percentile").node
    fraction = "0.5" if isinstance(function, exp.Median) else _share(share)
    name = (
        placeholders.PERCENTILE_DISC
        if isinstance(function, (exp.PercentileDisc, exp.Quantile))
        else placeholders.PERCENTILE_CONT
    )
    arguments = [_only_if(condition, number), exp.Literal.number(fraction)]
    kind = value.kind if name == placeholders.PERCENTILE_DISC and value.kind in NUMERIC else Kind.NUMBER
    return Typed(exp.Anonymous(this=name, expressions=arguments), kind)


_PERCENTILE_NODES = (exp.PercentileCont, exp.PercentileDisc)


def _share(node: exp.Expr | None) -> str:
    text = node.name if isinstance(node, exp.Literal) and not node.is_string else ""
    try:
        if 0 <= Decimal(text) <= 1 and len(text) <= 10:
            return format(Decimal(text), "f")
    except InvalidOperation:
        pass
    raise KindError("the percentile must be a number from 0 to 1, written out", "write 0.95 for the 95th percentile")


def _anonymous(typer: Expressions, node: exp.Anonymous, condition: exp.Expr | None = None) -> Typed:
    name = str(node.this).upper()
    if name in _LATEST:
        return _checked(_latest)(typer, node, condition)
    if name == "DATE_PART" and condition is None:
        return named_date_part(typer, node)
    shown = str(node.this)[:60]
    if name in _CLOCKS:
        raise KindError(f"{shown}() depends on when the bill is made", "the billing period is applied for you")
    raise KindError(f"there is no function {shown!r} in a metric", nearest_function(name))


def _checked(build: Aggregate) -> Aggregate:
    """An aggregate that first asks whether one may stand here."""

    def checked(typer: Expressions, node: Any, condition: exp.Expr | None) -> Typed:
        if typer.no_aggregates is not None:
            raise KindError(
                f"an aggregate cannot stand {typer.no_aggregates}", "aggregate in a sub-query or use HAVING"
            )
        return build(typer, node, condition)

    return checked


_FOLDS: dict[type[exp.Expr], Aggregate] = {
    exp.Count: _checked(_count),
    exp.CountIf: _checked(_count_if),
    exp.Sum: _checked(_sum),
    exp.Min: _checked(_extreme),
    exp.Max: _checked(_extreme),
    exp.Avg: _checked(_avg),
    exp.LogicalAnd: _checked(_logical),
    exp.LogicalOr: _checked(_logical),
    exp.ArgMax: _checked(_arg_extreme),
    exp.ArgMin: _checked(_arg_extreme),
    **dict.fromkeys((exp.PercentileCont, exp.PercentileDisc, exp.Quantile), _checked(_percentile)),
    **dict.fromkeys((exp.Median, exp.WithinGroup), _checked(_percentile)),
    exp.Anonymous: _anonymous,
}


def _unfiltered(build: Aggregate) -> Handler:
    return lambda typer, node: build(typer, node, None)


def _filter(typer: Expressions, node: exp.Filter) -> Typed:
    build = _FOLDS.get(type(node.this))
    if build is None:
        raise KindError("FILTER belongs to an aggregate", "write SUM(…) FILTER (WHERE …)")
    with typer.within(aggregates="inside FILTER", windows="inside FILTER"):
        condition = as_condition(typer.typed(node.expression.this), "FILTER").node
    return build(typer, node.this, condition)


FOLD_HANDLERS: dict[type[exp.Expr], Handler] = {cls: _unfiltered(build) for cls, build in _FOLDS.items()}
FOLD_HANDLERS[exp.Filter] = _filter
