"""A catalog read back from its own JSON is the same catalog: past runs are computed again from what they recorded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.catalog.catalog import Catalog
from engine.catalog.load import load_catalog
from engine.demo import SCENARIOS, STARTER, fixtures
from engine.errors import UserError
from tests.catalog.every_balance import changed_balance
from tests.catalog.every_balance_edit import edited_balance
from tests.catalog.every_grant import changed_grant
from tests.catalog.every_term import changed_term
from tests.catalog.every_type import EVERY_TYPE
from tests.catalog.written import GOOD, loaded

WRITTEN: Mapping[str, Mapping[str, str]] = {
    "good": {"catalog/c.yml": GOOD},
    "every type": {"catalog/c.yml": EVERY_TYPE},
    "every term": changed_term(),
    "every balance": changed_balance(),
    "every edit of a balance": edited_balance(),
    "every grant": changed_grant(),
}


def expect_the_same_back(catalog: Catalog) -> None:
    again = Catalog.from_json(catalog.to_json())
    assert again.to_json() == catalog.to_json()
    assert again.content_hash() == catalog.content_hash()
    for section in Catalog.model_fields:
        before, after = getattr(catalog, section), getattr(again, section)
        # The order of the files is no part of a catalog; what is in its objects is, to the last digit and field.
        assert len(before) == len(after)
        assert all(each in after for each in before), section


@pytest.mark.parametrize("scenario", [*SCENARIOS.values(), STARTER])
def test_bundled_scenarios(scenario: str) -> None:
    catalog = load_catalog(fixtures() / scenario)
    assert catalog.contracts
    expect_the_same_back(catalog)


@pytest.mark.parametrize("files", WRITTEN.values(), ids=WRITTEN.keys())
def test_catalogs_that_hold_one_of_everything(files: Mapping[str, str], tmp_path: Path) -> None:
    catalog = loaded(tmp_path, dict(files))
    assert catalog.rate_cards
    expect_the_same_back(catalog)


def test_the_catalogs_above_hold_something_of_every_section(tmp_path: Path) -> None:
    folders = [fixtures() / each for each in (*SCENARIOS.values(), STARTER)]
    catalogs = [load_catalog(each) for each in folders]
    catalogs += [loaded(tmp_path / name, dict(files)) for name, files in WRITTEN.items()]
    assert {name for each in catalogs for name, objects in each if objects} == set(Catalog.model_fields)


def test_products_and_contracts_keep_their_order_because_rows_stand_in_it(tmp_path: Path) -> None:
    catalog = loaded(tmp_path, dict(WRITTEN["every balance"]))
    for section in ("products", "contracts"):
        written = getattr(catalog, section)
        assert len(written) > 1 and getattr(Catalog.from_json(catalog.to_json()), section) == written
        turned = catalog.model_copy(update={section: written[::-1]})
        assert turned.content_hash() != catalog.content_hash()
    others = catalog.model_copy(update={"rates": catalog.rates[::-1], "customers": catalog.customers[::-1]})
    assert others.content_hash() == catalog.content_hash()


def test_comments_in_sql_come_back_though_the_hash_leaves_them_out() -> None:
    catalog = load_catalog(fixtures() / STARTER)
    (metric, *_) = (each for each in catalog.billable_metrics if each.sql is not None)
    remarked = metric.model_copy(update={"sql": f"-- why\n{metric.sql}"})
    others = tuple(each for each in catalog.billable_metrics if each != metric)
    noted = catalog.model_copy(update={"billable_metrics": (*others, remarked)})
    assert noted.content_hash() == catalog.content_hash()
    assert Catalog.from_json(noted.to_json()).metric_named(metric.name).sql == remarked.sql


@pytest.mark.parametrize("text", ["", "[]", "{", '{"customers": [{"id": "a"}]}', '{"customer": []}'])
def test_a_text_that_holds_no_catalog_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="not the JSON of a catalog"):
        Catalog.from_json(text)
