"""DuckDB's own parser agrees with the guard on everything the compiler writes, and refuses alone what the guard is
not asked about."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import duckdb
import pytest

from engine.catalog.load import load_catalog
from engine.errors import DuckbillError, UserError
from engine.executors import second_opinion as module
from engine.executors.connection import EngineSettings, connect
from engine.executors.second_opinion import METER_RELATIONS, compiled_surface, findings, second_opinion
from engine.metrics.meter import compile_meter, plan_meters
from engine.metrics.optimisations import Optimisations
from engine.metrics.scope import PropertyStore, Scope
from engine.metrics.sql import parse_sql_metric
from engine.values.numbers import NumberProfile
from tests.metrics.every_part import EVERY_PART
from tests.metrics.test_corpus import CORPUS, expected
from tests.metrics.test_lateral_equals_loop import TEXTS

ROOT = Path(__file__).parent.parent.parent
ACCEPTED = [*EVERY_PART, *TEXTS, *(entry["sql"] for entry in CORPUS if expected(entry) == "accept")]
QUERIES = [parse_sql_metric(text) for text in ACCEPTED]


class Everywhere(dict[str, NumberProfile]):
    """The same profile for every property."""

    def __init__(self, profile: NumberProfile) -> None:
        super().__init__()
        self.profile = profile

    def get(self, key: str, default: object = None) -> NumberProfile:
        return self.profile


PROFILES: Mapping[str, Mapping[str, NumberProfile]] = {
    "no such property": {},
    "plain": Everywhere(NumberProfile(5, 3, 2, in_struct=True)),
    "junk": Everywhere(NumberProfile(5, 3, 2, 1, 1, in_struct=True, in_other=True)),
    "as wide as can be": Everywhere(NumberProfile(5, 26, 12, 1, in_other=True)),
}


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    return connect(EngineSettings(threads=1), tmp_path_factory.mktemp("spill"))


@pytest.mark.parametrize("profiles", PROFILES.values(), ids=PROFILES)
def test_what_the_compiler_writes_passes(con: duckdb.DuckDBPyConnection, profiles: Mapping[str, NumberProfile]) -> None:
    passed = 0
    scope = Scope(PropertyStore(profiles))
    for query in QUERIES:
        try:
            compiled = compile_meter(query, query.group_columns[:1], scope, 1000)
        except UserError:
            continue  # too many digits for these digits: nothing to run
        second_opinion(con, compiled.sql("duckdb"), METER_RELATIONS)
        passed += 1
    assert passed >= len(QUERIES) - 25


def bundled(profiles: Mapping[str, NumberProfile]) -> Iterator[tuple[str, str]]:
    """Every reading of every bundled workspace, with the name of its first metric."""
    for folder in sorted(ROOT.glob("fixtures/*/catalog")):
        own = (folder.parent / "metrics_sql").exists()
        catalog = load_catalog(folder.parent, extra_metric_dirs=() if own else (ROOT / "metrics_sql",))
        products = [product for product in catalog.products if product.billable_metric_id is not None]
        for scope in (Scope(PropertyStore(profiles)), Scope(PropertyStore(profiles), ("region",))):
            for reading in plan_meters(catalog, products, scope, 1000, Optimisations()).readings:
                yield reading.meters[0].metric.name, reading.query.sql("duckdb")


@pytest.mark.parametrize("profiles", [{}, PROFILES["junk"]], ids=["no such property", "junk"])
def test_readings_of_bundled_workspaces_pass(
    con: duckdb.DuckDBPyConnection, profiles: Mapping[str, NumberProfile]
) -> None:
    names = set()
    for name, sql in bundled(profiles):
        second_opinion(con, sql, METER_RELATIONS)
        names.add(name)
    assert len(names) > 5


#: SQL that no guard has seen, and what of it DuckDB's parser must name.
HOSTILE = [
    ("SELECT x.a FROM read_csv('/etc/passwd') AS x", "TABLE_FUNCTION node (read_csv)"),
    ("SELECT x.a FROM '/etc/passwd' AS x", "the table '/etc/passwd'"),
    ("SELECT x.a FROM query('SELECT 1') AS x", "(query)"),
    ("SELECT x.a FROM query_table('customers') AS x", "(query_table)"),
    ("SELECT x.a FROM json_execute_serialized_sql('{}') AS x", "(json_execute_serialized_sql)"),
    ("SELECT x.a FROM pragma_table_info('windows') AS x", "(pragma_table_info)"),
    ("SELECT x.a FROM duckdb_settings() AS x", "(duckdb_settings)"),
    ("SELECT x.a FROM range(1000000000) AS x", "(range)"),
    ("SELECT x.a FROM unnest([1]) AS x", "(unnest)"),
    ("SELECT x.a FROM other.events AS x", "the qualified name 'other.events'"),
    ("SELECT x.a FROM other.main.windows AS x", "the qualified name 'other.main.windows'"),
    ("SELECT x.a FROM customers AS x", "the table 'customers'"),
    ("SELECT x.a FROM WINDOWS AS x", "the table 'WINDOWS'"),
    ("SELECT x.a FROM information_schema.tables AS x", "information_schema"),
    ("SELECT getenv('HOME') AS value", "the function 'getenv'"),
    ("SELECT getvariable('x') AS value", "the function 'getvariable'"),
    ("SELECT current_setting('threads') AS value", "the function 'current_setting'"),
    ("SELECT random() AS value", "the function 'random'"),
    ("SELECT now() AS value", "the function 'now'"),
    ("SELECT main.sum(w.window_id) AS value FROM windows AS w", "the qualified name 'main.sum'"),
    ("SELECT repeat('x', 1000000000) AS value", "the function 'repeat'"),
    ("SELECT string_agg(w.window_id, '') AS value FROM windows AS w", "the function 'string_agg'"),
    ("SELECT random() OVER () AS value FROM windows AS w", "the function 'random'"),
    ("SELECT current_date AS value", "the name 'current_date' without a relation"),
    ("SELECT current_user AS value", "the name 'current_user' without a relation"),
    ("SELECT CAST(w.window_id AS DOUBLE) AS value FROM windows AS w", "a conversion to DOUBLE"),
    ("SELECT CAST(w.window_id AS FLOAT) AS value FROM windows AS w", "the type 'FLOAT'"),
    ("SELECT 1e3 AS value", "kind"),
    ("SELECT $1 AS value", "VALUE_PARAMETER"),
    ("SELECT * FROM windows AS w", "STAR"),
    ("SELECT COLUMNS('a') FROM windows AS w", "STAR"),
    ("SELECT list_transform([w.a], lambda x: x.b) AS value FROM windows AS w", "LAMBDA"),
    ("SELECT w.a FROM windows AS w USING SAMPLE 10%", "sample"),
    ("SELECT w.a FROM windows AS w TABLESAMPLE reservoir(10)", "sample"),
    ("SELECT w.a FROM windows AS w LIMIT 10%", "limit_type"),
    ("SELECT DISTINCT ON (w.a) w.a FROM windows AS w", "distinct_on_targets"),
    ("SELECT w.a FROM windows AS w NATURAL JOIN alias_windows AS a", "ref_type 'NATURAL'"),
    ("SELECT w.a FROM windows AS w POSITIONAL JOIN alias_windows AS a", "ref_type 'POSITIONAL'"),
    ("SELECT w.a FROM windows AS w SEMI JOIN alias_windows AS a ON w.a = a.a", "join_type 'SEMI'"),
    ("SELECT windows.a FROM windows AT (VERSION => 1)", "at_clause"),
    ("SELECT first(w.a IGNORE NULLS) OVER () AS value FROM windows AS w", "ignore_nulls"),
    ("WITH x AS (COPY (SELECT 1) TO 'stolen.csv') SELECT 1 AS value", "COPY_QUERY_NODE node (stolen.csv)"),
    ("WITH x AS (DELETE FROM windows RETURNING *) SELECT x.a FROM x", "DELETE"),
    ("WITH x AS (INSERT INTO windows VALUES (1) RETURNING *) SELECT x.a FROM x", "INSERT"),
    ("WITH x AS (UPDATE windows SET a = 1 RETURNING *) SELECT x.a FROM x", "UPDATE"),
    ("WITH RECURSIVE x AS (SELECT 1 AS a UNION ALL SELECT x.a FROM x) SELECT x.a FROM x", "RECURSIVE_CTE_NODE"),
    ("WITH x AS (SELECT y.a FROM y), y AS (SELECT 1 AS a) SELECT x.a FROM x", "the table 'y'"),
    ("SELECT s.a FROM (WITH y AS (SELECT 1 AS a) SELECT y.a FROM y) AS s, y", "the table 'y'"),
    ("WITH x AS (SELECT x.a FROM x) SELECT x.a FROM x", "the table 'x'"),
    ("SELECT (SELECT max(o.a) FROM other AS o) AS value", "the table 'other'"),
    ("SELECT 1 AS value WHERE EXISTS (FROM other AS o)", "the table 'other'"),
    ("SELECT count(*) FILTER (WHERE getenv('a') = 'b') AS value FROM windows AS w", "the function 'getenv'"),
    ("SELECT sum(w.a ORDER BY random()) AS value FROM windows AS w", "the function 'random'"),
    ("SELECT w.a FROM windows AS w ORDER BY random()", "the function 'random'"),
    ("SELECT w.a FROM windows AS w LIMIT (SELECT max(o.a) FROM other AS o)", "the table 'other'"),
    ("SELECT w.a FROM windows AS w GROUP BY GROUPING SETS ((w.a), getenv('a'))", "the function 'getenv'"),
    ("SELECT w.a FROM windows AS w JOIN alias_windows AS a ON getenv('a') = w.a", "the function 'getenv'"),
    ("VALUES (1)", "EXPRESSION_LIST"),
    ("DESCRIBE windows", "SHOW_REF"),
    ("SHOW TABLES", "SHOW_REF"),
    ("FROM windows", "STAR"),
    ("SELECT 1 AS value; SELECT 2 AS value", "2 statements"),
    ("", "0 statements"),
    ("SELECT", "no single SELECT"),
    ("PIVOT windows ON a USING sum(b)", "no single SELECT"),
    ("ATTACH 'x.db'", "no single SELECT"),
    ("INSTALL httpfs", "no single SELECT"),
    ("SET threads = 1", "no single SELECT"),
    ("COPY windows TO 'x.csv'", "no single SELECT"),
    ("CREATE TABLE x AS SELECT 1", "no single SELECT"),
    ("SELECT 1 INTO x", "no single SELECT"),
]


_SCOPED = (
    "SELECT w.window_id, m.value FROM windows AS w, LATERAL (SELECT sum(e.n) AS value FROM {} WHERE e.n > 1{}) AS m"
)
_JOINED = "event_files AS e JOIN alias_windows AS a ON a.alias = e.customer_id"


def test_events_of_another_customer_or_window_are_out_of_reach(con: duckdb.DuckDBPyConnection) -> None:
    inside = " AND a.window_id = w.window_id"
    assert findings(con, _SCOPED.format(_JOINED, inside), METER_RELATIONS) == ()
    for source, condition in (
        ("event_files AS e", ""),
        ("event_files AS e, windows AS a", inside),
        (_JOINED, ""),
        (_JOINED, " AND (a.window_id = w.window_id OR 1 = 1)"),
        (_JOINED, " AND NOT a.window_id = w.window_id"),
        (_JOINED, " AND a.window_id = a.window_id"),
        (_JOINED.replace("e.customer_id", "a.alias"), inside),
        (_JOINED.replace(" JOIN", " LEFT JOIN"), inside),
        (_JOINED + ", event_files AS f", inside),
        (_JOINED.replace("event_files AS e", "event_files AS e, event_files AS f"), inside),
        ("event_files AS e, (SELECT a.alias, a.window_id FROM alias_windows AS a) AS a", inside),
    ):
        found = findings(con, _SCOPED.format(source, condition), METER_RELATIONS)
        assert any("a SELECT that may see events of other customers or windows" in each for each in found), source


@pytest.mark.parametrize(("sql", "found"), HOSTILE, ids=[sql[:60] or "nothing" for sql, _ in HOSTILE])
def test_it_refuses_alone(con: duckdb.DuckDBPyConnection, sql: str, found: str) -> None:
    with pytest.raises(DuckbillError) as caught:
        second_opinion(con, sql, METER_RELATIONS)
    assert found in str(caught.value)
    assert "DuckDB's parser found" in str(caught.value)
    assert not isinstance(caught.value, UserError)


def test_the_message_shows_the_place(con: duckdb.DuckDBPyConnection) -> None:
    sql = "SELECT 'ü' AS a, read_secrets(w.a) AS value FROM windows AS w"
    assert findings(con, sql, METER_RELATIONS) == (
        "the function 'read_secrets' at byte 18 ('read_secrets(w.a) AS value FROM windows ')",
    )


def test_a_deep_text_is_refused_or_read_but_never_crashes(con: duckdb.DuckDBPyConnection) -> None:
    deep = "(" * 500 + "getenv('a')" + ")" * 500
    assert findings(con, f"SELECT {deep} AS value", METER_RELATIONS)
    chained = " + ".join(["w.a"] * 900)
    assert findings(con, f"SELECT {chained} + getenv('a') AS value FROM windows AS w", METER_RELATIONS)


def test_it_shares_nothing_with_the_guard() -> None:
    assert module.__file__ is not None
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    names = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not [name for name in names if name and name.startswith(("sqlglot", "engine.metrics"))]


def test_the_macros_of_every_file_that_is_loaded_are_known(con: duckdb.DuckDBPyConnection) -> None:
    defined = con.execute(
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'macro' AND NOT internal"
    ).fetchall()
    assert {name for (name,) in defined} <= compiled_surface().functions
