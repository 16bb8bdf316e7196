"""HAVING with exact arithmetic: DuckDB binds no lambda in HAVING, and the macros for `/` and its like hold lambdas.

So the groups are made in a sub-query and the condition becomes the WHERE around it. Window functions and QUALIFY stay
outside, over columns of the sub-query, because they see only the groups that HAVING keeps.
"""

from __future__ import annotations

from sqlglot import exp

#: Macros of `engine/executors/macros.sql` that hold a lambda, themselves or through another.
WITH_LAMBDA = frozenset(
    {"EXPANDED_NUMBER", "WHOLE_QUOTIENT", "SAFE_QUOTIENT", "PERCENTILE_BETWEEN", "PERCENTILE_AT"}
    | {"WIDE_UNITS_OF_ANY", "WIDE_WHOLE_OF_ANY", "WIDE_TEXT", "WIDE_ROUNDED", "WIDE_FLOOR", "WIDE_CEIL"}
    | {"WIDE_PRODUCT", "WIDE_QUOTIENT", "WIDE_SAFE_QUOTIENT", "WIDE_PERCENTILE_BETWEEN"}
    | {"WIDE_REMAINDER", "WIDE_SAFE_REMAINDER"}
)
_GROUPS = "m_groups"
#: Parts of an expression that are the same in every group, or no value at all.
_CONSTANT = (exp.Literal, exp.Null, exp.Boolean, exp.Interval, exp.Star, exp.DataType, exp.Var)


def move_condition_of_groups(select: exp.Select) -> None:
    """Turn HAVING into a WHERE around the groups, in place, where its lowered condition needs that."""
    having = select.args.get("having")
    if having is None or not any(str(node.this).upper() in WITH_LAMBDA for node in having.find_all(exp.Anonymous)):
        return
    groups = _Groups(select)
    outputs = [
        exp.alias_(groups.outside(each.unalias()), each.alias_or_name, quoted=True) for each in select.expressions
    ]
    order = select.args.get("order")
    for item in order.expressions if order is not None else []:
        item.set("this", groups.outside(item.this))
    qualify = select.args.get("qualify")
    if qualify is not None:
        qualify.set("this", groups.outside(qualify.this))
    condition = groups.column(having.this)
    select.set("having", None)
    select.set("expressions", outputs)
    select.set("from_", exp.From(this=groups.made()))
    select.set("where", exp.Where(this=condition))


class _Groups:
    """The sub-query that makes the groups of a SELECT: a column for each value that is wanted of a group."""

    def __init__(self, select: exp.Select) -> None:
        self._of = select
        self._select = exp.Select()
        self._columns: list[exp.Expr] = []

    def column(self, value: exp.Expr) -> exp.Column:
        if value not in self._columns:
            self._columns.append(value)
            self._select.append("expressions", exp.alias_(value.copy(), f"column_{len(self._columns) - 1}"))
        return exp.column(f"column_{self._columns.index(value)}", table=_GROUPS)

    def outside(self, value: exp.Expr) -> exp.Expr:
        """A value as the SELECT around the groups says it: a column, or a window function over columns."""
        if isinstance(value, _CONSTANT):
            return value.copy()
        if not isinstance(value, exp.If) and not self._has_window(value):
            return self.column(value)
        for part in _inputs(value) if isinstance(value, exp.Window) else list(value.iter_expressions()):
            part.replace(self.outside(part))
        return value

    def _has_window(self, value: exp.Expr) -> bool:
        """Whether a window function of the SELECT itself is in a value, and not one of a sub-query."""
        return any(each.parent_select is self._of for each in value.find_all(exp.Window))

    def made(self) -> exp.Subquery:
        """The sub-query itself, which takes over what the SELECT reads and how it groups."""
        for clause in ("from_", "joins", "where", "group"):
            self._select.set(clause, self._of.args.get(clause))
            self._of.set(clause, None)
        return exp.Subquery(this=self._select, alias=exp.TableAlias(this=exp.to_identifier(_GROUPS)))


def _inputs(window: exp.Window) -> list[exp.Expr]:
    """What a window function takes of each group: its arguments, and those of FILTER, PARTITION BY and ORDER BY."""
    called, inputs = window.this, list(window.args.get("partition_by") or [])
    while isinstance(called, (exp.Filter, exp.IgnoreNulls, exp.RespectNulls)):
        if isinstance(called, exp.Filter):
            inputs.append(called.expression.this)
        called = called.this
    order = window.args.get("order")
    return [
        *inputs,
        *called.iter_expressions(),
        *(item.this for item in (order.expressions if order is not None else ())),
    ]
