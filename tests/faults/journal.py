"""What a process says it has been promised, on disk before it goes on: the measure of what may not be lost."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Journal:
    """A file of JSON lines that one process at a time appends to, outside of the workspace that is tried."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, entry: Mapping[str, object]) -> None:
        """Adds a line and syncs it; what a killed process has left of one is overwritten."""
        whole = self._whole()
        with self._path.open("r+b" if self._path.exists() else "w+b") as file:
            file.truncate(len(whole))
            file.seek(0, os.SEEK_END)
            file.write(json.dumps(entry).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def entries(self) -> list[dict[str, Any]]:
        """Every whole line, in the order in which they were written."""
        return [json.loads(line) for line in self._whole().splitlines()]

    def _whole(self) -> bytes:
        content = self._path.read_bytes() if self._path.exists() else b""
        return content[: content.rfind(b"\n") + 1]
