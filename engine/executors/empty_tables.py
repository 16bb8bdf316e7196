"""Stages that can have no rows are not run: most catalogs have no balances, no composite charges, no subscriptions.

Planning a query takes longer than running it over a handful of rows. What a stage would make of empty tables is known
once it has been made in this process from tables of the same types: then it is made again without asking the database
to think. A command that runs one billing period gains nothing and pays nothing.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256

import duckdb
import pyarrow as pa
from sqlglot import exp, parse_one

from engine.rating.pipeline import Stage

#: The statements that make tables which had no rows, by the types of all inputs and the table's name.
_MADE: dict[tuple[str, str], str] = {}

#: The database's aggregate functions by name; filled when first asked for.
_AGGREGATES: set[str] = set()

#: Joins whose result may have rows though what they join to has none.
_KEEPING = frozenset({"LEFT", "RIGHT", "FULL"})


class EmptyTables:
    """Which tables of one connection have no rows, as far as that is known."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._names: set[str] = set()
        self._types = sha256()
        #: Parsing queries to look at them pays from the second run on.
        self._pays = bool(_MADE)

    def loaded(self, name: str, table: pa.Table) -> None:
        """A table has been made of these rows; its types are among those that decide what stages make."""
        self._types.update(f"{name}: {table.schema.to_string(show_schema_metadata=False)}\n".encode())
        if not table.num_rows:
            self._names.add(name)

    def written(self, name: str) -> None:
        """Rows may have been added to a table."""
        self._names.discard(name)

    def is_known(self, name: str) -> bool:
        """Whether a stage has had no rows before, from tables of these types."""
        return self._key(name) in _MADE

    def make(self, name: str) -> None:
        """Makes the table as it was made then."""
        self._connection.execute(_MADE[self._key(name)])
        self._names.add(name)

    def remember(self, stage: Stage) -> None:
        """A stage has been run, and had no rows."""
        sql = ""
        if not stage.into:
            made = "SELECT sql FROM duckdb_tables() WHERE table_name = $name AND temporary"
            ((sql,),) = self._connection.execute(made, {"name": stage.name}).fetchall()
            self._names.add(stage.name)
        _MADE[self._key(stage.name)] = sql

    def leaves_none(self, query: exp.Expr) -> bool:
        """Whether a query has no rows because tables that it reads have none; False when that is not certain."""
        if not _AGGREGATES:
            named = "SELECT DISTINCT lower(function_name) FROM duckdb_functions() WHERE function_type = 'aggregate'"
            _AGGREGATES.update(name for (name,) in self._connection.execute(named).fetchall())
        return _leaves_none(query, self._names)

    def text_leaves_none(self, sql: str) -> bool:
        """The same of the text of a query that runs in every run."""
        return self._pays and self.leaves_none(_parsed(sql))

    def _key(self, name: str) -> tuple[str, str]:
        return self._types.copy().hexdigest(), name


@cache
def _parsed(sql: str) -> exp.Expr:
    return parse_one(sql, read="duckdb")


def _leaves_none(query: exp.Expr, empty: set[str]) -> bool:
    if isinstance(query, exp.Subquery):
        return not query.args.get("joins") and _leaves_none(query.this, empty)
    if not isinstance(query, exp.Query):
        return False
    known = set(empty)
    for cte in query.ctes:
        known.discard(cte.alias)
        if _leaves_none(cte.this, known):
            known.add(cte.alias)
    if isinstance(query, exp.Union):
        return _leaves_none(query.left, known) and _leaves_none(query.right, known)
    if isinstance(query, exp.Except):
        return _leaves_none(query.left, known)
    return isinstance(query, exp.Select) and _select_leaves_none(query, known)


def _select_leaves_none(select: exp.Select, empty: set[str]) -> bool:
    source = select.args.get("from_")
    if source is None or _counts_nothing_as_a_row(select):
        return False
    joins = select.args.get("joins") or []
    if any((join.side or "").upper() in ("RIGHT", "FULL") for join in joins):
        return False
    needed = [source.this]
    needed += [
        join.this
        for join in joins
        if (join.side or "").upper() not in _KEEPING and (join.kind or "").upper() not in ("ANTI", "OUTER")
    ]
    return any(_has_none(each, empty) for each in needed)


def _has_none(source: exp.Expr, empty: set[str]) -> bool:
    if isinstance(source, exp.Table):
        return not source.args.get("joins") and source.name in empty and not source.db
    return _leaves_none(source, empty)


def _counts_nothing_as_a_row(select: exp.Select) -> bool:
    """Whether it gives a row for no rows: an aggregate over all of them."""
    if select.args.get("group") is not None:
        return False
    return any(
        _is_aggregate(call) and not call.find_ancestor(exp.Window) and call.find_ancestor(exp.Select) is select
        for projection in select.expressions
        for call in projection.find_all(exp.AggFunc, exp.Anonymous)
    )


def _is_aggregate(call: exp.Expr) -> bool:
    """Whether a call is one; those that sqlglot does not know are looked up by name."""
    return isinstance(call, exp.AggFunc) or call.name.lower() in _AGGREGATES
