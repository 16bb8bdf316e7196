"""The schema versions of what a workspace keeps; those that are newer than this program are refused."""

from __future__ import annotations

import json
from pathlib import Path

from engine.events.delta_log import HEAD, log_of
from engine.events.sealed_files import SealedEntries
from engine.invoices.definitions import definitions_file
from engine.late_marks import late_marks_file
from engine.values.schema_versions import FILE_KEY, LAKE_FILES, TABLES, stated_version


def tables_of(lake: Path) -> list[Path]:
    """The folders of the Delta tables of a lake, by name."""
    return sorted(log.parent for log in lake.glob("*/_delta_log") if log.is_dir())


def check_versions(root: Path) -> None:
    """Raises UserError when something in the lake of a workspace is of a newer duckbill, which this would misread.

    Reads little: the heads of the tables' logs say their versions. What is damaged is told by whoever needs it.
    """
    lake = root / "lake"
    for table in tables_of(lake):
        TABLES.check(stated_in(log_of(table) / HEAD, f"lake/{table.name}") or TABLES.oldest, f"lake/{table.name}")
    for file in lake_files(lake):
        name = f"lake/{file.path.name}"
        LAKE_FILES.check(stated_in(file.path, name) or LAKE_FILES.oldest, name)


def stated_in(path: Path, name: str) -> int | None:
    """The schema version that a JSON file states, 1 when it states none; None without a file that can be read.

    Raises UserError, by that `name`, when what it states is no number.
    """
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return stated_version(content.get(FILE_KEY), name) if isinstance(content, dict) else None


def lake_files(lake: Path) -> tuple[SealedEntries, ...]:
    """What lies in a lake beside its tables."""
    return definitions_file(lake), late_marks_file(lake)
