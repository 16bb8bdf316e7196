"""The queries of one metric: WITH, the items of FROM, set operations, LIMIT; each rewritten into normal form.

In normal form every relation has a unique alias, every column is qualified, GROUP BY and ORDER BY hold
expressions, an ORDER BY stands only where a LIMIT needs it, and everything that depends on an order of rows
orders them completely.
"""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from engine.errors import Problem, did_you_mean
from engine.metrics.expressions import SubQuery
from engine.metrics.guard import Places
from engine.metrics.kinds import Kind, KindError, Typed, merged
from engine.metrics.literals import whole_literal
from engine.metrics.properties import BAG
from engine.metrics.relations import EVENTS, Relation, Scope, events_relation, relation_name
from engine.metrics.selects import SelectRewriter, ordered_like

_MAX_LIMIT = 1_000_000


class Queries:
    """Rewrites the queries of one metric; problems collect in `problems`."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.problems: list[Problem] = []
        self._used: set[str] = set()

    def rewrite(self, tree: exp.Query) -> tuple[exp.Query, Relation]:
        """The whole metric in normal form, and what its rows look like."""
        return self._query(tree, None, {})

    def report(self, node: exp.Expr, what: str, remedy: str = "") -> None:
        self.problems.append(self.places.problem(node, what, remedy))

    def _unique(self, written: str) -> str:
        name = base = relation_name(written)
        count = 1
        while name in self._used:
            count += 1
            name = f"{base}_{count}"
        self._used.add(name)
        return name

    def _query(self, node: exp.Expr, outer: Scope | None, ctes: dict[str, Relation]) -> tuple[exp.Query, Relation]:
        while isinstance(node, exp.Subquery):
            node = node.this
        with_, ctes = self._with(node, ctes)
        if isinstance(node, exp.Select):
            tree, relation = SelectRewriter(self, node, outer, ctes).rewrite()
        elif isinstance(node, exp.SetOperation):
            tree, relation = self._set_operation(node, outer, ctes)
        else:
            self.report(node, "this is not a query", "write (SELECT …)")
            return exp.Select(), Relation("", {}, single_row=True)
        if with_ is not None:
            tree.set("with_", with_)
        return tree, relation

    def _with(self, node: exp.Expr, ctes: dict[str, Relation]) -> tuple[exp.With | None, dict[str, Relation]]:
        with_ = node.args.get("with_")
        if with_ is None:
            return None, ctes
        ctes, rewritten = dict(ctes), []
        for cte in with_.expressions:
            name = cte.alias
            if name.lower() in (EVENTS, BAG):
                self.report(cte.args["alias"], f"a CTE cannot be called {name!r}", "give it another name")
            elif name.lower() in ctes:
                self.report(cte.args["alias"], f"the CTE {name!r} is defined twice", "give it another name")
            tree, relation = self._query(cte.this, None, ctes)
            unique = self._unique(name)
            ctes[name.lower()] = replace(relation, name=unique)
            alias = exp.TableAlias(this=exp.to_identifier(unique, quoted=True))
            rewritten.append(exp.CTE(this=tree, alias=alias))
        return exp.With(expressions=rewritten), ctes

    def subquery(self, ctes: dict[str, Relation]) -> SubQuery:
        """The rewriter of queries inside expressions, which may be correlated by an equality."""

        def rewrite(node: exp.Expr, scope: Scope) -> tuple[exp.Query, Relation]:
            return self._query(node, scope, ctes)

        return rewrite

    def source(self, node: exp.Expr, scope: Scope, ctes: dict[str, Relation]) -> tuple[exp.Expr, Relation]:
        """One item of a FROM clause: `events`, a CTE, or a sub-query."""
        written = node.alias or (node.name if isinstance(node, exp.Table) else "")
        if written.lower() == BAG or (written.lower() == EVENTS and node.name.lower() != EVENTS):
            raise KindError(f"a table cannot be called {written!r}", "give it another alias")
        if isinstance(node, exp.Subquery):
            tree, relation = self._query(node.this, None, ctes)
            relation = replace(relation, name=self._unique(written or "derived"))
            scope.add(written or relation.name, relation)
            return exp.Subquery(this=tree, alias=_alias(relation.name)), relation
        if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
            shown = node.this.sql(dialect="duckdb")[:60] if node.this is not None else type(node).__name__
            raise KindError(f"a metric reads events, not {shown}", f"write FROM {EVENTS}")
        name = node.name.lower()
        if name == EVENTS:
            relation = events_relation(self._unique(written))
            table = exp.to_table(EVENTS)
        elif name in ctes:
            relation = replace(ctes[name], name=self._unique(written))
            table = exp.Table(this=exp.to_identifier(ctes[name].name, quoted=True))
        else:
            raise KindError(f"there is no table {node.name!r}", did_you_mean(node.name, [EVENTS, *ctes]))
        scope.add(written, relation)
        table.set("alias", _alias(relation.name))
        return table, relation

    def _set_operation(
        self, node: exp.SetOperation, outer: Scope | None, ctes: dict[str, Relation]
    ) -> tuple[exp.Query, Relation]:
        left, left_rows = self._query(node.this, outer, ctes)
        right, right_rows = self._query(node.expression, outer, ctes)
        columns: dict[str, tuple[str, Kind]] = dict(left_rows.columns)
        if len(left_rows.columns) != len(right_rows.columns):
            what = f"one side has {len(left_rows.columns)} columns and the other {len(right_rows.columns)}"
            self.report(node, what, "select the same columns on both sides")
        for (key, (name, first)), (_, second) in zip(
            left_rows.columns.items(), right_rows.columns.values(), strict=False
        ):
            try:
                kind = _same_kind(first, second)
            except KindError as error:
                self.report(node, error.what, error.remedy)
                kind = Kind.BROKEN
            columns[key] = (name, kind)
        distinct = bool(node.args.get("distinct"))
        tree = type(node)(this=_branch(left), expression=_branch(right), distinct=distinct)
        per_event = not distinct and (left_rows.per_event or right_rows.per_event)
        rows = Relation("", columns, per_event=per_event, key=frozenset(columns) if distinct else None)
        self._limit_set(node, tree, rows)
        return tree, rows

    def _limit_set(self, node: exp.Expr, tree: exp.Expr, rows: Relation) -> None:
        names = [name for name, _ in rows.columns.values()]
        items: list[exp.Expr] = []
        for item in node.args["order"].expressions if node.args.get("order") else []:
            name = item.this.name if isinstance(item.this, (exp.Column, exp.Literal)) else ""
            if name.isdecimal() and 0 < int(name) <= len(names):
                name = names[int(name) - 1]
            found = rows.columns.get(name.lower())
            if found is None:
                self.report(item, "ORDER BY here takes an output column", did_you_mean(name, names))
                continue
            items.append(ordered_like(item, exp.column(found[0], quoted=True)))
        items += [exp.Ordered(this=exp.column(name, quoted=True), nulls_first=False) for name in names]
        self.limit(node, tree, items, bool(node.args.get("order")))

    def limit(self, node: exp.Expr, tree: exp.Expr, order: list[exp.Expr], ordered: bool) -> None:
        """Copy LIMIT and OFFSET with the complete order they need; an ORDER BY without them is left out."""
        limit, offset = node.args.get("limit"), node.args.get("offset")
        place = limit or offset
        if place is None:
            return
        if not ordered:
            self.report(place, "LIMIT without ORDER BY takes arbitrary rows", "add ORDER BY, or drop the LIMIT")
            return
        try:
            for part, name in ((limit, "limit"), (offset, "offset")):
                if part is not None:
                    rows = whole_literal(part.expression, name.upper(), 0, _MAX_LIMIT)
                    tree.set(name, type(part)(expression=exp.Literal.number(rows)))
        except KindError as error:
            self.report(place, error.what, error.remedy)
        if order:
            tree.set("order", exp.Order(expressions=order))


def _branch(query: exp.Query) -> exp.Query:
    """One side of a set operation, in parentheses where it would otherwise read on into the other side."""
    plain = isinstance(query, exp.Select) and not any(query.args.get(name) for name in ("limit", "offset", "with_"))
    return query if plain else exp.Subquery(this=query)


def _alias(name: str) -> exp.TableAlias:
    return exp.TableAlias(this=exp.to_identifier(name, quoted=True))


def _same_kind(first: Kind, second: Kind) -> Kind:
    column = exp.column("x")
    values, kind = merged([Typed(column, first), Typed(column, second)], "this set operation")
    if any(value.node is not column for value in values):
        raise KindError(f"a set operation mixes {first.value} and {second.value}", "CAST both to one type")
    return kind
