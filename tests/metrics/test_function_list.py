"""The list of functions that authors read says what is accepted, and no less."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

import engine
from engine.errors import CatalogError
from engine.metrics.function_list import FUNCTIONS, NAMES, MetricFunction, nearest_function
from engine.metrics.guard import ALLOWED, MetricDialect
from engine.metrics.sql import parse_sql_metric

#: Where an expression may stand, whatever it gives.
PLACES = (
    "SELECT {} AS value FROM events",
    "SELECT COUNT(*) AS value FROM events WHERE {} IS NOT NULL",
    "SELECT COUNT(*) AS value FROM (SELECT {} AS x FROM events) t",
)
#: Functions to the parser that are operators or parts of a clause to an author.
OPERATORS = {exp.And, exp.Or, exp.Case, exp.Exists, exp.Filter}


def accepted(expression: str, *, strict: bool) -> bool:
    for place in PLACES:
        try:
            parse_sql_metric(place.format(expression), strict=strict)
        except CatalogError:
            continue
        return True
    return False


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_the_example_is_accepted_under_every_name(function: MetricFunction) -> None:
    assert f"{function.name}(" in function.example
    for name in (function.name, *function.also):
        assert accepted(function.example.replace(f"{function.name}(", f"{name}("), strict=False), name


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.name)
def test_what_is_marked_as_documented_is_what_strict_mode_accepts(function: MetricFunction) -> None:
    assert accepted(function.example, strict=True) == function.documented


def test_every_function_that_the_guard_lets_pass_is_listed() -> None:
    trees = [sqlglot.parse_one(f"SELECT {each.example}", read=MetricDialect) for each in FUNCTIONS]
    shown = {type(node) for tree in trees for node in tree.walk()}
    missing = {each for each in ALLOWED if issubclass(each, exp.Func)} - OPERATORS - shown
    # TRY_CAST, QUANTILE, and DATE_TRUNC of a day: other spellings of what is shown.
    assert missing == {exp.TryCast, exp.Quantile, exp.DateTrunc}
    assert {"LATEST", "EARLIEST", "DATE_PART"} <= NAMES


def test_names_are_given_once() -> None:
    names = [name for each in FUNCTIONS for name in (each.name, *each.also)]
    assert len(names) == len(set(names))
    assert all("\n" not in each.what for each in FUNCTIONS)


def test_the_nearest_name_comes_first_and_then_where_all_are() -> None:
    assert nearest_function("summ") == "did you mean 'SUM'? `duckbill functions` lists all that a metric may use"
    assert nearest_function("zzz") == "`duckbill functions` lists all that a metric may use"


def test_the_list_as_rows() -> None:
    rows = {row["name"]: row for row in engine.metric_functions()}
    assert len(rows) == len(FUNCTIONS)
    assert rows["LEAST"] == {
        "name": "LEAST",
        "kind": "number",
        "metronome": "documented",
        "example": "LEAST(CAST(properties.size AS DECIMAL), 5)",
        "what": "the smallest argument; NULL when any is NULL",
        "also": "",
    }
    assert rows["MEDIAN"]["metronome"] is None
