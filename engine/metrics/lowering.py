"""The walk that lowers the numbers of a query: relations and their columns first, then every clause.

What each kind of node becomes is in `arithmetic` and `exact_calls`; how many digits it can have, in `digits`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlglot import exp

from engine.metrics.digits import Digits, Lowered, NumberForm, common_digits, common_profile
from engine.metrics.group_conditions import move_condition_of_groups
from engine.metrics.properties import property_path
from engine.values.numbers import NumberProfile

Columns = Mapping[str, Lowered]
LoweringHandler = Callable[["SelectLowering", Any], Lowered]
Handlers = Mapping[type[exp.Expr], LoweringHandler]
Calls = Mapping[str, LoweringHandler]


class Lowering:
    def __init__(
        self,
        form: NumberForm,
        profiles: Mapping[str, NumberProfile],
        row_digits: int,
        handlers: Handlers,
        calls: Calls,
    ) -> None:
        self.form, self.handlers, self.calls = form, handlers, calls
        self.profiles = profiles
        self.event_digits = row_digits
        self.proven = True

    def query(
        self, node: exp.Expr, outer: Mapping[str, Columns], ctes: Mapping[str, tuple[Columns, int]]
    ) -> tuple[dict[str, Lowered], int]:
        """Lower a query in place: its columns by lower-case name, and the digits of its number of rows."""
        while isinstance(node, exp.Subquery):
            node = node.this
        with_ = node.args.get("with_")
        if with_ is not None:
            ctes = dict(ctes)
            for cte in with_.expressions:
                ctes[cte.alias] = self.query(cte.this, outer, ctes)
        if isinstance(node, exp.SetOperation):
            return self._set_operation(node, outer, ctes)
        if not isinstance(node, exp.Select):
            return {}, self.event_digits
        return SelectLowering(self, node, outer, ctes).lower()

    def _set_operation(
        self, node: exp.SetOperation, outer: Mapping[str, Columns], ctes: Mapping[str, tuple[Columns, int]]
    ) -> tuple[dict[str, Lowered], int]:
        left, left_rows = self.query(node.this, outer, ctes)
        right, right_rows = self.query(node.expression, outer, ctes)
        columns: dict[str, Lowered] = {}
        for index, (name, first, second) in enumerate(zip(left, left.values(), right.values(), strict=False)):
            digits = common_digits(self.form, [first, second])
            if digits is not None and not digits.whole_type:
                for side, known in ((node.this, first), (node.expression, second)):
                    self.rescale(side, index, known, digits)
            columns[name] = Lowered(first.node, digits, common_profile([first, second]))
        return columns, max(left_rows, right_rows) + 1

    def rescale(self, side: exp.Expr, index: int, known: Lowered, to: Digits) -> None:
        """Bring one column of a query, whose digits are `known`, to the places of the numbers it meets."""
        while isinstance(side, exp.Subquery):
            side = side.this
        if isinstance(side, exp.SetOperation):
            self.rescale(side.this, index, known, to)
            self.rescale(side.expression, index, known, to)
            return
        projection = side.expressions[index]
        value = projection.this if isinstance(projection, exp.Alias) else projection
        # A column of NULLs has no digits; it is cast like a whole number.
        digits = known.digits or Digits(1, whole_type=True)
        value.replace(self.form.at_scale(replace(known, node=value.copy(), digits=digits), to.scale))

    def profile(self, node: exp.Expr) -> NumberProfile | None:
        """What is known of the text at a property access; None for any other expression."""
        path = property_path(node)
        if path is None:
            return None
        known = self.profiles.get(".".join(path), NumberProfile())
        # A value inside JSON text was not looked at when it landed.
        return known if len(path) == 1 or path[0] not in self.profiles else None


class SelectLowering:
    """One SELECT: its relations are known by alias, then each clause is lowered."""

    def __init__(
        self,
        lowering: Lowering,
        select: exp.Select,
        outer: Mapping[str, Columns],
        ctes: Mapping[str, tuple[Columns, int]],
    ) -> None:
        self.lowering, self.select, self.ctes = lowering, select, ctes
        self.form = lowering.form
        self.relations: dict[str, Columns] = dict(outer)
        self.row_digits = 0

    def lower(self) -> tuple[dict[str, Lowered], int]:
        select = self.select
        joins = select.args.get("joins") or []
        for source in ([select.args["from_"].this] if select.args.get("from_") else []) + [j.this for j in joins]:
            self._source(source)
        columns: dict[str, Lowered] = {}
        for projection in list(select.expressions):
            value = projection.this if isinstance(projection, exp.Alias) else projection
            lowered = self.expression(value)
            value.replace(lowered.node)
            columns[projection.alias_or_name.lower()] = lowered
        for join in joins:
            if join.args.get("on") is not None:
                join.set("on", self.expression(join.args["on"]).node)
        for clause in ("where", "group", "having", "qualify", "order"):
            node = select.args.get(clause)
            if node is not None:
                self.children(node)
        move_condition_of_groups(select)
        return columns, max(self.row_digits, 1)

    def _source(self, source: exp.Expr) -> None:
        name = source.alias_or_name
        if isinstance(source, exp.Subquery):
            self.relations[name], digits = self.lowering.query(source.this, self.relations, self.ctes)
        elif isinstance(source, exp.Table) and source.name in self.ctes:
            self.relations[name], digits = self.ctes[source.name]
        else:
            self.relations[name], digits = {}, self.lowering.event_digits
        self.row_digits += digits

    def expression(self, node: exp.Expr) -> Lowered:
        """The lowered form of an expression; `node` is not to be used afterwards."""
        handler = self.lowering.handlers.get(type(node))
        if isinstance(node, exp.Anonymous):
            handler = self.lowering.calls.get(str(node.this).upper())
        lowered = handler(self, node) if handler is not None else self._other(node)
        if lowered.digits is not None and not lowered.digits.proven:
            self.lowering.proven = False
        return lowered

    def _other(self, node: exp.Expr) -> Lowered:
        profile = self.lowering.profile(node)
        if profile is not None:
            return Lowered(node, profile=profile)
        if isinstance(node, exp.Query):
            self.lowering.query(node, self.relations, self.ctes)
            return Lowered(node)
        self.children(node)
        return Lowered(node)

    def children(self, node: exp.Expr) -> None:
        for name, value in list(node.args.items()):
            if isinstance(value, exp.Expr) and not isinstance(value, _LEAVES):
                node.set(name, self.expression(value).node)
            elif isinstance(value, list):
                items = [self.expression(each).node if is_inner(each) else each for each in value]
                node.set(name, items)


#: Parts that hold no number of their own: literals here are positions, patterns and units.
_LEAVES = (exp.Literal, exp.Identifier, exp.DataType, exp.Var, exp.Interval, exp.WindowSpec)


def is_inner(value: object) -> bool:
    return isinstance(value, exp.Expr) and not isinstance(value, _LEAVES)
