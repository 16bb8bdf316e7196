"""A catalog that is exported and imported is the same catalog; documented columns decide, and others' exports load."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.catalog.load import load_catalog
from engine.catalog.product import SqlBreakdownGranularity
from engine.metronome.contracts_ledger import Ledgers
from engine.metronome.contracts_tables import tables_of_catalog
from engine.metronome.core_schema import INVOICE
from engine.metronome.import_catalog import import_catalog
from engine.metronome.sql_granularity import with_granularity
from tests.catalog.every_balance import EVERY_BALANCE
from tests.catalog.every_grant import EVERY_GRANT
from tests.catalog.every_term import EVERY_TERM
from tests.catalog.every_type import EVERY_TYPE
from tests.catalog.written import write
from tests.generated.bulk.workspace import bulk
from tests.generated.bulk_balances.workspace import bulk as bulk_balances
from tests.metronome.terms_shop import (
    NOW,
    as_others_write,
    changed,
    comparable,
    exported,
    imported,
)

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
SCENARIOS = ("starter", "api-quickstart", "sdk-guide", "agreements", "widgets-express", "ai-saas/small")
CATALOGS = {"balances": EVERY_BALANCE, "grants": EVERY_GRANT, "terms": EVERY_TERM, "types": EVERY_TYPE}

#: Ended to an earlier time and then to a later one, with a subscription that came after; ended for good; renewed.
ENDED = """
products: [{ name: Seats, type: SUBSCRIPTION }, { name: Fee, type: FIXED }]
rate_cards:
  - name: card
    rates: [{ product: Seats, starting_at: "2026-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 1,
              billing_frequency: MONTHLY }]
customers: [{ name: Ann }]
contracts:
  - name: moved
    customer: Ann
    rate_card: card
    starting_at: "2026-01-01T00:00:00Z"
    subscriptions: [{ collection_schedule: ARREARS, subscription_rate: { product: Seats, billing_frequency: MONTHLY } }]
  - { name: ended, customer: Ann, rate_card: card, starting_at: "2026-01-01T00:00:00Z" }
  - name: renewed
    customer: Ann
    rate_card: card
    starting_at: "2026-01-01T00:00:00Z"
    ending_before: "2026-06-01T00:00:00Z"
  - name: renewing
    customer: Ann
    rate_card: card
    starting_at: "2026-07-01T00:00:00Z"
    transition: { type: RENEWAL, from_contract: renewed, future_invoice_behavior: { trueup: REMOVE } }
contract_edits:
  - { contract: moved, update_contract_end_date: "2026-05-01T00:00:00Z" }
  - contract: moved
    update_contract_end_date: "2026-09-01T00:00:00Z"
    add_subscriptions:
      - { collection_schedule: ARREARS, subscription_rate: { product: Seats, billing_frequency: MONTHLY } }
  - { contract: ended, update_contract_end_date: "2026-04-01T00:00:00Z" }
"""


def round_trip(root: Path, scratch: Path) -> list[str]:
    """The notes; AssertionError unless the catalog that comes back is the one that was exported."""
    catalog = load_catalog(root)
    back, notes = imported(exported(catalog), scratch)
    assert comparable(back) == comparable(catalog)
    others, _ = imported(as_others_write(exported(catalog)), scratch / "others")
    assert [each.id for each in others.contracts] == [each.id for each in catalog.contracts]
    return notes


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_scenario_comes_back(scenario: str, tmp_path: Path) -> None:
    notes = round_trip(FIXTURES / scenario, tmp_path)
    of_package = ["1 contracts of packages have their terms written out, and name no package"]
    assert notes == (of_package if scenario == "agreements" else [])


@pytest.mark.parametrize("name", [*CATALOGS, "ended"])
def test_every_construct_comes_back(name: str, tmp_path: Path) -> None:
    text = {**CATALOGS, "ended": ENDED}[name]
    round_trip(write(tmp_path / "catalog", {"catalog/catalog.yml": text}), tmp_path / "back")


def test_generated_catalogs_come_back(tmp_path: Path) -> None:
    round_trip(bulk(2, tmp_path / "one", tuple(range(8))).folder, tmp_path / "one back")
    round_trip(bulk_balances(2, tmp_path / "two", tuple(range(8))).folder, tmp_path / "two back")


def test_what_a_documented_column_says_holds_even_beside_terms_of_duckbill(tmp_path: Path) -> None:
    catalog = load_catalog(FIXTURES / "agreements")
    tables = exported(catalog)
    subscription = next(each for one in catalog.contracts for each in one.subscriptions if each.id == "acme-seats")
    override = next(each for one in catalog.contracts for each in one.overrides if each.multiplier == Decimal("0.8"))
    composite = next(each for each in catalog.rates if each.rate_type == "PERCENTAGE")
    more = '[{"starting_at":"2026-01-01T00:00:00Z","quantity":10},{"starting_at":"2026-10-17T00:00:00Z","quantity":99}]'
    tables["contracts_subscriptions"] = changed(
        tables["contracts_subscriptions"], subscription.id, quantity_schedule=more
    )
    tables["contracts_overrides"] = changed(tables["contracts_overrides"], override.id, multiplier=Decimal("0.75"))
    entries = changed(tables["contracts_rate_card_entries"], composite.id, rate='{"type":"percentage","fraction":0.2}')
    tables["contracts_rate_card_entries"] = entries
    back, _ = imported(tables, tmp_path)
    contract = next(each for each in back.contracts if each.name == "Acme 2026")
    assert [each.quantity for each in contract.subscriptions[0].quantity_updates] == [99]
    # What no documented column says is as it was.
    assert contract.subscriptions[0].proration == subscription.proration
    assert contract.overrides[0].multiplier == Decimal("0.75")
    assert back.rate(composite.id).price == Decimal("0.2")
    assert back.rate(composite.id).minimum_config == composite.minimum_config


def test_an_export_of_others_says_what_it_does_not_hold(tmp_path: Path) -> None:
    catalog = load_catalog(FIXTURES / "agreements")
    back, notes = imported(as_others_write(exported(catalog)), tmp_path)
    ids = ", ".join(each.id for each in catalog.contracts[:3])
    assert sorted(notes) == sorted(
        [
            "1 contracts of packages have their terms written out, and name no package",
            f"4 contracts have no usage invoice: their statements begin on the first of the month ({ids}, ...)",
            *(
                f"metric {each.name!r}: its filters are not exported, so events of every type count"
                for each in catalog.billable_metrics
            ),
        ]
    )
    assert [each.subscriptions for each in back.contracts][2:] == [(), ()]
    metric = back.metric_named("gpu seconds")
    assert (metric.aggregation_key, metric.group_keys) == ("seconds", (("region",),))


def test_a_metric_whose_sql_is_not_exported_counts_nothing(tmp_path: Path) -> None:
    back, notes = imported(as_others_write(exported(load_catalog(FIXTURES / "api-quickstart"))), tmp_path)
    metric = back.metric_named("Unique users per region")
    assert metric.event_type_filter is not None and metric.event_type_filter.in_values is not None
    assert "SQL of this metric was not exported" in metric.event_type_filter.in_values[0]
    assert metric.group_keys == (("region",),)
    assert [note for note in notes if "SQL" in note] == [
        "metric 'Unique users per region' is SQL that is not exported: it counts nothing until its sql is given"
    ]


def test_statement_days_are_read_off_invoices(tmp_path: Path) -> None:
    catalog = load_catalog(write(tmp_path / "catalog", {"catalog/catalog.yml": ENDED}))
    tables = as_others_write(exported(catalog))
    contract = next(each for each in catalog.contracts if each.name == "ended")
    common: dict[str, Any] = {"contract_id": contract.id, "start_timestamp": NOW.replace(month=2, day=1, hour=0)}
    tables["invoice"] = INVOICE.of([{"id": "one", **common, "end_timestamp": NOW.replace(month=2, day=12, hour=0)}])
    back, notes = imported(tables, tmp_path / "back")
    schedule = back.contract(contract.id).usage_statement_schedule
    assert (str(schedule.day), schedule.billing_anchor_date) == ("CUSTOM_DATE", NOW.replace(month=2, day=12, hour=0))
    assert f"contract {contract.id}: its statement periods are counted from 2026-02-12T00:00:00Z" in notes


def test_names_that_two_objects_share_are_told_apart(tmp_path: Path) -> None:
    tables = exported(load_catalog(FIXTURES / "agreements"))
    rows = tables["customer"].to_pylist()
    tables["customer"] = changed(tables["customer"], rows[1]["id"], name=rows[0]["name"], ingest_aliases='["acme"]')
    back, notes = imported(tables, tmp_path)
    assert back.customer(rows[1]["id"]).name == f"{rows[0]['name']} ({rows[1]['id']})"
    assert back.customer(rows[1]["id"]).ingest_aliases == ()
    assert len([note for note in notes if rows[1]["id"] in note]) == 2


def test_a_price_that_cannot_be_read_is_left_out_and_said(tmp_path: Path) -> None:
    catalog = load_catalog(FIXTURES / "starter")
    tables = exported(catalog)
    first, second, third = (each.id for each in catalog.rates)
    entries = changed(tables["contracts_rate_card_entries"], first, rate='{"type":"custom","value":{}}')
    tables["contracts_rate_card_entries"] = changed(entries, second, rate="12.50")
    back, notes = imported(tables, tmp_path)
    assert {each.id for each in back.rates} == {second, third}
    assert back.rate(second).price == Decimal("12.5")
    assert notes == [
        f"rate {first} of product {catalog.rate(first).product_id} is left out: its price reads "
        '\'{"type":"custom","value":{}}\''
    ]


def test_the_default_of_a_workspace_goes_with_the_products_that_it_is_for(tmp_path: Path) -> None:
    catalog = load_catalog(FIXTURES / "starter")
    assert with_granularity(catalog, SqlBreakdownGranularity.SERVICE_PERIOD) is catalog
    back, _ = imported(exported(with_granularity(catalog, SqlBreakdownGranularity.HOUR)), tmp_path)
    said = {each.name: each.sql_breakdown_granularity for each in back.products}
    assert said == {"Input Tokens (millions)": None, "Active Users": SqlBreakdownGranularity.HOUR}


def test_what_does_not_change_leaves_no_terms(tmp_path: Path) -> None:
    catalog = load_catalog(FIXTURES / "starter")
    for name, table in tables_of_catalog(catalog, Ledgers(None, ()), None, NOW).items():
        if "duckbill_terms" in table.column_names:
            assert set(table["duckbill_terms"].to_pylist()) <= {None}, name


def test_sections_are_bodies_of_requests() -> None:
    sections, _ = import_catalog(exported(load_catalog(FIXTURES / "starter")))
    (contract,) = sections["contracts"]
    assert {key: contract[key] for key in ("starting_at", "usage_statement_schedule")} == {
        "starting_at": "2026-10-01T00:00:00Z",
        "usage_statement_schedule": {"frequency": "MONTHLY"},
    }
    (override,) = contract["overrides"]
    assert override["multiplier"] == Decimal("0.9") and override["type"] == "MULTIPLIER"
