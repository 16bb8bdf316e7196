"""A catalog with a product of every type that has rates, and prices in a currency and in a pricing unit."""

from __future__ import annotations

from pathlib import Path

from tests.catalog.written import Mistake, said

EVERY_TYPE = """\
pricing_units:
  - {name: credits}
  - {name: stars}
  - {id: 5c1a, name: EUR, is_currency: true}
billable_metrics:
  - {name: calls, aggregation_type: COUNT}
products:
  - {name: Calls, type: USAGE, billable_metric: calls, tags: [core]}
  - {name: Storage, type: USAGE, billable_metric: calls}
  - {name: Images, type: USAGE, billable_metric: calls}
  - {name: Spare, type: USAGE, billable_metric: calls, tags: [spare]}
  - {name: Seats, type: SUBSCRIPTION}
  - {name: Setup, type: FIXED}
  - name: Support
    type: COMPOSITE
    composite_products: [Storage]
    composite_tags: [core]
rate_cards:
  - name: List
    fiat_credit_type: EUR
    product_order: [Support, Setup, Calls]
    credit_type_conversions:
      - {custom_credit_type: credits, fiat_per_custom_credit: 0.05}
    rates:
      - {product: Calls, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 1}
      - {product: Storage, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 2}
      - product: Images
        starting_at: 2026-01-01T00:00:00Z
        entitled: true
        rate_type: TIERED
        tiers: [{size: 10, price: 3}, {price: 2}]
        credit_type: credits
      - product: Seats
        starting_at: 2026-01-01T00:00:00Z
        entitled: true
        rate_type: FLAT
        price: 20
        billing_frequency: MONTHLY
      - product: Support
        starting_at: 2026-01-01T00:00:00Z
        entitled: true
        rate_type: TIERED_PERCENTAGE
        tiers: [{size: 1000, price: 0.1}, {price: 0.05}]
        minimum_config: {minimum: 100}
customers:
  - {name: Acme}
contracts:
  - customer: Acme
    rate_card: List
    starting_at: 2026-01-01T00:00:00Z
    multiplier_override_prioritization: EXPLICIT
    overrides:
      - {starting_at: 2026-02-01T00:00:00Z, type: MULTIPLIER, multiplier: 0.9, priority: 1, product: Calls}
"""

CALLS = "      - {product: Calls, starting_at: 2026-01-01T00:00:00Z, entitled: true, rate_type: FLAT, price: 1}\n"
STORAGE = CALLS.replace("Calls", "Storage").replace("price: 1", "price: 2")
SUPPORT = """\
        rate_type: TIERED_PERCENTAGE
        tiers: [{size: 1000, price: 0.1}, {price: 0.05}]
        minimum_config: {minimum: 100}
"""


def changed(old: str, new: str) -> dict[str, str]:
    """`EVERY_TYPE` with its one occurrence of `old` replaced, as the files of a workspace."""
    assert EVERY_TYPE.count(old) == 1, f"{old!r} stands {EVERY_TYPE.count(old)} times in EVERY_TYPE"
    return {"catalog/c.yml": EVERY_TYPE.replace(old, new)}


def expect(root: Path, mistake: Mistake) -> None:
    """What the loader says of a mistake in `EVERY_TYPE` is exactly what is expected."""
    expected = [f"catalog/c.yml:{problem}" for problem in mistake.problems]
    assert said(root, changed(mistake.old, mistake.new)) == expected
