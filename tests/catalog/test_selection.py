"""Which customers a text selects, and who comes with them."""

from __future__ import annotations

import pytest

from engine.catalog.catalog import Catalog
from engine.catalog.selection import billed_together, select_customers
from engine.errors import UserError
from tests.catalog.written import loaded

CATALOG = """\
rate_cards:
  - name: List
customers:
  - {id: c-acme, name: "Acme, Inc.", ingest_aliases: [acme], custom_fields: {region: emea, segment: large}}
  - {id: c-birch, name: Birch, custom_fields: {region: apac}}
  - {id: c-cedar, name: Cedar}
  - {id: c-child, name: Child of Cedar}
  - {id: c-grand, name: Sister of Child}
contracts:
  - {id: k-acme, name: Pilot, customer: c-acme, rate_card: List, starting_at: 2026-01-01T00:00:00Z}
  - id: k-birch
    name: Main
    customer: c-birch
    rate_card: List
    starting_at: 2026-01-01T00:00:00Z
    custom_fields: {rollout: emea}
  - {id: k-cedar, name: Parent, customer: c-cedar, rate_card: List, starting_at: 2026-01-01T00:00:00Z}
  - id: k-child
    name: Main
    customer: c-child
    rate_card: List
    starting_at: 2026-01-01T00:00:00Z
    hierarchy_configuration: {parent: {contract_id: k-cedar}}
  - id: k-child-2
    name: Other parent
    customer: c-child
    rate_card: List
    starting_at: 2026-01-01T00:00:00Z
  - id: k-grand
    customer: c-grand
    rate_card: List
    starting_at: 2026-01-01T00:00:00Z
    hierarchy_configuration: {parent: {contract_id: k-child-2}}
"""


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return loaded(tmp_path_factory.mktemp("selection"), {"catalog/catalog.yml": CATALOG})


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("customer:c-acme", "acme"),
        ("customer:acme", "acme"),
        ("customer:Acme, Inc.", "acme"),
        ("customer:Acme, Inc., customer:Birch", "acme birch"),
        ("customer:Birch,contract:Pilot", "acme birch"),
        ("contract:k-birch", "birch"),
        ("tag:region=apac", "birch"),
        ("tag:region=emea", "acme"),
        ("tag:emea", "acme birch"),
        ("tag:large,tag:apac", "acme birch"),
        ("contract:Parent", "cedar child grand"),
        ("customer:Sister of Child", "cedar child grand"),
    ],
)
def test_what_a_text_selects(catalog: Catalog, text: str, names: str) -> None:
    assert select_customers(catalog, text) == {f"c-{name}" for name in names.split()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("customer:Brich", "unknown customer 'Brich'; did you mean 'Birch'?"),
        ("contract:Parnet", "unknown contract 'Parnet'; did you mean 'Parent'?"),
        ("tag:region=emae", "no customer and no contract has the custom field 'region=emae'; did you mean"),
        ("contract:Main", "2 contracts are named 'Main'; give one by its id: k-birch, k-child"),
        ("Birch", "'Birch' selects nothing; write customer:NAME"),
        ("tags:apac", "'tags:apac' selects nothing; write customer:NAME"),
        ("customer:", "'customer:' selects nothing; write customer:NAME"),
        ("", "nothing is selected; write customer:NAME"),
        (
            "customer:Birch,Cedar",
            "unknown customer 'Birch,Cedar'; did you mean 'Cedar'?; several are written customer:A,customer:B",
        ),
    ],
)
def test_what_selects_nothing(catalog: Catalog, text: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        select_customers(catalog, text)
    assert str(error.value).startswith(message)


def test_a_customer_who_is_gone_stays_selected(catalog: Catalog) -> None:
    assert billed_together(catalog, ["gone", "c-cedar"]) == {"gone", "c-cedar", "c-child", "c-grand"}


def test_a_catalog_of_some_customers_keeps_everything_else(catalog: Catalog) -> None:
    some = catalog.with_customers(frozenset({"c-acme", "c-child"}))
    assert [each.id for each in some.contracts] == ["k-acme", "k-child", "k-child-2"]
    assert (some.customers, some.rate_cards) == (catalog.customers, catalog.rate_cards)
