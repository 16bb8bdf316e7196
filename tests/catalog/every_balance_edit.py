"""Edits of the balances of `every_balance.EVERY_BALANCE`, and what the loader says of mistakes in them."""

from __future__ import annotations

from pathlib import Path

from tests.catalog.every_balance import EVERY_BALANCE
from tests.catalog.every_term import Wrong
from tests.catalog.written import said

EDITS = """\
contract_edits:
  - contract: Main
    update_commits:
      - commit: Year
        name: Bought
        priority: null
        applicable_product_tags: null
        specifiers: [{product: Compute}]
        hierarchy_configuration: {child_access: {type: ALL}}
        access_schedule:
          update_schedule_items: [{id: second, amount: 450, ending_before: 2026-12-01T00:00:00Z}]
          add_schedule_items: [{amount: 9, starting_at: 2026-12-01T00:00:00Z, ending_before: 2027-01-01T00:00:00Z}]
        invoice_schedule:
          update_schedule_items: [{id: paid, amount: 700}]
          add_schedule_items: [{timestamp: 2026-12-01T00:00:00Z, amount: 8}]
      - commit: Minimum
        applicable_product_ids: [Storage]
        rate_type: COMMIT_RATE
    update_credits:
      - credit: Units
        access_schedule: {update_schedule_items: [{id: 1cd97f6a-a073-5ee1-a49b-1d4452a335e8, amount: 8}]}
    archive_credits: [{id: Tokens}]
    add_commits:
      - name: More
        type: PREPAID
        product: Commitment
        access_schedule:
          schedule_items: [{amount: 3, starting_at: 2026-03-01T00:00:00Z, ending_before: 2026-04-01T00:00:00Z}]
    add_credits:
      - name: Gift
        product: Commitment
        access_schedule:
          schedule_items: [{amount: 2, starting_at: 2026-03-01T00:00:00Z, ending_before: 2026-04-01T00:00:00Z}]
    add_recurring_commits:
      - name: Monthly
        product: Commitment
        starting_at: 2026-02-01T00:00:00Z
        access_amount: {unit_price: 5, quantity: 1}
        invoice_amount: {unit_price: 4, quantity: 1}
        commit_duration: {value: 1}
    add_recurring_credits:
      - name: Allowance
        product: Commitment
        starting_at: 2026-02-01T00:00:00Z
        ending_before: 2026-05-01T00:00:00Z
        access_amount: {unit_price: 1, quantity: 1}
        commit_duration: {value: 1}
    add_prepaid_balance_threshold_configuration:
      commit: {product: Commitment, name: Top-up, applicable_product_tags: [cloud]}
      is_enabled: true
      threshold_amount: 10
      recharge_to_amount: 100
      payment_gate_config: {payment_gate_type: NONE}
  - contract: Main
    update_commits:
      - commit: Bought
        access_schedule:
          remove_schedule_items: [{id: second}]
          add_schedule_items: [{amount: 11, starting_at: 2026-08-01T00:00:00Z, ending_before: 2026-09-01T00:00:00Z}]
    update_recurring_commits:
      - recurring_commit: Monthly
        ending_before: 2026-10-01T00:00:00Z
        access_amount: {unit_price: 6}
        invoice_amount: {quantity: 2}
        rate_type: COMMIT_RATE
        proration_rounding: {access: {rounding_method: FLOOR, decimal_places: 0}}
    update_recurring_credits:
      - {recurring_credit: Allowance, ending_before: null}
    update_prepaid_balance_threshold_configuration:
      threshold_amount: 20
      commit: {product_id: Fee, applicable_product_tags: null, priority: 7}
    add_spend_threshold_configuration:
      commit: {product: Commitment}
      is_enabled: true
      threshold_amount: 1000
      payment_gate_config: {payment_gate_type: NONE}
  - contract: Main
    archive_commits: [{id: More}]
    update_spend_threshold_configuration:
      is_enabled: false
      discount_configuration: {payment_fraction: 0.9}
      payment_gate_config: {payment_gate_type: NONE}
"""


def edited_balance(*changes: tuple[str, str]) -> dict[str, str]:
    """The catalog with `EDITS`, the one occurrence of each passage of these replaced, as the files of a workspace."""
    text = EDITS
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in EDITS"
        text = text.replace(old, new)
    return {"catalog/c.yml": EVERY_BALANCE.replace("      - name: Units\n", UNITS), "catalog/e.yml": text}


#: The credit that edits reach one segment of by its id.
UNITS = "      - name: Units\n        id: units\n"


def expect_of_balance_edit(root: Path, mistake: Wrong) -> None:
    """What the loader says of a mistake in `EDITS` is exactly what is expected, there unless another file is named."""
    expected = [each if each.startswith("catalog/") else f"catalog/e.yml:{each}" for each in mistake.problems]
    assert said(root, edited_balance(*mistake.changes)) == expected
