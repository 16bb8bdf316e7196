"""Custom fields and payment terms on invoices and lines."""

from __future__ import annotations

import pytest

from tests.spec.examples import Example, Ledger, named
from tests.spec.pricing.pricing_example import PricingExample

SHARED = """
products:
  - { name: Fields usage, type: USAGE, billable_metric: use, custom_fields: { erp: U-1, area: data } }
  - { name: Fields share, type: COMPOSITE, composite_products: [Fields usage], custom_fields: { erp: C-1 } }
  - { name: Fields seats, type: SUBSCRIPTION, custom_fields: { erp: S-1 } }
  - { name: Fields setup, type: FIXED }

rate_cards:
  - name: fields
    rates:
      - { product: Fields usage, starting_at: "2025-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: 100 }
      - { product: Fields share, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: PERCENTAGE, price: 0.1 }
      - { product: Fields seats, starting_at: "2025-01-01T00:00:00Z", entitled: true,
          rate_type: FLAT, price: 10, billing_frequency: MONTHLY }
"""

EXAMPLES: tuple[Example, ...] = (
    PricingExample(
        "rating.md §10.4",
        "those of the product on all its lines, those of a subscription or charge on its own, of contract and customer",
        customer="fields",
        contract="""
rate_card: fields
net_payment_terms_days: 45
custom_fields: { deal: D-7 }
subscriptions:
  - { subscription_rate: { product: Fields seats, billing_frequency: MONTHLY }, collection_schedule: ARREARS,
      custom_fields: { team: red } }
scheduled_charges:
  - { product: Fields setup, custom_fields: { order: "17" },
      schedule: { schedule_items: [{ timestamp: "2025-07-10T00:00:00Z", amount: 1 }] } }
discounts:
  - { product: Fields setup, custom_fields: { order: "18" },
      schedule: { schedule_items: [{ timestamp: "2025-07-10T00:00:00Z", amount: 1 }] } }
""",
        catalog="""
customers:
  - { id: fields, name: fields, custom_fields: { region: north } }
""",
        events="""
| time       | type | units |
|------------|------|-------|
| 2025-07-05 | use  | 1     |
""",
        lines="""
| product      | type         | product fields     | fields   | from       | to         | quantity | total |
|--------------|--------------|--------------------|----------|------------|------------|----------|-------|
| Fields usage | usage        | area=data, erp=U-1 |          | 2025-07-01 | 2025-08-01 | 1        | 100   |
| Fields share | usage        | erp=C-1            |          | 2025-07-01 | 2025-08-01 | 100      | 10    |
| Fields seats | subscription | erp=S-1            | team=red | 2025-07-01 | 2025-08-01 | 1        | 10    |
| Fields setup | scheduled    |                    | order=17 | 2025-07-10 |            | 1        | 1     |
| Fields setup | scheduled    |                    | order=18 | 2025-07-10 |            | 1        | -1    |
""",
        invoices="""
| type      | terms | fields   | customer fields | lines | total |
|-----------|-------|----------|-----------------|-------|-------|
| SCHEDULED | 45    | deal=D-7 | region=north    | 2     | 0     |
| USAGE     | 45    | deal=D-7 | region=north    | 3     | 120   |
""",
    ),
    PricingExample(
        "rating.md §10.4",
        "nothing said, nothing shown",
        customer="fields-none",
        contract="{ rate_card: fields }",
        events="",
        lines="""
| product      | type  | product fields     | fields | quantity | unit price | total |
|--------------|-------|--------------------|--------|----------|------------|-------|
| Fields usage | usage | area=data, erp=U-1 |        | 0        | 100        | 0     |
""",
        invoices="""
| type  | terms | fields | customer fields | payer       | total |
|-------|-------|--------|-----------------|-------------|-------|
| USAGE |       |        |                 | fields-none | 0     |
""",
    ),
)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_example(ledger: Ledger, example: Example) -> None:
    ledger.check(example)
