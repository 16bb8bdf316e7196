"""The SQL that runs for a metric, as text for people."""

from __future__ import annotations

import json

from engine.metrics.meter import compile_rows, compiled_text
from engine.metrics.query import MetricQuery
from engine.metrics.scope import PropertyStore, Scope
from engine.metrics.sql import parse_sql_metric

#: What is known before any event is.
NO_EVENTS = PropertyStore({})


def compile_sql_text(
    text: str, *, file: str = "<metric>", strict: bool = False, store: PropertyStore = NO_EVENTS, rows: int = 0
) -> str:
    """`compile_query` for the text of a SQL metric.

    Raises CatalogError with every refusal, each with its line, column and remedy.
    """
    return compile_query(parse_sql_metric(text, file=file, strict=strict), store, rows)


def compile_query(query: MetricQuery, store: PropertyStore = NO_EVENTS, rows: int = 0) -> str:
    """The SQL that would run over at most `rows` events with the properties of `store`.

    Properties that none of them has are NULL there; a comment before it names these.
    """
    absent = [path for path in query.properties if not {".".join(path), path[0]} & store.profiles.keys()]
    # As JSON, so that no name can end the comment.
    names = ", ".join(json.dumps(".".join(path), ensure_ascii=False) for path in absent)
    comment = f"-- None of the events that this is compiled for has {names}: NULL stands there.\n" if absent else ""
    return comment + compiled_text(compile_rows(query, Scope(store), rows))
