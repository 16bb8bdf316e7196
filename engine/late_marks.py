"""Up to which version of the event table nights have looked for usage that arrived after its invoice was finalized.

What arrived later than that is looked at by the next night, whoever has run the month in between. Marks save work and
decide nothing: without one, a night looks at all late usage again, and finds what it had dealt with to be dealt with.
"""

from __future__ import annotations

from pathlib import Path

from engine.config import LateUsagePolicy
from engine.events.sealed_files import SealedEntries

FILE = "late_usage_seen.json"


def late_marks_file(lake: Path) -> SealedEntries:
    """Where a lake keeps the marks: entries by billing period."""
    remedy = "remove it, and the next night looks at late usage again"
    return SealedEntries(lake / FILE, "periods", frozenset({"events_version", "policy"}), remedy)


class LateMarks:
    """The marks of a workspace that were made under one policy; those of another do not count."""

    def __init__(self, lake: Path, policy: LateUsagePolicy) -> None:
        self._file = late_marks_file(lake)
        self._policy = policy.value

    def version(self, label: str) -> int | None:
        """The version of the event table that late usage of a billing period was looked for in, or None.

        Raises CorruptFileError when the file is not what was written.
        """
        mark = (self._file.read() or {}).get(label)
        return mark["events_version"] if mark is not None and mark["policy"] == self._policy else None

    def set(self, label: str, version: int) -> None:
        """Records that everything up to this version has been looked at, and dealt with as the policy says."""
        marks = self._file.read() or {}
        self._file.write({**marks, label: {"events_version": version, "policy": self._policy}})
