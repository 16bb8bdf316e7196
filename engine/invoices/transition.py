"""What is to become of published invoices when their billing period is run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.values.period import format_instant


@dataclass(frozen=True, slots=True)
class Transition:
    """Finalized invoices that become void, by id, and void ones that are billed anew.

    `voided` gives the instant and the reason of each. An invoice may be in both.
    """

    voided: Mapping[str, tuple[datetime, str]] = field(default_factory=dict)
    regenerated: frozenset[str] = frozenset()

    def recorded(self) -> dict[str, object]:
        """The same as JSON carries it."""
        return {
            "voided": {
                invoice_id: {"voided_at": format_instant(moment), "void_reason": reason}
                for invoice_id, (moment, reason) in sorted(self.voided.items())
            },
            "regenerated": sorted(self.regenerated),
        }


#: Everything stays as it is.
NO_TRANSITION = Transition()
