"""A catalog of what grants and watches balances: recurring ones, thresholds, manual entries, alerts, their prices."""

from __future__ import annotations

from pathlib import Path

from tests.catalog.written import Mistake, said

EVERY_GRANT = """\
pricing_units:
  - {name: tokens}
  - {name: stars}
billable_metrics:
  - name: calls
    aggregation_type: COUNT
    property_filters: [{name: model, exists: true}, {name: user, exists: true}]
    group_keys: [[model, user]]
products:
  - name: Calls
    type: USAGE
    billable_metric: calls
    tags: [core]
    pricing_group_key: [model]
    presentation_group_key: [user]
  - {name: Images, type: USAGE, billable_metric: calls}
  - {name: Seats, type: SUBSCRIPTION, tags: [core]}
  - {name: Grant, type: FIXED}
rate_cards:
  - name: List
    credit_type_conversions: [{custom_credit_type: tokens, fiat_per_custom_credit: 10}]
    rates:
      - product: Calls
        starting_at: 2026-01-01T00:00:00Z
        entitled: true
        rate_type: FLAT
        price: 3
        commit_rate: {rate_type: FLAT, price: 2}
      - product: Images
        starting_at: 2026-01-01T00:00:00Z
        entitled: true
        rate_type: FLAT
        price: 5
        credit_type: tokens
      - product: Seats
        starting_at: 2026-01-01T00:00:00Z
        entitled: true
        rate_type: FLAT
        price: 20
        billing_frequency: MONTHLY
customers:
  - {name: Acme}
  - {name: Beta}
contracts:
  - name: Main
    customer: Acme
    rate_card: List
    starting_at: 2026-01-01T00:00:00Z
    ending_before: 2027-01-01T00:00:00Z
    subscriptions:
      - name: Desks
        temporary_id: desks
        collection_schedule: ADVANCE
        subscription_rate: {product: Seats, billing_frequency: MONTHLY}
      - name: People
        collection_schedule: ADVANCE
        quantity_management_mode: SEAT_BASED
        subscription_rate: {product: Seats, billing_frequency: MONTHLY}
        seat_config: {seat_group_key: user, initial_seat_ids: [ann]}
    commits:
      - name: Deposit
        temporary_id: deposit
        type: PREPAID
        product: Grant
        rate_type: COMMIT_RATE
        access_schedule:
          schedule_items:
            - {amount: 100, starting_at: 2026-01-01T00:00:00Z, ending_before: 2026-07-01T00:00:00Z}
            - {id: second, amount: 50, starting_at: 2026-07-01T00:00:00Z, ending_before: 2027-01-01T00:00:00Z}
    credits:
      - name: Welcome
        product: Grant
        access_schedule:
          schedule_items: [{amount: 9, starting_at: 2026-01-01T00:00:00Z, ending_before: 2026-07-01T00:00:00Z}]
    recurring_commits:
      - name: Monthly
        product: Grant
        starting_at: 2026-01-01T00:00:00Z
        access_amount: {unit_price: 100, quantity: 1}
        invoice_amount: {unit_price: 75, quantity: 1}
        commit_duration: {value: 1}
        rollover_fraction: 0.5
        proration_rounding: {access: {rounding_method: HALF_UP, decimal_places: -2}}
      - name: Per desk
        product: Grant
        starting_at: 2026-01-01T00:00:00Z
        access_amount: {unit_price: 10}
        commit_duration: {value: 2, unit: PERIODS}
        recurrence_frequency: MONTHLY
        subscription_config: {subscription: Desks, apply_seat_increase_config: {is_prorated: true}}
    recurring_credits:
      - name: Per seat
        temporary_id: per-seat
        product: Grant
        starting_at: 2026-02-01T00:00:00Z
        ending_before: 2026-09-01T00:00:00Z
        access_amount: {unit_price: 4, access_type: QUANTITY}
        commit_duration: {value: 1}
        recurrence_frequency: WEEKLY
        proration: FIRST
        applicable_products: [Calls]
        subscription_config:
          subscription: People
          allocation: INDIVIDUAL
          apply_seat_increase_config: {is_prorated: false}
    prepaid_balance_threshold_configuration:
      commit: {product: Grant, name: Top-up, applicable_product_tags: [core], duration: {unit: MONTHS, value: 6}}
      is_enabled: true
      payment_gate_config: {payment_gate_type: NONE}
      threshold_amount: 50
      recharge_to_amount: 500
      discount_configuration: {payment_fraction: 0.9}
    spend_threshold_configuration:
      commit: {product: Grant, priority: 5}
      is_enabled: false
      payment_gate_config: {payment_gate_type: NONE}
      threshold_amount: 1000
      discount_config: {fraction: 0.8}
    overrides:
      - starting_at: 2026-01-01T00:00:00Z
        type: MULTIPLIER
        multiplier: 0.9
        is_commit_specific: true
        target: COMMIT_RATE
        override_specifiers: [{product: Calls, commit_ids: [deposit], recurring_commit_ids: [Monthly]}]
      - starting_at: 2026-01-01T00:00:00Z
        type: OVERWRITE
        overwrite_rate: {rate_type: FLAT, price: 1}
        is_commit_specific: true
        override_specifiers: [{any_commit_or_credit_ids: [per-seat, Welcome, Shared]}]
  - name: Other
    customer: Beta
    rate_card: List
    starting_at: 2026-01-01T00:00:00Z
commits:
  - name: Shared
    customer: Acme
    type: PREPAID
    product: Grant
    access_schedule:
      schedule_items: [{amount: 7, starting_at: 2026-01-01T00:00:00Z, ending_before: 2027-01-01T00:00:00Z}]
manual_balance_entries:
  - {id: Deposit, customer: Acme, contract: Main, segment_id: second, amount: -5, reason: Correction}
  - {id: deposit, customer: Acme, amount: 1, reason: Goodwill, timestamp: 2026-02-03T04:05:06Z}
  - {id: Shared, customer: Acme, amount: 2, reason: Goodwill}
alerts:
  - {name: Spending, alert_type: spend_threshold_reached, threshold: 100}
  - {name: Tokens, alert_type: SPEND_THRESHOLD_REACHED, threshold: 100, credit_type: tokens, customer: Acme}
  - name: Low
    alert_type: low_remaining_contract_credit_and_commit_percentage_reached
    threshold: 10
    customer: Beta
    evaluate_on_create: true
"""


def changed_grant(*changes: tuple[str, str]) -> dict[str, str]:
    """`EVERY_GRANT` with the one occurrence of each passage replaced, as the files of a workspace."""
    text = EVERY_GRANT
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in EVERY_GRANT"
        text = text.replace(old, new)
    return {"catalog/c.yml": text}


def expect_of_grant(root: Path, mistake: Mistake) -> None:
    """What the loader says of a mistake in `EVERY_GRANT` is exactly what is expected."""
    expected = [f"catalog/c.yml:{problem}" for problem in mistake.problems]
    assert said(root, changed_grant((mistake.old, mistake.new))) == expected
