"""Overrides of subscriptions by how often they are billed."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Licences, type: SUBSCRIPTION, tags: [licence] }
  - { name: Licensed use, type: USAGE, billable_metric: place, pricing_group_key: [region], tags: [licence] }

rate_cards:
  - name: licences
    rates:
      - { product: Licences, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 100, billing_frequency: MONTHLY }
      - { product: Licences, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 270, billing_frequency: QUARTERLY }
      - { product: Licensed use, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 1 }
"""

#: From 1 July: in arrears a month and, from 1 August, in advance a quarter.
BOTH = """
rate_card: licences
starting_at: "2025-07-01T00:00:00Z"
subscriptions:
  - { subscription_rate: { product: Licences, billing_frequency: MONTHLY }, collection_schedule: ARREARS }
  - { subscription_rate: { product: Licences, billing_frequency: QUARTERLY }, collection_schedule: ADVANCE }
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §12",
        "a product has a price for each frequency",
        customer="frequency-list",
        contract=BOTH,
        events="",
        lines="""
| product  | type         | frequency | invoice          | from       | to         | quantity | unit price | total |
|----------|--------------|-----------|------------------|------------|------------|----------|------------|-------|
| Licences | subscription | QUARTERLY | on 2025-07-01    | 2025-07-01 | 2025-10-01 | 1        | 270        | 270   |
| Licences | subscription | MONTHLY   | until 2025-08-01 | 2025-07-01 | 2025-08-01 | 1        | 100        | 100   |
""",
    ),
    PricingExample(
        "rating.md §5.1",
        "a specifier with a frequency matches the subscription that is billed so often",
        customer="frequency-one",
        contract=BOTH
        + """
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: MULTIPLIER
    multiplier: 0.5
    override_specifiers: [{ product: Licences, billing_frequency: QUARTERLY }]
""",
        events="""
| time       | type  | units | region |
|------------|-------|-------|--------|
| 2025-07-05 | place | 8     | eu     |
""",
        lines="""
| product      | type         | frequency | pricing   | from       | to         | quantity | unit price | total |
|--------------|--------------|-----------|-----------|------------|------------|----------|------------|-------|
| Licensed use | usage        |           | region=eu | 2025-07-01 | 2025-08-01 | 8        | 1          | 8     |
| Licences     | subscription | QUARTERLY |           | 2025-07-01 | 2025-10-01 | 1        | 135        | 135   |
| Licences     | subscription | MONTHLY   |           | 2025-07-01 | 2025-08-01 | 1        | 100        | 100   |
""",
    ),
    PricingExample(
        "rating.md §5.1",
        "without a frequency it matches them all, and usage with the tag as well",
        customer="frequency-all",
        contract=BOTH
        + """
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: MULTIPLIER
    multiplier: 0.5
    override_specifiers: [{ product_tags: [licence] }]
""",
        events="""
| time       | type  | units | region |
|------------|-------|-------|--------|
| 2025-07-05 | place | 8     | eu     |
""",
        lines="""
| product      | type         | frequency | pricing   | from       | to         | quantity | unit price | total |
|--------------|--------------|-----------|-----------|------------|------------|----------|------------|-------|
| Licensed use | usage        |           | region=eu | 2025-07-01 | 2025-08-01 | 8        | 0.5        | 4     |
| Licences     | subscription | QUARTERLY |           | 2025-07-01 | 2025-10-01 | 1        | 135        | 135   |
| Licences     | subscription | MONTHLY   |           | 2025-07-01 | 2025-08-01 | 1        | 50         | 50    |
""",
    ),
    PricingExample(
        "rating.md §5.1",
        "a specifier with group values matches usage alone",
        customer="frequency-values",
        contract=BOTH
        + """
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: MULTIPLIER
    multiplier: 0.5
    override_specifiers: [{ product_tags: [licence], pricing_group_values: { region: eu } }]
""",
        events="""
| time       | type  | units | region |
|------------|-------|-------|--------|
| 2025-07-05 | place | 8     | eu     |
""",
        lines="""
| product      | type         | frequency | pricing   | from       | to         | quantity | unit price | total |
|--------------|--------------|-----------|-----------|------------|------------|----------|------------|-------|
| Licensed use | usage        |           | region=eu | 2025-07-01 | 2025-08-01 | 8        | 0.5        | 4     |
| Licences     | subscription | QUARTERLY |           | 2025-07-01 | 2025-10-01 | 1        | 270        | 270   |
| Licences     | subscription | MONTHLY   |           | 2025-07-01 | 2025-08-01 | 1        | 100        | 100   |
""",
    ),
    PricingExample(
        "rating.md §5.1",
        "specifiers are alternatives: the monthly one, or usage in the EU",
        customer="frequency-or",
        contract=BOTH
        + """
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: MULTIPLIER
    multiplier: 0
    override_specifiers:
      - { product: Licences, billing_frequency: MONTHLY }
      - { pricing_group_values: { region: eu } }
""",
        events="""
| time       | type  | units | region |
|------------|-------|-------|--------|
| 2025-07-05 | place | 8     | eu     |
| 2025-07-06 | place | 9     | us     |
""",
        lines="""
| product      | type         | frequency | pricing   | from       | to         | quantity | unit price | total |
|--------------|--------------|-----------|-----------|------------|------------|----------|------------|-------|
| Licensed use | usage        |           | region=eu | 2025-07-01 | 2025-08-01 | 8        | 0          | 0     |
| Licensed use | usage        |           | region=us | 2025-07-01 | 2025-08-01 | 9        | 1          | 9     |
| Licences     | subscription | QUARTERLY |           | 2025-07-01 | 2025-10-01 | 1        | 270        | 270   |
| Licences     | subscription | MONTHLY   |           | 2025-07-01 | 2025-08-01 | 1        | 0          | 0     |
""",
    ),
    PricingExample(
        "rating.md §5.1",
        "an overwrite of the quarterly price, and no entitlement to the monthly one: it is reported",
        customer="frequency-not-entitled",
        contract=BOTH
        + """
overrides:
  - starting_at: "2025-01-01T00:00:00Z"
    type: OVERWRITE
    overwrite_rate: { rate_type: SUBSCRIPTION, price: 200 }
    override_specifiers: [{ product: Licences, billing_frequency: QUARTERLY }]
  - starting_at: "2025-01-01T00:00:00Z"
    entitled: false
    override_specifiers: [{ product: Licences, billing_frequency: MONTHLY }]
""",
        events="",
        lines="""
| product  | type         | frequency | from       | to         | quantity | unit price | total |
|----------|--------------|-----------|------------|------------|----------|------------|-------|
| Licences | subscription | QUARTERLY | 2025-07-01 | 2025-10-01 | 1        | 200        | 200   |
""",
        not_entitled="""
| product  | from       | to         | quantity |
|----------|------------|------------|----------|
| Licences | 2025-07-01 | 2025-08-01 | 1        |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
