"""What is to become of published invoices when their billing period is run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Transition:
    """Finalized invoices that become void, by id, and void ones that are billed anew.

    `voided` gives the instant and the reason of each. An invoice may be in both.
    """

    voided: Mapping[str, tuple[datetime, str]] = field(default_factory=dict)
    regenerated: frozenset[str] = frozenset()


#: Everything stays as it is.
NO_TRANSITION = Transition()
