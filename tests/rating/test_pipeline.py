"""The order of the stages is a promise about their dependencies."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlglot import exp, parse_one

from engine.billing import OUTPUTS
from engine.rating import pipeline
from engine.rating.pipeline import (
    CHECKS,
    CONVERSION,
    INPUTS,
    PRICING,
    SCHEDULING,
    STAGES,
    STATEMENTS,
    Stage,
    check_sql,
    pass_sql,
)

FOLDER = Path(pipeline.__file__).parent

PASSES = sorted(path.stem for path in (FOLDER / "passes").glob("*.sql"))


def tables_of(sql: str) -> set[str]:
    """The tables a query reads, other than its own common table expressions."""
    tree = parse_one(sql, read="duckdb")
    own = {cte.alias for cte in tree.find_all(exp.CTE)}
    return {table.name for table in tree.find_all(exp.Table)} - own


@pytest.mark.parametrize("at", range(len(STAGES)), ids=[stage.name for stage in STAGES])
def test_a_stage_reads_only_inputs_and_earlier_stages(at: int) -> None:
    known = set(INPUTS) | {stage.name for stage in STAGES[:at]}
    assert STAGES[at].reads <= known, f"reads {sorted(STAGES[at].reads - known)} before they exist"


def test_a_stage_in_the_wrong_place_is_noticed() -> None:
    line_items = next(stage for stage in STAGES if stage.name == "line_items")
    before = {stage.name for stage in STAGES[: STAGES.index(line_items) - 3]}
    assert not line_items.reads <= set(INPUTS) | before


def test_every_stage_file_is_in_the_order_and_every_stage_is_used() -> None:
    assert {path.stem for path in (FOLDER / "stages").glob("*.sql")} == {stage.name for stage in STAGES}
    read = {name for stage in STAGES for name in stage.reads}.union(*(tables_of(pass_sql(name)) for name in PASSES))
    for_metering = {"meter_windows", "shared_windows"}
    made = {stage.name for stage in STAGES if stage.into is None}
    assert made - read - set(OUTPUTS) - for_metering == set()


def test_a_stage_adds_only_to_a_table_that_stands_by_then() -> None:
    for at, stage in enumerate(STAGES):
        standing = set(INPUTS) | {earlier.name for earlier in STAGES[:at] if not earlier.is_view}
        standing -= {name for earlier in STAGES[:at] for name in earlier.frees}
        assert stage.into is None or stage.into in standing, stage.name


@pytest.mark.parametrize("name", PASSES)
def test_a_pass_of_the_drawing_reads_what_stands_when_custom_units_and_money_are_drawn(name: str) -> None:
    before = (*STATEMENTS, *SCHEDULING, *PRICING)
    read = tables_of(pass_sql(name))
    assert read <= set(INPUTS) | {stage.name for stage in before}
    assert not read & {freed for stage in (*before, *CONVERSION) for freed in stage.frees}


def test_what_a_stage_frees_is_a_table_that_nothing_reads_later() -> None:
    views = {stage.name: stage.reads for stage in STAGES if stage.is_view}
    freed: set[str] = set()
    for stage in STAGES:
        read = stage.reads.union(*(views.get(name, frozenset()) for name in stage.reads))
        assert not freed & read, f"{stage.name} reads {sorted(freed & read)}"
        freed |= set(stage.frees)
    assert freed <= {"metered"} | {stage.name for stage in STAGES} - set(views) - {each.name for each in STATEMENTS}
    assert not freed & set(OUTPUTS).union(*(tables_of(check_sql(name)) for name in CHECKS))


def test_every_check_file_is_run() -> None:
    assert {path.stem for path in (FOLDER / "checks").glob("*.sql")} == set(CHECKS)
    assert all(check_sql(name).startswith("-- ") for name in CHECKS)


def test_own_common_table_expressions_are_not_dependencies() -> None:
    assert "boundaries" not in Stage("statement_windows", ()).reads
    assert Stage("statement_windows", ()).reads == {"contracts", "billing_period"}
