"""Which events a run had to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SeenEvents:
    """The events that were committed up to a version of the event table and, with `as_of`, had arrived by then."""

    version: int
    as_of: datetime | None = None

    def has(self, version: int, arrived: datetime) -> bool:
        """Whether an event is among them that a version committed, and that arrived at a time."""
        return version <= self.version and (self.as_of is None or arrived <= self.as_of)
