"""What became of the days that one command compacted."""

from __future__ import annotations

from dataclasses import dataclass

from engine.events.compact import CompactedDay
from engine.version import SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Compaction:
    """The days whose files have become one, oldest first; empty when no day had enough of them."""

    days: tuple[CompactedDay, ...]

    @property
    def files_before(self) -> int:
        return sum(day.files for day in self.days)

    @property
    def files_after(self) -> int:
        """One a day."""
        return len(self.days)

    @property
    def events(self) -> int:
        """How many events were rewritten: as many as there were before."""
        return sum(day.events for day in self.days)

    @property
    def bytes_before(self) -> int:
        return sum(day.bytes_before for day in self.days)

    @property
    def bytes_after(self) -> int:
        return sum(day.bytes_after for day in self.days)

    def summary(self) -> dict[str, object]:
        """One JSON-ready mapping; the files of before stay on disk until they are vacuumed."""
        return {
            "schema_version": SCHEMA_VERSION,
            "command": "compact",
            "status": "compacted" if self.days else "unchanged",
            "days": [day.date.isoformat() for day in self.days],
            "files_before": self.files_before,
            "files_after": self.files_after,
            "events": self.events,
            "bytes_before": self.bytes_before,
            "bytes_after": self.bytes_after,
        }
