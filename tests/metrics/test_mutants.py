"""Texts mutated at random: a metric is refused with CatalogError, or it holds nothing but listed parts.

What is accepted is judged three times: by its tree, by DuckDB's own parser, and, a sample of it, by running it where
nothing but a table of events can be reached.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import duckdb
import pytest
from sqlglot import exp

from engine.errors import CatalogError
from engine.executors.connection import EngineSettings, connect
from engine.executors.second_opinion import METER_RELATIONS, findings
from engine.metrics.guard import ALLOWED
from engine.metrics.meter import compile_meter
from engine.metrics.query import MetricQuery
from engine.metrics.scope import PropertyStore, Scope
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


#: A few events of two customers with two windows each, and properties of any name.
EVENTS = """
CREATE TABLE event_files AS
SELECT 't' || i AS transaction_id, 'c' || i % 3 AS customer_id,
    ['api_request', 'storage_heartbeat', 'a'][i % 3 + 1] AS event_type,
    TIMESTAMP '2026-03-01' + INTERVAL 7 HOUR * i AS timestamp, TIMESTAMP '2026-04-01' AS ingested_at,
    MAP(['a', 'b', 'n', 'region', 'user_id', 'bytes', 'size', 'tier', 'seats', 'storage_used'],
        [i::VARCHAR, '2.5', 'x', ['us', 'eu'][i % 2 + 1], 'u1', '1e1', NULL, '{"a": 1}', '07', '9']) AS other_properties
FROM range(12) AS r(i);
CREATE TABLE windows AS SELECT * FROM (VALUES (1, 'c0'), (2, 'c1')) AS w(window_id, customer_id);
CREATE TABLE alias_windows AS
SELECT customer_id AS alias, window_id, TIMESTAMP '2026-03-01' AS starting_at, TIMESTAMP '2026-04-01' AS ending_before
FROM windows;
CREATE TABLE customers AS SELECT 'not for metrics' AS customer_id;
"""


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


def check(text: str) -> MetricQuery | None:
    """The metric when the text was accepted; fails when it was accepted with anything off the list."""
    try:
        query = parse_sql_metric(text)
    except CatalogError as error:
        assert error.problems
        return None
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
    assert len(text.encode()) <= MAX_BYTES
    return query


class Everywhere(dict[str, NumberProfile]):
    """The same profile for every property: mutants read properties of all names."""

    def get(self, key: str, default: object = None) -> NumberProfile:
        return NumberProfile(5, 3, 2, 1, 1, in_other=True)


class Cage:
    """A connection that holds a handful of events and can reach nothing else."""

    def __init__(self, spill: Path) -> None:
        self.connection = connect(EngineSettings(memory_limit="256MiB", threads=1), spill)
        self.connection.execute(EVENTS)
        self.connection.execute("SET enable_external_access = false; SET lock_configuration = true")
        self.before = self.contents()
        self.scope = Scope(PropertyStore(Everywhere()))

    def contents(self) -> list[tuple[object, ...]]:
        """Everything that is on the connection: every relation with its rows, every macro, every setting."""
        tables = "SELECT table_name FROM duckdb_tables() ORDER BY ALL"
        found = list(self.connection.execute(tables).fetchall())
        for (name,) in list(found):
            found += self.connection.table(str(name)).order("ALL").fetchall()
        for listed in (
            "SELECT view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL",
            "SELECT function_name, macro_definition FROM duckdb_functions() WHERE NOT internal ORDER BY ALL",
            "SELECT name, value FROM duckdb_settings() ORDER BY ALL",
            "SELECT database_name FROM duckdb_databases() ORDER BY ALL",
        ):
            found += self.connection.execute(listed).fetchall()
        return found

    def judge(self, query: MetricQuery, text: str, *, run: bool) -> bool:
        """Fails when DuckDB's parser finds anything off the list; whether the metric ran, where it is to."""
        sql = compile_meter(query, query.group_columns[:1], self.scope, 1000).sql("duckdb")
        assert findings(self.connection, sql, METER_RELATIONS) == (), text
        if not run:
            return False
        try:
            rows = self.connection.execute(sql).fetchall()
        except (duckdb.InvalidInputException, duckdb.OutOfRangeException) as error:
            # What a metric may do to itself: divide by zero, outgrow 38 digits.
            assert "a metric " in str(error) or "Overflow" in str(error), (str(error), text)
            return False
        assert {row[0] for row in rows} <= {1, 2}, text
        return True


def mutants(seed: int, count: int, cage: Cage) -> tuple[int, int]:
    """How many of `count` mutants were accepted, and how many of those ran."""
    chance = random.Random(seed)
    accepted = ran = 0
    for _ in range(count):
        text = mutant(chance)
        query = check(text)
        if query is not None:
            accepted += 1
            ran += cage.judge(query, text, run=accepted % 3 == 0)
    assert cage.contents() == cage.before
    return accepted, ran


def test_mutants_reach_nothing_off_the_list(tmp_path: Path) -> None:
    accepted, ran = mutants(1, 8_000, Cage(tmp_path))
    # Enough must be accepted, and run, for the checks of the accepted ones to mean something.
    assert accepted > 400
    assert ran > 120


@pytest.mark.long
@pytest.mark.slow
def test_many_mutants_reach_nothing_off_the_list(tmp_path: Path) -> None:
    accepted, ran = mutants(2, 60_000, Cage(tmp_path))
    assert accepted > 3_000
    assert ran > 900
