"""What a product is over time: each update keeps what it does not mention."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

from engine.catalog.catalog import Catalog
from engine.catalog.product import QuantityConversion, RoundingMethod
from tests.catalog.written import GOOD, loaded

UPDATES = """\
    tags: [llm]
    updates:
      - {starting_at: 2026-02-01T00:00:00Z, name: Words}
      - {starting_at: 2026-03-01T00:00:00Z, tags: [], quantity_conversion: none}
      - {starting_at: 2026-04-01T00:00:00Z, pricing_group_key: [], quantity_rounding: {rounding_method: round_up}}
      - {starting_at: 2026-05-01T00:00:00Z, tags: [a, b], presentation_group_key: [model]}
      - starting_at: 2026-06-01T00:00:00Z
        quantity_conversion: {conversion_factor: 2, operation: multiply}
        quantity_rounding: null
        billable_metric: tokens
      - {starting_at: 2026-07-01T00:00:00Z, quantity_conversion: {}, tags: null, presentation_group_key: null}
"""


def updated(tmp_path: Path) -> Catalog:
    return loaded(tmp_path, {"catalog/c.yml": GOOD.replace("    tags: [llm]\n", UPDATES)})


def test_each_update_keeps_what_it_does_not_mention(tmp_path: Path) -> None:
    product = updated(tmp_path).products[0]
    versions = product.versions()
    starts = [None, *(datetime(2026, month, 1) for month in (2, 3, 4, 5, 6, 7))]
    assert [each.starting_at for each in versions] == starts
    assert [each.ending_before for each in versions] == [*starts[1:], None]
    assert [each.name for each in versions] == ["Tokens"] + ["Words"] * 6
    assert [each.tags for each in versions] == [("llm",), ("llm",), (), (), ("a", "b"), ("a", "b"), ()]
    factors = [each.quantity_conversion and each.quantity_conversion.conversion_factor for each in versions]
    assert factors == [1000, 1000, None, None, None, 2, None]
    methods = [each.quantity_rounding and each.quantity_rounding.rounding_method for each in versions]
    assert methods == [None, None, None, RoundingMethod.ROUND_UP, RoundingMethod.ROUND_UP, None, None]
    grouped = [("model", "user_id")] * 3 + [("user_id",), ("model",), ("model",), ()]
    assert [each.grouped_by for each in versions] == grouped
    assert {each.billable_metric_id for each in versions} == product.billable_metric_ids
    assert product.grouped_by == ("model", "user_id")


def test_only_an_update_that_names_a_metric_begins_a_stretch_of_metering(tmp_path: Path) -> None:
    product = updated(tmp_path).products[0]
    metric = product.billable_metric_id
    june = datetime(2026, 6, 1)
    assert product.metrics_over_time() == ((metric, None, june), (metric, june, None))


def test_the_version_in_force_begins_at_its_start(tmp_path: Path) -> None:
    product = updated(tmp_path).products[0]
    assert product.version_at(datetime(2026, 1, 31, 23, 59, 59, 999999)).name == "Tokens"
    assert product.version_at(datetime(2026, 2, 1)).name == "Words"
    assert product.version_at(datetime(2026, 6, 30)).quantity_conversion == QuantityConversion(
        conversion_factor=Decimal(2), operation="MULTIPLY"
    )


def test_a_catalog_with_cleared_fields_survives_its_own_json(tmp_path: Path) -> None:
    catalog = updated(tmp_path)
    again = Catalog.model_validate_json(catalog.to_json())
    by_id = {each.id: each for each in again.products}
    assert all(by_id[each.id].versions() == each.versions() for each in catalog.products)
    assert again.to_json() == catalog.to_json()
