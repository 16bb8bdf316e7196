"""Balances of packages: their times are counted from each contract's start, and they are each contract's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.catalog.contract import Contract
from engine.catalog.schema import catalog_schema
from engine.catalog.strict_yaml import read_yaml
from engine.values.ids import derived_id
from tests.catalog.every_balance import changed_balance
from tests.catalog.test_schema import refused
from tests.catalog.written import loaded, said

PACKAGE = """\
packages:
  - name: Bundle
    rate_card: List
    duration: {unit: YEARS, value: 1}
    usage_statement_schedule: {frequency: MONTHLY, invoice_generation_starting_at_offset: {unit: MONTHS, value: 2}}
    subscriptions:
      - name: Bundle seats
        temporary_id: seats
        collection_schedule: ADVANCE
        quantity_management_mode: QUANTITY_ONLY
        subscription_rate: {product: Seats, billing_frequency: MONTHLY}
    commits:
      - name: Start
        type: PREPAID
        product: Commitment
        temporary_id: start
        access_schedule:
          schedule_items:
            - {amount: 100, starting_at_offset: {unit: DAYS, value: 0}, duration: {unit: MONTHS, value: 6}}
            - {amount: 50, starting_at_offset: {unit: MONTHS, value: 6}, duration: {unit: MONTHS, value: 6}}
        invoice_schedule: {schedule_items: [{date_offset: {unit: DAYS, value: 5}, unit_price: 90, quantity: 1}]}
    credits:
      - product: Commitment
        applicable_product_tags: [cloud]
        access_schedule:
          schedule_items:
            - {amount: 7, starting_at_offset: {unit: WEEKS, value: 1}, duration: {unit: DAYS, value: 10}}
    recurring_commits:
      - product: Commitment
        starting_at_offset: {unit: MONTHS, value: 1}
        duration: {unit: MONTHS, value: 3}
        access_amount: {unit_price: 5}
        commit_duration: {value: 1}
        subscription_config: {subscription_id: seats, apply_seat_increase_config: {is_prorated: false}}
    recurring_credits:
      - product: Commitment
        starting_at_offset: {unit: DAYS, value: 0}
        access_amount: {unit_price: 1, quantity: 2}
        commit_duration: {value: 1}
    overrides:
      - starting_at_offset: {unit: DAYS, value: 0}
        type: MULTIPLIER
        multiplier: 0.5
        is_commit_specific: true
        override_specifiers: [{product: Compute, commit_ids: [start]}]
    prepaid_balance_threshold_configuration:
      commit: {product: Commitment}
      is_enabled: true
      threshold_amount: 1
      recharge_to_amount: 10
"""
CONTRACT = "contracts:\n  - {name: Bought, customer: Beta, package: Bundle, starting_at: 2026-01-31T00:00:00Z}\n"
WRITTEN_OUT = """\
contracts:
  - name: Bought
    customer: Beta
    rate_card: List
    starting_at: 2026-01-31T00:00:00Z
    ending_before: 2027-01-31T00:00:00Z
    usage_statement_schedule: {frequency: MONTHLY, invoice_generation_starting_at: 2026-03-31T00:00:00Z}
    subscriptions:
      - name: Bundle seats
        temporary_id: seats
        collection_schedule: ADVANCE
        quantity_management_mode: QUANTITY_ONLY
        subscription_rate: {product: Seats, billing_frequency: MONTHLY}
    commits:
      - name: Start
        type: PREPAID
        product: Commitment
        temporary_id: start
        access_schedule:
          schedule_items:
            - {amount: 100, starting_at: 2026-01-31T00:00:00Z, ending_before: 2026-07-31T00:00:00Z}
            - {amount: 50, starting_at: 2026-07-31T00:00:00Z, ending_before: 2027-01-31T00:00:00Z}
        invoice_schedule: {schedule_items: [{timestamp: 2026-02-05T00:00:00Z, unit_price: 90, quantity: 1}]}
    credits:
      - product: Commitment
        applicable_product_tags: [cloud]
        access_schedule:
          schedule_items: [{amount: 7, starting_at: 2026-02-07T00:00:00Z, ending_before: 2026-02-17T00:00:00Z}]
    recurring_commits:
      - product: Commitment
        starting_at: 2026-02-28T00:00:00Z
        ending_before: 2026-05-28T00:00:00Z
        access_amount: {unit_price: 5}
        commit_duration: {value: 1}
        subscription_config: {subscription: Bundle seats, apply_seat_increase_config: {is_prorated: false}}
    recurring_credits:
      - product: Commitment
        starting_at: 2026-01-31T00:00:00Z
        access_amount: {unit_price: 1, quantity: 2}
        commit_duration: {value: 1}
    overrides:
      - starting_at: 2026-01-31T00:00:00Z
        type: MULTIPLIER
        multiplier: 0.5
        is_commit_specific: true
        override_specifiers: [{product: Compute, commit_ids: [Start]}]
    prepaid_balance_threshold_configuration:
      commit: {product: Commitment}
      is_enabled: true
      threshold_amount: 1
      recharge_to_amount: 10
"""


def files(package: str, contract: str) -> dict[str, str]:
    return {**changed_balance(), "catalog/p.yml": package, "catalog/q.yml": contract}


def bought(root: Path, package: str, contract: str) -> Contract:
    return next(each for each in loaded(root, files(package, contract)).contracts if each.name == "Bought")


def without_ids(value: Any) -> Any:
    """All that a contract says, but for its ids and its package."""
    if isinstance(value, dict):
        ids = ("id", "package_id", "subscription_id", "commit_ids")
        return {key: without_ids(each) for key, each in value.items() if key not in ids}
    return [without_ids(each) for each in value] if isinstance(value, list | tuple) else value


def test_the_same_as_written_out(tmp_path: Path) -> None:
    of_package = bought(tmp_path / "a", PACKAGE, CONTRACT)
    written = bought(tmp_path / "b", "", WRITTEN_OUT)
    assert without_ids(of_package.model_dump()) == without_ids(written.model_dump())


@pytest.mark.parametrize(("package", "contract"), [(PACKAGE, CONTRACT), ("", WRITTEN_OUT)], ids=["package", "written"])
def test_references_are_to_the_contracts_own_terms(tmp_path: Path, package: str, contract: str) -> None:
    made = bought(tmp_path, package, contract)
    link = made.recurring_commits[0].subscription_config
    assert link is not None and link.subscription_id == made.subscriptions[0].id
    assert made.overrides[0].balance_ids == (made.commits[0].id,)


def test_ids_are_each_contracts_own(tmp_path: Path) -> None:
    second = CONTRACT + CONTRACT.partition("\n")[2].replace("Bought", "Again")
    contracts = loaded(tmp_path, files(PACKAGE, second)).contracts[-2:]
    for contract in contracts:
        (commit,) = contract.commits
        assert commit.id == derived_id("commit", contract.id, "0")
        ids = [each.id for each in commit.access_schedule.schedule_items]
        assert ids == [derived_id("segment", commit.id, str(position)) for position in (0, 1)]
    assert contracts[0].commits[0].id != contracts[1].commits[0].id


MISTAKES = (
    (
        "starting_at_offset: {unit: WEEKS, value: 1}, ",
        "",
        "27:15: missing key 'starting_at_offset'; add it, such as {unit: DAYS, value: 0}",
    ),
    (
        ", duration: {unit: DAYS, value: 10}",
        "",
        "27:15: missing key 'duration'; add it, such as {unit: YEARS, value: 1}",
    ),
    (
        "duration: {unit: DAYS, value: 10}",
        "ending_before: 2026-04-01T00:00:00Z",
        "27:72: a term of a package takes no ending_before; give duration, counted from the start of the term",
    ),
    ("{amount: 7,", "{id: x, amount: 7,", "27:16: a term of a package takes no id; each contract's own is made for it"),
    (
        "duration: {unit: DAYS, value: 10}",
        "duration: {unit: DAY, value: 10}",
        "27:89: unknown unit 'DAY'; did you mean 'DAYS'?",
    ),
    (
        "date_offset: {unit: DAYS, value: 5}",
        "date_offset: 5",
        "21:59: date_offset: expected a mapping, found the number 5; such as {unit: MONTHS, value: 1}",
    ),
    (
        "        duration: {unit: MONTHS, value: 3}\n",
        "        ending_before: 2027-01-01T00:00:00Z\n",
        "31:9: a term of a package takes no ending_before; give duration, counted from the start of the term",
    ),
    ("commit_ids: [start]", "commit_ids: [star]", "45:63: unknown commit 'star'; did you mean 'start'?"),
    (
        "subscription_id: seats",
        "subscription: seat",
        "34:45: the contract has no subscription 'seat'; did you mean 'seats'?",
    ),
    (
        "applicable_product_tags: [cloud]",
        "applicable_product_tags: [clod]",
        "24:35: no product has the tag 'clod'; did you mean 'cloud'?",
    ),
    ("{amount: 7,", "{amount: -7,", "27:24: amount -7 is negative; a balance grants 0 or more"),
    (
        "recharge_to_amount: 10",
        "recharge_to_amount: 1",
        "50:27: recharge_to_amount 1 is not above threshold_amount 1; every recharge would call for the next",
    ),
    (
        "invoice_generation_starting_at_offset: {unit: MONTHS, value: 2}",
        "invoice_generation_starting_at_offset: 2",
        "5:91: invoice_generation_starting_at_offset: expected a mapping, found the number 2; "
        "such as {unit: MONTHS, value: 1}",
    ),
)


@pytest.mark.parametrize(("old", "new", "problem"), MISTAKES, ids=[new or old for old, new, _ in MISTAKES])
@pytest.mark.parametrize("contract", [CONTRACT, ""], ids=["used", "unused"])
def test_mistakes_stand_in_the_package(tmp_path: Path, old: str, new: str, problem: str, contract: str) -> None:
    assert PACKAGE.count(old) == 1
    assert said(tmp_path, files(PACKAGE.replace(old, new), contract)) == [f"catalog/p.yml:{problem}"]


def test_a_contract_of_a_package_has_no_balances_of_its_own(tmp_path: Path) -> None:
    wrong = CONTRACT.replace("package: Bundle,", "package: Bundle, commits: [{type: prepaid}],")
    assert said(tmp_path, files(PACKAGE, wrong)) == [
        "catalog/q.yml:2:53: a contract of a package takes no commits; put it into the package"
    ]


def test_prices_and_balances_change_on_the_hour(tmp_path: Path) -> None:
    only = (
        "packages:\n  - name: Bundle\n    rate_card: List\n" + "    credits:\n" + PACKAGE.partition("    credits:\n")[2]
    )
    only = only.partition("    recurring_commits:\n")[0]
    off = CONTRACT.replace("2026-01-31T00:00", "2026-01-31T00:30")
    assert said(tmp_path, files(only, off)) == [
        "catalog/q.yml:2:66: 2026-01-31T00:30:00Z is not on the hour, and the package has terms that count from it; "
        "prices change on full UTC hours only"
    ]


def test_schema_knows_every_key_of_packages() -> None:
    schema = catalog_schema()
    assert refused(read_yaml("f", PACKAGE).content, schema, schema) == []
    wrong = PACKAGE.replace("{amount: 7, starting_at_offset", "{amount: 7, starting_at")
    assert refused(read_yaml("f", wrong).content, schema, schema) != []
