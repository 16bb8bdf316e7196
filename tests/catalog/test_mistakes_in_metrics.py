"""Mistakes in metrics and products: the exact words and places that a user gets.

Each case changes one passage of `written.GOOD`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.written import Mistake, good_with, said

MISTAKES = (
    Mistake(
        "unknown metric",
        "    billable_metric: tokens\n    pricing",
        "    billable_metric_id: tokns\n    pricing",
        "14:25: unknown billable metric 'tokns'; did you mean 'tokens'?",
    ),
    Mistake(
        "aggregation key not filtered",
        "aggregation_key: tokens",
        "aggregation_key: token",
        (
            "4:22: aggregation_key 'token' is not one of the property_filters; did you mean 'tokens'? or add "
            "{name: token, exists: true} to property_filters"
        ),
    ),
    Mistake(
        "no aggregation key",
        "    aggregation_key: tokens\n",
        "",
        "2:5: SUM needs an aggregation_key; name the property that it aggregates",
    ),
    Mistake(
        "COUNT with key",
        "aggregation_type: SUM",
        "aggregation_type: COUNT",
        "4:22: COUNT counts events and takes no aggregation_key; remove it",
    ),
    Mistake(
        "neither aggregation nor sql",
        "    aggregation_type: SUM\n",
        "",
        "2:5: neither aggregation_type nor sql is given; a metric needs one of them",
    ),
    Mistake(
        "group key not filtered",
        "group_keys: [[model, user_id]]",
        "group_keys: [[model, user_id, region]]",
        (
            "10:35: group key 'region' has no property filter with exists: true or in_values; add {name: "
            "region, exists: true} to property_filters"
        ),
    ),
    Mistake(
        "group key filter without presence",
        "{name: model, exists: true}",
        "{name: model}",
        (
            "10:19: group key 'model' has no property filter with exists: true or in_values; add {name: model, "
            "exists: true} to property_filters"
        ),
    ),
    Mistake(
        "SQL and declaration",
        "    aggregation_type: SUM\n",
        "    sql: SELECT 1\n",
        "4:22: a SQL metric takes no aggregation_key; remove aggregation_key, or sql",
        "5:24: a SQL metric takes no event_type_filter; remove event_type_filter, or sql",
        "7:7: a SQL metric takes no property_filters; remove property_filters, or sql",
    ),
    Mistake(
        "empty in_values",
        "{in_values: [call]}",
        "{in_values: []}",
        "5:36: in_values is empty, so no event would count; leave it out or fill it",
    ),
    Mistake(
        "keys not in one group key",
        "group_keys: [[model, user_id]]",
        "group_keys: [[model], [user_id]]",
        (
            "15:24: no group key of metric 'tokens' holds model, user_id together; give the metric group_keys: "
            "[[model, user_id]]"
        ),
    ),
    Mistake(
        "usage product without metric",
        "    billable_metric: tokens\n    pricing",
        "    pricing",
        "12:5: a USAGE product needs a metric; give billable_metric or billable_metric_id",
    ),
    Mistake(
        "metric on a fixed product",
        "    type: FIXED\n",
        "    type: FIXED\n    billable_metric: tokens\n",
        "21:22: only a USAGE product takes billable_metric_id; remove it",
    ),
    Mistake(
        "factor zero",
        "conversion_factor: 1000",
        "conversion_factor: 0",
        "17:46: conversion_factor must be greater than 0",
    ),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Mistake) -> None:
    expected = [f"catalog/c.yml:{problem}" for problem in mistake.problems]
    assert said(tmp_path, {"catalog/c.yml": good_with(mistake.old, mistake.new)}) == expected
