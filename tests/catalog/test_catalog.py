"""The catalog as a whole: order, ids, hashes, exactness, and the models taken by themselves."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from engine.catalog.catalog import Catalog
from engine.catalog.load import load_catalog
from engine.catalog.metric import BillableMetric
from engine.catalog.rate_card import Rate
from engine.errors import CatalogError
from engine.values.ids import derived_id
from tests.catalog.written import GOOD, good_with, loaded, write

RATE = {
    "id": "r",
    "rate_card_id": "c",
    "product_id": "p",
    "starting_at": "2026-01-01T00:00:00Z",
    "entitled": True,
    "rate_type": "FLAT",
    "price": 1,
}
SQL = "/* a comment */\nSELECT count(*) AS value, '--x  y' AS k FROM events -- end\n"


def sections(text: str) -> list[str]:
    """The text of each section of a YAML catalog."""
    starts = [at for at, line in enumerate(text.splitlines()) if line[:1].isalpha()]
    lines = text.splitlines(keepends=True)
    return ["".join(lines[a:b]) for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)]


def test_layout_spacing_and_comments_do_not_change_the_content_hash(tmp_path: Path) -> None:
    whole = loaded(tmp_path / "1", {"catalog/c.yml": GOOD})
    split = {f"catalog/{9 - number}/x.yml": text for number, text in enumerate(sections(GOOD))}
    apart = loaded(tmp_path / "2", split)
    remarked = good_with("price: 1.50", "price:   '1.5' # a price")
    assert len(split) == 6
    assert apart.content_hash() == whole.content_hash()
    assert loaded(tmp_path / "3", {"catalog/c.yaml": remarked}).content_hash() == whole.content_hash()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("price: 1.50", "price: 1.51"),
        ("multiplier: 0.9", "multiplier: 0.91"),
        ("{in_values: [call]}", "{in_values: [calls]}"),
        ("{frequency: MONTHLY}", "{frequency: WEEKLY}"),
        ("ingest_aliases: [acme]", "ingest_aliases: [acme, b]"),
    ],
)
def test_every_term_changes_the_content_hash(tmp_path: Path, old: str, new: str) -> None:
    before = loaded(tmp_path / "1", {"catalog/c.yml": GOOD})
    after = loaded(tmp_path / "2", {"catalog/c.yml": good_with(old, new)})
    assert before.content_hash() != after.content_hash()


def test_order_is_that_of_paths_then_positions(tmp_path: Path) -> None:
    files = {
        "catalog/b.yml": "customers: [{name: C}, {name: B}]",
        "catalog/a/z.yml": "customers: [{name: A}]",
        "catalog/c.json": '{"customers": [{"name": "D"}]}',
    }
    catalog = loaded(tmp_path, files)
    assert [customer.name for customer in catalog.customers] == ["A", "C", "B", "D"]


def test_ids_are_derived_from_names_and_terms(tmp_path: Path) -> None:
    catalog = loaded(tmp_path, {"catalog/c.yml": GOOD})
    (contract,), (card,), (customer,) = catalog.contracts, catalog.rate_cards, catalog.customers
    assert catalog.products[0].id == derived_id("product", "Tokens")
    assert catalog.billable_metrics[0].id == derived_id("billable_metric", "tokens")
    assert contract.id == derived_id("contract", customer.id, card.id, "2026-01-01T00:00:00Z", "")
    assert contract.overrides[0].id == derived_id("override", contract.id, "0")
    assert catalog.contract(contract.id) is contract
    assert catalog.rate(catalog.rates[0].id) is catalog.rates[0]
    with pytest.raises(KeyError):
        catalog.product("Tokens")


def test_a_20_digit_price_survives(tmp_path: Path) -> None:
    price = "12345678901234567890.123456789012345678"
    catalog = loaded(tmp_path, {"catalog/c.yml": good_with("price: 1.50", f"price: {price}")})
    assert catalog.rates[0].price == Decimal(price)
    assert json.loads(catalog.to_json())["rates"][0]["price"] == price


def test_json_gives_the_catalog_back(tmp_path: Path) -> None:
    catalog = loaded(tmp_path, {"catalog/c.yml": GOOD})
    again = Catalog.model_validate(json.loads(catalog.to_json()))
    assert again.to_json() == catalog.to_json()
    assert again.contracts == catalog.contracts
    assert again.billable_metrics == catalog.billable_metrics


def test_rates_may_stand_in_their_rate_card(tmp_path: Path) -> None:
    start = GOOD.index("rates:\n  - rate_card: List\n")
    end = GOOD.index("customers:")
    rates = GOOD[start:end].replace("  - rate_card: List\n    product", "  - product")
    nested = GOOD[:start] + "".join(f"    {line}\n" for line in rates.splitlines()) + GOOD[end:]
    apart = loaded(tmp_path / "1", {"catalog/c.yml": GOOD})
    assert loaded(tmp_path / "2", {"catalog/c.yml": nested}).rates == apart.rates


def test_an_alias_means_the_card_that_held_it_at_the_contracts_start(tmp_path: Path) -> None:
    text = """
rate_cards:
  - {name: Old, aliases: [{name: standard, ending_before: 2026-03-01T00:00:00Z}]}
  - {name: New, aliases: [{name: standard, starting_at: 2026-02-01T00:00:00Z}]}
customers: [{name: A}]
contracts:
  - {customer: A, rate_card_alias: standard, starting_at: 2026-01-31T23:59:59Z}
  - {customer: A, rate_card_alias: standard, starting_at: 2026-02-01T00:00:00Z}
"""
    catalog = loaded(tmp_path, {"catalog/c.yml": text})
    assert [catalog.rate_card(each.rate_card_id).name for each in catalog.contracts] == ["Old", "New"]


def test_load_catalog_raises_every_problem(tmp_path: Path) -> None:
    text = good_with("price: 1.50", "price: -1").replace("multiplier: 0.9", "multiplier: -1")
    with pytest.raises(CatalogError) as caught:
        load_catalog(write(tmp_path, {"catalog/c.yml": text}))
    assert [problem.line for problem in caught.value.problems] == [33, 46]


def test_an_empty_workspace_is_an_empty_catalog(tmp_path: Path) -> None:
    assert load_catalog(tmp_path) == Catalog()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", 0.1),
        ("price", True),
        ("price", "1_0"),
        ("price", Decimal("NaN")),
        ("price", Decimal("1e-19")),
        ("entitled", 1),
        ("entitled", "true"),
        ("pricing_group_values", {"a": 1.5}),
        ("starting_at", "2026-01-01"),
        ("surprise", 1),
    ],
)
def test_a_model_refuses(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        Rate.model_validate(RATE | {field: value})


def test_a_model_is_frozen_hashable_and_normal() -> None:
    rate = Rate.model_validate(
        RATE
        | {"price": "1e2", "starting_at": "2026-01-01T02:00:00+02:00", "pricing_group_values": {"b": "1", "a": "2"}}
    )
    assert (rate.price, rate.starting_at) == (Decimal(100), datetime(2026, 1, 1))
    assert rate.pricing_group_values == (("a", "2"), ("b", "1"))
    assert hash(rate) == hash(rate.model_copy())
    with pytest.raises(ValidationError):
        rate.price = Decimal(2)  # type: ignore[misc]


def metric(**changed: object) -> BillableMetric:
    """A SUM metric with some fields changed."""
    return BillableMetric.model_validate(
        {
            "id": "m",
            "name": "m",
            "aggregation_type": "SUM",
            "aggregation_key": "n",
            "property_filters": [{"name": "n", "exists": True}, {"name": "k", "in_values": ["x", "y"]}],
            "group_keys": [["k"]],
        }
        | changed
    )


def test_what_cannot_change_is_in_the_definition_hash() -> None:
    plain = metric().definition_hash()
    assert metric(name="other", id="o", description="d", display_name="D", unit="u").definition_hash() == plain
    reordered = [{"name": "k", "in_values": ["y", "x"]}, {"name": "n", "exists": True}]
    assert metric(property_filters=reordered).definition_hash() == plain
    assert metric(aggregation_type="MAX").definition_hash() != plain
    assert metric(aggregation_key="k").definition_hash() != plain
    assert metric(group_keys=[]).definition_hash() != plain
    assert metric(event_type_filter={"in_values": ["a"]}).definition_hash() != plain
    assert metric(property_filters=[{"name": "n", "exists": True}, {"name": "k", "in_values": ["x"]}]) != metric()


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("SELECT count(*) AS value, '--x  y' AS k FROM events", True),
        ("  SELECT count(*)\n AS value,\n'--x  y' AS k /* - */ FROM events", True),
        ("SELECT count(*) AS value, '--x y' AS k FROM events", False),
        ("SELECT count(*) AS value, '--X  y' AS k FROM events", False),
    ],
)
def test_comments_and_spacing_of_sql_are_not_its_definition(text: str, same: bool) -> None:
    hashes = {BillableMetric(id="m", name="m", sql=each).definition_hash() for each in (SQL, text)}
    assert (len(hashes) == 1) is same
