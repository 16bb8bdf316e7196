"""Which files of the lake something refers to: the newest versions of its tables, and every run that is recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from engine.billing import OUTPUTS
from engine.errors import CorruptFileError
from engine.events.delta_check import check_log, damage_told, live_files, open_checked
from engine.events.delta_log import COMMIT_NAME, log_of
from engine.events.table import NOTHING_LANDED, EventTable
from engine.late_marks import late_marks_file
from engine.run_folder import MANIFEST, RUN_ID, read_manifest

#: The folders of the lake; each holds a Delta table.
TABLES = ("events", "rejected_events", *OUTPUTS)


@dataclass(frozen=True)
class TableInUse:
    """A Delta table of the lake: its `live` files, and `recorded` ones that runs which it no longer holds refer to."""

    folder: Path
    live: frozenset[Path]
    recorded: frozenset[Path]


def tables_in_use(root: Path) -> list[TableInUse]:
    """The tables of a workspace that have a commit; nobody may write meanwhile.

    Raises CorruptFileError when a log or the record of a run is damaged, or a live file is missing: then nobody can say
    what is in use.
    """
    tables = [root / "lake" / name for name in TABLES if log_of(root / "lake" / name).is_dir()]
    damaged = [damage_told(each) for table in tables for each in check_log(table)]
    if damaged:
        raise CorruptFileError("\n".join(damaged))
    recorded = _recorded(root)
    found = []
    for folder in tables:
        delta = open_checked(folder)
        if delta is None:
            continue
        live = frozenset(live_files(folder, delta))
        # That every live file is there also shows that files are called here what the log calls them.
        missing = sorted(path for path in live if not path.is_file())
        if missing:
            raise CorruptFileError("\n".join(f"{path}: is committed but missing; restore it" for path in missing))
        found.append(TableInUse(folder, live, recorded.get(folder.name, frozenset())))
    return found


def recorded_events(root: Path, versions: Iterable[int]) -> frozenset[Path]:
    """The files that these versions of the events are read from; see `EventTable.snapshot`.

    Raises UserError for a version that does not exist.
    """
    table = EventTable(root / "lake")
    snapshots = [table.snapshot(version) or NOTHING_LANDED for version in sorted(set(versions))]
    return frozenset(file.path for snapshot in snapshots for file in snapshot.files)


def taken_out(table: Path) -> Mapping[Path, Path]:
    """The files that were taken out of a table, each with the commit that did so last."""
    found: dict[Path, Path] = {}
    for commit in sorted(path for path in log_of(table).iterdir() if COMMIT_NAME.match(path.name)):
        for name in _removed_by(commit):
            found[table / unquote(name)] = commit
    return found


def _recorded(root: Path) -> dict[str, frozenset[Path]]:
    """The files that the records of runs refer to, by table, whether they are there or not."""
    lake = root / "lake"
    manifests = list(_manifests(root))
    recorded = {"events": _recorded_events(root, manifests)}
    for name in OUTPUTS:
        recorded[name] = frozenset(
            lake / name / f"billing_period={each['inputs']['period']}" / f"run_id={run_id}" / f"{sha256}.parquet"
            for run_id, each in manifests
            if (sha256 := each["outputs"].get(name)) is not None
        )
    return recorded


def _recorded_events(root: Path, manifests: Iterable[tuple[str, Mapping[str, Any]]]) -> frozenset[Path]:
    """The files of the versions of the events that runs recorded, or that nights have looked at."""
    table = EventTable(root / "lake")
    marks = late_marks_file(root / "lake")
    versions = {int(mark["events_version"]): str(marks.path) for mark in (marks.read() or {}).values()}
    versions |= {int(each["inputs"]["events_version"]): f"run {run_id}" for run_id, each in manifests}
    newest = (table.snapshot() or NOTHING_LANDED).version
    for version, who in sorted(versions.items()):
        if version > newest:
            raise CorruptFileError(
                f"{table.folder}: {who} refers to version {version} of the events, and {newest} is the newest; "
                "restore the table from a backup, or take that record away"
            )
    return recorded_events(root, versions)


def _manifests(root: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """What every run recorded, by run id; raises CorruptFileError for a run's folder without its record."""
    runs = root / "runs"
    for folder in sorted(runs.iterdir()) if runs.is_dir() else ():
        if RUN_ID.fullmatch(folder.name) or (not folder.name.startswith(".") and (folder / MANIFEST).exists()):
            manifest = read_manifest(folder)
            if manifest is not None:
                yield folder.name, manifest


def _removed_by(commit: Path) -> Iterator[str]:
    for line in commit.read_text(encoding="utf-8").splitlines():
        if '"remove"' in line:
            removed = json.loads(line).get("remove")
            if removed is not None:
                yield str(removed["path"])
