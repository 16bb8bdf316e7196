"""One statement from a control and the relations that it names, which DuckDB runs in the workspace folder as it is.

Fixed SQL goes in as it is written, with its comments; only the calls of `exact_sum` are spelled out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from sqlglot import exp

from engine.executors.fixed_sql import fixed_query, fixed_sql

_PACKAGE = "engine.reports.reconcile"

#: What controls call for an exact sum as text; `exact_sum.sql` says what it stands for.
_EXACT_SUM = "EXACT_SUM"


@dataclass(frozen=True, slots=True)
class Relation:
    """A SELECT, and the names that it reads without defining them."""

    text: str
    reads: tuple[str, ...]


def relation(query: exp.Query) -> Relation:
    """A query that was built."""
    return Relation(query.sql("duckdb"), _reads(query))


@cache
def fixed_relation(name: str) -> Relation:
    """The SELECT in `<name>.sql` of this folder."""
    query = fixed_query(_PACKAGE, name)
    calls = [call for call in query.find_all(exp.Anonymous) if str(call.this).upper() == _EXACT_SUM]
    if not calls:
        return Relation(fixed_sql(_PACKAGE, name), _reads(query))
    return Relation(_expanded(query).sql("duckdb", pretty=True), _reads(query))


def statement(body: Relation, relations: Mapping[str, Relation]) -> str:
    """A body with every relation that it reads, and those that these read, as WITH clauses, in order of use."""
    return _with_clauses(body, relations) + "\n".join(("FROM (", body.text, ") AS body"))


def statement_of_scope(control: Relation, scope: str, relations: Mapping[str, Relation]) -> str:
    """The two sides of one scope of a control: exactly one row, with the columns left and right."""
    of_scope = ("AS control\nWHERE scope =", exp.Literal.string(scope).sql("duckdb"))
    sides = ("SELECT", '"left", "right"', "FROM\n")
    return _with_clauses(control, relations) + " ".join(sides) + " ".join(("(\n" + control.text, ")", *of_scope))


def _with_clauses(body: Relation, relations: Mapping[str, Relation]) -> str:
    needed: dict[str, Relation] = {}
    _need(body, relations, needed)
    if not needed:
        return ""
    clauses = (" ".join((name, "AS NOT MATERIALIZED (\n")) + each.text + "\n)" for name, each in needed.items())
    return "WITH " + ",\n".join(clauses) + "\n"


def _need(body: Relation, relations: Mapping[str, Relation], needed: dict[str, Relation]) -> None:
    for name in body.reads:
        if name in relations and name not in needed:
            _need(relations[name], relations, needed)
            needed[name] = relations[name]


def _reads(query: exp.Query) -> tuple[str, ...]:
    own = {each.alias for each in query.find_all(exp.CTE)}
    names = [table.name for table in query.find_all(exp.Table) if table.name and table.name not in own]
    return tuple(dict.fromkeys(names))


def _expanded(query: exp.Query) -> exp.Query:
    copy = query.copy()
    for call in list(copy.find_all(exp.Anonymous)):
        if str(call.this).upper() == _EXACT_SUM:
            call.replace(_exact_sum(call.expressions[0]))
    return copy


def _exact_sum(summand: exp.Expr) -> exp.Expr:
    (written,) = fixed_query(_PACKAGE, "exact_sum").expressions
    assert isinstance(written, exp.Expr)
    spelled = written.copy()
    for column in list(spelled.find_all(exp.Column)):
        if column.name == "x" and not column.table:
            column.replace(exp.paren(summand.copy()))
    return spelled
