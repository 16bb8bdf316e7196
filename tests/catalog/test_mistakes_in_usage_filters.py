"""Mistakes in the usage filters of contracts: the exact words and places that a user gets.

Each case changes one passage of `written.GOOD`. A contract has one filter, or a list of them: of one filter the place
is where it begins.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.written import GOOD, Mistake, good_with, loaded, said

SCHEDULE = "    usage_statement_schedule: {frequency: MONTHLY}\n"


def filters(written: str) -> str:
    return f"{SCHEDULE}    usage_filter: {written}\n"


MISTAKES = (
    Mistake(
        "off the hour",
        SCHEDULE,
        filters("[{group_key: user_id, group_values: [a], starting_at: 2026-03-01T00:00:30Z}]"),
        "43:73: starting_at: 2026-03-01T00:00:30Z is not on the hour; prices change on full UTC hours only",
    ),
    Mistake(
        "a single one off the hour",
        SCHEDULE,
        filters("{group_key: user_id, group_values: [a], starting_at: 2026-03-01T00:00:30Z}"),
        "43:72: starting_at: 2026-03-01T00:00:30Z is not on the hour; prices change on full UTC hours only",
    ),
    Mistake(
        "a second one without a time",
        SCHEDULE,
        filters("\n      - {group_key: user_id, group_values: [a]}\n      - {group_key: user_id, group_values: [b]}"),
        "45:9: only the first usage filter may leave out starting_at; say from when it holds",
    ),
    Mistake(
        "out of order",
        SCHEDULE,
        filters(
            "\n      - {group_key: user_id, group_values: [a], starting_at: 2026-03-01T00:00:00Z}"
            "\n      - {group_key: user_id, group_values: [b], starting_at: 2026-02-01T00:00:00Z}"
        ),
        "45:62: 2026-02-01T00:00:00Z does not come after the filter before it; give the filters in the order of "
        "their times",
    ),
    Mistake(
        "the same time twice",
        SCHEDULE,
        filters(
            "\n      - {group_key: user_id, group_values: [a]}"
            "\n      - {group_key: user_id, group_values: [a], starting_at: 2026-03-01T00:00:00Z}"
            "\n      - {group_key: user_id, group_values: [b], starting_at: 2026-03-01T01:00:00+01:00}"
        ),
        "46:62: 2026-03-01T00:00:00Z does not come after the filter before it; give the filters in the order of "
        "their times",
    ),
    Mistake(
        "a single one without values",
        SCHEDULE,
        filters("{group_key: user_id, group_values: []}"),
        "43:54: group_values is empty, so no event would count; name some values",
    ),
    Mistake(
        "without values",
        SCHEDULE,
        filters("[{group_key: user_id, group_values: []}]"),
        "43:55: group_values is empty, so no event would count; name some values",
    ),
    Mistake(
        "a value twice",
        SCHEDULE,
        filters("[{group_key: user_id, group_values: [a, b, a]}]"),
        "43:62: 'a' is given twice; give it once",
    ),
    Mistake(
        "a value that is a number",
        SCHEDULE,
        filters("[{group_key: user_id, group_values: [a, 7]}]"),
        "43:59: group_values: expected text, found the number 7; put it in quotes",
    ),
    Mistake(
        "one value without a list",
        SCHEDULE,
        filters("[{group_key: user_id, group_values: a}]"),
        "43:55: group_values: expected a list, found the text 'a'",
    ),
    Mistake(
        "no key",
        SCHEDULE,
        filters("{group_values: [a]}"),
        "43:19: missing key 'group_key'; add it",
    ),
    Mistake(
        "unknown key",
        SCHEDULE,
        filters("[{group_key: user_id, group_values: [a], group_value: b}]"),
        "43:60: unknown key 'group_value'; did you mean 'group_values'?",
    ),
    Mistake(
        "unknown key in a single one",
        SCHEDULE,
        filters("{group_key: user_id, group_values: [a], ending_before: 2026-03-01T00:00:00Z}"),
        "43:59: unknown key 'ending_before'; known: 'group_key', 'group_values', 'starting_at'",
    ),
    Mistake(
        "misspelt key of the contract",
        SCHEDULE,
        f"{SCHEDULE}    usage_filters: {{group_key: user_id, group_values: [a]}}\n",
        "43:5: unknown key 'usage_filters'; did you mean 'usage_filter'?",
    ),
    Mistake(
        "text",
        SCHEDULE,
        filters("user_id"),
        "43:19: usage_filter: expected a list, found the text 'user_id'",
    ),
    Mistake(
        "list of text",
        SCHEDULE,
        filters("[user_id]"),
        "43:20: usage_filter: expected a mapping, found the text 'user_id'",
    ),
    Mistake(
        "a key that no metric is grouped by, in the second one",
        SCHEDULE,
        filters(
            "\n      - {group_key: user_id, group_values: [a]}"
            "\n      - {group_key: region, group_values: [eu], starting_at: 2026-03-01T00:00:00Z}"
        ),
        "45:21: no group key of metric 'tokens' holds model, user_id, region together, as product 'Tokens' needs; give "
        "the metric group_keys: [[model, user_id, region]]",
    ),
)

FILTER = filters("{group_key: region, group_values: [eu]}")
REGION = "    group_keys: [[model, user_id]]\nproducts:\n"


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake.title for mistake in MISTAKES])
def test_mistake(tmp_path: Path, mistake: Mistake) -> None:
    expected = [f"catalog/c.yml:{problem}" for problem in mistake.problems]
    assert said(tmp_path, {"catalog/c.yml": good_with(mistake.old, mistake.new)}) == expected


def filtered(*changes: tuple[str, str]) -> dict[str, str]:
    """GOOD with a filter by region and these changes."""
    text = good_with(SCHEDULE, FILTER)
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return {"catalog/c.yml": text}


def with_group_keys(group_keys: str) -> tuple[str, str]:
    return REGION, f"      - {{name: region, exists: true}}\n    group_keys: {group_keys}\nproducts:\n"


def test_the_filters_key_must_stand_with_the_products_keys(tmp_path: Path) -> None:
    assert said(tmp_path, filtered(with_group_keys("[[model, user_id], [region]]"))) == [
        "catalog/c.yml:44:31: no group key of metric 'tokens' holds model, user_id, region together, as product "
        "'Tokens' needs; give the metric group_keys: [[model, user_id, region]]"
    ]


@pytest.mark.parametrize("group_keys", ["[[region, user_id, model]]", "[[model], [user_id, region, tier, model]]"])
def test_a_group_key_that_holds_them_all_will_do(group_keys: str, tmp_path: Path) -> None:
    tier = (
        "      - {name: model, exists: true}\n",
        "      - {name: model, exists: true}\n      - {name: tier, exists: true}\n",
    )
    catalog = loaded(tmp_path, filtered(with_group_keys(group_keys), tier))
    (contract,) = catalog.contracts
    (only,) = contract.usage_filter
    assert (only.group_key, only.group_values, only.starting_at) == ("region", ("eu",), None)


def test_latest_cannot_be_filtered(tmp_path: Path) -> None:
    latest = filtered(
        with_group_keys("[[model, user_id, region]]"), ("aggregation_type: SUM", "aggregation_type: LATEST")
    )
    assert said(tmp_path, latest) == [
        "catalog/c.yml:44:31: product 'Tokens' is metered by LATEST ('tokens'), which no usage filter can filter; use "
        "another aggregation, or a customer for each value"
    ]


def test_latest_to_come_cannot_be_filtered_either(tmp_path: Path) -> None:
    level = """\
  - name: level
    aggregation_type: LATEST
    aggregation_key: n
    property_filters:
      [{name: n, exists: true}, {name: model, exists: true}, {name: user_id, exists: true}]
    group_keys: [[model, user_id]]
products:
"""
    update = "    tags: [llm]\n    updates: [{starting_at: 2027-01-01T00:00:00Z, billable_metric: level}]\n"
    group_keys, with_region = with_group_keys("[[model, user_id, region]]")
    changes = ((group_keys, with_region.replace("products:\n", level)), ("    tags: [llm]\n", update))
    assert said(tmp_path, filtered(*changes)) == [
        "catalog/c.yml:51:31: product 'Tokens' is metered by LATEST ('level'), which no usage filter can filter; use "
        "another aggregation, or a customer for each value"
    ]


def test_keys_that_a_product_gets_later_must_stand_with_the_filters_too(tmp_path: Path) -> None:
    update = "    tags: [llm]\n    updates: [{starting_at: 2027-01-01T00:00:00Z, pricing_group_key: [plan]}]\n"
    group_keys, separate = with_group_keys("[[model, user_id, region], [plan, user_id]]")
    plan = "      - {name: plan, exists: true}\n"
    changes = ((group_keys, separate.replace("    group_keys", plan + "    group_keys")), ("    tags: [llm]\n", update))
    assert said(tmp_path, filtered(*changes)) == [
        "catalog/c.yml:46:31: no group key of metric 'tokens' holds plan, user_id, region together, as product "
        "'Tokens' needs; give the metric group_keys: [[plan, user_id, region]]"
    ]


def test_latest_without_a_rate_on_the_contracts_card_does_not_matter(tmp_path: Path) -> None:
    """Product `Calls` is metered by the same metric and is not on the rate card."""
    level = (
        "  - {name: level, aggregation_type: LATEST, aggregation_key: n, property_filters: [{name: n, exists: true}]}\n"
    )
    group_keys, with_region = with_group_keys("[[model, user_id, region]]")
    calls = "  - name: Calls\n    type: USAGE\n    billable_metric: "
    changes = (
        (group_keys, with_region.replace("products:\n", f"{level}products:\n")),
        (f"{calls}tokens\n", f"{calls}level\n"),
    )
    assert said(tmp_path, filtered(*changes)) == []


def test_a_sql_metric_is_filtered_by_any_property(tmp_path: Path) -> None:
    sql = "  - {name: calls, sql: SELECT COUNT(*) AS value FROM events}\nproducts:\n"
    calls = "  - name: Calls\n    type: USAGE\n    billable_metric: "
    group_keys, with_region = with_group_keys("[[model, user_id, region]]")
    changes = (
        (group_keys, with_region.replace("products:\n", sql)),
        (f"{calls}tokens\n", f"{calls}calls\n"),
        (
            "rates:\n",
            "rates:\n  - {rate_card: List, product: Calls, starting_at: 2026-01-01T00:00:00Z, entitled: true, "
            "rate_type: FLAT, price: 1}\n",
        ),
    )
    assert said(tmp_path, filtered(*changes)) == []


@pytest.mark.parametrize("nothing", ["[]", "null"])
def test_no_filter_at_all(nothing: str, tmp_path: Path) -> None:
    (contract,) = loaded(tmp_path, {"catalog/c.yml": good_with(SCHEDULE, filters(nothing))}).contracts
    (without,) = loaded(tmp_path / "without", {"catalog/c.yml": GOOD}).contracts
    assert contract == without and contract.usage_filter == ()
