"""A catalog with commits and credits of contracts and of customers, and what the loader says of mistakes in it."""

from __future__ import annotations

from pathlib import Path

from tests.catalog.every_term import Wrong
from tests.catalog.written import said

EVERY_BALANCE = """\
pricing_units:
  - {name: tokens}
billable_metrics:
  - name: calls
    aggregation_type: COUNT
    property_filters: [{name: region, exists: true}, {name: user, exists: true}]
    group_keys: [[region, user]]
products:
  - name: Compute
    type: USAGE
    billable_metric: calls
    pricing_group_key: [region]
    presentation_group_key: [user]
    tags: [cloud]
    updates: [{starting_at: 2026-06-01T00:00:00Z, tags: [cloud, core]}]
  - {name: Storage, type: USAGE, billable_metric: calls, tags: [cloud, disk]}
  - {name: Inference, type: USAGE, billable_metric: calls, tags: [ai]}
  - {name: Seats, type: SUBSCRIPTION, tags: [desk]}
  - {name: Support, type: COMPOSITE, composite_tags: [cloud]}
  - {name: Elsewhere, type: USAGE, billable_metric: calls, tags: [other]}
  - {name: Commitment, type: FIXED}
  - {name: Fee, type: FIXED}
rate_cards:
  - name: List
    credit_type_conversions: [{custom_credit_type: tokens, fiat_per_custom_credit: 2}]
    rates:
      - {product: Compute, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 1}
      - {product: Storage, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 2}
      - product: Inference
        starting_at: 2026-01-01T00:00:00Z
        entitled: true
        rate_type: FLAT
        price: 3
        credit_type: tokens
      - product: Seats
        starting_at: 2026-01-01T00:00:00Z
        entitled: true
        rate_type: FLAT
        price: 20
        billing_frequency: MONTHLY
      - {product: Support, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: PERCENTAGE, price: 0.1}
  - name: Euros
    fiat_credit_type: EUR
    rates:
      - {product: Elsewhere, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 1}
customers:
  - {name: Acme}
  - {name: Beta}
  - {name: Idle}
contracts:
  - name: Main
    customer: Acme
    rate_card: List
    starting_at: 2026-01-01T00:00:00Z
    ending_before: 2027-01-01T00:00:00Z
    usage_statement_schedule: {frequency: MONTHLY, invoice_generation_starting_at: 2026-02-01T00:00:00Z}
    hierarchy_configuration: {parent_behavior: {invoice_consolidation_type: CONCATENATE}}
    commits:
      - name: Year
        type: prepaid
        product: Commitment
        priority: 1.5
        rollover_fraction: 0.5
        temporary_id: year
        access_schedule:
          schedule_items:
            - {amount: 600, starting_at: 2026-01-01T00:00:00Z, ending_before: 2026-07-01T00:00:00Z}
            - {id: second, amount: 400, starting_at: 2026-07-01T00:00:00Z, ending_before: 2027-01-01T00:00:00Z}
        invoice_schedule:
          schedule_items:
            - {id: paid, timestamp: 2026-01-01T00:00:00Z, unit_price: 400, quantity: 2}
        applicable_product_tags: [cloud]
        hierarchy_configuration: {child_access: {type: CONTRACT_IDS, contracts: [Child]}}
      - name: Minimum
        type: POSTPAID
        product: Commitment
        access_schedule:
          schedule_items: [{amount: 50, starting_at: 2026-01-01T00:00:00Z, ending_before: 2027-01-01T00:00:00Z}]
        invoice_schedule: {schedule_items: [{timestamp: 2027-01-01T00:00:00Z, amount: 50}]}
        applicable_products: [Compute, Seats]
    credits:
      - name: Tokens
        product: Commitment
        rate_type: commit_rate
        access_schedule:
          credit_type: tokens
          schedule_items: [{amount: 10, starting_at: 2026-02-01T00:00:00Z, ending_before: 2026-03-01T00:00:00Z}]
      - name: Units
        product: Commitment
        access_schedule:
          access_type: quantity
          schedule_items: [{amount: 7.5, starting_at: 2026-02-01T00:00:00Z, ending_before: 2026-03-01T00:00:00Z}]
        specifiers:
          - {product: Compute, product_tags: [cloud, core], pricing_group_values: {region: eu}}
          - {presentation_group_values: {user: ann}, product_tags: [cloud]}
    overrides:
      - starting_at: 2026-01-01T00:00:00Z
        type: MULTIPLIER
        multiplier: 0.9
        is_commit_specific: true
        override_specifiers: [{product: Compute, commit_ids: [year]}]
  - name: Child
    customer: Beta
    rate_card: List
    starting_at: 2026-01-01T00:00:00Z
    hierarchy_configuration: {parent: {contract: Main}}
  - name: Second
    customer: Acme
    rate_card: List
    starting_at: 2026-03-01T00:00:00Z
commits:
  - customer: Acme
    name: Pool
    type: PREPAID
    product: Commitment
    applicable_contracts: [Main, Second]
    invoice_contract: Main
    access_schedule:
      schedule_items: [{amount: 80, starting_at: 2026-01-01T00:00:00Z, ending_before: 2027-01-01T00:00:00Z}]
    invoice_schedule: {schedule_items: [{timestamp: 2026-01-01T00:00:00Z, amount: 70}]}
    specifiers: [{product: Storage}]
credits:
  - customer: Acme
    product: Commitment
    access_schedule:
      schedule_items: [{amount: 5, starting_at: 2026-01-01T00:00:00Z, ending_before: 2026-02-01T00:00:00Z}]
"""


def changed_balance(*changes: tuple[str, str]) -> dict[str, str]:
    """`EVERY_BALANCE` with the one occurrence of each passage replaced, as the files of a workspace."""
    text = EVERY_BALANCE
    for old, new in changes:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in EVERY_BALANCE"
        text = text.replace(old, new)
    return {"catalog/c.yml": text}


def expect_of_balance(root: Path, mistake: Wrong) -> None:
    """What the loader says of a mistake in `EVERY_BALANCE` is exactly what is expected."""
    expected = [f"catalog/c.yml:{problem}" for problem in mistake.problems]
    assert said(root, changed_balance(*mistake.changes)) == expected
