"""What comes of edits and renewals is the contract that would have been written so."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.subscription import ProrationRoundingMethod
from tests.catalog.every_term import EVERY_TERM, changed_term
from tests.catalog.written import loaded

RENEWED = """\
  - name: Renewed
    customer: Acme
    rate_card: List
    starting_at: 2026-10-01T00:00:00Z
    transition: {type: RENEWAL, from_contract: Main}
"""
EDITS = EVERY_TERM[EVERY_TERM.index("contract_edits:\n") :]


def main(catalog: Catalog) -> Contract:
    return catalog.contracts[0]


def edited(tmp_path: Path, edit: str) -> Contract:
    """The main contract with this edit alone, and not renewed."""
    return main(loaded(tmp_path, changed_term((RENEWED, ""), (EDITS, f"contract_edits:\n  - contract: Main\n{edit}"))))


def unedited(tmp_path: Path) -> Contract:
    return main(loaded(tmp_path, changed_term((RENEWED, ""), (EDITS, ""))))


def test_terms_come_and_go_and_keep_their_ids(tmp_path: Path) -> None:
    before = unedited(tmp_path / "before")
    after = main(loaded(tmp_path / "after", changed_term((RENEWED, ""))))
    assert after.id == before.id and after.name == "Head office"
    assert before.overrides[0].id == "sale"
    kept, added = after.overrides
    assert kept == before.overrides[1]
    assert added.starting_at == datetime(2026, 5, 1)
    assert [each.id for each in after.subscriptions] == [each.id for each in before.subscriptions]
    assert [each.name for each in after.discounts] == ["Welcome", None]
    ids = [*(each.id for each in after.overrides), *(each.id for each in after.subscriptions)]
    ids += [each.id for each in (*after.scheduled_charges, *after.discounts)]
    assert len(set(ids)) == len(ids)


def test_an_added_term_gets_the_id_of_the_next_place(tmp_path: Path) -> None:
    """Removing a term does not give its id to another."""
    added = "      - {starting_at: 2026-05-01T00:00:00Z, entitled: false}\n"
    written = changed_term(
        (RENEWED, ""),
        (EDITS, ""),
        (
            "entitled: true, product: Calls}\n    subscriptions:\n      - name: Desks",
            f"entitled: true, product: Calls}}\n{added}    subscriptions:\n      - name: Desks",
        ),
    )
    third = main(loaded(tmp_path / "written", written)).overrides[2]
    given = edited(tmp_path / "edited", f"    remove_overrides: [{{id: sale}}]\n    add_overrides:\n{added}")
    assert given.overrides[1] == third


def test_subscriptions_change(tmp_path: Path) -> None:
    change = """\
    update_subscriptions:
      - subscription: Desks
        name: Tables
        ending_before: 2026-11-01T00:00:00Z
        proration_rounding: {rounding_method: floor, decimal_places: -2}
        quantity_updates: [{starting_at: 2026-06-01T00:00:00Z, quantity_delta: 4}]
      - subscription: People
        seat_updates: {add_seat_ids: [{starting_at: 2026-05-01T00:00:00Z, seat_ids: [eve, fay]}]}
"""
    desks, people = edited(tmp_path, change).subscriptions
    assert (desks.name, desks.ending_before) == ("Tables", datetime(2026, 11, 1))
    assert desks.proration.rounding is not None and desks.proration.is_prorated
    assert desks.proration.rounding.rounding_method is ProrationRoundingMethod.FLOOR
    assert desks.quantities(datetime(2026, 1, 1)) == (
        (datetime(2026, 1, 1), Decimal(5)),
        (datetime(2026, 2, 1), Decimal(11)),
        (datetime(2026, 6, 1), Decimal(15)),
    )
    assert people.quantities(datetime(2026, 1, 1))[-1] == (datetime(2026, 5, 1), Decimal(4))


def test_items_of_a_charge_change(tmp_path: Path) -> None:
    change = """\
    update_scheduled_charges:
      - scheduled_charge: Onboarding
        invoice_schedule:
          add_schedule_items: [{id: third, timestamp: 2026-09-15T00:00:00Z, amount: 7}]
          update_schedule_items: [{id: first, amount: 30}]
          remove_schedule_items: [{id: second}]
    archive_scheduled_charges: [{id: Fee}]
"""
    (charge,) = edited(tmp_path, change).scheduled_charges
    items = charge.schedule.schedule_items or ()
    assert [(each.id, each.amount, each.unit_price) for each in items] == [
        ("first", Decimal(30), None),
        ("third", Decimal(7), None),
    ]


def test_another_unit_price_takes_the_place_of_an_amount(tmp_path: Path) -> None:
    change = """\
    update_scheduled_charges:
      - scheduled_charge: Onboarding
        invoice_schedule: {update_schedule_items: [{id: second, unit_price: 4}, {id: first, quantity: 3}]}
"""
    items = edited(tmp_path, change).scheduled_charges[0].schedule.schedule_items or ()
    assert [(each.amount, each.unit_price, each.quantity) for each in items] == [
        (None, Decimal(100), Decimal(3)),
        (None, Decimal(4), None),
    ]


def test_an_earlier_end_ends_the_charges_too(tmp_path: Path) -> None:
    given = edited(tmp_path, "    update_contract_end_date: 2026-06-01T00:00:00Z\n")
    assert given.ending_before == given.terms_end_at == datetime(2026, 6, 1)
    assert {each.ending_before for each in given.subscriptions} == {None}


def test_a_later_end_is_the_contracts_alone(tmp_path: Path) -> None:
    given = edited(tmp_path, "    update_contract_end_date: 2027-06-01T00:00:00Z\n")
    assert (given.ending_before, given.terms_end_at) == (datetime(2027, 6, 1), None)
    assert {each.ending_before for each in given.subscriptions} == {datetime(2027, 1, 1)}


def test_a_subscription_added_with_a_later_end_lasts_until_it(tmp_path: Path) -> None:
    change = """\
    update_contract_end_date: 2027-06-01T00:00:00Z
    add_subscriptions:
      - collection_schedule: ARREARS
        subscription_rate: {product: Seats, billing_frequency: ANNUAL}
"""
    assert [each.ending_before for each in edited(tmp_path, change).subscriptions][-1] is None


def test_edits_follow_one_another(tmp_path: Path) -> None:
    """The charges stay ended where the end first was; subscriptions keep the end that they had before the last one."""
    change = """\
    update_contract_end_date: 2026-06-01T00:00:00Z
    update_net_payment_terms_days: 10
  - contract: Main
    update_contract_end_date: 2026-09-01T00:00:00Z
    update_net_payment_terms_days: 20
"""
    given = edited(tmp_path, change)
    assert (given.ending_before, given.terms_end_at) == (datetime(2026, 9, 1), datetime(2026, 6, 1))
    assert {each.ending_before for each in given.subscriptions} == {datetime(2026, 6, 1)}
    assert given.net_payment_terms_days == 20


@pytest.mark.parametrize(
    ("start", "end"), [("2026-10-01", datetime(2026, 10, 1)), ("2027-02-01", datetime(2027, 1, 1))]
)
def test_a_renewal_ends_the_contract_before_it(tmp_path: Path, start: str, end: datetime) -> None:
    later = RENEWED.replace("2026-10-01", start)
    given = loaded(tmp_path, changed_term((RENEWED, later), (EDITS, "")))
    old, new = given.contracts[:2]
    assert old.ending_before == end
    assert old.terms_end_at == new.starting_at
    assert new.transition is not None and new.transition.from_contract_id == old.id


def test_a_renewal_holds_against_a_later_end(tmp_path: Path) -> None:
    edit = "contract_edits:\n  - contract: Main\n    update_contract_end_date: 2028-01-01T00:00:00Z\n"
    assert main(loaded(tmp_path, changed_term((EDITS, edit)))).ending_before == datetime(2026, 10, 1)


def test_by_id(tmp_path: Path) -> None:
    contract_id = unedited(tmp_path / "a").id
    files = changed_term((RENEWED, ""), (EDITS, EDITS.replace("contract: Main", f"contract_id: {contract_id}")))
    assert main(loaded(tmp_path / "b", files)).name == "Head office"


def test_a_catalog_says_what_its_contracts_come_to(tmp_path: Path) -> None:
    catalog = loaded(tmp_path / "a", changed_term())
    assert Catalog.model_validate_json(catalog.to_json()).to_json() == catalog.to_json()
    others = (
        ("quantity_delta: 4}", "quantity_delta: 5}"),
        ("unit_price: 5, quantity: 2", "unit_price: 5, quantity: 3"),
        ("payer: PARENT, usage_statement_behavior: CONSOLIDATE", "payer: PARENT"),
        ("    discounts:\n      - name: Welcome", "    discounts:\n      - name: Hello"),
        ("scheduled_charges_on_usage_invoices: all", "custom_fields: {a: b}"),
    )
    hashes = {catalog.content_hash()}
    for number, change in enumerate(others):
        hashes.add(loaded(tmp_path / str(number), changed_term(change)).content_hash())
    assert len(hashes) == 1 + len(others)


def test_a_child_knows_its_parents_customer(tmp_path: Path) -> None:
    catalog = loaded(tmp_path, changed_term())
    beta = catalog.customer_named("Beta").id
    child = catalog.with_contracts_of(beta).contracts[0]
    assert child.hierarchy_configuration is not None and child.hierarchy_configuration.parent is not None
    assert child.hierarchy_configuration.parent.customer_id == catalog.customer_named("Acme").id
    assert child.hierarchy_configuration.consolidates
    assert [each.customer_id for each in catalog.with_contracts_of(beta).contracts] == [beta, beta]
