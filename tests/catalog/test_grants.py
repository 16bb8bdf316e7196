"""What grants and watches balances, as the loader gives it: names made ids, and what a file left out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

from engine.catalog.alert import AlertType
from engine.catalog.balance import AccessType
from engine.catalog.catalog import Catalog
from engine.catalog.contract import Contract
from engine.catalog.duration import Duration, DurationUnit
from engine.catalog.override import OverrideTarget
from engine.catalog.recurring_balance import BalanceProration, RecurrenceFrequency, SeatAllocation
from engine.catalog.subscription import ProrationRounding, ProrationRoundingMethod
from engine.values.ids import derived_id
from tests.catalog.every_grant import EVERY_GRANT, changed_grant
from tests.catalog.written import GOOD, good_with, loaded, said

PACKAGE = """\
packages:
  - name: Starter
    rate_card: List
    commits:
      - name: Gift
        temporary_id: gift
        type: PREPAID
        product: Grant
        access_schedule:
          schedule_items: [{amount: 5, starting_at_offset: {unit: DAYS, value: 0}, duration: {unit: MONTHS, value: 1}}]
    overrides:
      - starting_at_offset: {unit: DAYS, value: 0}
        type: MULTIPLIER
        multiplier: 0.5
        is_commit_specific: true
        override_specifiers: [{commit_ids: [gift]}]
    subscriptions:
      - name: Chairs
        temporary_id: chairs
        collection_schedule: ADVANCE
        subscription_rate: {product: Seats, billing_frequency: MONTHLY}
    recurring_credits:
      - product: Grant
        starting_at_offset: {unit: MONTHS, value: 1}
        duration: {unit: MONTHS, value: 6}
        access_amount: {unit_price: 1}
        commit_duration: {value: 1}
        subscription_config: {subscription_id: chairs, apply_seat_increase_config: {is_prorated: true}}
    spend_threshold_configuration:
      commit: {product: Grant}
      is_enabled: true
      threshold_amount: 10
contracts:
  - {name: Small, customer: Beta, package: Starter, starting_at: 2026-03-01T00:00:00Z}
"""


def grants(root: Path, *changes: tuple[str, str]) -> Catalog:
    """The catalog of `EVERY_GRANT` with these changes."""
    return loaded(root, changed_grant(*changes))


def main_contract(catalog: Catalog) -> Contract:
    (contract,) = [each for each in catalog.contracts if each.name == "Main"]
    return contract


def test_overrides_name_their_balances_by_id(tmp_path: Path) -> None:
    catalog = grants(tmp_path)
    contract = main_contract(catalog)
    first, second = contract.overrides
    assert (first.is_commit_specific, first.target) == (True, OverrideTarget.COMMIT_RATE)
    assert first.balance_ids == (contract.commits[0].id, contract.recurring_commits[0].id)
    shared = derived_id("commit", catalog.customers[0].id, "Shared")
    assert second.target is OverrideTarget.LIST_RATE
    assert second.balance_ids == (contract.recurring_credits[0].id, contract.credits[0].id, shared)
    assert shared == catalog.commits[0].id


def test_an_id_is_taken_before_a_temporary_id_and_that_before_a_name(tmp_path: Path) -> None:
    confusing = ("      - name: Welcome\n", "      - name: deposit\n        id: Deposit\n")
    renamed = ("[per-seat, Welcome, Shared]", "[Deposit, deposit]")
    entries = ("- {id: Deposit,", "- {id: deposit,")
    contract = main_contract(grants(tmp_path, confusing, renamed, entries))
    assert contract.overrides[1].balance_ids == ("Deposit", contract.commits[0].id)


def test_a_child_names_balances_of_its_parent(tmp_path: Path) -> None:
    parent = ("    subscriptions:\n", "    hierarchy_configuration: {parent_behavior: {}}\n    subscriptions:\n")
    child = """\
  - name: Other
    hierarchy_configuration: {parent: {contract: Main}}
    overrides:
      - starting_at: 2026-01-01T00:00:00Z
        type: MULTIPLIER
        multiplier: 0.9
        is_commit_specific: true
        override_specifiers: [{commit_ids: [Deposit, Shared]}]
"""
    catalog = grants(tmp_path, parent, ("  - name: Other\n", child))
    (other,) = [each for each in catalog.contracts if each.name == "Other"]
    assert other.overrides[0].balance_ids == (main_contract(catalog).commits[0].id, catalog.commits[0].id)


def test_terms_of_a_package_name_its_balances(tmp_path: Path) -> None:
    catalog = loaded(tmp_path, changed_grant() | {"catalog/p.yml": PACKAGE})
    (contract,) = [each for each in catalog.contracts if each.name == "Small"]
    assert contract.overrides[0].balance_ids == (contract.commits[0].id,)
    (recurring,) = contract.recurring_credits
    assert recurring.subscription_config is not None
    assert recurring.subscription_config.subscription_id == contract.subscriptions[0].id
    assert (recurring.starting_at, recurring.ending_before) == (datetime(2026, 4, 1), datetime(2026, 10, 1))
    assert contract.spend_threshold_configuration is not None


def test_terms_of_an_edit_name_balances(tmp_path: Path) -> None:
    """Those that were there, and those that come with the edit; what is written wrong is found in the edit."""
    edit = """\
contract_edits:
  - contract: Main
    add_credits:
      - name: Sorry
        product: Grant
        access_schedule:
          schedule_items: [{amount: 5, starting_at: 2026-03-01T00:00:00Z, ending_before: 2026-04-01T00:00:00Z}]
    add_overrides:
      - starting_at: 2026-03-01T00:00:00Z
        type: MULTIPLIER
        multiplier: 0.5
        is_commit_specific: true
        override_specifiers: [{any_commit_or_credit_ids: [Sorry, deposit]}]
"""
    files = changed_grant() | {"catalog/e.yml": edit}
    contract = main_contract(loaded(tmp_path / "right", files))
    assert contract.overrides[-1].balance_ids == (contract.credits[-1].id, contract.commits[0].id)
    files["catalog/e.yml"] = edit.replace("[Sorry,", "[Sory,")
    expected = "catalog/e.yml:13:59: unknown commit or credit 'Sory'; did you mean 'Sorry'?"
    assert said(tmp_path / "wrong", files) == [expected]


def test_an_unused_package_is_held_against_its_own_balances(tmp_path: Path) -> None:
    unused = PACKAGE[: PACKAGE.index("contracts:")]
    files = changed_grant() | {"catalog/p.yml": unused}
    assert said(tmp_path / "right", files) == []
    files["catalog/p.yml"] = unused.replace("[gift]", "[gifd]")
    assert said(tmp_path / "wrong", files) == ["catalog/p.yml:16:45: unknown commit 'gifd'; did you mean 'gift'?"]


def test_what_is_not_right_itself_is_not_missed(tmp_path: Path) -> None:
    """An override for a commit that has a mistake, and an entry in it, are no mistakes of their own."""
    wrong = changed_grant(("{amount: 7,", "{amount: -7,"))
    assert said(tmp_path, wrong) == ["catalog/c.yml:141:33: amount -7 is negative; a balance grants 0 or more"]


def test_recurring_balances(tmp_path: Path) -> None:
    contract = main_contract(grants(tmp_path))
    monthly, per_desk = contract.recurring_commits
    (per_seat,) = contract.recurring_credits
    assert monthly.id == derived_id("recurring_commit", contract.id, "0")
    assert monthly.access_amount.unit_price == 100 and monthly.access_amount.quantity == 1
    assert monthly.invoice_amount is not None and monthly.invoice_amount.unit_price == 75
    assert (monthly.proration, monthly.recurrence_frequency) == (BalanceProration.FIRST_AND_LAST, None)
    rounding = ProrationRounding(rounding_method=ProrationRoundingMethod.HALF_UP, decimal_places=-2)
    assert monthly.proration_rounding is not None and monthly.proration_rounding.access == rounding
    assert per_desk.commit_duration.value == 2 and per_desk.invoice_amount is None
    assert per_desk.subscription_config is not None
    assert per_desk.subscription_config.subscription_id == contract.subscriptions[0].id
    assert per_desk.subscription_config.allocation is SeatAllocation.POOLED
    assert per_desk.subscription_config.apply_seat_increase_config.is_prorated
    assert per_seat.subscription_config is not None
    assert per_seat.subscription_config.subscription_id == contract.subscriptions[1].id
    assert per_seat.access_amount.access_type is AccessType.QUANTITY
    assert (per_seat.recurrence_frequency, per_seat.proration) == (RecurrenceFrequency.WEEKLY, BalanceProration.FIRST)


def test_thresholds(tmp_path: Path) -> None:
    contract = main_contract(grants(tmp_path))
    prepaid, spend = contract.prepaid_balance_threshold_configuration, contract.spend_threshold_configuration
    assert prepaid is not None and spend is not None
    assert prepaid.threshold_amount == 50 and prepaid.recharge_to_amount == 500
    assert prepaid.payment_fraction == Decimal("0.9") and prepaid.commit.priority == 100
    assert prepaid.commit.duration == Duration(unit=DurationUnit.MONTHS, value=6)
    assert prepaid.commit.applicable_product_tags == ("core",)
    assert not spend.is_enabled
    assert spend.payment_fraction == Decimal("0.8") and spend.commit.priority == 5


def test_a_threshold_that_says_little(tmp_path: Path) -> None:
    old = "commit: {product: Grant, name: Top-up, applicable_product_tags: [core], duration: {unit: MONTHS, value: 6}}"
    change, discount = (old, "commit: {product: Grant}"), ("      discount_config: {fraction: 0.8}\n", "")
    contract = main_contract(grants(tmp_path, change, discount))
    prepaid, spend = contract.prepaid_balance_threshold_configuration, contract.spend_threshold_configuration
    assert prepaid is not None and prepaid.commit.duration == Duration(unit=DurationUnit.YEARS, value=1)
    assert spend is not None and spend.payment_fraction == 1


def test_manual_entries_know_their_balance_segment_and_time(tmp_path: Path) -> None:
    catalog = grants(tmp_path)
    contract = main_contract(catalog)
    deposit, shared = contract.commits[0], catalog.commits[0]
    first, second = deposit.access_schedule.schedule_items
    only = shared.access_schedule.schedule_items[0]
    assert [
        (each.balance_id, each.contract_id, each.segment_id, each.timestamp, each.amount)
        for each in catalog.manual_balance_entries
    ] == [
        (deposit.id, contract.id, "second", second.starting_at, Decimal(-5)),
        (deposit.id, contract.id, first.id, datetime(2026, 2, 3, 4, 5, 6), Decimal(1)),
        (shared.id, None, only.id, only.starting_at, Decimal(2)),
    ]


def test_alerts(tmp_path: Path) -> None:
    spending, tokens, low = grants(tmp_path).alerts
    assert spending.alert_type is AlertType.SPEND_THRESHOLD_REACHED
    assert (spending.customer_id, spending.credit_type_id) == (None, None)
    assert tokens.credit_type_id == derived_id("pricing_unit", "tokens")
    assert (low.alert_type.is_percentage, low.alert_type.of_commits, low.alert_type.of_credits) == (True, True, True)
    assert spending.id != tokens.id


def test_which_balances_an_alert_watches() -> None:
    watched = {each.value: (each.of_commits, each.of_credits) for each in AlertType}
    assert watched["LOW_REMAINING_COMMIT_BALANCE_REACHED"] == (True, False)
    assert watched["LOW_REMAINING_CONTRACT_CREDIT_PERCENTAGE_REACHED"] == (False, True)
    assert watched["LOW_REMAINING_CONTRACT_CREDIT_AND_COMMIT_BALANCE_REACHED"] == (True, True)
    assert watched["INVOICE_TOTAL_REACHED"] == watched["SPEND_THRESHOLD_REACHED"] == (False, False)


def test_commit_rates_in_a_table(tmp_path: Path) -> None:
    rates = "product,model,starting_at,price,commit_rate_price\nTokens,large,2026-01-01T00:00:00Z,3,2.5\n"
    rates += "Calls,,2026-01-01T00:00:00Z,3,\n"
    catalog = loaded(tmp_path, {"catalog/c.yml": GOOD, "catalog/rates/List.csv": rates})
    large, calls = [each for each in catalog.rates if each.price == 3]
    assert large.commit_rate is not None and large.commit_rate.price == Decimal("2.5")
    assert large.pricing_group_values == (("model", "large"),)
    assert calls.commit_rate is None


def test_a_wrong_commit_rate_in_a_table(tmp_path: Path) -> None:
    rates = "product,model,starting_at,price,commit_rate_price\nTokens,large,2026-01-01T00:00:00Z,3,-2\n"
    files = {"catalog/c.yml": good_with("    price: 1.50\n", "    price: 1.5\n"), "catalog/rates/List.csv": rates}
    expected = "catalog/rates/List.csv:2:37: price -2 is negative; a price is 0 or more"
    assert said(tmp_path, files) == [expected]


def test_the_order_of_specifiers_does_not_repeat_balances(tmp_path: Path) -> None:
    twice = ("[per-seat, Welcome, Shared]", "[Welcome, Welcome, per-seat, Per seat]")
    contract = main_contract(grants(tmp_path, twice))
    assert contract.overrides[1].balance_ids == (contract.credits[0].id, contract.recurring_credits[0].id)


def test_equal_catalogs_have_equal_hashes(tmp_path: Path) -> None:
    """Names and the ids they stand for say the same."""
    catalog = grants(tmp_path / "names")
    by_id = ("[per-seat, Welcome, Shared]", f"[Per seat, {main_contract(catalog).credits[0].id}, Shared]")
    assert grants(tmp_path / "ids", by_id).content_hash() == catalog.content_hash()
    assert EVERY_GRANT.count("temporary_id: per-seat") == 1
