"""Questions about one event, answered by the database with the very expressions that meter it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import duckdb
from sqlglot import exp

from engine.metrics.decimals import lower_numbers
from engine.metrics.properties import BAG, property_accesses, property_path
from engine.metrics.query import MetricQuery
from engine.metrics.scope import PropertyStore, unscoped_events

#: The alias under which the expressions given to `values` read events; streaming metrics use the same.
EVENTS = "events"


class EventProbe:
    """Asks the one event in `event_files`; `store` says where its file keeps each property."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, store: PropertyStore) -> None:
        self.connection = connection
        self.store = store

    def values(self, expressions: Sequence[exp.Expr]) -> tuple[object, ...]:
        """The values of expressions over the event, which they call `events`."""
        named = [exp.alias_(each.copy(), f"value_{number}") for number, each in enumerate(expressions)]
        (row,) = self.rows(events_query(exp.select(*named)))
        return row

    def holds(self, condition: exp.Expr) -> bool:
        """Whether a condition is true of the event; unknown is not true."""
        return self.values([condition]) == (True,)

    def passes(self, query: MetricQuery) -> bool:
        """Whether the event passes the WHERE of a query that reads `events` once."""
        select = query.select.copy()
        select.set("expressions", [exp.alias_(exp.true(), "passes")])
        return bool(self.rows(replace(query, select=select, columns=("passes",))))

    def rows(self, query: MetricQuery) -> list[tuple[object, ...]]:
        """What a whole query gives when this event is the only one there is."""
        # Wide, because a number that is merely long must not make the question fail.
        lowered = lower_numbers(query.select, self.store.profiles, 1, prefer_wide=True).select
        sql = unscoped_events(query, lowered, self.store).sql("duckdb")
        return list(self.connection.execute(sql).fetchall())


def events_query(select: exp.Select, alias: str = EVENTS) -> MetricQuery:
    """A SELECT without FROM whose expressions read `events` under an alias, as a query over it."""
    whole = select.from_(exp.to_table("events", alias=alias))
    paths = {path for node in property_accesses(whole) if (path := property_path(node)) is not None}
    columns = {column.name for column in whole.find_all(exp.Column)} - {BAG}
    return MetricQuery(
        select=whole,
        columns=tuple(each.alias_or_name for each in whole.expressions),
        value_column="",
        properties=tuple(sorted(paths)),
        event_columns=tuple(sorted(columns)),
    )
