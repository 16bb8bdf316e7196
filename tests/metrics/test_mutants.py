"""Texts mutated at random: a metric is refused with CatalogError or holds nothing but listed parts."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from sqlglot import exp

from engine.errors import CatalogError
from engine.metrics.decimals import lower_numbers
from engine.metrics.guard import ALLOWED
from engine.metrics.sql import parse_sql_metric
from engine.metrics.text import MAX_BYTES
from engine.values.numbers import NumberProfile

CORPUS = json.loads((Path(__file__).parent / "sql_metrics.json").read_text(encoding="utf-8"))
#: Accepted texts count three times, so that enough mutants stay near what is allowed.
TEXTS = [
    entry["sql"]
    for entry in CORPUS
    for _ in range(3 if entry["verdict"] == "accept" else 1)
    if entry["sql"].strip() and len(entry["sql"]) < 600
]
TOKEN = re.compile(r"\w+|\s+|.", re.DOTALL)
PIECES = [*"().,;*='\"$[]?→≥\0é", "--", "/*", "*/", "::", "->", "||", "SELECT", "FROM", "events", "properties"]
PIECES += ["WITH", "UNION", "read_csv", "random()", "LIMIT", "OVER (", "CASE", "END", "NULL", "0", "1e9", "LATERAL"]
PIECES += ["JOIN", "ON", "customer_id", "DISTINCT", "FILTER (WHERE", "IN", "SET", "WHERE", "GROUP BY", "MAX("]
#: Calls the compiler itself writes; each is defined in DuckDB or in engine/executors/macros.sql.
CALLS = {
    "TO_DECIMAL", "TO_WHOLE", "EXACT_DIVIDE", "PLAIN_TEXT", "EXACT_PERCENTILE_CONT", "EXACT_PERCENTILE_DISC", "ROW",
    "DATE_TRUNC", "DATE_PART", "DATE_DIFF", "CONCAT", "REGEXP_MATCHES", "REGEXP_EXTRACT", "REGEXP_REPLACE",
}  # fmt: skip


def mutant(chance: random.Random) -> str:
    """A text of the corpus with one to three of its tokens dropped, doubled, swapped or taken from elsewhere."""
    tokens = TOKEN.findall(chance.choice(TEXTS))
    for _ in range(chance.randint(1, 3)):
        at, other = chance.randrange(len(tokens)), TOKEN.findall(chance.choice(TEXTS))
        until = min(at + chance.randint(0, 3), len(tokens))
        start = chance.randrange(len(other))
        tokens[at:until] = chance.choice(
            (
                [f" {chance.choice(PIECES)} "],
                [],
                tokens[at:until] * 2,
                [" ", *other[start : start + chance.randint(1, 6)], " "],
                [chance.choice(other)],
            )
        )
        tokens = tokens or [" "]
    return "".join(tokens)


def check(text: str) -> bool:
    """Whether the text was accepted; fails when it was accepted with anything off the list."""
    try:
        query = parse_sql_metric(text)
    except CatalogError as error:
        assert error.problems
        return False
    for node in query.select.walk():
        assert type(node) in ALLOWED, (type(node), text)
        if isinstance(node, exp.Anonymous):
            assert node.this in CALLS, text
        if isinstance(node, exp.Table):
            assert node.name == "events" or node.name.startswith("m_"), text
            assert not node.db, text
        if isinstance(node, exp.Column):
            assert node.table.startswith("m_") or not node.table, text
            assert node.name != "customer_id" or not node.table.startswith("m_events"), text
    lower_numbers(query.select, {"a": NumberProfile(5, 3, 2, 1, 1)}, 1000)
    assert len(text.encode()) <= MAX_BYTES
    return True


def mutants(seed: int, count: int) -> int:
    chance = random.Random(seed)
    return sum(check(mutant(chance)) for _ in range(count))


def test_mutants_reach_nothing_off_the_list() -> None:
    # Enough must be accepted for the check of the accepted ones to mean something.
    assert mutants(1, 8_000) > 400


@pytest.mark.slow
def test_many_mutants_reach_nothing_off_the_list() -> None:
    assert mutants(2, 60_000) > 3_000
