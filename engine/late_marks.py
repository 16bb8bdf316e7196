"""Up to which version of the event table nights have looked for usage that arrived after its invoice was finalized.

What arrived later than that is looked at by the next night, whoever has run the month in between.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from engine.config import LateUsagePolicy
from engine.errors import CorruptFileError
from engine.events.files import sync_folders

_FILE = "late_usage_seen.json"


class LateMarks:
    """The marks of a workspace that were made under one policy; those of another do not count."""

    def __init__(self, lake: Path, policy: LateUsagePolicy) -> None:
        self._path = lake / _FILE
        self._policy = policy.value

    def version(self, label: str) -> int | None:
        """The version of the event table that late usage of a billing period was looked for in, or None."""
        mark = self._marks().get(label)
        return mark["events_version"] if mark is not None and mark["policy"] == self._policy else None

    def set(self, label: str, version: int) -> None:
        """Records that everything up to this version has been looked at, and dealt with as the policy says."""
        marks = {**self._marks(), label: {"events_version": version, "policy": self._policy}}
        staged = self._path.with_name(f".staged-{_FILE}")
        with staged.open("w", encoding="utf-8") as file:
            json.dump(marks, file, indent=1, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        staged.replace(self._path)
        sync_folders([self._path.parent])

    def _marks(self) -> dict[str, dict[str, Any]]:
        try:
            marks: dict[str, dict[str, Any]] = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise CorruptFileError(f"{self._path}: is not the JSON that was written; remove it") from error
        return marks
