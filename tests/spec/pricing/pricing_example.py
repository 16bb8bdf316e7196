"""An example of a price or a term of a contract."""

from __future__ import annotations

from dataclasses import dataclass

from tests.spec.examples import Example

#: What most products are metered by: the sum of `units` of the events of one type.
METRICS = """
billable_metrics:
  - name: use
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [use] }
    property_filters: [{ name: units, exists: true }]
  - name: more
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [more] }
    property_filters: [{ name: units, exists: true }]
  - name: place
    aggregation_type: SUM
    aggregation_key: units
    event_type_filter: { in_values: [place] }
    property_filters: [{ name: units, exists: true }, { name: region, exists: true }]
    group_keys: [[region]]
  - name: sum of use
    sql: SELECT SUM(properties.units) AS value FROM events WHERE event_type = 'use'
"""


@dataclass(frozen=True)
class PricingExample(Example):
    """An example whose contracts start on 1 January 2025 and that is run for July 2025, unless it says otherwise."""

    since: str = "2025-01-01T00:00:00Z"
    periods: tuple[str, ...] = ("2025-07",)
