"""The order of the stages is a promise about their dependencies."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlglot import exp, parse_one

from engine.rating import pipeline
from engine.rating.pipeline import CHECKS, INPUTS, STAGES, STATEMENTS, Stage, check_sql

FOLDER = Path(pipeline.__file__).parent


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
    read = {name for stage in STAGES for name in stage.reads}
    finished = {"line_items", "invoices", "unrated", "not_entitled", "parked"}
    for_metering = {"meter_windows", "shared_windows"}
    assert {stage.name for stage in STAGES} - read - finished - for_metering == set()


def test_what_a_stage_frees_is_a_table_that_nothing_reads_later() -> None:
    views = {stage.name: stage.reads for stage in STAGES if stage.is_view}
    freed: set[str] = set()
    for stage in STAGES:
        read = stage.reads.union(*(views.get(name, frozenset()) for name in stage.reads))
        assert not freed & read, f"{stage.name} reads {sorted(freed & read)}"
        freed |= set(stage.frees)
    assert freed <= {"metered"} | {stage.name for stage in STAGES} - set(views) - {each.name for each in STATEMENTS}
    assert not freed & {
        table.name for name in CHECKS for table in parse_one(check_sql(name), read="duckdb").find_all(exp.Table)
    }


def test_every_check_file_is_run() -> None:
    assert {path.stem for path in (FOLDER / "checks").glob("*.sql")} == set(CHECKS)
    assert all(check_sql(name).startswith("-- ") for name in CHECKS)


def test_own_common_table_expressions_are_not_dependencies() -> None:
    assert "boundaries" not in Stage("statement_windows", ()).reads
    assert Stage("statement_windows", ()).reads == {"contracts", "billing_period"}
