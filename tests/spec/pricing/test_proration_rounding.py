"""The price of a part of a period, rounded."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Phones, type: SUBSCRIPTION }

rate_cards:
  - name: phones
    rates:
      - { product: Phones, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 1000, billing_frequency: MONTHLY }
"""


def of_half_a_month(rounding: str) -> str:
    """A contract from 17 July, so 15 of 31 days of 1000: 483.870967741935483...; the rounding is of that."""
    return f"""
rate_card: phones
starting_at: "2025-07-17T00:00:00Z"
subscriptions:
  - subscription_rate: {{ product: Phones, billing_frequency: MONTHLY }}
    collection_schedule: ARREARS
    initial_quantity: 3
    proration: {{ {rounding} }}
"""


def lines(unit_price: str, total: str) -> str:
    """The one line there is."""
    return f"""
| product | type         | from       | to         | quantity | unit price   | total   |
|---------|--------------|------------|------------|----------|--------------|---------|
| Phones  | subscription | 2025-07-17 | 2025-08-01 | 3        | {unit_price} | {total} |
"""


EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §12, §17 Q3",
        "to 12 places when nothing is said; then three times that",
        customer="rounding-none",
        contract=of_half_a_month("is_prorated: true"),
        events="",
        lines=lines("483.870967741935", "1451.612903225805"),
    ),
    PricingExample(
        "rating.md §12",
        "half up to hundreds: 500 of the 483.87",
        customer="rounding-half-up",
        contract=of_half_a_month("rounding: { rounding_method: HALF_UP, decimal_places: -2 }"),
        events="",
        lines=lines("500", "1500"),
    ),
    PricingExample(
        "rating.md §12",
        "down to hundreds: 400",
        customer="rounding-floor",
        contract=of_half_a_month("rounding: { rounding_method: FLOOR, decimal_places: -2 }"),
        events="",
        lines=lines("400", "1200"),
    ),
    PricingExample(
        "rating.md §12",
        "up to hundreds: 500",
        customer="rounding-ceiling",
        contract=of_half_a_month("rounding: { rounding_method: CEILING, decimal_places: -2 }"),
        events="",
        lines=lines("500", "1500"),
    ),
    PricingExample(
        "rating.md §12",
        "down to thousands: nothing is left, and a line says so",
        customer="rounding-to-nothing",
        contract=of_half_a_month("rounding: { rounding_method: FLOOR, decimal_places: -3 }"),
        events="",
        lines=lines("0", "0"),
    ),
    PricingExample(
        "rating.md §12",
        "the unit price is rounded and then multiplied: 3 x 484 cents",
        customer="rounding-cents",
        contract=of_half_a_month("rounding: { rounding_method: HALF_UP, decimal_places: 0 }"),
        events="",
        lines=lines("484", "1452"),
    ),
    PricingExample(
        "rating.md §12",
        "up at the second place: 483.88",
        customer="rounding-places",
        contract=of_half_a_month("rounding: { rounding_method: CEILING, decimal_places: 2 }"),
        events="",
        lines=lines("483.88", "1451.64"),
    ),
    PricingExample(
        "rating.md §12",
        "whole periods are never rounded",
        customer="rounding-whole",
        contract="""
rate_card: phones
subscriptions:
  - subscription_rate: { product: Phones, billing_frequency: MONTHLY }
    collection_schedule: ARREARS
    proration: { rounding: { rounding_method: CEILING, decimal_places: -4 } }
""",
        events="",
        lines="""
| product | type         | from       | to         | quantity | unit price | total |
|---------|--------------|------------|------------|----------|------------|-------|
| Phones  | subscription | 2025-07-01 | 2025-08-01 | 1        | 1000       | 1000  |
""",
    ),
    PricingExample(
        "rating.md §12",
        "exactly half goes up: 775 is 780 in tens, and 500 a thousand",
        customer="rounding-ties",
        contract="""
rate_card: phones
starting_at: "2025-05-01T00:00:00Z"
overrides:
  - { starting_at: "2025-05-01T00:00:00Z", type: OVERWRITE, overwrite_rate: { rate_type: FLAT, price: 3100 },
      override_specifiers: [{ product: Phones, billing_frequency: MONTHLY }] }
subscriptions:
  - subscription_rate: { product: Phones, billing_frequency: MONTHLY }
    collection_schedule: ARREARS
    starting_at: "2025-07-24T06:00:00Z"
    proration: { rounding: { rounding_method: HALF_UP, decimal_places: -1 } }
  - subscription_rate: { product: Phones, billing_frequency: MONTHLY }
    collection_schedule: ARREARS
    starting_at: "2025-07-27T00:00:00Z"
    proration: { rounding: { rounding_method: HALF_UP, decimal_places: -3 } }
""",
        events="",
        # 7.75 of 31 days are 775; 5 of 31 days are 500.
        lines="""
| product | type         | from             | to         | quantity | unit price | total |
|---------|--------------|------------------|------------|----------|------------|-------|
| Phones  | subscription | 2025-07-24 06:00 | 2025-08-01 | 1        | 780        | 780   |
| Phones  | subscription | 2025-07-27       | 2025-08-01 | 1        | 1000       | 1000  |
""",
    ),
    PricingExample(
        "rating.md §12",
        "what is a round number already stays, up or down: 15 of 31 days of 3100",
        customer="rounding-exact",
        contract="""
rate_card: phones
starting_at: "2025-07-17T00:00:00Z"
overrides:
  - { starting_at: "2025-05-01T00:00:00Z", type: MULTIPLIER, multiplier: 3.1 }
subscriptions:
  - subscription_rate: { product: Phones, billing_frequency: MONTHLY }
    collection_schedule: ARREARS
    proration: { rounding: { rounding_method: CEILING, decimal_places: -2 } }
  - subscription_rate: { product: Phones, billing_frequency: MONTHLY }
    collection_schedule: ARREARS
    initial_quantity: 2
    proration: { rounding: { rounding_method: FLOOR, decimal_places: -2 } }
""",
        events="",
        lines="""
| product | type         | from       | to         | quantity | unit price | total |
|---------|--------------|------------|------------|----------|------------|-------|
| Phones  | subscription | 2025-07-17 | 2025-08-01 | 1        | 1500       | 1500  |
| Phones  | subscription | 2025-07-17 | 2025-08-01 | 2        | 1500       | 3000  |
""",
    ),
    PricingExample(
        "rating.md §12",
        "increases are rounded as well",
        customer="rounding-increase",
        contract="""
rate_card: phones
subscriptions:
  - subscription_rate: { product: Phones, billing_frequency: MONTHLY }
    collection_schedule: ARREARS
    proration: { rounding: { rounding_method: HALF_UP, decimal_places: -2 } }
    quantity_updates: [{ starting_at: "2025-07-17T00:00:00Z", quantity_delta: 2 }]
""",
        events="",
        lines="""
| product | type         | from       | to         | quantity | unit price | total |
|---------|--------------|------------|------------|----------|------------|-------|
| Phones  | subscription | 2025-07-01 | 2025-08-01 | 1        | 1000       | 1000  |
| Phones  | subscription | 2025-07-17 | 2025-08-01 | 2        | 500        | 1000  |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
