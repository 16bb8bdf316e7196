"""Commits and credits as they come out of the files: names resolved, ids and credit types filled in."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from engine.catalog.balance import AccessSegment, AccessType, BalanceRateType, ChildAccessType, Commit
from engine.catalog.catalog import Catalog
from engine.catalog.credit_type import USD_CENTS
from engine.catalog.schema import catalog_schema
from engine.catalog.strict_yaml import read_yaml
from engine.values.ids import derived_id
from tests.catalog.every_balance import EVERY_BALANCE, changed_balance
from tests.catalog.test_schema import refused
from tests.catalog.written import loaded, said

SETUP = """\
billable_metrics:
  - {id: m-calls, name: calls, aggregation_type: COUNT}
products:
  - {id: p-compute, name: Compute, type: USAGE, billable_metric_id: m-calls, tags: [cloud]}
  - {id: p-commit, name: Commitment, type: FIXED}
  - {id: p-platform, name: Platform fee, type: FIXED}
rate_cards:
  - id: r-base
    name: Base
    aliases: [{name: base_usage_products, starting_at: "2024-01-01T00:00:00Z"}]
rates:
  - rate_card_id: r-base
    product_id: p-compute
    starting_at: "2024-01-01T00:00:00Z"
    entitled: true
    rate_type: FLAT
    price: 3
customers:
  - {id: c-widgets, name: WidgetsExpress}
"""

#: A year's prepaid commit on one tag beside a quarterly fee, as the request body of the vendor's API has them.
CONTRACT = """\
{"contracts": [{
    "customer_id": "c-widgets",
    "rate_card_alias": "base_usage_products",
    "starting_at": "2024-11-01T00:00:00.000Z",
    "commits": [{
        "type": "prepaid",
        "name": "Yearly commit",
        "product_id": "p-commit",
        "access_schedule": {"schedule_items": [{
            "amount": 1000000,
            "starting_at": "2024-11-01T00:00:00.000Z",
            "ending_before": "2025-11-01T00:00:00.000Z"
        }]},
        "invoice_schedule": {"schedule_items": [
            {"unit_price": 1000000, "quantity": 1, "timestamp": "2024-11-01T00:00:00.000Z"}
        ]},
        "applicable_product_tags": ["cloud"],
        "description": "what was bought",
        "netsuite_sales_order_id": "n1",
        "payment_gate_config": {"payment_gate_type": "NONE"}
    }],
    "scheduled_charges": [{
        "product_id": "p-platform",
        "name": "Platform fee",
        "schedule": {"recurring_schedule": {
            "starting_at": "2024-11-01T00:00:00.000Z",
            "ending_before": "2025-11-01T00:00:00.000Z",
            "frequency": "quarterly",
            "unit_price": 100000,
            "quantity": 1,
            "amount_distribution": "each"
        }}
    }],
    "usage_statement_schedule": {"frequency": "monthly", "day": "contract_start"}
}]}
"""


def every_balance(root: Path) -> Catalog:
    return loaded(root, changed_balance())


def product_id(catalog: Catalog, name: str) -> str:
    return next(each.id for each in catalog.products if each.name == name)


def contract_id(catalog: Catalog, name: str) -> str:
    return next(each.id for each in catalog.contracts if each.name == name)


def test_a_request_body_as_it_is(tmp_path: Path) -> None:
    (contract,) = loaded(tmp_path, {"catalog/a.yml": SETUP, "catalog/b.json": CONTRACT}).contracts
    (commit,) = contract.commits
    assert (commit.kind, commit.name, commit.product_id) == ("PREPAID", "Yearly commit", "p-commit")
    assert commit.id == derived_id("commit", contract.id, "0")
    assert commit.access_schedule.credit_type_id == USD_CENTS
    assert commit.access_schedule.schedule_items == (
        AccessSegment(
            id=derived_id("segment", commit.id, "0"),
            amount=Decimal(1000000),
            starting_at=datetime(2024, 11, 1),
            ending_before=datetime(2025, 11, 1),
        ),
    )
    assert (commit.invoiced, commit.access_schedule.total) == (Decimal(1000000), Decimal(1000000))
    assert commit.applicable_product_tags == ("cloud",)
    assert commit.is_restricted


def test_names_are_ids(tmp_path: Path) -> None:
    catalog = every_balance(tmp_path)
    year, minimum = catalog.contracts[0].commits
    tokens, units = catalog.contracts[0].credits
    assert {each.product_id for each in (year, minimum, tokens, units)} == {product_id(catalog, "Commitment")}
    assert minimum.applicable_product_ids == (product_id(catalog, "Compute"), product_id(catalog, "Seats"))
    assert units.specifiers[0].product_id == product_id(catalog, "Compute")
    assert units.specifiers[1].presentation_group_values == (("user", "ann"),)
    assert year.hierarchy_configuration is not None
    access = year.hierarchy_configuration.child_access
    assert (access.type, access.contract_ids) == (ChildAccessType.CONTRACT_IDS, (contract_id(catalog, "Child"),))
    (override,) = catalog.contracts[0].overrides
    assert override.balance_ids == (year.id,)


def test_what_is_left_out_is_filled_in(tmp_path: Path) -> None:
    catalog = every_balance(tmp_path)
    contract = catalog.contracts[0]
    year, minimum = contract.commits
    tokens, units = contract.credits
    assert [each.id for each in (*contract.commits, *contract.credits)] == [
        derived_id(kind, contract.id, str(position)) for kind in ("commit", "credit") for position in (0, 1)
    ]
    assert [each.id for each in year.access_schedule.schedule_items] == [derived_id("segment", year.id, "0"), "second"]
    assert year.access_schedule.credit_type_id == minimum.access_schedule.credit_type_id == USD_CENTS
    assert tokens.access_schedule.credit_type_id == catalog.pricing_units[0].id
    assert (units.access_schedule.access_type, units.access_schedule.credit_type_id) == (AccessType.QUANTITY, None)
    assert (year.priority, year.rollover_fraction) == (Decimal("1.5"), Decimal("0.5"))
    assert (minimum.priority, minimum.rollover_fraction, minimum.hierarchy_configuration) == (None, None, None)
    assert (year.rate_type, tokens.rate_type) == (BalanceRateType.LIST_RATE, BalanceRateType.COMMIT_RATE)
    assert [each.kind for each in (year, minimum, tokens, units)] == ["PREPAID", "POSTPAID", "CREDIT", "CREDIT"]
    assert [each.invoiced for each in (year, minimum)] == [800, 50]
    assert contract.usage_statement_schedule.invoice_generation_starting_at == datetime(2026, 2, 1)


def test_balances_of_customers(tmp_path: Path) -> None:
    catalog = every_balance(tmp_path)
    acme = next(each.id for each in catalog.customers if each.name == "Acme")
    ((pool,), (credit,)) = (catalog.commits, catalog.credits)
    assert (pool.id, pool.customer_id) == (derived_id("commit", acme, "Pool"), acme)
    assert credit.id == derived_id("credit", acme, "", product_id(catalog, "Commitment"))
    assert pool.applicable_contract_ids == (contract_id(catalog, "Main"), contract_id(catalog, "Second"))
    assert (pool.invoice_contract_id, credit.applicable_contract_ids) == (contract_id(catalog, "Main"), ())
    assert pool.access_schedule.credit_type_id == credit.access_schedule.credit_type_id == USD_CENTS
    assert credit.access_schedule.schedule_items[0].id == derived_id("segment", credit.id, "0")
    assert [each.name for each in catalog.with_contracts_of(acme).commits] == ["Pool"]
    beta = next(each.id for each in catalog.customers if each.name == "Beta")
    of_beta = catalog.with_contracts_of(beta)
    assert (of_beta.commits, of_beta.credits) == ((), ())


def test_the_currency_of_the_card_that_the_contracts_have(tmp_path: Path) -> None:
    second = (
        "  - name: Second\n    customer: Acme\n    rate_card: List",
        "  - name: Second\n    customer: Acme\n    rate_card: Euros",
    )
    only = (
        "credits:\n  - customer: Acme\n    product: Commitment\n",
        "credits:\n  - customer: Acme\n    product: Commitment\n    applicable_contracts: [Second]\n",
    )
    main = ("applicable_contracts: [Main, Second]", "applicable_contracts: [Main]")
    catalog = loaded(tmp_path, changed_balance(second, only, main))
    assert catalog.credits[0].access_schedule.credit_type_id == "EUR"
    assert catalog.commits[0].access_schedule.credit_type_id == USD_CENTS


def test_a_catalog_with_balances_survives_its_own_json(tmp_path: Path) -> None:
    catalog = every_balance(tmp_path)
    again = Catalog.model_validate_json(catalog.to_json())
    assert again.to_json() == catalog.to_json()
    assert again.content_hash() == catalog.content_hash()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{amount: 600,", "{amount: 601,"),
        ("priority: 1.5", "priority: 2"),
        ("amount: 80,", "amount: 81,"),
        (
            "invoice_generation_starting_at: 2026-02-01T00:00:00Z",
            "invoice_generation_starting_at: 2026-03-01T00:00:00Z",
        ),
    ],
)
def test_the_hash_tells_balances_apart(tmp_path: Path, old: str, new: str) -> None:
    changed = loaded(tmp_path / "changed", changed_balance((old, new)))
    assert changed.content_hash() != every_balance(tmp_path / "same").content_hash()


@pytest.mark.parametrize(
    "change",
    [
        ("applicable_product_tags: [cloud]", "applicable_product_tags: [desk]"),
        ("[Compute, Seats]", "[Compute, Fee]"),
        ("[Compute, Seats]", "[Support]"),
        ("[Compute, Seats]", "[]"),
        ("[{product: Storage}]", "[{product_tags: [cloud, core]}]"),
        ("          credit_type: tokens\n", "          credit_type: null\n"),
        ("{type: CONTRACT_IDS, contracts: [Child]}", "{type: all}"),
        ("{type: CONTRACT_IDS, contracts: [Child]}", "{type: none}"),
        ("    hierarchy_configuration: {parent: {contract: Main}}\n", ""),
        ("    name: Pool\n    type: PREPAID", "    type: prepaid"),
        ("    invoice_schedule: {schedule_items: [{timestamp: 2026-01-01T00:00:00Z, amount: 70}]}\n", ""),
        ("amount: 70}]}", "amount: 70}], do_not_invoice: true}"),
        ("{amount: 600,", "{amount: 499999999999.999999999999999999,"),
        ("{amount: 600,", "{amount: 0,"),
    ],
    ids=lambda change: change[1].strip(),
)
def test_what_is_no_mistake(tmp_path: Path, change: tuple[str, str]) -> None:
    changes = [change]
    if "parent: {contract: Main}" in change[0]:
        changes.append(("{type: CONTRACT_IDS, contracts: [Child]}", "{type: ALL}"))
    assert said(tmp_path, changed_balance(*changes)) == []


def test_a_schedule_that_is_not_invoiced_here_was_paid_all_the_same() -> None:
    schedule = {"do_not_invoice": True, "schedule_items": [{"timestamp": "2026-01-01T00:00:00Z", "amount": 7}]}
    segment = {
        "id": "s",
        "amount": 9,
        "starting_at": "2026-01-01T00:00:00Z",
        "ending_before": "2026-02-01T00:00:00Z",
    }
    commit = Commit.model_validate(
        {
            "id": "c",
            "type": "PREPAID",
            "product_id": "p",
            "access_schedule": {"schedule_items": [segment]},
            "invoice_schedule": schedule,
        }
    )
    assert commit.invoiced == 7


def test_segments_that_meet_do_not_overlap(tmp_path: Path) -> None:
    (year, _) = every_balance(tmp_path).contracts[0].commits
    first, second = year.access_schedule.schedule_items
    assert first.ending_before == second.starting_at


def test_schema_knows_every_key() -> None:
    schema = catalog_schema()
    assert refused(read_yaml("f", EVERY_BALANCE).content, schema, schema) == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("type: POSTPAID", "type: LATER", "'LATER' is none of"),
        ("{product: Storage}", "{produkt: Storage}", "has produkt"),
        ("{id: second, amount: 400, ", "{id: second, ", "lacks amount"),
        ("child_access: {type: CONTRACT_IDS, ", "child_access: {", "lacks type"),
        ("    invoice_contract: Main\n", "    payer: Main\n", "has payer"),
    ],
)
def test_schema_refuses_wrong_balances(old: str, new: str, problem: str) -> None:
    schema = catalog_schema()
    assert EVERY_BALANCE.count(old) == 1
    assert problem in "\n".join(refused(read_yaml("f", EVERY_BALANCE.replace(old, new)).content, schema, schema))
