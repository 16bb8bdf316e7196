"""Mistakes in the updates of products, and in `effective_from`: the exact words and places that a user gets.

Each case changes one passage of `WITH_METRICS`, which is `written.GOOD` with more metrics to change to.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.metrics.check import check_metrics
from tests.catalog.written import Mistake, good_with, loaded, said

WITH_METRICS = good_with(
    "products:\n",
    """\
  - name: peak
    aggregation_type: MAX
    aggregation_key: n
    property_filters: [{name: n, exists: true}, {name: model, exists: true}]
    group_keys: [[model]]
  - name: by model
    sql: SELECT COUNT(*) AS value, properties.model FROM events GROUP BY model
products:
""",
)
TAGS = "    tags: [llm]\n"
KEY = "aggregation_key: tokens\n"
SQL = "    sql: SELECT"


def updates(written: str) -> str:
    return f"{TAGS}    updates: {written}\n"


MISTAKES = (
    Mistake(
        "off the hour",
        TAGS,
        updates("[{starting_at: 2026-02-01T00:30:00Z, billable_metric: tokens}]"),
        "26:29: starting_at: 2026-02-01T00:30:00Z is not on the hour; prices change on full UTC hours only",
    ),
    Mistake(
        "by a microsecond off the hour",
        TAGS,
        updates("[{starting_at: 2026-02-01T00:59:59.999999Z, billable_metric: tokens}]"),
        "26:29: starting_at: 2026-02-01T00:59:59.999999Z is not on the hour; prices change on full UTC hours only",
    ),
    Mistake(
        "out of order",
        TAGS,
        updates(
            "\n      - {starting_at: 2026-03-01T00:00:00Z, billable_metric: tokens}"
            "\n      - {starting_at: 2026-02-01T00:00:00Z, billable_metric: tokens}"
        ),
        "28:23: 2026-02-01T00:00:00Z does not come after the update before it; give the updates in the order of "
        "their times",
    ),
    Mistake(
        "the same time twice, in two zones",
        TAGS,
        updates(
            "\n      - {starting_at: 2026-03-01T00:00:00Z, billable_metric: tokens}"
            "\n      - {starting_at: 2026-03-01T02:00:00+02:00, billable_metric: tokens}"
        ),
        "28:23: 2026-03-01T00:00:00Z does not come after the update before it; give the updates in the order of "
        "their times",
    ),
    Mistake(
        "only the third is out of order",
        TAGS,
        updates(
            "\n      - {starting_at: 2026-03-01T00:00:00Z, billable_metric: tokens}"
            "\n      - {starting_at: 2026-05-01T00:00:00Z, billable_metric: tokens}"
            "\n      - {starting_at: 2026-04-01T00:00:00Z, billable_metric: tokens}"
        ),
        "29:23: 2026-04-01T00:00:00Z does not come after the update before it; give the updates in the order of "
        "their times",
    ),
    Mistake(
        "unknown metric by name",
        TAGS,
        updates("[{starting_at: 2026-03-01T00:00:00Z, billable_metric: tokns}]"),
        "26:68: unknown billable metric 'tokns'; did you mean 'tokens'?",
    ),
    Mistake(
        "unknown metric by id in the second update",
        TAGS,
        updates(
            "\n      - {starting_at: 2026-03-01T00:00:00Z, billable_metric: tokens}"
            "\n      - {starting_at: 2026-04-01T00:00:00Z, billable_metric_id: by_model}"
        ),
        "28:65: unknown billable metric 'by_model'; did you mean 'by model'?",
    ),
    Mistake(
        "metric by name and by id",
        TAGS,
        updates("[{starting_at: 2026-03-01T00:00:00Z, billable_metric_id: tokens, billable_metric: tokens}]"),
        "26:79: billable_metric_id and billable_metric are both given; keep one of them",
    ),
    Mistake(
        "no metric",
        TAGS,
        updates("[{starting_at: 2026-03-01T00:00:00Z}]"),
        "26:15: missing key 'billable_metric_id'; add it",
    ),
    Mistake(
        "no time",
        TAGS,
        updates("[{billable_metric: tokens}]"),
        "26:15: missing key 'starting_at'; add it",
    ),
    Mistake(
        "time that is none",
        TAGS,
        updates("[{starting_at: noon, billable_metric: tokens}]"),
        "26:29: starting_at: 'noon' is not an RFC 3339 timestamp such as 2026-10-01T00:00:00Z",
    ),
    Mistake(
        "no list",
        TAGS,
        updates("{starting_at: 2026-03-01T00:00:00Z, billable_metric: tokens}"),
        "26:14: updates: expected a list, found a mapping",
    ),
    Mistake(
        "list of names",
        TAGS,
        updates("[tokens]"),
        "26:15: updates: expected a mapping, found the text 'tokens'",
    ),
    Mistake(
        "unknown key",
        TAGS,
        updates("[{starting_at: 2026-03-01T00:00:00Z, billable_metric: tokens, conversion: 3}]"),
        "26:76: unknown key 'conversion'; known: 'billable_metric', 'billable_metric_id', 'starting_at'",
    ),
    Mistake(
        "misspelt key",
        TAGS,
        updates("[{starting_on: 2026-03-01T00:00:00Z, billable_metric: tokens}]"),
        "26:15: missing key 'starting_at'; add it",
        "26:16: unknown key 'starting_on'; did you mean 'starting_at'?",
    ),
    Mistake(
        "what else may be updated in Metronome",
        TAGS,
        updates(
            "\n      - starting_at: 2026-03-01T00:00:00Z"
            "\n        billable_metric: tokens"
            "\n        name: Words"
            "\n        tags: [words]"
            "\n        quantity_rounding: {rounding_method: ROUND_UP}"
            "\n        quantity_conversion: {conversion_factor: 2, operation: MULTIPLY}"
            "\n        pricing_group_key: [model]"
            "\n        presentation_group_key: [user_id]"
        ),
        "29:9: duckbill does not bill name yet; remove it",
        "30:9: duckbill does not bill tags yet; remove it",
        "31:9: duckbill does not bill quantity_rounding yet; remove it",
        "32:9: duckbill does not bill quantity_conversion yet; remove it",
        "33:9: duckbill does not bill pricing_group_key yet; remove it",
        "34:9: duckbill does not bill presentation_group_key yet; remove it",
    ),
    Mistake(
        "of a product that is not metered",
        "    type: FIXED\n",
        "    type: FIXED\n    updates: [{starting_at: 2026-03-01T00:00:00Z, billable_metric: tokens}]\n",
        "28:14: only a USAGE product takes updates; remove them",
    ),
    Mistake(
        "the product's keys are not in a group key of the new metric",
        TAGS,
        updates(
            "\n      - {starting_at: 2026-03-01T00:00:00Z, billable_metric: tokens}"
            "\n      - {starting_at: 2026-04-01T00:00:00Z, billable_metric: peak}"
        ),
        "28:9: no group key of metric 'peak' holds model, user_id together; give the metric group_keys: "
        "[[model, user_id]]",
    ),
    Mistake(
        "effective_from that is no time",
        KEY,
        f"{KEY}    effective_from: soon\n",
        "5:21: effective_from: 'soon' is not an RFC 3339 timestamp such as 2026-10-01T00:00:00Z",
    ),
    Mistake(
        "effective_from that is a day",
        KEY,
        f"{KEY}    effective_from: 2026-03-01\n",
        "5:21: effective_from: '2026-03-01' is not an RFC 3339 timestamp such as 2026-10-01T00:00:00Z",
    ),
    Mistake(
        "effective_from that is a number",
        KEY,
        f"{KEY}    effective_from: 3\n",
        "5:21: effective_from: expected a time, found the number 3; write it like 2026-10-01T00:00:00Z",
    ),
    Mistake(
        "effective_from of a SQL metric",
        SQL,
        f"    effective_from: 2026-03-01T00:00:00Z\n{SQL}",
        "17:21: a SQL metric takes no effective_from; remove effective_from, or sql",
    ),
    Mistake(
        "misspelt effective_from",
        KEY,
        f"{KEY}    effective_form: 2026-03-01T00:00:00Z\n",
        "5:5: unknown key 'effective_form'; did you mean 'effective_from'?",
    ),
)

#: What is no mistake: a metric may take over from itself, in any unit of time down to the microsecond it may begin
#: to count, and a null says as little as a key left out.
ACCEPTED = {
    "updates": (TAGS, updates("[{starting_at: 2026-03-01T01:00:00+01:00, billable_metric: tokens, updated_at: x}]")),
    "no updates": (TAGS, updates("[]")),
    "null": (TAGS, updates("null")),
    "effective_from off the hour": (KEY, f"{KEY}    effective_from: 2026-03-01T00:00:00.000001Z\n"),
}


def changed(old: str, new: str) -> dict[str, str]:
    assert WITH_METRICS.count(old) == 1
    return {"catalog/c.yml": WITH_METRICS.replace(old, new)}


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Mistake) -> None:
    expected = [f"catalog/c.yml:{problem}" for problem in mistake.problems]
    assert said(tmp_path, changed(mistake.old, mistake.new)) == expected


@pytest.mark.parametrize("title", ACCEPTED)
def test_what_is_no_mistake(tmp_path: Path, title: str) -> None:
    assert said(tmp_path, changed(*ACCEPTED[title])) == []


def test_the_new_metric_is_a_sql_metric_without_the_products_column(tmp_path: Path) -> None:
    """What a SQL metric returns is known once it is read; the place is the text of the metric."""
    update = updates("[{starting_at: 2026-03-01T00:00:00Z, billable_metric: by model}]")
    assert [str(each) for each in check_metrics(loaded(tmp_path, changed(TAGS, update)))] == [
        "catalog/c.yml:17:10: SQL metric 'by model' returns no column 'user_id', by which product 'Tokens' is grouped; "
        "known: 'model'"
    ]
