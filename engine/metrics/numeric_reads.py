"""Where a metric reads a number out of an event's text, and which events it reads it from.

Each `events` of a metric has an alias of its own, so a read belongs to exactly one SELECT. An event reaches the read
when it passes those conditions of that SELECT that speak of this `events` alone: conjuncts of WHERE, of ON where the
join drops what does not match, and of the CASE and FILTER around the read. Conditions that also need other rows (a
join, a sub-query, HAVING) are left out, so a few more events may be taken to reach a read than really do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from engine.metrics.aggregates import is_aggregate
from engine.metrics.placeholders import TO_DECIMAL, TO_WHOLE
from engine.metrics.properties import property_accesses, property_path, property_table


@dataclass(frozen=True)
class NumericRead:
    """A text that a metric reads as a number: `number` is the placeholder over it, `relation` the alias of `events`."""

    relation: str
    number: exp.Anonymous
    conditions: tuple[exp.Expr, ...]

    @property
    def text(self) -> exp.Expr:
        found: exp.Expr = self.number.expressions[0]
        return found

    @property
    def whole(self) -> bool:
        return str(self.number.this).upper() == TO_WHOLE

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """The paths of the properties in the text."""
        accesses = [property_path(each) for each in property_accesses(exp.paren(self.text))]
        return tuple(sorted({path for path in accesses if path is not None}))


def numeric_reads(query: exp.Query) -> list[NumericRead]:
    """Every read of a number out of properties in a metric's query, its placeholders still standing."""
    owners = {
        table.alias_or_name: select
        for select in query.find_all(exp.Select)
        for table in _sources(select)
        if isinstance(table, exp.Table) and table.name == "events"
    }
    queries = _queries(query)
    found: dict[tuple[str, str], NumericRead] = {}
    for node in query.find_all(exp.Anonymous):
        if str(node.this).upper() not in (TO_DECIMAL, TO_WHOLE) or isinstance(node.parent, exp.Is):
            continue
        for text in _origins(node.expressions[0], queries):
            number = exp.Anonymous(this=node.this, expressions=[text.copy()])
            relation = next((property_table(access) for access in property_accesses(exp.paren(text))), "")
            if relation in owners and speaks_only_of(text, relation):
                conditions = (*_of_select(owners[relation], relation), *_around(node, relation))
                kept = tuple(each.copy() for each in conditions if not _uses(each, number))
                read = NumericRead(relation, number, kept)
                key = number.sql(), " AND ".join(each.sql() for each in kept)
                found.setdefault(key, read)
    return list(found.values())


def speaks_only_of(node: exp.Expr, relation: str) -> bool:
    """Whether an expression can be computed from one event of `relation`, without any other row."""
    return all(
        not isinstance(part, (exp.Query, exp.Window))
        and not is_aggregate(part)
        and (not isinstance(part, exp.Column) or part.table == relation)
        for part in node.walk()
    )


def _sources(select: exp.Select) -> list[exp.Expr]:
    from_ = select.args.get("from_")
    return ([from_.this] if from_ is not None else []) + [join.this for join in select.args.get("joins") or []]


def _queries(query: exp.Query) -> dict[str, exp.Expr]:
    """The sub-query or CTE behind each alias that is not `events`."""
    ctes = {cte.alias: cte.this for cte in query.find_all(exp.CTE)}
    found: dict[str, exp.Expr] = {}
    for select in query.find_all(exp.Select):
        for source in _sources(select):
            if isinstance(source, exp.Subquery):
                found[source.alias_or_name] = source.this
            elif source.name in ctes:
                found[source.alias_or_name] = ctes[source.name]
    return found


def _origins(text: exp.Expr, queries: dict[str, exp.Expr]) -> Iterator[exp.Expr]:
    """The text where it was first read: a column of a sub-query stands for what that sub-query selects."""
    if not isinstance(text, exp.Column) or text.table not in queries:
        yield text
        return
    selects = list(_selects(queries[text.table]))
    # The columns of a set operation go by the names of its first SELECT.
    names = [each.alias_or_name.lower() for each in selects[0].expressions]
    for select in selects:
        yield from _origins(select.expressions[names.index(text.name.lower())].unalias(), queries)


def _selects(query: exp.Expr) -> Iterator[exp.Select]:
    """The SELECTs whose rows a query gives: one, or those of a set operation."""
    while isinstance(query, exp.Subquery):
        query = query.this
    if isinstance(query, exp.SetOperation):
        yield from _selects(query.this)
        yield from _selects(query.expression)
    elif isinstance(query, exp.Select):
        yield query


def _of_select(select: exp.Select, relation: str) -> Iterator[exp.Expr]:
    where = select.args.get("where")
    conditions = [where.this] if where is not None else []
    for join in select.args.get("joins") or []:
        side, on = str(join.args.get("side") or "").upper(), join.args.get("on")
        if on is not None and (not side or (side == "LEFT" and join.this.alias_or_name == relation)):
            conditions.append(on)
    for condition in conditions:
        yield from (part for part in _conjuncts(condition) if speaks_only_of(part, relation))


def _around(node: exp.Expr, relation: str) -> Iterator[exp.Expr]:
    """What CASE and FILTER ask of the event before they use the number."""
    child, parent = node, node.parent
    while parent is not None and not isinstance(parent, exp.Query):
        for condition in _asked(child, parent):
            if speaks_only_of(condition, relation):
                yield condition
        child, parent = parent, parent.parent


def _asked(child: exp.Expr, parent: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(parent, exp.If) and child.arg_key == "true":
        yield _holds(parent.this)
    elif isinstance(parent, exp.Case) and child.arg_key in ("ifs", "default"):
        branches = parent.args["ifs"]
        earlier = branches if child.arg_key == "default" else branches[: child.index]
        yield from (exp.Not(this=_holds(branch.this)) for branch in earlier)
    elif isinstance(parent, exp.Filter) and child.arg_key == "this":
        # The compiler asks here for the number itself; whether it is one is the question.
        yield from (part for part in _conjuncts(parent.expression.this) if not _asks_for_a_number(part))


def _holds(condition: exp.Expr) -> exp.Expr:
    return exp.Is(this=exp.paren(condition), expression=exp.true())


def _asks_for_a_number(condition: exp.Expr) -> bool:
    inner = condition.this if isinstance(condition, exp.Not) else condition
    return isinstance(inner.unnest(), exp.Is) and isinstance(inner.unnest().this, exp.Anonymous)


def _uses(condition: exp.Expr, number: exp.Expr) -> bool:
    """Whether the condition computes with the number: then no event without one can pass, and all would be missed.

    A condition that only asks whether there is a number is the metric's own way to deal with it, and stays.
    """
    return any(node == number and not isinstance(node.parent, exp.Is) for node in condition.find_all(exp.Anonymous))


def _conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    condition = condition.unnest()
    if isinstance(condition, exp.And):
        yield from _conjuncts(condition.this)
        yield from _conjuncts(condition.expression)
    else:
        yield condition
