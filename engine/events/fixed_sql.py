"""The fixed SQL of landing: one file a statement or a set of definitions, read once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def fixed_sql(name: str) -> str:
    """The text of `sql/<name>.sql` in this package."""
    return files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
