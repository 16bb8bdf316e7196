"""A catalog with a term of every kind, in a contract, in a package and in edits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.catalog.written import said

EVERY_TERM = """\
billable_metrics:
  - {name: calls, aggregation_type: COUNT}
products:
  - {name: Calls, type: USAGE, billable_metric: calls, tags: [core]}
  - {name: Seats, type: SUBSCRIPTION}
  - {name: Phones, type: SUBSCRIPTION}
  - {name: Setup, type: FIXED}
  - {name: Support, type: COMPOSITE, composite_tags: [core]}
rate_cards:
  - name: List
    aliases: [{name: standard, starting_at: 2026-01-01T00:00:00Z}]
    rates:
      - {product: Calls, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 1}
      - product: Seats
        starting_at: 2026-01-01T00:00:00Z
        entitled: true
        rate_type: FLAT
        price: 20
        billing_frequency: MONTHLY
      - product: Seats
        starting_at: 2026-01-01T00:00:00Z
        entitled: true
        rate_type: FLAT
        price: 200
        billing_frequency: ANNUAL
      - {product: Support, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: PERCENTAGE, price: 0.1}
customers:
  - {name: Acme}
  - {name: Beta}
packages:
  - name: Starter
    aliases: [{name: entry, starting_at: 2026-03-01T00:00:00Z}]
    rate_card_alias: standard
    contract_name: Starter plan
    duration: {unit: YEARS, value: 1}
    multiplier_override_prioritization: EXPLICIT
    overrides:
      - type: MULTIPLIER
        multiplier: 0.5
        priority: 1
        starting_at_offset: {unit: MONTHS, value: 1}
        duration: {unit: WEEKS, value: 2}
        override_specifiers: [{product: Calls}]
    subscriptions:
      - name: Starter seats
        collection_schedule: ADVANCE
        proration: {is_prorated: true}
        subscription_rate: {product: Seats, billing_frequency: MONTHLY}
        duration: {unit: MONTHS, value: 6}
    scheduled_charges:
      - product: Setup
        schedule: {schedule_items: [{date_offset: {unit: DAYS, value: 10}, unit_price: 5, quantity: 2}]}
    discounts:
      - product: Setup
        schedule:
          recurring_schedule:
            starting_at_offset: {unit: MONTHS, value: 0}
            duration: {unit: MONTHS, value: 3}
            frequency: MONTHLY
            amount_distribution: EACH
            amount: 1
contracts:
  - name: Main
    customer: Acme
    rate_card: List
    starting_at: 2026-01-01T00:00:00Z
    ending_before: 2027-01-01T00:00:00Z
    scheduled_charges_on_usage_invoices: all
    overrides:
      - {id: sale, starting_at: 2026-02-01T00:00:00Z, type: MULTIPLIER, multiplier: 0.9, product: Calls}
      - {starting_at: 2026-02-01T00:00:00Z, entitled: true, product: Calls}
    subscriptions:
      - name: Desks
        collection_schedule: ADVANCE
        initial_quantity: 5
        subscription_rate: {product: Seats, billing_frequency: MONTHLY}
        quantity_updates:
          - {starting_at: 2026-02-01T00:00:00Z, quantity: 12}
          - {starting_at: 2026-02-01T00:00:00Z, quantity_delta: -1}
      - name: People
        collection_schedule: ARREARS
        quantity_management_mode: SEAT_BASED
        subscription_rate: {product: Seats, billing_frequency: ANNUAL}
        seat_config: {seat_group_key: user, initial_seat_ids: [ann, bob], initial_unassigned_seats: 2}
        seat_updates:
          remove_unassigned_seats: [{starting_at: 2026-04-01T00:00:00Z, quantity: 1}]
          add_seat_ids: [{starting_at: 2026-02-01T00:00:00Z, seat_ids: [cid, ann]}]
          remove_seat_ids: [{starting_at: 2026-03-01T00:00:00Z, seat_ids: [bob, zoe]}]
    scheduled_charges:
      - name: Onboarding
        product: Setup
        schedule:
          schedule_items:
            - {id: first, timestamp: 2026-01-15T09:30:00Z, unit_price: 100, quantity: 2}
            - {id: second, timestamp: 2026-07-01T00:00:00Z, amount: 50}
      - name: Fee
        product: Setup
        schedule:
          recurring_schedule:
            starting_at: 2026-01-31T00:00:00Z
            ending_before: 2027-01-01T00:00:00Z
            frequency: MONTHLY
            amount_distribution: DIVIDED
            amount: 100
    discounts:
      - name: Welcome
        product: Setup
        schedule: {schedule_items: [{timestamp: 2026-02-01T00:00:00Z, amount: 10}]}
  - name: Renewed
    customer: Acme
    rate_card: List
    starting_at: 2026-10-01T00:00:00Z
    transition: {type: RENEWAL, from_contract: Main}
  - name: Parent
    customer: Acme
    rate_card: List
    starting_at: 2026-01-01T00:00:00Z
    hierarchy_configuration: {parent_behavior: {invoice_consolidation_type: CONCATENATE}}
  - name: Child
    customer: Beta
    rate_card: List
    starting_at: 2026-01-01T00:00:00Z
    hierarchy_configuration: {parent: {contract: Parent}, payer: PARENT, usage_statement_behavior: CONSOLIDATE}
  - customer: Beta
    package_alias: entry
    starting_at: 2026-08-31T00:00:00Z
contract_edits:
  - contract: Main
    customer: Acme
    update_contract_name: Head office
    remove_overrides: [{id: sale}]
    add_overrides:
      - starting_at: 2026-05-01T00:00:00Z
        type: OVERWRITE
        overwrite_rate: {rate_type: FLAT, price: 2}
        product: Calls
    update_subscriptions:
      - subscription: Desks
        quantity_updates: [{starting_at: 2026-06-01T00:00:00Z, quantity_delta: 4}]
        proration_rounding: {rounding_method: FLOOR, decimal_places: -2}
    update_scheduled_charges:
      - scheduled_charge: Onboarding
        invoice_schedule:
          add_schedule_items: [{id: third, timestamp: 2026-09-15T00:00:00Z, amount: 7}]
          update_schedule_items: [{id: first, amount: 30}]
          remove_schedule_items: [{id: second}]
    add_discounts:
      - product: Setup
        schedule: {schedule_items: [{timestamp: 2026-03-01T00:00:00Z, amount: 3}]}
"""


@dataclass(frozen=True)
class Wrong:
    """Passages of EVERY_TERM, what stands in their places, and the problems that follow, after the file's name."""

    title: str
    changes: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]


def wrong(title: str, *changes: tuple[str, str], says: str | tuple[str, ...]) -> Wrong:
    """A mistake with one problem or several."""
    return Wrong(title, changes, (says,) if isinstance(says, str) else says)


def changed_term(*changes: tuple[str, str]) -> dict[str, str]:
    """`EVERY_TERM` with the one occurrence of each passage replaced, as the files of a workspace."""
    text = EVERY_TERM
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in EVERY_TERM"
        text = text.replace(old, new)
    return {"catalog/c.yml": text}


def expect_of(root: Path, mistake: Wrong) -> None:
    """What the loader says of a mistake in `EVERY_TERM` is exactly what is expected."""
    expected = [f"catalog/c.yml:{problem}" for problem in mistake.problems]
    assert said(root, changed_term(*mistake.changes)) == expected
