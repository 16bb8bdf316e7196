"""What authors of metrics read agrees with the code: decimal places, bounds, and the functions there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.metrics.bounds import MAX_INTERVAL_YEARS, MAX_REPEATS
from engine.metrics.function_list import FUNCTIONS
from engine.metrics.sql import parse_sql_metric
from engine.values.numbers import QUOTIENT_PLACES

ROOT = Path(__file__).parents[2]
FOR_AUTHORS = ROOT / "metrics_sql" / "README.md"
LANGUAGE = ROOT / "engine" / "metrics" / "README.md"
DECISIONS = Path(__file__).parent / "policy_decisions.md"
PLACES = re.compile(r"(\d+)(?:st|nd|rd|th)? decimal places?")


@pytest.mark.parametrize("page", [FOR_AUTHORS, LANGUAGE, ROOT / "engine" / "metrics" / "placeholders.py"])
def test_quotients_have_the_places_that_the_text_says(page: Path) -> None:
    assert {int(places) for places in PLACES.findall(page.read_text(encoding="utf-8"))} == {QUOTIENT_PLACES}


def test_bounds_are_those_of_the_code() -> None:
    for page in (LANGUAGE, DECISIONS):
        assert f"{MAX_INTERVAL_YEARS:,} years together" in page.read_text(encoding="utf-8")
    assert f"more than {MAX_REPEATS} deep" in DECISIONS.read_text(encoding="utf-8")


def test_the_language_names_every_function() -> None:
    language = LANGUAGE.read_text(encoding="utf-8").partition("## The language")[2]
    words = set(re.findall(r"[A-Z_]+", language)) | {"PERCENTILE_CONT", "PERCENTILE_DISC", "QUARTER", "MONTH", "WEEK"}
    assert {each.name for each in FUNCTIONS} <= words | {"DAY", "HOUR", "MINUTE"}


def test_the_expressions_shown_to_authors_are_accepted() -> None:
    shown = re.findall(r"`((?:SUM|LEAST|COALESCE)\(.*?\))`", FOR_AUTHORS.read_text(encoding="utf-8"))
    assert len(shown) == 3
    for expression in shown:
        parse_sql_metric(f"SELECT MAX(x) AS value FROM (SELECT {expression} AS x FROM events) t")
