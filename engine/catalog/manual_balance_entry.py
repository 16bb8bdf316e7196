"""Manual balance entries: amounts put into or taken out of a commit or credit by hand (spec/rating.md §6.4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar

from engine.catalog.fields import RESPONSE_KEYS, CatalogObject, Finding, Instant, Name, Number


class ManualBalanceEntry(CatalogObject):
    """Adds `amount`, or takes it when it is negative, at `timestamp`.

    `id` is the balance's, not the entry's own. A file may give the balance's name, leave out the segment where one
    is meant all the same, and leave out the time for the segment's start: in a catalog that was loaded `segment_id`
    and `timestamp` are there.
    """

    references: ClassVar[Mapping[str, str]] = {"customer_id": "customers", "contract_id": "contracts"}
    accepted = RESPONSE_KEYS | {"uniqueness_key"}
    later = frozenset({"per_group_amounts"})

    id: Name
    customer_id: Name
    contract_id: Name | None = None
    segment_id: Name | None = None
    amount: Number
    reason: Name
    timestamp: Instant | None = None

    @property
    def balance_id(self) -> str:
        """The id of the commit or credit."""
        return self.id

    def findings(self) -> Iterator[Finding]:
        if self.amount == 0:
            yield Finding(("amount",), "amount 0 changes nothing", "above 0 adds to the balance, below takes from it")
