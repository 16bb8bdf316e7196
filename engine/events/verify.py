"""Whether the committed files still hold what was committed; DuckDB does not notice a flipped bit in Parquet."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.events.table import EventTable


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with the event table's files; an `orphan` holds nothing that was committed."""

    kind: Literal["missing", "changed", "orphan"]
    path: Path

    def __str__(self) -> str:
        meanings = {
            "missing": "is committed but not there",
            "changed": "does not hold what was committed",
            "orphan": "is in no version in use; it is never read",
        }
        return f"{self.path}: {meanings[self.kind]}"


def verify(table: EventTable) -> list[Finding]:
    """Reads every live file of the latest version and compares its SHA-256 with its name, ordered by path."""
    snapshot = table.snapshot()
    live = {file.path: file for file in snapshot.files} if snapshot else {}
    findings: list[Finding] = []
    for path, file in sorted(live.items()):
        if not path.is_file():
            findings.append(Finding("missing", path))
        elif _sha256(path) != file.sha256:
            findings.append(Finding("changed", path))
    if table.folder.is_dir():
        present = (path for path in table.folder.rglob("*") if path.is_file())
        strange = (path for path in present if path not in live and path.parts[len(table.folder.parts)] != "_delta_log")
        findings.extend(Finding("orphan", path) for path in sorted(strange))
    return findings


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
