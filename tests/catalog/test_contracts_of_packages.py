"""Contracts made of packages are contracts as if written out, and their mistakes stand in the package's file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from tests.catalog.every_term import EVERY_TERM, changed_term
from tests.catalog.written import loaded, said

OF_PACKAGE = "  - customer: Beta\n    package_alias: entry\n    starting_at: 2026-08-31T00:00:00Z\n"
WRITTEN_OUT = """\
  - name: Starter plan
    customer: Beta
    rate_card_alias: standard
    starting_at: 2026-08-31T00:00:00Z
    ending_before: 2027-08-31T00:00:00Z
    multiplier_override_prioritization: EXPLICIT
    overrides:
      - type: MULTIPLIER
        multiplier: 0.5
        priority: 1
        starting_at: 2026-09-30T00:00:00Z
        ending_before: 2026-10-14T00:00:00Z
        override_specifiers: [{product: Calls}]
    subscriptions:
      - name: Starter seats
        collection_schedule: ADVANCE
        proration: {is_prorated: true}
        subscription_rate: {product: Seats, billing_frequency: MONTHLY}
        ending_before: 2027-02-28T00:00:00Z
    scheduled_charges:
      - product: Setup
        schedule: {schedule_items: [{timestamp: 2026-09-10T00:00:00Z, unit_price: 5, quantity: 2}]}
    discounts:
      - product: Setup
        schedule:
          recurring_schedule:
            starting_at: 2026-08-31T00:00:00Z
            ending_before: 2026-11-30T00:00:00Z
            frequency: MONTHLY
            amount_distribution: EACH
            amount: 1
"""
LISTS = ("overrides", "subscriptions", "scheduled_charges", "discounts")


def without_ids(contract: Contract) -> dict[str, Any]:
    """All that a contract says, but for its ids and its package."""
    said = contract.model_dump(exclude={"id", "package_id"})
    for key in LISTS:
        said[key] = [{field: value for field, value in term.items() if field != "id"} for term in said[key]]
    return said


def last(catalog: Catalog) -> Contract:
    return catalog.contracts[-1]


def test_the_same_as_written_out(tmp_path: Path) -> None:
    of_package = last(loaded(tmp_path / "a", changed_term()))
    written = last(loaded(tmp_path / "b", changed_term((OF_PACKAGE, WRITTEN_OUT))))
    assert without_ids(of_package) == without_ids(written)
    assert of_package.package_id is not None and written.package_id is None


def test_ids_of_terms_are_each_contracts_own(tmp_path: Path) -> None:
    second = OF_PACKAGE.replace("Beta", "Acme")
    catalog = loaded(tmp_path, changed_term((OF_PACKAGE, OF_PACKAGE + second)))
    ids = [[term.id for key in LISTS for term in getattr(each, key)] for each in catalog.contracts[-2:]]
    assert len({*ids[0], *ids[1]}) == 8
    assert catalog.contracts[-1].id != catalog.contracts[-2].id
    assert catalog.contracts[-1].package_id == catalog.contracts[-2].package_id


def test_by_name_and_by_id(tmp_path: Path) -> None:
    by_alias = last(loaded(tmp_path / "a", changed_term()))
    for key, given in (("package", "Starter"), ("package_id", "Starter"), ("package_id", by_alias.package_id)):
        changed = changed_term(("package_alias: entry", f"{key}: {given}"))
        assert last(loaded(tmp_path / f"{key}{given}", changed)) == by_alias


def test_an_alias_as_of_the_start(tmp_path: Path) -> None:
    """Of two packages with the alias at the time, the one that got it last."""
    other = """\
packages:
  - name: Other
    rate_card: List
    aliases: [{name: entry, starting_at: 2026-09-01T00:00:00Z}]
"""
    for day, package in (("2026-08-31", "Starter"), ("2026-09-01", "Other")):
        moved = changed_term(("    starting_at: 2026-08-31T00:00:00Z", f"    starting_at: {day}T00:00:00Z"))
        catalog = loaded(tmp_path / day, {**moved, "catalog/p.yml": other})
        assert (last(catalog).name == "Starter plan") == (package == "Starter")


def test_own_name_fields_and_place_in_a_hierarchy(tmp_path: Path) -> None:
    own = "    name: Ours\n    custom_fields: {a: b}\n    hierarchy_configuration: {parent: {contract: Parent}}\n"
    given = last(loaded(tmp_path, changed_term((OF_PACKAGE, OF_PACKAGE + own))))
    assert (given.name, given.custom_fields) == ("Ours", (("a", "b"),))
    assert given.hierarchy_configuration is not None and given.hierarchy_configuration.parent is not None


def test_a_contract_of_a_package_may_be_edited_and_renewed(tmp_path: Path) -> None:
    named = OF_PACKAGE + "    name: Ours\n"
    renewal = (
        "  - {customer: Beta, rate_card: List, starting_at: 2026-12-01T00:00:00Z, "
        "transition: {type: supersede, from_contract: Ours}}\n"
    )
    edit = "\n  - contract: Ours\n    update_subscriptions: [{subscription: Starter seats, name: Chairs}]\n"
    changed = changed_term((OF_PACKAGE + "contract_edits:\n", named + renewal + "contract_edits:" + edit))
    given = next(each for each in loaded(tmp_path, changed).contracts if each.name == "Ours")
    assert given.subscriptions[0].name == "Chairs"
    assert given.ending_before == given.terms_end_at is not None


def in_two_files(old: str, new: str) -> dict[str, str]:
    """The package, changed, in a file of its own, and two contracts of it."""
    start, end = EVERY_TERM.index("packages:\n"), EVERY_TERM.index("contracts:\n")
    assert EVERY_TERM[start:end].count(old) == 1
    rest = EVERY_TERM[:start] + EVERY_TERM[end:].replace(OF_PACKAGE, OF_PACKAGE + OF_PACKAGE.replace("Beta", "Acme"))
    return {"catalog/c.yml": rest, "catalog/packages/p.yml": EVERY_TERM[start:end].replace(old, new)}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("unit: WEEKS", "unit: WEEK", "13:26: unknown unit 'WEEK'; did you mean 'WEEKS'?"),
        ("unit_price: 5", "unit_prise: 5", "23:76: unknown key 'unit_prise'; did you mean 'unit_price'?"),
        ("[{product: Calls}]", "[{product_tags: [cor]}]", "14:47: no product has the tag 'cor'; did you mean 'core'?"),
        ("product: Seats", "product: Calls", "19:38: a subscription is of a SUBSCRIPTION product, and 'Calls' is"),
        ("unit: YEARS, value: 1}", "unit: YEARS, value: 1, x: 2}", "6:39: unknown key 'x'; known: 'unit', 'value'"),
    ],
)
def test_a_mistake_stands_in_the_file_of_the_package(tmp_path: Path, old: str, new: str, problem: str) -> None:
    """Once, however many contracts there are of it."""
    problems = said(tmp_path, in_two_files(old, new))
    assert f"catalog/packages/p.yml:{problem}" in "\n".join(problems)
    assert all(each.startswith("catalog/packages/p.yml:") for each in problems)
    assert len(set(problems)) == len(problems) <= 2


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            "quantity_updates: [{starting_at: 2026-10-01T00:00:00Z, quantity_delta: -2}]",
            "5:28: quantity would be -1 from 2026-10-01T00:00:00Z on; a quantity is 0 or more",
        ),
        (
            "ending_before: 2026-08-01T00:00:00Z",
            "5:24: ending_before 2026-08-01T00:00:00Z is not after the contract's start 2026-08-31T00:00:00Z; "
            "the end is exclusive",
        ),
    ],
)
def test_an_edit_of_a_term_of_a_package_is_at_fault_where_it_stands(tmp_path: Path, change: str, problem: str) -> None:
    edit = "contract_edits:\n  - contract: Ours\n    update_subscriptions:\n      - subscription: Starter seats\n"
    files = {
        **changed_term((OF_PACKAGE, OF_PACKAGE + "    name: Ours\n")),
        "catalog/edits.yml": f"{edit}        {change}\n",
    }
    assert said(tmp_path, files) == [f"catalog/edits.yml:{problem}"]
