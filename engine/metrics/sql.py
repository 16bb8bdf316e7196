"""A metric written in SQL: text in, one guarded and typed query over `events` out (`spec/metering.md` §7)."""

from __future__ import annotations

from sqlglot import exp

from engine.errors import CatalogError
from engine.metrics.casts import text_of
from engine.metrics.combination import combination
from engine.metrics.guard import Places, guarded
from engine.metrics.kinds import NUMERIC, Kind, KindError, Typed, as_number
from engine.metrics.properties import BAG, property_accesses, property_path
from engine.metrics.queries import Queries
from engine.metrics.query import MetricQuery
from engine.metrics.relations import EVENTS, Relation
from engine.metrics.strict import strict_problems
from engine.metrics.text import read_metric_text

VALUE = "value"


def parse_sql_metric(text: str, *, file: str = "<metric>", strict: bool = False) -> MetricQuery:
    """Read the text of a metric file.

    The quantity is the column named `value`, whatever its case, else the first one; all others are group
    columns and come out as text (`spec/metering.md` §7.3, §17.16 and §17.17). With `strict`, only what Metronome
    documents is accepted, so that the metric stays portable.

    Raises CatalogError with every problem found, each with its line and column.
    """
    source = read_metric_text(text, file)
    tree, places = guarded(source)
    queries = Queries(places)
    select, rows = queries.rewrite(tree)
    problems = queries.problems
    if strict:
        problems += strict_problems(tree, places)
    value_key = VALUE if VALUE in rows.columns else next(iter(rows.columns), VALUE)
    if not problems:
        if rows.per_event:
            what = "this metric gives a row for each event instead of an aggregate"
            queries.report(tree, what, "aggregate it, for example SELECT SUM(…) AS value")
        if not any(table.name == EVENTS for table in select.find_all(exp.Table)):
            queries.report(tree, "this metric does not read events", f"add FROM {EVENTS}")
        select = _outputs(select, rows, value_key, tree, places, queries)
    if problems:
        raise CatalogError(dict.fromkeys(problems))
    names = tuple(name for name, _ in rows.columns.values())
    value_column = rows.columns[value_key][0]
    return MetricQuery(
        select=select,
        columns=names,
        value_column=value_column,
        properties=_properties(select),
        event_columns=_event_columns(select),
        combined_by=combination(select, value_column),
    )


def _outputs(
    select: exp.Query, rows: Relation, value_key: str, tree: exp.Query, places: Places, queries: Queries
) -> exp.Query:
    """The query with its quantity as a number and its other columns as text."""
    kinds = {key: kind for key, (_, kind) in rows.columns.items()}
    if kinds[value_key] not in NUMERIC | {Kind.PROPERTY, Kind.NULL}:
        shown = tree.find(exp.Select) or tree
        index = list(rows.columns).index(value_key)
        place = shown.expressions[index] if index < len(shown.expressions) else shown
        what = f"the quantity must be a number; the column {rows.columns[value_key][0]!r} is {kinds[value_key].value}"
        queries.report(place, what, "select a number AS value")
        return select
    textual = {Kind.TEXT, Kind.PROPERTY, Kind.NULL}
    if all(kind in (NUMERIC if key == value_key else textual) for key, kind in kinds.items()):
        return select
    wrapped = not isinstance(select, exp.Select) or select.args.get("distinct") or "limit" in select.args
    try:
        if not wrapped and isinstance(select, exp.Select):
            for projection, (key, kind) in zip(select.expressions, kinds.items(), strict=True):
                value = Typed(projection.this, kind)
                projection.set("this", _output(value, key == value_key).copy())
            return select
        outer = exp.Select()
        for key, (name, kind) in rows.columns.items():
            column = Typed(exp.column(name, table="m_result", quoted=True), kind)
            outer.append("expressions", exp.alias_(_output(column, key == value_key), name, quoted=True))
        alias = exp.TableAlias(this=exp.to_identifier("m_result", quoted=True))
        outer.set("from_", exp.From(this=exp.Subquery(this=select, alias=alias)))
        return outer
    except KindError as error:
        queries.report(tree, error.what, error.remedy)
        return select


def _output(value: Typed, quantity: bool) -> exp.Expr:
    return as_number(value, "the quantity").node if quantity else text_of(value)


def _properties(select: exp.Query) -> tuple[tuple[str, ...], ...]:
    paths = {path for node in property_accesses(select) if (path := property_path(node)) is not None}
    return tuple(sorted(paths))


def _event_columns(select: exp.Query) -> tuple[str, ...]:
    events = {table.alias for table in select.find_all(exp.Table) if table.name == EVENTS}
    found = {column.name for column in select.find_all(exp.Column) if column.table in events}
    return tuple(sorted(found - {BAG}))
