"""Customers: who is billed, and the names that their events may carry."""

from __future__ import annotations

from collections.abc import Iterator

from engine.catalog.fields import RESPONSE_KEYS, CatalogObject, Finding, Name, TextMap


class Customer(CatalogObject):
    """An event belongs to the customer whose id, or one of whose `ingest_aliases`, it carries."""

    accepted = RESPONSE_KEYS | {
        "billing_config",
        "customer_billing_provider_configurations",
        "customer_config",
        "customer_revenue_system_configurations",
        "salesforce_account_id",
    }
    later = frozenset({"archived_at"})

    id: Name
    name: Name
    ingest_aliases: tuple[Name, ...] = ()
    custom_fields: TextMap = ()

    def findings(self) -> Iterator[Finding]:
        seen: set[str] = set()
        for position, alias in enumerate(self.ingest_aliases):
            if alias in seen:
                yield Finding(("ingest_aliases", position), f"ingest alias {alias!r} is given twice", "give it once")
            seen.add(alias)
