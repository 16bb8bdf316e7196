"""Strict mode accepts the documented surface, whole, and names what is beyond it in an analyst's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.catalog.load import load_catalog
from engine.errors import CatalogError
from engine.metrics.check import check_metrics
from engine.metrics.sql import parse_sql_metric
from tests.metrics.every_part import EVERY_PART
from tests.metrics.test_documented_examples import COUNTED, STORAGE, UNIQUE

#: Every line of spec/metering.md §7.1, and the examples of §7.4.
DOCUMENTED = [
    *(STORAGE, COUNTED, UNIQUE),
    "SELECT count() AS value FROM events",
    *(
        f"SELECT {call} AS value FROM events"
        for call in (
            *("COUNT(*)", "COUNT(properties.a)", "COUNT(DISTINCT properties.a)", "count(distinct event_type)"),
            *("SUM(properties.n)", "MAX(properties.n)", "MIN(properties.n)", "AVG(properties.n)"),
            *("EARLIEST(properties.n)", "LATEST(properties.n)", "SUM(CAST(properties.field_name as INT))"),
            "SUM(properties.a + properties.b - properties.c * properties.d / 2)",
            *("SUM(-CAST(properties.a AS DECIMAL))", "ROUND(AVG(properties.a), 2)"),
            *("SUM(LEAST(properties.a, 5))", "MAX(GREATEST(properties.a, properties.b))"),
            *("CEIL(SUM(properties.a))", "FLOOR(SUM(properties.a))", "ROUND(SUM(properties.a))"),
            "SUM(CASE WHEN properties.a = 'x' THEN 1 WHEN properties.a IS NULL THEN 2 ELSE 0 END)",
            "SUM(properties.num_recipients * properties.size)",
        )
    ),
    *(
        f"SELECT COUNT(*) AS value FROM events WHERE {condition}"
        for condition in (
            *("event_type = 'a' AND NOT properties.b = 'c'", "properties.a IS NULL OR properties.b IS NOT NULL"),
            *("properties.a IN ('x', 'y')", "properties.a NOT IN ('x')", "properties.a != 'x'"),
            *("timestamp ≥ '2026-03-01' AND timestamp < '2026-04-01T00:00:00Z'", "CAST(properties.n AS DECIMAL) ≤ 5"),
        )
    ),
    *(
        f"SELECT SUM(m) AS value FROM (SELECT DATE_TRUNC('{unit}', timestamp) AS t, MAX(properties.n) AS m "
        "FROM events GROUP BY t)"
        for unit in ("hour", "day")
    ),
]


@pytest.mark.parametrize("text", DOCUMENTED)
def test_what_is_documented_is_accepted(text: str) -> None:
    assert parse_sql_metric(text, strict=True) == parse_sql_metric(text)


#: What strict mode calls the parts that have no name of their own in the text of a metric.
PHRASES = {
    *("a window function (OVER)", "a join", "a sub-query outside FROM", "FILTER (WHERE …)", "IN (SELECT …)"),
    *("SELECT DISTINCT", "DISTINCT in any aggregate but COUNT", "CASE x WHEN …", "IS TRUE or IS FALSE", "GROUP BY ALL"),
    *("TRUE or FALSE as a value", "date arithmetic (INTERVAL)", "DATE_TRUNC by other than hour or day"),
    *("DATE_TRUNC of anything but timestamp", "IS DISTINCT FROM", "IS NOT DISTINCT FROM", "WITHIN GROUP", "ORDER BY"),
}


def test_every_other_part_is_refused_by_the_name_an_analyst_knows() -> None:
    refused = 0
    for text in EVERY_PART:
        try:
            parse_sql_metric(text, strict=True)
        except CatalogError as error:
            refused += 1
            for problem in error.problems:
                name = problem.what.removesuffix(" is not portable")
                assert name in PHRASES or name.removesuffix("(…)") in text, (name, text)
                assert problem.remedy.startswith("Metronome does not document it; "), text
    assert refused > len(EVERY_PART) // 2


@pytest.mark.parametrize("strict", [False, True])
def test_a_catalog_is_checked_strictly_on_request(tmp_path: Path, strict: bool) -> None:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "metrics.yml").write_text(
        "billable_metrics:\n"
        "  - name: odd\n"
        "    sql: |\n"
        "      SELECT COUNT(*) AS value\n"
        "      FROM events HAVING COUNT(*) > 1\n",
        encoding="utf-8",
    )
    found = [str(problem) for problem in check_metrics(load_catalog(tmp_path), strict)]
    message = (
        "catalog/metrics.yml:5:19: HAVING is not portable; Metronome does not document it; "
        "filter in an outer SELECT … WHERE"
    )
    assert found == ([message] if strict else [])
