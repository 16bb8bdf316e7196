"""One SELECT of a metric: FROM and joins, projections, grouping, ordering, in the order names become known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from engine.metrics import casts, expressions, functions, joins, patterns
from engine.metrics.aggregates import FOLD_HANDLERS, TOTAL_ORDER, aggregates_in, is_aggregate
from engine.metrics.expressions import Expressions
from engine.metrics.kinds import Kind, KindError, Typed, as_condition
from engine.metrics.properties import BAG
from engine.metrics.relations import EVENTS, Relation, Scope, events_relation
from engine.metrics.windows import WINDOW_HANDLERS

if TYPE_CHECKING:
    from engine.metrics.queries import Queries

_HANDLERS = {
    **expressions.HANDLERS,
    **casts.HANDLERS,
    **functions.HANDLERS,
    **patterns.HANDLERS,
    **FOLD_HANDLERS,
    **WINDOW_HANDLERS,
}


@dataclass(slots=True)
class _Projection:
    written: exp.Expr
    name: str
    value: Typed


class SelectRewriter:
    """One SELECT, clause by clause, in the order in which names become known."""

    def __init__(self, queries: Queries, node: exp.Select, outer: Scope | None, ctes: dict[str, Relation]) -> None:
        self.queries, self.node, self.ctes = queries, node, ctes
        self.scope = Scope(outer)
        self.typer = Expressions(self.scope, queries.places, queries.problems, queries.subquery(ctes), _HANDLERS)
        self.tree = exp.Select()
        self.groups: list[exp.Expr] = []

    def rewrite(self) -> tuple[exp.Query, Relation]:
        self._from()
        where = self.node.args.get("where")
        if where is not None:
            with self.typer.within(aggregates="in WHERE", windows="in WHERE"):
                self.tree.set("where", exp.Where(this=self._condition(where.this, "WHERE")))
        projections = list(self._projections())
        self.typer.aliases = {each.name.lower(): each.value for each in projections}
        self.tree.set("expressions", [_aliased(each) for each in projections])
        self._group(projections)
        self._conditions()
        order = self._order(projections)
        grouped = self._check_groups(projections, order)
        distinct = bool(self.node.args.get("distinct"))
        if distinct:
            self.tree.set("distinct", exp.Distinct())
        ties = [each.value.node for each in projections] if distinct else self._ties(grouped)
        ordered = bool(order)
        order += [exp.Ordered(this=tie.copy(), nulls_first=False) for tie in ties if not _constant(tie)]
        self.queries.limit(self.node, self.tree, order, ordered)
        self._complete_windows(grouped)
        if self.scope.borrowed:
            joins.check_correlation(self.queries.report, self.node, self.tree, set(self._own_names()))
        return self.tree, self._rows(projections, grouped, distinct)

    def _own_names(self) -> Iterator[str]:
        return (relation.name for relation in self.scope.relations.values())

    def _from(self) -> None:
        from_ = self.node.args.get("from_")
        if from_ is None:
            self.queries.report(self.node, "this SELECT reads nothing", f"add FROM {EVENTS}")
            return
        try:
            source, _ = self.queries.source(from_.this, self.scope, self.ctes)
            self.tree.set("from_", exp.From(this=source))
        except KindError as error:
            self.queries.report(from_.this, error.what, error.remedy)
            self.scope.add(EVENTS, events_relation("m_broken"))
        for join in self.node.args.get("joins") or []:
            try:
                before = dict(self.scope.relations)
                source, relation = self.queries.source(join.this, self.scope, self.ctes)
                rewritten = joins.rewritten(join, source, relation, list(before.values()), self.typer)
                self.tree.append("joins", rewritten)
            except KindError as error:
                self.queries.report(join, error.what, error.remedy)

    def _condition(self, node: exp.Expr, where: str) -> exp.Expr:
        try:
            return as_condition(self.typer.typed(node), where).node
        except KindError as error:
            self.queries.report(node, error.what, error.remedy)
            return exp.true()

    def _projections(self) -> Iterator[_Projection]:
        seen: set[str] = set()
        if not self.node.expressions:
            self.queries.report(self.node, "this SELECT names no columns", "write SELECT COUNT(*) AS value")
        for written in self.node.expressions:
            if isinstance(written, exp.Star) or (
                isinstance(written, exp.Column) and isinstance(written.this, exp.Star)
            ):
                found = list(self._star(written))
            else:
                value = self.typer.typed(written.this if isinstance(written, exp.Alias) else written)
                name = written.alias if isinstance(written, exp.Alias) else _output_name(written, seen)
                found = [_Projection(written, name, value)]
            for each in found:
                if each.name.lower() in seen:
                    self.queries.report(written, f"two columns are called {each.name!r}", "name one of them with AS")
                    continue
                seen.add(each.name.lower())
                yield each

    def _star(self, written: exp.Expr) -> Iterator[_Projection]:
        table = written.table if isinstance(written, exp.Column) else ""
        for name, relation in self.scope.relations.items():
            if table and name != table.lower():
                continue
            if relation.is_events:
                self.queries.report(
                    written, "* over events is not supported", f"name the columns, such as {BAG}.region"
                )
                continue
            for column, _ in list(relation.columns.values()):
                value = relation.column(column)
                if value is not None:
                    yield _Projection(written, column, value)

    def _group(self, projections: list[_Projection]) -> None:
        group = self.node.args.get("group")
        if group is None:
            return
        if group.args.get("all"):
            found = [each.value for each in projections if not any(aggregates_in(each.value.node))]
        else:
            with self.typer.within(aggregates="in GROUP BY", windows="in GROUP BY"):
                found = [self._item(each, projections, "GROUP BY") for each in group.expressions]
        for value, written in zip(found, group.expressions or self.node.expressions, strict=False):
            node = value.node.unnest()
            if any(aggregates_in(node)) or node.find(exp.Window):
                self.queries.report(written, "GROUP BY names an aggregate", "group by a column or a property")
            elif value.kind is not Kind.BROKEN and node not in self.groups:
                self.groups.append(node.copy())
        # A constant would read as a position, and does not change the groups.
        varying = [node for node in self.groups if not _constant(node)]
        if self.groups and not varying:
            self.queries.report(group, "GROUP BY names only constants", "leave it out")
        self.groups = varying
        if varying:
            self.tree.set("group", exp.Group(expressions=[node.copy() for node in varying]))

    def _item(self, node: exp.Expr, projections: list[_Projection], clause: str) -> Typed:
        """An expression of GROUP BY or ORDER BY: a position, an output name, or any expression."""
        if isinstance(node, exp.Literal) and not node.is_string:
            if node.name.isdecimal() and 0 < int(node.name) <= len(projections):
                return projections[int(node.name) - 1].value
            what = f"{clause} {node.name} is not a position in the SELECT list"
            self.queries.report(node, what, f"there are {len(projections)} columns")
            return Typed(exp.Null(), Kind.BROKEN)
        return self.typer.typed(node)

    def _conditions(self) -> None:
        having, qualify = self.node.args.get("having"), self.node.args.get("qualify")
        if having is not None:
            with self.typer.within(windows="in HAVING"):
                self.tree.set("having", exp.Having(this=self._condition(having.this, "HAVING")))
        if qualify is not None:
            self.tree.set("qualify", exp.Qualify(this=self._condition(qualify.this, "QUALIFY")))

    def _order(self, projections: list[_Projection]) -> list[exp.Expr]:
        order = self.node.args.get("order")
        self.typer.aliases_first = True
        found: list[exp.Expr] = []
        for item in order.expressions if order is not None else []:
            value = self._item(item.this, projections, "ORDER BY")
            if value.kind is not Kind.BROKEN and not _constant(value.node):
                found.append(ordered_like(item, value.node.unnest().copy()))
        self.typer.aliases_first = False
        return found

    def _check_groups(self, projections: list[_Projection], order: list[exp.Expr]) -> bool:
        parts = [(each.written, each.value.node) for each in projections]
        for name in ("having", "qualify"):
            if self.tree.args.get(name) is not None:
                parts.append((self.node.args[name], self.tree.args[name].this))
        if order:
            parts.append((self.node.args["order"], exp.Tuple(expressions=[each.copy() for each in order])))
        grouped = (
            bool(self.groups)
            or "having" in self.tree.args
            or any(next(aggregates_in(node), None) is not None for _, node in parts)
        )
        if not grouped:
            return False
        own = set(self._own_names())
        for written, node in parts:
            column = _ungrouped(node, self.groups, own)
            if column is not None:
                self.queries.report(
                    written,
                    f"{_shown(column)} is neither grouped nor aggregated",
                    "add it to GROUP BY, or aggregate it",
                )
        return True

    def _ties(self, grouped: bool) -> list[exp.Expr]:
        if grouped:
            return self.groups
        return [column for relation in self.scope.relations.values() for column in relation.total_order()]

    def _complete_windows(self, grouped: bool) -> None:
        for window in self.tree.find_all(exp.Window):
            if not window.meta.pop(TOTAL_ORDER, False):
                continue
            items = window.args["order"].expressions
            present = [item.this for item in items]
            ties = [tie for tie in self._ties(grouped) if tie not in present and not _constant(tie)]
            items += [exp.Ordered(this=tie.copy(), nulls_first=False) for tie in ties]
            window.args["order"].set("expressions", items)

    def _rows(self, projections: list[_Projection], grouped: bool, distinct: bool) -> Relation:
        columns = {each.name.lower(): (each.name, each.value.kind) for each in projections}
        sources = self.scope.relations.values()
        per_event = not grouped and not distinct and any(relation.per_event for relation in sources)
        single = grouped and not self.groups
        key: frozenset[str] | None = frozenset(columns) if distinct else None
        if grouped:
            names = [
                next((each.name.lower() for each in projections if each.value.node.unnest() == group), None)
                for group in self.groups
            ]
            key = frozenset(name for name in names if name is not None) if None not in names else key
        return Relation("", columns, per_event=per_event, single_row=single, key=key)


def _aliased(projection: _Projection) -> exp.Expr:
    identifier = exp.to_identifier(projection.name, quoted=True)
    return exp.Alias(this=projection.value.node.copy(), alias=identifier)


def _output_name(written: exp.Expr, seen: set[str]) -> str:
    """The name of a column without AS: the last part of what it reads, else `value`, else its position."""
    if isinstance(written, exp.Bracket) and written.expressions and written.expressions[0].is_string:
        return str(written.expressions[0].name)
    if isinstance(written, (exp.Column, exp.Dot)):
        return str(written.name or (written.expression.name if written.expression else "column"))
    return "value" if "value" not in seen else f"column_{len(seen) + 1}"


def _constant(node: exp.Expr) -> bool:
    return not any(isinstance(part, (exp.Column, exp.Query, exp.Window)) or is_aggregate(part) for part in node.walk())


def _ungrouped(node: exp.Expr, groups: list[exp.Expr], own: set[str]) -> exp.Expr | None:
    def settled(part: exp.Expr) -> bool:
        return part in groups or is_aggregate(part) or isinstance(part, exp.Filter)

    for part in node.walk(bfs=False, prune=settled):
        if not settled(part) and isinstance(part, exp.Column) and part.table in own:
            return part
    return None


def _shown(column: exp.Expr) -> str:
    outer = column
    while isinstance(outer.parent, exp.Bracket):
        outer = outer.parent
    names = [outer.expressions[0].name] if isinstance(outer, exp.Bracket) else []
    return f"{BAG}.{names[0]}" if names else column.name


def ordered_like(item: exp.Ordered, node: exp.Expr) -> exp.Ordered:
    return exp.Ordered(this=node, desc=bool(item.args.get("desc")), nulls_first=bool(item.args.get("nulls_first")))
