"""An example of a commit or a credit."""

from __future__ import annotations

from dataclasses import dataclass

from tests.spec.pricing.pricing_example import PricingExample

#: What the files of this folder share besides the metrics of `pricing/`: what balances are sold as, and a level.
BASICS = """
billable_metrics:
  - name: level
    aggregation_type: LATEST
    aggregation_key: level
    event_type_filter: { in_values: [level] }
    property_filters: [{ name: level, exists: true }]

products:
  - { name: Balance, type: FIXED }
"""


@dataclass(frozen=True)
class BalanceExample(PricingExample):
    """An example whose contracts start on 1 July 2025 and that is run for July 2025, unless it says otherwise.

    A year that it speaks of is 2025, whatever year its source has.
    """

    since: str = "2025-07-01T00:00:00Z"


def segment(amount: int | str, starting_at: str = "2025-07-01", ending_before: str = "2025-08-01") -> str:
    """One item of an access schedule, whole days long; the whole of July unless it says otherwise."""
    return f'{{ amount: {amount}, starting_at: "{starting_at}T00:00:00Z", ending_before: "{ending_before}T00:00:00Z" }}'


def access(amount: int | str, starting_at: str = "2025-07-01", ending_before: str = "2025-08-01") -> str:
    """An access schedule of one segment."""
    return f"access_schedule: {{ schedule_items: [{segment(amount, starting_at, ending_before)}] }}"


def paid(amount: int | str, timestamp: str = "2025-07-01") -> str:
    """An invoice schedule of one item that is recorded and not invoiced here: it makes the balance a paid one."""
    items = f'[{{ timestamp: "{timestamp}T00:00:00Z", amount: {amount} }}]'
    return f"invoice_schedule: {{ do_not_invoice: true, schedule_items: {items} }}"


def rate(product: str, price: int | str, more: str = "") -> str:
    """A flat rate of a rate card, long in force; `more` are further fields."""
    fields = f'product: {product}, starting_at: "2024-01-01T00:00:00Z", entitled: true, rate_type: FLAT, price: {price}'
    return "{ " + fields + (f", {more}" if more else "") + " }"
