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
        "nothing",
        TAGS,
        updates("[{starting_at: 2026-03-01T00:00:00Z}]"),
        "26:15: an update changes nothing; give it one of name, tags, billable_metric_id, quantity_conversion, "
        "quantity_rounding, pricing_group_key, presentation_group_key, composite_product_ids, composite_tags",
    ),
    Mistake(
        "only nulls",
        TAGS,
        updates("[{starting_at: 2026-03-01T00:00:00Z, name: null, billable_metric_id: ~}]"),
        "26:15: an update changes nothing; give it one of name, tags, billable_metric_id, quantity_conversion, "
        "quantity_rounding, pricing_group_key, presentation_group_key, composite_product_ids, composite_tags",
    ),
    Mistake(
        "conversion that is neither one nor none",
        TAGS,
        updates("[{starting_at: 2026-03-01T00:00:00Z, quantity_conversion: nil}]"),
        "26:72: quantity_conversion: expected a mapping, found the text 'nil'",
    ),
    Mistake(
        "half a conversion",
        TAGS,
        updates("[{starting_at: 2026-03-01T00:00:00Z, quantity_conversion: {conversion_factor: 0}}]"),
        "26:72: missing key 'operation'; add it",
    ),
    Mistake(
        "conversion by zero",
        TAGS,
        updates(
            "\n      - starting_at: 2026-03-01T00:00:00Z"
            "\n        quantity_conversion: {conversion_factor: 0, operation: divide}"
        ),
        "28:50: conversion_factor must be greater than 0",
    ),
    Mistake(
        "a key twice",
        TAGS,
        updates("[{starting_at: 2026-03-01T00:00:00Z, pricing_group_key: [model, model]}]"),
        "26:70: pricing_group_key names a property twice; name it once",
    ),
    Mistake(
        "members of a product that has none",
        TAGS,
        updates("[{starting_at: 2026-03-01T00:00:00Z, composite_products: [Calls], composite_tags: []}]"),
        "26:71: only a COMPOSITE product takes composite_product_ids; remove it",
        "26:96: only a COMPOSITE product takes composite_tags; remove it",
    ),
    Mistake(
        "a new key that the metric does not group by",
        TAGS,
        updates(
            "\n      - {starting_at: 2026-03-01T00:00:00Z, name: Words}"
            "\n      - {starting_at: 2026-04-01T00:00:00Z, pricing_group_key: [region]}"
            "\n      - {starting_at: 2026-05-01T00:00:00Z, name: Tokens}"
        ),
        "28:64: no group key of metric 'tokens' holds region, user_id together; give the metric group_keys: "
        "[[region, user_id]]",
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
        "26:76: unknown key 'conversion'; did you mean 'quantity_conversion'?",
    ),
    Mistake(
        "misspelt key",
        TAGS,
        updates("[{starting_on: 2026-03-01T00:00:00Z, billable_metric: tokens}]"),
        "26:15: missing key 'starting_at'; add it",
        "26:16: unknown key 'starting_on'; did you mean 'starting_at'?",
    ),
    Mistake(
        "of a product that is not metered",
        "    type: FIXED\n",
        "    type: FIXED\n    updates: [{starting_at: 2026-03-01T00:00:00Z, billable_metric: tokens}]\n",
        "28:68: only a USAGE product takes billable_metric_id; remove it",
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


def test_a_rate_by_keys_that_the_product_has_at_no_time(tmp_path: Path) -> None:
    update = updates("[{starting_at: 2026-03-01T00:00:00Z, pricing_group_key: [user_id, model]}]")
    text = WITH_METRICS.replace(TAGS, update)
    both, one, unknown = (
        text.replace("{model: small}", each) for each in ("{user_id: a, model: b}", "{user_id: a}", "{}")
    )
    assert said(tmp_path, {"catalog/c.yml": both}) == []
    assert said(tmp_path, {"catalog/c.yml": unknown}) == []
    assert said(tmp_path, {"catalog/c.yml": one}) == [
        "catalog/c.yml:42:27: product 'Tokens' is at no time priced by user_id alone; give [model] or "
        "[user_id, model], or none"
    ]
    assert said(tmp_path, {"catalog/c.yml": text.replace("{model: small}", "{modle: a, user_id: b}")}) == [
        "catalog/c.yml:42:28: 'modle' is not a pricing_group_key of product 'Tokens'; did you mean 'model'?"
    ]


def test_the_new_metric_is_a_sql_metric_without_the_products_column(tmp_path: Path) -> None:
    """What a SQL metric returns is known once it is read; the place is the text of the metric."""
    update = updates("[{starting_at: 2026-03-01T00:00:00Z, billable_metric: by model}]")
    assert [str(each) for each in check_metrics(loaded(tmp_path, changed(TAGS, update)))] == [
        "catalog/c.yml:17:10: SQL metric 'by model' returns no column 'user_id', by which product 'Tokens' is grouped; "
        "known: 'model'"
    ]
