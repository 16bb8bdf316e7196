"""Joins and correlations: each needs an equality, so that no query multiplies events by events."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sqlglot import exp

from engine.metrics.expressions import Expressions
from engine.metrics.kinds import KindError, as_condition
from engine.metrics.relations import Relation

_SIDES = frozenset({"", "LEFT", "RIGHT", "FULL"})
_KINDS = frozenset({"", "INNER", "OUTER", "CROSS"})
_EQUALITY = "write ON a.… = b.…"


def rewritten(
    join: exp.Join, source: exp.Expr, relation: Relation, before: list[Relation], typer: Expressions
) -> exp.Join:
    """One join in normal form. Raises KindError when it could multiply rows or pick among equals."""
    side, kind, method = (str(join.args.get(name) or "").upper() for name in ("side", "kind", "method"))
    if side not in _SIDES or kind not in _KINDS or method not in ("", "ASOF"):
        raise KindError(
            f"{' '.join(filter(None, (method, side, kind)))} JOIN is not supported", "use JOIN … ON, or EXISTS"
        )
    on = join.args.get("on")
    if on is None:
        if relation.single_row or all(each.single_row for each in before):
            return exp.Join(this=source, kind="CROSS")
        raise KindError("this join pairs every row with every row", _EQUALITY)
    with typer.within(aggregates="in ON", windows="in ON"):
        condition = as_condition(typer.typed(on), "ON").node
    names = {each.name for each in before}
    if not any(_equates(part, {relation.name}, names) for part in _conjuncts(condition)):
        raise KindError("this join has no equality between the two sides", _EQUALITY)
    if method == "ASOF":
        _check_asof(condition, relation)
    arguments = {"side": side or None, "kind": kind or None, "method": method or None}
    return exp.Join(this=source, on=condition, **{name: value for name, value in arguments.items() if value})


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        yield from _conjuncts(condition.this)
        yield from _conjuncts(condition.expression)
    else:
        yield condition


def _tables(node: exp.Expr) -> set[str]:
    return {column.table for column in node.find_all(exp.Column)}


def _equates(condition: exp.Expr, one: set[str], other: set[str]) -> bool:
    if not isinstance(condition, exp.EQ):
        return False
    left, right = _tables(condition.this), _tables(condition.expression)
    if not left or not right:
        return False
    return (left <= one and right <= other) or (left <= other and right <= one)


def _check_asof(condition: exp.Expr, relation: Relation) -> None:
    """ASOF takes one of several equal rows: the right side must have a single row for each joined key."""
    used = {column.name.lower() for column in condition.find_all(exp.Column) if column.table == relation.name}
    if relation.key is None or not relation.key <= used:
        raise KindError(
            "ASOF JOIN may meet several rows at the same instant on its right side",
            "join a sub-query grouped by exactly the joined columns",
        )


def check_correlation(
    report: Callable[[exp.Expr, str, str], None], written: exp.Expr, tree: exp.Expr, own: set[str]
) -> None:
    """A sub-query that reads columns of the query around it must do so through an equality in its WHERE."""
    where = tree.args.get("where")
    for part in _conjuncts(where.this) if where is not None else ():
        if isinstance(part, exp.EQ):
            left, right = _tables(part.this), _tables(part.expression)
            if left and right and (left <= own) != (right <= own) and not (left & own and right & own):
                return
    what = "this sub-query depends on the query around it without an equality"
    report(written, what, "add WHERE inner.… = outer.…")
