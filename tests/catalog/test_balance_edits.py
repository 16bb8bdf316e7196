"""What edits make of balances and thresholds: as if the contract had been written so, and every id as it was."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from engine.catalog.balance import BalanceRateType, Commit
from engine.catalog.contract import Contract, TrueupBehavior
from engine.catalog.schema import catalog_schema
from engine.catalog.strict_yaml import read_yaml
from engine.values.ids import derived_id
from tests.catalog.every_balance import changed_balance
from tests.catalog.every_balance_edit import EDITS, edited_balance
from tests.catalog.test_schema import refused
from tests.catalog.written import loaded, said


def edited(root: Path, *changes: tuple[str, str]) -> Contract:
    return loaded(root, edited_balance(*changes)).contracts[0]


def before(root: Path) -> Contract:
    return loaded(root, changed_balance()).contracts[0]


def segments(commit: Commit) -> list[tuple[str, Decimal]]:
    return [(each.id, each.amount) for each in commit.access_schedule.schedule_items]


def test_a_commit_is_changed(tmp_path: Path) -> None:
    year = edited(tmp_path / "after").commits[0]
    old = before(tmp_path / "before").commits[0]
    assert (year.id, year.name, old.name) == (old.id, "Bought", "Year")
    assert (year.priority, old.priority) == (None, Decimal("1.5"))
    assert (year.applicable_product_tags, old.applicable_product_tags) == ((), ("cloud",))
    assert len(year.specifiers) == 1
    assert year.rollover_fraction == old.rollover_fraction
    assert year.product_id == old.product_id
    assert year.invoice_schedule is not None
    items = year.invoice_schedule.schedule_items or ()
    assert [(each.id, each.amount, each.unit_price, each.quantity) for each in items] == [
        ("paid", Decimal(700), None, None),
        (None, Decimal(8), None, None),
    ]
    assert year.invoiced == 708


def test_segments_keep_their_ids_whatever_comes_and_goes(tmp_path: Path) -> None:
    year = edited(tmp_path).commits[0]
    first, third, fourth = (derived_id("segment", year.id, str(position)) for position in (0, 2, 3))
    assert segments(year) == [(first, Decimal(600)), (third, Decimal(9)), (fourth, Decimal(11))]


def test_a_segment_is_changed_by_its_id(tmp_path: Path) -> None:
    units = next(each for each in edited(tmp_path).credits if each.name == "Units")
    assert [each.amount for each in units.access_schedule.schedule_items] == [8]
    kept = ("remove_schedule_items: [{id: second}]", "remove_schedule_items: []")
    added = (", starting_at: 2026-08-01T00:00:00Z, ending_before: 2026-09-01T00:00:00Z}", "")
    moved = ("add_schedule_items: [{amount: 11" + added[0] + "]", "add_schedule_items: []")
    second = edited(tmp_path / "kept", kept, moved).commits[0].access_schedule.schedule_items[1]
    assert (second.id, second.amount) == ("second", Decimal(450))
    assert (second.starting_at, second.ending_before) == (datetime(2026, 7, 1), datetime(2026, 12, 1))


def test_terms_come_and_go(tmp_path: Path) -> None:
    contract = edited(tmp_path)
    assert [each.name for each in contract.commits] == ["Bought", "Minimum"]
    assert [each.name for each in contract.credits] == ["Units", "Gift"]
    gift = contract.credits[1]
    assert gift.id == derived_id("credit", contract.id, "2")
    assert gift.access_schedule.schedule_items[0].id == derived_id("segment", gift.id, "0")
    assert gift.access_schedule.credit_type_id is not None


def test_applicability_by_the_other_key_takes_its_place(tmp_path: Path) -> None:
    minimum = edited(tmp_path / "after").commits[1]
    old = before(tmp_path / "before").commits[1]
    assert (len(old.applicable_product_ids), len(minimum.applicable_product_ids)) == (2, 1)
    assert minimum.rate_type is BalanceRateType.COMMIT_RATE


def test_recurring_balances_are_changed(tmp_path: Path) -> None:
    contract = edited(tmp_path)
    (monthly,), (allowance,) = contract.recurring_commits, contract.recurring_credits
    assert monthly.invoice_amount is not None
    amounts = [(each.unit_price, each.quantity) for each in (monthly.access_amount, monthly.invoice_amount)]
    assert amounts == [(Decimal(6), Decimal(1)), (Decimal(4), Decimal(2))]
    assert monthly.ending_before == datetime(2026, 10, 1)
    assert monthly.proration_rounding is not None and monthly.proration_rounding.access is not None
    assert monthly.rate_type is BalanceRateType.COMMIT_RATE
    assert allowance.ending_before is None
    assert monthly.access_amount.credit_type_id == allowance.access_amount.credit_type_id is not None
    ids = [derived_id(kind, contract.id, "0") for kind in ("recurring_commit", "recurring_credit")]
    assert [monthly.id, allowance.id] == ids


def test_thresholds_are_added_and_changed(tmp_path: Path) -> None:
    contract = edited(tmp_path)
    prepaid, spend = contract.prepaid_balance_threshold_configuration, contract.spend_threshold_configuration
    assert prepaid is not None and spend is not None
    assert [prepaid.threshold_amount, prepaid.recharge_to_amount, prepaid.commit.priority] == [20, 100, 7]
    assert (prepaid.commit.name, prepaid.commit.applicable_product_tags) == ("Top-up", ())
    assert prepaid.commit.product_id != spend.commit.product_id
    assert not spend.is_enabled
    assert (spend.threshold_amount, spend.payment_fraction) == (Decimal(1000), Decimal("0.9"))


@pytest.mark.parametrize(
    ("end", "expected"),
    [("2026-06-01T00:00:00Z", None), ("2028-01-01T00:00:00Z", datetime(2027, 1, 1))],
)
def test_a_later_end_is_not_that_of_recurring_balances(tmp_path: Path, end: str, expected: datetime | None) -> None:
    later = f"  - {{contract: Main, update_contract_end_date: {end}}}\n"
    last = "  - contract: Main\n    archive_commits"
    contract = edited(tmp_path, (last, later + last))
    assert [each.ending_before for each in contract.recurring_credits] == [expected]
    assert [each.ending_before for each in contract.recurring_commits] == [datetime(2026, 10, 1)]


def test_a_contract_that_ended_early_keeps_segments_that_begin_later(tmp_path: Path) -> None:
    renewal = (
        "commits:\n  - customer: Acme\n",
        "  - name: Next\n    customer: Acme\n    rate_card: List\n    starting_at: 2026-05-01T00:00:00Z\n"
        "    transition: {type: RENEWAL, from_contract: Main, future_invoice_behavior: {trueup: remove}}\n"
        "commits:\n  - customer: Acme\n",
    )
    catalog = loaded(tmp_path, changed_balance(renewal))
    assert len(catalog.contracts[0].commits[0].access_schedule.schedule_items) == 2
    assert catalog.contracts[0].terms_end_at == catalog.contracts[0].ending_before == datetime(2026, 5, 1)
    transition = catalog.contracts[-1].transition
    assert transition is not None and transition.future_invoice_behavior.trueup is TrueupBehavior.REMOVE
    wrong = changed_balance((renewal[0], renewal[1].replace("trueup: remove", "trueup: keep")))
    assert said(tmp_path, wrong) == ["catalog/c.yml:115:88: unknown trueup 'keep'; known: 'AS_IS', 'REMOVE'"]


def test_schema_knows_every_key_of_edits() -> None:
    schema = catalog_schema()
    assert refused(read_yaml("f", EDITS).content, schema, schema) == []
    wrong = EDITS.replace("add_schedule_items: [{amount: 9,", "add_schedule_items: [{x: 9,")
    assert refused(read_yaml("f", wrong).content, schema, schema) != []
