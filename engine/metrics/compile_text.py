"""The SQL that would run for the text of a SQL metric, without a workspace."""

from __future__ import annotations

from engine.metrics.meter import compile_rows, compiled_text
from engine.metrics.scope import PropertyStore, Scope
from engine.metrics.sql import parse_sql_metric


def compile_sql_text(text: str, *, file: str = "<metric>", strict: bool = False) -> str:
    """The SQL that would run for the text of a SQL metric, before any event is known.

    Raises CatalogError with every refusal, each with its line, column and remedy.
    """
    query = parse_sql_metric(text, file=file, strict=strict)
    return compiled_text(compile_rows(query, Scope(PropertyStore({})), 0))
