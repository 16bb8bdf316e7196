"""HAVING with exact arithmetic: DuckDB binds no lambda in HAVING, and the macros for `/` and its like hold lambdas.

So the groups are made in a sub-query and the condition becomes the WHERE around it. A SELECT that also has window
functions stays as it is, because those see only the groups that HAVING keeps.
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


def move_condition_of_groups(select: exp.Select) -> None:
    """Turn HAVING into a WHERE around the groups, in place, where its lowered condition needs that."""
    having = select.args.get("having")
    if having is None or not any(str(node.this).upper() in WITH_LAMBDA for node in having.find_all(exp.Anonymous)):
        return
    if any(window.parent_select is select for window in select.find_all(exp.Window)):
        return
    groups = exp.Select()
    columns: list[exp.Expr] = []

    def column(value: exp.Expr) -> exp.Column:
        if value not in columns:
            columns.append(value)
            groups.append("expressions", exp.alias_(value.copy(), f"column_{len(columns) - 1}"))
        return exp.column(f"column_{columns.index(value)}", table=_GROUPS)

    outputs = [exp.alias_(column(each.unalias()), each.alias_or_name, quoted=True) for each in select.expressions]
    order = select.args.get("order")
    for item in order.expressions if order is not None else []:
        item.set("this", column(item.this))
    condition = column(having.this)
    for clause in ("from_", "joins", "where", "group"):
        groups.set(clause, select.args.get(clause))
        select.set(clause, None)
    select.set("having", None)
    select.set("expressions", outputs)
    alias = exp.TableAlias(this=exp.to_identifier(_GROUPS))
    select.set("from_", exp.From(this=exp.Subquery(this=groups, alias=alias)))
    select.set("where", exp.Where(this=condition))
