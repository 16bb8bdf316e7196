"""The SQL that is fixed: a file a statement, read once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from sqlglot import exp, parse_one


@cache
def fixed_sql(package: str, name: str) -> str:
    """The text of `<name>.sql` in a package."""
    return files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")


@cache
def fixed_query(package: str, name: str) -> exp.Query:
    """The SELECT in `<name>.sql` of a package, as a tree."""
    query = parse_one(fixed_sql(package, name), read="duckdb")
    assert isinstance(query, exp.Query)
    return query
