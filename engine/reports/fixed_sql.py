"""The SELECTs in this folder's .sql files."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sqlglot import exp, parse_one


@cache
def fixed_query(name: str) -> exp.Query:
    """One SELECT by the name of its file, as a tree."""
    text = files("engine.reports").joinpath(f"{name}.sql").read_text(encoding="utf-8")
    query = parse_one(text, read="duckdb")
    assert isinstance(query, exp.Query)
    return query
