"""What became of everything that one command landed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from engine.events.land import LandingResult
from engine.version import SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Landing:
    """The results of landing several files; the counts are sums over them."""

    results: tuple[LandingResult, ...]

    def summary(self) -> dict[str, object]:
        """One JSON-ready mapping; `read` is always accepted + duplicate + rejected."""
        return {
            "schema_version": SCHEMA_VERSION,
            "command": "land",
            "read": sum(each.read for each in self.results),
            "accepted": sum(each.accepted for each in self.results),
            "duplicate": sum(each.duplicate for each in self.results),
            "rejected": sum(each.rejected for each in self.results),
            "reasons": self._total(lambda each: each.reasons),
            "duplicates": self._total(lambda each: each.duplicates),
            "unknown_fields": self._total(lambda each: each.unknown_fields),
            "already_landed": all(each.already_landed for each in self.results),
            "batch_ids": [each.batch_id for each in self.results],
        }

    def _total(self, counts: Callable[[LandingResult], dict[str, int]]) -> dict[str, int]:
        total: Counter[str] = Counter()
        for result in self.results:
            total.update(counts(result))
        return dict(sorted(total.items()))
