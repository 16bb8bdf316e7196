"""Typing and rewriting of the expressions of a metric: columns, literals, operators, CASE, sub-queries.

Each handler takes a parsed node and gives a new tree in normal form with its kind. A node without a handler is
refused, so this is the allow-list once more, by meaning instead of by class.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlglot import exp

from engine.errors import Problem
from engine.metrics.bounds import INTERVAL_UNITS, interval_unit
from engine.metrics.guard import Places
from engine.metrics.kinds import (
    BROKEN,
    TEMPORAL,
    Kind,
    KindError,
    Typed,
    as_condition,
    as_number,
    as_text,
    as_timestamp,
    comparable,
    merged,
    number_literal,
)
from engine.metrics.placeholders import exact_divide
from engine.metrics.relations import Relation, Scope

Handler = Callable[["Expressions", Any], Typed]
#: Types a query inside the expressions of another, in its scope; gives the tree and what its rows look like.
SubQuery = Callable[[exp.Expr, Scope], tuple[exp.Query, Relation]]

_WHOLE = re.compile(r"-?[0-9]+")


class Expressions:
    """The typer of one SELECT: its scope, and what is allowed in the clause being read."""

    def __init__(
        self,
        scope: Scope,
        places: Places,
        problems: list[Problem],
        subquery: SubQuery,
        handlers: Mapping[type[exp.Expr], Handler],
    ) -> None:
        self.scope = scope
        self.places = places
        self.problems = problems
        self.subquery = subquery
        self.handlers = handlers
        #: Output names that may be used, lower case, in clauses after the SELECT list.
        self.aliases: dict[str, Typed] = {}
        self.aliases_first = False
        #: Why aggregates, or window functions, are not allowed in what is being read.
        self.no_aggregates: str | None = None
        self.no_windows: str | None = None

    def typed(self, node: exp.Expr | None) -> Typed:
        """The node in normal form with its kind; reports what is wrong with it, once."""
        if node is None:
            raise KindError("an argument is missing here", "")
        handler = self.handlers.get(type(node))
        if handler is None:
            self.report(node, f"{type(node).__name__} is not supported here", "")
            return BROKEN
        try:
            return handler(self, node)
        except KindError as error:
            self.report(node, error.what, error.remedy)
            return BROKEN

    def report(self, node: exp.Expr, what: str, remedy: str) -> None:
        self.problems.append(self.places.problem(node, what, remedy))

    @contextmanager
    def within(self, *, aggregates: str | None = None, windows: str | None = None) -> Iterator[None]:
        """Forbid aggregates or window functions inside, with the words that say where."""
        saved = self.no_aggregates, self.no_windows
        self.no_aggregates, self.no_windows = aggregates or saved[0], windows or saved[1]
        try:
            yield
        finally:
            self.no_aggregates, self.no_windows = saved


def _names(node: exp.Expr) -> list[str] | None:
    """The parts of a dotted or bracketed name, or None when `node` is not one."""
    if isinstance(node, exp.Column):
        if isinstance(node.this, exp.Star):
            return None
        return [part.name for part in node.parts]
    if isinstance(node, exp.Dot) and isinstance(node.expression, exp.Identifier):
        head = _names(node.this)
        return None if head is None else [*head, node.expression.name]
    if isinstance(node, exp.Bracket) and len(node.expressions) == 1 and node.expressions[0].is_string:
        head = _names(node.this)
        return None if head is None else [*head, node.expressions[0].name]
    return None


def _name(typer: Expressions, node: exp.Expr) -> Typed:
    names = _names(node)
    if names is None:
        if isinstance(node, exp.Dot):
            raise KindError("a function has no schema in front of it", "write only its name")
        raise KindError("[…] takes a property name in quotes", "write properties['name']")
    alias = typer.aliases.get(names[0].lower()) if len(names) == 1 else None
    if alias is not None and typer.aliases_first:
        return _copied(alias)
    found = typer.scope.resolve(names)
    if found is not None:
        return found
    if alias is not None:
        return _copied(alias)
    raise typer.scope.unknown(names[0])


def _copied(value: Typed) -> Typed:
    return Typed(operand(value.node.copy()), value.kind)


def operand(node: exp.Expr) -> exp.Expr:
    """`node` so that it keeps its meaning next to any operator."""
    return exp.paren(node, copy=False) if isinstance(node, (exp.Binary, exp.Not, exp.Neg, exp.In)) else node


def _literal(typer: Expressions, node: exp.Literal) -> Typed:
    return Typed(exp.Literal.string(node.name), Kind.TEXT) if node.is_string else number_literal(node.name)


def _paren(typer: Expressions, node: exp.Paren) -> Typed:
    inner = typer.typed(node.this)
    return Typed(exp.paren(inner.node, copy=False), inner.kind)


def _boolean(typer: Expressions, node: exp.Boolean) -> Typed:
    return Typed(exp.Boolean(this=node.this), Kind.BOOLEAN)


def _null(typer: Expressions, node: exp.Null) -> Typed:
    return Typed(exp.Null(), Kind.NULL)


def _connector(typer: Expressions, node: exp.Connector) -> Typed:
    word = type(node).__name__.upper()
    sides = [as_condition(typer.typed(side), word).node for side in (node.this, node.expression)]
    return Typed(type(node)(this=sides[0], expression=sides[1]), Kind.BOOLEAN)


def _not(typer: Expressions, node: exp.Not) -> Typed:
    return Typed(exp.Not(this=as_condition(typer.typed(node.this), "NOT").node), Kind.BOOLEAN)


def _comparison(typer: Expressions, node: exp.Binary) -> Typed:
    left, right = comparable(typer.typed(node.this), typer.typed(node.expression))
    return Typed(type(node)(this=left.node, expression=right.node), Kind.BOOLEAN)


def _between(typer: Expressions, node: exp.Between) -> Typed:
    value = typer.typed(node.this)
    low, high = typer.typed(node.args["low"]), typer.typed(node.args["high"])
    value_low, low = comparable(value, low)
    value_high, high = comparable(value, high)
    both = exp.and_(
        exp.GTE(this=operand(value_low.node.copy()), expression=operand(low.node)),
        exp.LTE(this=operand(value_high.node.copy()), expression=operand(high.node)),
    )
    return Typed(exp.paren(both, copy=False), Kind.BOOLEAN)


def _in(typer: Expressions, node: exp.In) -> Typed:
    value = typer.typed(node.this)
    query = node.args.get("query")
    if query is not None:
        tree, relation = typer.subquery(query, typer.scope)
        if len(relation.columns) != 1:
            raise KindError("IN (SELECT …) needs exactly one column", "")
        name, kind = next(iter(relation.columns.values()))
        left, right = comparable(value, Typed(exp.column(name), kind))
        if left.node is not value.node or not isinstance(right.node, exp.Column):
            raise KindError("IN (SELECT …) compares different types", "CAST one of them")
        return Typed(exp.In(this=value.node, query=exp.Subquery(this=tree)), Kind.BOOLEAN)
    if not node.expressions:
        raise KindError("IN () has no values", "name at least one value")
    pairs = [comparable(value, typer.typed(each)) for each in node.expressions]
    items: list[exp.Expr] = [right.node for _, right in pairs]
    return Typed(exp.In(this=pairs[0][0].node, expressions=items), Kind.BOOLEAN)


def _is(typer: Expressions, node: exp.Is) -> Typed:
    value = typer.typed(node.this)
    if isinstance(node.expression, exp.Boolean):
        as_condition(value, "IS TRUE")
    elif not isinstance(node.expression, exp.Null):
        raise KindError("IS takes NULL, TRUE or FALSE", "use = or IS NOT DISTINCT FROM")
    return Typed(exp.Is(this=value.node, expression=node.expression.copy()), Kind.BOOLEAN)


def _like(typer: Expressions, node: exp.Binary) -> Typed:
    text, pattern = as_text(typer.typed(node.this), "LIKE"), typer.typed(node.expression)
    if pattern.literal is None:
        raise KindError("LIKE needs its pattern as a literal", "write LIKE 'api-%'")
    return Typed(type(node)(this=text.node, expression=pattern.node), Kind.BOOLEAN)


def _arithmetic(typer: Expressions, node: exp.Binary) -> Typed:
    left, right = typer.typed(node.this), typer.typed(node.expression)
    sign = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*", exp.Mod: "%", exp.Div: "/"}[type(node)]
    if isinstance(node, (exp.Add, exp.Sub)) and {left.kind, right.kind} & {*TEMPORAL, Kind.INTERVAL}:
        return _moved(node, left, right)
    left, right = as_number(left, sign), as_number(right, sign)
    if isinstance(node, exp.Div):
        return Typed(exact_divide(left.node, right.node), Kind.NUMBER)
    kind = Kind.WHOLE if left.kind is right.kind is Kind.WHOLE else Kind.NUMBER
    tree = type(node)(this=left.node, expression=right.node)
    # The parser keeps the analyst's parentheses, but coerced operands stand on their own anyway.
    return Typed(tree, kind)


def _moved(node: exp.Binary, left: Typed, right: Typed) -> Typed:
    tree = type(node)(this=left.node, expression=right.node)
    if Kind.BROKEN in (left.kind, right.kind):
        return BROKEN
    if left.kind in TEMPORAL and right.kind is Kind.INTERVAL:
        moved = type(node)(this=as_timestamp(left, "date arithmetic").node, expression=right.node)
        return Typed(moved, Kind.TIMESTAMP)
    if left.kind is Kind.INTERVAL and right.kind in TEMPORAL and isinstance(node, exp.Add):
        return Typed(exp.Add(this=as_timestamp(right, "date arithmetic").node, expression=left.node), Kind.TIMESTAMP)
    if left.kind is right.kind is Kind.DATE and isinstance(node, exp.Sub):
        arguments = [exp.Literal.string("day"), right.node, left.node]
        return Typed(exp.Anonymous(this="DATE_DIFF", expressions=arguments), Kind.WHOLE)
    if left.kind is right.kind is Kind.TIMESTAMP and isinstance(node, exp.Sub):
        return Typed(tree, Kind.INTERVAL)
    raise KindError(
        f"{left.kind.value} and {right.kind.value} cannot be added or subtracted",
        "write timestamp + INTERVAL 1 DAY, or DATE_DIFF('second', a, b)",
    )


def _neg(typer: Expressions, node: exp.Neg) -> Typed:
    value = as_number(typer.typed(node.this), "-")
    return Typed(exp.Neg(this=value.node), value.kind)


def _case(typer: Expressions, node: exp.Case) -> Typed:
    subject = typer.typed(node.this) if node.this is not None else None
    conditions: list[exp.Expr] = []
    for branch in node.args["ifs"]:
        test = typer.typed(branch.this)
        if subject is None:
            conditions.append(as_condition(test, "WHEN").node)
        else:
            left, right = comparable(subject, test)
            conditions.append(exp.EQ(this=operand(left.node.copy()), expression=operand(right.node)))
    results = [typer.typed(branch.args["true"]) for branch in node.args["ifs"]]
    default = node.args.get("default")
    values, kind = merged([*results, typer.typed(default)] if default is not None else results, "CASE")
    branches = [exp.If(this=test, true=value.node) for test, value in zip(conditions, values, strict=False)]
    other = values[-1].node if default is not None else None
    return Typed(exp.Case(ifs=branches, default=other), kind)


def _if(typer: Expressions, node: exp.If) -> Typed:
    test = as_condition(typer.typed(node.this), "IF")
    other = node.args.get("false") or exp.Null()
    values, kind = merged([typer.typed(node.args["true"]), typer.typed(other)], "IF")
    branch = exp.If(this=test.node, true=values[0].node)
    return Typed(exp.Case(ifs=[branch], default=values[1].node), kind)


def _coalesce(typer: Expressions, node: exp.Coalesce) -> Typed:
    values, kind = merged([typer.typed(each) for each in (node.this, *node.expressions)], "COALESCE")
    return Typed(exp.Coalesce(this=values[0].node, expressions=[value.node for value in values[1:]]), kind)


def _nullif(typer: Expressions, node: exp.Nullif) -> Typed:
    left, right = comparable(typer.typed(node.this), typer.typed(node.expression))
    test = exp.If(this=exp.EQ(this=operand(left.node), expression=operand(right.node)), true=exp.Null())
    return Typed(exp.Case(ifs=[test], default=left.node.copy()), left.kind)


def _interval(typer: Expressions, node: exp.Interval) -> Typed:
    amount, name = node.this, interval_unit(node)
    if name not in INTERVAL_UNITS or not isinstance(amount, exp.Literal) or not _WHOLE.fullmatch(amount.name):
        raise KindError("an interval is a whole literal and a unit", "write INTERVAL 1 DAY or INTERVAL '3' HOUR")
    return Typed(exp.Interval(this=exp.Literal.string(amount.name), unit=exp.var(name)), Kind.INTERVAL)


def _scalar(typer: Expressions, node: exp.Subquery) -> Typed:
    tree, relation = typer.subquery(node, typer.scope)
    if len(relation.columns) != 1 or not relation.single_row:
        what = "a sub-query used as a value must give one row and one column"
        raise KindError(what, "aggregate it without GROUP BY, for example (SELECT SUM(…) FROM …)")
    return Typed(exp.Subquery(this=tree), next(iter(relation.columns.values()))[1])


def _exists(typer: Expressions, node: exp.Exists) -> Typed:
    tree, _ = typer.subquery(node.this, typer.scope)
    return Typed(exp.Exists(this=tree), Kind.BOOLEAN)


HANDLERS: dict[type[exp.Expr], Handler] = {
    **dict.fromkeys((exp.Column, exp.Dot, exp.Bracket), _name),
    exp.Literal: _literal,
    exp.Paren: _paren,
    exp.Boolean: _boolean,
    exp.Null: _null,
    **dict.fromkeys((exp.And, exp.Or), _connector),
    exp.Not: _not,
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE), _comparison),
    **dict.fromkeys((exp.NullSafeEQ, exp.NullSafeNEQ), _comparison),
    exp.Between: _between,
    exp.In: _in,
    exp.Is: _is,
    **dict.fromkeys((exp.Like, exp.ILike), _like),
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Div), _arithmetic),
    exp.Neg: _neg,
    exp.Case: _case,
    exp.If: _if,
    exp.Coalesce: _coalesce,
    exp.Nullif: _nullif,
    exp.Interval: _interval,
    exp.Subquery: _scalar,
    exp.Exists: _exists,
}
