"""What duckbill has left in a workspace that nothing refers to: replaced files, and what killed processes had begun.

A file or folder is only taken for one by its place and its name together, and a finished file only when no table, no
record of a run and no mark refers to it. Everything else somebody else has put there, and it is not ours to remove.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from engine.executors.kept_readings import FOLDER as KEPT
from engine.in_use import TableInUse, tables_in_use, taken_out


class Kind(StrEnum):
    """What a leftover was."""

    EVENTS = "events"
    REJECTED_EVENTS = "rejected_events"
    OUTPUTS = "outputs"
    KEPT_READINGS = "kept_readings"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True, order=True)
class Leftover:
    """A file, or a folder with all that is in it, and when somebody last had a use for it (naive UTC)."""

    path: Path
    kind: Kind
    needed_until: datetime


_SHA256 = r"[0-9a-f]{64}"
_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_MONTH = r"[0-9]{4}-[0-9]{2}"
_PARTITION = rf"billing_period={_MONTH}/run_id=[^/]+"

#: Finished files of a table, by their place in it: of events, of refused lines, of any output.
_EVENT_FILE = re.compile(rf"date={_DAY}/{_SHA256}\.parquet")
_REJECTED_FILE = re.compile(rf"{_SHA256}\.parquet")
_OUTPUT_FILE = re.compile(rf"{_PARTITION}/{_SHA256}\.parquet")

#: Unfinished files and folders by their place in the workspace. What DuckDB writes over begins with `tmp_`; what
#: `tempfile` names ends in eight characters.
_UNFINISHED = re.compile(
    rf"""
    \.(?:spill|diff|reproduce|simulate|export)-[a-z0-9_]{{8}}
    | \.staging-[^/]+
    | lake/\.staging
    | lake/\.(?:staged|spill|unfinished)-[^/]+
    | lake/[a-z_]+/\.unfinished-[^/]+
    | lake/[a-z_]+/{_PARTITION}/(?:tmp_)?\.staged-[^/]+
    | runs/\.(?:staging|spill|replaced)-[0-9a-f]{{16}}
    | cache/\.(?:staged|staging|spill)-[^/]+
    | cache/readings/(?:tmp_)?\.(?:staged-)?{_MONTH}\.[^/]+\.parquet
    """,
    re.VERBOSE,
)
_KEPT_READING = re.compile(rf"{_MONTH}\.{_SHA256}\.parquet")

#: Where unfinished files and folders can be.
_PLACES = (".", "lake", "lake/*", "lake/*/billing_period=*/run_id=*", "runs", "cache", str(KEPT))

_REPLACED = ".replaced-"


def leftovers(root: Path) -> list[Leftover]:
    """Everything of a workspace that could be removed without anybody missing it, of any age, ordered by path.

    A finished file that a table held until it was replaced was needed until then. Kept readings are a cache: a run that
    uses one writes it anew, so that any may go that has not been used for long. Reads only; raises CorruptFileError
    when damage does not let anybody say what is in use.
    """
    found = [
        *(each for table in tables_in_use(root) for each in _of_table(table)),
        *_unfinished(root),
        *(
            Leftover(path, Kind.KEPT_READINGS, _modified(path))
            for path in _entries(root / KEPT)
            if _KEPT_READING.fullmatch(path.name) and path.is_file()
        ),
    ]
    return sorted(found)


def parts_of(leftover: Path) -> Iterable[Path]:
    """The files of a leftover: those in the folder, or the file itself."""
    if leftover.is_symlink() or not leftover.is_dir():
        return [leftover]
    return [path for path in leftover.rglob("*") if path.is_symlink() or not path.is_dir()]


def _of_table(table: TableInUse) -> Iterator[Leftover]:
    kind, name = _KINDS.get(table.folder.name, (Kind.OUTPUTS, _OUTPUT_FILE))
    unused = [
        path
        for path in table.folder.rglob("*.parquet")
        if name.fullmatch(path.relative_to(table.folder).as_posix())
        and path not in table.live
        and path not in table.recorded
    ]
    replaced = taken_out(table.folder) if unused else {}
    for path in unused:
        commit = replaced.get(path, path)
        yield Leftover(path, kind, max(_modified(path), _modified(commit)))


_KINDS = {"events": (Kind.EVENTS, _EVENT_FILE), "rejected_events": (Kind.REJECTED_EVENTS, _REJECTED_FILE)}


def _unfinished(root: Path) -> Iterator[Leftover]:
    for place in _PLACES:
        for folder in sorted(root.glob(place)) if place != "." else [root]:
            for path in _entries(folder):
                if _UNFINISHED.fullmatch(path.relative_to(root).as_posix()) and not _is_all_there_is(path):
                    # Whoever reads is at work without a lock, and may clear up behind itself at any moment.
                    with suppress(FileNotFoundError):
                        yield Leftover(path, Kind.UNFINISHED, _last_modified(path))


def _is_all_there_is(path: Path) -> bool:
    """Whether this is the record of a run that a killed process had set aside, and has not put another in its place."""
    return path.name.startswith(_REPLACED) and not path.with_name(path.name.removeprefix(_REPLACED)).exists()


def _entries(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _last_modified(path: Path) -> datetime:
    """When anything in a file or folder was written last."""
    return max([_modified(path), *(_modified(each) for each in path.rglob("*"))])


def _modified(path: Path) -> datetime:
    return datetime.fromtimestamp(path.lstat().st_mtime, UTC).replace(tzinfo=None)
