"""The conditions of a SQL metric that one event can be held against, with their text and line.

Each SELECT that reads `events` is looked at by itself: its WHERE is split at AND, and each part is made a metric of its
own that counts events, so that the engine reads it as it reads the whole. A part that cannot stand alone, because it
names another relation or holds a query, depends on other events.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.tokenizer_core import Token, TokenType

from engine.catalog.metric import BillableMetric
from engine.catalog.place import Place
from engine.errors import CatalogError
from engine.metrics.guard import MetricDialect, Places, guarded
from engine.metrics.query import MetricQuery
from engine.metrics.relations import EVENTS
from engine.metrics.sql import parse_sql_metric
from engine.metrics.text import read_metric_text


@dataclass(frozen=True)
class SqlCondition:
    """A part of a metric's text; `counts` counts the events it is true of, None when one event does not decide it."""

    text: str
    place: Place
    node: exp.Expr
    counts: MetricQuery | None


@dataclass(frozen=True)
class EventReading:
    """One `events` in one SELECT: what it asks of each event, and of events together."""

    conditions: tuple[SqlCondition, ...]


@dataclass(frozen=True)
class SqlConditions:
    """A metric's readings of `events`, and `later`: what is asked of rows after they were read."""

    readings: tuple[EventReading, ...]
    later: tuple[SqlCondition, ...]


def sql_conditions(metric: BillableMetric) -> SqlConditions:
    """The conditions of a SQL metric. Raises CatalogError when its text is refused."""
    assert metric.sql is not None
    return _Conditions(metric.sql, metric.source or Place(f"{metric.name}.sql", 1, 1)).all()


class _Conditions:
    """Reads one text; `base` is where the text begins in its file."""

    def __init__(self, sql: str, base: Place) -> None:
        self.base = base
        self.tree, self.places = guarded(read_metric_text(sql, base.file))

    def all(self) -> SqlConditions:
        readings: list[EventReading] = []
        later: list[SqlCondition] = []
        for select in self.tree.find_all(exp.Select, bfs=False):
            # What a condition asks of other events is part of that condition, and counts nothing by itself.
            if select.find_ancestor(exp.Where, exp.Having, exp.Qualify) is not None:
                continue
            sources = list(_events_read_by(select))
            readings += [self._reading(select, source) for source in sources]
            clauses = ["having", "qualify", "limit"] if sources else ["where", "having", "qualify", "limit", "joins"]
            for name in clauses:
                nodes = select.args.get(name) or []
                later += [self._undecided(node) for node in (nodes if isinstance(nodes, list) else [nodes])]
        return SqlConditions(tuple(readings), tuple(sorted(later, key=lambda each: (each.place.line, each.text))))

    def _reading(self, select: exp.Select, source: exp.Table) -> EventReading:
        where = select.args.get("where")
        conditions = [] if where is None else [self._condition(*part, source) for part in self._parts(where)]
        conditions += [self._undecided(join) for join in _narrowing_joins(select, source)]
        return EventReading(tuple(conditions))

    def _condition(self, node: exp.Expr, text: str, source: exp.Table) -> SqlCondition:
        return SqlCondition(text, self._place(node), node, self._counting(node, source))

    def _undecided(self, node: exp.Expr) -> SqlCondition:
        return SqlCondition(_one_line(node.sql(dialect=MetricDialect)), self._place(node), node, None)

    def _counting(self, node: exp.Expr, source: exp.Table) -> MetricQuery | None:
        if node.find(exp.Query) is not None:
            return None
        events = exp.to_table(EVENTS, alias=source.alias or EVENTS)
        alone = exp.select(exp.alias_(exp.Count(this=exp.Star()), "value")).from_(events).where(node.copy())
        try:
            return parse_sql_metric(alone.sql(dialect=MetricDialect))
        except CatalogError:
            return None

    def _place(self, node: exp.Expr) -> Place:
        problem = self.places.problem(node, "")
        return Place(problem.file, problem.line + self.base.line - 1, problem.column + self.base.column - 1)

    def _parts(self, where: exp.Where) -> Iterator[tuple[exp.Expr, str]]:
        """The parts of a WHERE between its ANDs, each with its text as the analyst wrote it."""
        nodes = list(where.this.flatten(unnest=False)) if isinstance(where.this, exp.And) else [where.this]
        texts = _texts_between_ands(self.places, where)
        if len(nodes) == 1:
            texts = [" AND ".join(texts)]
        if len(texts) != len(nodes):
            texts = [_one_line(node.sql(dialect=MetricDialect)) for node in nodes]
        return zip(nodes, texts, strict=True)


#: What ends a WHERE, outside parentheses.
_ENDS = frozenset({"GROUP", "HAVING", "QUALIFY", "ORDER", "LIMIT", "OFFSET", "UNION", "EXCEPT", "INTERSECT", ";"})


def _texts_between_ands(places: Places, where: exp.Where) -> list[str]:
    tokens = _where_tokens(places, where)
    pieces: list[list[Token]] = [[]]
    depth = betweens = 0
    for token in tokens:
        word = _keyword(token)
        depth += (word in ("(", "[", "CASE")) - (word in (")", "]", "END"))
        if depth < 0 or (depth == 0 and word in _ENDS):
            break
        betweens += depth == 0 and word == "BETWEEN"
        if depth == 0 and word == "AND" and betweens == 0:
            pieces.append([])
            continue
        betweens -= depth == 0 and word == "AND"
        pieces[-1].append(token)
    sql = places.text.sql
    return [_one_line(sql[piece[0].start : piece[-1].end + 1]) for piece in pieces if piece]


def _keyword(token: Token) -> str:
    """The first word of what a token says, unless it is a text or a name in quotes: `GROUP BY` is one token."""
    quoted = token.token_type in (TokenType.STRING, TokenType.IDENTIFIER)
    return "" if quoted else token.text.upper().partition(" ")[0]


def _where_tokens(places: Places, where: exp.Where) -> Sequence[Token]:
    """What follows the keyword of this WHERE: the last one before anything inside it that has a place."""
    first = min((int(part.meta["start"]) for part in where.walk() if "start" in part.meta), default=0)
    at = [number for number, token in enumerate(places.tokens) if _keyword(token) == "WHERE"]
    before = [number for number in at if places.tokens[number].start < first]
    return places.tokens[before[-1] + 1 :] if before else ()


def _events_read_by(select: exp.Select) -> Iterator[exp.Table]:
    from_ = select.args.get("from_")
    read = [from_, *(select.args.get("joins") or [])]
    for source in (each.this for each in read if each is not None):
        if isinstance(source, exp.Table) and source.name.lower() == EVENTS:
            yield source


def _narrowing_joins(select: exp.Select, source: exp.Table) -> Iterator[exp.Join]:
    """The joins that may keep an event of `source` out: all but LEFT joins of something to it.

    A join without a condition adds a single row to each, and keeps none out.
    """
    joins: list[exp.Join] = [join for join in select.args.get("joins") or [] if join.args.get("on") is not None]
    joined = any(join.this is source for join in joins)
    return (join for join in joins if joined or join.side != "LEFT")


def _one_line(text: str) -> str:
    return " ".join(text.split())
