"""The rules of FOCUS 1.2 as queries over the files that were written: each gives a row for whatever breaks it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import duckdb
import pyarrow as pa

FOCUS_FILE = "focus.parquet"
INVOICES_FILE = "focus_invoices.parquet"
CHECKS_FILE = "focus_checks.parquet"


@dataclass(frozen=True, slots=True)
class Rule:
    """`requirement` is what must hold, in words; `query` gives what breaks it, read in the folder of the files."""

    name: str
    requirement: str
    query: str


@dataclass(frozen=True, slots=True)
class Checked:
    """How often a rule is broken."""

    rule: Rule
    violations: int


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule, by name."""
    found = (each for each in files(__package__).joinpath("checks").iterdir() if each.name.endswith(".sql"))
    return tuple(
        _rule(each.name, each.read_text(encoding="utf-8")) for each in sorted(found, key=lambda each: each.name)
    )


def _rule(file: str, text: str) -> Rule:
    said = [line.removeprefix("-- ") for line in text.splitlines() if line.startswith("-- ")]
    return Rule(file.removesuffix(".sql"), " ".join(said), text)


def check(folder: Path, asked: Sequence[Rule] | None = None) -> tuple[Checked, ...]:
    """Asks every rule, or these, of the files in a folder, with nothing but DuckDB."""
    with closing(duckdb.connect()) as connection:
        connection.execute("SET file_search_path = ?", [str(folder)])
        return tuple(_checked(connection, rule) for rule in (rules() if asked is None else asked))


def _checked(connection: duckdb.DuckDBPyConnection, rule: Rule) -> Checked:
    ((violations,),) = connection.sql(rule.query).aggregate("count(*)").fetchall()
    return Checked(rule, violations)


def checks_table(checked: Sequence[Checked]) -> pa.Table:
    """rule, requirement, violations and the query to paste into DuckDB in the folder. Grain: rule."""
    return pa.table(
        {
            "rule": pa.array([each.rule.name for each in checked], pa.string()),
            "requirement": pa.array([each.rule.requirement for each in checked], pa.string()),
            "violations": pa.array([each.violations for each in checked], pa.int64()),
            "query": pa.array([each.rule.query for each in checked], pa.string()),
        }
    )
