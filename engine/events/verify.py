"""Whether the files of a Delta table still hold what was committed; DuckDB does not notice a flipped bit in Parquet."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.errors import CorruptFileError, UserError
from engine.events.delta_check import check_log, live_files, open_checked
from engine.events.files import sha256_of
from engine.events.table import EventTable

_LOG = "_delta_log"

#: How files are named by their content: `<sha256>.parquet`, and `<billing period>.<sha256>.parquet` for kept readings.
_BY_CONTENT = re.compile(r"(?:[^.].*\.)?(?P<sha256>[0-9a-f]{64})\.parquet\Z")

#: How the names begin of what a crash leaves of files and folders that were being written.
UNFINISHED = (".staging", ".staged-", ".unfinished-", ".spill-", ".replaced-")


@dataclass(frozen=True, slots=True)
class Finding:
    """A file that is not as it should be.

    `missing` and `changed` are damage to something that was committed or recorded. `foreign` is what duckbill did not
    write. An `orphan` is duckbill's own, left by a crash or replaced since: it is never read, and harmless.
    """

    kind: Literal["missing", "changed", "foreign", "orphan"]
    path: Path

    def __str__(self) -> str:
        meanings = {
            "missing": "is committed but not there",
            "changed": "does not hold what was committed",
            "foreign": "was not written by duckbill; take it away",
            "orphan": "is in no version in use; it is never read",
        }
        return f"{self.path}: {meanings[self.kind]}"


def verify(table: EventTable) -> list[Finding]:
    """What is wrong with the event table's log and files, by path; see `verify_table`."""
    return verify_table(table.folder)


def verify_table(folder: Path, recorded: Collection[Path] = frozenset()) -> list[Finding]:
    """What is wrong with a Delta table's log and with the files in its folder, ordered by path.

    Every file is read and its SHA-256 compared with its name. `recorded` are files that something besides the newest
    version refers to; they may be gone, but not another. While the log itself is damaged nobody can say which files
    are in use: then only what is not what its name says is told of them.
    """
    if not folder.is_dir():
        return []
    findings = [Finding(each.damage, each.path) for each in check_log(folder)]
    live = _live_files(folder)
    present = [path for path in files_below(folder) if _LOG not in path.relative_to(folder).parts]
    if live is not None:
        findings.extend(Finding("missing", path) for path in live - set(present))
    in_use = None if live is None else live | set(recorded)
    findings.extend(judged(folder, present, in_use))
    return sorted(findings, key=lambda finding: finding.path)


def check_files(folder: Path) -> None:
    """Raises CorruptFileError naming each file of a Delta table's newest version that is not what was committed."""
    delta = open_checked(folder)
    live = [] if delta is None else live_files(folder, delta)
    damaged = [path for path, is_whole in whole_by_name(live) if not is_whole]
    if damaged:
        what = "does not hold what was committed; restore it from a backup"
        raise CorruptFileError("\n".join(f"{path}: {what}" for path in damaged))


def judged(folder: Path, present: Iterable[Path], in_use: Collection[Path] | None) -> Iterator[Finding]:
    """What is to be said of files that are there, somewhere in a folder; those named by their content are read.

    `in_use` are the files that something refers to, None when that is not known.
    """
    named = []
    for path in present:
        if is_named_by_content(path):
            named.append(path)
        elif in_use is None or path not in in_use:
            yield Finding("orphan" if is_unfinished(path.relative_to(folder)) else "foreign", path)
    for path, is_whole in whole_by_name(named):
        if not is_whole:
            yield Finding("changed" if in_use is None or path in in_use else "foreign", path)
        elif in_use is not None and path not in in_use:
            yield Finding("orphan", path)


def is_named_by_content(path: Path) -> bool:
    """Whether a file has the name of a finished Parquet file of duckbill's."""
    return _BY_CONTENT.match(path.name) is not None


def is_unfinished(path: Path) -> bool:
    """Whether a file was being written when somebody was interrupted, by its name or by that of its folder.

    `path` is relative to the workspace, or to a folder in it.
    """
    return any(part.startswith(UNFINISHED) for part in path.parts)


def holds_its_name(path: Path) -> bool:
    """Whether a file that is named by its content holds it; one that cannot be read does not."""
    named = _BY_CONTENT.match(path.name)
    try:
        return named is not None and sha256_of(path) == named["sha256"]
    except OSError:
        return False


def whole_by_name(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Whether each of these files, which are named by their content, holds it; several are read at once."""
    each = list(paths)
    with ThreadPoolExecutor(os.cpu_count()) as readers:
        yield from zip(each, readers.map(holds_its_name, each), strict=True)


def files_below(folder: Path) -> list[Path]:
    """Every file in a folder and in the folders in it, ordered."""
    return sorted(Path(parent, name) for parent, _, names in os.walk(folder) for name in names)


def _live_files(folder: Path) -> set[Path] | None:
    """The files of the newest version; None when its log cannot be trusted."""
    try:
        delta = open_checked(folder)
    except UserError:
        return None
    return set() if delta is None else set(live_files(folder, delta))
