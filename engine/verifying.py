"""Whether every file of a workspace still holds what was written: events, refused lines, outputs, runs, definitions.

What a run or a finalization reads it checks itself, before anything is published, and damage there stops it. Here
everything is read, also what no run would read. A foreign file is never read by anybody, because every file that is
read was named by a commit or by a manifest; so it stops nothing, but who runs or finalizes is told of it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.errors import CorruptFileError, UserError
from engine.events.delta_log import commit_path
from engine.events.sealed_files import SealedEntries
from engine.events.table import NOTHING_LANDED, EventTable
from engine.events.verify import Finding, files_below, is_named_by_content, is_unfinished, judged, verify_table
from engine.executors.kept_readings import FOLDER as KEPT
from engine.in_use import TABLES, recorded_events
from engine.invoices.definitions import definitions_file
from engine.invoices.publish import Outputs
from engine.late_marks import late_marks_file
from engine.lock import LOCK, TURNSTILE
from engine.run_folder import CATALOG, CORRECTIONS, LOG, MANIFEST, RUN_ID, check_run_folder, read_manifest

#: How the names of kept readings begin.
_OF_PERIOD = re.compile(r"[0-9]{4}-[0-9]{2}\.")

#: What a run's folder holds, by name.
_RECORDED = re.compile(rf"(?:{re.escape(MANIFEST)}|{re.escape(CATALOG)}|{CORRECTIONS}|{LOG}|sql/[^/]+\.sql)\Z")

#: How the names of those files in a table's folder begin that are no Parquet files.
_LOG_NAMES = re.compile(r"_delta_log/(?:[0-9]{20}\.(?:json|checkpoint.*\.parquet)|_head\.json|_last_checkpoint)\Z")

#: How many files a message names.
_NAMED = 5


def verify_workspace(root: Path) -> list[Finding]:
    """Every file in `lake`, `runs` and the kept readings that is missing, changed, foreign or an orphan, by path.

    Each file is read once, several at a time. What a run recorded, published or replaced since, must be there: its
    outputs and the events that it read; so must the record of each run that is published or was computed from. A
    missing file of late usage marks, and a missing kept reading, cannot be told: neither decides anything.
    """
    lake, findings = root / "lake", list[Finding]()
    manifests = dict(_manifests(root, findings))
    recorded = {path for manifest in manifests.values() for path in _outputs_of(lake, manifest)}
    recorded.update(_events_of(root, manifests.values(), findings))
    # What a run with a damaged manifest has recorded cannot be said; so nothing of it is called an orphan.
    undeclared = {finding.path.parent.name for finding in findings if finding.path.name == MANIFEST}
    for name in TABLES:
        of_table = {path for path in recorded if path.is_relative_to(lake / name)}
        for run_id in undeclared:
            of_table.update((lake / name).glob(f"billing_period=*/run_id={run_id}/*.parquet"))
        findings.extend(verify_table(lake / name, of_table))
    findings.extend(_missing(root, manifests, recorded))
    findings.extend(_of_entries(definitions_file(lake)))
    findings.extend(_of_entries(late_marks_file(lake)))
    findings.extend(_unknown(lake, _beside_tables(lake)))
    readings = root / KEPT
    findings.extend(judged(readings, files_below(readings), _all_in_use(readings)))
    return sorted(set(findings), key=lambda finding: (finding.path, finding.kind))


def foreign_files(root: Path) -> list[Path]:
    """The files in `lake` and `runs` that duckbill did not write, by their names alone: no file is opened."""
    lake, runs = root / "lake", root / "runs"
    tables = {name: lake / name for name in TABLES}
    found = [
        path
        for folder in tables.values()
        for path in files_below(folder)
        if not (is_named_by_content(path) or _LOG_NAMES.match(path.relative_to(folder).as_posix()))
    ]
    found.extend(_beside_tables(lake))
    for path in files_below(runs):
        _, _, name = path.relative_to(runs).as_posix().partition("/")
        if not (name and _RECORDED.match(name)):
            found.append(path)
    return [path for path in found if not is_unfinished(path.relative_to(root))]


def told_foreign_files(root: Path) -> int:
    """How many files in `lake` and `runs` duckbill did not write; if there are any, a warning in the log names them."""
    foreign = foreign_files(root)
    if not foreign:
        return 0
    named = ", ".join(str(path.relative_to(root)) for path in foreign[:_NAMED])
    more = f" and {len(foreign) - _NAMED} more" if len(foreign) > _NAMED else ""
    logging.getLogger("duckbill").warning("not written by duckbill, and never read: %s%s; take them away", named, more)
    return len(foreign)


def _manifests(root: Path, findings: list[Finding]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What runs recorded, by run id, of those whose manifest is whole; whatever is wrong in `runs` is found."""
    runs = root / "runs"
    for entry in sorted(runs.iterdir()) if runs.is_dir() else ():
        if not entry.is_dir():
            findings.extend(_unknown(runs, [entry]))
        elif not RUN_ID.fullmatch(entry.name) and (is_unfinished(Path(entry.name)) or not (entry / MANIFEST).exists()):
            findings.extend(_unknown(runs, files_below(entry)))
        else:
            findings.extend(check_run_folder(entry))
            try:
                manifest = read_manifest(entry)
            except CorruptFileError:
                continue
            if manifest is not None:
                yield entry.name, manifest


def _outputs_of(lake: Path, manifest: Mapping[str, Any]) -> Iterator[Path]:
    """The files that a run wrote."""
    for name, sha256 in manifest["outputs"].items():
        partition = Path(name, f"billing_period={manifest['inputs']['period']}", f"run_id={manifest['run_id']}")
        yield lake / partition / f"{sha256}.parquet"


def _published(lake: Path) -> set[str]:
    """The runs that are published; none when a damaged log does not let anybody say which are."""
    try:
        return set(Outputs(lake).published_runs().values())
    except UserError:
        return set()


def _with_origins(published: set[str], manifests: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """These runs and those that computed what they publish, whether these have a record or not."""
    standing, waiting = set(published), list(published)
    while waiting:
        manifest = manifests.get(waiting.pop(), {})
        before = manifest.get("based_on") if manifest.get("kind") == "finalize" else None
        for run_id in (before, manifest.get("inputs", {}).get("carried_from")):
            if run_id is not None and run_id not in standing:
                standing.add(run_id)
                waiting.append(run_id)
    return standing


def _events_of(root: Path, manifests: Iterable[Mapping[str, Any]], findings: list[Finding]) -> frozenset[Path]:
    """The files of the events that runs have read; versions that are no longer there are found."""
    table = EventTable(root / "lake")
    try:
        newest = (table.snapshot() or NOTHING_LANDED).version
        versions = {int(manifest["inputs"]["events_version"]) for manifest in manifests}
        findings.extend(Finding("missing", commit_path(table.folder, each)) for each in versions if each > newest)
        return recorded_events(root, [each for each in versions if each <= newest])
    except UserError:
        # A damaged log is told file by file by who looks at the table.
        return frozenset()


def _missing(root: Path, manifests: Mapping[str, Mapping[str, Any]], recorded: Iterable[Path]) -> Iterator[Finding]:
    """What is not there of what runs have left."""
    lake, runs = root / "lake", root / "runs"
    standing = _with_origins(_published(lake), manifests)
    yield from (Finding("missing", runs / each / MANIFEST) for each in standing if not (runs / each).is_dir())
    yield from (Finding("missing", path) for path in recorded if not path.exists())
    definitions = definitions_file(lake).path
    compiled = (name for run_id in standing for name in manifests.get(run_id, {}).get("files", ()))
    if not definitions.exists() and any(name.startswith("sql/") for name in compiled):
        yield Finding("missing", definitions)


def _of_entries(file: SealedEntries) -> Iterator[Finding]:
    try:
        file.read()
    except CorruptFileError:
        yield Finding("changed", file.path)


def _beside_tables(lake: Path) -> list[Path]:
    """The files of a lake that belong to no table and are not known by name."""
    known = {lake / LOCK, lake / TURNSTILE, definitions_file(lake).path, late_marks_file(lake).path}
    entries = sorted(lake.iterdir()) if lake.is_dir() else []
    found = [path for entry in entries if entry.is_file() or entry.name not in TABLES for path in _files_of(entry)]
    return [path for path in found if path not in known]


def _files_of(entry: Path) -> list[Path]:
    return files_below(entry) if entry.is_dir() else [entry]


def _unknown(folder: Path, paths: Iterable[Path]) -> Iterator[Finding]:
    for path in paths:
        yield Finding("orphan" if is_unfinished(path.relative_to(folder)) else "foreign", path)


def _all_in_use(folder: Path) -> set[Path]:
    """Kept readings are looked up by name: every whole one of a billing period is in use."""
    return {path for path in folder.glob("*") if is_named_by_content(path) and _OF_PERIOD.match(path.name)}
